//! A derivation as text: Unicode, at most 80 characters in a line.
//!
//! Text has neither grey nor size, so everything is said in characters: layers are raised in parentheses, indices are
//! lowered, matrices have their rows below each other on the baseline of their equation, and a term that is zero stands
//! in ⟨ ⟩. Nothing is ever wider than a line: what has no place to break at is cut.

mod equation;
mod formula;
mod layout;
mod paragraph;
mod table;

use std::fmt::Write as _;

use self::formula::{Matrices, Style};
use self::layout::width;
use crate::derivation::{Block, Derivation, Span};
use crate::expression::Expr;
use crate::render::grouping::explicit;
use crate::render::shown::has_zero;

/// The characters of a line.
pub(super) const WIDTH: usize = 80;

/// By how much lines of a derivation stand in from its prose.
const INDENT: usize = 2;

/// The whole derivation, with so many significant digits in its numbers.
pub fn render(derivation: &Derivation, digits: usize) -> String {
    let mut text = heading(&derivation.title, '═');
    let mut legend = legend(derivation);
    for section in &derivation.sections {
        text.push('\n');
        text.push_str(&heading(&section.title, '─'));
        let mut before: Option<(&Block, usize)> = None;
        for block in &section.blocks {
            let lines = block_lines(block, digits, &mut legend);
            if !before.is_some_and(|before| are_close(before, (block, lines.len()))) {
                text.push('\n');
            }
            for line in &lines {
                let _ = writeln!(text, "{}", line.trim_end());
            }
            before = Some((block, lines.len()));
        }
    }
    text
}

/// A formula in one line of Unicode; matrices as `[[1, 2], [3, 4]]`.
pub fn formula(expr: &Expr, digits: usize) -> String {
    Style { digits, matrices: Matrices::OneLine }.one_line(&explicit(expr))
}

/// A title over a line of `under`.
fn heading(title: &str, under: char) -> String {
    let words: Vec<&str> = title.split_whitespace().collect();
    let lines = paragraph::filled(&words, WIDTH);
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    format!("{}\n{}\n", lines.join("\n"), under.to_string().repeat(widest))
}

/// What the first box says about signs that only this renderer has.
fn legend(derivation: &Derivation) -> Vec<(String, Vec<Span>)> {
    if !has_zero(derivation) {
        return Vec::new();
    }
    vec![("⟨ ⟩".into(), vec![Span::Text("a term that is 0, kept to show why".into())])]
}

/// Lines of one row each stand directly below each other, all else has an empty line in between.
fn are_close((before, height_before): (&Block, usize), (block, height): (&Block, usize)) -> bool {
    matches!((before, block), (Block::Line(_), Block::Line(_))) && height_before == 1 && height == 1
}

fn block_lines(block: &Block, digits: usize, legend: &mut Vec<(String, Vec<Span>)>) -> Vec<String> {
    match block {
        Block::Paragraph(spans) => paragraph::wrapped(spans, digits, WIDTH),
        Block::Heading(title) => heading(title, '┄').lines().map(String::from).collect(),
        Block::Settings(settings) => {
            let rows: Vec<_> = settings.iter().cloned().chain(legend.drain(..)).collect();
            settings_box(&rows, digits)
        }
        Block::Line(line) => equation::equation(line, digits),
        Block::Table { header, rows } => table::table(header, rows, digits),
        Block::Omitted { what, count, hint } => {
            let mut said = format!("⋯ {count} {what} not written out");
            if !hint.is_empty() {
                let _ = write!(said, "; to see them: {hint}");
            }
            let lines = paragraph::wrapped(&[Span::Text(said)], digits, WIDTH - INDENT);
            lines.into_iter().map(|line| format!("{}{line}", " ".repeat(INDENT))).collect()
        }
    }
}

/// What and how, in a frame.
fn settings_box(rows: &[(String, Vec<Span>)], digits: usize) -> Vec<String> {
    const WIDEST_NAME: usize = 24;
    let names =
        rows.iter().map(|(name, _)| paragraph::wrapped(&[Span::Text(name.clone())], digits, WIDEST_NAME));
    let names: Vec<Vec<String>> = names.collect();
    let left = names.iter().flatten().map(|line| width(line)).max().unwrap_or(0);
    let room = WIDTH - left - 6; // two sides, three spaces and one more between the columns
    let texts: Vec<Vec<String>> =
        rows.iter().map(|(_, spans)| paragraph::wrapped(spans, digits, room)).collect();
    let right = texts.iter().flatten().map(|line| width(line)).max().unwrap_or(0);
    let rule = "─".repeat(left + right + 4);
    let mut lines = vec![format!("┌{rule}┐")];
    for (name, text) in names.iter().zip(&texts) {
        for i in 0..name.len().max(text.len()) {
            let cell = |lines: &[String], widest: usize| {
                let text = lines.get(i).map_or("", String::as_str);
                format!("{text}{}", " ".repeat(widest - width(text)))
            };
            lines.push(format!("│ {}  {} │", cell(name, left), cell(text, right)));
        }
    }
    lines.push(format!("└{rule}┘"));
    lines
}
