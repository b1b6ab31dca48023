//! `chainrule evaluate`.

use super::{data, json, load_model, outputs};
use crate::args::EvaluateArguments;
use crate::errors::Failure;
use crate::output::{self, evaluation::Evaluation, files};

/// Measures a model on data with known answers.
pub(crate) fn run(arguments: &EvaluateArguments) -> Result<(), Failure> {
    check_output(arguments)?;
    let mut model = load_model("evaluate", &arguments.model, arguments.data.as_path())?;
    let dataset = data::read_answers(&arguments.data, &arguments.answers, &mut model)?;
    let (measured, warnings) = model.evaluate_with(&arguments.threads.cpu(), &dataset)?;
    output::warn(&warnings);
    let evaluation = Evaluation::new(&measured, &model.preprocessing);
    if let Some(path) = &arguments.report {
        files::write(path, &json(&evaluation)?)?;
    }
    if arguments.json {
        output::result(&json(&evaluation)?)
    } else {
        output::result(evaluation.text().as_bytes())
    }
}

/// Refuses to write over what is read, or over any model.
fn check_output(arguments: &EvaluateArguments) -> Result<(), Failure> {
    let Some(report) = &arguments.report else { return Ok(()) };
    files::check(report)?;
    let report = outputs::named("--report", report);
    let files = [("the data", Some(&arguments.data)), ("--labels", arguments.answers.labels.as_ref())];
    let files = files.into_iter().filter_map(|(what, path)| outputs::input(what, path));
    let inputs: Vec<_> = files.chain([outputs::named("MODEL", &arguments.model)]).collect();
    outputs::check_distinct(&inputs, &[report])?;
    outputs::check_no_model(report)
}
