//! ℓ = Σ|ŷ − y|, ∂ℓ/∂ŷ = sign(ŷ − y), and 0 where ŷ = y.

use crate::Float;

pub(super) fn value<F: Float>(a: &[F], y: &[F]) -> f64 {
    a.iter().zip(y).map(|(&a, &y)| (a - y).to_f64().abs()).sum()
}

/// `delta` holds y and becomes factor·∂ℓ/∂ŷ; NaN stays NaN.
pub(super) fn derivative<F: Float>(factor: F, a: &[F], delta: &mut [F]) {
    for (delta, &a) in delta.iter_mut().zip(a) {
        let error = a - *delta;
        *delta = if error > F::ZERO {
            factor
        } else if error < F::ZERO {
            -factor
        } else {
            error
        };
    }
}
