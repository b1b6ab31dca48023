//! What `inspect` shows, as JSON and for people.

use super::describe;
use super::table::{Table, count, figure, printable};
use chainrule::data::{FeatureKind, Outputs, Preprocessing};
use chainrule::model::Model;
use serde::Serialize;
use std::collections::BTreeMap;

/// So many categories or classes are listed for people; the JSON lists all.
const LISTED: usize = 10;

/// Everything in a model file but the weights themselves.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Inspection {
    task: &'static str,
    network: String,
    parameters: usize,
    precision: &'static str,
    loss: String,
    inputs: usize,
    layers: Vec<Layer>,
    features: Vec<Feature>,
    targets: Vec<String>,
    /// Of a classifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<String>>,
    /// How the model came about.
    training: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
struct Layer {
    units: usize,
    activation: String,
    bias: bool,
    dropout: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Feature {
    name: String,
    #[serde(flatten)]
    kind: Kind,
    missing_in_training: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum Kind {
    Numeric { mean: f64, scale: f64, median: f64 },
    Categorical { categories: Vec<String> },
}

impl Inspection {
    /// Of a model.
    pub(crate) fn new(model: &Model) -> Self {
        let config = model.network.config();
        let preprocessing = &model.preprocessing;
        let categories: usize = config.cardinalities.iter().map(|&n| n as usize).sum();
        let layers = config.layers.iter().map(|layer| Layer {
            units: layer.n_outputs,
            activation: describe::activation(layer.activation),
            bias: layer.bias,
            dropout: layer.dropout,
        });
        Self {
            task: describe::task(preprocessing.task()),
            network: describe::network(&config),
            parameters: model.network.n_parameters(),
            precision: model.network.precision(),
            loss: model.objective.loss.to_string(),
            inputs: config.n_numeric + categories,
            layers: layers.collect(),
            features: features(preprocessing),
            targets: preprocessing.targets.clone(),
            classes: classes(preprocessing),
            training: model.training.clone(),
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "{}: {}\nnetwork {}, {} parameters, {}, loss {}\n",
            self.task,
            listed(&self.targets),
            self.network,
            count(self.parameters),
            self.precision,
            self.loss,
        );
        if let Some(classes) = &self.classes {
            text += &format!("{} classes: {}\n", classes.len(), listed(classes));
        }
        format!("{text}\n{}\n{}\n{}", self.layers(), self.features(), self.training())
    }

    fn layers(&self) -> Table {
        let mut table = Table::new(["layer", "units", "parameters", "activation", "bias", "dropout"]);
        let mut inputs = self.inputs;
        for (place, layer) in self.layers.iter().enumerate() {
            let &Layer { units, ref activation, bias, dropout } = layer;
            let bias_text = if bias { "yes" } else { "no" }.to_owned();
            let parameters = count(units * (inputs + usize::from(bias)));
            let dropout = if dropout > 0.0 { figure(dropout) } else { "–".to_owned() };
            table = table.row([
                place.to_string(),
                count(units),
                parameters,
                activation.clone(),
                bias_text,
                dropout,
            ]);
            inputs = units;
        }
        table
    }

    fn features(&self) -> Table {
        let mut table = Table::new(["feature", "mean", "scale", "median", "categories"]);
        for feature in &self.features {
            let name = printable(&feature.name);
            table = match &feature.kind {
                Kind::Numeric { mean, scale, median } => {
                    table.row([name, figure(*mean), figure(*scale), figure(*median)])
                }
                Kind::Categorical { categories } => {
                    let none = || "–".to_owned();
                    table.row([name, none(), none(), none(), listed(categories)])
                }
            };
        }
        table
    }

    fn training(&self) -> Table {
        self.training
            .iter()
            .fold(Table::default(), |table, (key, value)| table.row([printable(key), printable(value)]))
    }
}

fn features(preprocessing: &Preprocessing) -> Vec<Feature> {
    let features = preprocessing.features.iter().map(|feature| {
        let (kind, missing_in_training) = match &feature.kind {
            FeatureKind::Numeric { median, scaler, missing_in_training } => (
                Kind::Numeric { mean: scaler.mean, scale: scaler.scale, median: *median },
                *missing_in_training,
            ),
            FeatureKind::Categorical { vocabulary, missing_in_training } => {
                (Kind::Categorical { categories: vocabulary.clone() }, *missing_in_training)
            }
        };
        Feature { name: feature.name.clone(), kind, missing_in_training }
    });
    features.collect()
}

fn classes(preprocessing: &Preprocessing) -> Option<Vec<String>> {
    match &preprocessing.outputs {
        Outputs::Classes { labels, .. } => Some(labels.names.clone()),
        Outputs::Numbers { .. } | Outputs::Flags => None,
    }
}

/// The first of some texts, and how many more there are.
fn listed(texts: &[String]) -> String {
    let shown: Vec<String> = texts.iter().take(LISTED).map(|text| printable(text)).collect();
    let rest = texts.len().saturating_sub(LISTED);
    let more = if rest > 0 { format!(", … {} more", count(rest)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
