//! Networks as scikit-learn keeps them, lists of arrays n_in × n_out and of biases, and as the engine does.

use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig, Parameters, parse_activation};
use chainrule::training::Report;
use chainrule::{Activation, MatrixRef};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::data::Number;
use crate::errors::exception;

/// The structure of a network and what it minimises, by names.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Structure {
    widths: Vec<usize>,
    /// Of every layer, the output layer last.
    activations: Vec<String>,
    /// Of every hidden layer.
    dropout: Vec<f64>,
    loss: String,
    scikit_learn: bool,
}

impl Structure {
    /// The engine's structure and objective, and how a loss is reported.
    pub(crate) fn resolve(&self) -> PyResult<(NetworkConfig, Objective, Report)> {
        let loss: Loss = self.loss.parse().map_err(|error| exception(&error))?;
        let mut layers = Vec::new();
        for (l, name) in self.activations.iter().enumerate() {
            let &width =
                self.widths.get(l + 1).ok_or_else(|| PyValueError::new_err("one width per layer"))?;
            let activation = activation(name)?;
            let dropout = self.dropout.get(l).copied().unwrap_or(0.0);
            layers.push(LayerConfig { dropout, ..LayerConfig::new(width, activation) });
        }
        let inputs = self.widths.first().copied().unwrap_or(0);
        if let Some(last) = layers.last_mut() {
            last.activation =
                loss.output_activation(Some(last.activation)).map_err(|error| exception(&error))?;
        }
        let report = if self.scikit_learn { Report::ScikitLearn } else { Report::Objective };
        Ok((NetworkConfig::new(inputs, layers), Objective::new(loss), report))
    }

    /// A network of zeros.
    pub(crate) fn network<F: Number>(config: &NetworkConfig) -> PyResult<Network<F>> {
        config.validate().map_err(|error| exception(&error))?;
        let n_parameters = config.n_parameters().map_err(|error| exception(&error))?;
        Network::from_parameters(config, vec![F::ZERO; n_parameters]).map_err(|error| exception(&error))
    }
}

/// An activation by the engine's name, or by scikit-learn's.
pub(crate) fn activation(name: &str) -> PyResult<Activation> {
    let name = if name == "logistic" { "sigmoid" } else { name };
    parse_activation(name, None).map_err(|error| exception(&error))
}

/// The weights and biases of a list of layers.
pub(crate) struct Arrays<'py, F: Number> {
    pub(crate) weights: Vec<PyReadonlyArray2<'py, F>>,
    pub(crate) biases: Vec<PyReadonlyArray1<'py, F>>,
}

impl<'py, F: Number> Arrays<'py, F> {
    pub(crate) fn of(coefs: &Bound<'py, PyList>, intercepts: &Bound<'py, PyList>) -> PyResult<Self> {
        let weights = coefs.iter().map(|w| w.extract::<PyReadonlyArray2<'py, F>>());
        let biases = intercepts.iter().map(|b| b.extract::<PyReadonlyArray1<'py, F>>());
        let weights: Vec<_> = weights.collect::<PyResult<_>>()?;
        let biases: Vec<_> = biases.collect::<PyResult<_>>()?;
        if weights.len() != biases.len() || weights.iter().any(|w| !w.is_c_contiguous()) {
            return Err(PyValueError::new_err(
                "expected a bias for every matrix of weights, and these C-contiguous",
            ));
        }
        Ok(Self { weights, biases })
    }

    /// W of a layer, n_in × n_out, and b.
    pub(crate) fn layer(&self, l: usize) -> PyResult<(MatrixRef<'_, F>, &[F])> {
        let w = &self.weights[l];
        Ok((MatrixRef::new(w.as_slice()?, w.shape()[0], w.shape()[1]), self.biases[l].as_slice()?))
    }
}

/// Copies arrays into the parameters of a network.
pub(crate) fn load<F: Number>(network: &mut Network<F>, arrays: &Arrays<'_, F>) -> PyResult<()> {
    let layers: Vec<_> = network.layers().cloned().collect();
    if arrays.weights.len() != layers.len() {
        return Err(PyValueError::new_err(format!(
            "expected {} layers, found {}",
            layers.len(),
            arrays.weights.len()
        )));
    }
    for (l, dense) in layers.iter().enumerate() {
        let (weight, bias) = arrays.layer(l)?;
        if (weight.rows(), weight.columns(), bias.len()) != (dense.n_inputs, dense.n_outputs, dense.n_outputs)
        {
            return Err(PyValueError::new_err(format!(
                "layer {l}: expected weights of {} x {} and as many biases, found {} x {} and {}",
                dense.n_inputs,
                dense.n_outputs,
                weight.rows(),
                weight.columns(),
                bias.len()
            )));
        }
        transpose(
            weight.values(),
            dense.n_inputs,
            dense.n_outputs,
            network.parameters.tensor_mut(dense.weight),
        );
        if let Some(tensor) = dense.bias {
            network.parameters.tensor_mut(tensor).copy_from_slice(bias);
        }
    }
    Ok(())
}

/// Numbers that lie as the parameters of a network do, as lists of new arrays.
pub(crate) fn store<'py, F: Number>(
    py: Python<'py>,
    network: &Network<F>,
    table: &Parameters<F>,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
    let (weights, biases) = (PyList::empty(py), PyList::empty(py));
    for dense in network.layers() {
        let mut turned = vec![F::ZERO; dense.n_inputs * dense.n_outputs];
        transpose(table.tensor(dense.weight), dense.n_outputs, dense.n_inputs, &mut turned);
        let turned = PyArray1::from_vec(py, turned);
        let matrix: Bound<'py, PyArray2<F>> = turned.reshape([dense.n_inputs, dense.n_outputs])?;
        weights.append(matrix)?;
        let bias = dense.bias.map_or(&[][..], |bias| table.tensor(bias));
        biases.append(PyArray1::from_slice(py, bias))?;
    }
    Ok((weights, biases))
}

/// Writes the transpose of rows × columns numbers, square by square.
pub(crate) fn transpose<F: Copy>(from: &[F], rows: usize, columns: usize, into: &mut [F]) {
    const SQUARE: usize = 16;
    for top in (0..rows).step_by(SQUARE) {
        for left in (0..columns).step_by(SQUARE) {
            for j in left..columns.min(left + SQUARE) {
                for i in top..rows.min(top + SQUARE) {
                    into[j * rows + i] = from[i * columns + j];
                }
            }
        }
    }
}
