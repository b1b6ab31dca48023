//! What a training measures beside loss and score, epoch by epoch: learning rate, norms, and chosen weights.
//!
//! Of several runs each has panels of its own, since its curves have colours of their own: one per layer, or per weight.

use super::curves::{Epoch, Run, Show};
use crate::{Axis, Colour, Layer, Line, N_COLOURS, Panel};

/// The panels of what is there, and what a reader should know of them.
pub(super) fn panels(runs: &[Run], show: &[Show]) -> (Vec<Panel>, Vec<String>) {
    let (mut panels, mut notes) = (Vec::new(), Vec::new());
    if show.contains(&Show::LearningRate) {
        panels.extend(learning_rates(runs, show));
    }
    for run in runs {
        let title =
            |what: &str| if runs.len() > 1 { format!("{}: {what}", run.name) } else { what.to_owned() };
        if show.contains(&Show::Norms) {
            let gradients = norms(run, "‖∂L/∂W‖", |epoch| &epoch.gradient_norms);
            let updates = norms(run, "‖ΔW‖", |epoch| &epoch.update_norms);
            let all: Vec<Panel> = [(gradients, "Gradient of each layer"), (updates, "Step of each layer")]
                .into_iter()
                .filter_map(|(panel, what)| Some(Panel { title: title(what), ..panel? }))
                .collect();
            let is_zero = |line: &Line| line.points.iter().any(|point| point[1] == 0.0);
            if all.iter().flat_map(Panel::lines).any(is_zero) {
                notes.push("A norm of 0 has no place on a logarithmic axis and is left out.".to_owned());
            }
            if all.iter().any(|panel| panel.layers.len() > N_COLOURS) {
                notes.push(format!("Colours repeat after {N_COLOURS} layers."));
            }
            panels.extend(all);
        }
        if show.contains(&Show::Weights) {
            panels.extend(weights(run).map(|panel| Panel { title: title("Chosen weights"), ..panel }));
        }
    }
    notes.dedup();
    (panels, notes)
}

/// The learning rates, where one changes or nothing else is asked for.
fn learning_rates(runs: &[Run], show: &[Show]) -> Option<Panel> {
    let rates = |run: &Run| run.epochs.iter().filter_map(|epoch| epoch.learning_rate).collect::<Vec<f64>>();
    let changes = runs.iter().any(|run| rates(run).windows(2).any(|pair| pair[0] != pair[1]));
    let all: Vec<f64> = runs.iter().flat_map(rates).collect();
    if all.is_empty() || !(changes || show.len() == 1) {
        return None;
    }
    let line = |(n, run): (usize, &Run)| {
        let name =
            if runs.len() > 1 { format!("{}: learning rate", run.name) } else { "learning rate".to_owned() };
        Layer::Line(Line { colour: Colour::Nth(n), ..curve(run, name, |epoch| epoch.learning_rate) })
    };
    let layers = runs.iter().enumerate().map(line).collect();
    Some(Panel {
        layers,
        ..Panel::new(Axis::whole("epoch"), Axis::fitting("learning rate", all.into_iter()))
    })
}

/// One curve per layer; none where the run has none.
fn norms(run: &Run, name: &str, of: fn(&Epoch) -> &Vec<Option<f64>>) -> Option<Panel> {
    let n_layers = run.epochs.iter().map(|epoch| of(epoch).len()).max().unwrap_or(0);
    let line = |layer: usize| {
        let line = curve(run, format!("layers.{layer}"), |epoch| of(epoch).get(layer).copied().flatten());
        Line { colour: Colour::Nth(layer), ..line }
    };
    let lines: Vec<Line> = (0..n_layers).map(line).collect();
    let has_place = lines.iter().flat_map(|line| &line.points).any(|point| point[1] > 0.0);
    let y = if has_place { Axis::log(name) } else { Axis::linear(name) };
    let layers = lines.into_iter().map(Layer::Line).collect();
    (n_layers > 0).then(|| Panel { layers, ..Panel::new(Axis::whole("epoch"), y) })
}

/// One curve per weight, in the order in which they first come; none where the run has none.
fn weights(run: &Run) -> Option<Panel> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in run.epochs.iter().flat_map(|epoch| &epoch.weights) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let line = |(n, name): (usize, &&str)| {
        let value =
            |epoch: &Epoch| epoch.weights.iter().find(|(found, _)| found == name).and_then(|found| found.1);
        Layer::Line(Line { colour: Colour::Nth(n), ..curve(run, (*name).to_owned(), value) })
    };
    let layers: Vec<Layer> = names.iter().enumerate().map(line).collect();
    (!layers.is_empty()).then(|| Panel { layers, ..Panel::new(Axis::whole("epoch"), Axis::linear("value")) })
}

