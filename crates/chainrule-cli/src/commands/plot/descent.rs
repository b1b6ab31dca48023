//! `chainrule plot descent`: descents from the same start over the same surface, compared.

use super::subject::{read, seed_of, start};
use super::{Kind, check_output, write};
use crate::args::plot::DescentArguments;
use crate::errors::Failure;
use crate::settings::names::{DescentExampleName, OptimizerName};
use crate::settings::values::BatchSize;
use chainrule::Cpu;
use chainrule::analysis::{
    Descent, DescentConfig, DescentExample, Moving, PathPoint, Plane, Surface, ends, even_places, longer,
    parameter_place,
};
use chainrule::data::Samples;
use chainrule::loss::Objective;
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule_plot::pictures::{DescentPicture, DescentRun, SurfaceMoving};
use chainrule_plot::{N_COLOURS, number};
use std::path::Path;

/// Where all descents begin, and over what.
struct Subject {
    network: Network<f64>,
    objective: Objective,
    samples: Samples<f64>,
    seed: u64,
    over: String,
    axes: [String; 2],
    places: [usize; 2],
    known: Vec<(String, [f64; 2])>,
    /// What an example has of its own.
    learning_rate: f64,
    steps: u32,
    optimizers: &'static [&'static str],
}

/// Computes the surface and the paths in f64, and draws them.
pub(crate) fn run(arguments: &DescentArguments) -> Result<(), Failure> {
    let files: Vec<&Path> =
        [arguments.model.as_deref(), arguments.data.as_ref().and_then(|data| data.given())]
            .into_iter()
            .flatten()
            .collect();
    check_output(&arguments.picture, Kind::Surface, "what is read", &files)?;
    let subject = subject(arguments)?;
    let picture = picture(&subject, arguments)?;
    write(&picture.figure(), Kind::Surface, &arguments.picture)
}

fn subject(arguments: &DescentArguments) -> Result<Subject, Failure> {
    let example = arguments.example.as_ref().map(DescentExampleName::as_str);
    if let Some(example) = example.and_then(DescentExample::named) {
        return Ok(of_example(example));
    }
    let (Some(model), Some(data)) = (&arguments.model, &arguments.data) else {
        return Err(Failure::usage("expected a model and data\nor --example local-minimum"));
    };
    let (model, dataset) = read("plot descent", model, data, &arguments.answers)?;
    let samples = arguments.rows.samples(&model, &dataset)?;
    let network = start(&model, &arguments.start, arguments.seed)?;
    let place = |n: usize| parameter_place(&network.parameters, &arguments.weights[n]);
    Ok(Subject {
        places: [place(0)?, place(1)?],
        seed: seed_of(&model, arguments.seed),
        objective: model.objective,
        samples,
        network,
        over: arguments.weights.iter().map(|name| name.trim()).collect::<Vec<_>>().join(" and "),
        axes: [0, 1].map(|axis| arguments.weights[axis].trim().to_owned()),
        known: Vec::new(),
        learning_rate: 0.1,
        steps: 100,
        optimizers: &["sgd", "momentum", "nesterov", "rmsprop", "adam"],
    })
}

fn of_example(example: DescentExample) -> Subject {
    let DescentExample { over, network, objective, samples, points, learning_rate, steps } = example;
    Subject {
        network,
        objective,
        samples,
        seed: 0,
        over: over.to_owned(),
        axes: ["w: layers.0.weight[0,0]", "v: layers.1.weight[0,0]"].map(str::to_owned),
        places: [0, 1],
        known: points.into_iter().map(|(name, at)| (name.to_owned(), at)).collect(),
        learning_rate,
        steps: steps as u32,
        optimizers: &["sgd", "momentum"],
    }
}

fn picture(subject: &Subject, arguments: &DescentArguments) -> Result<DescentPicture, Failure> {
    let Subject { network, objective, samples, .. } = subject;
    let cpu: Cpu = arguments.threads.cpu();
    let lists = Lists::new(subject, arguments)?;
    let (varied, common) = lists.words();
    let plane = Plane::of_parameters(network, subject.places)?;
    let mut surface = Surface::new(network, objective, samples, &plane, &cpu);
    let runs = lists.named().into_iter().map(|(name, chosen)| {
        let config = lists.config(chosen, subject, arguments)?;
        let descent = Descent::new(network.clone(), objective, samples, &config, &cpu)?;
        Ok(DescentRun { name, path: descent.path_on(&mut surface) })
    });
    let runs: Vec<DescentRun> = runs.collect::<Result<_, Failure>>()?;
    let grid = grid(&runs, &subject.known, usize::from(arguments.points));
    let heights = surface.heights(&grid[0], &grid[1]);
    let whole = network.parameters.len() == 2;
    Ok(DescentPicture {
        varied: varied.to_owned(),
        over: subject.over.clone(),
        common,
        axes: subject.axes.clone(),
        grid,
        heights,
        runs,
        steps: steps(subject, arguments),
        known: subject.known.clone(),
        moving: match (whole, arguments.freeze_others) {
            (true, _) => SurfaceMoving::Whole,
            (false, true) => SurfaceMoving::Frozen,
            (false, false) => SurfaceMoving::All,
        },
        n_rows: samples.n_samples(),
    })
}

/// The three lists, of which at most one has several values.
struct Lists<'a> {
    rules: Vec<&'a str>,
    rates: Vec<f64>,
    sizes: Vec<BatchSize>,
}

