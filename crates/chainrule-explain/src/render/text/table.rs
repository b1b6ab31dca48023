//! Tables: names to the left, numbers with their points below each other, as many columns beside each other as fit.

use super::formula::number;
use super::layout::width;
use super::paragraph::filled;
use super::{INDENT, WIDTH};

/// A row's name is broken at this width, and so are the names of columns.
const WIDEST_NAME: usize = 28;
const WIDEST_HEADER: usize = 18;

/// What stands where there is no number.
const NONE: &str = "–";

/// The lines of a table; columns that do not fit follow below, with the names of the rows again.
pub(super) fn table(header: &[String], rows: &[(String, Vec<Option<f64>>)], digits: usize) -> Vec<String> {
    let names: Vec<&str> = header
        .first()
        .map(String::as_str)
        .into_iter()
        .chain(rows.iter().map(|(name, _)| name.as_str()))
        .collect();
    let names = column(&names, WIDEST_NAME);
    let n_columns = rows.iter().map(|(_, values)| values.len()).chain([header.len().saturating_sub(1)]).max();
    let columns: Vec<Column> = (0..n_columns.unwrap_or(0))
        .map(|j| {
            numbers(
                header.get(j + 1).map_or("", String::as_str),
                rows.iter().map(|(_, row)| row.get(j).copied().flatten()),
                digits,
            )
        })
        .collect();
    let mut lines = Vec::new();
    let mut rest = columns.as_slice();
    loop {
        let mut taken = 0;
        let mut total = INDENT + names.width;
        while taken < rest.len() && total + 3 + rest[taken].width <= WIDTH {
            total += 3 + rest[taken].width;
            taken += 1;
        }
        let (now, later) = rest.split_at(taken.max(1).min(rest.len()));
        lines.extend(block(&names, now));
        if later.is_empty() {
            return lines;
        }
        lines.push(String::new());
        rest = later;
    }
}

/// The cells of a column, the header first; each is one line or several of the column's width.
struct Column {
    width: usize,
    cells: Vec<Vec<String>>,
    side: Side,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

fn column(texts: &[&str], widest: usize) -> Column {
    let cell = |text: &&str| filled(&text.split(' ').collect::<Vec<_>>(), widest);
    let cells: Vec<Vec<String>> = texts.iter().map(cell).collect();
    Column { width: widest_of(&cells), cells, side: Side::Left }
}

fn numbers(header: &str, values: impl Iterator<Item = Option<f64>>, digits: usize) -> Column {
    let texts: Vec<String> =
        values.map(|value| value.map_or(NONE.into(), |value| number(value, digits))).collect();
    let behind = |text: &str| {
        let point = text.find(['.', '·']).unwrap_or(text.len());
        width(&text[point..])
    };
    let most = texts.iter().map(|text| behind(text)).max().unwrap_or(0);
    let padded = texts.iter().map(|text| vec![format!("{text}{}", " ".repeat(most - behind(text)))]);
    let header = filled(&header.split(' ').collect::<Vec<_>>(), WIDEST_HEADER);
    let cells: Vec<Vec<String>> = std::iter::once(header).chain(padded).collect();
    Column { width: widest_of(&cells), cells, side: Side::Right }
}

fn widest_of(cells: &[Vec<String>]) -> usize {
    cells.iter().flatten().map(|line| width(line)).max().unwrap_or(0)
}

/// Columns side by side, a rule below the header.
fn block(names: &Column, columns: &[Column]) -> Vec<String> {
    let all: Vec<&Column> = std::iter::once(names).chain(columns).collect();
    let mut lines = Vec::new();
    for i in 0..names.cells.len() {
        let height = all.iter().map(|column| column.cells[i].len()).max().unwrap_or(1);
        for line in 0..height {
            let texts = all.iter().map(|column| {
                // The header stands on its last line, the name of a row begins beside its numbers.
                let down = if i == 0 { height - column.cells[i].len() } else { 0 };
                let text = line
                    .checked_sub(down)
                    .and_then(|line| column.cells[i].get(line))
                    .map_or("", String::as_str);
                let gap = " ".repeat(column.width - width(text));
                if column.side == Side::Left { format!("{text}{gap}") } else { format!("{gap}{text}") }
            });
            let line = format!("{}{}", " ".repeat(INDENT), texts.collect::<Vec<_>>().join("   "));
            lines.push(line.trim_end().to_string());
        }
        if i == 0 {
            let rule = all.iter().map(|column| column.width + 3).sum::<usize>() - 3;
            lines.push(format!("{}{}", " ".repeat(INDENT), "─".repeat(rule)));
        }
    }
    lines
}
