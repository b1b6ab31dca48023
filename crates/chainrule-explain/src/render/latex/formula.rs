//! A formula as LaTeX for math mode, and an estimate of how wide it comes out.

use std::fmt::Write as _;

use super::characters::{name, text};
use crate::expression::{Expr, Operator, Symbol};
use crate::render::number::printed;

/// How formulas are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Significant digits.
    pub(super) digits: usize,
    pub(super) place: Place,
}

/// Where a formula stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On lines of its own: fractions are built up.
    Display,
    /// Among words: derivatives are written with a slash, matrices small.
    Inline,
}

/// Functions that LaTeX has a command for.
const FUNCTIONS: [&str; 9] = ["ln", "log", "exp", "max", "min", "tanh", "sin", "cos", "det"];

/// What an operator between two parts is.
pub(super) fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Plus => " + ",
        Operator::Minus => " - ",
        Operator::Times => " \\cdot ",
        Operator::MatrixTimes => " \\, ",
        Operator::Hadamard => " \\odot ",
        Operator::Equals => " = ",
        Operator::AtMost => " \\le ",
        Operator::Above => " > ",
        Operator::Comma => ", ",
    }
}

/// The operator that opens a row of a broken formula, spaced as between two parts.
pub(super) fn lead(lead: Operator) -> String {
    let visible = if lead == Operator::MatrixTimes { Operator::Times } else { lead };
    format!("{{}}{}", operator(visible))
}

impl Style {
    /// The LaTeX of a formula in which every necessary parenthesis is written.
    pub(super) fn latex(self, expr: &Expr) -> String {
        let inner = |expr: &Expr| self.latex(expr);
        match expr {
            Expr::Number(value) => number(*value, self.digits),
            Expr::Integer(value) => value.to_string(),
            Expr::Symbol(quantity) => symbol(quantity, ""),
            Expr::Word(text) => word(text),
            Expr::Operator(sign) => operator(*sign).trim().into(),
            Expr::Row(parts) => self.row(parts),
            Expr::Fraction(over, under) => format!("\\frac{{{}}}{{{}}}", inner(over), inner(under)),
            Expr::Power(base, exponent) => format!("{}^{{{}}}", inner(base), inner(exponent)),
            Expr::Root(radicand) => format!("\\sqrt{{{}}}", inner(radicand)),
            Expr::Call(function, argument) => {
                let function = match function.as_ref() {
                    Expr::Word(text) if FUNCTIONS.contains(text) => format!("\\{text}"),
                    Expr::Word(text) if text.chars().all(|c| c.is_ascii_alphabetic()) => {
                        format!("\\operatorname{{{text}}}")
                    }
                    function => inner(function),
                };
                format!("{function}{}", self.delimited("(", argument, ")"))
            }
            Expr::Group(inner) => self.delimited("(", inner, ")"),
            Expr::Absolute(inner) => self.delimited("\\lvert ", inner, " \\rvert"),
            Expr::Transpose(matrix) => match matrix.as_ref() {
                Expr::Symbol(quantity) => symbol(quantity, "\\top"),
                matrix => format!("{}^{{\\top}}", inner(matrix)),
            },
            Expr::Matrix(rows) => self.matrix(rows),
            Expr::Sum(index, term) => format!("\\sum_{{{}}} {}", name(index).base, inner(term)),
            Expr::Partial(of, by) if self.place == Place::Inline => {
                format!("\\partial {}/\\partial {}", inner(of), inner(by))
            }
            Expr::Partial(of, by) => format!("\\frac{{\\partial {}}}{{\\partial {}}}", inner(of), inner(by)),
            Expr::Zero(term) => format!("\\textcolor{{gray}}{{{}}}", inner(term)),
        }
    }

    fn delimited(self, open: &str, inner: &Expr, close: &str) -> String {
        let latex = self.latex(inner);
        if is_tall(inner) {
            format!("\\left{open}{latex}\\right{}", close.trim())
        } else {
            format!("{open}{latex}{close}")
        }
    }

