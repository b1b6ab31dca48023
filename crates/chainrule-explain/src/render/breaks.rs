//! Where a formula that is too wide is broken: the same places in every renderer that must break by itself.
//!
//! At the loosest operator first, = before + before ·, and only where that is not enough within a part. Breaking works
//! on trees and yields trees, and what is wide is asked of the renderer.

use super::shown::count;
use crate::expression::{Expr, Operator};

/// A row of a broken formula.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The operator at which the formula was broken; it opens the row.
    pub(crate) lead: Option<Operator>,
    /// What follows it.
    pub(crate) expr: Expr,
}

/// Room for an operator that opens a row.
const LEAD: usize = 2;

/// A formula in rows of at most `width` as far as it has places to break at. Rows that are wider all the same have none.
pub(crate) fn rows(expr: &Expr, width: usize, measure: &dyn Fn(&Expr) -> usize) -> Vec<Piece> {
    let whole = || vec![Piece { lead: None, expr: expr.clone() }];
    if measure(expr) <= width {
        return whole();
    }
    let within = |inner: &Expr, less: usize| rows(inner, width.saturating_sub(less), measure);
    match expr {
        Expr::Row(parts) => row(parts, width, measure),
        Expr::Group(inner) => enclosed(vec![Expr::Word("(")], within(inner, 2), Expr::Word(")")),
        Expr::Absolute(inner) => enclosed(vec![Expr::Word("|")], within(inner, 2), Expr::Word("|")),
        Expr::Call(function, argument) => {
            let open = vec![function.as_ref().clone(), Expr::Word("(")];
            enclosed(open, within(argument, measure(function) + 2), Expr::Word(")"))
        }
        Expr::Power(base, exponent) => {
            let inner = if let Expr::Group(inner) = base.as_ref() { inner } else { base };
            let close = Expr::Power(Box::new(Expr::Word(")")), exponent.clone());
            enclosed(vec![Expr::Word("(")], within(inner, 2 + measure(exponent)), close)
        }
        Expr::Zero(inner) => {
            let zero = |piece: Piece| Piece { expr: Expr::Zero(Box::new(piece.expr)), ..piece };
            within(inner, 2).into_iter().map(zero).collect()
        }
        Expr::Sum(index, term) => {
            let mut pieces = within(term, 3);
            if let Some(first) = pieces.first_mut() {
                first.expr = Expr::Sum(index, Box::new(first.expr.clone()));
            }
            pieces
        }
        Expr::Fraction(over, under) => {
            let mut pieces = rows(&grouped(over), width, measure);
            let mut below = rows(&grouped(under), width.saturating_sub(LEAD), measure);
            if let Some(first) = below.first_mut() {
                first.expr = Expr::Row(vec![Expr::Word("/"), first.expr.clone()]);
            }
            pieces.append(&mut below);
            pieces
        }
        Expr::Transpose(inner) => {
            let words = vec![Expr::Word("transpose"), Expr::Word("of")];
            let mut pieces = vec![Piece { lead: None, expr: Expr::Row(words) }];
            pieces.append(&mut within(inner, 0));
            pieces
        }
        Expr::Matrix(entries) => column_blocks(entries, width, measure).unwrap_or_else(whole),
        _ => whole(),
    }
}

/// In parentheses, where it is more than one thing.
fn grouped(expr: &Expr) -> Expr {
    if matches!(expr, Expr::Row(_)) { expr.clone().grouped() } else { expr.clone() }
}

/// `open` in front of the first row, `close` behind the last.
fn enclosed(mut open: Vec<Expr>, mut pieces: Vec<Piece>, close: Expr) -> Vec<Piece> {
    if let Some(first) = pieces.first_mut() {
        open.push(first.expr.clone());
        first.expr = Expr::Row(open);
    }
    if let Some(last) = pieces.last_mut() {
        last.expr = Expr::Row(vec![last.expr.clone(), close]);
    }
    pieces
}

/// How loosely an operator binds.
fn looseness(operator: Operator) -> usize {
    match operator {
        Operator::Equals | Operator::AtMost | Operator::Above => 4,
        Operator::Comma => 3,
        Operator::Plus | Operator::Minus => 2,
        Operator::Times | Operator::MatrixTimes | Operator::Hadamard => 1,
    }
}

/// The operators between two parts of a row: place and operator. A sign in front of a part is none of them.
fn between(parts: &[Expr]) -> impl Iterator<Item = (usize, Operator)> + '_ {
    parts.iter().enumerate().skip(1).filter_map(|(index, part)| match part {
        Expr::Operator(operator) if !matches!(parts[index - 1], Expr::Operator(_)) => {
            Some((index, *operator))
        }
        _ => None,
    })
}

/// A row, in as many parts as fit beside each other.
fn row(parts: &[Expr], width: usize, measure: &dyn Fn(&Expr) -> usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = false; // whether the last piece may grow
    for (operator, term) in terms(parts) {
        let room = width.saturating_sub(LEAD);
        if let (true, Some(last)) = (open, pieces.last_mut()) {
            let mut longer = vec![last.expr.clone()];
            if let Expr::Row(row) = &last.expr {
                longer.clone_from(row);
            }
            longer.extend(operator.map(Expr::Operator));
            longer.extend(term.iter().cloned());
            let longer = Expr::Row(longer);
            if measure(&longer) <= room {
                last.expr = longer;
                continue;
            }
        }
        let mut lead = operator;
        if let (Some(Operator::Comma), Some(last)) = (operator, pieces.last_mut()) {
            last.expr = Expr::Row(vec![last.expr.clone(), Expr::Operator(Operator::Comma)]);
            lead = None;
        }
        let single = term.len() == 1;
        let term = if single { term[0].clone() } else { Expr::Row(term) };
        let mut broken = rows(&term, room, measure);
        open = broken.len() == 1;
        if let Some(first) = broken.first_mut() {
            first.lead = first.lead.or(lead);
        }
        pieces.append(&mut broken);
    }
    pieces
}

