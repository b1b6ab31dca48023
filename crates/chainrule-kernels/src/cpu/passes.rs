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
        let mut lanes = [0.0_f64; LANES];
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        let square = |(lane, x): (&mut f64, &F)| *lane = Float::mul_add(x.to_f64(), x.to_f64(), *lane);
        for block in blocks {
            lanes.iter_mut().zip(block).for_each(square);
        }
        lanes.iter_mut().zip(rest).for_each(square);
        lanes.iter().sum()
    }
}

/// Σ x² down every column of some rows of `sums.len()` numbers, in f64.
pub(crate) struct ColumnsOfSquares<'a, F> {
    pub(crate) rows: &'a [F],
    pub(crate) sums: &'a mut [f64],
}

impl<F: Float> Task for ColumnsOfSquares<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        const N: usize = 8;
        let Self { rows, sums } = self;
        let width = sums.len();
        let (blocks, rest) = sums.as_chunks_mut::<N>();
        let first_of_rest = blocks.len() * N;
        for (sums, first) in blocks.iter_mut().zip((0..).step_by(N)) {
            *sums = [0.0; N];
            for row in rows.chunks_exact(width) {
                for (sum, x) in sums.iter_mut().zip(&row[first..first + N]) {
                    *sum = Float::mul_add(x.to_f64(), x.to_f64(), *sum);
                }
            }
        }
        for (sum, column) in rest.iter_mut().zip(first_of_rest..) {
            let entries = rows.chunks_exact(width).map(|row| row[column].to_f64());
            *sum = entries.fold(0.0, |sum, x| Float::mul_add(x, x, sum));
        }
    }
}

/// The sum of the first `columns` numbers of all rows of `width`, in an order that depends on these two and the number of rows alone.
pub(crate) struct SumOfRows<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) width: usize,
    pub(crate) columns: usize,
}

impl Task for SumOfRows<'_> {
    type Output = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [0.0; LANES];
        for row in self.values.chunks_exact(self.width) {
            let (blocks, rest) = row[..self.columns].as_chunks::<LANES>();
            for block in blocks {
                lanes.iter_mut().zip(block).for_each(|(lane, x)| *lane += x);
            }
            lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane += x);
        }
        lanes.iter().sum()
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
