//! The loss over a plane, and what gradient descent does there.

use super::{dots, rows};
use crate::{Axis, Colour, Field, Figure, Layer, Line, Marker, Panel, Stroke, number};
use chainrule::analysis::PathPoint;

/// What a plane's coordinates are.
#[derive(Clone, Debug, PartialEq)]
pub enum PlaneAxes {
    /// The values of two parameters, by their names.
    Weights([String; 2]),
    /// Shares of [two random directions](chainrule::analysis::random_directions).
    Random {
        /// What they are drawn from.
        seed: u64,
    },
    /// Distances along the [principal directions](chainrule::analysis::principal_plane) of the path.
    Path {
        /// The share of the path's variance along each.
        shares: [f64; 2],
        /// From how many points of the path they are found,
        points: usize,
        /// and how many it has.
        of: usize,
    },
}

/// A surface with a path over it.
#[derive(Clone, Debug, PartialEq)]
pub struct SurfacePicture {
    /// What the plane's coordinates are.
    pub axes: PlaneAxes,
    /// The places along each axis, ascending.
    pub grid: [Vec<f64>; 2],
    /// The heights as [`Surface::heights`](chainrule::analysis::Surface::heights) gives them.
    pub heights: Vec<f64>,
    /// At least the point where it begins.
    pub path: Vec<PathPoint>,
    /// The rule that moved the weights.
    pub rule: String,
    /// Its learning rate.
    pub learning_rate: f64,
    /// How many steps were asked for; a descent that diverges takes fewer.
    pub steps: usize,
    /// Whether only the plane's own coordinates could move.
    pub is_frozen: bool,
    /// How many rows gave the loss.
    pub n_rows: usize,
}

impl PlaneAxes {
    /// The names of both axes.
    pub fn names(&self) -> [String; 2] {
        match self {
            Self::Weights(names) => names.clone(),
            Self::Random { .. } => ["random direction 1", "random direction 2"].map(str::to_owned),
            Self::Path { shares, .. } => {
                [0, 1].map(|axis| format!("direction {}: {} of variance", axis + 1, percent(shares[axis])))
            }
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Weights([across, up]) => format!("Loss over {across} and {up}"),
            Self::Random { .. } => "Loss over two random directions".to_owned(),
            Self::Path { .. } => "Loss over the plane in which the path varies most".to_owned(),
        }
    }

    /// What has to be known of directions.
    fn note(&self) -> Option<String> {
        match self {
            Self::Weights(_) => None,
            Self::Random { seed } => Some(format!(
                "The directions are drawn from seed {seed}; 1 on an axis is a change as large as the weights of every neuron, \
                 and biases do not move. The network is at 0, 0."
            )),
            Self::Path { shares, points, of } => {
                let from = if points == of { format!("all {of}") } else { format!("{points} of the {of}") };
                Some(format!(
                    "Both axes together have {} of the variance of the path, found from {from} points; the plane goes through its end, at 0, 0.",
                    percent(shares[0] + shares[1])
                ))
            }
        }
    }
}

/// A share as people say it.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

impl SurfacePicture {
    /// The surface with the path on it; beside it the loss at each step, and that of the surface below.
    pub fn figure(&self) -> Figure {
        let [across, up] = self.axes.names();
        let field = Field {
            name: "loss".to_owned(),
            x: self.grid[0].clone(),
            y: self.grid[1].clone(),
            heights: self.heights.clone(),
        };
        let mut layers = vec![Layer::Field(field)];
        layers.extend(self.marks().into_iter().map(Layer::Line));
        let mut surface =
            Panel { layers, ..Panel::new(Axis::linear(across.clone()), Axis::linear(up.clone())) };
        let mut panels = Vec::new();
        if self.path.len() > 1 {
            surface.title = "The surface, and the path over it".into();
            panels.push(surface);
            panels.push(self.losses());
        } else {
            panels.push(surface);
        }
        let title = self.axes.title();
        Figure { columns: 2, notes: self.notes(), ..Figure::new(title, panels) }
    }

    fn marks(&self) -> Vec<Line> {
        let mut marks = Vec::new();
        if let Some((at, _)) = self.lowest() {
            marks.push(Line::mark("lowest point shown", at, Marker::Cross, Colour::Ink));
        }
        let points: Vec<[f64; 2]> = self.path.iter().map(|point| point.at).collect();
        let (first, last) = (points.first().copied(), points.last().copied());
        if points.len() > 1 {
            let dots = dots::line(&points, self.every());
            marks.push(Line { colour: Colour::Ink, ..Line::new("path", points) });
            marks.push(dots);
            marks.extend(first.map(|at| Line::mark("start", at, Marker::Ring, Colour::Ink)));
            marks.extend(last.map(|at| Line::mark("end", at, Marker::Square, Colour::Ink)));
        } else {
            marks.extend(first.map(|at| Line::mark("the network", at, Marker::Square, Colour::Ink)));
        }
        marks
    }

    /// At every how many steps a dot stands.
    fn every(&self) -> usize {
        dots::every(&[self.path.iter().map(|point| point.at).collect()], &self.grid)
    }

