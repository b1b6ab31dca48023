//! Softmax of many rows at once.
//!
//! The rows of a tile lie one after the other, so the exponentials, which are the work, are one long loop even where
//! a row has three entries; only the largest entry and the sum are taken row by row.

use super::arch::{Isa, Task};
use super::math::exp_of_negative;
use crate::Float;

/// Independent partial sums of a row of twice as many entries or more, as many as the widest vector has lanes of f32.
pub(super) const LANES: usize = 16;

/// Softmax of each row of `values`, in place.
pub(crate) fn rows<F: Float>(isa: Isa, values: &mut [F], columns: usize) {
    if columns > 0 {
        isa.run(Softmax { values, columns });
    }
}

/// δ ← J·δ; see [`crate::reference::softmax_backward`].
pub(crate) fn backward_row<F: Float>(isa: Isa, a: &[F], delta: &mut [F]) {
    isa.run(SoftmaxBackward { a, delta });
}

struct Softmax<'a, F> {
    values: &'a mut [F],
    columns: usize,
}

impl<F: Float> Task for Softmax<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for row in self.values.chunks_exact_mut(self.columns) {
            let largest = largest(row);
            for x in row {
                *x -= largest;
            }
        }
        for x in &mut *self.values {
            *x = exp_of_negative(*x);
        }
        for row in self.values.chunks_exact_mut(self.columns) {
            let inverse = F::ONE / sum(row);
            for x in row {
                *x *= inverse;
            }
        }
    }
}

struct SoftmaxBackward<'a, F> {
    a: &'a [F],
    delta: &'a mut [F],
}

impl<F: Float> Task for SoftmaxBackward<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let mut mean = F::ZERO;
        for (&a, &d) in self.a.iter().zip(&*self.delta) {
            mean = a.mul_add(d, mean);
        }
        for (d, &a) in self.delta.iter_mut().zip(self.a) {
            *d = a * (*d - mean);
        }
    }
}

/// The largest value, NaN left out; −∞ of none.
#[inline(always)]
pub(super) fn largest<F: Float>(values: &[F]) -> F {
    let mut largest = -F::ONE / F::ZERO;
    for &x in values {
        largest = if x > largest { x } else { largest };
    }
    largest
}

/// The sum in an order that depends on the length alone: within each lane, then over the lanes, then the rest.
#[inline(always)]
pub(super) fn sum<F: Float>(values: &[F]) -> F {
    let mut lanes = [F::ZERO; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    let mut sum = F::ZERO;
    if !blocks.is_empty() {
        for lane in lanes {
            sum += lane;
        }
    }
    for &x in rest {
        sum += x;
    }
    sum
}

/// e^(z − `largest`) of each entry into `to`, and their sum, with the bits of [`sum`].
#[inline(always)]
pub(super) fn exponentials<F: Float>(z: &[F], largest: F, to: &mut [F]) -> F {
    for (to, &z) in to.iter_mut().zip(z) {
        *to = exp_of_negative(z - largest);
    }
    sum(to)
}

/// As [`exponentials`], which it keeps nowhere.
#[inline(always)]
pub(super) fn sum_of_exponentials<F: Float>(z: &[F], largest: F) -> F {
    let mut lanes = [F::ZERO; LANES];
    let (blocks, rest) = z.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &z) in lanes.iter_mut().zip(block) {
            *lane += exp_of_negative(z - largest);
        }
    }
    let mut terms = [F::ZERO; LANES];
    for (term, &z) in terms.iter_mut().zip(rest) {
        *term = exp_of_negative(z - largest);
    }
    let of_blocks = if blocks.is_empty() { &[][..] } else { &lanes };
    of_blocks.iter().chain(&terms[..rest.len()]).fold(F::ZERO, |sum, &x| sum + x)
}
