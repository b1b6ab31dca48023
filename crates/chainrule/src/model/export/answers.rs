//! From the network's outputs to answers: numbers in the target's unit, classes by name, yes or no, and probabilities.
//!
//! Classes that are all integers, written as such, come as integers, others as texts. Everything here is the rule of
//! [`Model::predict`](crate::model::Model::predict), written as operations.

use super::Elements;
use super::graph::{Attribute, Graph, Value};
use crate::data::{Outputs, Preprocessing, Scaler};
use crate::network::Network;
use crate::{Activation, Float};

/// Writes the outputs of the graph.
pub(super) fn push<F: Float>(
    preprocessing: &Preprocessing,
    network: &Network<F>,
    outputs: Value,
    graph: &mut Graph,
) {
    let activation = network.output_activation();
    let targets = &preprocessing.targets;
    match &preprocessing.outputs {
        Outputs::Numbers { scalers } => {
            let answers = unscale(outputs, scalers, graph);
            graph.output("prediction", graph.precision, Some(targets.clone()), answers);
        }
        Outputs::Flags => {
            let yes = above_half(&outputs, graph);
            graph.output("label", Elements::I64, Some(targets.clone()), yes);
            if are_probabilities(activation) {
                graph.output("probabilities", graph.precision, Some(targets.clone()), outputs);
            }
        }
        Outputs::Classes { labels, .. } => {
            let is_single = network.n_outputs() == 1;
            classes(&labels.names, is_single, activation, outputs, graph);
        }
    }
}

fn are_probabilities(activation: Activation) -> bool {
    matches!(activation, Activation::Sigmoid | Activation::Softmax)
}

/// Outputs in the unit of the targets, by way of f64.
fn unscale(outputs: Value, scalers: &[Scaler], graph: &mut Graph) -> Value {
    if scalers.iter().all(|&scaler| scaler == Scaler::IDENTITY) {
        return outputs;
    }
    let shape = [1, scalers.len()];
    let scales = scalers.iter().map(|scaler| scaler.scale);
    let scales = graph.numbers(Some("preprocessing.targets.scale".into()), Elements::F64, &shape, scales);
    let means = scalers.iter().map(|scaler| scaler.mean);
    let means = graph.numbers(Some("preprocessing.targets.mean".into()), Elements::F64, &shape, means);
    let wide = if graph.precision == Elements::F64 { outputs } else { graph.cast(&outputs, Elements::F64) };
    let spread = graph.apply("Mul", &[&wide, &scales]);
    let answers = graph.apply("Add", &[&spread, &means]);
    if graph.precision == Elements::F64 { answers } else { graph.cast(&answers, graph.precision) }
}

/// 1 where an output is above ½, else 0.
fn above_half(outputs: &Value, graph: &mut Graph) -> Value {
    let half = graph.number(0.5);
    let above = graph.apply("Greater", &[outputs, &half]);
    graph.cast(&above, Elements::I64)
}

fn classes(names: &[String], is_single: bool, activation: Activation, outputs: Value, graph: &mut Graph) {
    let places = if is_single {
        let places = above_half(&outputs, graph);
        let axis = graph.integers(&[1], [1]);
        graph.apply("Squeeze", &[&places, &axis])
    } else {
        let attributes = vec![("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
        graph.apply_with("ArgMax", &[&outputs], attributes)
    };
    let (elements, label) = named(names, &places, graph);
    graph.output("label", elements, None, label);
    if are_probabilities(activation) {
        let probabilities = probabilities(names.len(), is_single, activation, outputs, graph);
        graph.output("probabilities", graph.precision, Some(names.to_vec()), probabilities);
    }
}

/// The names of classes in place of their numbers.
fn named(names: &[String], places: &Value, graph: &mut Graph) -> (Elements, Value) {
    let integer = |name: &String| name.parse::<i64>().ok().filter(|number| number.to_string() == *name);
    let integers: Option<Vec<i64>> = names.iter().map(integer).collect();
    let (elements, table) = match integers {
        Some(integers) => (Elements::I64, graph.integers(&[names.len()], integers)),
        None => (Elements::Text, graph.texts(names)),
    };
    (elements, graph.apply_with("Gather", &[&table, places], vec![("axis", Attribute::Int(0))]))
}

/// One probability per class: softmax's outputs; 1 − p and p of a single sigmoid; several sigmoids divided by their sum.
fn probabilities(
    n: usize,
    is_single: bool,
    activation: Activation,
    outputs: Value,
    graph: &mut Graph,
) -> Value {
    if is_single {
        let one = graph.number(1.0);
        let other = graph.apply("Sub", &[&one, &outputs]);
        return graph.apply_with("Concat", &[&other, &outputs], vec![("axis", Attribute::Int(1))]);
    }
    if activation == Activation::Softmax {
        return outputs;
    }
    let axis = graph.integers(&[1], [1]);
    let total = graph.apply("ReduceSum", &[&outputs, &axis]);
    let (zero, equal) = (graph.number(0.0), graph.number(1.0 / n as f64));
    let is_some = graph.apply("Greater", &[&total, &zero]);
    let shares = graph.apply("Div", &[&outputs, &total]);
    graph.apply("Where", &[&is_some, &shares, &equal])
}
