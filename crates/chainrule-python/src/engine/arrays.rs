//! Matrices and NumPy's arrays: copies, row after row.

use chainrule::Matrix;
use numpy::{Element, IxDyn, PyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;

/// A matrix as an array of two dimensions.
pub(super) fn array<T: Element + Copy + Default>(
    py: Python<'_>,
    matrix: Matrix<T>,
) -> PyResult<Bound<'_, PyArray2<T>>> {
    let shape = [matrix.rows(), matrix.columns()];
    PyArray1::from_vec(py, matrix.into_values()).reshape(shape)
}

/// Numbers as an array of any shape that has so many.
pub(super) fn shaped<'py, T: Element + Copy>(
    py: Python<'py>,
    values: &[T],
    shape: &[usize],
) -> PyResult<Bound<'py, PyArray<T, IxDyn>>> {
    PyArray1::from_slice(py, values).reshape(shape)
}

/// An array of two dimensions, whatever its layout, as a matrix.
pub(super) fn matrix<T: Element + Copy + Default>(array: &PyReadonlyArray2<'_, T>) -> Matrix<T> {
    let view = array.as_array();
    let (rows, columns) = view.dim();
    Matrix::from_vec(view.iter().copied().collect(), rows, columns)
}