    fn row(self, parts: &[Expr]) -> String {
        let mut latex = String::new();
        for (index, part) in parts.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &parts[before]);
            let behind_a_part = before.is_some_and(|before| !matches!(before, Expr::Operator(_)));
            match part {
                Expr::Operator(sign) if behind_a_part => latex.push_str(operator(*sign)),
                Expr::Operator(Operator::Minus) => latex.push('-'),
                Expr::Operator(sign) => latex.push_str(operator(*sign).trim_start()),
                part => {
                    if behind_a_part && before.is_some_and(is_spoken) | is_spoken(part) {
                        latex.push_str("\\ ");
                    } else if behind_a_part {
                        latex.push(' ');
                    }
                    latex.push_str(&self.latex(part));
                }
            }
        }
        latex
    }

    fn matrix(self, rows: &[Vec<Expr>]) -> String {
        let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let columns: Vec<Vec<String>> = (0..n_columns)
            .map(|j| {
                let cell = |row: &Vec<Expr>| row.get(j).map_or_else(String::new, |entry| self.latex(entry));
                let numeric =
                    |row: &Vec<Expr>| matches!(row.get(j), Some(Expr::Number(_) | Expr::Integer(_)));
                let cells: Vec<String> = rows.iter().map(cell).collect();
                if rows.iter().all(numeric) { with_points_aligned(cells) } else { cells }
            })
            .collect();
        let line = |i: usize| columns.iter().map(|column| column[i].as_str()).collect::<Vec<_>>().join(" & ");
        let lines: Vec<String> = (0..rows.len()).map(line).collect();
        let lines = lines.join(" \\\\ ");
        match self.place {
            Place::Inline => format!("\\left(\\begin{{smallmatrix}} {lines} \\end{{smallmatrix}}\\right)"),
            Place::Display => format!("\\begin{{pmatrix}} {lines} \\end{{pmatrix}}"),
        }
    }

    /// About how many points wide a formula is in a 10 point font.
    pub(super) fn width(self, expr: &Expr) -> usize {
        let width = |expr: &Expr| self.width(expr);
        match expr {
            Expr::Number(_) | Expr::Integer(_) => {
                let printed = self.latex(expr).replace("\\cdot", "x").replace(['^', '{', '}', ' '], "");
                5 * printed.len() + if printed.starts_with('-') { 3 } else { 0 }
            }
            Expr::Symbol(symbol) => {
                let letters = symbol.name.chars().filter(|c| accent_free(*c)).count();
                let raised = symbol.layer.map_or(0, |layer| 7 + 4 * layer.to_string().len());
                let primes = 3 * usize::from(symbol.primed);
                let lowered: usize = symbol.indices.iter().map(|index| 4 * index.to_string().len() + 2).sum();
                7 * letters + (raised + primes).max(lowered)
            }
            Expr::Word(word) => 5 * word.chars().count() + 3,
            Expr::Operator(operator) => match operator {
                Operator::Comma | Operator::MatrixTimes => 5,
                Operator::Times => 8,
                _ => 14,
            },
            Expr::Row(parts) => parts.iter().map(width).sum(),
            Expr::Fraction(over, under) => width(over).max(width(under)) + 3,
            Expr::Power(base, exponent) => width(base) + width(exponent) * 3 / 4,
            Expr::Root(inner) => width(inner) + 9,
            Expr::Call(function, argument) => width(function) + width(argument) + 10,
            Expr::Group(inner) => width(inner) + if is_tall(inner) { 16 } else { 8 },
            Expr::Absolute(inner) | Expr::Transpose(inner) => width(inner) + 7,
            Expr::Matrix(rows) => {
                let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
                let column =
                    |j: usize| rows.iter().filter_map(|row| row.get(j)).map(width).max().unwrap_or(0);
                (0..n_columns).map(|j| column(j) + 10).sum::<usize>() + 8
            }
            Expr::Sum(_, term) => width(term) + 17,
            Expr::Partial(of, by) if self.place == Place::Inline => width(of) + width(by) + 20,
            Expr::Partial(of, by) => width(of).max(width(by)) + 9,
            Expr::Zero(inner) => width(inner),
        }
    }
}

fn accent_free(c: char) -> bool {
    !('\u{300}'..='\u{36f}').contains(&c)
}