    fn losses(&self) -> Panel {
        let curve = |of: fn(&PathPoint) -> f64| -> Vec<[f64; 2]> {
            (0_u32..).zip(&self.path).map(|(step, point)| [f64::from(step), of(point)]).collect()
        };
        let truth = curve(|point| point.loss);
        let plane = curve(|point| point.height);
        let all = self.path.iter().flat_map(|point| [point.loss, point.height]);
        let mut panel = Panel::new(Axis::whole("step"), Axis::fitting("loss", all));
        panel.title = "The loss of every step".into();
        let dashed = Line {
            colour: Colour::Nth(1),
            stroke: Stroke::Dashed,
            ..Line::new("loss of the surface below", plane)
        };
        panel.layers = vec![Layer::Line(Line::new("loss at the true point", truth)), Layer::Line(dashed)];
        panel
    }

    /// The lowest point of the grid.
    fn lowest(&self) -> Option<([f64; 2], f64)> {
        let finite = self.heights.iter().enumerate().filter(|(_, height)| height.is_finite());
        let (place, height) = finite.min_by(|a, b| a.1.total_cmp(b.1))?;
        let n = self.grid[0].len();
        Some(([self.grid[0][place % n], self.grid[1][place / n]], *height))
    }

    /// What the picture cannot show: that there are other weights, and how far the path is from the surface.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let steps = self.path.len().saturating_sub(1);
        let (first, last) = (&self.path[0], &self.path[steps]);
        if steps > 0 {
            notes.push(format!(
                "{steps} steps of {}, learning rate {}, over {}: the loss goes from {} to {}.",
                self.rule,
                self.learning_rate,
                rows(self.n_rows),
                number(first.loss),
                number(last.loss)
            ));
        } else {
            notes.push(format!(
                "The loss over {}; at the network's own weights it is {}.",
                rows(self.n_rows),
                number(first.loss)
            ));
        }
        if steps < self.steps {
            notes.push(format!(
                "There the descent ends: the loss after step {steps} is {}.",
                number(last.loss)
            ));
        }
        if steps > 0 {
            notes.push(dots::note(self.every()));
        }
        notes.extend(self.axes.note());
        let gap = |point: &&PathPoint| (point.loss - point.height).abs();
        let finite = self.path.iter().filter(|point| gap(point).is_finite());
        if let Some(widest) = finite.max_by(|a, b| gap(a).total_cmp(&gap(b))).filter(|_| steps > 0) {
            let (gap, loss, height) = (number(gap(&widest)), number(widest.loss), number(widest.height));
            notes.push(if self.is_frozen {
                format!("Only these two weights move, so the path lies on the surface: the two losses differ by {gap} at most.")
            } else {
                format!(
                    "All weights move, so the path leaves this plane, which goes through its end: the loss at the true point and \
                     that of the surface below differ by up to {gap} ({loss} and {height})."
                )
            });
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(axes: PlaneAxes) -> SurfacePicture {
        let at = |x: f64| PathPoint { at: [x, 0.0], loss: 2.0 + x, height: 2.5 + x };
        SurfacePicture {
            axes,
            grid: [vec![-1.0, 0.0, 1.0], vec![-1.0, 1.0]],
            heights: vec![3.0, 2.0, 1.0, f64::NAN, 5.0, 0.5],
            path: vec![at(-0.5), at(-0.25), at(0.0)],
            rule: "sgd".into(),
            learning_rate: 0.1,
            steps: 2,
            is_frozen: false,
            n_rows: 9,
        }
    }

    #[test]
    fn the_axes_say_what_they_are_and_how_much_of_the_path_they_show() {
        let figure = picture(PlaneAxes::Path { shares: [0.75, 0.125], points: 3, of: 3 }).figure();
        let surface = &figure.panels[0];
        assert_eq!(surface.x.name, "direction 1: 75.0 % of variance");
        assert_eq!(surface.y.name, "direction 2: 12.5 % of variance");
        assert!(figure.notes.iter().any(|note| note.contains("87.5 %") && note.contains("all 3 points")));
        let some = PlaneAxes::Path { shares: [0.75, 0.125], points: 3, of: 40 };
        assert!(picture(some).figure().notes.iter().any(|note| note.contains("from 3 of the 40 points")));
        let random = picture(PlaneAxes::Random { seed: 6 }).figure();
        assert!(random.notes.iter().any(|note| note.contains("seed 6")), "{:?}", random.notes);
        let weights = picture(PlaneAxes::Weights(["a".into(), "b".into()])).figure();
        assert_eq!(weights.title, "Loss over a and b");
    }

    #[test]
    fn the_lowest_point_the_path_and_the_gap_are_those_of_the_numbers() {
        let figure = picture(PlaneAxes::Weights(["a".into(), "b".into()])).figure();
        let line = |name: &str| {
            figure.panels[0].lines().find(|line| line.name == name).expect("a line").points.clone()
        };
        assert_eq!(line("lowest point shown"), [[1.0, 1.0]]);
        assert_eq!(line("path"), [[-0.5, 0.0], [-0.25, 0.0], [0.0, 0.0]]);
        assert_eq!((line("start"), line("end")), (vec![[-0.5, 0.0]], vec![[0.0, 0.0]]));
        assert!(figure.notes.iter().any(|note| note.contains("differ by up to 0.5")), "{:?}", figure.notes);
        assert!(figure.notes.contains(&"Each dot is a step.".to_owned()));
    }
}
