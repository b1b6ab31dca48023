//! σ(z) = tanh z, σ'(z) = 1 − tanh² z.

use crate::Float;

pub(super) fn value<F: Float>(z: F) -> F {
    z.tanh()
}

/// 4·sigmoid(2z)·sigmoid(−2z), which does not cancel for large z.
pub(super) fn derivative<F: Float>(z: F) -> F {
    F::from_f64(4.0) * super::sigmoid::derivative(z + z)
}
