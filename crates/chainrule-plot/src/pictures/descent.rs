//! Descents from one start over one surface, compared.

use super::{dots, rows};
use crate::{Axis, Colour, Field, Figure, Layer, Line, Marker, Panel, Stroke, number};
use chainrule::analysis::PathPoint;

/// Descents that differ in one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct DescentPicture {
    /// In what they differ: `optimizers`, `learning rates`, `batch sizes`.
    pub varied: String,
    /// What they run over, in a few words.
    pub over: String,
    /// What they have in common, in a few words.
    pub common: String,
    /// What the plane's coordinates are.
    pub axes: [String; 2],
    /// The places along each axis, ascending.
    pub grid: [Vec<f64>; 2],
    /// The heights as [`Surface::heights`](chainrule::analysis::Surface::heights) gives them.
    pub heights: Vec<f64>,
    /// At least one.
    pub runs: Vec<DescentRun>,
    /// How many steps were asked for.
    pub steps: usize,
    /// Points that are known, by what they are.
    pub known: Vec<(String, [f64; 2])>,
    /// What moves.
    pub moving: SurfaceMoving,
    /// How many rows gave the loss.
    pub n_rows: usize,
}

/// Whether the paths lie on the surface that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceMoving {
    /// The network has no other parameters than the two of the plane.
    Whole,
    /// All others are held fast.
    Frozen,
    /// All others move too.
    All,
}

/// One descent.
#[derive(Clone, Debug, PartialEq)]
pub struct DescentRun {
    /// What tells it from the others.
    pub name: String,
    /// From the start on; at least that.
    pub path: Vec<PathPoint>,
}

impl DescentPicture {
    /// The surface once for each descent, with its path on it, and the losses of all of them step by step.
    pub fn figure(&self) -> Figure {
        let mut panels: Vec<Panel> = (0..self.runs.len()).map(|n| self.surface(n)).collect();
        panels.push(self.losses());
        let title = match &self.runs[..] {
            [run] => format!("Descent over {}: {}", self.over, run.name),
            runs => format!("{} {} compared over {}", runs.len(), self.varied, self.over),
        };
        Figure { columns: 2, notes: self.notes(), ..Figure::new(title, panels) }
    }

    fn surface(&self, n: usize) -> Panel {
        let run = &self.runs[n];
        let field = Field {
            name: "loss".to_owned(),
            x: self.grid[0].clone(),
            y: self.grid[1].clone(),
            heights: self.heights.clone(),
        };
        let mut panel = Panel::new(Axis::linear(self.axes[0].clone()), Axis::linear(self.axes[1].clone()));
        panel.title.clone_from(&run.name);
        let mut lines = Vec::new();
        for ((name, at), marker) in
            self.known.iter().zip([Marker::Diamond, Marker::Cross].into_iter().cycle())
        {
            lines.push(Line::mark(name.clone(), *at, marker, Colour::Ink));
        }
        let points: Vec<[f64; 2]> = run.path.iter().map(|point| point.at).collect();
        let ends = [points.first().copied(), points.last().copied()];
        let dots = dots::line(&points, self.every());
        lines.push(Line { colour: Colour::Ink, ..Line::new("path", points) });
        lines.push(dots);
        for (name, marker, at) in [("start", Marker::Ring, ends[0]), ("end", Marker::Square, ends[1])] {
            lines.extend(at.map(|at| Line::mark(name, at, marker, Colour::Ink)));
        }
        panel.layers =
            std::iter::once(Layer::Field(field)).chain(lines.into_iter().map(Layer::Line)).collect();
        panel
    }

    /// At every how many steps a dot stands: the same on all paths.
    fn every(&self) -> usize {
        let paths = self.runs.iter().map(|run| run.path.iter().map(|point| point.at).collect());
        dots::every(&paths.collect::<Vec<_>>(), &self.grid)
    }

    fn losses(&self) -> Panel {
        let all = self.runs.iter().flat_map(|run| run.path.iter().map(|point| point.loss));
        let mut panel = Panel::new(Axis::whole("step"), Axis::fitting("loss", all));
        panel.title = "The loss of every step".into();
        let line = |(n, run): (usize, &DescentRun)| {
            let points =
                (0_u32..).zip(&run.path).map(|(step, point)| [f64::from(step), point.loss]).collect();
            let stroke = if n % 2 == 0 { Stroke::Solid } else { Stroke::Dashed };
            Layer::Line(Line { colour: Colour::Nth(n), stroke, ..Line::new(run.name.clone(), points) })
        };
        panel.layers = self.runs.iter().enumerate().map(line).collect();
        panel
    }