/// The parts of a row between its loosest operators, each with the operator in front of it; without operators, each part.
fn terms(parts: &[Expr]) -> Vec<(Option<Operator>, Vec<Expr>)> {
    let Some(loosest) = between(parts).map(|(_, operator)| looseness(operator)).max() else {
        let signs = parts.iter().take_while(|part| matches!(part, Expr::Operator(_))).count();
        if signs > 0 && signs < parts.len() {
            let lead = if let Expr::Operator(operator) = parts[0] { Some(operator) } else { None };
            return vec![(lead, parts[1..].to_vec())];
        }
        return parts.iter().map(|part| (None, vec![part.clone()])).collect();
    };
    let mut terms = vec![(None, Vec::new())];
    let places: Vec<usize> = between(parts)
        .filter(|(_, operator)| looseness(*operator) == loosest)
        .map(|(index, _)| index)
        .collect();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Expr::Operator(operator) if places.contains(&index) => terms.push((Some(*operator), Vec::new())),
            part => {
                if let Some((_, term)) = terms.last_mut() {
                    term.push(part.clone());
                }
            }
        }
    }
    terms
}

/// A matrix in blocks of so many columns as fit, each under a line that says which; none where not even two columns fit.
fn column_blocks(
    entries: &[Vec<Expr>],
    width: usize,
    measure: &dyn Fn(&Expr) -> usize,
) -> Option<Vec<Piece>> {
    let total = entries.iter().map(Vec::len).max()?;
    let block = |from: usize, to: usize| {
        let part = |row: &Vec<Expr>| row.get(from..to.min(row.len())).unwrap_or(&[]).to_vec();
        Expr::Matrix(entries.iter().map(part).collect())
    };
    let is_elided = entries.iter().any(|row| row.contains(&Expr::Word("⋯")));
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < total {
        let to = (from + 1..=total).rev().find(|&to| measure(&block(from, to)) <= width)?;
        // Places among columns that are left out have no numbers.
        let heading = match () {
            () if !is_elided => columns(from, to, total),
            () if from == 0 => Expr::Word("the left part:"),
            () if to == total => Expr::Word("the right part:"),
            () => Expr::Word("the middle:"),
        };
        pieces.push(Piece { lead: None, expr: heading });
        pieces.push(Piece { lead: None, expr: block(from, to) });
        from = to;
    }
    Some(pieces)
}

/// `columns 1 to 6 of 12:`
fn columns(from: usize, to: usize, total: usize) -> Expr {
    let mut words = vec![Expr::Word("columns"), count(from + 1)];
    if to == from + 1 {
        words[0] = Expr::Word("column");
    } else {
        words.extend([Expr::Word("to"), count(to)]);
    }
    words.extend([Expr::Word("of"), count(total), Expr::Word(":")]);
    Expr::Row(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Symbol;

    /// Every symbol is a cell wide, operators and brackets too.
    fn cells(expr: &Expr) -> usize {
        match expr {
            Expr::Row(parts) => parts.iter().map(cells).sum(),
            Expr::Group(inner) => cells(inner) + 2,
            Expr::Matrix(rows) => rows.iter().map(|row| row.iter().map(cells).sum()).max().unwrap_or(0),
            _ => 1,
        }
    }

    fn letter(name: &'static str) -> Expr {
        Symbol::new(name).into()
    }

    fn leads(pieces: &[Piece]) -> Vec<Option<Operator>> {
        pieces.iter().map(|piece| piece.lead).collect()
    }

    #[test]
    fn a_sum_breaks_at_its_plus_signs_before_its_products() {
        let product = || Expr::product(["a", "b", "c"].map(letter));
        let sum = Expr::sum([product(), product()]);
        let broken = rows(&sum, 9, &cells);
        assert_eq!(leads(&broken), [None, Some(Operator::Plus)]);
        assert_eq!(broken[1].expr, product());
        let narrower = rows(&sum, 5, &cells);
        let times = Some(Operator::Times);
        assert_eq!(leads(&narrower), [None, times, times, Some(Operator::Plus), times, times]);
    }

    #[test]
    fn parentheses_are_kept_when_what_they_hold_is_broken() {
        let group = Expr::sum(["a", "b", "c"].map(letter)).grouped();
        let broken = rows(&group, 5, &cells);
        assert_eq!(broken[0].expr, Expr::Row(vec![Expr::Word("("), letter("a")]));
        assert_eq!(broken[2].expr, Expr::Row(vec![letter("c"), Expr::Word(")")]));
    }

    #[test]
    fn a_wide_matrix_is_shown_in_blocks_of_columns() {
        let matrix = Expr::Matrix(vec![["a", "b", "c"].map(letter).to_vec()]);
        let broken = rows(&matrix, 2, &cells);
        let blocks: Vec<&Expr> = broken.iter().skip(1).step_by(2).map(|piece| &piece.expr).collect();
        assert_eq!(*blocks[0], Expr::Matrix(vec![["a", "b"].map(letter).to_vec()]));
        assert_eq!(*blocks[1], Expr::Matrix(vec![vec![letter("c")]]));
    }
}
