//! The LaTeX of a derivation, compiled by a real LaTeX.

mod common;

use chainrule_explain::render::latex;
use chainrule_explain::{Derivation, Expr, Symbol};
use std::process::{Command, Stdio};

/// Lines may stick out by so many points before a reader would notice.
const OVERFULL: f64 = 20.0;

/// What can compile a document here; none prints why the test is skipped.
fn latex_program() -> Option<&'static str> {
    let runs = Command::new("pdflatex").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !runs.is_ok_and(|status| status.success()) {
        println!("SKIPPED: needs pdflatex (on Debian: texlive-latex-recommended)");
        return None;
    }
    Some("pdflatex")
}

/// Compiles a document and returns what LaTeX says about it.
fn compiled(program: &str, name: &str, document: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("step.tex"), document).expect("the folder can be written");
    let output = Command::new(program)
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
    let Some(program) = latex_program() else { return };
    for digits in [3, 6, 17] {
        let document = latex::render(derivation, digits);
        assert!(document.is_ascii(), "{name} is not ASCII");
        let log = compiled(program, name, &document);
        if digits <= 6 {
            assert_eq!(overfull(&log), Vec::<&str>::new(), "{name} at {digits} digits");
        }
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
