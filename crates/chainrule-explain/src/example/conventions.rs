//! The table `[conventions]`: each key with its names, the first of which is our own.

use chainrule::Result;

use super::source::Table;
use crate::conventions::{Conventions, Delta, Indices, Layout, Product, Symbols};
use crate::names;

/// Reads `[conventions]`; what is left out is our own.
pub(super) fn read(root: &Table<'_>) -> Result<Conventions> {
    let Some(table) = root.table("conventions")? else { return Ok(Conventions::default()) };
    table.only(&["indices", "delta", "product", "layout", "symbols"])?;
    let indices = [("destination-first", Indices::DestinationFirst), ("source-first", Indices::SourceFirst)];
    let symbols = [("z,a", Symbols::Za), ("h,V", Symbols::HV), ("net,o", Symbols::NetO)];
    Ok(Conventions {
        indices: choice(&table, "indices", &indices)?,
        delta: choice(&table, "delta", &[("gradient", Delta::Gradient), ("error", Delta::Error)])?,
        product: choice(&table, "product", &[("Wa", Product::Wa), ("xW", Product::XW)])?,
        layout: choice(
            &table,
            "layout",
            &[("weights", Layout::Weights), ("transposed", Layout::Transposed)],
        )?,
        symbols: choice(&table, "symbols", &symbols)?,
    })
}

fn choice<T: Copy + Default>(table: &Table<'_>, key: &str, choices: &[(&str, T)]) -> Result<T> {
    let Some(value) = table.get(key) else { return Ok(T::default()) };
    let known: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let given = table.source.text_of(value, &format!("one of \"{}\"", known.join("\", \"")))?;
    let plain = given.replace(' ', "");
    let found = choices.iter().find(|(name, _)| *name == plain).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        table.source.refused(&value.span(), names::unknown(&format!("value of {key}"), given, &known))
    })
}
