//! A formula in pieces between which a page may break.
//!
//! No browser breaks a formula, so each piece becomes a `<math>` of its own, and the page wraps them as it wraps words.
//! How wide a page is, is not known here: pieces are cut at = and +, and at · only where a piece would not even fit a
//! telephone. What is wider than that and has no place to be cut, a matrix above all, says so, and gets a box that scrolls.

use super::number::printed;
use crate::expression::{Expr, Operator};

/// A telephone's page in digits, also in a font with wide ones.
const WIDE: f64 = 28.0;

/// What fits beside something else on a telephone, and is not cut at all.
const NARROW: f64 = 18.0;

/// A part of a formula that stays together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// The operator in front at which it was cut off.
    pub(super) lead: Option<Operator>,
    /// The part.
    pub(super) expr: Expr,
    /// Whether it may be wider than a page.
    pub(super) is_wide: bool,
}

/// The formula in pieces, the first behind `lead` if there is one.
pub(super) fn pieces(lead: Option<Operator>, expr: &Expr, digits: usize) -> Vec<Piece> {
    let piece = |(index, mut parts): (usize, Vec<Expr>)| {
        let lead = match parts.first() {
            _ if index == 0 => lead,
            Some(Expr::Operator(operator)) => Some(*operator),
            _ => None,
        };
        if index > 0 && lead.is_some() {
            parts.remove(0);
        }
        let expr = if parts.len() == 1 { parts.swap_remove(0) } else { Expr::Row(parts) };
        Piece { lead, is_wide: width(&expr, digits) > WIDE, expr }
    };
    cut(expr, digits).into_iter().enumerate().map(piece).collect()
}

/// The parts of each piece.
fn cut(expr: &Expr, digits: usize) -> Vec<Vec<Expr>> {
    match expr {
        Expr::Row(parts) if width(expr, digits) > NARROW => row(parts, digits),
        Expr::Row(parts) => vec![parts.clone()],
        Expr::Group(inner) if width(expr, digits) > WIDE => {
            let mut pieces = cut(inner, digits);
            if let Some(first) = pieces.first_mut() {
                first.insert(0, Expr::Word("("));
            }
            if let Some(last) = pieces.last_mut() {
                last.push(Expr::Word(")"));
            }
            pieces
        }
        Expr::Zero(inner) if width(expr, digits) > WIDE => {
            let zero = |parts| vec![Expr::Zero(Box::new(Expr::Row(parts)))];
            cut(inner, digits).into_iter().map(zero).collect()
        }
        whole => vec![vec![whole.clone()]],
    }
}

/// A row, cut in front of its = and +, and of its · where that is not enough.
fn row(parts: &[Expr], digits: usize) -> Vec<Vec<Expr>> {
    let mut pieces: Vec<Vec<Expr>> = vec![vec![]];
    for term in split(parts, is_loose) {
        if width_of(&term, digits) <= WIDE {
            append(&mut pieces, vec![term]);
            continue;
        }
        for mut factor in split(&term, |_| true) {
            // Operators stay with the first piece of what follows them.
            let n_signs = factor.iter().take_while(|part| matches!(part, Expr::Operator(_))).count();
            let rest = factor.split_off(n_signs);
            let mut inner = match &rest[..] {
                [one] => cut(one, digits),
                _ => vec![rest],
            };
            if let Some(first) = inner.first_mut() {
                first.splice(0..0, factor);
            }
            append(&mut pieces, inner);
        }
    }
    pieces
}

/// Adds pieces, and none that would be empty.
fn append(pieces: &mut Vec<Vec<Expr>>, more: Vec<Vec<Expr>>) {
    for piece in more.into_iter().filter(|piece| !piece.is_empty()) {
        match pieces.last_mut() {
            Some(last) if last.is_empty() => *last = piece,
            _ => pieces.push(piece),
        }
    }
}