/// Numbers padded unseen, so that in a centred column their points stand below each other.
fn with_points_aligned(cells: Vec<String>) -> Vec<String> {
    if cells.iter().any(|cell| !cell.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-')) {
        return cells;
    }
    let point = |cell: &String| cell.find('.').unwrap_or(cell.len());
    let digits = |cell: &String| point(cell) - usize::from(cell.starts_with('-'));
    let signed = cells.iter().any(|cell| cell.starts_with('-'));
    let most = cells.iter().map(digits).max().unwrap_or(0);
    let longest = cells.iter().map(|cell| cell.len() - point(cell)).max().unwrap_or(0);
    let padded = cells.iter().map(|cell| {
        let sign = if signed && !cell.starts_with('-') { "-" } else { "" };
        let left = format!("{sign}{}", "0".repeat(most - digits(cell)));
        let decimals = cell.len() - point(cell);
        let dot = if decimals == 0 && longest > 0 { "." } else { "" };
        let right = format!("{dot}{}", "0".repeat(longest - decimals - dot.len()));
        format!("{}{cell}{}", unseen(&left), unseen(&right))
    });
    padded.collect()
}

/// The room of a text, without the text.
fn unseen(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\\phantom{{{text}}}") }
}

/// Whether this is higher than a line.
fn is_tall(expr: &Expr) -> bool {
    match expr {
        Expr::Fraction(..) | Expr::Partial(..) | Expr::Matrix(_) | Expr::Sum(..) => true,
        Expr::Row(parts) => parts.iter().any(is_tall),
        Expr::Power(a, b) | Expr::Call(a, b) => is_tall(a) || is_tall(b),
        Expr::Root(inner)
        | Expr::Group(inner)
        | Expr::Absolute(inner)
        | Expr::Transpose(inner)
        | Expr::Zero(inner) => is_tall(inner),
        Expr::Number(_) | Expr::Integer(_) | Expr::Symbol(_) | Expr::Word(_) | Expr::Operator(_) => false,
    }
}

/// Whether this is a word that is spoken as such, with spaces around it.
fn is_spoken(expr: &Expr) -> bool {
    let Expr::Word(word) = expr else { return false };
    word.chars().count() > 1 && word.chars().all(char::is_alphabetic) && !FUNCTIONS.contains(word)
}

fn word(word: &str) -> String {
    match word {
        "(" | ")" | "]" | "|" | "/" | "," => word.into(),
        "[" => "\\lbrack".into(), // behind the end of a matrix row, the character would begin an argument
        ":" => "\\colon".into(),
        _ if FUNCTIONS.contains(&word) => format!("\\{word}"),
        _ if word.chars().count() == 1 => name(word).base,
        _ => format!("\\text{{{}}}", text(word)),
    }
}

/// Name, then layer and prime raised, indices lowered; `raised` is a further superscript.
fn symbol(symbol: &Symbol, raised: &str) -> String {
    let name = name(symbol.name);
    let mut latex = if symbol.bold { format!("\\boldsymbol{{{}}}", name.base) } else { name.base };
    let mut superscript = String::new();
    if let Some(layer) = symbol.layer {
        let _ = write!(superscript, "({layer})");
    }
    if symbol.primed {
        superscript.push_str("\\prime");
    }
    superscript.push_str(raised);
    let primes = "\\prime".repeat(name.primes);
    if !superscript.is_empty() {
        let _ = write!(latex, "^{{{primes}{superscript}}}");
    } else if name.primes > 0 {
        latex.push_str(&"'".repeat(name.primes));
    }
    let separator = if symbol.indices.iter().any(|&index| index > 9) { "," } else { "" };
    let indices: Vec<String> = symbol.indices.iter().map(usize::to_string).collect();
    let lowered = name.lowered + &indices.join(separator);
    if !lowered.is_empty() {
        let _ = write!(latex, "_{{{lowered}}}");
    }
    latex
}

/// A number: `0.25`, `1.5 \cdot 10^{-7}`.
pub(super) fn number(value: f64, digits: usize) -> String {
    let printed = printed(value, digits);
    let mantissa = printed.mantissa.replace('−', "-").replace('∞', "\\infty").replace("NaN", "\\mathrm{NaN}");
    printed.exponent.map_or(mantissa.clone(), |exponent| format!("{mantissa} \\cdot 10^{{{exponent}}}"))
}
