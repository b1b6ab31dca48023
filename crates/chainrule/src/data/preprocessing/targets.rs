//! Targets as numbers, classes or flags; predictions back in the unit of the target; weights of rows.

use std::borrow::Cow;

use super::transform::{chosen, reserve};
use super::{Outputs, Preprocessing, Weighting, matching};
use crate::data::columns::{Samples, Targets};
use crate::data::dataset::{Column, Dataset, Numbers};
use crate::data::labels::flags;
use crate::{Error, Float, Matrix, MatrixRef, Result};

impl Preprocessing {
    /// Inputs, targets and weights of the given rows, or of all; also returns what the user should know.
    ///
    /// # Errors
    /// Those of [`Self::columns`] and [`Self::targets`]; and when a sample weight is negative, is not finite, or
    /// all are 0.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn samples<F: Float>(
        &self,
        dataset: &Dataset,
        rows: Option<&[u32]>,
        weighting: Weighting,
    ) -> Result<(Samples<F>, Vec<String>)> {
        let targets = self.targets(dataset, rows)?;
        let weights =
            self.weights(dataset, rows, &targets, weighting).map_err(|error| dataset.locate(error))?;
        let (columns, warnings) = self.columns(dataset, rows)?;
        Ok((Samples { columns, targets, weights }, warnings))
    }

    /// What the network should put out for the given rows, or for all: class numbers, scaled numbers, or flags.
    ///
    /// # Errors
    /// When the target columns are not there, a cell is missing, no number, or a class that training did not see.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn targets<F: Float>(&self, dataset: &Dataset, rows: Option<&[u32]>) -> Result<Targets<F>> {
        let encode = || {
            dataset.validate()?;
            let columns = matching::targets(self, dataset)?;
            match &self.outputs {
                Outputs::Classes { labels, .. } => Ok(Targets::Classes(labels.encode(columns[0], rows)?)),
                Outputs::Numbers { scalers } => {
                    let columns = numbers_of_all(&columns, rows, dataset.n_rows)?;
                    Ok(Targets::Values(row_major(dataset.n_rows, rows, columns.len(), |row, k| {
                        F::from_f64(scalers[k].apply(columns[k].get(row)))
                    })?))
                }
                Outputs::Flags => {
                    let columns: Vec<Vec<u8>> = columns.into_iter().map(flags).collect::<Result<_>>()?;
                    Ok(Targets::Values(row_major(dataset.n_rows, rows, columns.len(), |row, k| {
                        F::from_f64(f64::from(columns[k][row]))
                    })?))
                }
            }
        };
        encode().map_err(|error: Error| dataset.locate(error))
    }

    /// The targets of a regression in their own unit, as they stand in the file: n × K.
    ///
    /// # Errors
    /// When the task is no regression, or as [`Self::targets`].
    ///
    /// # Panics
    /// When there is no such row.
    pub fn target_values(&self, dataset: &Dataset, rows: Option<&[u32]>) -> Result<Matrix<f64>> {
        let Outputs::Numbers { .. } = self.outputs else {
            return Err(Error::configuration("the targets are classes: they have no values"));
        };
        let values = || {
            dataset.validate()?;
            let columns = numbers_of_all(&matching::targets(self, dataset)?, rows, dataset.n_rows)?;
            row_major(dataset.n_rows, rows, columns.len(), |row, k| columns[k].get(row))
        };
        values().map_err(|error: Error| dataset.locate(error))
    }

    /// Outputs of the network in the unit of the targets, in f64; classes and flags have no unit and stay.
    ///
    /// # Panics
    /// When there is not one column per output.
    pub fn unscale<F: Float>(&self, outputs: MatrixRef<'_, F>) -> Matrix<f64> {
        assert_eq!(outputs.columns(), self.n_outputs(), "one column per output");
        Matrix::from_fn(outputs.rows(), outputs.columns(), |i, k| self.unscaled(k, outputs.row(i)[k]))
    }

    /// Output `k` of the network in the unit of its target.
    pub(crate) fn unscaled<F: Float>(&self, k: usize, output: F) -> f64 {
        match &self.outputs {
            Outputs::Numbers { scalers } => scalers[k].invert(output.to_f64()),
            Outputs::Classes { .. } | Outputs::Flags => output.to_f64(),
        }
    }

    fn weights<F: Float>(
        &self,
        dataset: &Dataset,
        rows: Option<&[u32]>,
        targets: &Targets<F>,
        weighting: Weighting,
    ) -> Result<Option<Vec<F>>> {
        let of_classes = match (&self.outputs, targets, weighting) {
            (
                Outputs::Classes { weights: Some(weights), .. },
                Targets::Classes(codes),
                Weighting::Training,
            ) => Some((weights, codes)),
            _ => None,
        };
        let of_samples = dataset.sample_weight.as_deref();
        if of_classes.is_none() && of_samples.is_none() {
            return Ok(None);
        }
        let mut weights = vec![];
        for (i, row) in chosen(rows, dataset.n_rows).enumerate() {
            let sample = of_samples.map_or(1.0, |weights| weights[row]);
            if !(sample.is_finite() && sample >= 0.0) {
                let message =
                    format!("data row {}: a sample weight must be at least 0, got {sample}", row + 1);
                return Err(Error::data(message).in_row(row));
            }
            let class = of_classes.map_or(1.0, |(weights, codes)| weights[codes[i] as usize]);
            weights.push(F::from_f64(sample * class));
        }
        if !weights.is_empty() && weights.iter().all(|&weight| weight == F::ZERO) {
            return Err(Error::data(format!("all of {} rows have weight 0", weights.len())));
        }
        Ok(Some(weights))
    }
}

