//! Prediction with the arrays of a fitted estimator, as they are.

use chainrule::data::Inputs;
use chainrule::network::{BorrowedLayer, predict_borrowed};
use chainrule::{Cpu, MatrixMut};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::data::{Number, with_matrix};
use super::network::{Arrays, activation};

/// Below so many multiply-adds no other thread is asked.
const SMALL: usize = 1 << 19;

/// The outputs of a network for all rows of a matrix, or of a CSR matrix in parts: rows × outputs.
#[pyfunction]
pub(crate) fn predict<'py>(
    py: Python<'py>,
    coefs: &Bound<'py, PyList>,
    intercepts: &Bound<'py, PyList>,
    activations: Vec<String>,
    inputs: &Bound<'py, PyAny>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    if coefs.get_item(0)?.cast::<PyArray2<f64>>().is_ok() {
        return predict_as::<f64>(py, &Arrays::of(coefs, intercepts)?, &activations, inputs, n_threads);
    }
    predict_as::<f32>(py, &Arrays::of(coefs, intercepts)?, &activations, inputs, n_threads)
}

fn predict_as<'py, F: Number>(
    py: Python<'py>,
    arrays: &Arrays<'py, F>,
    activations: &[String],
    inputs: &Bound<'py, PyAny>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    if activations.len() != arrays.weights.len() {
        return Err(PyValueError::new_err("expected one activation per layer"));
    }
    let mut layers = Vec::with_capacity(activations.len());
    let mut columns = None;
    let mut work = 0;
    for (l, name) in activations.iter().enumerate() {
        let (weight, bias) = arrays.layer(l)?;
        if columns.is_some_and(|columns| columns != weight.rows()) || weight.columns() != bias.len() {
            return Err(PyValueError::new_err(format!(
                "the weights of layer {l} do not fit those before or its biases"
            )));
        }
        columns = Some(weight.columns());
        work += weight.values().len();
        layers.push(BorrowedLayer { weight, bias, activation: activation(name)? });
    }
    let n_outputs = columns.unwrap_or(0);
    with_matrix::<F, _>(inputs, |inputs| {
        let (rows, found) = (inputs.n_samples(), n_columns(&inputs));
        let expected = layers[0].weight.rows();
        if found != expected {
            return Err(PyValueError::new_err(format!("expected {expected} features, found {found}")));
        }
        let mut values = vec![F::ZERO; rows * n_outputs];
        if rows * work < SMALL {
            let cpu = device(1);
            predict_borrowed(&cpu, &layers, inputs, MatrixMut::new(&mut values, rows, n_outputs));
        } else {
            let cpu = device(n_threads);
            let into = &mut values;
            py.detach(|| predict_borrowed(&cpu, &layers, inputs, MatrixMut::new(into, rows, n_outputs)));
        }
        Ok(PyArray1::from_vec(py, values).reshape([rows, n_outputs])?.into_any())
    })
}

fn n_columns<F: Number>(inputs: &Inputs<'_, F>) -> usize {
    match inputs {
        Inputs::Columns(columns) => columns.numeric.columns(),
        Inputs::Dense(matrix) => matrix.columns(),
        Inputs::Sparse(rows) => rows.n_columns(),
    }
}

/// Devices for prediction, by their number of threads; those of a training are its own.
static DEVICES: Mutex<BTreeMap<usize, Arc<Cpu>>> = Mutex::new(BTreeMap::new());

fn device(n_threads: usize) -> Arc<Cpu> {
    let mut devices = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
    devices.entry(n_threads).or_insert_with(|| Arc::new(Cpu::new(n_threads))).clone()
}