    fn notes(&self) -> Vec<String> {
        let start = self.runs[0].path.first().map_or(f64::NAN, |point| point.loss);
        let ends = self.runs.iter().map(|run| {
            let steps = run.path.len().saturating_sub(1);
            let loss = run.path.last().map_or(f64::NAN, |point| point.loss);
            let end = format!("{} {}", run.name, number(loss));
            if steps < self.steps { format!("{end} (ended after step {steps})") } else { end }
        });
        let mut notes = vec![format!(
            "{} steps, {}, over {}. The loss goes from {} to: {}.",
            self.steps,
            self.common,
            rows(self.n_rows),
            number(start),
            ends.collect::<Vec<_>>().join(", ")
        )];
        let outside: Vec<&str> =
            self.runs.iter().filter(|run| self.leaves(run)).map(|run| run.name.as_str()).collect();
        if !outside.is_empty() {
            notes.push(format!("Beyond what is shown go the paths of: {}.", outside.join(", ")));
        }
        notes.push(dots::note(self.every()));
        notes.push(match self.moving {
            SurfaceMoving::Whole => {
                "These two are all parameters of the network, so the surface leaves nothing out.".to_owned()
            }
            SurfaceMoving::Frozen => {
                "Only these two parameters move, so the paths lie on the surface.".to_owned()
            }
            SurfaceMoving::All => self.gap(),
        });
        notes
    }

    fn leaves(&self, run: &DescentRun) -> bool {
        run.path.iter().any(|point| {
            (0..2).any(|axis| {
                let (low, high) = (self.grid[axis].first(), self.grid[axis].last());
                low.zip(high).is_some_and(|(low, high)| !(*low..=*high).contains(&point.at[axis]))
            })
        })
    }

    fn gap(&self) -> String {
        let gap = |point: &&PathPoint| (point.loss - point.height).abs();
        let points = self.runs.iter().flat_map(|run| &run.path).filter(|point| gap(point).is_finite());
        let widest = points.max_by(|a, b| gap(a).total_cmp(&gap(b)));
        let (gap, loss, height) =
            widest.map_or((f64::NAN, f64::NAN, f64::NAN), |point| (gap(&point), point.loss, point.height));
        format!(
            "All weights move, so the paths leave this plane, which goes through their start: the loss at the true point and that of the \
             surface below differ by up to {} ({} and {}).",
            number(gap),
            number(loss),
            number(height)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> DescentPicture {
        let run = |name: &str, factor: f64, steps: i32| {
            let path = (0..=steps).map(|n| {
                let at = factor.powi(n);
                PathPoint { at: [at, -at], loss: 2.0 * at * at, height: 2.0 * at * at }
            });
            DescentRun { name: name.into(), path: path.collect() }
        };
        let axis: Vec<f64> = (-2..=2).map(f64::from).collect();
        let heights = axis.iter().flat_map(|y| axis.iter().map(move |x| x * x + y * y)).collect();
        DescentPicture {
            varied: "learning rates".into(),
            over: "w and v".into(),
            common: "sgd".into(),
            axes: ["w".into(), "v".into()],
            grid: [axis.clone(), axis],
            heights,
            runs: vec![run("0.1", 0.8, 4), run("1.5", -2.0, 3)],
            steps: 4,
            known: vec![("the bottom".into(), [0.0; 2])],
            moving: SurfaceMoving::All,
            n_rows: 7,
        }
    }

    #[test]
    fn every_descent_has_its_surface_and_all_share_the_losses() {
        let picture = picture();
        let figure = picture.figure();
        assert_eq!(figure.title, "2 learning rates compared over w and v");
        let [slow, fast, losses] = &figure.panels[..] else { panic!("three panels") };
        assert_eq!((slow.field(), slow.title.as_str()), (fast.field(), "0.1"));
        for (panel, run) in [slow, fast].into_iter().zip(&picture.runs) {
            let path = panel.lines().find(|line| line.name == "path").expect("a path");
            assert_eq!(path.points, run.path.iter().map(|point| point.at).collect::<Vec<_>>());
            assert!(panel.lines().any(|line| line.name == "the bottom" && line.points == [[0.0, 0.0]]));
        }
        let lines: Vec<&Line> = losses.lines().collect();
        assert_eq!(lines[1].points, [[0.0, 2.0], [1.0, 8.0], [2.0, 32.0], [3.0, 128.0]]);
        assert!(lines[0].colour != lines[1].colour);
    }

    #[test]
    fn ends_paths_that_leave_and_the_gap_are_told() {
        let mut picture = picture();
        picture.runs[0].path[2].height = 5.0;
        let notes = picture.figure().notes;
        assert!(notes[0].contains("from 2 to: 0.1 0.3355, 1.5 128 (ended after step 3)"), "{notes:?}");
        assert!(notes[1].ends_with("the paths of: 1.5."), "{notes:?}");
        assert!(notes[3].contains("by up to 4.18"), "{notes:?}");
        picture.moving = SurfaceMoving::Whole;
        assert!(picture.figure().notes[3].contains("leaves nothing out"));
    }
}
