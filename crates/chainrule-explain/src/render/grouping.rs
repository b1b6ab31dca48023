//! Parentheses that a formula's tree implies and its line of symbols needs.
//!
//! In a tree, a sum below a product is unmistakable; on a line it is not. Whoever builds a tree writes the parentheses
//! that people expect, and this adds those that would otherwise be missing, so that no renderer can print `a·b + c`
//! where a·(b + c) is meant, and none has to think about it.

use crate::expression::{Expr, Operator};

/// The same formula, with every necessary pair of parentheses as a [`Group`](Expr::Group).
pub(crate) fn explicit(expr: &Expr) -> Expr {
    let boxed = |inner: &Expr| Box::new(explicit(inner));
    match expr {
        Expr::Row(parts) => row(parts),
        Expr::Fraction(over, under) => Expr::Fraction(boxed(over), boxed(under)),
        Expr::Power(base, exponent) => Expr::Power(Box::new(power_base(explicit(base))), boxed(exponent)),
        Expr::Root(inner) => Expr::Root(boxed(inner)),
        Expr::Call(function, argument) => match argument.as_ref() {
            Expr::Group(inner) => Expr::Call(boxed(function), boxed(inner)), // a call has parentheses of its own
            argument => Expr::Call(boxed(function), boxed(argument)),
        },
        Expr::Group(inner) => Expr::Group(boxed(inner)),
        Expr::Absolute(inner) => Expr::Absolute(boxed(inner)),
        Expr::Transpose(inner) => match explicit(inner) {
            inner @ (Expr::Symbol(_) | Expr::Matrix(_) | Expr::Group(_)) => Expr::Transpose(Box::new(inner)),
            inner => inner.grouped().transposed(),
        },
        Expr::Matrix(rows) => {
            Expr::Matrix(rows.iter().map(|row| row.iter().map(explicit).collect()).collect())
        }
        Expr::Sum(index, term) => {
            let term = explicit(term);
            Expr::Sum(index, Box::new(if has_sum(&term) { term.grouped() } else { term }))
        }
        Expr::Partial(of, by) => {
            let whole = |inner: &Expr| match explicit(inner) {
                inner @ (Expr::Symbol(_) | Expr::Group(_) | Expr::Word(_)) => inner,
                inner => inner.grouped(),
            };
            Expr::partial(whole(of), whole(by))
        }
        Expr::Zero(inner) => Expr::Zero(boxed(inner)),
        Expr::Number(_) | Expr::Integer(_) | Expr::Symbol(_) | Expr::Word(_) | Expr::Operator(_) => {
            expr.clone()
        }
    }
}

/// A part of a row stands in parentheses where an operator beside it would take hold of less than the whole part.
fn row(parts: &[Expr]) -> Expr {
    let operator = |index: Option<usize>| match index.and_then(|index| parts.get(index)) {
        Some(Expr::Operator(operator)) => Some(*operator),
        _ => None,
    };
    let grouped = parts.iter().enumerate().map(|(index, part)| {
        let (before, after) = (operator(index.checked_sub(1)), operator(Some(index + 1)));
        let part = explicit(part);
        let product = before.is_some_and(binds) || after.is_some_and(binds);
        let splits = has_sum(&part) && (product || before == Some(Operator::Minus));
        let signed = is_negative(&part)
            && before.is_some_and(|before| before == Operator::Plus || takes_no_sign(before));
        if splits || signed { part.grouped() } else { part }
    });
    Expr::Row(grouped.collect())
}

/// Whether an operator binds closer than +.
fn binds(operator: Operator) -> bool {
    matches!(operator, Operator::Times | Operator::MatrixTimes | Operator::Hadamard)
}

fn takes_no_sign(operator: Operator) -> bool {
    binds(operator) || operator == Operator::Minus
}

/// Whether a + or − stands between two parts of this.
fn has_sum(expr: &Expr) -> bool {
    let Expr::Row(parts) = expr else { return false };
    let operator = |part: &Expr| matches!(part, Expr::Operator(Operator::Plus | Operator::Minus));
    parts.iter().enumerate().any(|(index, part)| match part {
        Expr::Row(_) => has_sum(part),
        part => index > 0 && operator(part) && !matches!(parts[index - 1], Expr::Operator(_)),
    })
}

/// Whether a sign stands in front.
fn is_negative(expr: &Expr) -> bool {
    match expr {
        Expr::Number(number) => *number < 0.0,
        Expr::Integer(number) => *number < 0,
        Expr::Row(parts) => parts
            .first()
            .is_some_and(|first| matches!(first, Expr::Operator(Operator::Minus)) || is_negative(first)),
        Expr::Fraction(over, _) => is_negative(over),
        _ => false,
    }
}

/// What an exponent can stand at: one thing that has no superscript of its own.
fn power_base(base: Expr) -> Expr {
    let alone = match &base {
        Expr::Symbol(symbol) => {
            symbol.layer.is_none() && !symbol.primed && !symbol.name.contains(['\'', '′'])
        }
        Expr::Number(number) => *number == 0.0 || (*number < 1e6 && *number > 1e-5),
        Expr::Integer(number) => *number >= 0,
        Expr::Word(_)
        | Expr::Call(..)
        | Expr::Group(_)
        | Expr::Absolute(_)
        | Expr::Matrix(_)
        | Expr::Zero(_) => true,
        _ => false,
    };
    if alone { base } else { base.grouped() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Symbol;

    fn letter(name: &'static str) -> Expr {
        Symbol::new(name).into()
    }

    #[test]
    fn a_sum_below_a_product_or_behind_a_minus_stands_in_parentheses() {
        let sum = || Expr::sum([letter("b"), letter("c")]);
        let product = explicit(&Expr::product([letter("a"), sum()]));
        assert_eq!(product, Expr::product([letter("a"), sum().grouped()]));
        assert_eq!(explicit(&letter("a").minus(sum())), letter("a").minus(sum().grouped()));
        assert_eq!(explicit(&Expr::sum([letter("a"), sum()])), Expr::sum([letter("a"), sum()]));
    }

    #[test]
    fn a_negative_number_behind_an_operator_stands_in_parentheses() {
        let product = explicit(&Expr::product([Expr::Number(-2.0), Expr::Number(-0.5)]));
        assert_eq!(product, Expr::product([Expr::Number(-2.0), Expr::Number(-0.5).grouped()]));
    }

    #[test]
    fn an_exponent_stands_at_one_thing_without_superscripts() {
        let base = letter("a");
        assert_eq!(explicit(&base.clone().squared()), base.squared());
        let layered = || Expr::from(Symbol::new("a").layer(1));
        assert_eq!(explicit(&layered().squared()), layered().grouped().squared());
        assert_eq!(explicit(&Expr::Number(-0.5).squared()), Expr::Number(-0.5).grouped().squared());
    }
}
