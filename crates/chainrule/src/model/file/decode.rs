//! From the bytes of a file to its model.
//!
//! The order is that of trust: the container's bounds, the text's checksum, the structure that the text describes, and
//! only then memory for as many numbers as the structure has, which the file must hold.

use super::check::check;
use super::container::{Container, KEY};
use super::manifest::{FeatureText, LayerText, Manifest, MissingText, OutputsText, PrecisionText};
use super::tensors::{Stored, TensorReader};
use super::{blame_file, parameter_name, quoted};
use crate::data::{Feature, FeatureKind, Labels, MissingPolicy, Outputs, Preprocessing, Scaler};
use crate::loss::{Loss, Objective};
use crate::model::{AnyNetwork, Model};
use crate::network::{Initializer, LayerConfig, Network, NetworkConfig, parse_activation};
use crate::{Activation, Error, Result};

/// The longest name of an activation or a loss that is looked up: the search for the nearest takes time.
const LONGEST_NAME: usize = 64;

pub(super) fn decode(bytes: &[u8]) -> Result<Model> {
    let container = Container::open_as(bytes, KEY)?;
    let origin = "models are made by `chainrule train` and `Model::save`";
    let mut manifest = Manifest::parse(container.text(KEY, "model", origin)?)?;
    let checksums = std::mem::take(&mut manifest.tensor_crc32c);
    let mut tensors = TensorReader::new(&container, &checksums)?;
    let (precision, training) = (manifest.precision, std::mem::take(&mut manifest.training));
    let objective = objective(&manifest.loss, &mut tensors)?;
    let layers = layers(&manifest.layers, &mut tensors)?;
    let preprocessing = preprocessing(manifest, &mut tensors)?;
    let config = NetworkConfig {
        n_numeric: preprocessing.n_numeric(),
        cardinalities: preprocessing.cardinalities(),
        layers,
    };
    check(&config, &objective, &preprocessing)?;
    let n_bytes = container.data_length();
    let network = match precision {
        PrecisionText::F32 => AnyNetwork::F32(network(&config, n_bytes, &mut tensors)?),
        PrecisionText::F64 => AnyNetwork::F64(network(&config, n_bytes, &mut tensors)?),
    };
    tensors.finish()?;
    Ok(Model { network, objective, preprocessing, training })
}

fn objective(name: &str, tensors: &mut TensorReader<'_>) -> Result<Objective> {
    refuse_long("loss", name)?;
    let loss = match name.parse().map_err(|error| blame_file(&error))? {
        Loss::Huber { .. } => Loss::Huber { delta: tensors.scalar("loss.delta")? },
        other => other,
    };
    Ok(Objective { loss, label_smoothing: tensors.scalar("loss.label_smoothing")? })
}

fn layers(texts: &[LayerText], tensors: &mut TensorReader<'_>) -> Result<Vec<LayerConfig>> {
    let layers = texts.iter().enumerate().map(|(l, text)| {
        Ok(LayerConfig {
            n_outputs: text.n_outputs,
            activation: activation(l, &text.activation, tensors)?,
            bias: text.bias,
            dropout: tensors.scalar(&format!("layers.{l}.dropout"))?,
            initializer: Some(Initializer::Zeros), // the weights come from the file
        })
    });
    layers.collect()
}

fn activation(l: usize, name: &str, tensors: &mut TensorReader<'_>) -> Result<Activation> {
    refuse_long("activation", name)?;
    let usual = parse_activation(name, None).map_err(|error| blame_file(&error))?;
    let Some(parameter) = parameter_name(usual) else { return Ok(usual) };
    let value = tensors.scalar(&format!("layers.{l}.{parameter}"))?;
    parse_activation(name, Some(value)).map_err(|error| blame_file(&error))
}

fn preprocessing(manifest: Manifest, tensors: &mut TensorReader<'_>) -> Result<Preprocessing> {
    let outputs = outputs(manifest.outputs, manifest.targets.len(), tensors)?;
    let missing = match manifest.missing {
        MissingText::Impute => MissingPolicy::Impute,
        MissingText::Error => MissingPolicy::Error,
    };
    let features = features(manifest.features, tensors)?;
    Ok(Preprocessing { features, missing, ignored: manifest.ignored, targets: manifest.targets, outputs })
}

fn features(texts: Vec<FeatureText>, tensors: &mut TensorReader<'_>) -> Result<Vec<Feature>> {
    let n = texts.iter().filter(|text| text.vocabulary.is_none()).count();
    let medians = tensors.vector("preprocessing.features.median", n)?;
    let scalers = scalers("preprocessing.features", n, tensors)?;
    let mut numbers = medians.into_iter().zip(scalers);
    let feature = |text: FeatureText| {
        let missing_in_training = text.missing_in_training;
        let kind = if let Some(vocabulary) = text.vocabulary {
            FeatureKind::Categorical { vocabulary, missing_in_training }
        } else {
            let (median, scaler) = numbers.next()?;
            FeatureKind::Numeric { median, scaler, missing_in_training }
        };
        Some(Feature { name: text.name, kind })
    };
    // As many numbers as numeric features were read.
    Ok(texts.into_iter().filter_map(feature).collect())
}

fn outputs(text: OutputsText, n_targets: usize, tensors: &mut TensorReader<'_>) -> Result<Outputs> {
    Ok(match text {
        OutputsText::Classes { names, renames, weighted } => {
            let read = || tensors.vector("preprocessing.classes.weight", names.len());
            let weights = weighted.then(read).transpose()?;
            Outputs::Classes { labels: Labels { names, renames }, weights }
        }
        OutputsText::Flags => Outputs::Flags,
        OutputsText::Numbers => {
            Outputs::Numbers { scalers: scalers("preprocessing.targets", n_targets, tensors)? }
        }
    })
}

fn scalers(of: &str, n: usize, tensors: &mut TensorReader<'_>) -> Result<Vec<Scaler>> {
    let means = tensors.vector(&format!("{of}.mean"), n)?;
    let scales = tensors.vector(&format!("{of}.scale"), n)?;
    Ok(means.into_iter().zip(scales).map(|(mean, scale)| Scaler { mean, scale }).collect())
}

/// A network of that structure with the numbers of the file, which holds `n_bytes` of them.
fn network<F: Stored>(
    config: &NetworkConfig,
    n_bytes: usize,
    tensors: &mut TensorReader<'_>,
) -> Result<Network<F>> {
    let needed = config.n_parameters().map_err(|error| blame_file(&error))?;
    if needed > n_bytes / size_of::<F>() {
        return Err(Error::model(format!(
            "the layers described have {needed} parameters of {} bytes, the file holds {n_bytes} bytes of numbers",
            size_of::<F>()
        )));
    }
    let mut network = Network::<F>::new(config, 0)?;
    for index in 0..network.parameters.tensors.len() {
        let tensor = &network.parameters.tensors[index];
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        tensors.read(&name, &shape, network.parameters.tensor_mut(index))?;
    }
    Ok(network)
}

fn refuse_long(what: &str, name: &str) -> Result<()> {
    if name.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(Error::model(format!("unknown {what} {}", quoted(name))))
}
