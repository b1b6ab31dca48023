//! The text of a derivation: what it looks like, and that it never leaves its 80 characters.

mod common;

use chainrule::Matrix;
use chainrule_explain::derivation::Check;
use chainrule_explain::render::text;
use chainrule_explain::{Block, Expr, Line, Section, Span, Symbol, Value};
use common::random::{formula, symbol};
use proptest::prelude::*;

#[test]
fn a_derivation_reads_as_a_teacher_writes() {
    insta::assert_snapshot!(text::render(&common::sample(), 6));
}

#[test]
fn every_formula_and_block_has_its_text() {
    insta::assert_snapshot!(text::render(&common::gallery(), 6));
}

#[test]
fn a_formula_in_one_line_keeps_its_meaning() {
    let letter = |name| Expr::from(Symbol::new(name));
    let sum = || Expr::sum([letter("b"), letter("c")]);
    let shown = |expr: Expr| text::formula(&expr, 6);
    assert_eq!(shown(Expr::product([letter("a"), sum()])), "a·(b + c)");
    assert_eq!(shown(sum().over(sum())), "(b + c)/(b + c)");
    assert_eq!(shown(letter("a").over(Expr::Number(1e-9))), "a/(1·10⁻⁹)");
    assert_eq!(shown(Expr::Number(-0.5).squared()), "(−0.5)²");
    assert_eq!(shown(Expr::from(Symbol::new("W").layer(2)).transposed().squared()), "(W⁽²⁾ᵀ)²");
    assert_eq!(
        shown(Expr::Matrix(vec![vec![Expr::Integer(1), letter("a")], vec![sum(), Expr::Word("⋯")]])),
        "[[1, a], [b + c, ⋯]]"
    );
    assert_eq!(
        shown(Expr::partial(letter("L"), Symbol::new("w").layer(1).at([12, 3]).into())),
        "∂L/∂w⁽¹⁾₁₂,₃"
    );
}

/// Characters that take a cell.
fn width(line: &str) -> usize {
    line.chars().filter(|c| *c != '\u{302}').count()
}

proptest! {
    #[test]
    fn no_line_is_wider_than_80_characters(
        symbol in prop_oneof![3 => symbol(), 1 => formula()],
        sides in [prop::option::of(formula()), prop::option::of(formula())],
        (rows, columns) in (1..20_usize, 1..30_usize),
        scale in any::<f64>(),
        digits in 1..18_usize,
        error in any::<f64>(),
        prose in formula(),
    ) {
        let matrix = Matrix::from_fn(rows, columns, |i, j| scale * (i as f64 - 0.37 * j as f64));
        let [formula, numbers] = sides;
        let check = Some(Check { error, agrees: false, kinks: 0 });
        let line = Line { id: String::new(), form: None, symbol, formula, numbers, value: Value::Matrix(matrix.clone()), check };
        let names = |count: usize| (0..count).map(|j| format!("column {}", j.pow(7))).collect();
        let table = (0..rows).map(|i| ("row ".repeat(i), matrix.row(i).iter().copied().map(Some).collect())).collect();
        let blocks = vec![
            Block::Line(Box::new(line)),
            Block::Paragraph(vec![Span::Text("prose ".repeat(9)), Span::Math(prose.clone())]),
            Block::Settings(vec![("name ".repeat(9), vec![Span::Math(prose)])]),
            Block::Table { header: names(columns + 1), rows: table },
        ];
        let section = Section { id: "s".into(), title: "title ".repeat(30), blocks };
        let text = text::render(&common::derivation("all", vec![section]), digits);
        for line in text.lines() {
            prop_assert!(width(line) <= 80, "{} characters: {line}", width(line));
        }
    }
}
