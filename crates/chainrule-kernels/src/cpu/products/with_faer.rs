//! Tiles through `faer`, sequentially: the threads are ours.

use crate::cpu::arch::Isa;
use crate::{Float, MatrixMut, MatrixRef};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A number that faer multiplies.
pub trait Backend: Sized {
    /// `c` = `a`·`b`.
    fn product(c: MatMut<'_, Self>, a: MatRef<'_, Self>, b: MatRef<'_, Self>);
}

macro_rules! implement_backend {
    ($kind:ident) => {
        impl Backend for $kind {
            fn product(c: MatMut<'_, Self>, a: MatRef<'_, Self>, b: MatRef<'_, Self>) {
                matmul(c, Accum::Replace, a, b, 1.0, Par::Seq);
            }
        }
    };
}

implement_backend!(f32);
implement_backend!(f64);

/// C = A·Bᵀ.
pub(super) fn product_nt<F: Float>(_: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    F::product(result(c), operand(a), operand(b).transpose());
}

/// C = A·B.
pub(super) fn product_nn<F: Float>(_: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    F::product(result(c), operand(a), operand(b));
}

/// C = Aᵀ·B.
pub(super) fn product_tn<F: Float>(_: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    F::product(result(c), operand(a).transpose(), operand(b));
}

/// Makes the memory that faer keeps for each thread, so that no operation does.
pub(crate) fn prepare() {
    prepare_for::<f32>();
    prepare_for::<f64>();
}

/// A product large enough to go through the packed path.
fn prepare_for<F: Float>() {
    const SIZE: usize = 24;
    let (ones, mut c) = ([F::ONE; SIZE * SIZE], [F::ZERO; SIZE * SIZE]);
    let ones = MatrixRef::new(&ones, SIZE, SIZE);
    F::product(result(MatrixMut::new(&mut c, SIZE, SIZE)), operand(ones), operand(ones));
}

fn operand<F: Float>(a: MatrixRef<'_, F>) -> MatRef<'_, F> {
    MatRef::from_row_major_slice_with_stride(a.values(), a.rows(), a.columns(), a.stride())
}

/// A row-major matrix is the transpose of a column-major one; faer 0.24.4 mixes up the strides of the row-major
/// constructor for results.
fn result<F: Float>(c: MatrixMut<'_, F>) -> MatMut<'_, F> {
    let (rows, columns) = (c.rows(), c.columns());
    MatMut::from_column_major_slice_mut(c.into_values(), columns, rows).transpose_mut()
}
