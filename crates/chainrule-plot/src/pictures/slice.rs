//! The loss along one weight, with a tangent at every step.

use super::rows;
use crate::{Axis, Colour, Figure, Layer, Line, Marker, Panel, Stroke, number};
use chainrule::analysis::Tangent;

/// A curve with the steps of gradient descent on it.
#[derive(Clone, Debug, PartialEq)]
pub struct SlicePicture {
    /// The parameter's name.
    pub weight: String,
    /// The parameter and the loss there, from left to right.
    pub curve: Vec<[f64; 2]>,
    /// The start and the point after each step, each with its slope; at least the start.
    pub steps: Vec<Tangent>,
    /// How many steps were asked for; a descent that diverges takes fewer.
    pub asked: usize,
    /// The factor of the slope in a step.
    pub learning_rate: f64,
    /// How many rows gave the loss.
    pub n_rows: usize,
}

impl SlicePicture {
    /// The curve, on it the points of the descent, and through each a piece of its tangent. Below, the slopes.
    pub fn figure(&self) -> Figure {
        let points: Vec<[f64; 2]> = self.steps.iter().map(|step| [step.at, step.loss]).collect();
        let ends = [points.first().copied(), points.last().copied()];
        let mut curve = Panel::new(Axis::linear(self.weight.clone()), Axis::linear("loss"));
        curve.title = "The curve, and the tangent at each step".into();
        let finite = self.curve.iter().map(|point| point[1]).filter(|loss| loss.is_finite());
        let extent = finite
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], loss| [low.min(loss), high.max(loss)]);
        let mut lines = vec![Line::new("loss", self.curve.clone())];
        lines.extend(self.tangents(extent));
        let path = Line::new("steps", points);
        lines.push(Line { colour: Colour::Ink, stroke: Stroke::None, marker: Marker::Dot, ..path });
        let [start, end] = ends;
        lines.extend(start.map(|at| Line::mark("start", at, Marker::Ring, Colour::Ink)));
        lines.extend(
            end.filter(|_| self.steps.len() > 1).map(|at| Line::mark("end", at, Marker::Square, Colour::Ink)),
        );
        curve.layers = lines.into_iter().map(Layer::Line).collect();
        // A tangent may reach far below the curve, which is what is looked at.
        let room = (extent[1] - extent[0]) * 0.06;
        curve.y.range = (room > 0.0).then(|| [extent[0] - room, extent[1] + room]);
        let mut panels = vec![curve];
        if self.steps.len() > 1 {
            panels.push(self.slopes());
        }
        let title = format!("Loss along {}", self.weight);
        Figure { columns: 2, notes: self.notes(), ..Figure::new(title, panels) }
    }

    /// A piece of each tangent, about a third of the picture long, whatever its slope.
    fn tangents(&self, [low, high]: [f64; 2]) -> Vec<Line> {
        let places = self.curve.first().zip(self.curve.last());
        let width = places.map_or(0.0, |(first, last)| last[0] - first[0]);
        let height = high - low;
        let piece = |step: &Tangent| {
            let rise = if height > 0.0 { step.slope * width / height } else { 0.0 };
            let half = width / 6.0 / rise.hypot(1.0);
            let at = |x: f64| [x, step.loss + step.slope * (x - step.at)];
            [at(step.at - half), at(step.at + half)].to_vec()
        };
        let line =
            |step| Line { colour: Colour::Nth(1), stroke: Stroke::Thin, ..Line::new("tangent", piece(step)) };
        self.steps.iter().map(line).collect()
    }

    fn slopes(&self) -> Panel {
        let slopes = (0_u32..).zip(&self.steps).map(|(n, step)| [f64::from(n), step.slope]).collect();
        let mut panel = Panel::new(Axis::whole("step"), Axis::linear("slope ∂L/∂w"));
        panel.title = "The slope of each tangent".into();
        let line = Line { colour: Colour::Nth(1), marker: Marker::Dot, ..Line::new("", slopes) };
        panel.layers = vec![Layer::Line(line)];
        panel
    }

    fn notes(&self) -> Vec<String> {
        let taken = self.steps.len().saturating_sub(1);
        let Some((first, last)) = self.steps.first().zip(self.steps.last()) else {
            return vec![format!("The loss over {} is no number at the start.", rows(self.n_rows))];
        };
        let at = |step: &Tangent| format!("{} at {}", number(step.loss), number(step.at));
        if self.asked == 0 {
            let slope = number(first.slope);
            return vec![format!(
                "The loss over {} is {}, with the slope {slope}. All else stays as it is.",
                rows(self.n_rows),
                at(first)
            )];
        }
        let mut notes = vec![format!(
            "{taken} steps of gradient descent along this weight alone, learning rate {}, over {}: the loss goes from {} to {}, \
             the slope from {} to {}.",
            self.learning_rate,
            rows(self.n_rows),
            at(first),
            at(last),
            number(first.slope),
            number(last.slope)
        )];
        if taken < self.asked {
            notes.push(format!(
                "There the descent ends: what step {} leads to has no finite loss.",
                taken + 1
            ));
        }
        if self.steps.windows(2).any(|pair| pair[1].loss > pair[0].loss) {
            notes.push("A step that leads to a larger loss was too long: it went over the bottom and up the other side.".to_owned());
        }
        notes.push("Each step is the slope times the learning rate, against the slope.".to_owned());
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L = w², from 2 with a rate of ¼: each step halves w.
    fn picture(learning_rate: f64, n: usize) -> SlicePicture {
        let mut at = 2.0;
        let steps = (0..=n).map(|_| {
            let here = Tangent { at, loss: at * at, slope: 2.0 * at };
            at -= learning_rate * here.slope;
            here
        });
        let curve = (-30..=30).map(|i| [f64::from(i) / 10.0, f64::from(i * i) / 100.0]).collect();
        SlicePicture {
            weight: "layers.0.weight[0,1]".into(),
            curve,
            steps: steps.collect(),
            asked: n,
            learning_rate,
            n_rows: 5,
        }
    }

    #[test]
    fn every_step_has_a_point_a_tangent_through_it_and_its_slope() {
        let figure = picture(0.25, 3).figure();
        let [curve, slopes] = &figure.panels[..] else { panic!("two panels") };
        let tangents: Vec<&Line> = curve.lines().filter(|line| line.name == "tangent").collect();
        assert_eq!(tangents.len(), 4);
        for (tangent, at) in tangents.iter().zip([2.0, 1.0, 0.5, 0.25]) {
            let [a, b] = tangent.points[..] else { panic!("two ends") };
            assert!(((b[1] - a[1]) / (b[0] - a[0]) - 2.0 * at).abs() < 1e-9);
            assert!(
                (f64::midpoint(a[0], b[0]) - at).abs() < 1e-12
                    && (f64::midpoint(a[1], b[1]) - at * at).abs() < 1e-12
            );
        }
        let steps = curve.lines().find(|line| line.name == "steps").expect("steps");
        assert_eq!(steps.points, [[2.0, 4.0], [1.0, 1.0], [0.5, 0.25], [0.25, 0.0625]]);
        let slopes = slopes.lines().next().expect("slopes");
        assert_eq!(slopes.points, [[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.5]]);
        assert!(
            figure.notes[0].contains("from 4 at 2 to 0.0625 at 0.25, the slope from 4 to 0.5"),
            "{:?}",
            figure.notes
        );
        assert_eq!(figure.notes.len(), 2);
    }

    #[test]
    fn steps_that_are_too_long_and_descents_that_end_are_told() {
        let notes = picture(1.1, 3).figure().notes;
        assert!(notes.iter().any(|note| note.contains("too long")), "{notes:?}");
        let short = SlicePicture { asked: 9, ..picture(0.25, 3) };
        assert!(short.figure().notes[1].contains("step 4"), "{:?}", short.figure().notes);
        assert_eq!(picture(0.25, 0).figure().panels.len(), 1);
        let none = SlicePicture { steps: Vec::new(), ..picture(0.25, 3) };
        assert!(none.figure().notes[0].contains("no number"));
    }
}
