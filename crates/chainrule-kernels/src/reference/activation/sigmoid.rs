//! σ(z) = 1 / (1 + e⁻ᶻ), σ'(z) = σ(z)·(1 − σ(z)).

use crate::Float;

/// For z < 0 the equal e^z / (1 + e^z): the exponential never overflows and small values keep their digits.
pub(super) fn value<F: Float>(z: F) -> F {
    let e = (-z.abs()).exp();
    (if z < F::ZERO { e } else { F::ONE }) / (F::ONE + e)
}

/// σ(z)·σ(−z), which does not cancel for large z as 1 − σ(z) would.
pub(super) fn derivative<F: Float>(z: F) -> F {
    value(z) * value(-z)
}
