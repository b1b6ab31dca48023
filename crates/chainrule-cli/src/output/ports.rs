//! What `export` says of the file that it wrote.

use super::table::{Table, count};
use chainrule::model::{OPERATOR_SET, Onnx, Port};
use std::path::Path;

/// Columns that are listed of each input and output; the file names all.
const LISTED: usize = 6;

/// The inputs and outputs of a graph.
pub(crate) fn described(path: &Path, onnx: &Onnx) -> String {
    let table = Table::new(["", "elements", "shape"]);
    let named = |table: Table, what: &str, port: &Port| {
        let shape =
            port.columns.as_ref().map_or("rows".into(), |columns| format!("rows × {}", columns.len()));
        table.row([format!("{what} {}", port.name), port.elements.name().into(), shape, columns(port)])
    };
    let table = onnx.inputs.iter().fold(table, |table, port| named(table, "in ", port));
    let table = onnx.outputs.iter().fold(table, |table, port| named(table, "out", port));
    let bytes = count(onnx.bytes.len());
    format!(
        "{}: ONNX, operator set {OPERATOR_SET}, {bytes} bytes\n{}",
        path.display(),
        table.to_string().trim_end()
    )
}

fn columns(port: &Port) -> String {
    let Some(columns) = &port.columns else { return String::new() };
    let listed = columns.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if columns.len() > LISTED { format!("{listed}, …") } else { listed }
}
