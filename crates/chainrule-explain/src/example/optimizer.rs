//! The optimizer of an example, and what it remembers.

use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Matrix, Result};

use super::layers::{Orientation, values_of};
use super::source::{Table, kind_of};
use super::values::{counted, number};
use crate::step::{Layer, LayerValues, State};
use toml::de::DeValue;

/// The keys of an optimizer's numbers.
pub(super) const KEYS: [&str; 8] =
    ["learning_rate", "momentum", "beta1", "beta2", "alpha", "epsilon", "weight_decay", "clip_norm"];

/// Reads the optimizer. Numbers that its rule does not read are checked and otherwise left alone, as in a run file.
pub(super) fn read(root: &Table<'_>) -> Result<OptimizerConfig> {
    let named = root.get("optimizer");
    let rule = match named {
        Some(value) => {
            let name = root.source.text_of(value, "the name of an optimizer")?;
            name.parse().map_err(root.at(&value.span()))?
        }
        None => Rule::Sgd,
    };
    let mut config =
        OptimizerConfig { rule, learning_rate: rule.usual_learning_rate(), ..OptimizerConfig::default() };
    let fields = [
        &mut config.learning_rate,
        &mut config.momentum,
        &mut config.beta1,
        &mut config.beta2,
        &mut config.alpha,
        &mut config.epsilon,
        &mut config.weight_decay,
        &mut config.clip_norm,
    ];
    for (key, field) in KEYS.iter().zip(fields) {
        *field = root.number(key)?.unwrap_or(*field);
    }
    config.validate().map_err(|error| {
        // The message begins with the field, which is the key.
        let key = error.message().split(' ').next().unwrap_or("");
        let place = root.get(key).or(named).map_or(0..0, toml::Spanned::span);
        root.at(&place)(error)
    })?;
    if let (Rule::Lbfgs, Some(value)) = (rule, named) {
        let message = "lbfgs takes steps over the whole training set with a line search; it has no single step to explain";
        return Err(root.source.refused(&value.span(), message));
    }
    Ok(config)
}

/// Reads `[state]`, an entry per layer in each buffer that the rule has.
pub(super) fn read_state(
    root: &Table<'_>,
    rule: Rule,
    layers: &[Layer],
    orientation: Orientation,
) -> Result<State> {
    let Some(table) = root.table("state")? else { return Ok(State::default()) };
    let buffers: &[&str] = match rule {
        Rule::Momentum | Rule::Nesterov => &["velocity"],
        Rule::RmsProp => &["square"],
        Rule::Adam | Rule::AdamW => &["m", "v"],
        _ => &[],
    };
    table.only(&[&["step"], buffers].concat()).map_err(|error| {
        let message = format!("{}\n'{rule}' remembers these and nothing else", error.message());
        error.position().map_or_else(
            || root.at(&table.span)(chainrule::Error::data(&*message)),
            |place| chainrule::Error::data(&*message).at(place.clone()),
        )
    })?;
    let buffer = |index: usize| match buffers.get(index) {
        Some(key) => read_buffer(&table, key, layers, orientation),
        None => Ok(Vec::new()),
    };
    Ok(State { steps: steps(&table)?, first: buffer(0)?, second: buffer(1)? })
}

/// The steps that were done before this one.
fn steps(table: &Table<'_>) -> Result<u64> {
    let Some(value) = table.get("step") else { return Ok(0) };
    let number = number(table.source, value)?.into_inner().value;
    if number < 0.0 || number.fract() != 0.0 || number > 1e15 {
        let message = format!("step counts the steps before this one; expected 0, 1, 2, …, got {number}");
        return Err(table.source.refused(&value.span(), message));
    }
    Ok(number as u64)
}

fn read_buffer(
    table: &Table<'_>,
    key: &str,
    layers: &[Layer],
    orientation: Orientation,
) -> Result<Vec<LayerValues>> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    if !matches!(value.get_ref(), DeValue::Array(_)) {
        let message = format!("expected a list of tables, one per layer, got {}", kind_of(value.get_ref()));
        return Err(table.source.refused(&value.span(), message));
    }
    let entries = table.tables(key, key)?;
    if entries.len() != layers.len() {
        let (found, expected) = (counted(entries.len(), "entry"), layers.len());
        let message =
            format!("{key} has {found}, expected {expected}: one per layer").replace("entrys", "entries");
        return Err(table.source.refused(&value.span(), message));
    }
    let mut buffer = Vec::new();
    for (entry, layer) in entries.iter().zip(layers) {
        entry.only(&["weights", "bias"])?;
        let values = values_of(entry, orientation)?;
        fits(entry, &values, &layer.values, orientation)?;
        if let ("square" | "v", Some(negative)) = (key, values.iter().find(|&value| value < 0.0)) {
            let message = format!("{key} is a mean of squares and cannot be negative, got {negative}");
            return Err(table.source.refused(&entry.span, message));
        }
        buffer.push(values);
    }
    Ok(buffer)
}

/// Checks that a memory has the shapes of the layer's parameters.
fn fits(
    entry: &Table<'_>,
    memory: &LayerValues,
    layer: &LayerValues,
    orientation: Orientation,
) -> Result<()> {
    let place = |key: &str| entry.get(key).map_or(entry.span.clone(), toml::Spanned::span);
    let shape = |matrix: &Matrix<f64>| {
        let (rows, columns) = orientation.of(matrix.rows(), matrix.columns());
        format!("{rows} × {columns}")
    };
    let (found, expected) = (shape(&memory.weights), shape(&layer.weights));
    if found != expected {
        let message = format!("{} has weights of {found}, the layer's are {expected}", entry.what);
        return Err(entry.source.refused(&place("weights"), message));
    }
    let (found, expected) = (memory.bias.as_ref().map(Vec::len), layer.bias.as_ref().map(Vec::len));
    if found != expected {
        let say = |count: Option<usize>| {
            count.map_or("no bias".into(), |n| format!("a bias of {}", counted(n, "number")))
        };
        let message = format!("{} has {}, the layer has {}", entry.what, say(found), say(expected));
        return Err(entry.source.refused(&place("bias"), message));
    }
    Ok(())
}
