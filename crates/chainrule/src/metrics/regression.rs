//! Metrics of predicted numbers, in the unit of the target.

use super::{mean_of_defined, total_weight, weight_of};
use crate::{Float, MatrixRef};

/// How good predicted numbers are.
#[derive(Clone, Debug, PartialEq)]
pub struct RegressionMetrics {
    /// The mean of the targets' root mean squared errors.
    pub rmse: f64,
    /// The mean of the targets' mean absolute errors.
    pub mae: f64,
    /// The mean of the targets' R²; `None` where one has none.
    pub r2: Option<f64>,
    /// Each target by itself.
    pub targets: Vec<TargetMetrics>,
}

/// How good the numbers predicted for one target are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetMetrics {
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: 1 for perfect predictions, 0 for predicting the mean ȳ of these rows. `None` for a
    /// constant target, as in a single row.
    pub r2: Option<f64>,
}

/// Measures predictions (n × K) against targets (n × K), both in the unit of the target.
///
/// # Panics
/// When there are no rows, or shapes differ.
///
/// # Example
/// ```
/// use chainrule::{Matrix, metrics::regression};
///
/// let predicted = Matrix::from_vec(vec![1.0, 2.0, 6.0], 3, 1);
/// let expected = Matrix::from_vec(vec![1.0, 3.0, 5.0], 3, 1);
/// let metrics = regression::<f64>(predicted.view(), expected.view(), None);
/// assert_eq!((metrics.mae, metrics.r2), (2.0 / 3.0, Some(0.75)));
/// ```
pub fn regression<F: Float>(
    predicted: MatrixRef<'_, f64>,
    expected: MatrixRef<'_, f64>,
    weights: Option<&[F]>,
) -> RegressionMetrics {
    let (n, k) = (predicted.rows(), predicted.columns());
    assert!(n > 0 && (expected.rows(), expected.columns()) == (n, k), "{n} × {k} targets");
    let total = total_weight(weights, n);
    let targets: Vec<TargetMetrics> =
        (0..k).map(|target| one_target(predicted, expected, weights, target, total)).collect();
    RegressionMetrics {
        rmse: targets.iter().map(|target| target.rmse).sum::<f64>() / k as f64,
        mae: targets.iter().map(|target| target.mae).sum::<f64>() / k as f64,
        r2: mean_of_defined(targets.iter().map(|target| target.r2)),
        targets,
    }
}

fn one_target<F: Float>(
    predicted: MatrixRef<'_, f64>,
    expected: MatrixRef<'_, f64>,
    weights: Option<&[F]>,
    target: usize,
    total: f64,
) -> TargetMetrics {
    // Rows without weight do not count, whatever stands in them.
    let rows = || (0..predicted.rows()).map(|row| (row, weight_of(weights, row))).filter(|&(_, w)| w > 0.0);
    let y = |row: usize| expected.row(row)[target];
    let error = |row: usize| {
        let error = (predicted.row(row)[target] - y(row)).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    };
    let squares: f64 = rows().map(|(row, w)| w * error(row).powi(2)).sum();
    TargetMetrics {
        rmse: (squares / total).sqrt(),
        mae: rows().map(|(row, w)| w * error(row)).sum::<f64>() / total,
        r2: r2(rows().map(|(row, w)| (w, y(row), error(row)))),
    }
}

/// 1 − Σw(ŷ − y)² / Σw(y − ȳ)² of rows (w, y, ŷ − y) with w above 0. `None` for a constant target, also where its numbers differ
/// by less than squares can hold.
///
/// What an error that is NaN means is the caller's to say.
pub(crate) fn r2(mut rows: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<f64> {
    let total: f64 = rows.clone().map(|(w, ..)| w).sum();
    let mean = rows.clone().map(|(w, y, _)| w * y).sum::<f64>() / total;
    let spread: f64 = rows.clone().map(|(w, y, _)| w * (y - mean).powi(2)).sum();
    let squares: f64 = rows.clone().map(|(w, _, error)| w * error.powi(2)).sum();
    // Not by the spread: the mean of equal numbers can round to another one.
    let first = rows.clone().next().map_or(0.0, |(_, y, _)| y);
    let is_constant = rows.all(|(_, y, _)| y == first);
    (!is_constant && spread > 0.0).then(|| 1.0 - squares / spread)
}
