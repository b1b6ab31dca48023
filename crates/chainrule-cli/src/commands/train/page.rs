//! What the page of `--report-html` shows of a training.

use super::checkpoints;
use crate::errors::{Failure, code};
use crate::output::inspection::Inspection;
use crate::output::page::Page;
use crate::output::report::Report;
use crate::settings::Settings;
use chainrule::data::Task;
use chainrule::training::{Epoch, Run};
use chainrule_plot::Figure;
use chainrule_plot::pictures::{self, Show};
use std::ffi::OsString;

/// A picture and its heading.
pub(super) type Titled = (&'static str, Figure);

/// The page of a training on the data of this name.
pub(super) fn html(
    report: &Report,
    run: &Run,
    data: &str,
    settings: &Settings,
    measured: Option<Titled>,
) -> Result<String, Failure> {
    let mut figures = course_of(run, data);
    figures.extend(measured);
    let run_file = settings.to_toml().map_err(|error| Failure::new(code::INTERNAL, error.to_string()))?;
    let remarks: Vec<String> = run.notes.iter().chain(&run.warnings).map(|remark| sentence(remark)).collect();
    let page = Page {
        report,
        model: &Inspection::new(&run.model),
        data,
        remarks: &remarks,
        figures: &figures,
        command: &command(),
        run_file: run_file.trim(),
    };
    Ok(page.html())
}

/// This command, by the program's name instead of its path.
fn command() -> String {
    let program = OsString::from("chainrule");
    checkpoints::command(std::iter::once(program).chain(std::env::args_os().skip(1)), None)
}

fn sentence(remark: &str) -> String {
    let mut letters = remark.chars();
    let first = letters.next().map_or_else(String::new, |letter| letter.to_uppercase().collect());
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// The pictures of its epochs, as far as there are numbers for them.
fn course_of(run: &Run, data: &str) -> Vec<Titled> {
    let course = [course(run, data)];
    let kinds: [(&str, &[Show]); 3] = [
        ("Learning curves", &[Show::Losses, Show::LearningRate]),
        ("Gradients and steps", &[Show::Norms]),
        ("Weights", &[Show::Weights]),
    ];
    let drawn = kinds.into_iter().map(|(heading, show)| (heading, pictures::curves(&course, show)));
    drawn.filter(|(_, figure)| !figure.panels.is_empty()).collect()
}

/// The epochs of a training, as pictures take them.
fn course(run: &Run, data: &str) -> pictures::Run {
    let is_regression = run.model.preprocessing.task() == Task::Regression;
    let finite = |x: f64| x.is_finite().then_some(x);
    let epoch = |epoch: &Epoch| {
        let score = epoch.validation_score.and_then(finite);
        pictures::Epoch {
            epoch: epoch.epoch as u64,
            train_loss: finite(epoch.train_loss),
            validation_loss: epoch.validation_loss.and_then(finite),
            validation_accuracy: score.filter(|_| !is_regression),
            validation_r2: score.filter(|_| is_regression),
            learning_rate: finite(epoch.learning_rate),
            gradient_norms: epoch.norms.iter().map(|norms| finite(norms.gradient)).collect(),
            update_norms: epoch.norms.iter().map(|norms| finite(norms.update)).collect(),
            weights: run
                .history
                .watched
                .iter()
                .cloned()
                .zip(epoch.weights.iter().map(|&value| finite(value)))
                .collect(),
        }
    };
    pictures::Run { name: data.to_owned(), epochs: run.history.epochs.iter().map(epoch).collect() }
}
