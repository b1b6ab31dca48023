//! What `evaluate` finds, as JSON and for people.

use super::table::{Table, count, figure, percent, printable};
use chainrule::data::{Outputs, Preprocessing};
use chainrule::metrics::{ClassificationMetrics, MultiLabelMetrics, RegressionMetrics};
use chainrule::model::{self, Metrics};
use serde::Serialize;

/// Beyond so many classes a confusion matrix fits no terminal; the JSON has it.
const WIDEST_CONFUSION: usize = 20;

/// How good a model is on some data.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Evaluation {
    task: &'static str,
    rows: usize,
    /// What the training of the model made small.
    loss: f64,
    #[serde(flatten)]
    figures: Figures,
}

/// What is measured, by task.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Figures {
    Classes {
        accuracy: f64,
        log_loss: f64,
        auc: Option<f64>,
        classes: Vec<Class>,
        macro_average: Average,
        /// `confusion[i][j]`: rows of class i that were taken for class j.
        confusion: Vec<Vec<f64>>,
    },
    Labels {
        accuracy: f64,
        log_loss: f64,
        auc: Option<f64>,
        labels: Vec<Class>,
        macro_average: Average,
    },
    Numbers {
        rmse: f64,
        mae: f64,
        r2: Option<f64>,
        targets: Vec<Target>,
    },
}

