//! Mini-batches: a random partition of the rows, fresh in every epoch.

use crate::{Purpose, Rng};

/// The order in which an epoch visits the rows, cut into batches.
///
/// The order is a function of (seed, epoch) alone: it does not depend on the epochs before.
#[derive(Clone, Debug, PartialEq)]
pub struct Batches {
    order: Vec<u32>,
    size: usize,
}

impl Batches {
    /// Batches of `size` rows of `n_samples`; the last has what is left. Until the first shuffle rows stand in order.
    ///
    /// # Panics
    /// When `size` is 0.
    pub fn new(n_samples: usize, size: usize) -> Self {
        assert!(size > 0, "a batch has at least one row");
        Self { order: (0..n_samples as u32).collect(), size }
    }

    /// Puts the rows in the order of an epoch. Allocates nothing.
    pub fn shuffle(&mut self, seed: u64, epoch: u64) {
        for (row, place) in self.order.iter_mut().zip(0..) {
            *row = place;
        }
        Rng::new(seed, Purpose::Shuffle, epoch).shuffle(&mut self.order);
    }

    /// The batches of the epoch: numbers of rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.order.chunks(self.size)
    }

    /// A batch of the epoch, by its number from 0.
    pub fn get(&self, batch: usize) -> Option<&[u32]> {
        self.order.chunks(self.size).nth(batch)
    }

    /// Number of rows in so many batches of the epoch.
    pub fn rows_of(&self, batches: usize) -> usize {
        batches.saturating_mul(self.size).min(self.order.len())
    }

    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.order.len()
    }

    /// Number of batches in an epoch.
    pub fn len(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_epoch_visits_every_row_once_and_uses_the_short_last_batch(n in 1usize..200, size in 1usize..50, seed: u64) {
            let mut batches = Batches::new(n, size);
            batches.shuffle(seed, 3);
            let mut seen: Vec<u32> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..n as u32).collect::<Vec<_>>());
            let last = batches.iter().last().map_or(0, <[u32]>::len);
            prop_assert_eq!(last, if n % size == 0 { size } else { n % size });
        }
    }

    #[test]
    fn the_order_depends_on_seed_and_epoch_alone() {
        let order = |seed, epochs: &[u64]| {
            let mut batches = Batches::new(50, 8);
            for &epoch in epochs {
                batches.shuffle(seed, epoch);
            }
            batches.order
        };
        assert_eq!(order(1, &[0, 1, 2]), order(1, &[2]));
        assert_ne!(order(1, &[1]), order(1, &[2]));
        assert_ne!(order(1, &[1]), order(2, &[1]));
    }
}
