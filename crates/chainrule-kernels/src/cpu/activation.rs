//! The activations as vectorised loops over tiles.
//!
//! The function is decided once per tile; what it does to an entry stands in `elementwise.rs`.

use super::arch::{Isa, Task};
use super::elementwise::{
    Elementwise, Elu, Exp, Gelu, GeluTanh, Identity, LeakyRelu, Mish, Relu, Sigmoid, Silu, Softplus, Tanh,
};
use super::softmax;
use crate::reference::activation::{SELU_ALPHA, SELU_LAMBDA};
use crate::{Activation, Float, MatrixMut, MatrixRef, PaddedMut};

/// A = σ(Z) of one tile.
pub(crate) fn activate<F: Float>(
    isa: Isa,
    function: Activation,
    z: MatrixRef<'_, F>,
    mut a: MatrixMut<'_, F>,
) {
    let columns = a.columns();
    if function == Activation::Softmax {
        for i in 0..z.rows() {
            a.row_mut(i).copy_from_slice(z.row(i));
        }
        return softmax::rows(isa, a.into_values(), columns);
    }
    if z.stride() == columns {
        return isa.run(Forward { function, z: z.values(), a: a.values_mut() });
    }
    for i in 0..z.rows() {
        isa.run(Forward { function, z: z.row(i), a: a.row_mut(i) });
    }
}

/// δ ← δ ⊙ σ'(Z) of one tile, for softmax δ ← Jᵀδ of each row.
pub(crate) fn backward<F: Float>(
    isa: Isa,
    function: Activation,
    z: MatrixRef<'_, F>,
    a: MatrixRef<'_, F>,
    mut delta: MatrixMut<'_, F>,
) {
    if function == Activation::Identity {
        return;
    }
    if function == Activation::Softmax {
        for i in 0..z.rows() {
            softmax::backward_row(isa, a.row(i), delta.row_mut(i));
        }
        return;
    }
    let columns = delta.columns();
    if z.stride() == columns && a.stride() == columns {
        return isa.run(Backward { function, z: z.values(), a: a.values(), delta: delta.values_mut() });
    }
    for i in 0..z.rows() {
        isa.run(Backward { function, z: z.row(i), a: a.row(i), delta: delta.row_mut(i) });
    }
}

/// A = σ(Z) of entries, whatever rows they are of; not for softmax.
pub(crate) fn activate_entries<F: Float>(isa: Isa, function: Activation, z: &[F], a: &mut [F]) {
    isa.run(Forward { function, z, a });
}

/// As [`activate_entries`], in place.
pub(crate) fn activate_in_place<F: Float>(isa: Isa, function: Activation, entries: &mut [F]) {
    isa.run(InPlace { function, entries });
}

/// δ ← δ ⊙ σ'(Z) of entries, whatever rows they are of; not for softmax.
pub(crate) fn backward_entries<F: Float>(isa: Isa, function: Activation, z: &[F], a: &[F], delta: &mut [F]) {
    isa.run(Backward { function, z, a, delta });
}

impl Isa {
    /// δ ← δ ⊙ σ'(Z) of a few rows, on the calling thread; see [`Cpu::activate_backward`](super::Cpu::activate_backward).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn activate_backward<F: Float>(
        self,
        function: Activation,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        mut delta: PaddedMut<'_, F>,
    ) {
        let shape = (delta.rows(), delta.columns());
        assert!((z.rows(), z.columns()) == shape && (a.rows(), a.columns()) == shape, "shapes of δ ⊙ σ'(Z)");
        for i in 0..delta.rows() {
            let row = MatrixMut::new(delta.row_mut(i), 1, shape.1);
            backward(self, function, z.row_range(i..i + 1), a.row_range(i..i + 1), row);
        }
    }
}

struct Forward<'a, F> {
    function: Activation,
    z: &'a [F],
    a: &'a mut [F],
}

struct InPlace<'a, F> {
    function: Activation,
    entries: &'a mut [F],
}

struct Backward<'a, F> {
    function: Activation,
    z: &'a [F],
    a: &'a [F],
    delta: &'a mut [F],
}

/// Calls `$run` with the elementwise function that an [`Activation`] names.
macro_rules! decide {
    ($function:expr, $run:ident, $($argument:expr),*) => {
        match $function {
            Activation::Identity => $run(Identity, $($argument),*),
            Activation::Sigmoid => $run(Sigmoid, $($argument),*),
            Activation::Tanh => $run(Tanh, $($argument),*),
            Activation::Relu => $run(Relu, $($argument),*),
            Activation::LeakyRelu { slope } => $run(LeakyRelu(F::from_f64(slope)), $($argument),*),
            Activation::Elu { alpha } => $run(Elu { alpha: F::from_f64(alpha), scale: F::ONE }, $($argument),*),
            Activation::Selu => {
                let (alpha, scale) = (F::from_f64(SELU_ALPHA), F::from_f64(SELU_LAMBDA));
                $run(Elu { alpha, scale }, $($argument),*)
            }
            Activation::Gelu => $run(Gelu, $($argument),*),
            Activation::GeluTanh => $run(GeluTanh, $($argument),*),
            Activation::Silu => $run(Silu, $($argument),*),
            Activation::Mish => $run(Mish, $($argument),*),
            Activation::Softplus => $run(Softplus, $($argument),*),
            Activation::Exp => $run(Exp, $($argument),*),
            Activation::Softmax => unreachable!("softmax is a function of a row"),
        }
    };
}

impl<F: Float> Task for Forward<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        decide!(self.function, map_value, self.z, self.a);
    }
}

impl<F: Float> Task for InPlace<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        decide!(self.function, map_in_place, self.entries);
    }
}

impl<F: Float> Task for Backward<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        decide!(self.function, map_derivative, self.z, self.a, self.delta);
    }
}

#[inline(always)]
fn map_value<F: Float>(function: impl Elementwise<F>, z: &[F], a: &mut [F]) {
    for (a, &z) in a.iter_mut().zip(z) {
        *a = function.value(z);
    }
}

#[inline(always)]
fn map_in_place<F: Float>(function: impl Elementwise<F>, entries: &mut [F]) {
    for entry in entries {
        *entry = function.value(*entry);
    }
}

#[inline(always)]
fn map_derivative<F: Float>(function: impl Elementwise<F>, z: &[F], a: &[F], delta: &mut [F]) {
    for ((delta, &z), &a) in delta.iter_mut().zip(z).zip(a) {
        *delta *= function.derivative(z, a);
    }
}
