//! What people type in: run files, and derivations made by hand.

use chainrule::{Error, ErrorKind};
use chainrule_explain::check::{check, report};
use chainrule_explain::explain::{Options, explain_step};
use chainrule_explain::{Example, Prose, Worked, render};

use crate::expectations::{NAME, assert_explains};

/// A run file.
pub fn run_file(bytes: &[u8]) {
    if let Err(message) = chainrule_cli::check_run_file(bytes, NAME) {
        assert!(message.starts_with("error:"), "{message}");
        assert!(
            !message.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')),
            "control characters: {message:?}"
        );
    }
}

/// A step by hand. The first byte says as what it is read: `t` as TOML with claims, `m` as Markdown, `l` as LaTeX, any other
/// as a step to explain.
pub fn derivation(bytes: &[u8]) {
    let Some((&language, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let outcome = match language {
        b't' => Worked::parse(text, NAME).map(|worked| judge(&worked)),
        b'm' => Prose::from_markdown(text, NAME).map(|prose| judge(&prose.worked)),
        b'l' => Prose::from_latex(text, NAME).map(|prose| judge(&prose.worked)),
        _ => Example::parse(text, NAME).map(|example| explain(&example)),
    };
    if let Err(error) = outcome {
        assert_explains(&error, NAME);
    }
}

/// Steps of this many weights and rows are explained; more takes its time, by design.
const LARGEST: usize = 200;

fn judge(worked: &Worked) {
    if size(&worked.example) > LARGEST {
        return;
    }
    let judgements = check(&worked.example.step, &worked.claims);
    assert!(judgements.len() >= worked.claims.len(), "a claim without a judgement");
    assert!(!report::text(&judgements).is_empty() || judgements.is_empty());
    report::json(&judgements).unwrap_or_else(|error| panic!("a report that is no JSON: {error}"));
}

fn explain(example: &Example) {
    if size(example) > LARGEST {
        return;
    }
    let options = Options { conventions: example.conventions, ..Options::default() };
    match explain_step(&example.step, &options) {
        Ok(derivation) => {
            for render in [render::text::render, render::latex::render, render::html::render] {
                assert!(!render(&derivation, 4).is_empty());
            }
            assert!(render::json::render(&derivation, 4).starts_with('{'));
        }
        Err(error) => assert_is_numeric(&error),
    }
}

/// A step that was read can only leave the finite numbers.
fn assert_is_numeric(error: &Error) {
    assert!(matches!(error.kind(), ErrorKind::Data | ErrorKind::Configuration), "{error}");
}

fn size(example: &Example) -> usize {
    let step = &example.step;
    let weights: usize = step.layers.iter().map(|layer| layer.n_inputs() * layer.n_outputs()).sum();
    weights * step.n_rows().max(1)
}
