//! Rows of Markdown tables that name a quantity beside its value: `| delta1 | [0.1, 0.2] |`.
//!
//! They are not read: which column is the symbol's and which the value's stands in the heading, in words. But somebody who
//! wrote down a value must not believe that it was checked, so every such row is listed as skipped.

use super::markup::plain;
use super::{Skipped, values};
use crate::example::Example;
use crate::worked::symbols;

/// The rows of tables in which a value stands behind a symbol, without an equals sign.
pub(super) fn skipped(prose: &str, example: &Example) -> Vec<Skipped> {
    let rows = (1..).zip(prose.lines()).filter(|(_, line)| line.trim_start().starts_with('|'));
    rows.filter_map(|(line, row)| {
        let cells: Vec<String> = row.split('|').map(cell).collect();
        let is_symbol = |cell: &String| {
            symbols::read(cell, example.step.layers.len(), example.conventions.symbols).is_ok()
        };
        let at = cells.iter().position(is_symbol)?;
        let has_value = cells[at + 1..].iter().any(|cell| !values::readings(cell).is_empty());
        has_value.then(|| Skipped {
            line,
            text: row.trim().into(),
            reason: format!("rows of tables are not read: write '{} = …'", cells[at]),
        })
    })
    .collect()
}

/// A cell as plain text.
fn cell(text: &str) -> String {
    let text: String = plain(text).into_iter().map(|(c, _)| c).collect();
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '$' | '`')).into()
}
