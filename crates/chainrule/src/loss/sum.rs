//! The sum of the losses of a batch's rows, in an order that depends on their number alone.
//!
//! Losses are cut into slices of [`SLICE`] rows of the batch. Inside a slice they are one chain from the first to the last;
//! the slices are added in a binary tree, in f64 throughout. The tree is a binary counter: whenever two subtrees of the
//! same number of slices stand side by side they become one, earlier rows on the left, and at the end those that remain
//! are added from the last and smallest to the first and largest. For 2 and 4 slices that is s₀+s₁ and (s₀+s₁)+(s₂+s₃),
//! for three (s₀+s₁)+s₂, for seven ((s₀+s₁)+(s₂+s₃)) + ((s₄+s₅)+s₆).
//!
//! So the sum can be taken while slices come one after the other, with a number of partial sums that grows as the
//! logarithm of theirs.

use std::ops::Range;

/// Rows of a batch whose losses are one chain.
pub(crate) const SLICE: usize = 256;
/// Levels of the tree: more slices than 2 to this power cannot be, for a row has a number of 32 bits.
const LEVELS: usize = 32;

/// Partial sums of slices that came in order.
#[derive(Clone, Debug)]
struct Tree {
    /// The sum of 2ⁿ slices at place n, where bit n of `count` is set.
    partial: [f64; LEVELS],
    /// Slices so far.
    count: usize,
}

impl Tree {
    fn new() -> Self {
        Self { partial: [0.0; LEVELS], count: 0 }
    }

    /// Takes in the next slice.
    fn add(&mut self, slice: f64) {
        let level = self.count.trailing_ones() as usize;
        self.partial[level] = self.partial[..level].iter().fold(slice, |sum, earlier| earlier + sum);
        self.count += 1;
    }

    /// The sum of all slices; 0 of none.
    fn total(&self) -> f64 {
        let remaining = (0..LEVELS).filter(|level| self.count >> level & 1 == 1);
        remaining.map(|level| self.partial[level]).reduce(|sum, earlier| earlier + sum).unwrap_or(0.0)
    }
}

/// The sum of the losses of a batch's rows, in their order: slices of [`SLICE`], and a binary tree over them.
pub(crate) fn sum_of_losses(losses: &[f64]) -> f64 {
    if losses.len() <= SLICE {
        return chain(losses);
    }
    let mut tree = Tree::new();
    for slice in losses.chunks(SLICE) {
        tree.add(chain(slice));
    }
    tree.total()
}

/// The same sum over `count` rows, whose losses `write` writes slice by slice.
pub(crate) fn sum_by_slices(count: usize, mut write: impl FnMut(Range<usize>, &mut [f64])) -> f64 {
    let (mut tree, mut losses) = (Tree::new(), [0.0; SLICE]);
    for start in (0..count).step_by(SLICE) {
        let rows = start..count.min(start + SLICE);
        let losses = &mut losses[..rows.len()];
        write(rows, losses);
        tree.add(chain(losses));
    }
    tree.total()
}

/// ((l₀ + l₁) + l₂) + …
fn chain(losses: &[f64]) -> f64 {
    losses.iter().copied().reduce(|sum, loss| sum + loss).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers whose sum depends on its order.
    fn losses(count: usize) -> Vec<f64> {
        (0..count)
            .map(|i| ((i * 7919 % 104_729) as f64).sqrt() * if i % 3 == 0 { 1e9 } else { 1e-9 })
            .collect()
    }

    #[test]
    fn slices_are_added_in_the_tree_that_the_file_describes() {
        let losses = losses(6 * SLICE + 5);
        let s: Vec<f64> = losses.chunks(SLICE).map(chain).collect();
        let rows = |slices: usize| &losses[..losses.len().min(slices * SLICE)];
        assert_eq!(sum_of_losses(&[]), 0.0);
        assert_eq!(sum_of_losses(rows(1)), s[0]);
        assert_eq!(sum_of_losses(rows(2)), s[0] + s[1]);
        assert_eq!(sum_of_losses(rows(3)), (s[0] + s[1]) + s[2]);
        assert_eq!(sum_of_losses(rows(4)), (s[0] + s[1]) + (s[2] + s[3]));
        assert_eq!(sum_of_losses(rows(6)), ((s[0] + s[1]) + (s[2] + s[3])) + (s[4] + s[5]));
        let seven = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + s[6]);
        assert_eq!(sum_of_losses(rows(7)), seven);
        assert_ne!(sum_of_losses(rows(7)), chain(&losses), "the order makes no difference here");
    }

    #[test]
    fn a_sum_slice_by_slice_has_the_same_bits() {
        for count in [0, 1, 255, 256, 257, 1000, 5000] {
            let losses = losses(count);
            let sum = sum_by_slices(count, |rows, to| to.copy_from_slice(&losses[rows]));
            assert_eq!(sum.to_bits(), sum_of_losses(&losses).to_bits(), "{count}");
        }
    }
}
