//! Softmax cross-entropy against the numbers of classes: loss and derivative in one pass over Z.
//!
//! A row of three or ten entries fills no vector, and its largest entry and its sum are chains across it. So [`LANES`]
//! rows are taken at a time and turned over into a tile: lane i of entry k is entry k of row i, and everything that goes
//! along a row is an operation on whole vectors. Rows of [`WIDE`] entries and more fill vectors by themselves and are taken
//! one by one, and so are the few that a tile would not be worth while for.
//!
//! Both ways give the same bits, so where a batch is cut makes no difference: a sum over fewer than [`WIDE`] entries is one
//! chain in their order, a longer one is [`softmax::sum`]'s, of which there are several. Softmax by itself has the same
//! probabilities.

#![allow(unsafe_code, reason = "blocks of four are read and written without a check for each")]

use super::arch::{Isa, Task};
use super::math::{exp_of_negative, ln, ln_from_one};
use super::softmax;
use crate::{ClassTargets, Float, MatrixRef, PaddedMut, reference};

/// Rows in a tile: two of the widest vectors of f32, one of which works while the other waits for its last result.
const LANES: usize = 32;
/// Entries from which a row is worked on along itself: below, [`softmax::sum`] is one chain.
const WIDE: usize = 2 * softmax::LANES;
/// Rows that a tile is worth while for.
const FEW: usize = 4;

impl Isa {
    /// δ(L) and the loss of each row; see [`reference::softmax_cross_entropy`].
    ///
    /// The bits of a row depend on that row alone. Nothing is allocated.
    ///
    /// # Panics
    /// When the numbers of rows differ, or a class has no column.
    pub fn softmax_cross_entropy<F: Float>(
        self,
        z: MatrixRef<'_, F>,
        targets: ClassTargets<'_, F>,
        divisor: f64,
        mut delta: PaddedMut<'_, F>,
        losses: &mut [f64],
    ) {
        assert_eq!((z.rows(), z.columns()), (delta.rows(), delta.columns()), "shapes of Z and δ");
        assert_eq!(
            (targets.rows.len(), losses.len()),
            (z.rows(), z.rows()),
            "one sample and one loss per row"
        );
        delta.prepare();
        let factor = F::from_f64(1.0 / divisor);
        self.run(Likelihood { z, targets, divisor, factor, delta: Some(delta), losses });
    }

    /// The loss w·ℓ of each row, with the bits of [`softmax_cross_entropy`](Self::softmax_cross_entropy).
    ///
    /// # Panics
    /// When the numbers of rows differ, or a class has no column.
    pub fn class_losses<F: Float>(
        self,
        z: MatrixRef<'_, F>,
        targets: ClassTargets<'_, F>,
        losses: &mut [f64],
    ) {
        assert_eq!(
            (targets.rows.len(), losses.len()),
            (z.rows(), z.rows()),
            "one sample and one loss per row"
        );
        self.run(Likelihood { z, targets, divisor: 1.0, factor: F::ONE, delta: None, losses });
    }
}

struct Likelihood<'a, F> {
    z: MatrixRef<'a, F>,
    targets: ClassTargets<'a, F>,
    divisor: f64,
    /// One over the divisor: what each row has without weights.
    factor: F,
    delta: Option<PaddedMut<'a, F>>,
    losses: &'a mut [f64],
}

impl<F: Float> Task for Likelihood<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        let columns = self.z.columns();
        let strides = [self.z.stride(), self.delta.as_ref().map_or(usize::MAX, PaddedMut::stride)];
        let done = match columns {
            _ if strides.iter().any(|&stride| !fits(columns, stride)) => 0,
            0..=4 => self.by_tiles::<4>(),
            5..=12 => self.by_tiles::<12>(),
            13..WIDE => self.by_tiles::<WIDE>(),
            WIDE.. => 0,
        };
        self.by_rows(done);
    }
}