#[derive(Clone, Debug, Serialize)]
struct Class {
    label: String,
    precision: f64,
    recall: f64,
    f1: f64,
    support: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Average {
    precision: f64,
    recall: f64,
    f1: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Target {
    name: String,
    rmse: f64,
    mae: f64,
    r2: Option<f64>,
}

type Scores = chainrule::metrics::Scores;

impl Class {
    fn new(label: &str, scores: &Scores) -> Self {
        let &Scores { precision, recall, f1, support, .. } = scores;
        Self { label: label.to_owned(), precision, recall, f1, support }
    }
}

impl Average {
    fn new(scores: &Scores) -> Self {
        Self { precision: scores.precision, recall: scores.recall, f1: scores.f1 }
    }
}

impl Evaluation {
    /// Of a model on some data.
    pub(crate) fn new(evaluation: &model::Evaluation, preprocessing: &Preprocessing) -> Self {
        let &model::Evaluation { n_rows, loss, ref metrics } = evaluation;
        let targets = &preprocessing.targets;
        match (metrics, &preprocessing.outputs) {
            (Metrics::Classification(metrics), Outputs::Classes { labels, .. }) => {
                Self::classes(n_rows, loss, metrics, &labels.names)
            }
            (Metrics::Classification(metrics), _) => Self::classes(n_rows, loss, metrics, targets),
            (Metrics::MultiLabel(metrics), _) => Self::labels(n_rows, loss, metrics, targets),
            (Metrics::Regression(metrics), _) => Self::numbers(n_rows, loss, metrics, targets),
        }
    }

    /// Of a classifier.
    fn classes(rows: usize, loss: f64, metrics: &ClassificationMetrics, labels: &[String]) -> Self {
        let confusion = &metrics.confusion;
        let figures = Figures::Classes {
            accuracy: metrics.accuracy,
            log_loss: metrics.loss,
            auc: metrics.auc,
            classes: labels
                .iter()
                .zip(&metrics.classes)
                .map(|(label, scores)| Class::new(label, scores))
                .collect(),
            macro_average: Average::new(&metrics.macro_average),
            confusion: (0..confusion.rows()).map(|row| confusion.row(row).to_vec()).collect(),
        };
        Self { task: "classification", rows, loss, figures }
    }

    /// Of a model with several yes-or-no answers.
    fn labels(rows: usize, loss: f64, metrics: &MultiLabelMetrics, names: &[String]) -> Self {
        let label =
            |(name, label): (&String, &chainrule::metrics::LabelMetrics)| Class::new(name, &label.scores);
        let figures = Figures::Labels {
            accuracy: metrics.accuracy,
            log_loss: metrics.loss,
            auc: metrics.auc,
            labels: names.iter().zip(&metrics.labels).map(label).collect(),
            macro_average: Average::new(&metrics.macro_average),
        };
        Self { task: "multi-label", rows, loss, figures }
    }

    /// Of a regression.
    fn numbers(rows: usize, loss: f64, metrics: &RegressionMetrics, names: &[String]) -> Self {
        let target = |(name, target): (&String, &chainrule::metrics::TargetMetrics)| {
            let &chainrule::metrics::TargetMetrics { rmse, mae, r2, .. } = target;
            Target { name: name.clone(), rmse, mae, r2 }
        };
        let targets = names.iter().zip(&metrics.targets).map(target).collect();
        let figures = Figures::Numbers { rmse: metrics.rmse, mae: metrics.mae, r2: metrics.r2, targets };
        Self { task: "regression", rows, loss, figures }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let head = format!("{}, {} rows, loss {}", self.task, count(self.rows), figure(self.loss));
        match &self.figures {
            Figures::Classes { accuracy, log_loss, auc, classes, macro_average, confusion } => {
                let head = format!("{head}\n{}", rates(*accuracy, *log_loss, *auc));
                format!("{head}\n\n{}\n{}", per_class(classes, macro_average), confused(classes, confusion))
            }
            Figures::Labels { accuracy, log_loss, auc, labels, macro_average } => {
                format!(
                    "{head}\n{}\n\n{}",
                    rates(*accuracy, *log_loss, *auc),
                    per_class(labels, macro_average)
                )
            }
            Figures::Numbers { rmse, mae, r2, targets } => {
                let mut table = Table::new(["", "rmse", "mae", "r2"]);
                for target in targets {
                    table = table.row([
                        printable(&target.name),
                        figure(target.rmse),
                        figure(target.mae),
                        maybe(target.r2),
                    ]);
                }
                if targets.len() > 1 {
                    table = table.row(["mean".to_owned(), figure(*rmse), figure(*mae), maybe(*r2)]);
                }
                format!("{head}\n\n{table}")
            }
        }
    }
}

fn rates(accuracy: f64, log_loss: f64, auc: Option<f64>) -> String {
    format!("accuracy {}, log-loss {}, AUC {}", percent(accuracy), figure(log_loss), maybe(auc))
}

/// A figure, unless it is not defined for these data.
fn maybe(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_owned(), figure)
}

fn per_class(classes: &[Class], average: &Average) -> Table {
    let mut table = Table::new(["class", "precision", "recall", "F1", "rows"]);
    for Class { label, precision, recall, f1, support } in classes {
        let figures = [precision, recall, f1].map(|&share| percent(share));
        table = table.row(std::iter::once(printable(label)).chain(figures).chain([weight(*support)]));
    }
    let figures = [average.precision, average.recall, average.f1].map(percent);
    table.row(std::iter::once("mean".to_owned()).chain(figures))
}

fn confused(classes: &[Class], confusion: &[Vec<f64>]) -> String {
    if classes.len() > WIDEST_CONFUSION {
        return format!(
            "The confusion matrix of {} classes is in the report (--report or --json).\n",
            classes.len()
        );
    }
    let labels = classes.iter().map(|class| printable(&class.label));
    let mut table = Table::new(std::iter::once("is \\ taken for".to_owned()).chain(labels));
    for (class, row) in classes.iter().zip(confusion) {
        let cells = row.iter().map(|&rows| weight(rows));
        table = table.row(std::iter::once(printable(&class.label)).chain(cells));
    }
    table.to_string()
}

/// Rows, or their weight where rows are weighted.
fn weight(rows: f64) -> String {
    if rows.fract() == 0.0 { count(rows as usize) } else { figure(rows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::{Matrix, metrics};

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn three_classes() -> Evaluation {
        let p = [0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.1, 0.6, 0.3, 0.1, 0.1, 0.8];
        let p = Matrix::from_vec(p.to_vec(), 4, 3);
        let metrics = metrics::classification::<f64>(p.view(), &[0, 1, 2, 2], None);
        Evaluation::classes(4, 0.5, &metrics, &names(&["setosa", "versicolor", "=evil\x1b"]))
    }

    #[test]
    fn a_classifier_is_shown_by_class_and_with_its_confusions() {
        insta::assert_snapshot!(three_classes().text());
    }

    #[test]
    fn the_json_of_a_classifier_has_every_figure() {
        insta::assert_json_snapshot!(three_classes());
    }

    #[test]
    fn a_regression_is_shown_by_target() {
        let predicted = Matrix::from_vec(vec![1.0, 10.0, 2.0, 20.0, 4.0, 30.0], 3, 2);
        let expected = Matrix::from_vec(vec![1.0, 10.0, 2.0, 10.0, 3.0, 10.0], 3, 2);
        let metrics = metrics::regression::<f64>(predicted.view(), expected.view(), None);
        insta::assert_snapshot!(
            Evaluation::numbers(3, 0.25, &metrics, &names(&["height", "constant"])).text()
        );
    }
}
