//! What a network takes in: numbers, and codes of categories.

use crate::{Float, Matrix};

/// The inputs of a network, one row per sample.
///
/// Codes stay codes: turning them into one-hot columns is the network's first stage, so that other stages
/// (embeddings) can take them as they are.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Columns<F> {
    /// n × (numeric columns), scaled.
    pub numeric: Matrix<F>,
    /// n × (categorical columns): the category's number, or [`NO_CATEGORY`].
    pub codes: Matrix<u32>,
}

/// The code of a category that training did not see: all zeros after one-hot.
pub const NO_CATEGORY: u32 = u32::MAX;

/// What the network's outputs are compared with, one row per sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets<F> {
    /// n × K numbers.
    Values(Matrix<F>),
    /// The number of each row's class, from 0.
    Classes(Vec<u32>),
}

/// Rows ready for training or evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples<F> {
    /// The inputs.
    pub columns: Columns<F>,
    /// What should come out.
    pub targets: Targets<F>,
    /// One weight ≥ 0 per row, or none: every row counts the same.
    pub weights: Option<Vec<F>>,
}

/// Samples that are measured, not only learned from.
#[derive(Clone, Debug)]
pub(crate) struct Chunk<F> {
    pub(crate) samples: Samples<F>,
    /// The targets of a regression in their own units.
    pub(crate) targets: Option<Matrix<f64>>,
}

/// Some rows of [`Samples`], in an order of their own.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, F> {
    /// All rows.
    pub samples: &'a Samples<F>,
    /// The numbers of the rows of this batch.
    pub rows: &'a [u32],
}

impl<F: Float> Columns<F> {
    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        if self.numeric.columns() > 0 { self.numeric.rows() } else { self.codes.rows() }
    }

    /// The given rows, in that order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        Self { numeric: self.numeric.select_rows(rows), codes: self.codes.select_rows(rows) }
    }
}

impl<F: Float> Targets<F> {
    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        match self {
            Self::Values(values) => values.rows(),
            Self::Classes(classes) => classes.len(),
        }
    }

    /// The given rows, in that order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        match self {
            Self::Values(values) => Self::Values(values.select_rows(rows)),
            Self::Classes(classes) => Self::Classes(rows.iter().map(|&row| classes[row as usize]).collect()),
        }
    }
}

impl<F: Float> Samples<F> {
    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        self.targets.n_samples()
    }

    /// The given rows, in that order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        let weights = self.weights.as_ref();
        Self {
            columns: self.columns.select(rows),
            targets: self.targets.select(rows),
            weights: weights.map(|weights| rows.iter().map(|&row| weights[row as usize]).collect()),
        }
    }
}
