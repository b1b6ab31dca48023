//! Leaving out the middle of what is too long to read.
//!
//! A sum of 784 products is no explanation. Its first terms, `⋯` and its last are; the value is that of all of them.

use std::collections::BTreeSet;

use chainrule::Matrix;

use crate::expression::{Expr, Operator};

/// Sums of at most so many terms are written out.
const TERMS: usize = 8;
/// Matrices are written out up to so many rows and columns.
const SIDE: usize = 8;
/// Of longer ones so many are shown before the last.
const SHOWN: usize = 3;

/// Which of `n` things are shown; none stands for those between.
pub(crate) fn shown(n: usize, most: usize) -> Vec<Option<usize>> {
    if n <= most {
        return (0..n).map(Some).collect();
    }
    (0..SHOWN).map(Some).chain([None, Some(n - 1)]).collect()
}

/// A sum of `n` terms, its middle left out where it is long.
pub(crate) fn sum(n: usize, term: impl Fn(usize) -> Expr) -> Expr {
    Expr::sum(shown(n, TERMS).into_iter().map(|place| place.map_or(Expr::Word("⋯"), &term)))
}

/// Which of `n` things are shown where one of them matters: of many, that one, the first and the last.
fn shown_around(n: usize, most: usize, kept: usize) -> Vec<Option<usize>> {
    if n <= most {
        return shown(n, most);
    }
    let mut places = Vec::new();
    for place in BTreeSet::from([0, kept, n - 1]) {
        let next = places.last().map_or(0, |last: &Option<usize>| last.map_or(0, |last| last + 1));
        if place > next {
            places.push(None);
        }
        places.push(Some(place));
    }
    places
}

/// A sum of `n` terms of which one matters: where it is long, that one is kept, with the first and the last.
pub(crate) fn sum_around(n: usize, kept: usize, term: impl Fn(usize) -> Expr) -> Expr {
    let places = shown_around(n, TERMS, kept);
    Expr::sum(places.into_iter().map(|place| place.map_or(Expr::Word("⋯"), &term)))
}

/// A matrix of numbers, its middle left out where it is large.
pub(crate) fn matrix(values: &Matrix<f64>) -> Expr {
    of_places(values, &shown(values.rows(), SIDE), &shown(values.columns(), SIDE))
}

/// A matrix of numbers of which one row matters.
pub(crate) fn matrix_around(values: &Matrix<f64>, row: usize) -> Expr {
    of_places(values, &shown_around(values.rows(), SIDE, row), &shown(values.columns(), SIDE))
}

fn of_places(values: &Matrix<f64>, rows: &[Option<usize>], columns: &[Option<usize>]) -> Expr {
    let row = |i: &Option<usize>| {
        let entry = |j: &Option<usize>| match (*i, *j) {
            (Some(i), Some(j)) => Expr::Number(values.row(i)[j]),
            (None, Some(_)) => Expr::Word("⋮"),
            _ => Expr::Word("⋯"),
        };
        columns.iter().map(entry).collect()
    };
    Expr::Matrix(rows.iter().map(row).collect())
}

/// A product of two numbers, marked where it is 0.
pub(crate) fn term(left: f64, right: f64) -> Expr {
    let product = Expr::Row(vec![Expr::operand(left), Expr::Operator(Operator::Times), Expr::operand(right)]);
    if left * right == 0.0 { Expr::Zero(Box::new(product)) } else { product }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_things_are_whole_and_long_ones_keep_both_ends() {
        assert_eq!(shown(3, 8), [Some(0), Some(1), Some(2)]);
        assert_eq!(shown(784, 8), [Some(0), Some(1), Some(2), None, Some(783)]);
        let Expr::Row(parts) = sum(100, Expr::count) else { panic!("a sum") };
        assert_eq!(parts.len(), 9, "five terms and four plus signs");
    }

    #[test]
    fn the_term_that_matters_is_never_left_out() {
        for (kept, n_parts) in [(0, 3), (1, 4), (50, 5), (98, 4), (99, 3)] {
            let Expr::Row(parts) = sum_around(100, kept, Expr::count) else { panic!("a sum") };
            assert!(parts.contains(&Expr::count(kept)), "{kept}: {parts:?}");
            assert_eq!(parts.len(), 2 * n_parts - 1, "{kept}: {parts:?}");
        }
    }

    #[test]
    fn a_term_that_is_zero_is_marked_and_kept() {
        assert!(matches!(term(0.0, 2.0), Expr::Zero(_)));
        assert!(matches!(term(-1.0, 2.0), Expr::Row(_)));
    }
}