impl<F: Float> Likelihood<'_, F> {
    /// Row by row, from `first` on.
    #[inline(always)]
    fn by_rows(mut self, first: usize) {
        for i in first..self.z.rows() {
            let (z, (class, weight)) = (self.z.row(i), self.targets.of(i));
            let (z_y, largest) = (z[class as usize], softmax::largest(z));
            let sum = match &mut self.delta {
                None => softmax::sum_of_exponentials(z, largest),
                Some(delta) => {
                    let delta = delta.row_mut(i);
                    let sum = softmax::exponentials(z, largest, delta);
                    let (inverse, factor) = (F::ONE / sum, F::from_f64(weight / self.divisor));
                    let e_y = delta[class as usize];
                    for e in &mut *delta {
                        *e = factor * (*e * inverse);
                    }
                    delta[class as usize] = factor * (e_y * inverse - F::ONE);
                    sum
                }
            };
            let loss = ln(sum).to_f64() + (largest.to_f64() - z_y.to_f64());
            self.losses[i] = weight * finite_or_careful(loss, z, class);
        }
    }

    /// Tile by tile; rows have at most `C` entries. Returns the number of rows that are done: few are left over.
    #[inline(always)]
    fn by_tiles<const C: usize>(&mut self) -> usize {
        let mut tile = Tile([[F::ZERO; LANES]; C]);
        let mut first = 0;
        while self.z.rows() - first >= LANES {
            self.tile(&mut tile, first, LANES);
            first += LANES;
        }
        let rest = self.z.rows() - first;
        if rest < FEW {
            return first;
        }
        self.tile(&mut tile, first, rest);
        self.z.rows()
    }

    /// Loss and derivative of `count` rows from `first` on.
    #[inline(always)]
    fn tile<const C: usize>(&mut self, tile: &mut Tile<F, C>, first: usize, count: usize) {
        let columns = self.z.columns();
        tile.load(self.z, first, count);
        let (classes, weights) = self.targets_of(first, count);
        let largest = tile.largest(columns);
        let (z_y, sum) = tile.exponentials(columns, &largest, &classes);
        let mut logarithms = [F::ZERO; LANES];
        for i in 0..LANES {
            logarithms[i] = ln_from_one(sum[i]);
        }
        let mut losses = [0.0; LANES];
        for i in 0..LANES {
            losses[i] = logarithms[i].to_f64() + (largest[i].to_f64() - z_y[i].to_f64());
        }
        if !losses.iter().fold(true, |all, loss| all & loss.is_finite()) {
            for i in 0..count {
                losses[i] = finite_or_careful(losses[i], self.z.row(first + i), classes[i]);
            }
        }
        for i in 0..LANES {
            losses[i] *= weights[i];
        }
        let to = &mut self.losses[first..][..count];
        match to.as_mut_array::<LANES>() {
            Some(to) => *to = losses,
            None => to.copy_from_slice(&losses[..count]),
        }
        let Some(delta) = &mut self.delta else { return };
        let mut factors = [self.factor; LANES];
        if self.targets.weights.is_some() {
            for i in 0..LANES {
                factors[i] = F::from_f64(weights[i] / self.divisor);
            }
        }
        let mut inverses = [F::ZERO; LANES];
        for i in 0..LANES {
            inverses[i] = F::ONE / sum[i];
        }
        tile.store(delta, first, count, &Rows { classes, inverses, factors });
    }

    /// Classes and weights of `count` rows from `first` on.
    #[inline(always)]
    fn targets_of(&self, first: usize, count: usize) -> ([u32; LANES], [f64; LANES]) {
        let ClassTargets { classes: all, weights: all_weights, rows } = self.targets;
        let rows = &rows[first..first + count];
        let (mut classes, mut weights, mut largest) = ([0; LANES], [1.0; LANES], 0);
        for (class, &row) in classes.iter_mut().zip(rows) {
            *class = all[row as usize];
            largest = largest.max(*class);
        }
        assert!((largest as usize) < self.z.columns(), "class {largest} of {}", self.z.columns());
        if let Some(all) = all_weights {
            for (weight, &row) in weights.iter_mut().zip(rows) {
                *weight = all[row as usize].to_f64();
            }
        }
        (classes, weights)
    }
}

