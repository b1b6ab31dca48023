//! A part of the data as the network sees it: in memory, or in records on the disk.

use super::rows::TrainingRows;
use crate::Result;
use crate::data::Chunk;
#[cfg(feature = "fs")]
use crate::data::{Order, Records, Weighting};
use crate::model::CHUNK;
use crate::model::file::tensors::Stored;
use chainrule_kernels::cpu::Cpu;
use std::borrow::Cow;
#[cfg(feature = "fs")]
use std::sync::Arc;

/// Numbers that are read at a time by whoever measures.
#[cfg(feature = "fs")]
const VALUES: usize = 1 << 18;

/// The rows of a part.
#[derive(Debug)]
pub(super) enum Held<F> {
    /// All of them in memory.
    Memory {
        /// The samples; those to train on have the weights of training.
        chunk: Chunk<F>,
        /// Their weights where they are measured.
        weights: Option<Vec<F>>,
    },
    /// In records on the disk.
    #[cfg(feature = "fs")]
    Disk {
        records: Arc<Records>,
        /// The rows that are shuffled together, and may be in memory.
        buffer_rows: usize,
        /// All of them, where they fit the buffer, as in memory.
        all: Option<Chunk<F>>,
    },
}

impl<F: Stored> Held<F> {
    /// The rows of records. If they fit the buffer, they are read now, for training or for being measured.
    #[cfg(feature = "fs")]
    pub(super) fn on_disk(records: Records, buffer_rows: usize, weighting: Weighting) -> Result<Self> {
        let fits = records.n_rows() <= buffer_rows;
        let all = fits.then(|| whole(&records, &Cpu::new(1), weighting)).transpose()?;
        Ok(Self::Disk { records: Arc::new(records), buffer_rows, all })
    }

    /// All rows, where they are in memory.
    pub(super) fn in_memory(&self) -> Option<&Chunk<F>> {
        match self {
            Self::Memory { chunk, .. } => Some(chunk),
            #[cfg(feature = "fs")]
            Self::Disk { all, .. } => all.as_ref(),
        }
    }

    /// The rows as steps are made over them.
    pub(super) fn to_train_on(&self, batch_rows: usize, seed: u64) -> Result<TrainingRows<'_, F>> {
        match self {
            Self::Memory { chunk, .. } => Ok(TrainingRows::in_memory(&chunk.samples, batch_rows, seed)),
            #[cfg(feature = "fs")]
            Self::Disk { all: Some(chunk), .. } => {
                Ok(TrainingRows::in_memory(&chunk.samples, batch_rows, seed))
            }
            #[cfg(feature = "fs")]
            Self::Disk { records, buffer_rows, all: None } => {
                TrainingRows::streamed(records, *buffer_rows, batch_rows, seed)
            }
        }
    }

    /// Gives rows that were trained on the weights with which they are measured.
    pub(super) fn turn_to_measuring(&mut self, cpu: &Cpu) -> Result<()> {
        #[cfg(not(feature = "fs"))]
        let _ = cpu;
        match self {
            Self::Memory { chunk, weights } => chunk.samples.weights = weights.take(),
            #[cfg(feature = "fs")]
            Self::Disk { records, all, .. } => {
                if let Some(all) = all {
                    *all = whole(records, cpu, Weighting::Evaluation)?;
                }
            }
        }
        Ok(())
    }

    /// Calls a function with all rows, or with one chunk after the other, in their order, as they are measured. A chunk has a
    /// multiple of the rows that a forward pass takes, so that sums are the same as over all rows at once.
    pub(super) fn each(&self, cpu: &Cpu, mut take: impl FnMut(&Chunk<F>)) -> Result<()> {
        if let Some(chunk) = self.in_memory() {
            take(chunk);
            return Ok(());
        }
        match self {
            Self::Memory { .. } => Ok(()),
            #[cfg(feature = "fs")]
            Self::Disk { records, .. } => {
                let rows = (VALUES / records.values_per_row().max(1)).next_multiple_of(CHUNK);
                records.each(cpu, rows, |chunk| {
                    take(chunk);
                    Ok(())
                })
            }
        }
    }

    /// Rows to fit a baseline to, as they are measured: all, or as many as the buffer holds, from all over the part.
    pub(super) fn sample(&self, cpu: &Cpu, seed: u64) -> Result<Cow<'_, Chunk<F>>> {
        if let Some(chunk) = self.in_memory() {
            return Ok(Cow::Borrowed(chunk));
        }
        match self {
            Self::Memory { chunk, .. } => Ok(Cow::Borrowed(chunk)),
            #[cfg(feature = "fs")]
            Self::Disk { records, buffer_rows, .. } => {
                let mut chunk = records.chunk();
                let mut order = Order::new(seed, records.n_rows(), records.values_per_row(), *buffer_rows, 1);
                records.read(cpu, &order.ranges(0, 0), Weighting::Evaluation, &mut chunk)?;
                Ok(Cow::Owned(chunk))
            }
        }
    }
}

/// All rows of records.
#[cfg(feature = "fs")]
fn whole<F: Stored>(records: &Records, cpu: &Cpu, weighting: Weighting) -> Result<Chunk<F>> {
    let mut chunk = records.chunk();
    records.read(cpu, std::slice::from_ref(&(0..records.n_rows())), weighting, &mut chunk)?;
    Ok(chunk)
}
