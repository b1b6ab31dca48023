//! Networks by themselves: numbers in, numbers out, and the derivatives of a loss.

use super::arrays;
use super::settings::{activation, loss};
use crate::errors::raised;
use chainrule::backprop::{Gradients, backward};
use chainrule::data::{Batch, Columns, Samples, Targets};
use chainrule::loss::Objective;
use chainrule::model::AnyNetwork;
use chainrule::network::{self, ForwardPass, LayerConfig, NetworkConfig, Parameters, activation_name};
use chainrule::{Cpu, Float, Matrix};
use numpy::{Element, IxDyn, PyArray, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArrayDyn};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::BTreeMap;

/// A network.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Network(AnyNetwork);

/// One layer as Python describes it: width, activation, its parameter.
type LayerChoice = (usize, (String, Option<f64>));
/// Z and A of each layer.
type Passes<'py> = Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

impl Network {
    pub(super) fn new(network: AnyNetwork) -> Self {
        Self(network)
    }
}

#[pymethods]
impl Network {
    /// A fresh network.
    #[staticmethod]
    fn fresh(
        n_inputs: usize,
        layers: Vec<LayerChoice>,
        bias: bool,
        init: Option<&str>,
        precision: &str,
        seed: u64,
    ) -> PyResult<Self> {
        let initializer = init.map(super::settings::parsed).transpose()?;
        let layer = |(n_outputs, choice): LayerChoice| {
            Ok(LayerConfig { bias, initializer, ..LayerConfig::new(n_outputs, activation(&choice)?) })
        };
        let config = NetworkConfig::new(n_inputs, layers.into_iter().map(layer).collect::<PyResult<_>>()?);
        match super::settings::parsed(precision)? {
            chainrule::training::Precision::F32 => network::Network::new(&config, seed).map(AnyNetwork::F32),
            chainrule::training::Precision::F64 => network::Network::new(&config, seed).map(AnyNetwork::F64),
        }
        .map(Self)
        .map_err(raised)
    }

    #[getter]
    fn precision(&self) -> &'static str {
        self.0.precision()
    }

    #[getter]
    fn n_parameters(&self) -> usize {
        self.0.n_parameters()
    }

    /// Columns that the first layer reads.
    #[getter]
    fn n_inputs(&self) -> usize {
        match &self.0 {
            AnyNetwork::F32(network) => network.n_inputs(),
            AnyNetwork::F64(network) => network.n_inputs(),
        }
    }

    /// Width, activation, its parameter and whether there is a bias, of each layer.
    #[getter]
    fn layers(&self) -> Vec<(usize, &'static str, Option<f64>, bool)> {
        let layers = self.0.config().layers.into_iter();
        let told = layers.map(|layer| (layer.n_outputs, activation_name(layer.activation), layer.bias));
        told.map(|(n, (name, parameter), bias)| (n, name, parameter, bias)).collect()
    }

    /// Copies of all tensors by name.
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match &self.0 {
            AnyNetwork::F32(network) => tensors(py, &network.parameters),
            AnyNetwork::F64(network) => tensors(py, &network.parameters),
        }
    }

    /// The same network with some tensors replaced.
    fn with_parameters(&self, given: BTreeMap<String, Bound<'_, PyAny>>) -> PyResult<Self> {
        Ok(Self(match &self.0 {
            AnyNetwork::F32(network) => AnyNetwork::F32(replaced(network, given)?),
            AnyNetwork::F64(network) => AnyNetwork::F64(replaced(network, given)?),
        }))
    }

    /// Z and A of each layer.
    fn forward<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>, threads: usize) -> PyResult<Passes<'py>> {
        match &self.0 {
            AnyNetwork::F32(network) => passes(py, network, x, threads),
            AnyNetwork::F64(network) => passes(py, network, x, threads),
        }
    }

    /// Loss and its derivative by every tensor. Targets are numbers, or numbers of classes.
    #[pyo3(signature = (x, targets, loss, delta, label_smoothing, sample_weight, threads))]
    #[allow(clippy::too_many_arguments, reason = "Python gives each by name")]
    fn gradients<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        targets: &Bound<'py, PyAny>,
        loss: &str,
        delta: f64,
        label_smoothing: f64,
        sample_weight: Option<&Bound<'py, PyAny>>,
        threads: usize,
    ) -> PyResult<(f64, Bound<'py, PyDict>)> {
        let objective = Objective { loss: self::loss(loss, delta)?, label_smoothing };
        objective.validate().map_err(raised)?;
        let given = (x, targets, sample_weight);
        match &self.0 {
            AnyNetwork::F32(network) => derivatives(py, network, &objective, given, threads),
            AnyNetwork::F64(network) => derivatives(py, network, &objective, given, threads),
        }
    }
}

fn tensors<'py, F: Float + Element>(
    py: Python<'py>,
    parameters: &Parameters<F>,
) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    for tensor in &parameters.tensors {
        let values = &parameters.values[tensor.range.clone()];
        let array: Bound<'py, PyArray<F, IxDyn>> = arrays::shaped(py, values, &tensor.shape)?;
        told.set_item(&tensor.name, array)?;
    }
    Ok(told)
}

