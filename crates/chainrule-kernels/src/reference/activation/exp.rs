//! σ(z) = eᶻ = σ'(z). Overflows beyond 88 in f32 and 709 in f64, and says so as infinity.

use crate::Float;

pub(super) fn value<F: Float>(z: F) -> F {
    z.exp()
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    z.exp()
}
