//! The committed outcome of an experiment: every seed's value, not just the mean, and where it came from.

use super::experiments::{Experiment, Measure};
use crate::process::Result;
use serde_json::{Map, Value, json};

/// When, from which commit and on what machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    pub(super) date: String,
    pub(super) commit: String,
    pub(super) machine: String,
}

/// The outcome, in the units that are shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) command: String,
    pub(super) origin: Origin,
    /// One per seed.
    pub(super) values: Vec<f64>,
    /// R² per seed, for regression.
    pub(super) r2: Vec<f64>,
    /// Mean over the seeds. How long a training took is not recorded: times of a shared machine say nothing elsewhere.
    pub(super) epochs: f64,
    pub(super) parameters: u64,
    /// Mean over the seeds, by the baseline's name, in the unit of `values`.
    pub(super) baselines: Map<String, Value>,
    /// Another program's: model → measure → one number per seed.
    pub(super) peers: Value,
}

impl Record {
    /// From the reports of `chainrule train`, one per seed.
    pub(super) fn new(
        experiment: &Experiment,
        origin: Origin,
        reports: &[Value],
        peers: Option<Value>,
    ) -> Result<Self> {
        let measure = experiment.measure;
        let value =
            |report: &Value| report["test"][measure.key()].as_f64().map(|reported| measure.shown(reported));
        let values: Option<Vec<f64>> = reports.iter().map(value).collect();
        let missing = || format!("{}: a report has no number test.{}", experiment.name, measure.key());
        let number = |key: &str| mean(reports.iter().filter_map(|report| report[key].as_f64()));
        Ok(Self {
            command: experiment.command_line(),
            origin,
            values: values.ok_or_else(missing)?,
            r2: reports.iter().filter_map(|report| report["test"]["r2"].as_f64()).collect(),
            epochs: number("epochs"),
            parameters: reports.first().and_then(|report| report["parameters"].as_u64()).unwrap_or(0),
            baselines: baselines(measure, reports),
            peers: peers.unwrap_or(Value::Null),
        })
    }

    pub(super) fn mean(&self) -> f64 {
        mean(self.values.iter().copied())
    }

    pub(super) fn to_json(&self) -> String {
        let record = json!({
            "command": self.command,
            "date": self.origin.date,
            "commit": self.origin.commit,
            "machine": self.origin.machine,
            "values": self.values,
            "r2": self.r2,
            "epochs": self.epochs,
            "parameters": self.parameters,
            "baselines": self.baselines,
            "peers": self.peers,
        });
        format!("{record:#}\n")
    }

    pub(super) fn from_json(text: &str) -> Result<Self> {
        let record: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let word =
            |key: &str| record[key].as_str().map(str::to_owned).ok_or(format!("`{key}` is not a text"));
        let number = |key: &str| record[key].as_f64().ok_or(format!("`{key}` is not a number"));
        Ok(Self {
            command: word("command")?,
            origin: Origin { date: word("date")?, commit: word("commit")?, machine: word("machine")? },
            values: numbers(&record["values"]),
            r2: numbers(&record["r2"]),
            epochs: number("epochs")?,
            parameters: record["parameters"].as_u64().ok_or("`parameters` is not a number")?,
            baselines: record["baselines"].as_object().cloned().unwrap_or_default(),
            peers: record["peers"].clone(),
        })
    }
}

/// The numbers of an array.
pub(super) fn numbers(array: &Value) -> Vec<f64> {
    array.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The mean; NaN of nothing, which reaches no bar.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Each baseline's mean; a report holds its measures directly or, like the network's, under `test`.
fn baselines(measure: Measure, reports: &[Value]) -> Map<String, Value> {
    let names = reports.first().and_then(|report| report["baselines"].as_object());
    let mut means = Map::new();
    for name in names.into_iter().flat_map(Map::keys) {
        let value = |report: &Value| {
            let baseline = &report["baselines"][name];
            baseline[measure.key()].as_f64().or_else(|| baseline["test"][measure.key()].as_f64())
        };
        let values: Vec<f64> =
            reports.iter().filter_map(value).map(|reported| measure.shown(reported)).collect();
        if !values.is_empty() {
            means.insert(name.clone(), json!(mean(values.into_iter())));
        }
    }
    means
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::experiments::EXPERIMENTS;
    use super::*;

    pub(in super::super) fn sample() -> (&'static Experiment, Record) {
        let experiment = &EXPERIMENTS[0];
        let report = |accuracy: f64| {
            json!({"test": {"accuracy": accuracy, "loss": 0.1}, "epochs": 30, "parameters": 9098,
                "baselines": {"majority": {"accuracy": 0.1}, "linear": {"test": {"accuracy": 0.9}}}})
        };
        let origin =
            Origin { date: "2026-11-20".into(), commit: "0f1e2d".into(), machine: "a machine".into() };
        (experiment, Record::new(experiment, origin, &[report(0.97), report(0.99)], None).unwrap())
    }

    #[test]
    fn a_record_survives_being_written_and_read() {
        let (_, record) = sample();
        assert_eq!(Record::from_json(&record.to_json()), Ok(record));
    }

    #[test]
    fn values_and_baselines_are_in_the_unit_that_is_shown() {
        let (_, record) = sample();
        assert_eq!(record.values, [97.0, 99.0]);
        assert_eq!(record.mean(), 98.0);
        assert_eq!(record.baselines["majority"], json!(10.0));
        assert_eq!(record.baselines["linear"], json!(90.0));
    }

    #[test]
    fn a_report_without_the_number_is_an_error_and_not_a_zero() {
        let (experiment, record) = sample();
        let message = Record::new(experiment, record.origin, &[json!({"test": null})], None).unwrap_err();
        assert!(message.contains("test.accuracy"), "{message}");
    }
}
