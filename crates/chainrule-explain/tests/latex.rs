//! The LaTeX of a derivation, compiled by a real LaTeX.

mod common;

use chainrule_explain::render::latex;
use chainrule_explain::{Block, Derivation, Expr, Line, Section, Symbol, Value};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use std::process::{Command, Stdio};

/// Lines may stick out by so many points before a reader would notice.
const OVERFULL: f64 = 20.0;

/// Whether there is a LaTeX with what a document asks for; where not, says why the test is skipped.
fn has_latex() -> bool {
    let succeeds = |program: &str, argument: &str| {
        let status = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let found = succeeds("pdflatex", "--version") && succeeds("kpsewhich", "booktabs.sty");
    if !found {
        println!("SKIPPED: needs pdflatex with booktabs (on Debian: texlive-latex-recommended)");
    }
    found
}

/// Compiles a document and returns what LaTeX says about it.
fn compiled(name: &str, document: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("step.tex"), document).expect("the folder can be written");
    let output = Command::new("pdflatex")
        .args(["-interaction=nonstopmode", "-halt-on-error", "step.tex"])
        .env("max_print_line", "1000")
        .current_dir(folder.path())
        .output()
        .expect("LaTeX starts");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name} does not compile:\n{log}");
    assert!(folder.path().join("step.pdf").is_file(), "{name}: no PDF");
    log
}

/// `Overfull \hbox (12.3pt too wide) in …`, those wider than a reader forgives.
fn overfull(log: &str) -> Vec<&str> {
    let too_wide = |line: &&str| {
        let points = line.strip_prefix("Overfull \\hbox (").and_then(|rest| rest.split("pt").next());
        points.is_some_and(|points| points.parse::<f64>().is_ok_and(|points| points > OVERFULL))
    };
    log.lines().filter(too_wide).collect()
}

fn assert_compiles(name: &str, derivation: &Derivation) {
    if !has_latex() {
        return;
    }
    for digits in [3, 6, 17] {
        let document = latex::render(derivation, digits);
        assert!(document.is_ascii(), "{name} is not ASCII");
        let log = compiled(name, &document);
        assert_eq!(overfull(&log), Vec::<&str>::new(), "{name} at {digits} digits");
    }
}

#[test]
fn a_derivation_compiles_within_its_margins() {
    assert_compiles("the start of a 3-2-1 step", &common::sample());
}

#[test]
fn every_formula_and_block_compiles_within_its_margins() {
    assert_compiles("the gallery", &common::gallery());
}

#[test]
fn whatever_a_formula_is_made_of_compiles() {
    let mut runner = TestRunner::deterministic();
    let sides = (common::random::symbol(), common::random::formula(), common::random::formula());
    let mut blocks = Vec::new();
    for _ in 0..300 {
        let (symbol, formula, prose) =
            sides.new_tree(&mut runner).expect("the strategy rejects nothing").current();
        blocks.push(common::unchecked(Line {
            id: String::new(),
            ..common::line(symbol, formula, Some(prose.clone()), Value::Scalar(1.5))
        }));
        blocks.push(Block::Paragraph(vec![common::math(prose)]));
    }
    let section = Section { id: "random".into(), title: "σ'(z⁽¹⁾′) & [more]".into(), blocks };
    let document = latex::render(&common::derivation("random", vec![section]), 6);
    if has_latex() {
        compiled("a document of random formulas", &document);
    }
}

// The embedded examples belong here as soon as there are any: for each name of `example::NAMES`, the derivation that
// `explain_step` makes of it, through `assert_compiles`.

#[test]
fn a_derivation_reads_as_a_teacher_writes() {
    insta::assert_snapshot!(latex::render(&common::sample(), 6));
}

#[test]
fn no_symbol_has_two_superscripts() {
    let weights = || Expr::from(Symbol::new("W").layer(2).bold());
    let shown = |expr: Expr| latex::formula(&expr, 6);
    assert_eq!(shown(weights().transposed()), "\\boldsymbol{W}^{(2)\\top}");
    assert_eq!(shown(weights().transposed().squared()), "(\\boldsymbol{W}^{(2)\\top})^{2}");
    assert_eq!(
        shown(Expr::from(Symbol::new("σ'").layer(1).at([12, 3]).after())),
        "\\sigma^{\\prime(1)\\prime}_{12,3}"
    );
    assert_eq!(shown(Expr::from(Symbol::new("z").layer(1).at([2])).squared()), "(z^{(1)}_{2})^{2}");
}
