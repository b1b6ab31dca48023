//! The text twin of a picture: the same content as sentences and tables.

#![allow(clippy::format_push_string, reason = "what people read is short")]

use crate::figure::{Axis, Figure, Layer, Line, Panel, Scale, Stroke};
use crate::ticks::rounded;
use std::fmt::Write;

/// As many heights of a field as a page has room for, in each direction.
const FIELD_CELLS: usize = 11;
/// Digits of the numbers.
const DIGITS: usize = 6;

/// The figure in words and numbers.
pub fn text(figure: &Figure) -> String {
    let mut text = format!("{}\n", figure.title);
    for panel in &figure.panels {
        text.push('\n');
        if !panel.title.is_empty() {
            text += &format!("{}\n", panel.title);
        }
        text += &panel_text(panel);
    }
    for note in figure.notes.iter().filter(|note| !note.is_empty()) {
        text += &format!("\n{note}\n");
    }
    text
}

fn panel_text(panel: &Panel) -> String {
    let mut text = String::new();
    for layer in &panel.layers {
        if let Layer::Field(field) = layer {
            text += &format!("{} (across: {}; down: {})\n", field.name, panel.x.name, panel.y.name);
            text += &table(&field_rows(field));
        }
    }
    // What has neither name nor stroke marks points of another line.
    let says =
        |line: &&Line| !line.points.is_empty() && (!line.name.is_empty() || line.stroke != Stroke::None);
    let lines: Vec<&Line> = panel.lines().filter(says).collect();
    if lines.is_empty() && panel.field().is_none() {
        text += "nothing to show: there are no numbers\n";
    }
    // Lines over the same places share a table; single points are sentences.
    let mut tables: Vec<Vec<&Line>> = Vec::new();
    for line in lines.iter().filter(|line| line.points.len() > 1) {
        let same = |other: &&mut Vec<&Line>| {
            let places = |line: &Line| line.points.iter().map(|p| p[0].to_bits()).collect::<Vec<_>>();
            places(other[0]) == places(line)
        };
        match tables.iter_mut().find(same) {
            Some(table) => table.push(line),
            None => tables.push(vec![line]),
        }
    }
    for lines in &tables {
        let name = |line: &&Line| if line.name.is_empty() { panel.y.name.clone() } else { line.name.clone() };
        let mut rows = vec![std::iter::once(panel.x.name.clone()).chain(lines.iter().map(name)).collect()];
        for (i, point) in lines[0].points.iter().enumerate() {
            let values = lines.iter().map(|line| written(&panel.y, line.points[i][1]));
            rows.push(std::iter::once(written(&panel.x, point[0])).chain(values).collect());
        }
        text += &table(&rows);
    }
    for line in lines.iter().filter(|line| line.points.len() == 1) {
        let ([x, y], name) = (line.points[0], if line.name.is_empty() { "a point" } else { &line.name });
        let (x, y) = (written(&panel.x, x), written(&panel.y, y));
        text += &format!("{name}: {} {x}, {} {y}\n", panel.x.name, panel.y.name);
    }
    text
}

fn written(axis: &Axis, value: f64) -> String {
    match &axis.scale {
        Scale::Names(names) if value >= 0.0 && value.fract() == 0.0 => {
            names.get(value as usize).cloned().unwrap_or_else(|| rounded(value, DIGITS))
        }
        _ => rounded(value, DIGITS),
    }
}

/// Evenly chosen rows and columns, the first and the last among them; the highest row on top, as in the picture.
fn field_rows(field: &crate::Field) -> Vec<Vec<String>> {
    let chosen = |n: usize| -> Vec<usize> {
        let most = FIELD_CELLS.min(n);
        (0..most).map(|k| if most < 2 { k } else { (k * (n - 1) + (most - 1) / 2) / (most - 1) }).collect()
    };
    let (columns, rows) = (chosen(field.x.len()), chosen(field.y.len()));
    let head = std::iter::once(String::new()).chain(columns.iter().map(|&i| rounded(field.x[i], 4)));
    let mut cells = vec![head.collect()];
    for &j in rows.iter().rev() {
        let heights = columns.iter().map(|&i| rounded(field.heights[j * field.x.len() + i], 4));
        cells.push(std::iter::once(rounded(field.y[j], 4)).chain(heights).collect());
    }
    cells
}

/// Columns that stand below their heads, numbers to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Cannot fail: a String takes everything.
            write!(line, "{cell:>width$}  ").expect("memory");
        }
        text += &format!("{}\n", line.trim_end());
    }
    text
}
