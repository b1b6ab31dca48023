//! A formula in characters: superscripts and subscripts where Unicode has them, matrices as blocks or in one line.

use super::layout::{Brackets, Layout};
use crate::expression::{Expr, Operator, Symbol};
use crate::render::number::printed;

/// How formulas are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Significant digits.
    pub(super) digits: usize,
    pub(super) matrices: Matrices,
}

/// How matrices are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matrices {
    /// A line per row.
    Blocks,
    /// `[[1, 2], [3, 4]]`.
    OneLine,
}

impl Style {
    /// The block of a formula in which every necessary parenthesis is written.
    pub(super) fn layout(self, expr: &Expr) -> Layout {
        match expr {
            Expr::Number(value) => Layout::line(number(*value, self.digits)),
            Expr::Integer(value) => Layout::line(value.to_string().replace('-', "−")),
            Expr::Symbol(symbol) => Layout::line(symbol_text(symbol)),
            Expr::Word(word) => Layout::line(*word),
            Expr::Operator(operator) => Layout::line(sign(*operator, Role::Binary).trim()),
            Expr::Row(parts) => self.row(parts),
            Expr::Fraction(over, under) => Layout::beside([
                self.part(over, Part::Numerator),
                Layout::line("/"),
                self.part(under, Part::Denominator),
            ]),
            Expr::Power(base, exponent) => {
                let exponent = self.one_line(exponent);
                let raised = superscript(&exponent).unwrap_or_else(|| format!("^({exponent})"));
                self.layout(base).raised(&raised)
            }
            Expr::Root(inner) => Layout::beside([Layout::line("√"), self.part(inner, Part::Radicand)]),
            Expr::Call(function, argument) => {
                Layout::beside([self.layout(function), self.layout(argument).enclosed(Brackets::Round)])
            }
            Expr::Group(inner) => self.layout(inner).enclosed(Brackets::Round),
            Expr::Absolute(inner) => self.layout(inner).enclosed(Brackets::Bars),
            Expr::Transpose(inner) => self.layout(inner).raised("ᵀ"),
            Expr::Matrix(rows) => self.matrix(rows),
            Expr::Sum(index, term) => {
                let index =
                    index.chars().map(subscript).collect::<Option<String>>().unwrap_or(format!("_{index}"));
                Layout::beside([Layout::line(format!("Σ{index} ")), self.layout(term)])
            }
            Expr::Partial(of, by) => {
                let parts = ["∂", &self.one_line(of), "/∂", &self.one_line(by)];
                Layout::line(parts.concat())
            }
            Expr::Zero(inner) => self.layout(inner).enclosed(Brackets::Angle),
        }
    }

    /// The same in one line.
    pub(super) fn one_line(self, expr: &Expr) -> String {
        Self { matrices: Matrices::OneLine, ..self }.layout(expr).lines().concat()
    }

    /// A part that stands beside a / or below a root, where more than one thing needs parentheses.
    fn part(self, expr: &Expr, part: Part) -> Layout {
        let layout = self.layout(expr);
        let scientific = matches!(expr, Expr::Number(_)) && layout.lines().concat().contains('·');
        let several = match (expr, part) {
            (Expr::Row(parts), Part::Numerator) => {
                let mut operators = parts.iter().skip(1).filter(|part| matches!(part, Expr::Operator(_)));
                operators.any(|operator| *operator != Expr::Operator(Operator::Times))
                    || parts.iter().any(|part| matches!(part, Expr::Row(_) | Expr::Partial(..)))
            }
            (Expr::Fraction(..) | Expr::Partial(..) | Expr::Sum(..), _)
            | (Expr::Power(..) | Expr::Transpose(_) | Expr::Call(..), Part::Radicand) => true,
            (_, Part::Numerator) => false,
            (Expr::Row(_), _) => true,
            (Expr::Number(_) | Expr::Integer(_), _) => scientific || layout.lines().concat().starts_with('−'),
            _ => false,
        };
        if several { layout.enclosed(Brackets::Round) } else { layout }
    }

