//! What the page of `--report-html` shows of a model's answers.

use super::inputs::Inputs;
use super::page::Titled;
use crate::errors::Failure;
use crate::settings::Settings;
use chainrule::Cpu;
use chainrule::data::Task;
use chainrule::training::{Results, Run};
use chainrule_plot::pictures::{self, ConfusionPicture, Predicted};

/// More classes than this make a picture that no page has room for.
const CLASSES: usize = 40;

/// Which classes are taken for which, or how far predictions are from the truth; none of several yes-or-no answers, of too many
/// classes, and of a regression on a stream, whose rows are not in memory.
pub(super) fn figure(
    run: &Run,
    results: &Results,
    inputs: &Inputs,
    settings: &Settings,
) -> Result<Option<Titled>, Failure> {
    match run.model.preprocessing.task() {
        Task::Regression => residuals(run, inputs),
        _ => Ok(confusion(run, results, settings)),
    }
}

/// On the rows that decided nothing, as far as there are some.
fn confusion(run: &Run, results: &Results, settings: &Settings) -> Option<Titled> {
    let parts = &results.model;
    let (heading, part) = match (&parts.test, &parts.validation) {
        (Some(test), _) => ("Right and wrong, on the test rows", test),
        (None, Some(validation)) => ("Right and wrong, on the validation rows", validation),
        (None, None) => ("Right and wrong, on the training rows", &parts.train),
    };
    let is_weighted = settings.data.sample_weight.as_ref().is_some_and(|column| !column.0.is_empty());
    let picture = ConfusionPicture { is_weighted, ..ConfusionPicture::of(&run.model, part)? };
    (picture.classes.len() <= CLASSES).then(|| (heading, picture.figure()))
}

/// On a table that was held out as a whole, if there is one; else on all rows of the data.
fn residuals(run: &Run, inputs: &Inputs) -> Result<Option<Titled>, Failure> {
    let Some((dataset, of)) = inputs.table_to_show() else { return Ok(None) };
    let heading = match of {
        "--test" => "Predicted and true, on the test rows",
        "--validation" => "Predicted and true, on the validation rows",
        _ => "Predicted and true, on all rows, those of the training among them",
    };
    // What there is to say of the rows has been said when they were measured.
    let (targets, _) = Predicted::of(&run.model, dataset, &Cpu::new(run.threads))?;
    Ok(Some((heading, pictures::residuals(&targets))))
}
