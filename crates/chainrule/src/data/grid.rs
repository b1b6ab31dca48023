//! Arrays of numbers (NPY, IDX) as tables: columns without names of their own, and labels in a file beside them.

use std::collections::TryReserveError;

use crate::{Error, ErrorKind, Position, Result};

use super::assemble::{Extent, Selected, Table, no_features};
use super::printed::listed;
use super::selection::{Role, Selection, check_width};
use super::{Column, Dataset, Lines, Numbers, ReadOptions, Target, Values};

/// So many rows are cut into columns at a time, so that they stay in the cache meanwhile.
const BLOCK: usize = 256;

/// An array of rows, its columns not decoded yet.
pub(crate) struct Grid<'a> {
    pub(crate) source: &'a str,
    pub(crate) n_rows: usize,
    pub(crate) extent: Extent,
    pub(crate) n_columns: usize,
    /// What a column is called before its number: `pixel`, `feature`.
    pub(crate) noun: &'a str,
    pub(crate) labels: Option<Column>,
}

impl Grid<'_> {
    /// Makes a table. `decode` decodes the columns with the given numbers.
    pub(crate) fn into_dataset(
        self,
        options: &ReadOptions,
        decode: impl FnOnce(&[usize]) -> Result<Vec<Numbers>, TryReserveError>,
    ) -> Result<Dataset> {
        options.validate()?;
        check_width(self.n_columns).map_err(|error| error.in_file(self.source))?;
        let names: Vec<String> = (0..self.n_columns).map(|index| format!("{} {index}", self.noun)).collect();
        let options = self.parts(&names, options).map_err(|error| error.in_file(self.source))?;
        let selection = Selection::new(&names, &options).map_err(|error| error.in_file(self.source))?;
        // Before anything is done for each row: without columns an array may claim any number of them.
        if !selection.roles.contains(&Role::Feature) {
            return Err(no_features(self.source));
        }
        let wanted: Vec<usize> =
            (0..self.n_columns).filter(|&index| selection.roles[index] != Role::Dropped).collect();
        let decoded = decode(&wanted).map_err(|error| self.too_large(error))?;
        let mut columns: Vec<Selected> = Vec::with_capacity(wanted.len() + 1);
        for (&index, numbers) in wanted.iter().zip(decoded) {
            let values = Values::Numbers(numbers);
            let values = if selection.categorical[index] { values.into_text() } else { values };
            let column = Column { name: names[index].clone(), values };
            columns.push(Selected { role: selection.roles[index], index, column });
        }
        let labels = self.labels.into_iter();
        columns.extend(labels.map(|column| Selected {
            role: Role::Target(0),
            index: self.n_columns,
            column,
        }));
        let locate = |_: usize, column: usize| Position {
            file: self.source.into(),
            line: None,
            column: names.get(column).map(|name| (column as u64 + 1, name.clone())),
        };
        let table = Table {
            source: self.source,
            n_rows: self.n_rows,
            extent: self.extent,
            columns,
            lines: Lines::default(),
            ignored: selection.ignored(&names),
            warnings: Vec::new(),
            nan_is_missing: options.is_missing("NaN"),
            locate: &locate,
        };
        table.assemble(&options)
    }

    /// The options with the target that they amount to: the labels, or columns of the array that are named.
    fn parts(&self, names: &[String], options: &ReadOptions) -> Result<ReadOptions> {
        let target = match (&self.labels, &options.target) {
            (Some(labels), _) if labels.values.len() != self.n_rows => {
                let message =
                    format!("{} rows, but {} labels in the file beside it", self.n_rows, labels.values.len());
                return Err(Error::data(message));
            }
            (Some(_), Target::Columns(_) | Target::OfModel(_)) => {
                return Err(Error::configuration("the target is given twice: --labels and --target"));
            }
            (Some(_), _) => Target::None,
            (None, Target::Last) => {
                return Err(Error::configuration(
                    "this file holds features only: the labels are missing\n\
                     say --labels FILE, or --target -1 if the last column is what to predict",
                ));
            }
            (None, Target::OfModel(targets)) if targets.iter().all(|target| !names.contains(target)) => {
                return Err(Error::data(format!(
                    "the model's target {} is not there: this file holds features only\n\
                     name the file of its labels with --labels",
                    listed(targets)
                )));
            }
            (None, target) => target.clone(),
        };
        Ok(ReadOptions { target, ..options.clone() })
    }

    fn too_large(&self, error: TryReserveError) -> Error {
        let message = format!("{} rows of {} columns do not fit in memory", self.n_rows, self.n_columns);
        Error::new(ErrorKind::Memory, message).in_file(self.source).with_source(error)
    }
}

/// Makes the wanted columns of an array; `item` decodes the item in a row and a column.
pub(crate) fn transpose<T>(
    n_rows: usize,
    wanted: &[usize],
    item: impl Fn(usize, usize) -> T,
) -> Result<Vec<Vec<T>>, TryReserveError> {
    let mut columns = Vec::new();
    columns.try_reserve_exact(wanted.len())?;
    for _ in wanted {
        let mut column = Vec::new();
        column.try_reserve_exact(n_rows)?;
        columns.push(column);
    }
    for start in (0..n_rows).step_by(BLOCK) {
        let rows = start..n_rows.min(start + BLOCK);
        for (column, &index) in columns.iter_mut().zip(wanted) {
            column.extend(rows.clone().map(|row| item(row, index)));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_array_has_every_item_in_its_column() {
        for (n_rows, n_columns) in [(0, 3), (1, 1), (255, 2), (256, 3), (513, 5)] {
            let wanted: Vec<usize> = (0..n_columns).rev().step_by(2).collect();
            let columns = transpose(n_rows, &wanted, |row, column| row * n_columns + column).unwrap();
            for (column, &index) in columns.iter().zip(&wanted) {
                assert!(column.iter().copied().eq((0..n_rows).map(|row| row * n_columns + index)));
            }
            assert_eq!(columns.len(), wanted.len());
        }
    }
}
