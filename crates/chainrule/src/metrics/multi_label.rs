//! Metrics of several independent yes-or-no answers.

use super::classification::Scores;
use super::ranking::{Ranked, roc_auc};
use super::{mean_of_defined, surprise, total_weight, weight_of};
use crate::{Float, MatrixRef};

/// How good the probabilities of several labels are.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiLabelMetrics {
    /// Binary cross-entropy: summed over the labels, mean over the rows.
    pub loss: f64,
    /// Share of the rows whose labels are all right. A label is given where its probability exceeds ½.
    pub accuracy: f64,
    /// Each label by itself.
    pub labels: Vec<LabelMetrics>,
    /// The plain mean of the labels' scores.
    pub macro_average: Scores,
    /// The mean of the labels' areas under the ROC curve; `None` where one has none, and for rows that come in pieces.
    pub auc: Option<f64>,
}

/// How well one label is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelMetrics {
    /// Share of the rows where the label is right.
    pub accuracy: f64,
    /// Precision, recall and F1 of giving the label.
    pub scores: Scores,
    /// Area under the ROC curve; `None` if all rows have the label, or none.
    pub auc: Option<f64>,
}

/// Measures probabilities (n × K) against labels (n × K, each 0 or 1).
///
/// # Panics
/// When there are no rows, or shapes differ.
pub fn multi_label<F: Float>(
    probabilities: MatrixRef<'_, F>,
    labels: MatrixRef<'_, F>,
    weights: Option<&[F]>,
) -> MultiLabelMetrics {
    let mut sum = MultiLabelSum::new(probabilities.columns());
    sum.add(probabilities, labels, weights);
    let mut metrics = sum.finish();
    for (k, label) in metrics.labels.iter_mut().enumerate() {
        label.auc = auc(probabilities, labels, weights, k);
    }
    metrics.auc = mean_of_defined(metrics.labels.iter().map(|label| label.auc));
    metrics
}

/// What the rows so far add to the metrics of several labels: all of them but the rankings, which need every row at once.
#[derive(Clone, Debug)]
pub(crate) struct MultiLabelSum {
    total: f64,
    loss: f64,
    all_right: f64,
    labels: Vec<LabelSum>,
}

/// The weights of rows with one label.
#[derive(Clone, Copy, Debug, Default)]
struct LabelSum {
    found: f64,
    wrongly_given: f64,
    support: f64,
    right: f64,
}

impl MultiLabelSum {
    /// No rows yet, of so many labels.
    pub(crate) fn new(n_labels: usize) -> Self {
        Self { total: 0.0, loss: 0.0, all_right: 0.0, labels: vec![LabelSum::default(); n_labels] }
    }

    /// Takes in rows, as [`multi_label`] does.
    pub(crate) fn add<F: Float>(
        &mut self,
        probabilities: MatrixRef<'_, F>,
        labels: MatrixRef<'_, F>,
        weights: Option<&[F]>,
    ) {
        let (n, k) = (probabilities.rows(), probabilities.columns());
        assert!(n > 0 && (labels.rows(), labels.columns()) == (n, k), "{n} × {k} labels");
        self.total += total_weight(weights, n);
        for row in 0..n {
            let weight = weight_of(weights, row);
            let pairs = probabilities.row(row).iter().zip(labels.row(row));
            let answers = || pairs.clone().map(|(&p, &y)| Answer::of(p, y));
            if weight > 0.0 {
                let surprises = answers().map(|answer| surprise(answer.probability_of_right));
                self.loss += weight * surprises.sum::<f64>();
            }
            if answers().all(|answer| answer.right) {
                self.all_right += weight;
            }
            self.labels.iter_mut().zip(answers()).for_each(|(label, answer)| label.add(answer, weight));
        }
    }

    /// The metrics of all rows, without AUCs.
    pub(crate) fn finish(self) -> MultiLabelMetrics {
        let labels: Vec<_> = self.labels.iter().map(|label| label.finish(self.total)).collect();
        let scores: Vec<Scores> = labels.iter().map(|label| label.scores).collect();
        MultiLabelMetrics {
            loss: self.loss / self.total,
            accuracy: self.all_right / self.total,
            macro_average: Scores::mean(&scores),
            auc: None,
            labels,
        }
    }
}

impl LabelSum {
    fn add(&mut self, answer: Answer, weight: f64) {
        self.right += if answer.right { weight } else { 0.0 };
        match (answer.yes, answer.right) {
            (true, true) => self.found += weight,
            (false, false) => self.wrongly_given += weight,
            _ => {}
        }
        self.support += if answer.yes { weight } else { 0.0 };
    }

    fn finish(self, total: f64) -> LabelMetrics {
        let scores = Scores::of(self.found, self.found + self.wrongly_given, self.support);
        LabelMetrics { accuracy: self.right / total, scores, auc: None }
    }
}

/// One answer to one question.
#[derive(Clone, Copy)]
struct Answer {
    yes: bool,
    right: bool,
    probability_of_right: f64,
}

impl Answer {
    /// NaN is a wrong answer.
    fn of<F: Float>(probability: F, label: F) -> Self {
        let (probability, yes) = (probability.to_f64(), label.to_f64() > 0.5);
        let right = !probability.is_nan() && (probability > 0.5) == yes;
        Self { yes, right, probability_of_right: if yes { probability } else { 1.0 - probability } }
    }
}

/// The area under the ROC curve of one label.
fn auc<F: Float>(
    probabilities: MatrixRef<'_, F>,
    labels: MatrixRef<'_, F>,
    weights: Option<&[F]>,
    label: usize,
) -> Option<f64> {
    let ranked = (0..probabilities.rows()).map(|row| Ranked {
        score: probabilities.row(row)[label].to_f64(),
        positive: labels.row(row)[label].to_f64() > 0.5,
        weight: weight_of(weights, row),
    });
    roc_auc(ranked.collect())
}
