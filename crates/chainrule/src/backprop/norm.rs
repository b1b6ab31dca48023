//! The size of gradients and steps.

use crate::Float;

/// The Frobenius norm, √Σx², in f64. Numbers are measured in units of the largest, so that no square overflows or vanishes.
pub(crate) fn norm<F: Float>(values: &[F]) -> f64 {
    let absolute = || values.iter().map(|x| x.to_f64().abs());
    let largest = absolute().fold(0.0, f64::max);
    if largest > 0.0 && largest.is_finite() {
        largest * absolute().map(|x| (x / largest) * (x / largest)).sum::<f64>().sqrt()
    } else {
        absolute().sum() // 0, ∞ or NaN
    }
}
