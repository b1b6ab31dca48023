//! Softmax cross-entropy against the numbers of classes, value and derivative, by row.

use super::{log_sum_exp, softmax};
use crate::{ClassTargets, Float, MatrixRef, PaddedMut};

/// ℓ = −ln softmax(z)_y = ln Σₖ e^(zₖ − max z) + (max z − z_y) of a row: no probability is formed, so none can round to 0
/// under the logarithm.
///
/// The sum has the precision of `F`, the difference that of `f64`. NaN and a largest entry that is infinite make it
/// infinite or NaN.
///
/// # Panics
/// When there is no entry of this class.
pub fn class_loss<F: Float>(z: &[F], class: u32) -> f64 {
    let z_y = z[class as usize].to_f64();
    let largest = z.iter().copied().fold(-F::ONE / F::ZERO, F::max);
    if !largest.is_finite() {
        return log_sum_exp(z).to_f64() - z_y;
    }
    let sum: F = z.iter().map(|&z| (z - largest).exp()).sum();
    sum.ln().to_f64() + (largest.to_f64() - z_y)
}

/// δ = w/`divisor`·(softmax(z) − one-hot(y)) and the loss w·ℓ of each row; w is the weight of its sample.
///
/// # Panics
/// When the numbers of rows differ, or a class has no column.
pub fn softmax_cross_entropy<F: Float>(
    z: MatrixRef<'_, F>,
    targets: ClassTargets<'_, F>,
    divisor: f64,
    mut delta: PaddedMut<'_, F>,
    losses: &mut [f64],
) {
    assert_eq!((z.rows(), z.columns()), (delta.rows(), delta.columns()), "shapes of Z and δ");
    assert_eq!((targets.rows.len(), losses.len()), (z.rows(), z.rows()), "one sample and one loss per row");
    delta.prepare();
    for (i, loss) in losses.iter_mut().enumerate() {
        let (class, weight) = targets.of(i);
        *loss = weight * class_loss(z.row(i), class);
        let delta = delta.row_mut(i);
        softmax(z.row(i), delta);
        delta[class as usize] += -F::ONE;
        for delta in delta {
            *delta *= F::from_f64(weight / divisor);
        }
    }
}
