//! What `bench` has measured. The names of its fields are part of the interface.

use super::describe;
use super::summary::plural;
use super::table::{Table, count, figure, percent};
use chainrule::training::{Benchmark, Speed};
use serde::Serialize;

/// What was timed, and how fast it was. Numbers that are not finite become `null`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    layers: Vec<usize>,
    batch_size: usize,
    /// Of an epoch: those of whole batches.
    rows: usize,
    precision: String,
    optimizer: &'static str,
    seed: u64,
    /// Epochs timed; their median counts.
    epochs: usize,
    samples_per_second: f64,
    step_ns: f64,
    gflops: f64,
    fma_peak_gflops: f64,
    share_of_peak: f64,
    nominal_peak_gflops: f64,
    clock_ghz: f64,
    threads: usize,
    isa: &'static str,
    /// For people.
    #[serde(skip)]
    network: String,
}

impl Report {
    /// Of a benchmark and what it gave.
    pub(crate) fn new(benchmark: &Benchmark, speed: &Speed) -> Self {
        Self {
            layers: benchmark.layers.clone(),
            batch_size: benchmark.batch_size,
            rows: speed.rows,
            precision: benchmark.precision.to_string(),
            optimizer: benchmark.optimizer.rule.name(),
            seed: benchmark.seed,
            epochs: speed.epochs,
            samples_per_second: speed.samples_per_second,
            step_ns: speed.step_ns,
            gflops: speed.gflops,
            fma_peak_gflops: speed.peak.gflops,
            share_of_peak: speed.gflops / speed.peak.gflops,
            nominal_peak_gflops: speed.peak.nominal_gflops,
            clock_ghz: speed.peak.clock_ghz,
            threads: speed.threads,
            isa: speed.isa,
            network: describe::network(&benchmark.network()),
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let head = format!(
            "network {}, {}, {}, {}",
            self.network,
            self.precision,
            self.isa,
            plural(self.threads, "thread")
        );
        let course = format!(
            "{} rows in batches of {}, {}, median of {}",
            count(self.rows),
            count(self.batch_size),
            self.optimizer,
            plural(self.epochs, "epoch")
        );
        let gflops = |gflops: f64| format!("{} GFLOP/s", figure(gflops));
        let table = Table::default()
            .row(["samples per second", &count(self.samples_per_second as usize)])
            .row(["one step", &duration(self.step_ns)])
            .row(["arithmetic of its products", &gflops(self.gflops)])
            .row(["share of the measured peak", &percent(self.share_of_peak)])
            .row(["peak of multiply-adds, measured", &gflops(self.fma_peak_gflops)])
            .row(["peak of multiply-adds, nominal", &gflops(self.nominal_peak_gflops)])
            .row(["clock, measured", &format!("{} GHz", figure(self.clock_ghz))]);
        format!("{head}\n{course}\n\n{table}")
    }
}

/// Nanoseconds in the unit that makes them a handy number.
fn duration(ns: f64) -> String {
    match ns {
        _ if ns < 1e3 => format!("{} ns", figure(ns)),
        _ if ns < 1e6 => format!("{} µs", figure(ns / 1e3)),
        _ if ns < 1e9 => format!("{} ms", figure(ns / 1e6)),
        _ => format!("{} s", figure(ns / 1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::Peak;

    fn report() -> Report {
        let peak = Peak { gflops: 228.0, nominal_gflops: 230.4, clock_ghz: 3.6 };
        let speed = Speed {
            rows: 59_968,
            steps: 937,
            epochs: 50,
            samples_per_second: 625_000.0,
            step_ns: 102_400.0,
            gflops: 171.0,
            peak,
            threads: 2,
            isa: "avx512",
        };
        Report::new(&Benchmark::default(), &speed)
    }

    #[test]
    fn the_json_has_the_figures_of_the_interface_and_what_they_belong_to() {
        let expected = serde_json::json!({
            "layers": [784, 128, 10],
            "batch_size": 64,
            "rows": 59_968,
            "precision": "f32",
            "optimizer": "momentum",
            "seed": 0,
            "epochs": 50,
            "samples_per_second": 625_000.0,
            "step_ns": 102_400.0,
            "gflops": 171.0,
            "fma_peak_gflops": 228.0,
            "share_of_peak": 0.75,
            "nominal_peak_gflops": 230.4,
            "clock_ghz": 3.6,
            "threads": 2,
            "isa": "avx512",
        });
        assert_eq!(serde_json::to_value(report()).expect("a report is JSON"), expected);
    }

    #[test]
    fn people_read_a_table_with_units() {
        insta::assert_snapshot!(report().text());
    }

    #[test]
    fn a_duration_has_the_unit_that_suits_it() {
        assert_eq!(
            [850.0, 1_500.0, 102_400.0, 2.5e6, 3e9].map(duration),
            ["850.0 ns", "1.500 µs", "102.4 µs", "2.500 ms", "3.000 s"]
        );
    }
}
