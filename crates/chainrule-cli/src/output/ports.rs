//! What `export` says of the file that it wrote.

use super::table::{count, printable};
use chainrule::model::{OPERATOR_SET, Onnx, Port};
use std::path::Path;

/// Columns that are listed of each input and output; the file names all.
const LISTED: usize = 6;

/// The inputs and outputs of a graph, one line each.
pub(crate) fn described(path: &Path, onnx: &Onnx) -> String {
    let bytes = count(onnx.bytes.len());
    let ports = onnx.inputs.iter().map(|port| ("in", port)).chain(onnx.outputs.iter().map(|p| ("out", p)));
    let lines = ports.map(|(way, port)| line(way, port));
    let head = format!("{}: ONNX, operator set {OPERATOR_SET}, {bytes} bytes", path.display());
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

fn line(way: &str, port: &Port) -> String {
    let (name, elements) = (port.name, port.elements.name());
    let shape = port.columns.as_ref().map_or("rows".into(), |columns| format!("rows × {}", columns.len()));
    let mut columns: Vec<String> =
        port.columns.iter().flatten().take(LISTED).map(|name| printable(name)).collect();
    if port.columns.as_ref().is_some_and(|all| all.len() > LISTED) {
        columns.push("…".into());
    }
    let line = format!("  {way:<3}  {name:<13}  {elements:<4}  {shape:<10}  {}", columns.join(", "));
    line.trim_end().to_owned()
}
