//! One training step: forward, loss, backward, update.
//!
//! The workloads are those that other programs are timed on: random data in memory, `ReLU` hidden layers, softmax
//! cross-entropy, gradient descent with momentum 0.9, single precision, batches in order. `wide` has fewer rows than
//! there, which a step does not notice. Times are per step, throughput in samples per second.
//!
//! ```text
//! cargo bench -p chainrule -- --quick digits
//! CHAINRULE_THREADS=1 cargo bench -p chainrule
//! ```

#![allow(missing_docs)] // criterion's macros make public functions

use chainrule::data::{Batch, Batches, Columns, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::Plan;
use chainrule::{Activation, Matrix, Purpose, Rng};
use chainrule_kernels::cpu::Cpu;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A network by its widths, rows per step, and rows of the table.
struct Workload {
    name: &'static str,
    widths: &'static [usize],
    batch: usize,
    rows: usize,
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "tiny", widths: &[4, 16, 3], batch: 32, rows: 4096 },
    Workload { name: "digits", widths: &[64, 64, 10], batch: 32, rows: 8192 },
    Workload { name: "mnist", widths: &[784, 128, 10], batch: 64, rows: 59_968 },
    Workload { name: "medium", widths: &[784, 512, 512, 10], batch: 256, rows: 59_904 },
    Workload { name: "wide", widths: &[1024, 2048, 2048, 2048, 10], batch: 1024, rows: 2048 },
];

impl Workload {
    fn samples(&self) -> Samples<f32> {
        let mut rng = Rng::new(0, Purpose::Synthetic, 0);
        let n_inputs = self.widths[0];
        let numeric = Matrix::from_fn(self.rows, n_inputs, |_, _| rng.uniform(-1.0, 1.0) as f32);
        let n_classes = self.widths[self.widths.len() - 1] as u64;
        let targets = Targets::Classes((0..self.rows).map(|_| rng.below(n_classes) as u32).collect());
        Samples { columns: Columns { numeric, codes: Matrix::zeros(self.rows, 0) }, targets, weights: None }
    }

    fn plan(&self, threads: usize) -> Plan<f32> {
        let last = self.widths.len() - 2;
        let activation = |l| if l == last { Activation::Softmax } else { Activation::Relu };
        let layers = self.widths[1..].iter().enumerate().map(|(l, &n)| LayerConfig::new(n, activation(l)));
        let network = Network::new(&NetworkConfig::new(self.widths[0], layers.collect()), 0);
        let optimizer =
            OptimizerConfig { rule: Rule::Momentum, learning_rate: 1e-3, ..OptimizerConfig::default() };
        let objective = Objective::new(Loss::CrossEntropy);
        let network = network.expect("a workload is a network");
        Plan::new(network, objective, &optimizer, self.batch, 0, Cpu::new(threads)).expect("valid options")
    }
}

/// As many as the environment says, else as the machine offers.
fn threads() -> usize {
    let wanted = std::env::var("CHAINRULE_THREADS").ok().and_then(|text| text.parse().ok());
    wanted.unwrap_or(0)
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    for workload in &WORKLOADS {
        group.throughput(Throughput::Elements(workload.batch as u64));
        // A step of `wide` takes about a second: a hundred of them say no more than ten.
        group.sample_size(if workload.batch > 256 { 10 } else { 100 });
        // Made when first asked for: a workload that is filtered out costs nothing, and one that runs is made once.
        let mut made = None;
        group.bench_function(workload.name, |bencher| {
            let (samples, plan) = made.get_or_insert_with(|| (workload.samples(), workload.plan(threads())));
            let batches = Batches::new(workload.rows, workload.batch);
            let order: Vec<&[u32]> = batches.iter().collect();
            let mut next = order.iter().cycle();
            bencher.iter(|| {
                let rows = next.next().expect("a cycle has no end");
                plan.step(&Batch { samples, rows }, 1e-3).expect("a small rate")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
