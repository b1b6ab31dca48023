//! Models for the tests of the model file.
#![allow(dead_code)] // each file uses a part

use chainrule::data::{
    Column, Dataset, Feature, FeatureKind, Labels, Lines, MISSING, MissingPolicy, Numbers, Outputs,
    Preprocessing, Scaler, Text, Values,
};
use chainrule::loss::{Loss, Objective};
use chainrule::model::{AnyNetwork, Model};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::{Activation, Float};
use std::collections::BTreeMap;

/// The models of `testdata/models`, by the ends of their names.
pub(crate) fn stored() -> [(&'static str, Model); 3] {
    [("classification", classification()), ("regression", regression()), ("multi-label-f64", multi_label())]
}

/// Single precision, categories, missing values of both kinds, text that needs escapes, class weights.
pub(crate) fn classification() -> Model {
    let preprocessing = Preprocessing {
        features: vec![
            number("age", 38.5, Scaler { mean: 39.25, scale: 13.1 }, true),
            category("city \"x\"", &["Oslo", "Rome\n", "東京"], true),
            number("height", 1.7, Scaler::IDENTITY, false),
        ],
        missing: MissingPolicy::Impute,
        ignored: vec!["weight".into()],
        targets: vec!["likes".into()],
        outputs: Outputs::Classes {
            labels: Labels {
                names: vec!["<=50K".into(), ">50K".into(), "\\".into()],
                renames: vec![("<=50K.".into(), "<=50K".into())],
            },
            weights: Some(vec![0.1, 1.0, 3.5]),
        },
    };
    let hidden = LayerConfig { dropout: 0.1, ..LayerConfig::new(4, Activation::LeakyRelu { slope: 0.3 }) };
    let layers = vec![hidden, LayerConfig::new(3, Activation::Softmax)];
    let objective = Objective { loss: Loss::CrossEntropy, label_smoothing: 0.05 };
    let network = AnyNetwork::F32(network(&preprocessing, layers));
    let training = [("epochs", "3"), ("optimizer", "adam")].map(|(key, value)| (key.into(), value.into()));
    Model { network, objective, preprocessing, training: training.into() }
}

/// Single precision, two targets in units of their own, a layer without bias, parameters of activation and loss.
pub(crate) fn regression() -> Model {
    let preprocessing = Preprocessing {
        features: vec![number("x", 0.0, Scaler { mean: 0.5, scale: 0.29 }, false)],
        missing: MissingPolicy::Error,
        ignored: vec![],
        targets: vec!["u".into(), "v".into()],
        outputs: Outputs::Numbers {
            scalers: vec![Scaler { mean: 1e6, scale: 123.4 }, Scaler { mean: -0.1, scale: 1e-3 }],
        },
    };
    let layers = vec![
        LayerConfig { bias: false, ..LayerConfig::new(3, Activation::Elu { alpha: 0.7 }) },
        LayerConfig::new(2, Activation::Tanh),
        LayerConfig::new(2, Activation::Identity),
    ];
    let objective = Objective::new(Loss::Huber { delta: 0.1 });
    let network = AnyNetwork::F32(network(&preprocessing, layers));
    Model { network, objective, preprocessing, training: BTreeMap::new() }
}

/// Double precision, categories alone, several answers of yes or no.
pub(crate) fn multi_label() -> Model {
    let preprocessing = Preprocessing {
        features: vec![category("a", &["no", "yes"], false), category("b", &["", "0", "1"], true)],
        missing: MissingPolicy::Impute,
        ignored: vec![],
        targets: vec!["p".into(), "q".into()],
        outputs: Outputs::Flags,
    };
    let layers = vec![LayerConfig::new(3, Activation::Gelu), LayerConfig::new(2, Activation::Sigmoid)];
    let network = AnyNetwork::F64(network(&preprocessing, layers));
    let objective = Objective::new(Loss::BinaryCrossEntropy);
    Model { network, objective, preprocessing, training: BTreeMap::new() }
}

/// Two classes that share one output, as training makes them under binary cross-entropy.
pub(crate) fn two_classes() -> Model {
    let several = multi_label();
    let labels = Labels { names: vec!["no".into(), "yes".into()], renames: vec![] };
    let outputs = Outputs::Classes { labels, weights: None };
    let preprocessing = Preprocessing { targets: vec!["p".into()], outputs, ..several.preprocessing };
    let layers = vec![LayerConfig::new(3, Activation::Gelu), LayerConfig::new(1, Activation::Sigmoid)];
    let network = AnyNetwork::F64(network(&preprocessing, layers));
    Model { network, preprocessing, ..several }
}

/// Four rows to predict on, with missing cells where the model allows them, and a category that it does not know.
pub(crate) fn rows(model: &Model) -> Dataset {
    let impute = model.preprocessing.missing == MissingPolicy::Impute;
    let numbers = [20.0, if impute { f64::NAN } else { 0.25 }, 41.5, -3.0];
    let features = model.preprocessing.features.iter().map(|feature| {
        let values = match &feature.kind {
            FeatureKind::Numeric { .. } => Values::Numbers(Numbers::F64(numbers.to_vec())),
            FeatureKind::Categorical { vocabulary, .. } => {
                let known = vocabulary.iter().take(2).cloned();
                let vocabulary: Vec<String> = known.chain(["new".into()]).collect();
                let new = vocabulary.len() as u32 - 1;
                Values::Text(Text { codes: vec![new.saturating_sub(1), MISSING, new, 0], vocabulary })
            }
        };
        Column { name: feature.name.clone(), values }
    });
    let features = features.collect();
    Dataset {
        lines: Lines::default(),
        ignored: vec![],
        source: "rows".into(),
        features,
        targets: vec![],
        sample_weight: None,
        n_rows: 4,
        warnings: vec![],
    }
}

/// The structure of a network for those inputs.
pub(crate) fn config(preprocessing: &Preprocessing, layers: Vec<LayerConfig>) -> NetworkConfig {
    NetworkConfig {
        n_numeric: preprocessing.n_numeric(),
        cardinalities: preprocessing.cardinalities(),
        layers,
    }
}

fn number(name: &str, median: f64, scaler: Scaler, missing_in_training: bool) -> Feature {
    Feature { name: name.into(), kind: FeatureKind::Numeric { median, scaler, missing_in_training } }
}

fn category(name: &str, vocabulary: &[&str], missing_in_training: bool) -> Feature {
    let vocabulary = vocabulary.iter().map(|&text| text.into()).collect();
    Feature { name: name.into(), kind: FeatureKind::Categorical { vocabulary, missing_in_training } }
}

/// A network for those inputs; its parameters are −50/64, −13/64, … in an order that repeats after 101 of them.
fn network<F: Float>(preprocessing: &Preprocessing, layers: Vec<LayerConfig>) -> Network<F> {
    let mut network = Network::new(&config(preprocessing, layers), 0).unwrap();
    for (k, value) in network.parameters.values.iter_mut().enumerate() {
        *value = F::from_f64(((k * 37 % 101) as f64 - 50.0) / 64.0);
    }
    network
}
