//! `chainrule plot surface`: the loss over two weights, and what gradient descent does there.

use super::{Kind, check_output, write};
use crate::args::plot::SurfaceArguments;
use crate::commands::{data, load_model};
use crate::errors::Failure;
use crate::output;
use chainrule::analysis::{Descent, DescentConfig, Moving, PathPoint, Plane, Surface, parameter_place};
use chainrule::data::{Samples, Weighting};
use chainrule::loss::Objective;
use chainrule::model::Model;
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule_explain::trained::widened;
use chainrule_plot::{Axis, Colour, Field, Figure, Layer, Line, Marker, Panel, Stroke, number};

/// Computes the surface and the path in f64, and draws them.
pub(crate) fn run(arguments: &SurfaceArguments) -> Result<(), Failure> {
    let inputs = [Some(arguments.model.as_path()), arguments.data.given()];
    check_output(
        &arguments.picture,
        Kind::Surface,
        "what is read",
        &inputs.into_iter().flatten().collect::<Vec<_>>(),
    )?;
    let mut model = load_model("plot surface", &arguments.model, arguments.data.as_path())?;
    let dataset = data::read_answers(&arguments.data, &arguments.answers, &mut model)?;
    let rows: Vec<u32> = (0..arguments.rows.min(dataset.n_rows as u32)).collect();
    let (samples, warnings) = model.preprocessing.samples(&dataset, Some(&rows), Weighting::Evaluation)?;
    output::warn(&warnings);
    let found = Found::new(&model, &samples, arguments)?;
    write(&found.figure(arguments), Kind::Surface, &arguments.picture)
}

/// The numbers of the picture.
struct Found {
    /// The places along each axis.
    grid: [Vec<f64>; 2],
    heights: Vec<f64>,
    path: Vec<PathPoint>,
    n_rows: usize,
}

impl Found {
    fn new(model: &Model, samples: &Samples<f64>, arguments: &SurfaceArguments) -> Result<Self, Failure> {
        let (objective, cpu) = (&model.objective, arguments.threads.cpu());
        let start = start(model, arguments)?;
        let place = |name: &String| parameter_place(&start.parameters, name);
        let places = [place(&arguments.weights[0])?, place(&arguments.weights[1])?];
        let config = descent(arguments, places)?;
        let descent = || Descent::new(start.clone(), objective, samples, &config, &cpu);
        // The plane goes through the end: there, at least, the surface is the path's.
        let end = descent()?.run();
        let plane = Plane::of_parameters(&end, places)?;
        let path = descent()?.path(&plane);
        let grid = grid(&path, usize::from(arguments.points));
        let heights = heights(&end, objective, samples, &plane, &cpu, &grid);
        Ok(Self { grid, heights, path, n_rows: samples.n_samples() })
    }

