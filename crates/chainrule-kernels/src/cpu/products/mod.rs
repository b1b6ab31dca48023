//! The products of a training step, cut into tiles of output rows.
//!
//! What follows a product (bias and activation, or σ') is applied to each tile right after it, while the tile is in
//! the cache, so that an operation is one parallel section. The tiling is a function of the shapes alone: a product
//! may round differently when it is cut differently, but never because of the number of threads. Small operations
//! go through the same tiles on the calling thread.
//!
//! Which loops compute a tile is decided when the crate is compiled: `with_faer.rs` or `plain.rs`, with the same names.

#[cfg(not(feature = "faer"))]
mod plain;
#[cfg(feature = "faer")]
mod with_faer;

#[cfg(not(feature = "faer"))]
use plain as backend;
#[cfg(feature = "faer")]
use with_faer as backend;

pub(crate) use backend::Backend;
pub(crate) use backend::prepare;

use super::{Cpu, activation, arch::Task, chunks_or_none};
use crate::{Activation, Float, MatrixMut, MatrixRef};

/// Operations with less floating-point work than this stay on the calling thread: waking another one costs more.
const PARALLEL_WORK: usize = 1 << 20;

/// Rows per tile of an output whose rows are samples.
fn sample_rows(rows: usize) -> usize {
    (rows / 4).next_power_of_two().clamp(32, 256)
}

/// Rows per tile of a weight gradient of `rows` rows.
fn weight_rows(rows: usize) -> usize {
    (rows / 4).next_power_of_two().clamp(16, 64)
}

/// See [`Cpu::affine`].
pub(crate) fn affine<F: Float>(
    cpu: &Cpu,
    function: Activation,
    x: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    b: Option<&[F]>,
    z: MatrixMut<'_, F>,
    a: MatrixMut<'_, F>,
) {
    assert_eq!((z.rows(), z.columns(), x.columns()), (x.rows(), w.rows(), w.columns()), "shapes of X·Wᵀ");
    assert_eq!((z.rows(), z.columns()), (a.rows(), a.columns()), "shapes of σ(Z)");
    assert!(b.is_none_or(|b| b.len() == z.columns()), "one bias per output");
    let (rows, columns) = (z.rows(), z.columns());
    if rows == 0 || columns == 0 {
        return;
    }
    let tile = sample_rows(rows);
    let parts = z.into_values().chunks_mut(tile * columns).zip(a.into_values().chunks_mut(tile * columns));
    let work = 2 * rows * columns * x.columns();
    cpu.share(work >= PARALLEL_WORK, rows.div_ceil(tile), parts.enumerate(), |(i, (z, a))| {
        let rows = z.len() / columns;
        let mut z = MatrixMut::new(z, rows, columns);
        backend::product_nt(cpu.isa(), z.reborrow(), x.row_range(i * tile..i * tile + rows), w);
        if let Some(bias) = b {
            cpu.isa().run(AddBias { values: z.values_mut(), bias });
        }
        activation::activate(cpu.isa(), function, z.as_ref(), MatrixMut::new(a, rows, columns));
    });
}

/// See [`Cpu::input_gradient`].
pub(crate) fn input_gradient<F: Float>(
    cpu: &Cpu,
    function: Activation,
    delta: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    z: MatrixRef<'_, F>,
    a: MatrixRef<'_, F>,
    into: MatrixMut<'_, F>,
) {
    let (rows, columns) = (into.rows(), into.columns());
    assert_eq!((rows, columns, delta.columns()), (delta.rows(), w.columns(), w.rows()), "shapes of δ·W");
    assert_eq!((z.rows(), z.columns()), (rows, columns), "shapes of δ ⊙ σ'(Z)");
    assert_eq!((a.rows(), a.columns()), (rows, columns), "shapes of δ ⊙ σ'(Z)");
    if rows == 0 || columns == 0 {
        return;
    }
    let tile = sample_rows(rows);
    let parts = into.into_values().chunks_mut(tile * columns);
    let work = 2 * rows * columns * w.rows();
    cpu.share(work >= PARALLEL_WORK, rows.div_ceil(tile), parts.enumerate(), |(i, into)| {
        let range = i * tile..i * tile + into.len() / columns;
        let mut into = MatrixMut::new(into, range.len(), columns);
        backend::product_nn(cpu.isa(), into.reborrow(), delta.row_range(range.clone()), w);
        activation::backward(cpu.isa(), function, z.row_range(range.clone()), a.row_range(range), into);
    });
}

/// See [`Cpu::weight_gradient`].
pub(crate) fn weight_gradient<F: Float>(
    cpu: &Cpu,
    delta: MatrixRef<'_, F>,
    x: MatrixRef<'_, F>,
    dw: MatrixMut<'_, F>,
    db: Option<&mut [F]>,
) {
    let (rows, columns) = (dw.rows(), dw.columns());
    assert_eq!((rows, columns, delta.rows()), (delta.columns(), x.columns(), x.rows()), "shapes of δᵀ·X");
    let has_bias = db.is_some();
    let db = db.unwrap_or_default();
    assert!(!has_bias || db.len() == rows, "one bias per output");
    if columns == 0 {
        return cpu.isa().run(ColumnSums { values: delta, sums: db });
    }
    if rows == 0 {
        return;
    }
    let tile = weight_rows(rows);
    let parts = dw.into_values().chunks_mut(tile * columns).zip(chunks_or_none(db, tile));
    let work = 2 * rows * columns * x.rows();
    cpu.share(work >= PARALLEL_WORK, rows.div_ceil(tile), parts.enumerate(), |(i, (dw, db))| {
        let range = i * tile..i * tile + dw.len() / columns;
        let dw = MatrixMut::new(dw, range.len(), columns);
        let delta = delta.column_range(range);
        backend::product_tn(cpu.isa(), dw, delta, x);
        cpu.isa().run(ColumnSums { values: delta, sums: db });
    });
}

/// Adds the bias to each row of `values`.
struct AddBias<'a, F> {
    values: &'a mut [F],
    bias: &'a [F],
}

impl<F: Float> Task for AddBias<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for row in self.values.chunks_exact_mut(self.bias.len()) {
            for (z, &b) in row.iter_mut().zip(self.bias) {
                *z += b;
            }
        }
    }
}

/// The sum of each column, rows added in order; nothing where no sums are wanted.
struct ColumnSums<'a, F> {
    values: MatrixRef<'a, F>,
    sums: &'a mut [F],
}

impl<F: Float> Task for ColumnSums<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.sums.fill(F::ZERO);
        for i in 0..self.values.rows() {
            for (sum, &x) in self.sums.iter_mut().zip(self.values.row(i)) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_keep_within_their_bounds() {
        assert_eq!([1, 32, 64, 130, 256, 1024, 5000].map(sample_rows), [32, 32, 32, 32, 64, 256, 256]);
        assert_eq!([1, 10, 64, 128, 512, 5000].map(weight_rows), [16, 16, 16, 32, 64, 64]);
    }
}
