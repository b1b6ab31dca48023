//! Where the rows of a training are, from the first look at them until the network sees them.

use super::PerPart;
use super::held::Held;
#[cfg(feature = "fs")]
use super::streams::OnDisk;
use crate::data::{Chunk, Dataset, Preprocessing, Task, Weighting};
use crate::model::file::tensors::Stored;
use crate::{Error, Result};

/// Rows of a table.
#[derive(Clone, Debug)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a Dataset,
    pub(super) rows: Vec<u32>,
}

/// What was learned of the data before the first step.
pub(super) struct Gathered<'a> {
    pub(super) source: Source<'a>,
    pub(super) preprocessing: Preprocessing,
    /// Number of training rows.
    pub(super) n_train: usize,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// Where the rows are.
pub(super) enum Source<'a> {
    /// In tables in memory.
    Tables(PerPart<Rows<'a>>),
    /// Put aside on the disk.
    #[cfg(feature = "fs")]
    Disk(Box<OnDisk>),
}

impl Source<'_> {
    /// Rows that will be in memory at a time.
    pub(super) fn n_held(&self, preprocessing: &Preprocessing, batch_rows: usize) -> usize {
        match self {
            Self::Tables(rows) => rows.iter().map(|part| part.rows.len()).sum(),
            #[cfg(feature = "fs")]
            Self::Disk(rows) => rows.n_held(preprocessing, batch_rows),
        }
    }

    /// Refuses targets that no count can be: Poisson's likelihood has no meaning for them.
    pub(super) fn check_counts(&self, preprocessing: &Preprocessing) -> Result<()> {
        match self {
            Self::Tables(rows) => {
                rows.iter().try_for_each(|part| check_counts(preprocessing, part.data, Some(&part.rows)))
            }
            #[cfg(feature = "fs")]
            Self::Disk(rows) => rows.each(|piece| check_counts(preprocessing, piece, None)),
        }
    }

    /// The rows as the network sees them; also what the user should know.
    pub(super) fn hold<F: Stored>(
        self,
        preprocessing: &Preprocessing,
    ) -> Result<(PerPart<Held<F>>, Vec<String>)> {
        match self {
            Self::Tables(rows) => hold(&rows, preprocessing),
            #[cfg(feature = "fs")]
            Self::Disk(rows) => rows.hold(preprocessing),
        }
    }
}

fn check_counts(preprocessing: &Preprocessing, data: &Dataset, rows: Option<&[u32]>) -> Result<()> {
    let targets = preprocessing.target_values(data, rows)?;
    for i in 0..targets.rows() {
        let row = rows.map_or(i, |rows| rows[i] as usize);
        if let Some((target, y)) = preprocessing.targets.iter().zip(targets.row(i)).find(|(_, y)| **y < 0.0) {
            let message = format!(
                "loss 'poisson' is for counts of 0 or more; column '{target}' has {y} in data row {}\n\
                 take another loss, such as mse",
                row + 1
            );
            return Err(data.locate(Error::data(message).in_row(row)));
        }
    }
    Ok(())
}

/// The samples of tables; also what the user should know.
fn hold<F: Stored>(
    rows: &PerPart<Rows<'_>>,
    preprocessing: &Preprocessing,
) -> Result<(PerPart<Held<F>>, Vec<String>)> {
    let mut noticed = Vec::new();
    let held = rows.try_map(|Rows { data, rows: numbers }| {
        // Class weights are for learning; what a mistake costs does not depend on them.
        let learns = std::ptr::eq(numbers, &raw const rows.train.rows);
        let weighting = if learns { Weighting::Training } else { Weighting::Evaluation };
        let (samples, warnings) = preprocessing.samples::<F>(data, Some(numbers), weighting)?;
        noticed.extend(warnings);
        let is_regression = preprocessing.task() == Task::Regression;
        let targets = is_regression.then(|| preprocessing.target_values(data, Some(numbers))).transpose()?;
        let weights = data.sample_weight.as_ref();
        let weights = weights.map(|all| numbers.iter().map(|&row| F::from_f64(all[row as usize])).collect());
        Ok(Held::Memory { chunk: Chunk { samples, targets }, weights })
    })?;
    Ok((held, noticed))
}