    /// The surface with the path on it; beside it the loss at each step, and that of the surface below.
    fn figure(&self, arguments: &SurfaceArguments) -> Figure {
        let [across, up] = [0, 1].map(|axis| arguments.weights[axis].trim().to_owned());
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
            surface.title = "The surface, and the path over it".to_owned();
            panels.push(surface);
            panels.push(self.losses());
        } else {
            panels.push(surface);
        }
        let title = format!("Loss over {across} and {up}");
        Figure { columns: 2, notes: self.notes(arguments), ..Figure::new(title, panels) }
    }

    fn marks(&self) -> Vec<Line> {
        let mut marks = Vec::new();
        if let Some((at, _)) = self.lowest() {
            marks.push(Line::mark("lowest point shown", at, Marker::Cross, Colour::Ink));
        }
        let points: Vec<[f64; 2]> = self.path.iter().map(|point| point.at).collect();
        let (first, last) = (points.first().copied(), points.last().copied());
        if points.len() > 1 {
            let path = Line::new("path", points);
            marks.push(Line { colour: Colour::Ink, marker: Marker::Dot, ..path });
            marks.extend(first.map(|at| Line::mark("start", at, Marker::Ring, Colour::Ink)));
            marks.extend(last.map(|at| Line::mark("end", at, Marker::Square, Colour::Ink)));
        } else {
            marks.extend(first.map(|at| Line::mark("the network", at, Marker::Square, Colour::Ink)));
        }
        marks
    }

    fn losses(&self) -> Panel {
        let curve = |of: fn(&PathPoint) -> f64| -> Vec<[f64; 2]> {
            (0_u32..).zip(&self.path).map(|(step, point)| [f64::from(step), of(point)]).collect()
        };
        let truth = curve(|point| point.loss);
        let plane = curve(|point| point.height);
        let all = self.path.iter().flat_map(|point| [point.loss, point.height]);
        let mut panel = Panel::new(Axis::whole("step"), Axis::fitting("loss", all));
        panel.title = "The loss of every step".to_owned();
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
    fn notes(&self, arguments: &SurfaceArguments) -> Vec<String> {
        let mut notes = Vec::new();
        let steps = self.path.len().saturating_sub(1);
        let (first, last) = (&self.path[0], &self.path[steps]);
        if steps > 0 {
            notes.push(format!(
                "{steps} steps of {}, learning rate {}, over {} rows: the loss goes from {} to {}.",
                arguments.optimizer.as_str(),
                arguments.learning_rate,
                self.n_rows,
                number(first.loss),
                number(last.loss)
            ));
        } else {
            notes.push(format!(
                "The loss over {} rows; at the network's own weights it is {}.",
                self.n_rows,
                number(first.loss)
            ));
        }
        if steps < arguments.steps as usize {
            notes.push(format!(
                "There the descent ends: the loss after step {steps} is {}.",
                number(last.loss)
            ));
        }
        let gap = |point: &&PathPoint| (point.loss - point.height).abs();
        let finite = self.path.iter().filter(|point| gap(point).is_finite());
        if let Some(widest) = finite.max_by(|a, b| gap(a).total_cmp(&gap(b))).filter(|_| steps > 0) {
            let (gap, loss, height) = (number(gap(&widest)), number(widest.loss), number(widest.height));
            notes.push(if arguments.freeze_others {
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

/// The network that the path begins with.
fn start(model: &Model, arguments: &SurfaceArguments) -> Result<Network<f64>, Failure> {
    if arguments.start.as_str() == "model" {
        return Ok(widened(&model.network)?);
    }
    let recorded = || model.training.get("seed").and_then(|seed| seed.parse().ok());
    Ok(Network::new(&model.network.config(), arguments.seed.or_else(recorded).unwrap_or(0))?)
}

fn descent(arguments: &SurfaceArguments, places: [usize; 2]) -> Result<DescentConfig, Failure> {
    let rule: Rule = arguments.optimizer.as_str().parse()?;
    let optimizer =
        OptimizerConfig { rule, learning_rate: arguments.learning_rate, ..OptimizerConfig::default() };
    let moving = if arguments.freeze_others { Moving::Only(places) } else { Moving::All };
    Ok(DescentConfig { optimizer, steps: arguments.steps as usize, moving })
}

/// The places of the surface: those of the path and as much again around them, and neither side much shorter than the other.
fn grid(path: &[PathPoint], n: usize) -> [Vec<f64>; 2] {
    let ends = [0, 1].map(|axis| {
        let finite = path.iter().map(|point| point.at[axis]).filter(|x| x.is_finite());
        finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
    });
    let spans = ends.map(|[low, high]| high - low);
    let largest = spans[0].max(spans[1]);
    let largest = if largest > 0.0 { largest } else { 1.0 };
    ends.map(|[low, high]| {
        let (middle, half) = (low / 2.0 + high / 2.0, (high - low).max(largest / 3.0));
        (0..n).map(|i| middle + half * (2.0 * i as f64 / (n - 1) as f64 - 1.0)).collect()
    })
}

fn heights(
    network: &Network<f64>,
    objective: &Objective,
    samples: &Samples<f64>,
    plane: &Plane<f64>,
    cpu: &chainrule::Cpu,
    grid: &[Vec<f64>; 2],
) -> Vec<f64> {
    Surface::new(network, objective, samples, plane, cpu).heights(&grid[0], &grid[1])
}
