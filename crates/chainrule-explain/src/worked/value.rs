//! The value of a claim, brought from its author's rows, columns and signs into ours.

use crate::claim::{Claim, Kind, Nesting, Printed, Quantity, Written};
use crate::conventions::{Conventions, Delta, Layout, Product, Symbols};
use crate::example::values::{Nested, counted};
use crate::step::Step;
use crate::worked::symbols::{self, Reading};

/// Reads a symbol as the author of the conventions means it, and checks that the step has it.
pub(super) fn quantity(symbol: &str, step: &Step, symbols: Symbols) -> Result<Reading, String> {
    let reading = symbols::read(symbol, step.layers.len(), symbols)?;
    if let Kind::Bias(l) | Kind::BiasGradient(l) = reading.quantity.kind
        && step.layers[l - 1].values.bias.is_none()
    {
        return Err(format!("layer {l} has no bias, so there is no '{}'", symbol.trim()));
    }
    Ok(reading)
}

/// A claim from a symbol that was read and the numbers beside it.
pub(super) fn claim(
    symbol: &str,
    reading: Reading,
    value: Nested<Printed>,
    step: &Step,
    conventions: Conventions,
) -> Result<Claim, String> {
    let quantity = reading.quantity;
    let negated = reading.is_error_term && conventions.delta == Delta::Error;
    let value = value.map(|number| {
        let value = if negated { -number.value } else { number.value };
        Printed { value, ..number }
    });
    let (rows, columns) = shape(quantity, step);
    let (value, nesting, transposed) = oriented(
        value,
        rows,
        columns,
        is_transposed(quantity.kind, conventions),
    )
    .map_err(|(found, expected)| {
        format!("'{}' is {found}, expected {expected}{}", symbol.trim(), meaning(quantity.kind, conventions))
    })?;
    let written = Written { nesting, transposed, negated };
    Ok(Claim { quantity, symbol: symbol.trim().into(), value, written, place: String::new() })
}

/// Rows and columns of a quantity here; its layer exists.
fn shape(quantity: Quantity, step: &Step) -> (usize, usize) {
    let layer = |l: usize| &step.layers[l - 1];
    match quantity.kind {
        Kind::Loss => (1, 1),
        Kind::Prediction | Kind::OutputDerivative => (step.n_rows(), step.n_outputs()),
        Kind::Preactivations(l) | Kind::Activations(l) | Kind::Slopes(l) | Kind::Delta(l) => {
            (step.n_rows(), layer(l).n_outputs())
        }
        Kind::WeightGradient(l) | Kind::Weights(l) => (layer(l).n_outputs(), layer(l).n_inputs()),
        Kind::BiasGradient(l) | Kind::Bias(l) => (1, layer(l).n_outputs()),
    }
}

/// Whether the author's rows are our columns.
fn is_transposed(kind: Kind, conventions: Conventions) -> bool {
    let weights = conventions.product == Product::XW;
    match kind {
        Kind::Weights(_) => weights,
        Kind::WeightGradient(_) => weights != (conventions.layout == Layout::Transposed),
        _ => false,
    }
}

/// What the expected rows and columns are.
fn meaning(kind: Kind, conventions: Conventions) -> &'static str {
    match kind {
        Kind::Weights(_) | Kind::WeightGradient(_) if is_transposed(kind, conventions) => ": n_in × n_out",
        Kind::Weights(_) | Kind::WeightGradient(_) => ": n_out × n_in",
        Kind::Loss => "",
        Kind::Bias(_) | Kind::BiasGradient(_) => ": a number per unit",
        _ => ": a row per sample, a column per unit",
    }
}

type Oriented = (Vec<Vec<Printed>>, Nesting, bool);

/// The numbers as `rows` × `columns`, where the author's stand the other way round if `transposed`. What is a vector here
/// may have been written as a row or as a column. Otherwise what was found, and what was expected.
fn oriented(
    value: Nested<Printed>,
    rows: usize,
    columns: usize,
    transposed: bool,
) -> Result<Oriented, (String, String)> {
    let expected = if transposed { (columns, rows) } else { (rows, columns) };
    let refused = |found: String| Err((found, format!("{} × {}", expected.0, expected.1)));
    let is_vector = rows == 1 || columns == 1;
    let chunked = |list: Vec<Printed>| list.chunks(columns).map(<[Printed]>::to_vec).collect();
    match value {
        Nested::One(one) if rows * columns == 1 => Ok((vec![vec![one]], Nesting::Number, false)),
        Nested::One(_) => refused("1 number".into()),
        Nested::List(list) if is_vector && list.len() == rows * columns => {
            Ok((chunked(list), Nesting::List, false))
        }
        Nested::List(list) => refused(format!("a list of {}", counted(list.len(), "number"))),
        Nested::Rows(written) => {
            let found = (written.len(), written.first().map_or(0, Vec::len));
            if found == expected && !transposed {
                return Ok((written, Nesting::Rows, false));
            }
            if found == expected {
                let column = |i: usize| written.iter().map(|row| row[i].clone()).collect();
                return Ok(((0..rows).map(column).collect(), Nesting::Rows, true));
            }
            if is_vector && found == (expected.1, expected.0) {
                return Ok((chunked(written.concat()), Nesting::Rows, !transposed));
            }
            refused(format!("{} × {}", found.0, found.1))
        }
    }
}
