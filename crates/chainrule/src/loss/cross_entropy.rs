//! ℓ = −Σₖ yₖ·ln ŷₖ with ŷ = softmax(z), ∂ℓ/∂z = ŷ·Σy − y, which is ŷ − y as the targets of a row sum to 1.

use crate::Float;
use chainrule_kernels::reference::log_sum_exp;

/// Σ yₖ·(ln Σe^z − zₖ): no probability is formed, so none can round to 0 under the logarithm.
pub(super) fn value<F: Float>(z: &[F], y: &[F]) -> f64 {
    let log_sum = log_sum_exp(z).to_f64();
    let entry = |(&z, &y): (&F, &F)| if y == F::ZERO { 0.0 } else { y.to_f64() * (log_sum - z.to_f64()) };
    let sum: f64 = z.iter().zip(y).map(entry).sum();
    // Entries with target 0 are skipped above, but a preactivation that is NaN must not be.
    if log_sum.is_nan() { log_sum } else { sum }
}

/// `delta` holds y and becomes factor·∂ℓ/∂z.
pub(super) fn derivative<F: Float>(factor: F, a: &[F], delta: &mut [F]) {
    let total: F = delta.iter().copied().sum();
    for (delta, &a) in delta.iter_mut().zip(a) {
        *delta = factor * (a * total - *delta);
    }
}
