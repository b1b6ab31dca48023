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
    /// The mean of the labels' areas under the ROC curve; `None` where one has none.
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
    let (n, k) = (probabilities.rows(), probabilities.columns());
    assert!(n > 0 && (labels.rows(), labels.columns()) == (n, k), "{n} × {k} labels");
    let total = total_weight(weights, n);
    let mut loss = 0.0;
    let mut all_right = 0.0;
    for row in 0..n {
        let weight = weight_of(weights, row);
        let answers = || probabilities.row(row).iter().zip(labels.row(row)).map(|(&p, &y)| Answer::of(p, y));
        if weight > 0.0 {
            loss += weight * answers().map(|answer| surprise(answer.probability_of_right)).sum::<f64>();
        }
        if answers().all(|answer| answer.right) {
            all_right += weight;
        }
    }
    let each: Vec<LabelMetrics> =
        (0..k).map(|label| one_label(probabilities, labels, weights, label, total)).collect();
    let scores: Vec<Scores> = each.iter().map(|label| label.scores).collect();
    MultiLabelMetrics {
        loss: loss / total,
        accuracy: all_right / total,
        macro_average: Scores::mean(&scores),
        auc: mean_of_defined(each.iter().map(|label| label.auc)),
        labels: each,
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

fn one_label<F: Float>(
    probabilities: MatrixRef<'_, F>,
    labels: MatrixRef<'_, F>,
    weights: Option<&[F]>,
    label: usize,
    total: f64,
) -> LabelMetrics {
    let (mut found, mut wrongly_given, mut support, mut right) = (0.0, 0.0, 0.0, 0.0);
    let mut ranked = vec![];
    for row in 0..probabilities.rows() {
        let (probability, weight) = (probabilities.row(row)[label], weight_of(weights, row));
        let answer = Answer::of(probability, labels.row(row)[label]);
        right += if answer.right { weight } else { 0.0 };
        match (answer.yes, answer.right) {
            (true, true) => found += weight,
            (false, false) => wrongly_given += weight,
            _ => {}
        }
        support += if answer.yes { weight } else { 0.0 };
        ranked.push(Ranked { score: probability.to_f64(), positive: answer.yes, weight });
    }
    LabelMetrics {
        accuracy: right / total,
        scores: Scores::of(found, found + wrongly_given, support),
        auc: roc_auc(ranked),
    }
}
