//! `chainrule plot slice`: the loss along one weight, with the tangent at each step of gradient descent.

use super::subject::start;
use super::{Kind, check_output, write};
use crate::args::plot::SliceArguments;
use crate::errors::Failure;
use chainrule::analysis::{Slice, Tangent, ends, even_places, parameter_place};
use chainrule_plot::pictures::SlicePicture;

/// Computes the curve and the steps in f64, and draws them.
pub(crate) fn run(arguments: &SliceArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Lines, "what is read", &subject.files())?;
    let (model, samples) = subject.open("plot slice", &arguments.rows)?;
    let network = start(&model, &arguments.start, arguments.seed)?;
    let place = parameter_place(&network.parameters, &arguments.weight)?;
    let from = arguments.from.unwrap_or(network.parameters.values[place]);
    if !(from.is_finite() && arguments.learning_rate.is_finite()) {
        return Err(Failure::usage("--from and --learning-rate must be numbers that are not infinite"));
    }
    let cpu = subject.threads.cpu();
    let mut slice = Slice::new(&network, &model.objective, &samples, place, &cpu);
    let steps = slice.descend(from, arguments.learning_rate, usize::from(arguments.steps));
    let places = places(&steps, from, usize::from(arguments.points));
    let picture = SlicePicture {
        weight: arguments.weight.trim().to_owned(),
        curve: places.into_iter().map(|at| [at, slice.loss(at)]).collect(),
        steps,
        asked: usize::from(arguments.steps),
        learning_rate: arguments.learning_rate,
        n_rows: samples.n_samples(),
    };
    write(&picture.figure(), Kind::Lines, &arguments.picture)
}

/// Where the curve is computed: along the steps whose loss is not far above that of the start, and half as much again on both
/// sides.
fn places(steps: &[Tangent], from: f64, n: usize) -> Vec<f64> {
    let first = steps.first().map_or(0.0, |step| step.loss);
    let lowest = steps.iter().map(|step| step.loss).fold(first, f64::min);
    let shown = steps.iter().filter(|step| step.loss <= first + (first - lowest)).map(|step| step.at);
    let ends = ends(shown.chain([from]));
    let reach = ends[1] - ends[0];
    even_places(ends, if reach > 0.0 { reach } else { 1.0 }, n)
}
