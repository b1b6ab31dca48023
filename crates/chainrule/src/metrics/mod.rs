//! How good predictions are, in the terms in which people compare models.
//!
//! Everything is computed in f64 from the predictions alone, over all rows at once, with a weight per row where there
//! are weights. Where a metric is undefined there is no number instead of a made-up one, with scikit-learn's one
//! exception: precision, recall and F1 of a class that never occurs or is never predicted are 0.
//!
//! A prediction that is NaN counts as worst: an infinite error, a wrong class, the last place of a ranking on the
//! wrong side. No metric is NaN because of it, so that a comparison "better than the best so far" stays meaningful.

pub mod baseline;
mod classification;
mod multi_label;
mod ranking;
mod regression;

#[cfg(test)]
mod tests;

pub use classification::{ClassificationMetrics, Scores, classification};
pub(crate) use classification::{ClassificationSum, largest};
pub(crate) use multi_label::MultiLabelSum;
pub use multi_label::{LabelMetrics, MultiLabelMetrics, multi_label};
pub(crate) use regression::{R2Sum, RegressionSum};
pub use regression::{RegressionMetrics, TargetMetrics, regression};

use crate::{Float, Matrix};

/// The smallest probability that a logarithm is taken of: 2⁻¹⁴⁹, the smallest `f32` above 0. A log-loss is at most 103.
const SMALLEST_PROBABILITY: f64 = 1.401_298_464_324_817e-45;

/// −ln p; a probability of 0 becomes the smallest one, NaN costs infinitely much.
fn surprise(probability: f64) -> f64 {
    if probability.is_nan() { f64::INFINITY } else { -probability.max(SMALLEST_PROBABILITY).ln() }
}

/// The same numbers in f64, in which metrics are computed.
pub(crate) fn widen<F: Float>(matrix: &Matrix<F>) -> Matrix<f64> {
    Matrix::from_fn(matrix.rows(), matrix.columns(), |i, k| matrix.row(i)[k].to_f64())
}

/// The weight of a row.
pub(crate) fn weight_of<F: Float>(weights: Option<&[F]>, row: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[row].to_f64())
}

/// The sum of all weights.
///
/// # Panics
/// When there is not one weight per row.
fn total_weight<F: Float>(weights: Option<&[F]>, n_rows: usize) -> f64 {
    assert!(weights.is_none_or(|weights| weights.len() == n_rows), "one weight per row");
    (0..n_rows).map(|row| weight_of(weights, row)).sum()
}

/// The mean, if every one is defined and there is one.
pub(crate) fn mean_of_defined(values: impl ExactSizeIterator<Item = Option<f64>>) -> Option<f64> {
    let n = values.len();
    let sum: f64 = values.sum::<Option<f64>>()?;
    (n > 0).then(|| sum / n as f64)
}
