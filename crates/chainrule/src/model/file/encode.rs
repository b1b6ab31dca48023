//! From a model to the bytes of its file.

use super::manifest::{FeatureText, LayerText, Manifest, MissingText, OutputsText, PrecisionText};
use super::tensors::{Stored, TensorWriter};
use super::{FORMAT_VERSION, check::check, container, parameter_name};
use crate::data::{Feature, FeatureKind, MissingPolicy, Outputs, Preprocessing, Scaler};
use crate::loss::{Loss, Objective};
use crate::model::{AnyNetwork, Model};
use crate::network::{Network, activation_name};
use crate::{Error, Result};

pub(super) fn encode(model: &Model) -> Result<Vec<u8>> {
    check(&model.network.config(), &model.objective, &model.preprocessing)?;
    let mut tensors = TensorWriter::default();
    push_objective(&model.objective, &mut tensors)?;
    push_preprocessing(&model.preprocessing, &mut tensors)?;
    match &model.network {
        AnyNetwork::F32(network) => push_network(network, &mut tensors)?,
        AnyNetwork::F64(network) => push_network(network, &mut tensors)?,
    }
    let manifest = manifest(model, &tensors).to_text()?;
    let bytes = tensors.into_file(container::KEY, manifest)?;
    refuse_long_header(&bytes)?;
    Ok(bytes)
}

fn manifest(model: &Model, tensors: &TensorWriter) -> Manifest {
    let Preprocessing { features, missing, ignored, targets, outputs } = &model.preprocessing;
    let layers = model.network.config().layers.into_iter().map(|layer| LayerText {
        activation: activation_name(layer.activation).0.into(),
        bias: layer.bias,
        n_outputs: layer.n_outputs,
    });
    Manifest {
        crc32c: String::new(),
        features: features.iter().map(feature).collect(),
        format_version: FORMAT_VERSION,
        ignored: ignored.clone(),
        layers: layers.collect(),
        loss: model.objective.loss.to_string(),
        missing: match missing {
            MissingPolicy::Impute => MissingText::Impute,
            MissingPolicy::Error => MissingText::Error,
        },
        outputs: outputs_text(outputs),
        precision: match &model.network {
            AnyNetwork::F32(_) => PrecisionText::F32,
            AnyNetwork::F64(_) => PrecisionText::F64,
        },
        targets: targets.clone(),
        tensor_crc32c: tensors.checksums(),
        training: model.training.clone(),
    }
}

fn feature(feature: &Feature) -> FeatureText {
    let name = feature.name.clone();
    match &feature.kind {
        &FeatureKind::Numeric { missing_in_training, .. } => {
            FeatureText { missing_in_training, name, vocabulary: None }
        }
        FeatureKind::Categorical { vocabulary, missing_in_training } => FeatureText {
            missing_in_training: *missing_in_training,
            name,
            vocabulary: Some(vocabulary.clone()),
        },
    }
}

fn outputs_text(outputs: &Outputs) -> OutputsText {
    match outputs {
        Outputs::Classes { labels, weights } => OutputsText::Classes {
            names: labels.names.clone(),
            renames: labels.renames.clone(),
            weighted: weights.is_some(),
        },
        Outputs::Flags => OutputsText::Flags,
        Outputs::Numbers { .. } => OutputsText::Numbers,
    }
}

fn push_objective(objective: &Objective, tensors: &mut TensorWriter) -> Result<()> {
    tensors.push_scalar("loss.label_smoothing", objective.label_smoothing)?;
    match objective.loss {
        Loss::Huber { delta } => tensors.push_scalar("loss.delta", delta),
        _ => Ok(()),
    }
}

fn push_preprocessing(preprocessing: &Preprocessing, tensors: &mut TensorWriter) -> Result<()> {
    let numeric = preprocessing.features.iter().filter_map(|feature| match feature.kind {
        FeatureKind::Numeric { median, scaler, .. } => Some((median, scaler)),
        FeatureKind::Categorical { .. } => None,
    });
    let (medians, scalers): (Vec<f64>, Vec<Scaler>) = numeric.unzip();
    tensors.push_vector("preprocessing.features.median", &medians)?;
    push_scalers("preprocessing.features", &scalers, tensors)?;
    match &preprocessing.outputs {
        Outputs::Numbers { scalers } => push_scalers("preprocessing.targets", scalers, tensors),
        Outputs::Classes { weights: Some(weights), .. } => {
            tensors.push_vector("preprocessing.classes.weight", weights)
        }
        Outputs::Classes { weights: None, .. } | Outputs::Flags => Ok(()),
    }
}

fn push_scalers(of: &str, scalers: &[Scaler], tensors: &mut TensorWriter) -> Result<()> {
    let (means, scales): (Vec<f64>, Vec<f64>) =
        scalers.iter().map(|scaler| (scaler.mean, scaler.scale)).unzip();
    tensors.push_vector(&format!("{of}.mean"), &means)?;
    tensors.push_vector(&format!("{of}.scale"), &scales)
}

fn push_network<F: Stored>(network: &Network<F>, tensors: &mut TensorWriter) -> Result<()> {
    for (l, layer) in network.layers().enumerate() {
        let weights = network.parameters.tensor(layer.weight);
        tensors.push(format!("layers.{l}.weight"), &[layer.n_outputs, layer.n_inputs], weights)?;
        if let Some(bias) = layer.bias {
            tensors.push(format!("layers.{l}.bias"), &[layer.n_outputs], network.parameters.tensor(bias))?;
        }
        tensors.push_scalar(format!("layers.{l}.dropout"), layer.dropout)?;
        if let (Some(name), (_, Some(value))) =
            (parameter_name(layer.activation), activation_name(layer.activation))
        {
            tensors.push_scalar(format!("layers.{l}.{name}"), value)?;
        }
    }
    Ok(())
}

fn refuse_long_header(bytes: &[u8]) -> Result<()> {
    let length = bytes.first_chunk().map_or(0, |prefix| u64::from_le_bytes(*prefix));
    if length <= container::MAX_HEADER as u64 {
        return Ok(());
    }
    Err(Error::model(format!(
        "the names of columns, categories and classes take {length} bytes; a model file has room for {}\n\
         drop columns with very many categories",
        container::MAX_HEADER
    )))
}
