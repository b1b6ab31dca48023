//! Row-major matrices and views of them.
//!
//! A [`Matrix`] owns its values without padding. Views carry a row stride, so that a range of columns of a wider
//! matrix is a view too. Shapes are checked where a view is made and where an operation takes several views;
//! indexing inside operations goes through row slices.

use std::ops::Range;

/// A row-major matrix that owns its `rows × columns` values.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Matrix<T> {
    values: Vec<T>,
    rows: usize,
    columns: usize,
}

impl<T: Copy + Default> Matrix<T> {
    /// A matrix of default values: zeros.
    ///
    /// # Panics
    /// When `rows · columns` does not fit a `usize`.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let length = rows.checked_mul(columns).expect("the size of a matrix fits a usize");
        Self { values: vec![T::default(); length], rows, columns }
    }

    /// A matrix of the given values, row after row.
    ///
    /// # Panics
    /// When there are not exactly `rows · columns` values.
    pub fn from_vec(values: Vec<T>, rows: usize, columns: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(columns), "{rows} × {columns} values");
        Self { values, rows, columns }
    }

    /// A matrix whose entry at row `i`, column `j` is `value(i, j)`.
    pub fn from_fn(rows: usize, columns: usize, mut value: impl FnMut(usize, usize) -> T) -> Self {
        let mut matrix = Self::zeros(rows, columns);
        for i in 0..rows {
            for (j, entry) in matrix.row_mut(i).iter_mut().enumerate() {
                *entry = value(i, j);
            }
        }
        matrix
    }

    /// The matrix of the given rows, in that order; a row may come more than once.
    #[must_use]
    pub fn select_rows(&self, rows: &[u32]) -> Self {
        let mut selected = Self::zeros(rows.len(), self.columns);
        for (to, &from) in rows.iter().enumerate() {
            selected.row_mut(to).copy_from_slice(self.row(from as usize));
        }
        selected
    }

    /// Sets the number of rows: keeps those that remain and appends rows of zeros. Memory is kept, so that a
    /// matrix allocates only beyond the largest number of rows it ever had.
    ///
    /// # Panics
    /// When `rows · columns` does not fit a `usize`.
    pub fn set_rows(&mut self, rows: usize) {
        let length = rows.checked_mul(self.columns).expect("the size of a matrix fits a usize");
        self.values.resize(length, T::default());
        self.rows = rows;
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, row after row, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The values themselves, row after row.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// Row `i`, to be changed.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// The whole matrix as a view.
    pub fn view(&self) -> MatrixRef<'_, T> {
        MatrixRef::new(&self.values, self.rows, self.columns)
    }

    /// The whole matrix as a view to write through.
    pub fn view_mut(&mut self) -> MatrixMut<'_, T> {
        MatrixMut::new(&mut self.values, self.rows, self.columns)
    }
}

/// A row-major view of `rows × columns` values; consecutive rows start `stride` values apart.
#[derive(Clone, Copy, Debug)]
pub struct MatrixRef<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a, T: Copy> MatrixRef<'a, T> {
    /// A view of values that lie row after row without gaps.
    ///
    /// # Panics
    /// When there are not exactly `rows · columns` values.
    pub fn new(values: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(columns), "{rows} × {columns} values");
        Self { values, rows, columns, stride: columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Distance between the starts of consecutive rows, in values.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The values from the first entry to the last, gaps between rows included.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// Row `i`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, i: usize) -> &'a [T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        // Without columns there are no values, wherever the row would start.
        if self.columns == 0 { &[] } else { &self.values[i * self.stride..][..self.columns] }
    }

    /// The view of a range of rows.
    ///
    /// # Panics
    /// When the range goes beyond the rows.
    #[must_use]
    pub fn row_range(self, rows: Range<usize>) -> Self {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?} of {}", self.rows);
        let values = slice_of(rows.len(), self.columns, self.stride, rows.start * self.stride);
        Self { values: &self.values[values], rows: rows.len(), ..self }
    }

    /// The view of a range of columns.
    ///
    /// # Panics
    /// When the range goes beyond the columns.
    #[must_use]
    pub fn column_range(self, columns: Range<usize>) -> Self {
        assert!(columns.start <= columns.end && columns.end <= self.columns, "columns {columns:?}");
        let values = slice_of(self.rows, columns.len(), self.stride, columns.start);
        Self { values: &self.values[values], columns: columns.len(), ..self }
    }
}

