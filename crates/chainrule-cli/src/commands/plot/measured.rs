//! `chainrule plot confusion` and `chainrule plot residuals`: predictions beside the truth, over all rows.

use super::{Kind, check_output, write};
use crate::args::plot::MeasuredArguments;
use crate::commands::{data, load_model};
use crate::errors::{Failure, code};
use crate::output;
use chainrule::data::{Dataset, Outputs, Task};
use chainrule::model::{Answers, Metrics, Model};
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
    let inputs = [Some(arguments.model.as_path()), arguments.data.given()];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    check_output(&arguments.picture, kind, "what is read", &inputs)?;
    let mut model = load_model(command, &arguments.model, arguments.data.as_path())?;
    let dataset = data::read_answers(&arguments.data, &arguments.answers, &mut model)?;
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
    let Outputs::Classes { labels, .. } = &model.preprocessing.outputs else {
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
    };
    let (evaluation, warnings) = model.evaluate_with(&arguments.threads.cpu(), dataset)?;
    output::warn(&warnings);
    let Metrics::Classification(metrics) = evaluation.metrics else {
        return Err(Failure::new(code::INTERNAL, "a classifier was measured as something else"));
    };
    Ok(ConfusionPicture {
        classes: labels.names.clone(),
        counts: metrics.confusion.values().to_vec(),
        n_rows: evaluation.n_rows,
        is_weighted: dataset.sample_weight.is_some(),
    })
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
    let truth = model.preprocessing.target_values(dataset, None)?;
    let predictions = model.predict_with(&arguments.threads.cpu(), dataset)?;
    output::warn(&predictions.warnings);
    let Answers::Numbers(numbers) = predictions.answers else {
        return Err(Failure::new(code::INTERNAL, "a regression answered with something else than numbers"));
    };
    let column = |matrix: &chainrule::Matrix<f64>, k: usize| -> Vec<f64> {
        (0..matrix.rows()).map(|i| matrix.row(i)[k]).collect()
    };
    let of = |(k, name): (usize, &String)| Predicted {
        target: name.clone(),
        truth: column(&truth, k),
        predicted: column(&numbers, k),
    };
    Ok(model.preprocessing.targets.iter().enumerate().map(of).collect())
}
