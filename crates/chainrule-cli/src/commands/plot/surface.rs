//! `chainrule plot surface`: the loss over two weights, and what gradient descent does there.

use super::{Kind, check_output, write};
use crate::args::plot::SurfaceArguments;
use crate::errors::Failure;
use chainrule::analysis::{Descent, DescentConfig, Moving, PathPoint, Plane, Surface, parameter_place};
use chainrule::data::Samples;
use chainrule::model::Model;
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule_explain::trained::widened;
use chainrule_plot::pictures::SurfacePicture;

/// Computes the surface and the path in f64, and draws them.
pub(crate) fn run(arguments: &SurfaceArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Surface, "what is read", &subject.files())?;
    let (model, samples) = subject.open("plot surface")?;
    let picture = picture(&model, &samples, arguments)?;
    write(&picture.figure(), Kind::Surface, &arguments.picture)
}

/// The numbers of the picture.
fn picture(
    model: &Model,
    samples: &Samples<f64>,
    arguments: &SurfaceArguments,
) -> Result<SurfacePicture, Failure> {
    let (objective, cpu) = (&model.objective, arguments.subject.threads.cpu());
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
    let heights = Surface::new(&end, objective, samples, &plane, &cpu).heights(&grid[0], &grid[1]);
    Ok(SurfacePicture {
        axes: [0, 1].map(|axis| arguments.weights[axis].trim().to_owned()),
        grid,
        heights,
        path,
        rule: arguments.optimizer.as_str().to_owned(),
        learning_rate: arguments.learning_rate,
        steps: config.steps,
        is_frozen: arguments.freeze_others,
        n_rows: samples.n_samples(),
    })
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