fn replaced<F: Float + Element>(
    network: &network::Network<F>,
    given: BTreeMap<String, Bound<'_, PyAny>>,
) -> PyResult<network::Network<F>> {
    let mut network = network.clone();
    for (name, array) in given {
        let Some(tensor) = network.parameters.tensors.iter().find(|tensor| tensor.name == name) else {
            let names = network.parameters.tensors.iter().map(|tensor| tensor.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            return Err(PyKeyError::new_err(format!("there is no tensor '{name}'; there are {names}")));
        };
        let array: PyReadonlyArrayDyn<'_, F> = array.extract()?;
        let view = array.as_array();
        if view.shape() != &tensor.shape[..] {
            let message = format!("'{name}' has shape {:?}, not {:?}", tensor.shape, view.shape());
            return Err(PyValueError::new_err(message));
        }
        let range = tensor.range.clone();
        network.parameters.values[range].iter_mut().zip(view.iter()).for_each(|(to, &from)| *to = from);
    }
    Ok(network)
}

/// The inputs of a network, whose first stage they go through as numbers.
fn columns<F: Float + Element>(network: &network::Network<F>, x: &Bound<'_, PyAny>) -> PyResult<Columns<F>> {
    let given = arrays::matrix(&x.extract::<PyReadonlyArray2<'_, F>>()?);
    let config = network.config();
    if !config.cardinalities.is_empty() {
        let message = "this network has categories for inputs; use Model.predict";
        return Err(PyValueError::new_err(message));
    }
    if given.columns() != network.n_inputs() {
        return Err(PyValueError::new_err(format!(
            "X has {} columns; the network reads {}",
            given.columns(),
            network.n_inputs()
        )));
    }
    let codes = Matrix::zeros(given.rows(), 0);
    Ok(Columns { numeric: given, codes })
}

fn passes<'py, F: Float + Element>(
    py: Python<'py>,
    network: &network::Network<F>,
    x: &Bound<'py, PyAny>,
    threads: usize,
) -> PyResult<Passes<'py>> {
    let columns = columns(network, x)?;
    let pass = py.detach(|| network.forward(&Cpu::new(threads), &columns));
    let layer = |layer: network::LayerPass<F>| {
        let z = arrays::array(py, layer.preactivations)?.into_any();
        Ok((z, arrays::array(py, layer.activations)?.into_any()))
    };
    pass.layers.into_iter().map(layer).collect()
}

/// X, targets and weights.
type Given<'a, 'py> = (&'a Bound<'py, PyAny>, &'a Bound<'py, PyAny>, Option<&'a Bound<'py, PyAny>>);

fn derivatives<'py, F: Float + Element>(
    py: Python<'py>,
    network: &network::Network<F>,
    objective: &Objective,
    (x, targets, weights): Given<'_, 'py>,
    threads: usize,
) -> PyResult<(f64, Bound<'py, PyDict>)> {
    let output = network.output_activation();
    let expected = objective.loss.output_activation(Some(output)).map_err(raised)?;
    if expected != output {
        return Err(PyValueError::new_err(format!(
            "loss '{}' takes output '{}', and this network has '{}'",
            objective.loss,
            activation_name(expected).0,
            activation_name(output).0
        )));
    }
    let columns = columns(network, x)?;
    let n_rows = columns.n_samples();
    let weights = weights.map(PyAnyMethods::extract::<PyReadonlyArray1<'_, F>>).transpose()?;
    let weights: Option<Vec<F>> = weights.map(|weights| weights.as_array().to_vec());
    let samples = Samples { targets: self::targets(network, targets)?, columns, weights };
    let lengths = [samples.targets.n_samples(), samples.weights.as_ref().map_or(n_rows, Vec::len)];
    if n_rows == 0 || lengths != [n_rows; 2] {
        let [targets, weights] = lengths;
        return Err(PyValueError::new_err(format!(
            "X has {n_rows} rows, y {targets}, sample_weight {weights}; expected the same, and at least 1"
        )));
    }
    let mut gradients = Gradients::new(network, n_rows);
    let loss = py.detach(|| {
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        let (cpu, batch) = (Cpu::new(threads), Batch { samples: &samples, rows: &rows });
        let mut pass = ForwardPass::new(network, n_rows);
        network.forward_rows(&cpu, &samples.columns, &rows, None, &mut pass);
        backward(network, objective, &batch, None, &pass, &cpu, &mut gradients)
    });
    let Some(loss) = loss else { return Err(PyValueError::new_err("all rows have weight 0")) };
    Ok((loss, tensors(py, &gradients.parameters)?))
}

/// Class numbers where they are given as such (uint32), else numbers.
fn targets<F: Float + Element>(
    network: &network::Network<F>,
    targets: &Bound<'_, PyAny>,
) -> PyResult<Targets<F>> {
    if let Ok(classes) = targets.extract::<PyReadonlyArray1<'_, u32>>() {
        let classes = classes.as_array().to_vec();
        let n = network.n_outputs().max(2) as u32;
        if let Some(wrong) = classes.iter().find(|&&class| class >= n) {
            return Err(PyValueError::new_err(format!(
                "y has class {wrong}; there are classes 0 to {}",
                n - 1
            )));
        }
        return Ok(Targets::Classes(classes));
    }
    let values = arrays::matrix(&targets.extract::<PyReadonlyArray2<'_, F>>()?);
    if values.columns() != network.n_outputs() {
        return Err(PyValueError::new_err(format!(
            "y has {} columns; the network has {} outputs",
            values.columns(),
            network.n_outputs()
        )));
    }
    Ok(Targets::Values(values))
}
