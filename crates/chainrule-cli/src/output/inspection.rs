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
        let head = format!("{}: {}", self.task, listed(&self.targets));
        let (parameters, precision) = (count(self.parameters), self.precision);
        let network =
            format!("network {}, {parameters} parameters, {precision}, loss {}", self.network, self.loss);
        let classes =
            self.classes.iter().map(|classes| format!("{} classes: {}\n", classes.len(), listed(classes)));
        let classes: String = classes.collect();
        let [layers, numbers, categories] = [self.layers().to_string(), self.numbers(), self.categories()]
            .map(|part| if part.is_empty() { part } else { format!("\n{part}") });
        let training: String = self.training.iter().map(line).collect();
        format!("{head}\n{network}\n{classes}{layers}{numbers}{categories}\ntraining\n{training}")
    }

    /// The names of the features.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.features.iter().map(|feature| feature.name.as_str()).collect()
    }

    /// What is predicted.
    pub(crate) fn targets(&self) -> &[String] {
        &self.targets
    }

    /// The network in words.
    pub(crate) fn network(&self) -> &str {
        &self.network
    }

    /// How the model came about.
    pub(crate) fn training(&self) -> &BTreeMap<String, String> {
        &self.training
    }

    /// A line for each layer.
    pub(crate) fn layers(&self) -> Table {
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

    fn numbers(&self) -> String {
        let rows = self.features.iter().filter_map(|feature| match &feature.kind {
            Kind::Numeric { mean, scale, median } => Some((feature, [mean, scale, median])),
            Kind::Categorical { .. } => None,
        });
        let mut table = Table::new(["number", "mean", "scale", "median", "missing in training"]);
        let mut any = false;
        for (feature, figures) in rows {
            let missing = if feature.missing_in_training { "yes" } else { "no" };
            let figures = figures.map(|&x| figure(x));
            table = table
                .row(std::iter::once(printable(&feature.name)).chain(figures).chain([missing.to_owned()]));
            any = true;
        }
        if any { table.to_string() } else { "  no numbers\n".to_owned() }
    }

    fn categories(&self) -> String {
        let lines = self.features.iter().filter_map(|feature| match &feature.kind {
            Kind::Categorical { categories } => Some(line((&feature.name, &listed(categories)))),
            Kind::Numeric { .. } => None,
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { String::new() } else { format!("categories\n{}", lines.concat()) }
    }
}

/// A name and what there is to say of it.
fn line((name, value): (&String, &String)) -> String {
    format!("  {}: {}\n", printable(name), printable(value))
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
