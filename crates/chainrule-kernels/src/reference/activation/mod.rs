//! Activation functions: each file has the value and, beside it, the derivative.
//!
//! Shapes: `value` and `derivative` take one preactivation z. Softmax acts on rows and stands in
//! [`crate::reference::softmax`].

mod elu;
mod exp;
mod gelu;
mod identity;
mod leaky_relu;
mod mish;
mod relu;
mod selu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

pub(crate) use gelu::{CUBIC as GELU_CUBIC, SQRT_2_OVER_PI, TANH_LIMIT as GELU_TANH_LIMIT};
pub(crate) use selu::{ALPHA as SELU_ALPHA, LAMBDA as SELU_LAMBDA};

use crate::reference::{softmax, softmax_backward};
use crate::{Activation, Float, MatrixMut, MatrixRef};

/// σ(z) of an elementwise activation.
///
/// # Panics
/// For softmax, which is a function of a row.
pub fn value<F: Float>(function: Activation, z: F) -> F {
    match function {
        Activation::Identity => identity::value(z),
        Activation::Sigmoid => sigmoid::value(z),
        Activation::Tanh => tanh::value(z),
        Activation::Relu => relu::value(z),
        Activation::LeakyRelu { slope } => leaky_relu::value(F::from_f64(slope), z),
        Activation::Elu { alpha } => elu::value(F::from_f64(alpha), z),
        Activation::Selu => selu::value(z),
        Activation::Gelu => gelu::value(z),
        Activation::GeluTanh => gelu::tanh_value(z),
        Activation::Silu => silu::value(z),
        Activation::Mish => mish::value(z),
        Activation::Softplus => softplus::value(z),
        Activation::Exp => exp::value(z),
        Activation::Softmax => panic!("softmax is a function of a row"),
    }
}

/// σ'(z) of an elementwise activation; at a kink, the derivative from the left.
///
/// # Panics
/// For softmax, which is a function of a row.
pub fn derivative<F: Float>(function: Activation, z: F) -> F {
    match function {
        Activation::Identity => identity::derivative(z),
        Activation::Sigmoid => sigmoid::derivative(z),
        Activation::Tanh => tanh::derivative(z),
        Activation::Relu => relu::derivative(z),
        Activation::LeakyRelu { slope } => leaky_relu::derivative(F::from_f64(slope), z),
        Activation::Elu { alpha } => elu::derivative(F::from_f64(alpha), z),
        Activation::Selu => selu::derivative(z),
        Activation::Gelu => gelu::derivative(z),
        Activation::GeluTanh => gelu::tanh_derivative(z),
        Activation::Silu => silu::derivative(z),
        Activation::Mish => mish::derivative(z),
        Activation::Softplus => softplus::derivative(z),
        Activation::Exp => exp::derivative(z),
        Activation::Softmax => panic!("softmax is a function of a row"),
    }
}

/// A = σ(Z), entry by entry or, for softmax, row by row.
///
/// # Panics
/// When the shapes differ.
pub fn activate<F: Float>(function: Activation, z: MatrixRef<'_, F>, mut a: MatrixMut<'_, F>) {
    assert_eq!((z.rows(), z.columns()), (a.rows(), a.columns()), "shapes of σ(Z)");
    for i in 0..z.rows() {
        if function == Activation::Softmax {
            softmax(z.row(i), a.row_mut(i));
        } else {
            for (a, &z) in a.row_mut(i).iter_mut().zip(z.row(i)) {
                *a = value(function, z);
            }
        }
    }
}

/// Turns ∂L/∂A in `delta` into ∂L/∂Z: δ ← δ ⊙ σ'(Z), for softmax δ ← Jᵀδ of each row.
///
/// # Panics
/// When the shapes differ.
pub fn backward<F: Float>(
    function: Activation,
    z: MatrixRef<'_, F>,
    a: MatrixRef<'_, F>,
    mut delta: MatrixMut<'_, F>,
) {
    assert_eq!((z.rows(), z.columns()), (delta.rows(), delta.columns()), "shapes of δ ⊙ σ'(Z)");
    assert_eq!((a.rows(), a.columns()), (delta.rows(), delta.columns()), "shapes of δ ⊙ σ'(Z)");
    for i in 0..z.rows() {
        if function == Activation::Softmax {
            softmax_backward(a.row(i), delta.row_mut(i));
        } else {
            for (d, &z) in delta.row_mut(i).iter_mut().zip(z.row(i)) {
                *d *= derivative(function, z);
            }
        }
    }
}
