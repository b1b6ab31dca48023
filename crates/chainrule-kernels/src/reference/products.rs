//! The three products of a training step.

use crate::reference::activation;
use crate::{Activation, Float, MatrixMut, MatrixRef};
use std::ops::Range;

/// Z = X·Wᵀ + 1·bᵀ and A = σ(Z): `x` is m × k, `w` n × k, `b` has n entries, `z` and `a` are m × n.
///
/// # Panics
/// When the shapes do not fit.
pub fn affine<F: Float>(
    function: Activation,
    x: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    b: Option<&[F]>,
    mut z: MatrixMut<'_, F>,
    a: MatrixMut<'_, F>,
) {
    assert!(b.is_none_or(|b| b.len() == z.columns()), "one bias per output");
    product_nt(z.reborrow(), x, w);
    for i in 0..z.rows() {
        for (entry, &bias) in z.row_mut(i).iter_mut().zip(b.unwrap_or_default()) {
            *entry += bias;
        }
    }
    activation::activate(function, z.as_ref(), a);
}

/// `into` = (`delta`·`w`) ⊙ σ'(`z`): `delta` is m × n, `w` n × k, `z`, `a` and `into` are m × k.
///
/// # Panics
/// When the shapes do not fit.
pub fn input_gradient<F: Float>(
    function: Activation,
    delta: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    z: MatrixRef<'_, F>,
    a: MatrixRef<'_, F>,
    mut into: MatrixMut<'_, F>,
) {
    product_nn(into.reborrow(), delta, w);
    activation::backward(function, z, a, into);
}

/// ∂L/∂W = `delta`ᵀ·`x` into `dw`, ∂L/∂b = column sums of `delta` into `db`: `delta` is m × n, `x` m × k, `dw` n × k.
///
/// Both are sums over the m rows of a batch, in slices.
///
/// # Panics
/// When the shapes do not fit.
pub fn weight_gradient<F: Float>(
    delta: MatrixRef<'_, F>,
    x: MatrixRef<'_, F>,
    dw: MatrixMut<'_, F>,
    db: Option<&mut [F]>,
) {
    product_tn(dw, delta, x);
    if let Some(db) = db {
        column_sums(db, delta);
    }
}

/// C = A·Bᵀ: `c` is m × n, `a` m × k, `b` n × k.
///
/// # Panics
/// When the shapes do not fit.
fn product_nt<F: Float>(mut c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    assert_eq!((c.rows(), c.columns(), a.columns()), (a.rows(), b.rows(), b.columns()), "shapes of A·Bᵀ");
    for i in 0..a.rows() {
        for j in 0..b.rows() {
            let terms = a.row(i).iter().zip(b.row(j));
            c.row_mut(i)[j] = terms.fold(F::ZERO, |sum, (&x, &y)| x.mul_add(y, sum));
        }
    }
}

/// C = A·B: `c` is m × n, `a` m × k, `b` k × n.
///
/// # Panics
/// When the shapes do not fit.
fn product_nn<F: Float>(mut c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    assert_eq!((c.rows(), c.columns(), a.columns()), (a.rows(), b.columns(), b.rows()), "shapes of A·B");
    for i in 0..a.rows() {
        c.row_mut(i).fill(F::ZERO);
        for (k, &x) in a.row(i).iter().enumerate() {
            for (entry, &y) in c.row_mut(i).iter_mut().zip(b.row(k)) {
                *entry = x.mul_add(y, *entry);
            }
        }
    }
}

/// C = Aᵀ·B: `c` is m × n, `a` k × m, `b` k × n, with k the rows of a batch.
///
/// # Panics
/// When the shapes do not fit.
fn product_tn<F: Float>(mut c: MatrixMut<'_, F>, a: MatrixRef<'_, F>, b: MatrixRef<'_, F>) {
    assert_eq!((c.rows(), c.columns(), a.rows()), (a.columns(), b.columns(), b.rows()), "shapes of Aᵀ·B");
    for i in 0..c.rows() {
        for j in 0..c.columns() {
            let slice =
                |rows: Range<usize>| rows.fold(F::ZERO, |sum, k| a.row(k)[i].mul_add(b.row(k)[j], sum));
            c.row_mut(i)[j] = sum_over_batch(a.rows(), slice);
        }
    }
}

/// The sum of each column of `a`, with the rows of a batch.
///
/// # Panics
/// When `sums` does not have one entry per column.
fn column_sums<F: Float>(sums: &mut [F], a: MatrixRef<'_, F>) {
    assert_eq!(sums.len(), a.columns(), "one sum per column");
    for (j, sum) in sums.iter_mut().enumerate() {
        let slice = |rows: Range<usize>| rows.fold(F::ZERO, |sum, i| sum + a.row(i)[j]);
        *sum = sum_over_batch(a.rows(), slice);
    }
}

/// Rows of a batch that are added one after the other.
const SLICE: usize = 256;

/// A sum over the rows of a batch, from the sums of its slices of [`SLICE`] rows.
///
/// Slices are added in a binary tree, as a binary counter carries: neighbours of equal size first. What is left over at
/// the end is added from the smallest to the largest: ((0+1)+(2+3))+4.
fn sum_over_batch<F: Float>(rows: usize, mut slice: impl FnMut(Range<usize>) -> F) -> F {
    let mut open: Vec<(usize, F)> = Vec::new();
    for start in (0..rows).step_by(SLICE) {
        let (mut slices, mut sum) = (1, slice(start..rows.min(start + SLICE)));
        while let Some((_, before)) = open.pop_if(|(size, _)| *size == slices) {
            (slices, sum) = (2 * slices, before + sum);
        }
        open.push((slices, sum));
    }
    let last = open.pop().map_or(F::ZERO, |(_, sum)| sum);
    open.into_iter().rev().fold(last, |sum, (_, before)| before + sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "one bias per output")]
    fn a_bias_that_is_too_short_is_refused_and_not_taken_for_zeros() {
        let (one, two, mut z, mut a) = ([1.0], [1.0, 2.0], [0.0; 2], [0.0; 2]);
        let (x, w) = (MatrixRef::new(&one, 1, 1), MatrixRef::new(&two, 2, 1));
        let (z, a) = (MatrixMut::new(&mut z, 1, 2), MatrixMut::new(&mut a, 1, 2));
        affine(Activation::Identity, x, w, Some(&one), z, a);
    }
}