impl<'a> Lists<'a> {
    fn new(subject: &Subject, arguments: &'a DescentArguments) -> Result<Self, Failure> {
        let given = arguments.learning_rates.as_ref();
        let rates =
            given.map_or(vec![subject.learning_rate], |list| list.0.iter().map(|rate| rate.0).collect());
        let sizes = arguments.batch_sizes.as_ref().map_or(vec![BatchSize::Full], |list| list.0.clone());
        let others_vary = rates.len() > 1 || sizes.len() > 1;
        let rules: Vec<&str> = match &arguments.optimizers {
            Some(list) => list.0.iter().map(OptimizerName::as_str).collect(),
            None if others_vary => vec!["sgd"],
            None => subject.optimizers.to_vec(),
        };
        let lengths = [rules.len(), rates.len(), sizes.len()];
        if lengths.iter().filter(|n| **n > 1).count() > 1 {
            return Err(Failure::usage(
                "only one of --optimizers, --learning-rates and --batch-sizes can have several values\n\
                 what differs in two things at once cannot be told apart",
            ));
        }
        if lengths.iter().any(|n| *n > N_COLOURS) {
            let message = format!("at most {N_COLOURS} descents have colours that can be told apart");
            return Err(Failure::usage(message));
        }
        Ok(Self { rules, rates, sizes })
    }

    /// In what the descents differ, and what they have in common.
    fn words(&self) -> (&'static str, String) {
        let (rule, rate, size) = (self.rules[0], rate(self.rates[0]), size(self.sizes[0]));
        if self.rates.len() > 1 {
            ("learning rates", format!("{rule}, {size}"))
        } else if self.sizes.len() > 1 {
            ("batch sizes", format!("{rule}, {rate}"))
        } else {
            ("optimizers", format!("{rate}, {size}"))
        }
    }

    /// Every descent, by the name that tells it from the others.
    fn named(&self) -> Vec<(String, [usize; 3])> {
        let (rates, sizes) = (self.rates.iter().enumerate(), self.sizes.iter().enumerate());
        if self.rates.len() > 1 {
            rates.map(|(n, value)| (rate(*value), [0, n, 0])).collect()
        } else if self.sizes.len() > 1 {
            sizes.map(|(n, value)| (size(*value), [0, 0, n])).collect()
        } else {
            self.rules.iter().enumerate().map(|(n, rule)| ((*rule).to_owned(), [n, 0, 0])).collect()
        }
    }

    fn config(
        &self,
        [rule, rate, size]: [usize; 3],
        subject: &Subject,
        arguments: &DescentArguments,
    ) -> Result<DescentConfig, Failure> {
        let rule: Rule = self.rules[rule].parse()?;
        Ok(DescentConfig {
            optimizer: OptimizerConfig {
                rule,
                learning_rate: self.rates[rate],
                ..OptimizerConfig::default()
            },
            steps: steps(subject, arguments),
            moving: if arguments.freeze_others { Moving::Only(subject.places) } else { Moving::All },
            batch_size: match self.sizes[size] {
                BatchSize::Full => None,
                BatchSize::Rows(rows) => Some(rows.get()),
            },
            seed: subject.seed,
        })
    }
}

fn steps(subject: &Subject, arguments: &DescentArguments) -> usize {
    arguments.steps.unwrap_or(subject.steps) as usize
}

fn rate(rate: f64) -> String {
    format!("learning rate {}", number(rate))
}

fn size(size: BatchSize) -> String {
    match size {
        BatchSize::Full => "full batches".to_owned(),
        BatchSize::Rows(rows) if rows.get() == 1 => "1 row per step".to_owned(),
        BatchSize::Rows(rows) => format!("{} rows per step", rows.get()),
    }
}

/// The places of the surface: around the paths, but not around those that run away: points with a loss far above the start's do not
/// count, nor those three times as far from the start as the middle one of the paths gets.
fn grid(runs: &[DescentRun], known: &[(String, [f64; 2])], n: usize) -> [Vec<f64>; 2] {
    let start = runs[0].path.first().map_or([0.0; 2], |point| point.at);
    let highest = runs[0].path.first().map_or(f64::INFINITY, |point| point.loss);
    let finite = runs.iter().flat_map(|run| &run.path).filter(|point| point.loss.is_finite());
    let lowest = finite.map(|point| point.loss).fold(highest, f64::min);
    let stays = |point: &&PathPoint| point.loss <= 2.0 * highest - lowest;
    let ends = [0, 1].map(|axis| {
        let far = |run: &DescentRun| {
            run.path
                .iter()
                .filter(stays)
                .map(|point| (point.at[axis] - start[axis]).abs())
                .fold(0.0, f64::max)
        };
        let mut reach: Vec<f64> = runs.iter().map(far).filter(|reach| *reach > 0.0).collect();
        reach.sort_by(f64::total_cmp);
        let most = reach.get(reach.len() / 2).map_or(0.0, |reach| reach * 3.0);
        let points = runs.iter().flat_map(|run| run.path.iter().filter(stays)).map(|point| point.at[axis]);
        let near = points.filter(|x| (x - start[axis]).abs() <= most);
        let all = near.chain(known.iter().map(|(_, at)| at[axis])).chain([start[axis]]);
        ends(all)
    });
    let largest = longer(ends);
    ends.map(|ends| even_places(ends, ((ends[1] - ends[0]) * 0.7).max(largest / 4.0), n))
}
