//! WORKED.toml: an example, and what its author wrote down, in the author's order.
//!
//! ```toml
//! [[claims]]
//! symbol = "z2"                 # or δ2, σ'(z2), ŷ, L, ∂L/∂W2, …; a prime for after the step
//! value = [["0.217"]]           # a number, a list, or rows; a string keeps its printed digits, zeros at its end among them
//! where = "line 12"             # free text, repeated in the answer
//! ```
//!
//! A value that is no string has the digits of its shortest form: `0.50` is judged as 0.5 is. Claims are read in the
//! author's conventions and kept in ours, with what it takes to point at the author's own place again ([`Written`]).
//!
//! [`Written`]: crate::claim::Written

pub(crate) mod symbols;
mod value;

#[cfg(test)]
mod tests;

use chainrule::Result;

use crate::claim::{Claim, Printed};
use crate::example::source::{self, Table};
use crate::example::values::{Nested, nested};
use crate::example::{self, Example};

/// An example and the claims about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Worked {
    /// The step.
    pub example: Example,
    /// What was written down, in the author's order.
    pub claims: Vec<Claim>,
}

impl Worked {
    /// Reads a WORKED.toml; `name` is what messages call it.
    ///
    /// # Errors
    /// [`Data`](chainrule::ErrorKind::Data) with line and column, as [`Example::parse`]; also for a symbol that is not known or that
    /// the network has not, and for a value of another shape.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        source::with_root(text, name, |root| {
            let example = Example::read(root)?;
            let tables = root.tables("claims", "claim")?;
            let claims = tables.iter().map(|table| read(table, &example)).collect::<Result<_>>()?;
            Ok(Self { example, claims })
        })
    }

    /// The embedded example of a name with the claims of its author, or none: only `a` has any.
    pub fn named(name: &str) -> Option<Self> {
        example::worked_text(name).and_then(|text| Self::parse(text, name).ok())
    }
}

/// Makes a claim of a symbol and its numbers.
///
/// # Errors
/// What is wrong with the symbol or the shape, without a place.
pub(crate) fn claim(symbol: &str, numbers: Nested<Printed>, example: &Example) -> Result<Claim, String> {
    let (step, conventions) = (&example.step, example.conventions);
    let reading = value::quantity(symbol, step, conventions.symbols)?;
    value::claim(symbol, reading, numbers, step, conventions)
}

fn read(table: &Table<'_>, example: &Example) -> Result<Claim> {
    table.only(&["symbol", "value", "where"])?;
    let source = table.source;
    let (step, conventions) = (&example.step, example.conventions);
    let symbol = table.required("symbol", "write symbol = \"z1\"")?;
    let written = source.text_of(symbol, "a symbol in quotes, such as \"z1\"")?;
    let reading = value::quantity(written, step, conventions.symbols)
        .map_err(|message| source.refused(&symbol.span(), message))?;
    let given = table.required("value", "write value = [[\"0.217\"]]")?;
    let numbers = nested(source, given)?.map(toml::Spanned::into_inner);
    let claim = value::claim(written, reading, numbers, step, conventions)
        .map_err(|message| source.refused(&given.span(), message))?;
    let place = match table.get("where") {
        Some(place) => source.text_of(place, "a text in quotes")?.to_owned(),
        None => String::new(),
    };
    Ok(Claim { place, ..claim })
}
