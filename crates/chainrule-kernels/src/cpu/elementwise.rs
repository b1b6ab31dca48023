//! The elementwise activations for the inside of vectorised loops: each a small type with its value and, beside it,
//! its derivative.
//!
//! The derivative takes z and a = σ(z) and reads the one from which it is had cheaply: a for `ReLU`, sigmoid, tanh and
//! exp, z for the others. Of sigmoid and tanh, a(1 − a) and 1 − a² carry the error that a itself carries, one
//! rounding of a number near 1; [`crate::reference::activation`], where formulas and sources stand, has them from z.

use super::math::{clamp, erf, exp, exp_m1, exp_of_negative, ln_1p, logistic_parts, sigmoid, tanh};
use crate::Float;
use crate::reference::activation::{GELU_CUBIC, GELU_TANH_LIMIT, SQRT_2_OVER_PI};
use std::f64::consts::FRAC_1_SQRT_2;

/// A function of each entry; both methods are to be `#[inline(always)]`.
pub(crate) trait Elementwise<F>: Copy {
    fn value(self, z: F) -> F;
    /// σ'(z), from z or from a = σ(z).
    fn derivative(self, z: F, a: F) -> F;
}

#[derive(Clone, Copy)]
pub(crate) struct Identity;

impl<F: Float> Elementwise<F> for Identity {
    #[inline(always)]
    fn value(self, z: F) -> F {
        z
    }
    #[inline(always)]
    fn derivative(self, _: F, _: F) -> F {
        F::ONE
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;

impl<F: Float> Elementwise<F> for Sigmoid {
    #[inline(always)]
    fn value(self, z: F) -> F {
        sigmoid(z)
    }
    #[inline(always)]
    fn derivative(self, _: F, a: F) -> F {
        a * (F::ONE - a)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Tanh;

impl<F: Float> Elementwise<F> for Tanh {
    #[inline(always)]
    fn value(self, z: F) -> F {
        tanh(z)
    }
    /// 1 − a² without the rounding of a².
    #[inline(always)]
    fn derivative(self, _: F, a: F) -> F {
        (-a).mul_add(a, F::ONE)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Relu;

impl<F: Float> Elementwise<F> for Relu {
    #[inline(always)]
    fn value(self, z: F) -> F {
        if z <= F::ZERO { F::ZERO } else { z }
    }
    #[inline(always)]
    fn derivative(self, _: F, a: F) -> F {
        if a <= F::ZERO { F::ZERO } else { F::ONE }
    }
}

/// With its slope.
#[derive(Clone, Copy)]
pub(crate) struct LeakyRelu<F>(pub(crate) F);

impl<F: Float> Elementwise<F> for LeakyRelu<F> {
    #[inline(always)]
    fn value(self, z: F) -> F {
        if z <= F::ZERO { self.0 * z } else { z }
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        if z <= F::ZERO { self.0 } else { F::ONE }
    }
}

/// ELU, and with a scale SELU.
#[derive(Clone, Copy)]
pub(crate) struct Elu<F> {
    pub(crate) alpha: F,
    pub(crate) scale: F,
}

impl<F: Float> Elementwise<F> for Elu<F> {
    #[inline(always)]
    fn value(self, z: F) -> F {
        self.scale * if z <= F::ZERO { self.alpha * exp_m1(z) } else { z }
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        self.scale * if z <= F::ZERO { self.alpha * exp(z) } else { F::ONE }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Gelu;

#[inline(always)]
fn normal_distribution<F: Float>(z: F) -> F {
    F::from_f64(0.5) * (F::ONE + erf(z * F::from_f64(FRAC_1_SQRT_2)))
}

impl<F: Float> Elementwise<F> for Gelu {
    #[inline(always)]
    fn value(self, z: F) -> F {
        z * normal_distribution(z)
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        let density = F::from_f64(SQRT_2_OVER_PI / 2.0) * exp_of_negative(z * z * F::from_f64(-0.5));
        normal_distribution(z) + z * density
    }
}

#[derive(Clone, Copy)]
pub(crate) struct GeluTanh;

/// z within the bounds beyond which nothing changes, and 2u = √(8/π)·(z + 0.044715·z³).
#[inline(always)]
fn gelu_inner<F: Float>(z: F) -> (F, F) {
    let limit = F::from_f64(GELU_TANH_LIMIT);
    let z = clamp(z, -limit, limit);
    (z, F::from_f64(2.0 * SQRT_2_OVER_PI) * (z + F::from_f64(GELU_CUBIC) * z * z * z))
}

impl<F: Float> Elementwise<F> for GeluTanh {
    #[inline(always)]
    fn value(self, z: F) -> F {
        z * sigmoid(gelu_inner(z).1)
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        let (z, u) = gelu_inner(z);
        let slope = F::from_f64(2.0 * SQRT_2_OVER_PI) * (F::ONE + F::from_f64(3.0 * GELU_CUBIC) * z * z);
        let (s, s_derivative) = sigmoid_and_derivative(u);
        s + z * s_derivative * slope
    }
}

/// With e = e^(−|z|): sigmoid(z) = 1/(1+e) or e/(1+e), and its derivative e/(1+e)².
#[inline(always)]
fn sigmoid_and_derivative<F: Float>(z: F) -> (F, F) {
    let (e, d) = logistic_parts(z);
    let small = e * d;
    (if z < F::ZERO { small } else { d }, small * d)
}

#[derive(Clone, Copy)]
pub(crate) struct Silu;

impl<F: Float> Elementwise<F> for Silu {
    #[inline(always)]
    fn value(self, z: F) -> F {
        z * sigmoid(z)
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        let (s, s_derivative) = sigmoid_and_derivative(z);
        s + z * s_derivative
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Mish;

/// Where tanh(softplus(z)) is 1 to the last digit of f64.
const MISH_LIMIT: f64 = 20.0;

/// z up to [`MISH_LIMIT`], e = eᶻ and w = e(e + 2), with which tanh(ln(1 + e)) = w/(w + 2).
#[inline(always)]
fn mish_parts<F: Float>(z: F) -> (F, F, F) {
    let limit = F::from_f64(MISH_LIMIT);
    let z = if z > limit { limit } else { z };
    let e = exp(z);
    (z, e, e * (e + F::from_f64(2.0)))
}

impl<F: Float> Elementwise<F> for Mish {
    #[inline(always)]
    fn value(self, z: F) -> F {
        let (_, _, w) = mish_parts(z);
        z * (w / (w + F::from_f64(2.0)))
    }
    /// t + z·(1 − t²)·e/(1 + e) with 1 − t² = 4(1 + e)²/(w + 2)².
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        let (z, e, w) = mish_parts(z);
        let d = F::ONE / (w + F::from_f64(2.0));
        w * d + z * (F::from_f64(4.0) * (F::ONE + e) * e) * (d * d)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Softplus;

impl<F: Float> Elementwise<F> for Softplus {
    #[inline(always)]
    fn value(self, z: F) -> F {
        let positive = if z <= F::ZERO { F::ZERO } else { z };
        positive + ln_1p(exp_of_negative(-z.abs()))
    }
    #[inline(always)]
    fn derivative(self, z: F, _: F) -> F {
        sigmoid(z)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Exp;

impl<F: Float> Elementwise<F> for Exp {
    #[inline(always)]
    fn value(self, z: F) -> F {
        exp(z)
    }
    #[inline(always)]
    fn derivative(self, _: F, a: F) -> F {
        a
    }
}
