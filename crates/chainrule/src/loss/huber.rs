//! ℓ = Σ ½e² where |e| ≤ d, d|e| − ½d² elsewhere; ∂ℓ/∂ŷ = e, cut off at ±d; e = ŷ − y (Huber, 1964).

use crate::Float;

pub(super) fn value<F: Float>(bound: f64, a: &[F], y: &[F]) -> f64 {
    let entry = |(&a, &y): (&F, &F)| {
        let size = (a - y).to_f64().abs();
        if size <= bound { 0.5 * size * size } else { bound * size - 0.5 * bound * bound }
    };
    a.iter().zip(y).map(entry).sum()
}

/// `delta` holds y and becomes factor·∂ℓ/∂ŷ; NaN stays NaN.
pub(super) fn derivative<F: Float>(bound: F, factor: F, a: &[F], delta: &mut [F]) {
    for (delta, &a) in delta.iter_mut().zip(a) {
        let error = a - *delta;
        *delta = factor
            * if error > bound {
                bound
            } else if error < -bound {
                -bound
            } else {
                error
            };
    }
}
