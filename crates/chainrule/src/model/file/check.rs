//! Whether the parts of a model belong together.
//!
//! Checked before a model is written and after one is read: predicting and evaluating rely on it.

use super::blame_file;
use crate::data::{FeatureKind, Outputs, Preprocessing, Scaler};
use crate::loss::{Loss, Objective};
use crate::network::{NetworkConfig, activation_name};
use crate::{Error, Result};

/// Refuses parts of which no training could have made one model.
pub(super) fn check(
    network: &NetworkConfig,
    objective: &Objective,
    preprocessing: &Preprocessing,
) -> Result<()> {
    network.validate().map_err(|error| blame_file(&error))?;
    objective.validate().map_err(|error| blame_file(&error))?;
    check_inputs(network, preprocessing)?;
    check_outputs(&preprocessing.outputs, preprocessing.targets.len())?;
    check_output_layer(network, objective, preprocessing)?;
    scalers(preprocessing).try_for_each(check_scaler)
}

fn check_inputs(network: &NetworkConfig, preprocessing: &Preprocessing) -> Result<()> {
    let (numeric, cardinalities) = (preprocessing.n_numeric(), preprocessing.cardinalities());
    if network.n_numeric == numeric && network.cardinalities == cardinalities {
        return Ok(());
    }
    Err(Error::model(format!(
        "the network takes {} numbers and {} categories, the preprocessing gives {numeric} and {}, or others",
        network.n_numeric,
        network.cardinalities.len(),
        cardinalities.len()
    )))
}

fn check_outputs(outputs: &Outputs, n_targets: usize) -> Result<()> {
    let wrong =
        |expected: &str, found: usize| Err(Error::model(format!("expected {expected}, found {found}")));
    match outputs {
        Outputs::Classes { .. } if n_targets != 1 => wrong("1 target of a classifier", n_targets),
        Outputs::Classes { labels, .. } if labels.names.len() < 2 => {
            wrong("2 classes or more", labels.names.len())
        }
        Outputs::Classes { labels, weights: Some(weights) } if weights.len() != labels.names.len() => {
            wrong(&format!("a weight for each of {} classes", labels.names.len()), weights.len())
        }
        Outputs::Numbers { scalers } if scalers.len() != n_targets => {
            wrong(&format!("a unit for each of {n_targets} targets"), scalers.len())
        }
        _ => Ok(()),
    }
}

/// Under binary cross-entropy two classes share one output, the probability of the second; another loss compares each
/// class with an output of its own.
fn check_output_layer(
    network: &NetworkConfig,
    objective: &Objective,
    preprocessing: &Preprocessing,
) -> Result<()> {
    let Some(layer) = network.layers.last() else { return Ok(()) };
    let expected = preprocessing.n_outputs();
    let shared = matches!(preprocessing.outputs, Outputs::Classes { .. })
        && objective.loss == Loss::BinaryCrossEntropy
        && (expected, layer.n_outputs) == (2, 1);
    if layer.n_outputs != expected && !shared {
        return Err(Error::model(format!(
            "the network has {} outputs, expected {expected}: one per class or target",
            layer.n_outputs
        )));
    }
    let activation =
        objective.loss.output_activation(Some(layer.activation)).map_err(|error| blame_file(&error))?;
    if activation != layer.activation {
        return Err(Error::model(format!(
            "the output layer has activation '{}', expected '{}' under loss '{}'",
            activation_name(layer.activation).0,
            activation_name(activation).0,
            objective.loss
        )));
    }
    Ok(())
}

fn scalers(preprocessing: &Preprocessing) -> impl Iterator<Item = Scaler> {
    let of_targets = match &preprocessing.outputs {
        Outputs::Numbers { scalers } => scalers.as_slice(),
        _ => &[],
    };
    let of_features = preprocessing.features.iter().filter_map(|feature| match feature.kind {
        FeatureKind::Numeric { scaler, .. } => Some(scaler),
        FeatureKind::Categorical { .. } => None,
    });
    of_features.chain(of_targets.iter().copied())
}

fn check_scaler(scaler: Scaler) -> Result<()> {
    if scaler.scale == 0.0 {
        return Err(Error::model("expected scales other than 0 in the preprocessing, found 0"));
    }
    Ok(())
}
