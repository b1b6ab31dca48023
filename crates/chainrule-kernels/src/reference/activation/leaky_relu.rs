//! σ(z) = z where z > 0, slope·z elsewhere; σ'(z) = 1 or slope.

use crate::Float;

pub(super) fn value<F: Float>(slope: F, z: F) -> F {
    if z <= F::ZERO { slope * z } else { z }
}

pub(super) fn derivative<F: Float>(slope: F, z: F) -> F {
    if z <= F::ZERO { slope } else { F::ONE }
}
