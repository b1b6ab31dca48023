//! ℓ = −Σₖ (yₖ·ln ŷₖ + (1 − yₖ)·ln(1 − ŷₖ)) with ŷ = sigmoid(z), which is Σ softplus(z) − y·z; ∂ℓ/∂z = ŷ − y.

use crate::{Activation, Float};
use chainrule_kernels::reference::activation;

/// max(z, 0) − y·z is formed as (1 − y)·z or −y·z, so that large numbers cancel before they are rounded.
pub(super) fn value<F: Float>(z: &[F], y: &[F]) -> f64 {
    let entry = |(&z, &y): (&F, &F)| {
        let (z, y) = (z.to_f64(), y.to_f64());
        let line = if z > 0.0 { (1.0 - y) * z } else { -y * z };
        line + activation::value(Activation::Softplus, -z.abs())
    };
    z.iter().zip(y).map(entry).sum()
}

/// `delta` holds y and becomes factor·∂ℓ/∂z.
pub(super) fn derivative<F: Float>(factor: F, a: &[F], delta: &mut [F]) {
    for (delta, &a) in delta.iter_mut().zip(a) {
        *delta = factor * (a - *delta);
    }
}
