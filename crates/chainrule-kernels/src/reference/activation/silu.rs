//! σ(z) = z·s with s = sigmoid(z), σ'(z) = s + z·s·(1 − s).

use super::sigmoid;
use crate::Float;

pub(super) fn value<F: Float>(z: F) -> F {
    z * sigmoid::value(z)
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    sigmoid::value(z) + z * sigmoid::derivative(z)
}
