//! A formula as one line of characters, for those who hear it.
//!
//! Where a browser's formula cannot be read out, this is what is read instead, so structure is spelled out:
//! `∂L/∂w(2)_1,2` names layer and indices, and a zero term says that it is one.

use crate::expression::{Expr, Operator, Symbol};
use crate::render::number::printed;

/// The formula in one line, numbers with so many digits.
pub(super) fn linear(expr: &Expr, digits: usize) -> String {
    let of = |inner: &Expr| linear(inner, digits);
    match expr {
        Expr::Number(value) => {
            let number = printed(*value, digits);
            let exponent = number.exponent.map(|exponent| format!("·10^{exponent}").replace('-', "−"));
            number.mantissa + &exponent.unwrap_or_default()
        }
        Expr::Integer(value) => value.to_string().replace('-', "−"),
        Expr::Symbol(symbol) => of_symbol(symbol),
        Expr::Word(word) => (*word).into(),
        Expr::Row(parts) => row(parts, digits),
        Expr::Operator(operator) => sign(*operator).into(),
        Expr::Fraction(over, under) => format!("{}/{}", enclosed(over, digits), enclosed(under, digits)),
        Expr::Power(base, exponent) => format!("{}^{}", of(base), enclosed(exponent, digits)),
        Expr::Root(inner) => format!("√({})", of(inner)),
        Expr::Call(function, argument) => format!("{}({})", of(function), of(argument)),
        Expr::Group(inner) => format!("({})", of(inner)),
        Expr::Absolute(inner) => format!("|{}|", of(inner)),
        Expr::Transpose(inner) => format!("{} transposed", of(inner)),
        Expr::Matrix(rows) => {
            let row = |row: &Vec<Expr>| row.iter().map(of).collect::<Vec<_>>().join(", ");
            format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join("; "))
        }
        Expr::Sum(index, term) => format!("Σ over {index} of {}", of(term)),
        Expr::Partial(by, of_what) => format!("∂{}/∂{}", of(by), of(of_what)),
        Expr::Zero(inner) => format!("{} (zero)", of(inner)),
    }
}

/// `W(2)`, `w(2)_1,2`, `z(1)_1 after`.
pub(super) fn of_symbol(symbol: &Symbol) -> String {
    let layer = symbol.layer.map(|layer| format!("({layer})")).unwrap_or_default();
    let indices: Vec<_> = symbol.indices.iter().map(usize::to_string).collect();
    let underscore = if indices.is_empty() { "" } else { "_" };
    let after = if symbol.primed { " after" } else { "" };
    format!("{}{layer}{underscore}{}{after}", symbol.name, indices.join(","))
}

/// Parts with spaces around the operators between them, and none behind a sign.
fn row(parts: &[Expr], digits: usize) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        let is_sign = index == 0 || matches!(parts[index - 1], Expr::Operator(_));
        match part {
            Expr::Operator(Operator::Times) => text.push('·'),
            Expr::Operator(Operator::Comma) => text.push_str(", "),
            Expr::Operator(Operator::MatrixTimes) => text.push(' '),
            Expr::Operator(operator @ (Operator::Plus | Operator::Minus)) if is_sign => {
                text.push_str(sign(*operator));
            }
            Expr::Operator(operator) => {
                text.push(' ');
                text.push_str(sign(*operator));
                text.push(' ');
            }
            part => {
                if index > 0 && !is_sign {
                    text.push(' ');
                }
                text.push_str(&linear(part, digits));
            }
        }
    }
    text.trim().into()
}

/// In parentheses, where it is more than one thing.
fn enclosed(expr: &Expr, digits: usize) -> String {
    let text = linear(expr, digits);
    if matches!(expr, Expr::Row(_) | Expr::Fraction(..) | Expr::Sum(..)) { format!("({text})") } else { text }
}

/// An operator as a character; none for a product of matrices.
pub(super) fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Plus => "+",
        Operator::Minus => "−",
        Operator::Times => "·",
        Operator::MatrixTimes => "",
        Operator::Hadamard => "⊙",
        Operator::Equals => "=",
        Operator::AtMost => "≤",
        Operator::Above => ">",
        Operator::Comma => ",",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_that_is_seen_is_spelled_out() {
        let w = || Expr::from(Symbol::new("w").layer(2).at([1, 2]));
        let partial = Expr::partial(Symbol::new("L").into(), w());
        assert_eq!(linear(&partial, 6), "∂L/∂w(2)_1,2");
        let half = Expr::sum([Expr::Integer(1), w()]).over(Expr::Integer(2));
        assert_eq!(linear(&half.squared().negated(), 6), "−(1 + w(2)_1,2)/2^2");
        let zero = Expr::Zero(Box::new(Expr::product([Expr::Number(0.0), Expr::Number(-1e-9)])));
        assert_eq!(linear(&zero, 3), "0·−1·10^−9 (zero)");
        let matrix =
            Expr::Matrix(vec![vec![Expr::Integer(1), w()], vec![Expr::Integer(0), Expr::Integer(-2)]]);
        assert_eq!(linear(&matrix.transposed(), 6), "[1, w(2)_1,2; 0, −2] transposed");
    }
}
