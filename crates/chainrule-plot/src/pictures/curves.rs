//! Learning curves: how trainings went, epoch by epoch.

use super::measured;
use crate::{Axis, Colour, Figure, Layer, Line, Marker, N_COLOURS, Panel, Stroke, number};

/// A training by its name, with what was measured in each epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What tells it from others.
    pub name: String,
    /// In their order.
    pub epochs: Vec<Epoch>,
}

/// What was measured in an epoch; what is missing or no finite number is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: u64,
    /// Mean loss of the batches.
    pub train_loss: Option<f64>,
    /// Loss over the validation rows after the epoch.
    pub validation_loss: Option<f64>,
    /// Share of the validation rows that are right.
    pub validation_accuracy: Option<f64>,
    /// R² over the validation rows.
    pub validation_r2: Option<f64>,
    /// Of the epoch's last step.
    pub learning_rate: Option<f64>,
    /// ‖∂L/∂W‖ of every layer, in the epoch's last step.
    pub gradient_norms: Vec<Option<f64>>,
    /// How far that step moved the weights of every layer.
    pub update_norms: Vec<Option<f64>>,
    /// Chosen weights by their names, with their values after the epoch.
    pub weights: Vec<(String, Option<f64>)>,
}

/// What is shown of a training, as far as it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// The losses, and the scores over the validation rows.
    Losses,
    /// The learning rate, if it changes or nothing else is asked for.
    LearningRate,
    /// The norms of gradients and steps.
    Norms,
    /// The chosen weights.
    Weights,
}

impl Show {
    /// All of it.
    pub const ALL: [Self; 4] = [Self::Losses, Self::LearningRate, Self::Norms, Self::Weights];

    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Losses => "losses",
            Self::LearningRate => "learning-rate",
            Self::Norms => "norms",
            Self::Weights => "weights",
        }
    }

    /// What users call so, if anything.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.name() == name)
    }
}

/// A number of an epoch, where it has it.
type Measure = fn(&Epoch) -> Option<f64>;

/// What is to be shown of some trainings, each kind of number in a panel of its own.
pub fn curves(runs: &[Run], show: &[Show]) -> Figure {
    let (mut panels, mut notes) = (Vec::new(), Vec::new());
    if show.contains(&Show::Losses) {
        panels.extend(losses(runs));
        notes.extend(runs.iter().map(|run| summary(run, runs.len() > 1)));
    }
    let (measured, remarks) = measured::panels(runs, show);
    panels.extend(measured);
    notes.extend(remarks);
    if runs.len() > N_COLOURS {
        notes.push(format!("Colours repeat after {N_COLOURS} trainings."));
    }
    if panels.is_empty() {
        notes.push(
            "Nothing of that was logged. Norms are with `train --log-norms`, weights with `--log-weights`."
                .to_owned(),
        );
    }
    let seen = match show {
        [Show::LearningRate] => "Learning rate",
        [Show::Norms] => "Gradients and steps",
        [Show::Weights] => "Chosen weights",
        _ => "Learning curves",
    };
    let title = match runs {
        [run] => format!("{seen} of {}", run.name),
        _ => format!("{seen} of {} trainings", runs.len()),
    };
    Figure { notes, ..Figure::new(title, panels) }
}

/// The loss in one panel, and each score that was logged in a panel of its own.
fn losses(runs: &[Run]) -> Vec<Panel> {
    let losses =
        |run: &Run| run.epochs.iter().flat_map(|e| [e.train_loss, e.validation_loss]).collect::<Vec<_>>();
    let all = runs.iter().flat_map(losses).flatten();
    let mut panels = vec![Panel::new(Axis::whole("epoch"), Axis::fitting("loss", all))];
    panels[0].layers =
        layers(runs, &[("training loss", |e| e.train_loss), ("validation loss", |e| e.validation_loss)]);
    let scores: [(&str, &str, Measure); 2] = [
        ("validation accuracy", "accuracy (share of rows)", |e| e.validation_accuracy),
        ("validation R²", "R² (1 is perfect)", |e| e.validation_r2),
    ];
    for (name, axis, score) in scores {
        if runs.iter().flat_map(|run| &run.epochs).any(|epoch| score(epoch).is_some()) {
            let layers = layers(runs, &[(name, score)]);
            panels.push(Panel { layers, ..Panel::new(Axis::whole("epoch"), Axis::linear(axis)) });
        }
    }
    panels.iter_mut().filter(|panel| panel.y.name != "loss").for_each(|panel| {
        panel.layers.retain(|layer| !matches!(layer, Layer::Line(line) if line.points.is_empty()));
    });
    panels
}

