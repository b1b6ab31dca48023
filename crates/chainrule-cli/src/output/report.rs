//! The report of a training (`--report`, `--json`). Its fields are part of the interface.

use super::table::{self, percent};
use chainrule::loss::{Loss, Objective};
use chainrule::metrics::{ClassificationMetrics, MultiLabelMetrics, RegressionMetrics};
use chainrule::model::{Evaluation, Metrics};
use chainrule::training::{self, PerPart};
use serde::Serialize;

/// Everything about a finished training. Numbers that are not finite become `null`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) task: String,
    pub(crate) rows: Rows,
    pub(crate) parameters: usize,
    pub(crate) epochs: usize,
    pub(crate) seconds: f64,
    pub(crate) samples_per_second: f64,
    pub(crate) train: Option<Scores>,
    pub(crate) validation: Option<Scores>,
    pub(crate) test: Option<Scores>,
    pub(crate) baselines: Baselines,
    /// The model file.
    pub(crate) model: String,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) precision: String,
    pub(crate) device: String,
    pub(crate) stopped_by: String,
    /// With `--seeds`: what all of them gave. The other fields speak of the saved model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seeds: Option<Vec<SeedScores>>,
}

/// Rows of each part of the data.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rows {
    pub(crate) train: usize,
    pub(crate) validation: usize,
    pub(crate) test: usize,
}

/// How good a model is on some rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Scores {
    Classification { loss: f64, accuracy: f64 },
    Regression { loss: f64, rmse: f64, mae: f64, r2: Option<f64> },
}

/// How good simple models are.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Baselines {
    /// The part of the data that they were measured on.
    pub(crate) measured_on: &'static str,
    /// Always the most frequent class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) majority: Option<Scores>,
    /// Always the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mean: Option<Scores>,
    /// A model that is linear in the inputs.
    pub(crate) linear: Option<Scores>,
}

/// What one of several seeds gave.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SeedScores {
    pub(crate) seed: u64,
    pub(crate) train: Option<Scores>,
    pub(crate) validation: Option<Scores>,
    pub(crate) test: Option<Scores>,
}

impl Scores {
    /// The names of the figures, as columns of a table.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Classification { .. } => &["loss", "accuracy"],
            Self::Regression { .. } => &["loss", "rmse", "mae", "r2"],
        }
    }

    /// The figures, in the order of the names.
    pub(crate) fn figures(self) -> Vec<f64> {
        match self {
            Self::Classification { loss, accuracy } => vec![loss, accuracy],
            Self::Regression { loss, rmse, mae, r2 } => vec![loss, rmse, mae, r2.unwrap_or(f64::NAN)],
        }
    }

    /// The figures for people; a figure that there is none of is left open.
    pub(crate) fn texts(self) -> Vec<String> {
        self.names().iter().zip(self.figures()).map(|(name, figure)| text(name, figure)).collect()
    }
}

/// A figure for people, by its name.
pub(crate) fn text(name: &str, figure: f64) -> String {
    match name {
        _ if figure.is_nan() => "–".to_owned(),
        "accuracy" => percent(figure),
        _ => table::figure(figure),
    }
}

impl Scores {
    /// Of measures, with the loss that training makes small where it is known.
    pub(crate) fn new(loss: Option<f64>, metrics: &Metrics) -> Self {
        match metrics {
            Metrics::Classification(ClassificationMetrics { loss: log_loss, accuracy, .. })
            | Metrics::MultiLabel(MultiLabelMetrics { loss: log_loss, accuracy, .. }) => {
                Self::Classification { loss: loss.unwrap_or(*log_loss), accuracy: *accuracy }
            }
            Metrics::Regression(RegressionMetrics { rmse, mae, r2, .. }) => {
                Self::Regression { loss: loss.unwrap_or(f64::NAN), rmse: *rmse, mae: *mae, r2: *r2 }
            }
        }
    }
}

impl Baselines {
    /// As the library measured them. Their loss is the log loss, which stands beside the model's only where that is
    /// the same measure.
    pub(crate) fn new(baselines: &training::Baselines, objective: Objective) -> Self {
        let likelihood = matches!(objective.loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy);
        let log_loss = likelihood && objective.label_smoothing <= 0.0;
        let loss = (!log_loss).then_some(f64::NAN);
        let scores = Scores::new(loss, &baselines.constant.metrics);
        let (majority, mean) = match scores {
            Scores::Classification { .. } => (Some(scores), None),
            Scores::Regression { .. } => (None, Some(scores)),
        };
        let linear = baselines.linear.as_ref().map(|linear| Scores::new(loss, &linear.metrics));
        Self { measured_on: baselines.measured_on, majority, mean, linear }
    }
}

impl SeedScores {
    /// Of a training with this seed.
    pub(crate) fn new(seed: u64, results: &training::Results) -> Self {
        let scores = |evaluation: &Evaluation| Scores::new(Some(evaluation.loss), &evaluation.metrics);
        let PerPart { train, validation, test } = &results.model;
        Self {
            seed,
            train: Some(scores(train)),
            validation: validation.as_ref().map(scores),
            test: test.as_ref().map(scores),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Report {
        let scores = Scores::Classification { loss: 0.25, accuracy: 0.975 };
        Report {
            task: "classification".into(),
            rows: Rows { train: 80, validation: 10, test: 0 },
            parameters: 42,
            epochs: 7,
            seconds: 1.5,
            samples_per_second: 373.0,
            train: Some(scores),
            validation: Some(scores),
            test: None,
            baselines: Baselines {
                measured_on: "validation",
                majority: Some(scores),
                mean: None,
                linear: Some(scores),
            },
            model: "iris.safetensors".into(),
            seed: 0,
            threads: 2,
            precision: "f32".into(),
            device: "cpu".into(),
            stopped_by: "patience".into(),
            seeds: None,
        }
    }

    #[test]
    fn a_report_has_the_fields_of_the_interface_and_no_others() {
        let report = serde_json::to_value(example()).expect("a report is JSON");
        let names: Vec<&str> = report.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut interface = [
            "task",
            "rows",
            "parameters",
            "epochs",
            "seconds",
            "samples_per_second",
            "train",
            "validation",
            "test",
            "baselines",
            "model",
            "seed",
            "threads",
            "precision",
            "device",
            "stopped_by",
        ];
        interface.sort_unstable();
        let mut names = names;
        names.sort_unstable();
        assert_eq!(names, interface);
        assert_eq!(report["test"], serde_json::Value::Null);
        assert_eq!(report["train"], serde_json::json!({ "loss": 0.25, "accuracy": 0.975 }));
        assert_eq!(report["rows"], serde_json::json!({ "train": 80, "validation": 10, "test": 0 }));
    }

    #[test]
    fn a_figure_that_is_not_finite_is_null() {
        let scores = Scores::Regression { loss: f64::INFINITY, rmse: 1.0, mae: 0.5, r2: None };
        let expected = serde_json::json!({ "loss": null, "rmse": 1.0, "mae": 0.5, "r2": null });
        assert_eq!(serde_json::to_value(scores).expect("scores are JSON"), expected);
    }
}
