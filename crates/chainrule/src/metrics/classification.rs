//! Metrics of a classifier that gives each class a probability.

use super::ranking::{Ranked, roc_auc};
use super::{mean_of_defined, surprise, total_weight, weight_of};
use crate::{Float, Matrix, MatrixRef};

/// How good the probabilities of a classifier are.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassificationMetrics {
    /// Log-loss: the mean of −ln p(right class).
    pub loss: f64,
    /// Share of the rows whose likeliest class is the right one; of equally likely classes the first counts.
    pub accuracy: f64,
    /// k × k: the weight of the rows of class i (row) that were taken for class j (column). Rows whose prediction is
    /// NaN are in no column.
    pub confusion: Matrix<f64>,
    /// Precision, recall and F1 of each class.
    pub classes: Vec<Scores>,
    /// The plain mean of the classes' scores.
    pub macro_average: Scores,
    /// Area under the ROC curve: of class 1 for two classes, else the mean over all classes, each against the rest.
    /// `None` where a class does not occur, and for rows that come in pieces: a ranking needs all of them at once.
    pub auc: Option<f64>,
}

/// How well one class is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Of the rows taken for the class, the share that belongs to it; 0 if there are none.
    pub precision: f64,
    /// Of the rows that belong to the class, the share that was found; 0 if there are none.
    pub recall: f64,
    /// The harmonic mean of both; 0 if both are 0.
    pub f1: f64,
    /// Weight of the rows that belong to the class.
    pub support: f64,
}

impl Scores {
    /// From the weight of the rows rightly taken for the class, taken for it, and belonging to it.
    pub(super) fn of(right: f64, taken: f64, support: f64) -> Self {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let f1 = share(2.0 * right, taken + support);
        Self { precision: share(right, taken), recall: share(right, support), f1, support }
    }

    pub(super) fn mean(scores: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        Self {
            precision: mean(|scores| scores.precision),
            recall: mean(|scores| scores.recall),
            f1: mean(|scores| scores.f1),
            support: scores.iter().map(|scores| scores.support).sum(),
        }
    }
}

/// Measures the probabilities (n × k, one row per sample) against the right classes.
///
/// # Panics
/// When there are no rows, or not one class (below k) and one weight per row.
///
/// # Example
/// ```
/// use chainrule::{Matrix, metrics::classification};
///
/// let probabilities = Matrix::from_vec(vec![0.9, 0.1, 0.4, 0.6, 0.7, 0.3], 3, 2);
/// let metrics = classification(probabilities.view(), &[0, 1, 1], None);
/// assert_eq!(metrics.accuracy, 2.0 / 3.0);
/// assert_eq!(metrics.confusion.values(), [1.0, 0.0, 1.0, 1.0]);
/// assert_eq!(metrics.auc, Some(1.0));
/// ```
pub fn classification<F: Float>(
    probabilities: MatrixRef<'_, F>,
    classes: &[u32],
    weights: Option<&[F]>,
) -> ClassificationMetrics {
    let mut sum = ClassificationSum::new(probabilities.columns());
    sum.add(probabilities, classes, weights);
    ClassificationMetrics { auc: auc(probabilities, classes, weights), ..sum.finish() }
}

/// What the rows so far add to the metrics of a classifier: all of them but the ranking, which needs every row at once.
#[derive(Clone, Debug)]
pub(crate) struct ClassificationSum {
    total: f64,
    loss: f64,
    confusion: Matrix<f64>,
    support: Vec<f64>,
}

impl ClassificationSum {
    /// No rows yet, of so many classes.
    pub(crate) fn new(n_classes: usize) -> Self {
        let (confusion, support) = (Matrix::zeros(n_classes, n_classes), vec![0.0; n_classes]);
        Self { total: 0.0, loss: 0.0, confusion, support }
    }

    /// Takes in rows, as [`classification`] does.
    pub(crate) fn add<F: Float>(
        &mut self,
        probabilities: MatrixRef<'_, F>,
        classes: &[u32],
        weights: Option<&[F]>,
    ) {
        let n = probabilities.rows();
        assert!(n > 0 && classes.len() == n, "{} classes for {n} rows", classes.len());
        self.total += total_weight(weights, n);
        for (row, &class) in classes.iter().enumerate() {
            let class = class as usize;
            let weight = weight_of(weights, row);
            self.support[class] += weight;
            if weight > 0.0 {
                self.loss += weight * surprise(probabilities.row(row)[class].to_f64());
            }
            if let Some(likeliest) = likeliest(probabilities.row(row)) {
                self.confusion.row_mut(class)[likeliest] += weight;
            }
        }
    }

    /// The metrics of all rows, without an AUC.
    pub(crate) fn finish(self) -> ClassificationMetrics {
        let Self { total, loss, confusion, support } = self;
        let k = support.len();
        let scores: Vec<Scores> = (0..k)
            .map(|class| {
                let taken = (0..k).map(|of| confusion.row(of)[class]).sum();
                Scores::of(confusion.row(class)[class], taken, support[class])
            })
            .collect();
        let right: f64 = (0..k).map(|class| confusion.row(class)[class]).sum();
        ClassificationMetrics {
            loss: loss / total,
            accuracy: right / total,
            macro_average: Scores::mean(&scores),
            classes: scores,
            confusion,
            auc: None,
        }
    }
}

/// The likeliest class; `None` if a probability is NaN.
fn likeliest<F: Float>(probabilities: &[F]) -> Option<usize> {
    let is_number = |p: &F| !p.to_f64().is_nan();
    probabilities.iter().all(is_number).then(|| largest(probabilities))
}

/// The place of the largest number, the first of equal ones. A NaN is not larger than what stands before it, and
/// nothing is larger than a NaN in the first place.
pub(crate) fn largest<F: Float>(numbers: &[F]) -> usize {
    let mut best = 0;
    for (place, &number) in numbers.iter().enumerate() {
        if number > numbers[best] {
            best = place;
        }
    }
    best
}

fn auc<F: Float>(probabilities: MatrixRef<'_, F>, classes: &[u32], weights: Option<&[F]>) -> Option<f64> {
    let one_against_rest = |class: usize| {
        let ranked = classes.iter().enumerate().map(|(row, &right)| Ranked {
            score: probabilities.row(row)[class].to_f64(),
            positive: right as usize == class,
            weight: weight_of(weights, row),
        });
        roc_auc(ranked.collect())
    };
    match probabilities.columns() {
        2 => one_against_rest(1),
        k => mean_of_defined((0..k).map(one_against_rest)),
    }
}
