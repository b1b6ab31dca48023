//! Random formulas: whatever the tree allows, renderers must cope with.

use chainrule_explain::{Expr, Operator, Symbol};
use proptest::prelude::*;

/// Quantities with any layer and indices.
pub(crate) fn symbol() -> impl Strategy<Value = Expr> {
    let names = prop::sample::select(vec!["w", "δ", "ŷ", "net", "σ'", "m\u{302}"]);
    let parts = (
        names,
        prop::option::of(1..120_usize),
        prop::collection::vec(1..1200_usize, 0..4),
        any::<[bool; 2]>(),
    );
    parts.prop_map(|(name, layer, indices, [primed, bold])| {
        Symbol { name, layer, indices, primed, bold }.into()
    })
}

fn leaf() -> impl Strategy<Value = Expr> {
    let words = prop::sample::select(vec![
        "if",
        "else",
        "⋯",
        "(",
        "]",
        "a-word-that-is-longer-than-any-in-a-formula",
    ]);
    let operators = prop::sample::select(vec![
        Operator::Plus,
        Operator::Minus,
        Operator::Times,
        Operator::MatrixTimes,
        Operator::Hadamard,
        Operator::Equals,
        Operator::Comma,
    ]);
    prop_oneof![
        4 => symbol(),
        4 => any::<f64>().prop_map(Expr::Number),
        2 => any::<i64>().prop_map(Expr::Integer),
        1 => words.prop_map(Expr::Word),
        2 => operators.prop_map(Expr::Operator),
    ]
}

/// Formulas of every kind, sensible or not.
pub(crate) fn formula() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(5, 120, 9, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let two = (boxed.clone(), boxed.clone());
        let operators = prop::sample::select(vec![Operator::Plus, Operator::Times, Operator::Hadamard]);
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..9).prop_map(Expr::Row),
            3 => (operators, prop::collection::vec(inner.clone(), 1..9)).prop_map(|(operator, parts)| Expr::joined(operator, parts)),
            1 => prop::collection::vec(prop::collection::vec(inner.clone(), 0..7), 0..5).prop_map(Expr::Matrix),
            1 => two.clone().prop_map(|(a, b)| Expr::Fraction(a, b)),
            1 => two.clone().prop_map(|(a, b)| Expr::Power(a, b)),
            1 => two.clone().prop_map(|(a, b)| Expr::Call(a, b)),
            1 => two.prop_map(|(a, b)| Expr::Partial(a, b)),
            1 => boxed.clone().prop_map(Expr::Root),
            1 => boxed.clone().prop_map(Expr::Group),
            1 => boxed.clone().prop_map(Expr::Absolute),
            1 => boxed.clone().prop_map(Expr::Transpose),
            1 => boxed.clone().prop_map(|term| Expr::Sum("k", term)),
            1 => boxed.prop_map(Expr::Zero),
        ]
    })
}