/// A target column of a regression as numbers; text that reads as numbers is read.
pub(crate) fn numbers_of(column: &Column) -> Result<Cow<'_, Numbers>> {
    super::transform::as_numbers(column).map_err(|(row, text)| {
        Error::data(format!(
            "target column '{}', data row {}: a regression needs numbers, got '{text}'\n\
             use --task classification if its values are classes, or --target to name another column",
            column.name,
            row + 1
        ))
        .in_row(row)
    })
}

/// Labels are never filled in: a missing or infinite number among the rows is an error.
pub(super) fn refuse_missing(
    column: &Column,
    numbers: &Numbers,
    mut rows: impl Iterator<Item = usize>,
) -> Result<()> {
    match rows.find(|&row| !numbers.get(row).is_finite()) {
        None => Ok(()),
        Some(row) => {
            let found = numbers.get(row);
            let found = if found.is_nan() { "a missing value".into() } else { found.to_string() };
            Err(Error::data(format!(
                "target column '{}', data row {}: expected a finite number, got {found}\n\
                 leave rows without a target out: there is nothing to learn from them",
                column.name,
                row + 1
            ))
            .in_row(row))
        }
    }
}

fn numbers_of_all<'a>(
    columns: &[&'a Column],
    rows: Option<&[u32]>,
    n_rows: usize,
) -> Result<Vec<Cow<'a, Numbers>>> {
    let numbers = |column: &&'a Column| {
        let numbers = numbers_of(column)?;
        refuse_missing(column, &numbers, chosen(rows, n_rows))?;
        Ok(numbers)
    };
    columns.iter().map(numbers).collect()
}

fn row_major<T: Copy + Default>(
    n_rows: usize,
    rows: Option<&[u32]>,
    columns: usize,
    value: impl Fn(usize, usize) -> T,
) -> Result<Matrix<T>> {
    let n = rows.map_or(n_rows, <[u32]>::len);
    let mut values = reserve(n, columns)?;
    for row in chosen(rows, n_rows) {
        values.extend((0..columns).map(|k| value(row, k)));
    }
    Ok(Matrix::from_vec(values, n, columns))
}
