//! σ(z) = max(z, 0), σ'(z) = [z > 0].

use crate::Float;

/// NaN stays NaN: a comparison that fails keeps z.
pub(super) fn value<F: Float>(z: F) -> F {
    if z <= F::ZERO { F::ZERO } else { z }
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    if z <= F::ZERO { F::ZERO } else { F::ONE }
}
