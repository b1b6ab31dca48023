//! Consecutive lines of a derivation as one `align*`: their equals signs stand below each other.
//!
//! LaTeX breaks no displayed formula, so it is done here, by an estimate of widths on the safe side. The mark of a check is
//! the tag of its line's last row.

use super::characters::text;
use super::formula::{Place, Style, lead, number};
use crate::derivation::Line;
use crate::expression::Expr;
use crate::render::breaks;
use crate::render::grouping::explicit;
use crate::render::shown::{Mark, sides};

/// The points of a line of text, less its indentation.
const TEXT_WIDTH: usize = 430;

/// What an equals sign takes.
const EQUALS: usize = 14;

/// A symbol wider than this stands above its equation.
const WIDEST_SYMBOL: usize = 130;

/// The lines in one environment.
pub(super) fn equations(lines: &[&Line], digits: usize) -> String {
    let style = Style { digits, place: Place::Display };
    let symbols: Vec<Expr> = lines.iter().map(|line| explicit(&line.symbol)).collect();
    let widths = symbols.iter().map(|symbol| style.width(symbol)).filter(|width| *width <= WIDEST_SYMBOL);
    let room = TEXT_WIDTH - EQUALS - widths.max().unwrap_or(0);
    let all: Vec<Vec<String>> =
        lines.iter().zip(&symbols).map(|(line, symbol)| rows(style, line, symbol, room)).collect();
    let mut latex = String::from("\\begin{align*}\n");
    for (index, rows) in all.iter().enumerate() {
        latex.push_str(&rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join(" \\\\\n"));
        if let Some(next) = all.get(index + 1) {
            latex.push_str(if rows.len() > 1 || next.len() > 1 { " \\\\[1.5ex]" } else { " \\\\" });
        }
        latex.push('\n');
    }
    latex + "\\end{align*}\n"
}

/// The rows of a line.
fn rows(style: Style, line: &Line, symbol: &Expr, room: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = target(&line.id, &style.latex(symbol));
    if style.width(symbol) > WIDEST_SYMBOL {
        let pieces = breaks::rows(symbol, room, &|expr| style.width(expr));
        for (index, piece) in pieces.iter().enumerate() {
            let target = if index == 0 { target(&line.id, "") } else { String::new() };
            rows.push(format!(
                "  & {target}{}{}",
                piece.lead.map_or(String::new(), lead),
                style.latex(&piece.expr)
            ));
        }
        row = String::new();
    }
    let mut opened = false; // whether the row has an equals sign
    let mut used = 0;
    for side in sides(line) {
        let side = explicit(&side);
        let width = style.width(&side);
        if opened && used + EQUALS + width <= room {
            row = format!("{row} = {}", style.latex(&side));
            used += EQUALS + width;
            continue;
        }
        if opened {
            rows.push(std::mem::take(&mut row));
        }
        let pieces = breaks::rows(&side, room, &|expr| style.width(expr));
        for (index, piece) in pieces.iter().enumerate() {
            let latex = style.latex(&piece.expr);
            let lead = piece.lead.map_or(String::new(), lead);
            if index == 0 {
                row = format!("  {row} &= {lead}{latex}");
            } else {
                rows.push(std::mem::replace(
                    &mut row,
                    format!("  &\\mathrel{{\\phantom{{=}}}} {lead}{latex}"),
                ));
            }
            used = style.width(&piece.expr) + piece.lead.map_or(0, |_| EQUALS);
        }
        opened = true;
    }
    if let Some(check) = &line.check {
        let mark = mark(check.into(), style.digits);
        if used + mark.1 > room {
            rows.push(std::mem::replace(&mut row, "  &".into()));
        }
        row = format!("{row} \\tag*{{{}}}", mark.0);
    }
    rows.push(row);
    rows
}

/// The symbol as the target of links, where the line has a name.
fn target(id: &str, symbol: &str) -> String {
    if id.is_empty() { symbol.into() } else { format!("\\hypertarget{{{id}}}{{{symbol}}}") }
}

/// A mark and how many points it needs.
fn mark(mark: Mark, digits: usize) -> (String, usize) {
    match mark {
        Mark::Agrees { kinks: 0 } => ("$\\checkmark$".into(), 25),
        Mark::Agrees { kinks } => (format!("$\\checkmark$ but {kinks} at a kink"), 110),
        Mark::Off(error) => (format!("$\\times$ off by ${}$", number(error, digits.min(3))), 130),
        Mark::Kink => (text("– kink"), 50),
    }
}
