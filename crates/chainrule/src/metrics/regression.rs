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
    let mut sum = RegressionSum::new(predicted.columns());
    sum.add(predicted, expected, weights);
    sum.finish()
}

/// What the rows so far add to the metrics of a regression.
#[derive(Clone, Debug)]
pub(crate) struct RegressionSum {
    total: f64,
    targets: Vec<TargetSum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct TargetSum {
    absolute: f64,
    r2: R2Sum,
}

impl RegressionSum {
    /// No rows yet, of so many targets.
    pub(crate) fn new(n_targets: usize) -> Self {
        Self { total: 0.0, targets: vec![TargetSum::default(); n_targets] }
    }

    /// Takes in rows, as [`regression`] does.
    pub(crate) fn add<F: Float>(
        &mut self,
        predicted: MatrixRef<'_, f64>,
        expected: MatrixRef<'_, f64>,
        weights: Option<&[F]>,
    ) {
        let (n, k) = (predicted.rows(), predicted.columns());
        assert!(n > 0 && (expected.rows(), expected.columns()) == (n, k), "{n} × {k} targets");
        self.total += total_weight(weights, n);
        for row in 0..n {
            let weight = weight_of(weights, row);
            // Rows without weight do not count, whatever stands in them.
            if weight > 0.0 {
                let pairs = predicted.row(row).iter().zip(expected.row(row));
                self.targets.iter_mut().zip(pairs).for_each(|(sum, (&said, &y))| sum.add(weight, said, y));
            }
        }
    }

    /// The metrics of all rows.
    pub(crate) fn finish(self) -> RegressionMetrics {
        let k = self.targets.len() as f64;
        let targets: Vec<_> = self.targets.iter().map(|target| target.finish(self.total)).collect();
        RegressionMetrics {
            rmse: targets.iter().map(|target| target.rmse).sum::<f64>() / k,
            mae: targets.iter().map(|target| target.mae).sum::<f64>() / k,
            r2: mean_of_defined(targets.iter().map(|target| target.r2)),
            targets,
        }
    }
}

impl TargetSum {
    fn add(&mut self, weight: f64, predicted: f64, y: f64) {
        let error = (predicted - y).abs();
        let error = if error.is_nan() { f64::INFINITY } else { error };
        self.absolute += weight * error;
        self.r2.add(weight, y, error);
    }

    fn finish(&self, total: f64) -> TargetMetrics {
        let rmse = (self.r2.squares / total).sqrt();
        TargetMetrics { rmse, mae: self.absolute / total, r2: self.r2.finish() }
    }
}

/// 1 − Σw(ŷ − y)² / Σw(y − ȳ)², from rows one after the other.
///
/// The spread is that about the first y, less that of the mean about it: Σw(y − y₁)² − (Σw(y − y₁))² / Σw. Taken about y₁ and not
/// about 0, it keeps its digits where all y are far from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct R2Sum {
    weight: f64,
    first: Option<f64>,
    varies: bool,
    distance: f64,
    squared_distance: f64,
    squares: f64,
}

impl R2Sum {
    /// Takes in a row of weight w above 0. What an error that is NaN means is the caller's to say.
    pub(crate) fn add(&mut self, w: f64, y: f64, error: f64) {
        let first = *self.first.get_or_insert(y);
        let distance = y - first;
        // Not judged by the spread: the sum of equal squares can round.
        self.varies |= distance != 0.0;
        self.weight += w;
        self.distance += w * distance;
        self.squared_distance += w * distance.powi(2);
        self.squares += w * error.powi(2);
    }

    /// `None` for a constant target, also where its numbers differ by less than squares can hold.
    pub(crate) fn finish(&self) -> Option<f64> {
        let spread = self.squared_distance - self.distance.powi(2) / self.weight;
        (self.varies && spread > 0.0).then(|| 1.0 - self.squares / spread)
    }
}
