//! σ(z) = λ·elu(z) with slope α, the constants for which activations keep mean 0 and variance 1
//! (Klambauer et al., 2017); σ'(z) = λ·elu'(z).

use super::elu;
use crate::Float;

/// α of the paper, to all digits of f64.
pub(crate) const ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of the paper.
pub(crate) const LAMBDA: f64 = 1.050_700_987_355_480_5;

pub(super) fn value<F: Float>(z: F) -> F {
    F::from_f64(LAMBDA) * elu::value(F::from_f64(ALPHA), z)
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    F::from_f64(LAMBDA) * elu::derivative(F::from_f64(ALPHA), z)
}
