//! Dropout and the reductions over all parameters, as vectorised loops.

use super::arch::Task;
use crate::Float;
use crate::reference::dropout_hash;

/// Inverted dropout of rows, the first of which is row `row` of its matrix, from column `first` on.
pub(crate) struct Dropout<'a, F> {
    pub(crate) key: u64,
    pub(crate) probability: f64,
    pub(crate) row: usize,
    pub(crate) columns: usize,
    pub(crate) first: usize,
    pub(crate) values: &'a mut [F],
}

impl<F: Float> Task for Dropout<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let scale = F::from_f64(1.0 / (1.0 - self.probability));
        // An integer is at least a real number exactly when it is at least the next integer.
        let threshold = (self.probability * 4_294_967_296.0).ceil() as u64;
        for (i, row) in self.values.chunks_exact_mut(self.columns).enumerate() {
            let row_key = dropout_hash::row_key(self.key, self.row + i);
            for (column, value) in row.iter_mut().enumerate() {
                let kept = dropout_hash::entry(row_key, (self.first + column) as u64) >= threshold;
                *value = if kept { *value * scale } else { F::ZERO };
            }
        }
    }
}

/// Independent partial sums, as many as hide the latency of an addition.
const LANES: usize = 32;

/// Σ x² in f64, in an order that depends on the length alone.
pub(crate) struct SumOfSquares<'a, F>(pub(crate) &'a [F]);

impl<F: Float> Task for SumOfSquares<'_, F> {
    type Output = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        lanes_of_squares::<F, LANES>(self.0).iter().sum()
    }
}

/// Σ x² of every `N`-th number, from the first, the second, … on.
#[inline(always)]
fn lanes_of_squares<F: Float, const N: usize>(values: &[F]) -> [f64; N] {
    let mut lanes = [0.0_f64; N];
    let (blocks, rest) = values.as_chunks::<N>();
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            let x = x.to_f64();
            *lane = Float::mul_add(x, x, *lane);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        let x = x.to_f64();
        *lane = Float::mul_add(x, x, *lane);
    }
    lanes
}

/// Σ x² of every row of `width` numbers, in f64.
pub(crate) struct RowsOfSquares<'a, F> {
    pub(crate) weights: &'a [F],
    pub(crate) width: usize,
    pub(crate) sums: &'a mut [f64],
}

impl<F: Float> Task for RowsOfSquares<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (row, sum) in self.weights.chunks_exact(self.width).zip(self.sums) {
            let [a, b, c, d, e, f, g, h] = lanes_of_squares::<F, 8>(row);
            *sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
        }
    }
}

/// Whether every value is finite: 0·x is 0 for these alone, and a sum of zeros stays 0.
pub(crate) struct AllFinite<'a, F>(pub(crate) &'a [F]);

impl<F: Float> Task for AllFinite<'_, F> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut lanes = [F::ZERO; LANES];
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        for block in blocks {
            for (lane, &x) in lanes.iter_mut().zip(block) {
                *lane = x.mul_add(F::ZERO, *lane);
            }
        }
        lanes.iter().all(|&lane| lane == F::ZERO) && rest.iter().all(|x| x.is_finite())
    }
}
