//! ℓ = Σ(ŷ − y)², ∂ℓ/∂ŷ = 2(ŷ − y).
//!
//! `mse`, `half-mse`, `sse` and `half-sse` are this with different factors.

use crate::Float;

/// Squares are taken in f64, so that f32 is finite for |ŷ| beyond 1e19 too.
pub(super) fn value<F: Float>(a: &[F], y: &[F]) -> f64 {
    a.iter().zip(y).map(|(&a, &y)| (a - y).to_f64().powi(2)).sum()
}

/// `delta` holds y and becomes factor·∂ℓ/∂ŷ.
pub(super) fn derivative<F: Float>(factor: F, a: &[F], delta: &mut [F]) {
    for (delta, &a) in delta.iter_mut().zip(a) {
        let error = a - *delta;
        *delta = factor * (error + error);
    }
}
