//! A model of layers that Python has: a fitted estimator in the file format of the program.

use super::Model;
use super::settings::{activation, loss};
use crate::errors::raised;
use chainrule::data::{Feature, FeatureKind, Labels, MissingPolicy, Outputs, Preprocessing, Scaler};
use chainrule::loss::Objective;
use chainrule::model::{self, AnyNetwork};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::{Activation, Float};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::BTreeMap;

/// What the model is besides its numbers.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Frame {
    activations: Vec<(String, Option<f64>)>,
    loss: String,
    feature_names: Vec<String>,
    target_names: Vec<String>,
    task: String,
    classes: Vec<String>,
    training: BTreeMap<String, String>,
}

/// Makes a model of weights (n_out × n_in) and biases, in f32 or f64, without preprocessing.
#[pyfunction]
pub(crate) fn model_of_layers(layers: &Bound<'_, PyAny>, frame: Frame) -> PyResult<Model> {
    let activations = frame.activations.iter().map(activation).collect::<PyResult<Vec<_>>>()?;
    let network = match read::<f64>(layers) {
        Ok(layers) => AnyNetwork::F64(network(frame.feature_names.len(), layers, &activations)?),
        Err(_) => AnyNetwork::F32(network(frame.feature_names.len(), read::<f32>(layers)?, &activations)?),
    };
    let scaler = Scaler::IDENTITY;
    let numeric = |name: String| Feature {
        name,
        kind: FeatureKind::Numeric { median: 0.0, scaler, missing_in_training: false },
    };
    let outputs = match &frame.task[..] {
        "classification" => {
            let labels = Labels { names: frame.classes, renames: vec![] };
            Outputs::Classes { labels, weights: None }
        }
        "multi-label" => Outputs::Flags,
        _ => Outputs::Numbers { scalers: vec![scaler; frame.target_names.len()] },
    };
    let model = model::Model {
        network,
        objective: Objective::new(loss(&frame.loss, 1.0)?),
        preprocessing: Preprocessing {
            features: frame.feature_names.into_iter().map(numeric).collect(),
            missing: MissingPolicy::Error,
            ignored: vec![],
            targets: frame.target_names,
            outputs,
        },
        training: frame.training,
    };
    // Writing checks that the parts belong together.
    model.to_bytes().map_err(raised)?;
    Ok(Model::new(model))
}

/// Weights and biases of one layer, row after row.
type Layer<F> = (usize, usize, Vec<F>, Vec<F>);

fn read<F: Float + Element>(layers: &Bound<'_, PyAny>) -> PyResult<Vec<Layer<F>>> {
    let layers: Vec<(PyReadonlyArray2<'_, F>, PyReadonlyArray1<'_, F>)> = layers.extract()?;
    let layer = |(weights, biases): &(PyReadonlyArray2<'_, F>, PyReadonlyArray1<'_, F>)| {
        let (n_outputs, n_inputs) = weights.as_array().dim();
        let weights = weights.as_array().iter().copied().collect();
        (n_outputs, n_inputs, weights, biases.as_array().to_vec())
    };
    Ok(layers.iter().map(layer).collect())
}

fn network<F: Float>(
    n_features: usize,
    layers: Vec<Layer<F>>,
    activations: &[Activation],
) -> PyResult<Network<F>> {
    let (mut n, mut values) = (n_features, Vec::new());
    let mut configs = Vec::new();
    for (l, (n_outputs, n_inputs, weights, biases)) in layers.into_iter().enumerate() {
        let Some(&activation) = activations.get(l) else {
            return Err(PyValueError::new_err(format!("layer {l} has no activation")));
        };
        if n_inputs != n || biases.len() != n_outputs {
            return Err(PyValueError::new_err(format!(
                "layer {l} has weights {n_outputs} × {n_inputs} and {} biases; it reads {n} inputs",
                biases.len()
            )));
        }
        configs.push(LayerConfig::new(n_outputs, activation));
        values.extend(weights);
        values.extend(biases);
        n = n_outputs;
    }
    Network::from_parameters(&NetworkConfig::new(n_features, configs), values).map_err(raised)
}
