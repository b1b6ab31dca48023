//! `chainrule plot slice`: the loss along one weight, with the tangent at each step of gradient descent.

use super::subject::start;
use super::{Kind, check_output, write};
use crate::args::plot::SliceArguments;
use crate::errors::Failure;
use chainrule::analysis::{Slice, Tangent, parameter_place};
use chainrule_plot::pictures::SlicePicture;

/// Computes the curve and the steps in f64, and draws them.
pub(crate) fn run(arguments: &SliceArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Lines, "what is read", &subject.files())?;
    let (model, samples) = subject.open("plot slice")?;
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
    let [low, high] = shown.fold([from; 2], |[low, high], x| [low.min(x), high.max(x)]);
    let (middle, half) = (low / 2.0 + high / 2.0, high - low);
    let half = if half > 0.0 { half } else { 1.0 };
    (0..n).map(|i| middle + half * (2.0 * i as f64 / (n - 1) as f64 - 1.0)).collect()
}
