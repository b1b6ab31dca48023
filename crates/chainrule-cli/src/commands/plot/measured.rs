//! `chainrule plot confusion` and `chainrule plot residuals`: predictions beside the truth, over all rows.

use super::{Kind, check_output, write};
use crate::args::plot::MeasuredArguments;
use crate::errors::{Failure, code};
use crate::output;
use chainrule::data::{Dataset, Task};
use chainrule::model::Model;
use chainrule_plot::pictures::{self, ConfusionPicture, Predicted};

/// Which classes are taken for which.
pub(crate) fn confusion(arguments: &MeasuredArguments) -> Result<(), Failure> {
    let (model, dataset) = open(arguments, Kind::Areas, "plot confusion")?;
    write(&confused(&model, &dataset, arguments)?.figure(), Kind::Areas, &arguments.picture)
}

/// How far the predictions of a regression are from the truth.
pub(crate) fn residuals(arguments: &MeasuredArguments) -> Result<(), Failure> {
    let (model, dataset) = open(arguments, Kind::Lines, "plot residuals")?;
    let targets = predicted(&model, &dataset, arguments)?;
    write(&pictures::residuals(&targets), Kind::Lines, &arguments.picture)
}

fn open(
    arguments: &MeasuredArguments,
    kind: Kind,
    command: &'static str,
) -> Result<(Model, Dataset), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, kind, "what is read", &subject.files())?;
    let (model, dataset) = subject.read(command)?;
    if dataset.n_rows == 0 {
        let message = format!("{}: 0 data rows: there is nothing to show", dataset.source);
        return Err(Failure::new(code::DATA, message));
    }
    Ok((model, dataset))
}

fn confused(
    model: &Model,
    dataset: &Dataset,
    arguments: &MeasuredArguments,
) -> Result<ConfusionPicture, Failure> {
    if model.preprocessing.task() != Task::Classification {
        return Err(Failure::usage(match model.preprocessing.task() {
            Task::MultiLabel => {
                "this model gives several yes-or-no answers for a row, and a confusion matrix is of one class for a row\n\
                 chainrule evaluate gives precision and recall of each answer"
            }
            _ => {
                "this model predicts numbers, and a confusion matrix is of classes\n\
                 chainrule plot residuals shows predicted against true numbers"
            }
        }));
    }
    let (evaluation, warnings) = model.evaluate_with(&arguments.subject.threads.cpu(), dataset)?;
    output::warn(&warnings);
    let picture = ConfusionPicture::of(model, &evaluation)
        .ok_or_else(|| Failure::new(code::INTERNAL, "a classifier was measured as something else"))?;
    Ok(ConfusionPicture { is_weighted: dataset.sample_weight.is_some(), ..picture })
}

fn predicted(
    model: &Model,
    dataset: &Dataset,
    arguments: &MeasuredArguments,
) -> Result<Vec<Predicted>, Failure> {
    if model.preprocessing.task() != Task::Regression {
        return Err(Failure::usage(
            "this model predicts no numbers, so there are no residuals\n\
             chainrule plot confusion shows which classes it takes for which",
        ));
    }
    let (targets, warnings) = Predicted::of(model, dataset, &arguments.subject.threads.cpu())?;
    output::warn(&warnings);
    Ok(targets)
}
