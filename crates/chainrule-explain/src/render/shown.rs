//! What of a line is shown: the sides of its equation, and its value cut down to what a page can hold.

use crate::derivation::{Block, Check, Derivation, Line, Span, Value};
use crate::expression::Expr;

/// A matrix of more rows or columns is shown by its corners.
const LARGEST: usize = 16;

/// Rows or columns that are kept of a larger one, at its beginning; of its end, one.
const KEPT: usize = 4;

/// What stands behind the equals signs of a line. The value is left out where the side before it says the same.
pub(crate) fn sides(line: &Line) -> Vec<Expr> {
    let mut sides: Vec<Expr> = [&line.formula, &line.numbers].into_iter().flatten().cloned().collect();
    let value = value(&line.value);
    if sides.last() != Some(&value) {
        sides.push(value);
    }
    sides
}

/// A value as a formula.
pub(crate) fn value(value: &Value) -> Expr {
    let matrix = match value {
        Value::Scalar(number) => return Expr::Number(*number),
        Value::Matrix(matrix) => matrix,
    };
    let (rows, columns) = (kept(matrix.rows()), kept(matrix.columns()));
    let entry = |row: Option<usize>, column: Option<usize>| match (row, column) {
        (Some(row), Some(column)) => Expr::Number(matrix.row(row)[column]),
        _ => Expr::Word("⋯"),
    };
    let line = |row: &Option<usize>| columns.iter().map(|column| entry(*row, *column)).collect();
    let shown = Expr::Matrix(rows.iter().map(line).collect());
    if rows.len() == matrix.rows() && columns.len() == matrix.columns() {
        return shown;
    }
    let shape = Expr::Row(vec![count(matrix.rows()), Expr::Word("×"), count(matrix.columns())]);
    Expr::Row(vec![shown, shape.grouped()])
}

/// A number of things as a formula.
pub(crate) fn count(count: usize) -> Expr {
    Expr::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The places that are shown of so many, with none where some are left out.
fn kept(count: usize) -> Vec<Option<usize>> {
    if count <= LARGEST {
        return (0..count).map(Some).collect();
    }
    (0..KEPT).map(Some).chain([None, Some(count - 1)]).collect()
}

/// What a check has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mark {
    /// It agrees, apart from so many entries at a kink.
    Agrees {
        /// How many.
        kinks: usize,
    },
    /// It is off by so much.
    Off(f64),
    /// All of it lies at a kink.
    Kink,
}

impl From<&Check> for Mark {
    fn from(check: &Check) -> Self {
        if check.error.is_nan() && check.kinks > 0 {
            Self::Kink
        } else if check.agrees {
            Self::Agrees { kinks: check.kinks }
        } else {
            Self::Off(check.error)
        }
    }
}

/// Whether a term that is zero is kept anywhere.
pub(crate) fn has_zero(derivation: &Derivation) -> bool {
    let of = |span: &Span| matches!(span, Span::Math(expr) if contains_zero(expr));
    derivation.sections.iter().flat_map(|section| &section.blocks).any(|block| match block {
        Block::Line(line) => sides(line).iter().any(contains_zero),
        Block::Paragraph(spans) => spans.iter().any(of),
        Block::Settings(settings) => settings.iter().any(|(_, spans)| spans.iter().any(of)),
        _ => false,
    })
}

fn contains_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Zero(_) => true,
        Expr::Row(parts) => parts.iter().any(contains_zero),
        Expr::Matrix(rows) => rows.iter().flatten().any(contains_zero),
        Expr::Fraction(a, b) | Expr::Power(a, b) | Expr::Call(a, b) | Expr::Partial(a, b) => {
            contains_zero(a) || contains_zero(b)
        }
        Expr::Root(inner)
        | Expr::Group(inner)
        | Expr::Absolute(inner)
        | Expr::Transpose(inner)
        | Expr::Sum(_, inner) => contains_zero(inner),
        Expr::Number(_) | Expr::Integer(_) | Expr::Symbol(_) | Expr::Word(_) | Expr::Operator(_) => false,
    }
}
