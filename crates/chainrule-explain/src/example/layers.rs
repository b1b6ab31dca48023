//! The layers of an example: activation, weights, bias.

use chainrule::network::parse_activation;
use chainrule::{Activation, Matrix, Result};
use toml::de::DeValue;

use super::source::{Table, Value};
use super::values::{counted, list, matrix, transposed};
use crate::conventions::Product;
use crate::step::{Layer, LayerValues};

/// How the weights of a file lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// n_out × n_in, as ours.
    Ours,
    /// n_in × n_out.
    Transposed,
}

impl Orientation {
    /// That of the author who writes products so.
    pub(crate) fn new(product: Product) -> Self {
        if product == Product::XW { Self::Transposed } else { Self::Ours }
    }

    /// Rows and columns in the file of a matrix that has these here, or the other way round.
    pub(crate) fn of<T>(self, rows: T, columns: T) -> (T, T) {
        if self == Self::Ours { (rows, columns) } else { (columns, rows) }
    }
}

/// Reads `[[layers]]`, each of which must fit what it reads: `n_inputs` columns of x, then the layer before.
pub(super) fn read(root: &Table<'_>, n_inputs: usize, orientation: Orientation) -> Result<Vec<Layer>> {
    let hint = "a layer is\n[[layers]]\nactivation = \"sigmoid\"\nweights = [[0.1, 0.2]]";
    let value = root.required("layers", hint)?;
    let tables = root.tables("layers", "layer")?;
    if tables.is_empty() {
        return Err(root
            .source
            .refused(&value.span(), format!("a network needs at least one layer; {hint}")));
    }
    let mut layers: Vec<Layer> = Vec::new();
    for table in &tables {
        table.only(&["activation", "weights", "bias"])?;
        let expected = layers.last().map_or(n_inputs, Layer::n_outputs);
        let layer = Layer { activation: activation(table)?, values: values_of(table, orientation)? };
        fits(table, &layer, expected, layers.len(), orientation)?;
        layers.push(layer);
    }
    for (table, layer) in tables.iter().zip(&layers[..layers.len() - 1]) {
        if layer.activation == Activation::Softmax {
            let message =
                format!("{} has activation 'softmax', which is for the output layer only", table.what);
            let place = table.get("activation").map_or(table.span.clone(), toml::Spanned::span);
            return Err(table.source.refused(&place, message));
        }
    }
    Ok(layers)
}

/// Reads the weights and the bias of a layer, or of a memory of it.
pub(super) fn values_of(table: &Table<'_>, orientation: Orientation) -> Result<LayerValues> {
    let value = table.required("weights", "write weights = [[…], […]], a row for each unit")?;
    let read = matrix(table.source, value)?;
    let weights: Matrix<f64> = if orientation == Orientation::Ours { read } else { transposed(&read) };
    let bias = table.get("bias").map(|value| list(table.source, value)).transpose()?;
    Ok(LayerValues { weights, bias })
}

fn fits(
    table: &Table<'_>,
    layer: &Layer,
    n_inputs: usize,
    before: usize,
    orientation: Orientation,
) -> Result<()> {
    let n_outputs = layer.n_outputs();
    if layer.n_inputs() != n_inputs {
        let (rows, columns) = orientation.of(n_outputs, layer.n_inputs());
        let (expected_rows, expected_columns) = orientation.of("n".into(), n_inputs.to_string());
        let giver = if before == 0 {
            format!("x has {}", counted(n_inputs, "column"))
        } else {
            format!("layer {before} has {}", counted(n_inputs, "unit"))
        };
        let message = format!(
            "the weights of {} are {rows} × {columns}, but {giver}: expected {expected_rows} × {expected_columns}",
            table.what
        );
        let place = table.get("weights").map_or(table.span.clone(), toml::Spanned::span);
        return Err(table.source.refused(&place, message));
    }
    match (&layer.values.bias, table.get("bias")) {
        (Some(bias), Some(value)) if bias.len() != n_outputs => {
            let (found, expected) = (counted(bias.len(), "number"), counted(n_outputs, "unit"));
            let message = format!("the bias of {} has {found}, but the layer has {expected}", table.what);
            Err(table.source.refused(&value.span(), message))
        }
        _ => Ok(()),
    }
}

/// Reads an activation: a name, or a table of a name and its parameter.
fn activation(table: &Table<'_>) -> Result<Activation> {
    let hint = "write activation = \"sigmoid\", or \"identity\" for a layer that has none";
    let value = table.required("activation", hint)?;
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        return named(table, value, None);
    }
    let inner = table.within(value, "the activation".into())?;
    inner.only(&["name", "slope", "alpha"])?;
    let name = inner.required("name", "write activation = { name = \"leaky-relu\", slope = 0.01 }")?;
    let activation = named(table, name, None)?;
    for (key, owner) in [("slope", "leaky-relu"), ("alpha", "elu")] {
        let Some(parameter) = inner.get(key) else { continue };
        if name.get_ref().as_str() != Some(owner) {
            let message = format!("{key} belongs to '{owner}'\nleave it out, or take that activation");
            return Err(table.source.refused(&parameter.span(), message));
        }
        return named(table, name, inner.number(key)?);
    }
    Ok(activation)
}

fn named(table: &Table<'_>, name: &Value<'_>, parameter: Option<f64>) -> Result<Activation> {
    let text = name.get_ref().as_str().ok_or_else(|| {
        let message = "expected an activation: its name, or { name = \"leaky-relu\", slope = 0.01 }";
        table.source.refused(&name.span(), message)
    })?;
    parse_activation(text, parameter).map_err(table.at(&name.span()))
}