fn curve(run: &Run, name: String, value: impl Fn(&Epoch) -> Option<f64>) -> Line {
    let point = |epoch: &Epoch| [epoch.epoch as f64, value(epoch).unwrap_or(f64::NAN)];
    Line::new(name, run.epochs.iter().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::super::curves;
    use super::*;
    use crate::{Scale, render};

    fn run(name: &str) -> Run {
        let epoch = |epoch: u64| Epoch {
            epoch,
            train_loss: Some(1.0 / epoch as f64),
            learning_rate: Some(0.1 / epoch as f64),
            gradient_norms: vec![Some(1e-3), Some(0.5 / epoch as f64)],
            update_norms: vec![Some(0.0), Some(0.25)],
            weights: vec![("layers.0.bias[1]".into(), Some(epoch as f64)), ("layers.1.bias[0]".into(), None)],
            ..Epoch::default()
        };
        Run { name: name.to_owned(), epochs: vec![epoch(1), epoch(2)] }
    }

    fn panel<'a>(figure: &'a crate::Figure, title: &str) -> &'a Panel {
        figure.panels.iter().find(|panel| panel.title == title).unwrap_or_else(|| panic!("no '{title}'"))
    }

    #[test]
    fn every_number_of_the_log_has_its_place() {
        let figure = curves(&[run("a")], &Show::ALL);
        assert_eq!(figure.panels[1].y.name, "learning rate");
        assert_eq!(figure.panels[1].lines().next().expect("a line").points, [[1.0, 0.1], [2.0, 0.05]]);
        let gradients = panel(&figure, "Gradient of each layer");
        let lines: Vec<&Line> = gradients.lines().collect();
        assert_eq!(
            (lines[1].name.as_str(), &lines[1].points[..]),
            ("layers.1", &[[1.0, 0.5], [2.0, 0.25]][..])
        );
        assert_eq!(gradients.y.scale, Scale::Log);
        let steps: Vec<&Line> = panel(&figure, "Step of each layer").lines().collect();
        assert_eq!(steps[0].points, [[1.0, 0.0], [2.0, 0.0]]);
        assert!(figure.notes.iter().any(|note| note.starts_with("A norm of 0")), "{:?}", figure.notes);
        let weights: Vec<&Line> = panel(&figure, "Chosen weights").lines().collect();
        assert_eq!(weights[0].points, [[1.0, 1.0], [2.0, 2.0]]);
        assert!(weights[1].points.iter().all(|point| point[1].is_nan()));
        assert!(render::text(&figure).contains("layers.1"), "{}", render::text(&figure));
    }

    #[test]
    fn only_what_is_asked_for_and_there_is_drawn() {
        let titles = |runs: &[Run], show: &[Show]| -> Vec<String> {
            curves(runs, show).panels.into_iter().map(|panel| panel.title).collect()
        };
        assert_eq!(titles(&[run("a")], &[Show::Norms]), ["Gradient of each layer", "Step of each layer"]);
        assert_eq!(
            titles(&[run("a"), run("b")], &[Show::Weights]),
            ["a: Chosen weights", "b: Chosen weights"]
        );
        let mut bare = run("a");
        for epoch in &mut bare.epochs {
            *epoch = Epoch { epoch: epoch.epoch, learning_rate: Some(0.5), ..Epoch::default() };
        }
        // A rate that does not change is drawn where nothing else is asked for.
        assert_eq!(curves(&[bare.clone()], &Show::ALL).panels.len(), 1);
        assert_eq!(curves(&[bare.clone()], &[Show::LearningRate]).panels[0].y.name, "learning rate");
        let none = curves(&[bare], &[Show::Norms]);
        assert!(none.panels.is_empty() && none.notes[0].contains("--log-norms"), "{:?}", none.notes);
        assert!(
            render::svg(&none, &crate::Style { width: 400, theme: crate::Theme::Light }).contains("</svg>")
        );
    }

    #[test]
    fn norms_that_are_all_0_or_no_numbers_are_a_picture() {
        for value in [Some(0.0), None] {
            let mut still = run("a");
            still.epochs.iter_mut().for_each(|epoch| epoch.gradient_norms = vec![value]);
            let figure = curves(&[still], &[Show::Norms]);
            assert_eq!(figure.panels[0].y.scale, Scale::Linear);
            assert!(
                render::svg(&figure, &crate::Style { width: 400, theme: crate::Theme::Dark })
                    .contains("</svg>")
            );
        }
    }
}
