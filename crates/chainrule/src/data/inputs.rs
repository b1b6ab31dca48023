//! The inputs of a network where they lie: in a data set, or in memory that somebody else owns.
//!
//! A table of a million rows must not be copied to be trained on. What a step needs of the inputs is only to write some rows
//! of them as the first layer reads them.

use super::Columns;
use crate::{Error, Float, MatrixRef, Result};

/// The inputs of samples, one row per sample.
#[derive(Clone, Copy, Debug)]
pub enum Inputs<'a, F> {
    /// Columns of a data set.
    Columns(&'a Columns<F>),
    /// A matrix of numbers.
    Dense(MatrixRef<'a, F>),
    /// A matrix most of whose numbers are 0.
    Sparse(SparseRows<'a, F>),
}

/// A matrix in compressed rows (CSR), as SciPy has it: of row i, `values[starts[i]..starts[i + 1]]` stand in the columns
/// `columns[starts[i]..starts[i + 1]]`. A column named twice has the sum.
///
/// ```
/// use chainrule::data::{Places, SparseRows};
///
/// let rows = SparseRows::new(Places::Narrow(&[0, 2, 3]), Places::Narrow(&[0, 2, 1]), &[5.0, 6.0, 7.0], 3)?;
/// let mut row = [1.0; 3];
/// rows.write_row(0, &mut row);
/// assert_eq!(row, [5.0, 0.0, 6.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SparseRows<'a, F> {
    starts: Places<'a>,
    columns: Places<'a>,
    values: &'a [F],
    n_columns: usize,
}

/// Numbers that count places, in either width.
#[derive(Clone, Copy, Debug)]
pub enum Places<'a> {
    /// 32 bits.
    Narrow(&'a [i32]),
    /// 64 bits.
    Wide(&'a [i64]),
}

impl<'a, F> From<&'a Columns<F>> for Inputs<'a, F> {
    fn from(columns: &'a Columns<F>) -> Self {
        Self::Columns(columns)
    }
}

impl<'a, F: Float> Inputs<'a, F> {
    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.n_samples(),
            Self::Dense(matrix) => matrix.rows(),
            Self::Sparse(rows) => rows.n_rows(),
        }
    }

    /// The numbers of a row that will be read together, to be brought nearer ahead of time.
    pub(crate) fn stored_row(&self, row: usize) -> &'a [F] {
        match self {
            Self::Columns(columns) => columns.numeric.row(row),
            Self::Dense(matrix) => matrix.row(row),
            Self::Sparse(rows) => rows.range(row).map_or(&[], |range| &rows.values[range]),
        }
    }

    /// Bytes of all numbers.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Columns(columns) => size_of_val(columns.numeric.values()),
            Self::Dense(matrix) => size_of_val(matrix.values()),
            Self::Sparse(rows) => size_of_val(rows.values),
        }
    }
}

impl Places<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(places) => places.len(),
            Self::Wide(places) => places.len(),
        }
    }

    /// A place; none for a negative number.
    fn get(&self, i: usize) -> Option<usize> {
        match self {
            Self::Narrow(places) => places.get(i).and_then(|&place| usize::try_from(place).ok()),
            Self::Wide(places) => places.get(i).and_then(|&place| usize::try_from(place).ok()),
        }
    }
}

impl<'a, F: Float> SparseRows<'a, F> {
    /// A matrix of `n_columns` columns.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when starts do not grow from 0 to the number of values, or a column is not
    /// below `n_columns`.
    pub fn new(starts: Places<'a>, columns: Places<'a>, values: &'a [F], n_columns: usize) -> Result<Self> {
        if columns.len() != values.len() {
            let (found, expected) = (columns.len(), values.len());
            return Err(Error::data(format!(
                "a sparse matrix of {expected} values has {found} column numbers"
            )));
        }
        let mut before = 0;
        for i in 0..starts.len() {
            let start = starts.get(i).filter(|&start| start >= before && start <= values.len());
            let Some(start) = start.filter(|&start| i > 0 || start == 0) else {
                return Err(Error::data(format!(
                    "row {i} of a sparse matrix does not start between {before} and {}",
                    values.len()
                )));
            };
            before = start;
        }
        if let Some(i) = (0..columns.len()).find(|&i| columns.get(i).is_none_or(|column| column >= n_columns))
        {
            return Err(Error::data(format!(
                "value {i} of a sparse matrix stands in a column that is not among its {n_columns}"
            )));
        }
        Ok(Self { starts, columns, values, n_columns })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn range(&self, row: usize) -> Option<std::ops::Range<usize>> {
        Some(self.starts.get(row)?..self.starts.get(row + 1)?)
    }

    /// Writes a row with all its zeros.
    ///
    /// # Panics
    /// When there is no such row, or `into` has another length than a row.
    pub fn write_row(&self, row: usize, into: &mut [F]) {
        assert!(row < self.n_rows() && into.len() == self.n_columns, "row {row} of {}", self.n_rows());
        into.fill(F::ZERO);
        for i in self.range(row).unwrap_or_default() {
            if let Some(column) = self.columns.get(i) {
                into[column] += self.values[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_with_their_zeros_and_repeated_columns_add_up() {
        let (starts, columns) = ([0i64, 2, 2, 5], [1i64, 3, 0, 0, 2]);
        let rows =
            SparseRows::new(Places::Wide(&starts), Places::Wide(&columns), &[1.0, 2.0, 3.0, 4.0, 5.0], 4);
        let rows = rows.unwrap();
        let mut row = [f64::NAN; 4];
        let written = [0, 1, 2].map(|i| {
            rows.write_row(i, &mut row);
            row
        });
        assert_eq!(written, [[0.0, 1.0, 0.0, 2.0], [0.0; 4], [7.0, 0.0, 5.0, 0.0]]);
        assert_eq!((rows.n_rows(), Inputs::Sparse(rows).stored_row(2)), (3, &[3.0, 4.0, 5.0][..]));
    }

    #[test]
    fn places_outside_are_refused_with_what_was_expected() {
        let refused = |starts: &[i32], columns: &[i32]| {
            let found = SparseRows::new(Places::Narrow(starts), Places::Narrow(columns), &[1.0, 2.0], 2);
            found.unwrap_err().message().to_owned()
        };
        assert!(refused(&[0, 1, 2], &[0, 2]).contains("value 1"));
        assert!(refused(&[0, 1, 2], &[0, -1]).contains("value 1"));
        assert!(refused(&[0, 3], &[0, 1]).contains("row 1"));
        assert!(refused(&[0, 2, 1], &[0, 1]).contains("row 2"));
        assert!(refused(&[1, 2], &[0, 1]).contains("row 0"));
        assert!(refused(&[0, 2], &[0]).contains("1 column numbers"));
    }
}