/// Whether every row but the last is followed by enough values to be read and written in whole blocks of four.
///
/// With a stride of 4 or more, the next row's start is no nearer than the end of a first block; further blocks, and with
/// a smaller stride the first, reach at most 3 values beyond the columns, and the next row has as many.
#[inline(always)]
fn fits(columns: usize, stride: usize) -> bool {
    columns >= 3 || stride >= 4
}

/// A loss that is finite; for others what the formula says of infinities.
#[inline(always)]
fn finite_or_careful<F: Float>(loss: f64, z: &[F], class: u32) -> f64 {
    if loss.is_finite() { loss } else { reference::class_loss(z, class) }
}

/// What δ of the rows of a tile needs beside their exponentials.
struct Rows<F> {
    classes: [u32; LANES],
    /// One over the sums of the exponentials.
    inverses: [F; LANES],
    /// w over the divisor.
    factors: [F; LANES],
}

impl<F: Float> Rows<F> {
    /// δ of entry `k` of each row.
    #[inline(always)]
    fn derivatives(&self, k: usize, exponentials: &[F; LANES]) -> [F; LANES] {
        let mut results = [F::ZERO; LANES];
        for i in 0..LANES {
            let p = exponentials[i] * self.inverses[i];
            results[i] = self.factors[i] * if self.classes[i] == k as u32 { p - F::ONE } else { p };
        }
        results
    }
}

/// [`LANES`] rows turned over: entry `[k][i]` is entry k of row i.
struct Tile<F, const C: usize>([[F; LANES]; C]);

impl<F: Float, const C: usize> Tile<F, C> {
    /// Takes `count` rows from `first` on, and for the rest of the lanes the last of them again.
    #[inline(always)]
    fn load(&mut self, z: MatrixRef<'_, F>, first: usize, count: usize) {
        let (columns, stride) = (z.columns(), z.stride());
        let values = &z.values()[first * stride..];
        let blocks = &mut self.0.as_chunks_mut::<4>().0[..columns.div_ceil(4)];
        let width = 4 * blocks.len();
        // Whole blocks are read, which the end of the last row may lack.
        let start_of_last = (count - 1) * stride;
        let mut last = [F::ZERO; C];
        let whole = start_of_last + width <= values.len();
        if !whole {
            last[..columns].copy_from_slice(&values[start_of_last..][..columns]);
        }
        for quad in 0..LANES / 4 {
            let row = |i: usize| {
                let i = (4 * quad + i).min(count - 1);
                if whole || i < count - 1 { &values[i * stride..] } else { &last[..] }
            };
            let rows = [row(0), row(1), row(2), row(3)];
            for (n, block) in blocks.iter_mut().enumerate() {
                // SAFETY: blocks end at `width`, and so many values are there: of the last row by `whole`, or in its copy, of
                // the others by what `fits` says of strides.
                let four = |i: usize| unsafe { read_four(rows[i], 4 * n) };
                let turned = F::transposed([four(0), four(1), four(2), four(3)]);
                for j in 0..4 {
                    block[j].as_chunks_mut::<4>().0[quad] = turned[j];
                }
            }
        }
    }

