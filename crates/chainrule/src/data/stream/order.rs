//! The order in which an epoch visits the rows of a stream: a function of (seed, epoch) alone.
//!
//! Records lie in blocks. An epoch takes the blocks in a random order and cuts the rows that stand in this order into chunks, each of which
//! fits in memory and is shuffled there (`Batches`). So a chunk has rows from all over the table, whatever their order in the
//! file, and the disk reads whole blocks. Chunks have a multiple of the batch's rows, so that only an epoch's last batch is short.

use std::ops::Range;

use crate::{Purpose, Rng};

/// Numbers of a block: what a disk reads without much loss at any place.
const BLOCK_VALUES: usize = 1 << 16;
/// A chunk is mixed from at least so many blocks.
const LEAST_BLOCKS: usize = 128;

/// The order of the rows.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    seed: u64,
    n_rows: usize,
    chunk_rows: usize,
    block_rows: usize,
    /// The blocks in the order of this epoch.
    blocks: Vec<u32>,
    epoch: Option<u64>,
    /// Where the last block, which may be shorter than the others, stands in that order.
    place_of_last: usize,
}

impl Order {
    /// Of rows with so many numbers each, read in chunks of about `buffer_rows`, trained on in batches of `batch_rows`.
    pub(crate) fn new(
        seed: u64,
        n_rows: usize,
        values_per_row: usize,
        buffer_rows: usize,
        batch_rows: usize,
    ) -> Self {
        let chunk_rows = (buffer_rows / batch_rows).max(1) * batch_rows;
        let block_rows = (BLOCK_VALUES / values_per_row.max(1)).min(chunk_rows / LEAST_BLOCKS).max(1);
        let blocks = vec![0; n_rows.div_ceil(block_rows)];
        Self { seed, n_rows, chunk_rows, block_rows, blocks, epoch: None, place_of_last: 0 }
    }

    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Rows of a full chunk.
    pub(crate) fn chunk_rows(&self) -> usize {
        self.chunk_rows
    }

    /// Number of chunks in an epoch.
    pub(crate) fn n_chunks(&self) -> usize {
        self.n_rows.div_ceil(self.chunk_rows)
    }

    /// The rows of a chunk of an epoch, as ranges of records.
    pub(crate) fn ranges(&mut self, epoch: u64, chunk: usize) -> Vec<Range<usize>> {
        self.shuffle(epoch);
        let start = chunk * self.chunk_rows;
        let mut left = self.chunk_rows.min(self.n_rows - start);
        let (mut place, mut skipped) = self.find(start);
        let mut ranges = Vec::new();
        while left > 0 {
            let block = self.block(self.blocks[place] as usize);
            let rows = block.start + skipped..block.end.min(block.start + skipped + left);
            left -= rows.len();
            ranges.push(rows);
            (place, skipped) = (place + 1, 0);
        }
        ranges
    }

    fn shuffle(&mut self, epoch: u64) {
        if self.epoch == Some(epoch) {
            return;
        }
        self.blocks.iter_mut().zip(0..).for_each(|(block, place)| *block = place);
        Rng::new(self.seed, Purpose::Blocks, epoch).shuffle(&mut self.blocks);
        let last = self.blocks.len() as u32 - 1;
        self.place_of_last = self.blocks.iter().position(|&block| block == last).unwrap_or(0);
        self.epoch = Some(epoch);
    }

    /// The place of the block in which the rows of this epoch, one behind the other, have come to `row`, and how many rows of it
    /// stand before.
    fn find(&self, row: usize) -> (usize, usize) {
        let before_last = self.place_of_last * self.block_rows;
        let length_of_last = self.block(self.blocks.len() - 1).len();
        if row < before_last {
            return (row / self.block_rows, row % self.block_rows);
        }
        if row < before_last + length_of_last {
            return (self.place_of_last, row - before_last);
        }
        let behind = row - before_last - length_of_last;
        (self.place_of_last + 1 + behind / self.block_rows, behind % self.block_rows)
    }

    fn block(&self, block: usize) -> Range<usize> {
        let start = block * self.block_rows;
        start..self.n_rows.min(start + self.block_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(order: &mut Order, epoch: u64) -> Vec<usize> {
        (0..order.n_chunks()).flat_map(|chunk| order.ranges(epoch, chunk)).flatten().collect()
    }

    proptest! {
        #[test]
        fn an_epoch_visits_every_row_once_in_chunks_of_whole_batches(
            n in 1usize..3000,
            values in 1usize..2000,
            buffer in 1usize..900,
            batch in 1usize..70,
            epoch in 1u64..4,
        ) {
            let mut order = Order::new(5, n, values, buffer, batch);
            for chunk in 0..order.n_chunks() {
                let length: usize = order.ranges(epoch, chunk).iter().map(ExactSizeIterator::len).sum();
                let is_last = chunk + 1 == order.n_chunks();
                prop_assert!(is_last || (length == order.chunk_rows() && length.is_multiple_of(batch)));
            }
            let mut seen = rows(&mut order, epoch);
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_depends_on_seed_and_epoch_alone() {
        let order = |seed, epochs: &[u64]| {
            let mut order = Order::new(seed, 1000, 10, 128, 16);
            epochs.iter().map(|&epoch| rows(&mut order, epoch)).next_back()
        };
        assert_eq!(order(1, &[0, 1, 2]), order(1, &[2]));
        assert_ne!(order(1, &[1]), order(1, &[2]));
        assert_ne!(order(1, &[1]), order(2, &[1]));
    }

    #[test]
    fn a_chunk_is_mixed_from_all_over_the_table() {
        let mut order = Order::new(0, 100_000, 10, 10_000, 50);
        let middle = order.ranges(1, 0).into_iter().flatten().filter(|&row| row < 50_000).count();
        assert!((3000..7000).contains(&middle), "{middle} of 10 000 rows are of the first half");
    }
}
