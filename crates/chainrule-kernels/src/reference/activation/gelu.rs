//! σ(z) = z·Φ(z), σ'(z) = Φ(z) + z·φ(z), with Φ(z) = ½(1 + erf(z/√2)) and φ(z) = e^(−z²/2)/√(2π)
//! (Hendrycks and Gimpel, 2016); and the approximation with Φ(z) ≈ ½(1 + tanh u), u = √(2/π)·(z + 0.044715·z³).

use crate::Float;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// √(2/π) = (2/√π)·(1/√2).
pub(crate) const SQRT_2_OVER_PI: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
/// The cubic's factor, as published.
pub(crate) const CUBIC: f64 = 0.044_715;
/// Beyond ± this the approximation of Φ is 0 or 1 in f64; its cubic, which would overflow, is not followed further.
pub(crate) const TANH_LIMIT: f64 = 30.0;

pub(super) fn value<F: Float>(z: F) -> F {
    z * normal_distribution(z)
}

pub(super) fn derivative<F: Float>(z: F) -> F {
    let density = F::from_f64(SQRT_2_OVER_PI / 2.0) * (-(z * z) / F::from_f64(2.0)).exp();
    normal_distribution(z) + z * density
}

pub(super) fn tanh_value<F: Float>(z: F) -> F {
    z * super::sigmoid::value(F::from_f64(2.0) * inner(z))
}

/// With s = ½(1 + tanh u) = sigmoid(2u): σ' = s + z·2s(1 − s)·u'.
pub(super) fn tanh_derivative<F: Float>(z: F) -> F {
    let u = F::from_f64(2.0) * inner(z);
    let z = bounded(z);
    let slope = F::from_f64(2.0 * SQRT_2_OVER_PI) * (F::ONE + F::from_f64(3.0 * CUBIC) * z * z);
    super::sigmoid::value(u) + z * super::sigmoid::derivative(u) * slope
}

fn normal_distribution<F: Float>(z: F) -> F {
    F::from_f64(0.5) * (F::ONE + (z * F::from_f64(FRAC_1_SQRT_2)).erf())
}

fn bounded<F: Float>(z: F) -> F {
    let limit = F::from_f64(TANH_LIMIT);
    if z > limit {
        limit
    } else if z < -limit {
        -limit
    } else {
        z
    }
}

fn inner<F: Float>(z: F) -> F {
    let z = bounded(z);
    F::from_f64(SQRT_2_OVER_PI) * (z + F::from_f64(CUBIC) * z * z * z)
}
