//! σ(z) = z where z > 0, α·(eᶻ − 1) elsewhere; σ'(z) = 1 or α·eᶻ.

use crate::Float;

pub(super) fn value<F: Float>(alpha: F, z: F) -> F {
    if z <= F::ZERO { alpha * z.exp_m1() } else { z }
}

pub(super) fn derivative<F: Float>(alpha: F, z: F) -> F {
    if z <= F::ZERO { alpha * z.exp() } else { F::ONE }
}