/// The curves of each run, and the points that stand out on them. One run has a colour per curve; of several, each has
/// its colour, and what is not validation is dashed.
fn layers(runs: &[Run], curves: &[(&str, Measure)]) -> Vec<Layer> {
    let (mut lines, mut marks) = (Vec::new(), Vec::new());
    for (r, run) in runs.iter().enumerate() {
        for (c, (name, value)) in curves.iter().enumerate() {
            let several = runs.len() > 1;
            let validates = name.starts_with("validation");
            let colour = Colour::Nth(if several { r } else { usize::from(validates) + c / 2 });
            let points: Vec<[f64; 2]> = run
                .epochs
                .iter()
                .map(|epoch| [epoch.epoch as f64, value(epoch).unwrap_or(f64::NAN)])
                .collect();
            if points.iter().all(|point| point[1].is_nan()) {
                continue;
            }
            let stroke = if several && !validates { Stroke::Dashed } else { Stroke::Solid };
            let point_of = |epoch: &Epoch| Some([epoch.epoch as f64, value(epoch)?]);
            let best = best(run).filter(|_| validates).and_then(point_of);
            marks.extend(
                best.map(|at| Line::mark("epoch of the lowest validation loss", at, Marker::Ring, colour)),
            );
            let last = run.epochs.last().and_then(point_of);
            marks.extend(last.map(|at| Line::mark("end of the training", at, Marker::Square, colour)));
            let name = if several { format!("{}: {name}", run.name) } else { (*name).to_owned() };
            lines.push(Line { colour, stroke, ..Line::new(name, points) });
        }
    }
    lines.into_iter().chain(marks).map(Layer::Line).collect()
}

/// The epoch whose weights a training keeps: the first with the lowest validation loss.
fn best(run: &Run) -> Option<&Epoch> {
    let finite = run.epochs.iter().filter_map(|epoch| Some((epoch, epoch.validation_loss?)));
    finite.reduce(|best, next| if next.1 < best.1 { next } else { best }).map(|(epoch, _)| epoch)
}

/// What the picture shows of a run, in a sentence or two.
fn summary(run: &Run, named: bool) -> String {
    let name = if named { format!("{}: ", run.name) } else { String::new() };
    let mut best_epoch = String::new();
    if let Some(best) = best(run) {
        let loss = number(best.validation_loss.unwrap_or(f64::NAN));
        best_epoch = format!("The lowest validation loss, {loss}, came after epoch {}. ", best.epoch);
    }
    let last = run.epochs.last();
    let loss = last.and_then(|last| last.train_loss);
    let loss = loss.map_or_else(
        || "a training loss that was no number".to_owned(),
        |loss| format!("training loss {}", number(loss)),
    );
    format!(
        "{name}{best_epoch}The training ended after epoch {} with {loss}.",
        last.map_or(0, |last| last.epoch)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: u64, train: f64, validation: Option<f64>) -> Epoch {
        let accuracy = validation.map(|loss| 1.0 - loss);
        let train_loss = train.is_finite().then_some(train);
        Epoch {
            epoch,
            train_loss,
            validation_loss: validation,
            validation_accuracy: accuracy,
            ..Epoch::default()
        }
    }

    fn run(name: &str, validation: [Option<f64>; 3]) -> Run {
        let epochs = (1..).zip(validation).map(|(n, loss)| epoch(n, 1.0 / n as f64, loss)).collect();
        Run { name: name.to_owned(), epochs }
    }

    fn line<'a>(figure: &'a Figure, panel: usize, name: &str) -> &'a Line {
        figure.panels[panel].lines().find(|line| line.name == name).unwrap_or_else(|| panic!("no '{name}'"))
    }

    #[test]
    fn the_curves_are_the_numbers_of_the_log_and_the_best_epoch_is_the_first_lowest() {
        let figure = curves(&[run("a", [Some(0.5), Some(0.25), Some(0.25)])], &Show::ALL);
        assert_eq!(line(&figure, 0, "training loss").points, [[1.0, 1.0], [2.0, 0.5], [3.0, 1.0 / 3.0]]);
        assert_eq!(line(&figure, 0, "validation loss").points, [[1.0, 0.5], [2.0, 0.25], [3.0, 0.25]]);
        assert_eq!(line(&figure, 1, "validation accuracy").points[0], [1.0, 0.5]);
        for (panel, height) in [(0, 0.25), (1, 0.75)] {
            assert_eq!(line(&figure, panel, "epoch of the lowest validation loss").points, [[2.0, height]]);
        }
        assert_eq!(line(&figure, 0, "end of the training").points, [[3.0, 1.0 / 3.0]]);
        assert_eq!(
            figure.notes,
            [
                "The lowest validation loss, 0.25, came after epoch 2. The training ended after epoch 3 with training loss 0.3333."
            ]
        );
    }

    #[test]
    fn several_runs_have_a_colour_each_and_their_names() {
        let figure = curves(&[run("a", [Some(0.5); 3]), run("b", [Some(0.4), None, Some(0.3)])], &Show::ALL);
        let b = line(&figure, 0, "b: validation loss");
        assert_eq!((b.colour, b.stroke), (Colour::Nth(1), Stroke::Solid));
        assert!(b.points[1][1].is_nan());
        assert_eq!(line(&figure, 0, "b: training loss").stroke, Stroke::Dashed);
        assert_eq!(figure.title, "Learning curves of 2 trainings");
        assert!(figure.notes[1].starts_with("b: The lowest validation loss, 0.3, came after epoch 3."));
    }

    #[test]
    fn without_validation_nothing_is_best() {
        let figure = curves(&[run("a", [None; 3])], &Show::ALL);
        assert_eq!(figure.panels.len(), 1);
        let names: Vec<&str> = figure.panels[0].lines().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["training loss", "end of the training"]);
    }

    #[test]
    fn a_training_that_diverged_says_so() {
        let diverged = Run { name: "a".to_owned(), epochs: vec![epoch(1, f64::NAN, None)] };
        assert!(curves(&[diverged], &Show::ALL).notes[0].contains("a training loss that was no number"));
    }
}
