//! `chainrule plot surface`: the loss over two weights or directions, and what gradient descent does there.

use super::subject::{seed_of, start};
use super::{Kind, check_output, write};
use crate::args::plot::SurfaceArguments;
use crate::errors::Failure;
use crate::settings::names::DirectionsName;
use chainrule::analysis::{
    Descent, DescentConfig, Landscape, Moving, Plane, parameter_place, principal_plane, random_directions,
};
use chainrule::data::Samples;
use chainrule::model::Model;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule_plot::pictures::{PlaneAxes, SurfacePicture};

/// Computes the surface and the path in f64, and draws them.
pub(crate) fn run(arguments: &SurfaceArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Surface, "what is read", &subject.files())?;
    let (model, samples) = subject.open("plot surface", &arguments.rows)?;
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
    let start = start(model, &arguments.start, arguments.seed)?;
    let places = arguments.weights.iter().map(|name| parameter_place(&start.parameters, name));
    let places: Vec<usize> = places.collect::<Result<_, _>>()?;
    let config = descent(arguments, &places)?;
    let descent = || Descent::new(start.clone(), objective, samples, &config, &cpu);
    // The plane goes through the end: there, at least, the surface is the path's.
    let directions = arguments.directions.as_ref().map(DirectionsName::as_str);
    let points = if directions == Some("path") { points_of(start.parameters.len()) } else { 2 };
    let trail = descent()?.trail(points);
    let mut end = start.clone();
    end.parameters.values.clone_from(trail.last().unwrap_or(&start.parameters.values));
    let (plane, mut axes) = match (&places[..], directions) {
        (_, Some("path")) => of_path(&trail)?,
        (&[across, up], None) => {
            let names = [0, 1].map(|axis| arguments.weights[axis].trim().to_owned());
            (Plane::of_parameters(&end, [across, up])?, PlaneAxes::Weights(names))
        }
        _ => {
            let seed = seed_of(model, arguments.seed);
            let directions = random_directions(&end, seed);
            (Plane::new(end.parameters.values.clone(), directions)?, PlaneAxes::Random { seed })
        }
    };
    // Random directions are as long as the weights, and shown from −1 to 1 at least.
    let also: &[f64] = if matches!(axes, PlaneAxes::Random { .. }) { &[-0.5, 0.5] } else { &[] };
    let landscape = Landscape::around(descent()?, &plane, also, usize::from(arguments.points));
    let Landscape { grid, heights, path } = landscape;
    if let PlaneAxes::Path { of, .. } = &mut axes {
        *of = path.iter().filter(|point| point.loss.is_finite()).count();
    }
    Ok(SurfacePicture {
        axes,
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

/// How many points of the path its principal plane is found from: they are held in memory together.
fn points_of(n_parameters: usize) -> usize {
    const MOST: usize = 200;
    const NUMBERS: usize = 1 << 25;
    (NUMBERS / n_parameters.max(1)).clamp(20, MOST)
}

fn of_path(trail: &[Vec<f64>]) -> Result<(Plane<f64>, PlaneAxes), Failure> {
    let found = principal_plane(trail)?;
    let points = trail.len();
    Ok((found.plane, PlaneAxes::Path { shares: found.shares, points, of: points }))
}

fn descent(arguments: &SurfaceArguments, places: &[usize]) -> Result<DescentConfig, Failure> {
    let rule: Rule = arguments.optimizer.as_str().parse()?;
    let optimizer =
        OptimizerConfig { rule, learning_rate: arguments.learning_rate, ..OptimizerConfig::default() };
    let moving = match *places {
        [across, up] if arguments.freeze_others => Moving::Only([across, up]),
        _ => Moving::All,
    };
    Ok(DescentConfig { optimizer, steps: arguments.steps as usize, moving, ..DescentConfig::default() })
}