/// The parts in front of, between and behind operators of a kind, each with its operator; a sign in front of a part is
/// none, and a comma stays with what it follows.
fn split(parts: &[Expr], breaks: fn(Operator) -> bool) -> Vec<Vec<Expr>> {
    let mut terms: Vec<Vec<Expr>> = vec![vec![]];
    for part in parts {
        let Some(last) = terms.last_mut() else { continue };
        let follows_something = last.last().is_some_and(|last| !matches!(last, Expr::Operator(_)));
        match part {
            Expr::Operator(Operator::Comma) => {
                last.push(part.clone());
                if breaks(Operator::Comma) {
                    terms.push(vec![]);
                }
            }
            Expr::Operator(operator) if follows_something && breaks(*operator) => {
                terms.push(vec![part.clone()]);
            }
            part => last.push(part.clone()),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn is_loose(operator: Operator) -> bool {
    use Operator::{Above, AtMost, Equals, Minus, Plus};
    matches!(operator, Plus | Minus | Equals | AtMost | Above)
}

fn width_of(parts: &[Expr], digits: usize) -> f64 {
    parts.iter().map(|part| width(part, digits)).sum()
}

/// About how wide a formula is, in digits.
pub(super) fn width(expr: &Expr, digits: usize) -> f64 {
    let of = |inner: &Expr| width(inner, digits);
    let letters = |text: &str| text.chars().count() as f64;
    match expr {
        Expr::Number(value) => {
            let number = printed(*value, digits);
            1.15 * letters(&number.mantissa) + number.exponent.map_or(0.0, |_| 6.5)
        }
        Expr::Integer(value) => letters(&value.to_string()),
        Expr::Symbol(symbol) => {
            let below: usize = symbol.indices.iter().map(|index| letters(&index.to_string()) as usize).sum();
            let above = symbol.layer.map_or(0.0, |_| 1.9) + if symbol.primed { 0.7 } else { 0.0 };
            letters(symbol.name) * 1.1 + (below as f64 * 0.8).max(above)
        }
        Expr::Word(text) => letters(text),
        Expr::Row(parts) => width_of(parts, digits),
        Expr::Operator(Operator::Equals | Operator::Plus | Operator::AtMost | Operator::Above) => 2.8,
        Expr::Operator(Operator::Minus | Operator::Hadamard) => 2.5,
        Expr::Operator(_) => 1.0,
        Expr::Fraction(over, under) => of(over).max(of(under)) + 0.5,
        Expr::Power(base, exponent) => of(base) + 0.75 * of(exponent),
        Expr::Root(inner) | Expr::Transpose(inner) => of(inner) + 1.8,
        Expr::Call(function, argument) => of(function) + of(argument) + 1.8,
        Expr::Group(inner) | Expr::Absolute(inner) => of(inner) + 1.6,
        Expr::Matrix(rows) => {
            let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
            let entries = |j: usize| rows.iter().filter_map(move |row| row.get(j));
            let widest = |j: usize| entries(j).map(of).fold(0.0, f64::max);
            (0..columns).map(|j| widest(j) + 1.8).sum::<f64>() + 1.0
        }
        Expr::Sum(_, term) => of(term) + 3.0,
        Expr::Partial(of_what, by) => of(of_what).max(of(by)) + 1.3,
        Expr::Zero(inner) => of(inner),
    }
}

/// Whether a formula is higher than a line by a matrix, and is lined up by its middle.
pub(super) fn has_matrix(expr: &Expr) -> bool {
    match expr {
        Expr::Matrix(_) => true,
        Expr::Row(parts) => parts.iter().any(has_matrix),
        Expr::Fraction(a, b) | Expr::Power(a, b) | Expr::Call(a, b) | Expr::Partial(a, b) => {
            has_matrix(a) || has_matrix(b)
        }
        Expr::Root(inner)
        | Expr::Group(inner)
        | Expr::Absolute(inner)
        | Expr::Transpose(inner)
        | Expr::Sum(_, inner)
        | Expr::Zero(inner) => has_matrix(inner),
        Expr::Number(_) | Expr::Integer(_) | Expr::Symbol(_) | Expr::Word(_) | Expr::Operator(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Symbol;
    use crate::render::linear::{linear, sign};

    fn spoken(lead: Option<Operator>, expr: &Expr) -> Vec<String> {
        let text = |piece: &Piece| {
            let lead = piece.lead.map(|lead| format!("{} ", sign(lead))).unwrap_or_default();
            lead + &linear(&piece.expr, 6)
        };
        pieces(lead, expr, 6).iter().map(text).collect()
    }

    fn letter(name: &'static str, n: usize) -> Expr {
        Symbol::new(name).at([n]).into()
    }

    #[test]
    fn a_formula_is_cut_in_front_of_its_sums_and_keeps_its_signs() {
        let product = |n: usize| Expr::product([letter("w", n), letter("x", n)]);
        assert_eq!(spoken(Some(Operator::Equals), &letter("a", 0).negated()), ["= −a_0"]);
        let sum = Expr::Row(vec![
            Expr::Operator(Operator::Minus),
            product(1),
            Expr::Operator(Operator::Minus),
            product(2),
            Expr::Operator(Operator::Plus),
            product(3),
        ]);
        let expected = ["= −w_1·x_1", "− w_2·x_2", "+ w_3·x_3"];
        assert_eq!(spoken(Some(Operator::Equals), &sum), expected);
    }

    #[test]
    fn a_product_is_cut_only_where_it_would_not_fit() {
        let factors = |n: usize| Expr::product((0..n).map(|_| Expr::Number(0.123_456)));
        assert_eq!(spoken(None, &factors(2)).len(), 1);
        let long = factors(6);
        assert_eq!(spoken(None, &long).len(), 6);
        assert!(pieces(None, &long, 6).iter().all(|piece| !piece.is_wide));
        assert_eq!(spoken(None, &long)[1], "· 0.123456");
    }

    #[test]
    fn parentheses_around_a_long_sum_stay_with_its_ends() {
        let sum = Expr::sum((1..=12).map(|n| letter("ℓ", n))).grouped();
        let mean = Expr::product([Expr::Integer(2), sum]);
        let cut = spoken(None, &mean);
        assert_eq!(cut.first().map(String::as_str), Some("2"));
        assert_eq!(cut[1], "· ( ℓ_1");
        assert_eq!(cut.last().map(String::as_str), Some("+ ℓ_12 )"));
    }

    #[test]
    fn what_cannot_be_cut_says_that_it_is_wide() {
        let matrix = |columns: usize| Expr::Matrix(vec![vec![Expr::Number(-0.123_456); columns]]);
        assert_eq!(
            pieces(None, &matrix(12), 6).iter().map(|piece| piece.is_wide).collect::<Vec<_>>(),
            [true]
        );
        assert!(!pieces(None, &matrix(2), 6)[0].is_wide);
    }
}