    fn row(self, parts: &[Expr]) -> Layout {
        let layouts: Vec<Layout> = parts.iter().map(|part| self.layout(part)).collect();
        let wide = |(part, layout): (&Expr, &Layout)| {
            matches!(part, Expr::Partial(..) | Expr::Fraction(..)) || layout.is_tall()
        };
        let airy = parts.iter().zip(&layouts).any(wide);
        let mut blocks = Vec::new();
        let mut before: Option<(&Expr, &Layout)> = None;
        for (part, layout) in parts.iter().zip(&layouts) {
            let behind_a_part = before.is_some_and(|(before, _)| !matches!(before, Expr::Operator(_)));
            if let Expr::Operator(operator) = part {
                let role = match behind_a_part {
                    true if airy => Role::AiryBinary,
                    true => Role::Binary,
                    false => Role::Prefix,
                };
                blocks.push(Layout::line(sign(*operator, role)));
            } else {
                if behind_a_part && before.is_some_and(|before| are_apart(before, (part, layout))) {
                    blocks.push(Layout::line(" "));
                }
                blocks.push(layout.clone());
            }
            before = Some((part, layout));
        }
        Layout::beside(blocks)
    }

    fn matrix(self, rows: &[Vec<Expr>]) -> Layout {
        if self.matrices == Matrices::OneLine || rows.is_empty() {
            let row = |row: &Vec<Expr>| {
                let entries: Vec<String> = row.iter().map(|entry| self.one_line(entry)).collect();
                format!("[{}]", entries.join(", "))
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            return Layout::line(format!("[{}]", rows.join(", ")));
        }
        let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let columns: Vec<Vec<Layout>> = (0..n_columns)
            .map(|j| {
                let entry = |row: &Vec<Expr>| row.get(j).map_or(Layout::line(""), |entry| self.layout(entry));
                let numeric =
                    |row: &Vec<Expr>| matches!(row.get(j), Some(Expr::Number(_) | Expr::Integer(_)));
                aligned(&rows.iter().map(|row| (entry(row), numeric(row))).collect::<Vec<_>>())
            })
            .collect();
        let line = |i: usize| {
            let gap = |j: usize| Layout::line(if j == 0 { " " } else { "  " });
            let cells = columns.iter().enumerate().flat_map(|(j, column)| [gap(j), column[i].clone()]);
            Layout::beside(cells.chain([Layout::line(" ")]))
        };
        let lines: Vec<Layout> = (0..rows.len()).map(line).collect();
        Layout::stacked(&lines).enclosed(Brackets::Square)
    }
}

/// Where a part stands.
#[derive(Clone, Copy)]
enum Part {
    Numerator,
    Denominator,
    Radicand,
}

/// How an operator stands in its row.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// As a sign, in front of its part.
    Prefix,
    /// Between two parts.
    Binary,
    /// Between two parts of a row with fractions or matrices.
    AiryBinary,
}

fn sign(operator: Operator, role: Role) -> &'static str {
    match (operator, role) {
        (Operator::Plus, Role::Prefix) => "+",
        (Operator::Minus, Role::Prefix) => "−",
        (Operator::Plus, _) => " + ",
        (Operator::Minus, _) => " − ",
        (Operator::Times, Role::AiryBinary) => " · ",
        (Operator::Times, _) => "·",
        (Operator::MatrixTimes, _) => " ",
        (Operator::Hadamard, _) => " ⊙ ",
        (Operator::Equals, _) => " = ",
        (Operator::AtMost, _) => " ≤ ",
        (Operator::Above, _) => " > ",
        (Operator::Comma, _) => ", ",
    }
}

