//! Rows to train on: the inputs where NumPy and SciPy have them, targets and weights in the engine's own form.

use chainrule::data::{Columns, Inputs, Places, Samples, SparseRows, Targets};
use chainrule::{Float, Matrix, MatrixRef};
use numpy::{
    Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::errors::exception;

/// A kind of number that the engine and NumPy both know.
pub(crate) trait Number: Float + Element {}
impl Number for f32 {}
impl Number for f64 {}

/// Inputs, targets and weights of some samples.
///
/// The inputs are a C-contiguous matrix of float32 or float64, or the parts of a CSR matrix with its number of columns. They are not
/// copied; whoever changes them meanwhile changes what is trained on. Targets are class numbers (uint32) or a matrix of the inputs'
/// kind, weights a vector of it or None.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Data(pub(crate) Kind);

pub(crate) enum Kind {
    Single(Rows<f32>),
    Double(Rows<f64>),
}

/// Samples of one kind of number.
pub(crate) struct Rows<F: Number> {
    matrix: Stored<F>,
    pub(crate) samples: Samples<F>,
}

enum Stored<F: Number> {
    Dense(Py<PyArray2<F>>),
    Sparse { starts: StoredPlaces, columns: StoredPlaces, values: Py<PyArray1<F>>, n_columns: usize },
}

enum StoredPlaces {
    Narrow(Py<PyArray1<i32>>),
    Wide(Py<PyArray1<i64>>),
}

#[pymethods]
impl Data {
    #[new]
    #[pyo3(signature = (inputs, targets, weights=None))]
    fn new(
        inputs: &Bound<'_, PyAny>,
        targets: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if let Ok(matrix) = Stored::<f64>::of(inputs) {
            return Ok(Self(Kind::Double(Rows::new(matrix, targets, weights)?)));
        }
        Ok(Self(Kind::Single(Rows::new(Stored::<f32>::of(inputs)?, targets, weights)?)))
    }

    /// Number of samples.
    #[getter]
    pub(crate) fn n_samples(&self) -> usize {
        match &self.0 {
            Kind::Single(rows) => rows.samples.n_samples(),
            Kind::Double(rows) => rows.samples.n_samples(),
        }
    }
}

impl<F: Number> Rows<F> {
    fn new(
        matrix: Stored<F>,
        targets: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = targets.py();
        let targets = if let Ok(classes) = targets.extract::<PyReadonlyArray1<'_, u32>>() {
            Targets::Classes(classes.as_slice()?.to_vec())
        } else {
            let values = targets.extract::<PyReadonlyArray2<'_, F>>().map_err(|_| {
                PyTypeError::new_err(
                    "expected targets as uint32 class numbers, or as a matrix of the inputs' kind",
                )
            })?;
            let [rows, columns] = *values.shape() else {
                return Err(PyTypeError::new_err("a matrix of targets"));
            };
            Targets::Values(Matrix::from_vec(values.as_array().iter().copied().collect(), rows, columns))
        };
        let weights = match weights {
            None => None,
            Some(weights) => Some(weights.extract::<PyReadonlyArray1<'_, F>>()?.as_array().to_vec()),
        };
        let samples = Samples { columns: Columns::default(), targets, weights };
        let found = matrix.with(py, |inputs| Ok(inputs.n_samples()))?;
        let expected = samples.n_samples();
        if found != expected || samples.weights.as_ref().is_some_and(|weights| weights.len() != expected) {
            let message = format!(
                "expected one target and one weight per row of the inputs; there are {found} rows, {expected} targets"
            );
            return Err(PyValueError::new_err(message));
        }
        Ok(Self { matrix, samples })
    }

    /// Lends the inputs.
    pub(crate) fn with_inputs<R>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(Inputs<'_, F>) -> PyResult<R>,
    ) -> PyResult<R> {
        self.matrix.with(py, work)
    }
}

/// Lends the inputs that an object is, for as long as `work` lasts.
pub(crate) fn with_matrix<F: Number, R>(
    object: &Bound<'_, PyAny>,
    work: impl FnOnce(Inputs<'_, F>) -> PyResult<R>,
) -> PyResult<R> {
    Stored::<F>::of(object)?.with(object.py(), work)
}

/// A matrix in compressed rows as Python hands it over: indptr, indices, data, number of features.
type Parts<'py, F> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyArray1<F>>, usize);

impl<F: Number> Stored<F> {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(matrix) = object.cast::<PyArray2<F>>() {
            if !matrix.is_c_contiguous() {
                return Err(PyValueError::new_err("expected a C-contiguous matrix"));
            }
            return Ok(Self::Dense(matrix.clone().unbind()));
        }
        let (starts, columns, values, n_columns) = object.extract::<Parts<'_, F>>().map_err(|_| {
            PyTypeError::new_err(
                "expected a matrix of float32 or float64, or (indptr, indices, data, n_features)",
            )
        })?;
        let (starts, columns) = (StoredPlaces::of(&starts)?, StoredPlaces::of(&columns)?);
        Ok(Self::Sparse { starts, columns, values: values.unbind(), n_columns })
    }

    fn with<R>(&self, py: Python<'_>, work: impl FnOnce(Inputs<'_, F>) -> PyResult<R>) -> PyResult<R> {
        match self {
            Self::Dense(matrix) => {
                let matrix = matrix.bind(py).readonly();
                let [rows, columns] = *matrix.shape() else {
                    return Err(PyTypeError::new_err("expected a matrix"));
                };
                work(Inputs::Dense(MatrixRef::new(matrix.as_slice()?, rows, columns)))
            }
            Self::Sparse { starts, columns, values, n_columns } => {
                let values = values.bind(py).readonly();
                starts.with(py, |starts| {
                    columns.with(py, |columns| {
                        let rows = SparseRows::new(starts, columns, values.as_slice()?, *n_columns);
                        work(Inputs::Sparse(rows.map_err(|error| exception(&error))?))
                    })
                })
            }
        }
    }
}

impl StoredPlaces {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(places) = object.cast::<PyArray1<i32>>() {
            return Ok(Self::Narrow(places.clone().unbind()));
        }
        Ok(Self::Wide(object.cast::<PyArray1<i64>>()?.clone().unbind()))
    }

    fn with<R>(&self, py: Python<'_>, work: impl FnOnce(Places<'_>) -> PyResult<R>) -> PyResult<R> {
        match self {
            Self::Narrow(places) => work(Places::Narrow(places.bind(py).readonly().as_slice()?)),
            Self::Wide(places) => work(Places::Wide(places.bind(py).readonly().as_slice()?)),
        }
    }
}
