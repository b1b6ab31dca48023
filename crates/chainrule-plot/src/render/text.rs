//! The text twin of a picture: the same content as sentences and tables.

#![allow(clippy::format_push_string, reason = "what people read is short")]

use crate::figure::{Axis, Figure, Graph, Layer, Line, Node, Panel, Regions, Scale, Stroke, Tiles};
use crate::ticks::rounded;
use std::fmt::Write;

/// As many heights of a field as a page has room for, in each direction.
const FIELD_CELLS: usize = 11;
/// As many cells without names, in each direction.
const TILE_CELLS: usize = 48;
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
    if let Some(tiles) = panel.tiles() {
        text += &tiles_text(panel, tiles);
    }
    if let Some(regions) = panel.regions() {
        text += &format!("class and its share (across: {}; down: {})\n", panel.x.name, panel.y.name);
        text += &table(&region_rows(regions));
    }
    if let Some(graph) = panel.graph() {
        text += &graph_text(graph);
    }
    // What has neither name nor stroke marks points of another line.
    let says =
        |line: &&Line| !line.points.is_empty() && (!line.name.is_empty() || line.stroke != Stroke::None);
    let lines: Vec<&Line> = panel.lines().filter(says).collect();
    if lines.is_empty() && !panel.is_covered() {
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

/// The class of each place with the share that it has there.
fn region_rows(regions: &Regions) -> Vec<Vec<String>> {
    let cell = |n: usize| {
        let finite = (0..regions.names.len()).filter(|k| regions.shares[*k][n].is_finite());
        let most = finite.reduce(|a, b| if regions.shares[b][n] > regions.shares[a][n] { b } else { a });
        most.map_or_else(
            || "–".to_owned(),
            |k| format!("{} {}", regions.names[k], rounded(regions.shares[k][n], 3)),
        )
    };
    grid_rows(&regions.x, &regions.y, cell)
}

/// The values of the nodes, then those of the links: to which node in the rows, from which one in the columns.
fn graph_text(graph: &Graph) -> String {
    let mut text = String::new();
    let valued: Vec<&Node> = graph.nodes.iter().filter(|node| node.value.is_some()).collect();
    if !valued.is_empty() {
        let mut rows = vec![vec!["node".to_owned(), graph.nodes_name.clone()]];
        rows.extend(
            valued
                .iter()
                .map(|node| vec![node.name.clone(), rounded(node.value.unwrap_or(f64::NAN), DIGITS)]),
        );
        text += &format!("{}\n", table(&rows));
    }
    let mut blocks: Vec<(f64, Vec<usize>, Vec<usize>)> = Vec::new();
    for link in &graph.links {
        let column = graph.nodes[link.from].at[0];
        if blocks.last().is_none_or(|block| block.0 != column) {
            blocks.push((column, Vec::new(), Vec::new()));
        }
        if let Some((_, from, to)) = blocks.last_mut() {
            from.extend((!from.contains(&link.from)).then_some(link.from));
            to.extend((!to.contains(&link.to)).then_some(link.to));
        }
    }
    for (_, from, to) in &blocks {
        text += &format!("{} (across: from; down: to)\n", graph.links_name);
        let name = |n: &usize| graph.nodes[*n].name.clone();
        let mut rows = vec![std::iter::once(String::new()).chain(from.iter().map(name)).collect::<Vec<_>>()];
        for to in to {
            let cell = |from: &usize| {
                let link = graph.links.iter().find(|link| link.from == *from && link.to == *to);
                link.map_or_else(|| "–".to_owned(), |link| rounded(link.value, DIGITS))
            };
            rows.push(std::iter::once(name(to)).chain(from.iter().map(cell)).collect());
        }
        text += &format!("{}\n", table(&rows));
    }
    text
}

/// Evenly chosen rows and columns, the first and the last among them; the highest row on top, as in the picture.
fn field_rows(field: &crate::Field) -> Vec<Vec<String>> {
    grid_rows(&field.x, &field.y, |n| rounded(field.heights[n], 4))
}

fn grid_rows(x: &[f64], y: &[f64], cell: impl Fn(usize) -> String) -> Vec<Vec<String>> {
    let chosen = |n: usize| -> Vec<usize> {
        let most = FIELD_CELLS.min(n);
        (0..most).map(|k| if most < 2 { k } else { (k * (n - 1) + (most - 1) / 2) / (most - 1) }).collect()
    };
    let (columns, rows) = (chosen(x.len()), chosen(y.len()));
    let head = std::iter::once(String::new()).chain(columns.iter().map(|&i| rounded(x[i], 4)));
    let mut cells = vec![head.collect()];
    for &j in rows.iter().rev() {
        let values = columns.iter().map(|&i| cell(j * x.len() + i));
        cells.push(std::iter::once(rounded(y[j], 4)).chain(values).collect());
    }
    cells
}

/// The values of tiles, and what is written in them, from the top row down; evenly chosen rows and columns where they have
/// no names and are many.
fn tiles_text(panel: &Panel, tiles: &Tiles) -> String {
    let (across, down) = (&panel.x.name, &panel.y.name);
    let place = |axis: &Axis, [low, high]: [f64; 2], n: usize, of: usize| {
        written(axis, low + (high - low) * (n as f64 + 0.5) / of.max(1) as f64)
    };
    let (n_columns, n_rows) = (tiles.columns, tiles.rows());
    let every = |n: usize, axis: &Axis| match &axis.scale {
        Scale::Names(names) if names.len() == n => 1,
        _ => n.div_ceil(TILE_CELLS).max(1),
    };
    let columns: Vec<usize> = (0..n_columns).step_by(every(n_columns, &panel.x)).collect();
    let rows_of = |cell: &dyn Fn(usize) -> String| {
        let head = columns.iter().map(|&i| place(&panel.x, tiles.x, i, n_columns));
        let mut rows = vec![std::iter::once(String::new()).chain(head).collect::<Vec<_>>()];
        for j in (0..n_rows).rev().step_by(every(n_rows, &panel.y)) {
            let cells = columns.iter().map(|&i| cell(j * n_columns + i));
            rows.push(std::iter::once(place(&panel.y, tiles.y, j, n_rows)).chain(cells).collect());
        }
        table(&rows)
    };
    let mut text = String::new();
    if !tiles.labels.is_empty() {
        text += &format!("what is written (across: {across}; down: {down})\n");
        text += &rows_of(&|cell| tiles.labels.get(cell).cloned().unwrap_or_default());
        text.push('\n');
    }
    text += &format!("{} (across: {across}; down: {down})\n", tiles.name);
    text + &rows_of(&|cell| {
        let value = tiles.values[cell];
        if value.is_finite() { rounded(value, 4) } else { "–".to_owned() }
    })
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
