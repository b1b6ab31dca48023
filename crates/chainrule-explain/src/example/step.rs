//! From the tables of a file to a step: inputs, targets, loss, and what the parts must have in common.

use chainrule::loss::{Loss, Objective};
use chainrule::{Activation, Error, Matrix, Result};

use super::layers::Orientation;
use super::source::{Table, Value};
use super::values::{Nested, Number, counted, nested, number, to_matrix};
use super::{layers, optimizer};
use crate::conventions::Conventions;
use crate::step::{Layer, Step};

/// Reads the step of a file.
pub(super) fn read(root: &Table<'_>, conventions: Conventions) -> Result<Step> {
    let orientation = Orientation::new(conventions.product);
    let x_hint = "write x = [[0, 1, 2]], a row for each sample";
    let x = to_matrix(&nested(root.source, root.required("x", x_hint)?)?.into_rows());
    let layers = layers::read(root, x.columns(), orientation)?;
    let objective = objective(root)?;
    let n_outputs = layers.last().map_or(0, Layer::n_outputs);
    let y = targets(root, objective, x.rows(), n_outputs)?;
    let optimizer = optimizer::read(root)?;
    let step = Step {
        sample_weights: sample_weights(root, x.rows())?,
        state: optimizer::read_state(root, optimizer.rule, &layers, orientation)?,
        loss: objective.loss,
        x,
        y,
        layers,
        optimizer,
    };
    output_fits(root, &step)?;
    // All that is left for it to refuse would be a gap in the checks above, and has no place but the file.
    step.checked().map_err(|error| Error::data(error.message()).in_file(root.source.name))
}

/// The loss and its parameters.
fn objective(root: &Table<'_>) -> Result<Objective> {
    let named = root.get("loss");
    let mut loss = match named {
        Some(value) => {
            let name = root.source.text_of(value, "the name of a loss")?;
            name.parse().map_err(root.at(&value.span()))?
        }
        None => Loss::Mse,
    };
    if let Some(value) = root.get("delta") {
        let Loss::Huber { delta } = &mut loss else {
            let message =
                format!("delta belongs to loss 'huber', and the loss here is '{loss}'\nleave it out");
            return Err(root.source.refused(&value.span(), message));
        };
        *delta = number(root.source, value)?.into_inner().value;
    }
    let objective = Objective { loss, label_smoothing: root.number("label_smoothing")?.unwrap_or(0.0) };
    objective.validate().map_err(|error| {
        let key = if error.message().starts_with("label smoothing") { "label_smoothing" } else { "delta" };
        root.at(&root.get(key).or(named).map_or(0..0, toml::Spanned::span))(error)
    })?;
    Ok(objective)
}

/// Checks that loss and output layer are a pair.
fn output_fits(root: &Table<'_>, step: &Step) -> Result<()> {
    let tables = root.tables("layers", "layer")?;
    let (Some(layer), Some(table)) = (step.layers.last(), tables.last()) else { return Ok(()) };
    let place = table.get("activation").map_or(table.span.clone(), toml::Spanned::span);
    step.loss.output_activation(Some(layer.activation)).map_err(root.at(&place))?;
    Ok(())
}

fn sample_weights(root: &Table<'_>, n_rows: usize) -> Result<Option<Vec<f64>>> {
    let Some(value) = root.get("sample_weights") else { return Ok(None) };
    let refused = |place, message: String| Err(root.source.refused(&place, message));
    let weights: Vec<Number> = match nested(root.source, value)? {
        Nested::Rows(_) => {
            return refused(value.span(), "expected a list of numbers, got a list of lists".into());
        }
        one_or_list => one_or_list.into_rows().swap_remove(0),
    };
    if weights.len() != n_rows {
        let (found, expected) = (counted(weights.len(), "number"), counted(n_rows, "row"));
        return refused(value.span(), format!("sample_weights has {found}, but x has {expected}"));
    }
    if let Some(negative) = weights.iter().find(|weight| weight.get_ref().value < 0.0) {
        let text = &negative.get_ref().text;
        return refused(negative.span(), format!("a sample weight is at least 0, got {text}"));
    }
    let weights: Vec<f64> = weights.iter().map(|weight| weight.get_ref().value).collect();
    if weights.iter().all(|&weight| weight == 0.0) {
        return refused(value.span(), "all sample weights are 0; at least one must be above".into());
    }
    Ok(Some(weights))
}

