//! How far the predictions of a regression are from the truth.

use crate::{Axis, Colour, Figure, Layer, Line, Marker, Panel, Stroke, number};
use chainrule::data::Dataset;
use chainrule::model::{Answers, Model};
use chainrule::{Cpu, Error, Matrix, Result};

/// More points than this are thinned: one would lie on the other.
pub const MOST_POINTS: usize = 2000;

/// A target with what was predicted for it, in the target's own unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// The name of the target, with its unit where it has one.
    pub target: String,
    /// The true value of every row.
    pub truth: Vec<f64>,
    /// What the model predicts for it.
    pub predicted: Vec<f64>,
}

/// For each target: predicted against true values, and residuals against predicted values.
///
/// # Panics
/// When a target has not one prediction for every true value.
pub fn residuals(targets: &[Predicted]) -> Figure {
    let several = targets.len() > 1;
    let panels = targets.iter().flat_map(|target| target.panels(several)).collect();
    let title = match targets {
        [one] => format!("Predictions of {}, and how far they are from the truth", one.target),
        _ => "Predictions, and how far they are from the truth".to_owned(),
    };
    let mut notes: Vec<String> = targets.iter().map(|target| target.summary(several)).collect();
    let n = targets.first().map_or(0, |target| target.truth.len());
    if n > MOST_POINTS {
        let shown = n.div_ceil(n.div_ceil(MOST_POINTS));
        notes.push(format!("{shown} of {n} rows are drawn, evenly chosen; the sentence above is about all."));
    }
    Figure { columns: 2, notes, ..Figure::new(title, panels) }
}

impl Predicted {
    /// Every target of a regression over all rows of a table, and warnings about the rows.
    ///
    /// # Errors
    /// When the model predicts no numbers, or the table has not its columns.
    pub fn of(model: &Model, dataset: &Dataset, cpu: &Cpu) -> Result<(Vec<Self>, Vec<String>)> {
        let truth = model.preprocessing.target_values(dataset, None)?;
        let said = model.predict_with(cpu, dataset)?;
        let Answers::Numbers(numbers) = said.answers else {
            return Err(Error::configuration("residuals are of a model that predicts numbers"));
        };
        let column =
            |matrix: &Matrix<f64>, k: usize| (0..matrix.rows()).map(|row| matrix.row(row)[k]).collect();
        let of = |(k, name): (usize, &String)| Self {
            target: name.clone(),
            truth: column(&truth, k),
            predicted: column(&numbers, k),
        };
        Ok((model.preprocessing.targets.iter().enumerate().map(of).collect(), said.warnings))
    }

    /// True and predicted values of the rows that are drawn: all, or every n-th.
    fn drawn(&self) -> impl Iterator<Item = (f64, f64)> + Clone {
        assert_eq!(self.truth.len(), self.predicted.len(), "a prediction for every row");
        let every = self.truth.len().div_ceil(MOST_POINTS).max(1);
        self.truth.iter().copied().zip(self.predicted.iter().copied()).step_by(every)
    }

    fn panels(&self, named: bool) -> [Panel; 2] {
        let name = &self.target;
        let of = if named { format!("{name}: ") } else { String::new() };
        let title = |what: &str| {
            let mut title = format!("{of}{what}");
            if !named {
                title = what[..1].to_uppercase() + &what[1..];
            }
            title
        };
        let points = |point: fn((f64, f64)) -> [f64; 2]| {
            let line = Line::new("a row", self.drawn().map(point).collect());
            Layer::Line(Line { stroke: Stroke::None, marker: Marker::Dot, ..line })
        };
        let guide = |name: &str, ends: [[f64; 2]; 2]| {
            let line = Line::new(name, ends.to_vec());
            Layer::Line(Line { colour: Colour::Ink, stroke: Stroke::Dashed, ..line })
        };
        let finite = self.drawn().filter(|(y, p)| y.is_finite() && p.is_finite());
        let extent = |values: &mut dyn Iterator<Item = f64>| {
            values.fold(None, |ends: Option<[f64; 2]>, x| {
                Some(ends.map_or([x, x], |[low, high]| [low.min(x), high.max(x)]))
            })
        };
        let both = extent(&mut finite.clone().flat_map(|(y, p)| [y, p]));
        let across = extent(&mut finite.map(|(_, p)| p));
        let (x, y) = (format!("true {name}"), format!("predicted {name}"));
        let mut against = Panel::new(Axis::linear(x), Axis::linear(y.clone()));
        against.ratio = Some(0.8);
        against.title = title("predicted against true");
        against.layers = vec![points(|(y, p)| [y, p])];
        against.layers.extend(both.map(|[a, b]| guide("where predictions are right", [[a, a], [b, b]])));
        let mut left = Panel::new(Axis::linear(y), Axis::linear(format!("true − predicted {name}")));
        left.ratio = Some(0.8);
        left.title = title("what is left: residuals");
        left.layers = vec![points(|(y, p)| [p, y - p])];
        left.layers.extend(across.map(|[a, b]| guide("where predictions are right", [[a, 0.0], [b, 0.0]])));
        [against, left]
    }

