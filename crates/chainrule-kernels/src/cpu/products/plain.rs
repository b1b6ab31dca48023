//! Tiles through loops of our own, where faer is left out: vectorised over the columns of the result, each entry one
//! chain of multiply-adds in the order of the index, so that the bits are those of [`crate::reference`].

use crate::cpu::arch::{Isa, Task};
use crate::{Float, MatrixMut, MatrixRef};

/// Nothing is asked of a number here.
pub trait Backend: Sized {}

impl Backend for f32 {}
impl Backend for f64 {}

/// Columns of the result in one pass.
const COLUMNS: usize = 32;
/// Terms of the sums in one pass.
const TERMS: usize = 64;

/// No memory is kept per thread.
pub(crate) fn prepare() {}

/// C = A·Bᵀ.
pub(super) fn product_nt<F: Float>(isa: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    isa.run(TransposedProduct { c, a, b });
}

/// C = A·B.
pub(super) fn product_nn<F: Float>(isa: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    isa.run(Product { c, terms: a.columns(), factor: |i, k| a.row(i)[k], b });
}

/// C = Aᵀ·B.
pub(super) fn product_tn<F: Float>(isa: Isa, c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    isa.run(Product { c, terms: a.rows(), factor: |i, k| a.row(k)[i], b });
}

/// `c`[i] = Σₖ `factor`(i, k)·`b`[k].
struct Product<'a, F, G> {
    c: MatrixMut<'a, F>,
    terms: usize,
    factor: G,
    b: MatrixRef<'a, F>,
}

impl<F: Float, G: Fn(usize, usize) -> F> Task for Product<'_, F, G> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        self.c.values_mut().fill(F::ZERO);
        for start in (0..self.terms).step_by(TERMS) {
            for i in 0..self.c.rows() {
                let row = self.c.row_mut(i);
                for k in start..self.terms.min(start + TERMS) {
                    add_multiple(row, (self.factor)(i, k), self.b.row(k));
                }
            }
        }
    }
}

/// The rows of `b` are turned into columns, a block at a time.
struct TransposedProduct<'a, F> {
    c: MatrixMut<'a, F>,
    a: MatrixRef<'a, F>,
    b: MatrixRef<'a, F>,
}

impl<F: Float> Task for TransposedProduct<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        let mut block = [[F::ZERO; COLUMNS]; TERMS];
        self.c.values_mut().fill(F::ZERO);
        for j in (0..self.b.rows()).step_by(COLUMNS) {
            let columns = j..self.b.rows().min(j + COLUMNS);
            for start in (0..self.a.columns()).step_by(TERMS) {
                let terms = start..self.a.columns().min(start + TERMS);
                for (to, column) in columns.clone().enumerate() {
                    for (line, &x) in block.iter_mut().zip(&self.b.row(column)[terms.clone()]) {
                        line[to] = x;
                    }
                }
                for i in 0..self.c.rows() {
                    let row = &mut self.c.row_mut(i)[columns.clone()];
                    for (line, &x) in block.iter().zip(&self.a.row(i)[terms.clone()]) {
                        add_multiple(row, x, &line[..row.len()]);
                    }
                }
            }
        }
    }
}

/// `row` += `x`·`terms`.
#[inline(always)]
fn add_multiple<F: Float>(row: &mut [F], x: F, terms: &[F]) {
    for (entry, &y) in row.iter_mut().zip(terms) {
        *entry = x.mul_add(y, *entry);
    }
}