/// The targets, smoothed: rows of them, or under cross-entropy a class for each row.
fn targets(root: &Table<'_>, objective: Objective, n_rows: usize, n_outputs: usize) -> Result<Matrix<f64>> {
    let hint = "write y = [[1]], a row for each sample";
    let value = root.required("y", hint)?;
    let read = nested(root.source, value)?;
    let classes = objective.loss == Loss::CrossEntropy && n_outputs > 1;
    let rows: Vec<Vec<Number>> = match read {
        // A list has one class or one target per row, or is a single row.
        Nested::List(list) if n_rows > 1 => list.into_iter().map(|number| vec![number]).collect(),
        other => other.into_rows(),
    };
    let (found_rows, columns) = (rows.len(), rows.first().map_or(0, Vec::len));
    if classes && found_rows == n_rows && columns == 1 {
        let classes = rows.iter().flatten().map(|number| class(root, number, n_outputs));
        return classes.collect::<Result<Vec<usize>>>().map(|classes| {
            smoothed(
                objective,
                &Matrix::from_fn(n_rows, n_outputs, |n, k| f64::from(u8::from(classes[n] == k))),
            )
        });
    }
    if (found_rows, columns) != (n_rows, n_outputs) {
        return Err(misfit(root, value, (found_rows, columns), (n_rows, n_outputs), classes));
    }
    Ok(smoothed(objective, &to_matrix(&rows)))
}

fn misfit(
    root: &Table<'_>,
    value: &Value<'_>,
    (rows, columns): (usize, usize),
    (n_rows, n_outputs): (usize, usize),
    classes: bool,
) -> Error {
    let or_classes = if classes { ", or a class number for each row" } else { "" };
    let message = format!(
        "y is {rows} × {columns}, expected {n_rows} × {n_outputs}: a row per row of x, a column per output{or_classes}"
    );
    root.source.refused(&value.span(), message)
}

fn class(root: &Table<'_>, number: &Number, n_outputs: usize) -> Result<usize> {
    let value = number.get_ref().value;
    if value >= 0.0 && value.fract() == 0.0 && value < n_outputs as f64 {
        return Ok(value as usize);
    }
    let message = format!("expected a class from 0 to {}, got {}", n_outputs - 1, number.get_ref().text);
    Err(root.source.refused(&number.span(), message))
}

/// (1 − ε)·y + ε/K under cross-entropy, (1 − ε)·y + ε/2 under binary cross-entropy.
fn smoothed(objective: Objective, y: &Matrix<f64>) -> Matrix<f64> {
    let epsilon = objective.label_smoothing;
    if epsilon == 0.0 {
        return y.clone();
    }
    let share = if objective.loss == Loss::CrossEntropy { y.columns() as f64 } else { 2.0 };
    Matrix::from_fn(y.rows(), y.columns(), |n, k| (1.0 - epsilon) * y.row(n)[k] + epsilon / share)
}

/// `3-2-1, sigmoid, mse`: what an example is called that has no title.
pub(super) fn description(step: &Step) -> String {
    let widths = std::iter::once(step.x.columns()).chain(step.layers.iter().map(Layer::n_outputs));
    let widths: Vec<String> = widths.map(|width| width.to_string()).collect();
    let mut activations: Vec<&str> = Vec::new();
    for layer in &step.layers {
        let name = chainrule::network::activation_name(layer.activation).0;
        if layer.activation != Activation::Identity && activations.last() != Some(&name) {
            activations.push(name);
        }
    }
    let mut parts = vec![widths.join("-")];
    if !activations.is_empty() {
        parts.push(activations.join(" and "));
    }
    parts.push(step.loss.to_string());
    parts.join(", ")
}
