//! σ(z) = z·t with t = tanh(softplus(z)), σ'(z) = t + z·(1 − t²)·sigmoid(z) (Misra, 2019).

use super::{sigmoid, softplus, tanh};
use crate::Float;

pub(super) fn value<F: Float>(z: F) -> F {
    z * softplus::value(z).tanh()
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    let s = softplus::value(z);
    s.tanh() + z * tanh::derivative(s) * sigmoid::value(z)
}
