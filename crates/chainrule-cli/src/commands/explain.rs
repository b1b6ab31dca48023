//! `chainrule explain`.

use super::given::Given;
use super::outputs;
use crate::args::ExplainArguments;
use crate::errors::{Failure, code};
use crate::output::{self, files};
use chainrule_explain::conventions::Conventions;
use chainrule_explain::{Derivation, Form, Options, Selection, Verification, explain_step, render};

/// Works a step out and writes it down.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<(), Failure> {
    check_output(arguments)?;
    let given = given(arguments)?;
    let mut derivation = explain_step(&given.step, &options(arguments, given.conventions))?;
    given.complete(&mut derivation);
    let document = rendered(&derivation, arguments.format.as_str(), usize::from(arguments.digits));
    match &arguments.out {
        Some(path) => files::write(path, document.as_bytes())?,
        None => output::result(document.as_bytes())?,
    }
    verified(&derivation.verification)
}

/// The step that is to be explained. That there is exactly one, the arguments have seen to.
fn given(arguments: &ExplainArguments) -> Result<Given, Failure> {
    match (&arguments.source, &arguments.data, &arguments.example) {
        (Some(model), Some(data), _) => {
            let rows = arguments.row.iter().map(|row| row - 1).collect();
            Given::of_model("explain", model, data, &arguments.answers, |_| rows)
        }
        (Some(file), None, _) => Given::of_file("explain", file),
        (None, _, Some(name)) => Given::of_name(name),
        (None, _, None) => {
            Err(Failure::usage("give a step by hand (.toml), a model and data, or --example NAME"))
        }
    }
}

fn options(arguments: &ExplainArguments, conventions: Conventions) -> Options {
    let chosen = |form: &Form| arguments.form.0.iter().any(|name| name.as_str() == form.name());
    Options {
        // Programs get one convention, whatever their user reads.
        conventions: if arguments.format.as_str() == "json" { Conventions::default() } else { conventions },
        forms: Form::ALL.into_iter().filter(chosen).collect(),
        selection: Selection {
            layer: arguments.layer.map(|layer| layer as usize),
            unit: arguments.unit.map(|unit| unit as usize),
            weight: arguments.weight.map(|place| (place.0, place.1)),
        },
    }
}

fn rendered(derivation: &Derivation, format: &str, digits: usize) -> String {
    match format {
        "latex" => render::latex::render(derivation, digits),
        "html" => render::html::render(derivation, digits),
        "json" => render::json::render(derivation, digits),
        _ => render::text::render(derivation, digits),
    }
}

/// A derivation that disagrees with itself is a bug of this program, and shown all the same.
fn verified(verification: &Verification) -> Result<(), Failure> {
    match verification.first_difference() {
        Some((with, difference)) => Err(Failure::new(
            code::INTERNAL,
            format!(
                "the derivation disagrees with {with}: {difference}\n\
                 that is a bug: please report it together with the command that led here"
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses to write over what is read, or over any model.
fn check_output(arguments: &ExplainArguments) -> Result<(), Failure> {
    let Some(out) = &arguments.out else { return Ok(()) };
    files::check(out)?;
    let out = outputs::named("--out", out);
    let labels = &arguments.answers.labels;
    let tables = [("the data", arguments.data.as_ref()), ("--labels", labels.as_ref())];
    let tables = tables.into_iter().filter_map(|(what, path)| outputs::input(what, path));
    let source = arguments.source.as_ref().map(|path| outputs::named("what is explained", path));
    outputs::check_distinct(&tables.chain(source).collect::<Vec<_>>(), &[out])?;
    outputs::check_no_model(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_explain::verify::Comparison;

    #[test]
    fn the_first_comparison_that_fails_is_named_with_its_entry() {
        let agrees = Comparison::default();
        let differs = |entry: &str| Comparison { first_difference: Some(entry.into()), ..agrees.clone() };
        let mut verification = Verification {
            finite_difference: agrees.clone(),
            forms_agree: agrees.clone(),
            engine: agrees.clone(),
            engine_f32: Some(differs("never an error")),
        };
        assert!(verified(&verification).is_ok());
        verification.engine = differs("layers.1.weight[0,0]: 1 and 2");
        let failure = format!("{:?}", verified(&verification).expect_err("a difference"));
        assert!(failure.contains("the engine that trains: layers.1.weight[0,0]: 1 and 2"), "{failure}");
        assert!(failure.contains("code: 70"), "{failure}");
        verification.forms_agree = differs("layers.0.bias[1]: 3 and 4");
        let failure = format!("{:?}", verified(&verification).expect_err("a difference"));
        assert!(failure.contains("another form") && failure.contains("layers.0.bias[1]"), "{failure}");
    }
}