/// The operator that opens a row of a broken formula.
pub(super) fn lead(operator: Operator) -> &'static str {
    match operator {
        Operator::MatrixTimes => "·", // a product that is not written would look like two formulas
        operator => sign(operator, Role::Binary).trim(),
    }
}

/// Whether two parts without an operator between them need a space.
fn are_apart((left, left_layout): (&Expr, &Layout), (right, right_layout): (&Expr, &Layout)) -> bool {
    let word = |expr: &Expr| if let Expr::Word(word) = expr { *word } else { "" };
    let closes = match right {
        Expr::Power(base, _) => word(base) == ")",
        right => matches!(word(right), "(" | ")" | "]" | "," | ":" | "|" | "/"),
    };
    if matches!(word(left), "(" | "[" | "|" | "/") || closes {
        return false;
    }
    let loose = |expr: &Expr| matches!(expr, Expr::Word(_) | Expr::Partial(..) | Expr::Fraction(..));
    loose(left) || loose(right) || left_layout.is_tall() || right_layout.is_tall()
}

/// A column's entries at the same width: numbers with their points below each other, all else in the middle.
fn aligned(entries: &[(Layout, bool)]) -> Vec<Layout> {
    let split = |layout: &Layout| {
        let text = layout.lines().concat();
        let point = text.find(['.', '·']).map_or(text.chars().count(), |at| text[..at].chars().count());
        (point, layout.width() - point)
    };
    let numbers = || entries.iter().filter(|(_, numeric)| *numeric).map(|(layout, _)| split(layout));
    let before = numbers().map(|(before, _)| before).max().unwrap_or(0);
    let behind = numbers().map(|(_, behind)| behind).max().unwrap_or(0);
    let others = entries.iter().filter(|(_, numeric)| !*numeric).map(|(layout, _)| layout.width());
    let width = others.max().unwrap_or(0).max(before + behind);
    let place = |(layout, numeric): (Layout, bool)| {
        let left = if numeric {
            width - before - behind + before - split(&layout).0
        } else {
            (width - layout.width()) / 2
        };
        let right = width - left - layout.width();
        layout.padded(left, right)
    };
    entries.iter().cloned().map(place).collect()
}

/// A number: `0.25`, `1.5·10⁻⁷`.
pub(super) fn number(value: f64, digits: usize) -> String {
    let printed = printed(value, digits);
    let Some(exponent) = printed.exponent else { return printed.mantissa };
    let exponent = exponent.to_string().replace('-', "−");
    format!("{}·10{}", printed.mantissa, superscript(&exponent).unwrap_or_default())
}

/// Name, layer in raised parentheses, prime, indices: `w⁽¹⁾′₂₃`; with commas where one has two digits: `w⁽¹⁾₁₂,₃`.
fn symbol_text(symbol: &Symbol) -> String {
    let mut text = symbol.name.replace('\'', "′");
    if let Some(layer) = symbol.layer {
        text.push_str(&superscript(&format!("({layer})")).unwrap_or_default());
    }
    if symbol.primed {
        text.push('′');
    }
    let separator = if symbol.indices.iter().any(|&index| index > 9) { "," } else { "" };
    let indices: Vec<String> = symbol
        .indices
        .iter()
        .map(|index| index.to_string().chars().filter_map(subscript).collect())
        .collect();
    text + &indices.join(separator)
}

/// The text in superscript characters, if there are such.
fn superscript(text: &str) -> Option<String> {
    const FROM: &str = "0123456789+−()=abcdefghijklmnoprstuvwxyzTL";
    const TO: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾⁼ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴸ";
    let raise = |c: char| FROM.chars().position(|from| from == c).and_then(|at| TO.chars().nth(at));
    text.chars().map(raise).collect()
}

/// A character as subscript, if there is such.
fn subscript(c: char) -> Option<char> {
    const FROM: &str = "0123456789aehijklmnoprstuvx";
    const TO: &str = "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ";
    FROM.chars().position(|from| from == c).and_then(|at| TO.chars().nth(at))
}
