//! The rows that a training makes its steps over: all in memory, or chunk by chunk.
//!
//! A chunk is read by the threads that are about to train on it. A thread of its own, that reads ahead, would take a processor
//! from one of them in the middle of a step, and all others would wait for that one: with two threads on two processors an
//! epoch of MNIST took a third longer so. What would have to be waited for is the disk alone, and the system is told ahead of time
//! what will be wanted of it.

#[cfg(feature = "fs")]
use crate::Error;
use crate::Result;
use crate::data::{Batch, Batches, Samples};
#[cfg(feature = "fs")]
use crate::data::{Chunk, Order, Records, Weighting};
use crate::model::file::tensors::Stored;
use chainrule_kernels::cpu::Cpu;
#[cfg(feature = "fs")]
use std::sync::Arc;

/// The rows of a training, in the batches of the epoch at hand.
pub(super) struct TrainingRows<'a, F: Stored> {
    seed: u64,
    epoch: u64,
    way: Way<'a, F>,
}

enum Way<'a, F: Stored> {
    Memory {
        samples: &'a Samples<F>,
        batches: Batches,
    },
    #[cfg(feature = "fs")]
    Stream(Box<Streamed<F>>),
}

impl<'a, F: Stored> TrainingRows<'a, F> {
    /// Rows that are in memory.
    pub(super) fn in_memory(samples: &'a Samples<F>, batch_rows: usize, seed: u64) -> Self {
        let batches = Batches::new(samples.n_samples(), batch_rows);
        Self { seed, epoch: 0, way: Way::Memory { samples, batches } }
    }

    /// Rows that are read from records.
    #[cfg(feature = "fs")]
    pub(super) fn streamed(
        records: &Arc<Records>,
        buffer_rows: usize,
        batch_rows: usize,
        seed: u64,
    ) -> Result<Self> {
        if batch_rows > buffer_rows {
            return Err(Error::configuration(format!(
                "a batch of {batch_rows} rows does not fit the buffer of a stream, which has {buffer_rows}\n\
                 take a smaller --batch-size (and another optimizer than lbfgs, which needs all rows), or a larger \
                 --stream-buffer"
            )));
        }
        let order = Order::new(seed, records.n_rows(), records.values_per_row(), buffer_rows, batch_rows);
        let streamed = Streamed {
            order,
            batch_rows,
            records: Arc::clone(records),
            current: records.chunk(),
            batches: Batches::new(0, batch_rows),
            at: None,
        };
        Ok(Self { seed, epoch: 0, way: Way::Stream(Box::new(streamed)) })
    }

    /// All rows, where they are in memory.
    pub(super) fn samples(&self) -> Option<&'a Samples<F>> {
        match &self.way {
            Way::Memory { samples, .. } => Some(samples),
            #[cfg(feature = "fs")]
            Way::Stream(_) => None,
        }
    }

    /// Number of batches in an epoch.
    pub(super) fn n_batches(&self) -> usize {
        match &self.way {
            Way::Memory { batches, .. } => batches.len(),
            #[cfg(feature = "fs")]
            Way::Stream(streamed) => streamed.order.n_rows().div_ceil(streamed.batch_rows),
        }
    }

    /// Number of rows in so many batches of an epoch.
    pub(super) fn rows_of(&self, batches: usize) -> usize {
        match &self.way {
            Way::Memory { batches: all, .. } => all.rows_of(batches),
            #[cfg(feature = "fs")]
            Way::Stream(streamed) => batches.saturating_mul(streamed.batch_rows).min(streamed.order.n_rows()),
        }
    }

    /// Puts the rows in the order of an epoch.
    pub(super) fn begin(&mut self, epoch: u64) {
        self.epoch = epoch;
        match &mut self.way {
            Way::Memory { batches, .. } if batches.len() > 1 => batches.shuffle(self.seed, epoch),
            _ => {}
        }
    }

    /// A batch of the epoch, and the rows of the next one where they are in memory too.
    pub(super) fn batch(&mut self, position: usize, cpu: &Cpu) -> Result<Option<NextBatch<'_, F>>> {
        let (samples, batches, position) = match &mut self.way {
            Way::Memory { samples, batches } => (*samples, &*batches, position),
            #[cfg(feature = "fs")]
            Way::Stream(streamed) => {
                if position >= streamed.order.n_rows().div_ceil(streamed.batch_rows) {
                    return Ok(None);
                }
                let per_chunk = streamed.order.chunk_rows() / streamed.batch_rows;
                let place = Place { epoch: self.epoch, chunk: position / per_chunk };
                streamed.go_to(self.seed, place, cpu)?;
                (&streamed.current.samples, &streamed.batches, position % per_chunk)
            }
        };
        let rows = batches.get(position);
        Ok(rows.map(|rows| (Batch { samples, rows }, batches.get(position + 1))))
    }
}

/// A batch, and the rows of the next one.
pub(super) type NextBatch<'a, F> = (Batch<'a, F>, Option<&'a [u32]>);

/// Rows that come chunk by chunk.
#[cfg(feature = "fs")]
struct Streamed<F: Stored> {
    order: Order,
    batch_rows: usize,
    records: Arc<Records>,
    /// The chunk at hand, its batches, and where it is in the training.
    current: Chunk<F>,
    batches: Batches,
    at: Option<Place>,
}

/// A chunk of an epoch.
#[cfg(feature = "fs")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    epoch: u64,
    chunk: usize,
}

#[cfg(feature = "fs")]
impl<F: Stored> Streamed<F> {
    /// Brings a chunk into memory, and has the system look for the next one meanwhile.
    fn go_to(&mut self, seed: u64, place: Place, cpu: &Cpu) -> Result<()> {
        if self.at == Some(place) {
            return Ok(());
        }
        let ranges = self.order.ranges(place.epoch, place.chunk);
        self.records.read(cpu, &ranges, Weighting::Training, &mut self.current)?;
        self.at = Some(place);
        let n_rows = self.current.samples.n_samples();
        if self.batches.n_rows() != n_rows {
            self.batches = Batches::new(n_rows, self.batch_rows);
        }
        self.batches.shuffle(seed, place.stream());
        let is_last = place.chunk + 1 == self.order.n_chunks();
        let next = if is_last {
            Place { epoch: place.epoch + 1, chunk: 0 }
        } else {
            Place { chunk: place.chunk + 1, ..place }
        };
        self.records.expect(&self.order.ranges(next.epoch, next.chunk));
        Ok(())
    }
}

#[cfg(feature = "fs")]
impl Place {
    /// The stream of random numbers that shuffles the chunk: that of the epoch, for the first one.
    fn stream(self) -> u64 {
        self.epoch ^ (self.chunk as u64) << 32
    }
}