/// A row-major view to write through; its rows lie without gaps.
#[derive(Debug)]
pub struct MatrixMut<'a, T> {
    values: &'a mut [T],
    rows: usize,
    columns: usize,
}

impl<'a, T: Copy> MatrixMut<'a, T> {
    /// A view of values that lie row after row without gaps.
    ///
    /// # Panics
    /// When there are not exactly `rows · columns` values.
    pub fn new(values: &'a mut [T], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(columns), "{rows} × {columns} values");
        Self { values, rows, columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &[T] {
        self.values
    }

    /// All values, row after row, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        self.values
    }

    /// Row `i`, to be changed.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// The same view to read.
    pub fn as_ref(&self) -> MatrixRef<'_, T> {
        MatrixRef::new(self.values, self.rows, self.columns)
    }

    /// The same view for a shorter time.
    pub fn reborrow(&mut self) -> MatrixMut<'_, T> {
        MatrixMut { values: self.values, rows: self.rows, columns: self.columns }
    }

    /// The values that the view was made of.
    pub fn into_values(self) -> &'a mut [T] {
        self.values
    }
}

/// A row-major view to write through whose rows start `stride` values apart.
///
/// The values between the columns and the next row are padding and belong to the view: what fills the view writes zeros
/// there, so that a loop over whole vectors may read them.
#[derive(Debug)]
pub struct PaddedMut<'a, T> {
    values: &'a mut [T],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a, T: Copy + Default> PaddedMut<'a, T> {
    /// A view of the first `columns` of every `stride` values.
    ///
    /// # Panics
    /// When there are not exactly `rows · stride` values, or rows are longer than their distance.
    pub fn new(values: &'a mut [T], rows: usize, columns: usize, stride: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(stride), "{rows} rows, each {stride} values on");
        assert!(columns <= stride, "{columns} columns in {stride} values");
        Self { values, rows, columns, stride }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Distance between the starts of consecutive rows, in values.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Row `i`, to be changed, without its padding.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.values[i * self.stride..][..self.columns]
    }

    /// The same view for a shorter time.
    pub fn reborrow(&mut self) -> PaddedMut<'_, T> {
        PaddedMut { values: self.values, ..*self }
    }

    /// The view of a range of rows.
    ///
    /// # Panics
    /// When the range goes beyond the rows.
    #[must_use]
    pub fn row_range(self, rows: Range<usize>) -> Self {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?} of {}", self.rows);
        let values = &mut self.values[rows.start * self.stride..rows.end * self.stride];
        Self { values, rows: rows.len(), ..self }
    }

    /// The values from the first entry on, padding included, to be changed.
    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        self.values
    }

    /// Writes zeros into the padding and, where there is any, into the entries: for what then writes every entry.
    ///
    /// One fill of everything is faster than one of each row's rest.
    pub fn prepare(&mut self) {
        if self.stride > self.columns {
            self.values.fill(T::default());
        }
    }
}

impl<'a, T> From<MatrixMut<'a, T>> for PaddedMut<'a, T> {
    fn from(matrix: MatrixMut<'a, T>) -> Self {
        let MatrixMut { values, rows, columns } = matrix;
        Self { values, rows, columns, stride: columns }
    }
}

/// The range of values that `rows` rows of `columns` columns take, from `start` on; empty without entries.
fn slice_of(rows: usize, columns: usize, stride: usize, start: usize) -> Range<usize> {
    if rows == 0 || columns == 0 {
        return 0..0;
    }
    start..start + (rows - 1) * stride + columns
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice this many values are none, where a product that does not fit is cut off.
    const HALF: usize = usize::MAX / 2 + 1;

    #[test]
    #[should_panic(expected = "× 2 values")]
    fn a_view_of_more_values_than_there_can_be_is_refused() {
        MatrixRef::<f32>::new(&[], HALF, 2);
    }

    #[test]
    #[should_panic(expected = "× 2 values")]
    fn a_view_to_write_more_values_than_there_can_be_is_refused() {
        MatrixMut::<f32>::new(&mut [], HALF, 2);
    }

    #[test]
    #[should_panic(expected = "the size of a matrix fits a usize")]
    fn rows_of_more_values_than_there_can_be_are_refused() {
        Matrix::<f32>::zeros(0, 2).set_rows(HALF);
    }
}
