//! Sums over the rows of a batch, in the order that every form of a step has.
//!
//! ∂L/∂W and ∂L/∂b are sums over the batch. Its rows are cut into slices of [`SLICE`] rows; within a slice each sum is one
//! chain in the order of the rows, and the slices are added in a binary tree: neighbours of equal size first, as a binary
//! counter carries; what is left over at the end is added from the smallest to the largest. Eight slices are
//! ((0+1)+(2+3))+((4+5)+(6+7)), five are ((0+1)+(2+3))+4.

use super::tile::{Finish, Tile, TileKernel};
use crate::cpu::arch::{Isa, Task};
use crate::{Float, MatrixRef};
use std::ops::Range;

/// Rows of a slice.
pub(crate) const SLICE: usize = 256;

/// How many partial sums are open at a time, at most, over a batch of so many rows.
pub(crate) fn most_open(rows: usize) -> usize {
    (usize::BITS - rows.div_ceil(SLICE).leading_zeros()).max(1) as usize
}

/// Adds up the slices of a batch: `slice(rows, place, adds)` computes one, into the `place`-th partial sum or, where it
/// `adds`, on top of what that holds; `merge(place)` adds the partial sum behind the `place`-th to it. The sum ends up in
/// the first.
#[inline(always)]
pub(crate) fn add_slices(
    rows: usize,
    mut slice: impl FnMut(Range<usize>, usize, bool),
    mut merge: impl FnMut(usize),
) {
    let mut open = 0;
    for s in 0..rows.div_ceil(SLICE).max(1) {
        let range = s * SLICE..rows.min((s + 1) * SLICE);
        if s % 2 == 0 {
            slice(range, open, false);
            open += 1;
            continue;
        }
        slice(range, open - 1, true);
        let mut carried = s.div_ceil(2);
        while carried % 2 == 0 {
            open -= 1;
            merge(open - 1);
            carried /= 2;
        }
    }
    while open > 1 {
        open -= 1;
        merge(open - 1);
    }
}

/// A tile of Xᵀ·δ or δᵀ·X over a batch of `rows` rows, into the first `size` numbers of `partial`, which has room for
/// [`most_open`] times as many.
///
/// # Safety
/// As for `kernel`, with the operands of `tile` for all rows of the batch; where `tile.c` points, and how it is finished, does
/// not matter. `size` is the number of entries of the tile, `tile.c_row` the width of its rows.
#[inline]
pub(crate) unsafe fn tile_over_batch<F: Float>(
    isa: Isa,
    kernel: TileKernel<F>,
    tile: Tile<F>,
    rows: usize,
    size: usize,
    partial: &mut [F],
) {
    let (sums, length) = (partial.as_mut_ptr(), partial.len());
    let slice = |range: Range<usize>, place: usize, adds: bool| {
        assert!((place + 1) * size <= length, "room for every open partial sum");
        // SAFETY: the rows of the range are rows of the batch, and the place is within `partial`.
        unsafe {
            kernel(&Tile {
                a: tile.a.add(range.start * tile.a_term),
                b: tile.b.add(range.start * tile.b_term),
                terms: range.len(),
                c: sums.add(place * size),
                continues: false,
                finish: if adds { Finish::Add } else { Finish::Store },
                later: tile.later.behind(range.start),
                ..tile
            });
        }
    };
    add_slices(rows, slice, |place| {
        // SAFETY: both partial sums are open, so they are within `partial`, and they do not overlap.
        let (into, from) = unsafe {
            let into = std::slice::from_raw_parts_mut(sums.add(place * size), size);
            (into, std::slice::from_raw_parts(sums.add((place + 1) * size), size))
        };
        isa.run(Add { into, from });
    });
}

/// The sums of the columns of `values` over the batch, into the first numbers of `partial`, which has room for
/// [`most_open`] rows.
pub(crate) fn column_sums<F: Float>(isa: Isa, values: MatrixRef<'_, F>, partial: &mut [F]) {
    let columns = values.columns();
    let partial = std::cell::RefCell::new(partial);
    add_slices(
        values.rows(),
        |range, place, adds| {
            let sums = &mut partial.borrow_mut()[place * columns..(place + 1) * columns];
            isa.run(ColumnSums { values: values.row_range(range), sums, adds });
        },
        |place| {
            let mut partial = partial.borrow_mut();
            let (into, from) = partial[place * columns..].split_at_mut(columns);
            isa.run(Add { into, from: &from[..columns] });
        },
    );
}

/// `into` + `from`.
struct Add<'a, F> {
    into: &'a mut [F],
    from: &'a [F],
}

impl<F: Float> Task for Add<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (into, &from) in self.into.iter_mut().zip(self.from) {
            *into += from;
        }
    }
}

/// The sum of each column, rows added in order; on top of what `sums` holds where it `adds`.
struct ColumnSums<'a, F> {
    values: MatrixRef<'a, F>,
    sums: &'a mut [F],
    adds: bool,
}

impl<F: Float> Task for ColumnSums<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { values, sums, adds } = self;
        let mut column = 0;
        // As many columns at a time as there are registers to hide the latency of an addition.
        while column + 64 <= sums.len() {
            column = sum_columns::<F, 64>(values, column, sums, adds);
        }
        while column + 16 <= sums.len() {
            column = sum_columns::<F, 16>(values, column, sums, adds);
        }
        while column + 4 <= sums.len() {
            column = sum_columns::<F, 4>(values, column, sums, adds);
        }
        while column < sums.len() {
            column = sum_columns::<F, 1>(values, column, sums, adds);
        }
    }
}

/// The sums of `N` columns from `column` on; returns the next column.
#[inline(always)]
fn sum_columns<F: Float, const N: usize>(
    values: MatrixRef<'_, F>,
    column: usize,
    sums: &mut [F],
    adds: bool,
) -> usize {
    let mut chains = [F::ZERO; N];
    for row in values.values().chunks(values.stride()).take(values.rows()) {
        if let Some(row) = row[column..].first_chunk::<N>() {
            for (chain, &x) in chains.iter_mut().zip(row) {
                *chain += x;
            }
        }
    }
    for (sum, chain) in sums[column..].iter_mut().zip(chains) {
        *sum = if adds { *sum + chain } else { chain };
    }
    column + N
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn tree(slices: usize) -> String {
        let sums: RefCell<Vec<String>> = RefCell::new(vec![String::new(); most_open(slices * SLICE)]);
        add_slices(
            slices * SLICE,
            |range, place, adds| {
                let (number, sum) = (range.start / SLICE, &mut sums.borrow_mut()[place]);
                *sum = if adds { format!("({sum}+{number})") } else { number.to_string() };
            },
            |place| {
                let mut sums = sums.borrow_mut();
                sums[place] = format!("({}+{})", sums[place], sums[place + 1]);
            },
        );
        sums.into_inner().swap_remove(0)
    }

    #[test]
    fn slices_are_added_in_a_binary_tree() {
        let trees = ["0", "(0+1)", "((0+1)+2)", "((0+1)+(2+3))", "(((0+1)+(2+3))+4)"];
        for (slices, expected) in (1..).zip(trees) {
            assert_eq!(tree(slices), expected);
        }
        assert_eq!(tree(7), "(((0+1)+(2+3))+((4+5)+6))");
        assert_eq!(tree(8), "(((0+1)+(2+3))+((4+5)+(6+7)))");
    }
}