    /// Writes δ, made of the exponentials in the tile, to `count` rows from `first` on.
    ///
    /// Whole blocks are written: zeros into the padding, or what the next row then writes over, for the last blocks of
    /// all rows come first.
    #[inline(always)]
    fn store(&self, to: &mut PaddedMut<'_, F>, first: usize, count: usize, of: &Rows<F>) {
        let (columns, stride) = (to.columns(), to.stride());
        let values = &mut to.values_mut()[first * stride..];
        let blocks = &self.0.as_chunks::<4>().0[..columns.div_ceil(4)];
        let start_of_last = (count - 1) * stride;
        let whole = start_of_last + 4 * blocks.len() <= values.len();
        for (n, block) in blocks.iter().enumerate().rev() {
            let k = 4 * n;
            let mut results = [
                of.derivatives(k, &block[0]),
                of.derivatives(k + 1, &block[1]),
                of.derivatives(k + 2, &block[2]),
                of.derivatives(k + 3, &block[3]),
            ];
            for result in &mut results[4.min(columns - k)..] {
                *result = [F::ZERO; LANES];
            }
            let [a, b, c, d] = &results;
            for quad in 0..count.div_ceil(4) {
                let rows =
                    F::transposed([quarter(a, quad), quarter(b, quad), quarter(c, quad), quarter(d, quad)]);
                for (i, row) in (4 * quad..).zip(&rows).take(count - 4 * quad) {
                    if whole || i < count - 1 {
                        // SAFETY: as in `load`.
                        unsafe { write_four(values, i * stride + k, *row) };
                    } else {
                        fill_from(&mut values[start_of_last + k..], row);
                    }
                }
            }
        }
    }

    /// Puts e^(z − `largest`) where z is, and returns the z of each row's class and the sums of its exponentials.
    #[inline(always)]
    fn exponentials(
        &mut self,
        columns: usize,
        largest: &[F; LANES],
        classes: &[u32; LANES],
    ) -> ([F; LANES], [F; LANES]) {
        let (mut z_y, mut sum) = ([F::ZERO; LANES], [F::ZERO; LANES]);
        for (entries, k) in self.0[..columns].iter_mut().zip(0..) {
            for i in 0..LANES {
                let z = entries[i];
                z_y[i] = if classes[i] == k { z } else { z_y[i] };
                let e = exp_of_negative(z - largest[i]);
                entries[i] = e;
                sum[i] += e;
            }
        }
        (z_y, sum)
    }

    /// The largest entry of each row, NaN left out.
    #[inline(always)]
    fn largest(&self, columns: usize) -> [F; LANES] {
        let mut largest = [-F::ONE / F::ZERO; LANES];
        for entries in &self.0[..columns] {
            for i in 0..LANES {
                largest[i] = if entries[i] > largest[i] { entries[i] } else { largest[i] };
            }
        }
        largest
    }
}

/// Four values from `start` on.
///
/// # Safety
/// There must be as many.
#[inline(always)]
unsafe fn read_four<F: Float>(values: &[F], start: usize) -> [F; 4] {
    debug_assert!(start + 4 <= values.len(), "4 values from {start} of {}", values.len());
    // SAFETY: the caller's promise; an array needs no more alignment than its entries.
    unsafe { *values.as_ptr().add(start).cast() }
}

/// Writes four values from `start` on.
///
/// # Safety
/// There must be as many.
#[inline(always)]
unsafe fn write_four<F: Float>(values: &mut [F], start: usize, four: [F; 4]) {
    debug_assert!(start + 4 <= values.len(), "4 values from {start} of {}", values.len());
    // SAFETY: as in `read_four`.
    unsafe { *values.as_mut_ptr().add(start).cast() = four };
}

/// Fills what is left at the end of a matrix. By itself, so that it keeps no register from the loop that hardly ever calls
/// it.
#[cold]
#[inline(never)]
fn fill_from<F: Float>(to: &mut [F], row: &[F; 4]) {
    let count = to.len().min(4);
    to[..count].copy_from_slice(&row[..count]);
}

/// Lanes 4·`quad` and the next three.
#[inline(always)]
fn quarter<F: Float>(lanes: &[F; LANES], quad: usize) -> [F; 4] {
    lanes.as_chunks::<4>().0[quad]
}
