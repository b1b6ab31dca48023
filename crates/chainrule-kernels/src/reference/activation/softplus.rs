//! σ(z) = ln(1 + eᶻ), σ'(z) = sigmoid(z).

use crate::Float;

/// max(z, 0) + ln(1 + e^(−|z|)): never overflows, and keeps its digits on both sides.
pub(super) fn value<F: Float>(z: F) -> F {
    super::relu::value(z) + (-z.abs()).exp().ln_1p()
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    super::sigmoid::value(z)
}
