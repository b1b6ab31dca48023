//! A line of a derivation on a page: `symbol = formula = numbers = value`, broken where it is too wide.
//!
//! As many sides as fit stand in a row. The rows below begin with an equals sign that stands below the first; a side
//! that is wider than a row is broken at its own operators and continues to the right of that sign.

use super::formula::{Matrices, Style, lead, number};
use super::layout::{Layout, width};
use super::{INDENT, WIDTH};
use crate::derivation::Line;
use crate::expression::Expr;
use crate::render::breaks::{self, Piece};
use crate::render::grouping::explicit;
use crate::render::shown::{Mark, sides};

/// A symbol wider than this stands above its equation.
const WIDEST_SYMBOL: usize = 36;

/// The rows of a line, indented, with the mark of its check at the right edge.
pub(super) fn equation(line: &Line, digits: usize) -> Vec<String> {
    let style = Style { digits, matrices: Matrices::Blocks };
    let symbol = style.layout(&explicit(&line.symbol));
    let mut blocks: Vec<Layout> = Vec::new();
    let mut row = symbol.clone().padded(INDENT, 0);
    let mut sign_at = row.width() + 1;
    if symbol.width() > WIDEST_SYMBOL {
        let above = broken(style, &explicit(&line.symbol), WIDTH - INDENT);
        blocks.extend(above.into_iter().map(|layout| layout.padded(INDENT, 0)));
        sign_at = 3 * INDENT;
        row = Layout::line(" ".repeat(sign_at - 1));
    }
    let text_at = sign_at + 2;
    for side in sides(line) {
        let side = explicit(&side);
        let layout = style.layout(&side);
        let equals = |row: Layout, layout: Layout| Layout::beside([row, Layout::line(" = "), layout]);
        if row.width() + 3 + layout.width() <= WIDTH {
            row = equals(row, layout);
            continue;
        }
        if row.width() >= text_at {
            blocks.push(row);
            row = Layout::line(" ".repeat(sign_at - 1));
        }
        let mut pieces = broken(style, &side, WIDTH - text_at).into_iter();
        if let Some(first) = pieces.next() {
            row = equals(row, first);
        }
        for piece in pieces {
            blocks.push(std::mem::replace(&mut row, piece.padded(text_at, 0)));
        }
    }
    blocks.push(row);
    printed(&blocks, line.check.as_ref().map(|check| mark(check.into(), digits)).as_deref())
}

/// The rows of blocks below each other, the mark at the end of the last block's baseline or, without room, below.
fn printed(blocks: &[Layout], mark: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut last_baseline = 0;
    for block in blocks {
        last_baseline = lines.len() + block.baseline();
        lines.extend(block.lines().iter().map(|line| line.trim_end().to_string()));
    }
    if let Some(mark) = mark {
        let at = lines[last_baseline..].iter().position(|line| width(line) + 2 + width(mark) <= WIDTH);
        let at = at.map_or(lines.len(), |at| last_baseline + at);
        if at == lines.len() {
            lines.push(String::new());
        }
        let gap = WIDTH - width(&lines[at]) - width(mark);
        lines[at] = format!("{}{}{mark}", lines[at], " ".repeat(gap));
    }
    lines
}

fn mark(mark: Mark, digits: usize) -> String {
    match mark {
        Mark::Agrees { kinks: 0 } => "✓".into(),
        Mark::Agrees { kinks } => format!("✓ but {kinks} at a kink"),
        Mark::Off(error) => format!("✗ off by {}", number(error, digits.min(3))),
        Mark::Kink => "– kink".into(),
    }
}

/// A formula as blocks that each fit into `room`, one below the other.
fn broken(style: Style, expr: &Expr, room: usize) -> Vec<Layout> {
    let pieces = breaks::rows(expr, room, &|expr| style.layout(expr).width());
    pieces.iter().flat_map(|piece| fitted(style, piece, room)).collect()
}

/// A row as a block, or cut into lines where it is too wide and has no place to break at.
fn fitted(style: Style, piece: &Piece, room: usize) -> Vec<Layout> {
    let opened = |layout: Layout| match piece.lead {
        Some(operator) => Layout::beside([Layout::line(format!("{} ", lead(operator))), layout]),
        None => layout,
    };
    let layout = opened(style.layout(&piece.expr));
    if layout.width() <= room {
        return vec![layout];
    }
    let text = opened(Layout::line(style.one_line(&piece.expr))).lines().concat();
    let words: Vec<&str> = text.split(' ').collect();
    super::paragraph::filled(&words, room).into_iter().map(Layout::line).collect()
}
