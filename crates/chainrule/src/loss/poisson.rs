//! ℓ = Σₖ (e^zₖ − yₖ·zₖ), the negative log-likelihood of counts y with mean e^z, less ln y!; ∂ℓ/∂z = e^z − y.
//!
//! e^z overflows beyond 88 in f32 and 709 in f64: the loss is then infinite and training reports divergence.

use crate::Float;

/// e^z is taken in the network's own precision: what overflows there is infinite here.
pub(super) fn value<F: Float>(z: &[F], y: &[F]) -> f64 {
    z.iter().zip(y).map(|(&z, &y)| z.exp().to_f64() - y.to_f64() * z.to_f64()).sum()
}

/// `delta` holds y and becomes factor·∂ℓ/∂z; `a` is e^z.
pub(super) fn derivative<F: Float>(factor: F, a: &[F], delta: &mut [F]) {
    for (delta, &a) in delta.iter_mut().zip(a) {
        *delta = factor * (a - *delta);
    }
}