    /// Sizes of the residuals of all rows.
    fn summary(&self, named: bool) -> String {
        let name = if named { format!("{}: ", self.target) } else { String::new() };
        let pairs = self.truth.iter().zip(&self.predicted);
        let finite: Vec<f64> = pairs.map(|(y, p)| y - p).filter(|left| left.is_finite()).collect();
        let without = self.truth.len() - finite.len();
        if finite.is_empty() {
            return format!("{name}none of the {} rows has a prediction that is a number.", self.truth.len());
        }
        let n = finite.len() as f64;
        let mean = finite.iter().sum::<f64>() / n;
        let rmse = (finite.iter().map(|left| left * left).sum::<f64>() / n).sqrt();
        let largest = finite.iter().map(|left| left.abs()).fold(0.0, f64::max);
        let mut text = format!(
            "{name}{} rows; the residuals have a root mean square of {}, a mean of {}, and the largest is {} in size.",
            finite.len(),
            number(rmse),
            number(mean),
            number(largest)
        );
        if without > 0 {
            let left_out =
                format!(" {without} more rows have a prediction that is no number and are left out.");
            text.push_str(&left_out);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(truth: &[f64], predicted: &[f64]) -> Predicted {
        let target = "price".to_owned();
        Predicted { target, truth: truth.to_vec(), predicted: predicted.to_vec() }
    }

    fn points(figure: &Figure, panel: usize, line: usize) -> Vec<[f64; 2]> {
        figure.panels[panel].lines().nth(line).expect("a line").points.clone()
    }

    #[test]
    fn points_are_rows_and_the_diagonal_reaches_over_all() {
        let figure = residuals(&[target(&[1.0, 2.0, 4.0], &[1.5, 2.0, 3.0])]);
        assert_eq!(points(&figure, 0, 0), [[1.0, 1.5], [2.0, 2.0], [4.0, 3.0]]);
        assert_eq!(points(&figure, 0, 1), [[1.0, 1.0], [4.0, 4.0]]);
        assert_eq!(points(&figure, 1, 0), [[1.5, -0.5], [2.0, 0.0], [3.0, 1.0]]);
        assert_eq!(points(&figure, 1, 1), [[1.5, 0.0], [3.0, 0.0]]);
        assert_eq!(
            figure.notes,
            [
                "3 rows; the residuals have a root mean square of 0.6455, a mean of 0.1667, and the largest is 1 in size."
            ]
        );
    }

    #[test]
    fn many_rows_are_thinned_evenly_and_that_is_said() {
        let truth: Vec<f64> = (0..4001).map(f64::from).collect();
        let figure = residuals(&[target(&truth, &truth)]);
        let drawn = points(&figure, 0, 0);
        assert_eq!((drawn.len(), drawn[1], drawn[1333]), (1334, [3.0, 3.0], [3999.0, 3999.0]));
        assert!(figure.notes[1].starts_with("1334 of 4001 rows are drawn"), "{:?}", figure.notes);
    }

    #[test]
    fn predictions_that_are_no_numbers_and_no_rows_are_said() {
        let figure = residuals(&[target(&[1.0, 2.0], &[f64::NAN, 2.0])]);
        assert!(
            figure.notes[0].contains("1 more rows have a prediction that is no number"),
            "{:?}",
            figure.notes
        );
        let none = residuals(&[target(&[1.0], &[f64::NAN]), target(&[], &[])]);
        assert_eq!(none.notes[0], "price: none of the 1 rows has a prediction that is a number.");
        assert!(
            crate::render::svg(&none, &crate::Style { width: 400, theme: crate::Theme::Light })
                .contains("price")
        );
    }
}
