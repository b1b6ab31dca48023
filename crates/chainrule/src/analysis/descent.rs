//! A descent that is watched: its steps, and where they lie on a plane.
//!
//! **In words.** A path over an error surface is honest only with two losses beside it. When other weights move too, the path
//! leaves the plane that is drawn: the loss at the true point is then not the height of the surface below it. Both are
//! given for every step. When only the two weights of the plane may move, they are the same.
//!
//! **Equations.** θ(t+1) is θ(t) after a step of the optimizer against ∂L/∂θ over all rows. For each t the coordinates are those
//! of the plane's point nearest to θ(t), `loss` is L(θ(t)), and `height` is L at that point of the plane.
//!
//! With a batch size, a step is over the next rows of a random partition of them, a fresh one in every epoch, as in a training.
//! L is still the loss over all rows: the loss of a batch says as much about its rows as about the step before.
//!
//! **Source.** The remark that a path is not on the plane it is drawn on: issues 1 and 18 of the program of Li and others (see
//! [`Surface`]).

use super::{Plane, Surface};
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Batches, Samples};
use crate::loss::Objective;
use crate::network::{ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig, Progress};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::Cpu;

/// Which parameters a step may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// All of them, as in a training.
    All,
    /// These two, by their places in the buffer.
    Only([usize; 2]),
    /// This one.
    One(usize),
}

/// How to descend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DescentConfig {
    /// The rule, with its numbers and schedule.
    pub optimizer: OptimizerConfig,
    /// How many steps.
    pub steps: usize,
    /// What moves.
    pub moving: Moving,
    /// Rows per step; all of them where there is none, or more than there are.
    pub batch_size: Option<usize>,
    /// What the order of the rows is drawn from, where a step has not all of them.
    pub seed: u64,
}

impl Default for DescentConfig {
    /// A hundred steps of the usual optimizer over all rows, in which everything moves.
    fn default() -> Self {
        let optimizer = OptimizerConfig::default();
        Self { optimizer, steps: 100, moving: Moving::All, batch_size: None, seed: 0 }
    }
}

/// A descent, one step after the other. Without dropout.
#[derive(Debug)]
pub struct Descent<'a, F> {
    network: Network<F>,
    objective: &'a Objective,
    samples: &'a Samples<F>,
    cpu: &'a Cpu,
    config: DescentConfig,
    optimizer: Optimizer<F>,
    batches: Batches,
    /// Which batch of the epoch comes next.
    next: usize,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    progress: Progress,
}

/// A point of a path over a plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    /// The coordinates of the plane's nearest point.
    pub at: [f64; 2],
    /// The loss at the true point.
    pub loss: f64,
    /// The loss at the plane's nearest point.
    pub height: f64,
}

impl<'a, F: Float> Descent<'a, F> {
    /// Before the first step.
    ///
    /// # Errors
    /// What [`Optimizer::new`] refuses, and batches of no rows.
    pub fn new(
        network: Network<F>,
        objective: &'a Objective,
        samples: &'a Samples<F>,
        config: &DescentConfig,
        cpu: &'a Cpu,
    ) -> Result<Self> {
        if config.batch_size == Some(0) {
            return Err(Error::configuration("a batch has at least 1 row, not 0"));
        }
        let n_samples = samples.n_samples();
        let size = config.batch_size.unwrap_or(n_samples).clamp(1, n_samples.max(1));
        let progress = Progress { total_steps: config.steps as u64, ..Progress::default() };
        Ok(Self {
            optimizer: Optimizer::new(&config.optimizer, &network.parameters)?,
            pass: ForwardPass::new(&network, size),
            gradients: Gradients::new(&network, size),
            batches: Batches::new(n_samples, size),
            next: 0,
            config: *config,
            network,
            objective,
            samples,
            cpu,
            progress,
        })
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    /// Takes a step and gives the loss of its rows before it. None, and no step, where there is no loss or it is not finite.
    pub fn step(&mut self) -> Option<f64> {
        let loss = self.next_loss()?;
        if !loss.is_finite() {
            return None;
        }
        let configured = self.config.optimizer;
        let rate = configured.schedule.learning_rate(configured.learning_rate, &self.progress);
        self.move_by(rate);
        self.progress.step += 1;
        Some(loss)
    }

    /// Loss and gradient of the next batch in which a row has weight.
    fn next_loss(&mut self) -> Option<f64> {
        // A row that comes first in one epoch may come last in the next.
        for _ in 0..2 * self.batches.len() {
            if self.next == 0 && self.batches.len() > 1 {
                self.batches.shuffle(self.config.seed, self.progress.epoch + 1);
            }
            let Self { network, pass, gradients, samples, .. } = self;
            // Cannot fail: the next batch is one of the epoch's.
            let rows = self.batches.get(self.next).expect("a batch of the epoch");
            let batch = Batch { samples, rows };
            network.forward_rows(self.cpu, &samples.columns, rows, None, pass);
            let loss = backward(network, self.objective, &batch, None, pass, self.cpu, gradients);
            self.progress.samples += rows.len() as u64;
            self.next += 1;
            if self.next == self.batches.len() {
                (self.next, self.progress.epoch) = (0, self.progress.epoch + 1);
            }
            if loss.is_some() {
                return loss;
            }
        }
        None
    }

    fn move_by(&mut self, rate: f64) {
        let gradients = &mut self.gradients.parameters.values;
        let parameters = &mut self.network.parameters;
        let [one, other] = match self.config.moving {
            Moving::All => {
                self.optimizer.step(self.cpu, parameters, gradients, rate);
                return;
            }
            Moving::Only(places) => places,
            Moving::One(place) => [place; 2],
        };
        let kept = [one, other].map(|place| gradients[place]);
        gradients.fill(F::ZERO);
        [gradients[one], gradients[other]] = kept;
        // Weight decay would move the others without a gradient.
        let mut moved = parameters.clone();
        self.optimizer.step(self.cpu, &mut moved, gradients, rate);
        for place in [one, other] {
            parameters.values[place] = moved.values[place];
        }
    }

    /// Where the descent ends: after its last step or, where the loss stops being finite, at the last point that has a finite one.
    pub fn run(self) -> Network<F> {
        let mut network = self.network.clone();
        if let Some(end) = self.trail(2).pop() {
            network.parameters.values = end;
        }
        network
    }

    /// At most so many points of the descent, evenly spread over the steps that were asked for, the first and the last among
    /// them. Where the loss stops being finite, the point before it is the last.
    ///
    /// # Panics
    /// When fewer than two are asked for.
    pub fn trail(mut self, at_most: usize) -> Vec<Vec<F>> {
        assert!(at_most > 1, "a trail has two ends");
        let every = self.config.steps.div_ceil(at_most - 1).max(1);
        let mut points = vec![self.network.parameters.values.clone()];
        let mut before = points[0].clone();
        for step in 0..=self.config.steps {
            let here = self.network.parameters.values.clone();
            let last = step == self.config.steps;
            let is_finite = if last { self.loss().is_finite() } else { self.step().is_some() };
            if !is_finite {
                break;
            }
            if step > 0 && step % every == 0 {
                points.push(here.clone());
            }
            before = here;
        }
        if points.last() != Some(&before) {
            points.push(before);
        }
        points
    }

    /// The loss at the point where the descent is.
    fn loss(&self) -> f64 {
        crate::model::score(&self.network, self.objective, self.samples, self.cpu).loss
    }

    /// The surface of the same loss over a plane.
    pub fn surface<'p>(&self, plane: &'p Plane<F>) -> Surface<'p, F>
    where
        'a: 'p,
    {
        Surface::new(&self.network, self.objective, self.samples, plane, self.cpu)
    }

    /// Every point of the descent, the first and the last among them, over a plane. It ends early where the loss stops
    /// being finite; that loss is the last point's.
    pub fn path(self, plane: &Plane<F>) -> Vec<PathPoint> {
        let mut surface = self.surface(plane);
        self.path_on(&mut surface)
    }

    /// As [`path`](Self::path), over the plane of a surface that others look at as well. It is one of the same loss.
    pub fn path_on(mut self, surface: &mut Surface<'_, F>) -> Vec<PathPoint> {
        let mut points = Vec::with_capacity(self.config.steps + 1);
        loop {
            let at = surface.plane().coordinates(&self.network.parameters.values);
            let last = points.len() == self.config.steps;
            // Over all rows, the step finds the loss anyway.
            let of_all = if self.batches.len() > 1 { Some(self.loss()) } else { None };
            let may_step = !last && of_all.is_none_or(f64::is_finite);
            let stepped = if may_step { self.step() } else { None };
            let loss = of_all.or(stepped).unwrap_or_else(|| self.loss());
            points.push(PathPoint { at, loss, height: surface.height(at) });
            if stepped.is_none() {
                return points;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Columns, Targets};
    use crate::loss::Loss;
    use crate::network::{LayerConfig, NetworkConfig};
    use crate::optimizer::Rule;
    use crate::training::Plan;
    use crate::{Activation, Matrix};

    fn problem() -> (Network<f64>, Samples<f64>) {
        let layers = vec![LayerConfig::new(4, Activation::Tanh), LayerConfig::new(1, Activation::Identity)];
        let network = Network::new(&NetworkConfig::new(2, layers), 5).expect("a network");
        let numeric = Matrix::from_fn(30, 2, |i, j| ((i * (j + 3)) % 11) as f64 / 5.0 - 1.0);
        let targets = Matrix::from_fn(30, 1, |i, _| (numeric.row(i)[0] * numeric.row(i)[1]).sin());
        let columns = Columns { numeric, codes: Matrix::zeros(30, 0) };
        (network, Samples { columns, targets: Targets::Values(targets), weights: None })
    }

    fn config(rule: Rule, moving: Moving) -> DescentConfig {
        let optimizer =
            OptimizerConfig { rule, learning_rate: 0.05, weight_decay: 0.01, ..Default::default() };
        DescentConfig { optimizer, steps: 12, moving, ..Default::default() }
    }

    #[test]
    fn the_points_of_a_path_are_the_trainers_weights() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let rows: Vec<u32> = (0..30).collect();
        for rule in [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::Adam] {
            let config = config(rule, Moving::All);
            let mut plan =
                Plan::new(network.clone(), objective, &config.optimizer, 30, 0, Cpu::new(1)).expect("a plan");
            let plane = Plane::of_parameters(&network, [1, 9]).expect("two parameters");
            let descent =
                || Descent::new(network.clone(), &objective, &samples, &config, &cpu).expect("a descent");
            let path = descent().path(&plane);
            assert_eq!(path.len(), 13);
            let mut descent = descent();
            for point in &path[..12] {
                let values = plan.network().parameters.values.clone();
                assert_eq!(descent.network().parameters.values, values, "{rule}");
                assert_eq!(point.at, [values[1], values[9]], "{rule}");
                let loss = plan
                    .step(&Batch { samples: &samples, rows: &rows }, 0.05)
                    .expect("finite")
                    .expect("rows");
                assert_eq!((descent.step(), point.loss), (Some(loss), loss), "{rule}");
            }
            assert_eq!(path[12].at, [1, 9].map(|place| plan.network().parameters.values[place]), "{rule}");
            assert!(path[12].loss < path[0].loss, "{rule}");
        }
    }

    #[test]
    fn a_path_of_the_planes_own_weights_lies_on_the_surface_and_another_does_not() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let plane = Plane::of_parameters(&network, [1, 9]).expect("two parameters");
        let path = |moving| {
            let config = config(Rule::Momentum, moving);
            Descent::new(network.clone(), &objective, &samples, &config, &cpu)
                .expect("a descent")
                .path(&plane)
        };
        let gap = |point: &PathPoint| (point.loss - point.height).abs() / point.loss;
        let frozen = path(Moving::Only([1, 9]));
        // The sum of another product of the inputs.
        assert!(frozen.iter().all(|point| gap(point) < 1e-13), "{frozen:?}");
        let free = path(Moving::All);
        assert!(gap(&free[0]) < 1e-13 && gap(&free[12]) > 0.01, "{free:?}");
    }

    #[test]
    fn weights_that_are_frozen_do_not_move_and_the_others_move_by_their_own_gradient() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let config = DescentConfig { steps: 1, ..config(Rule::Sgd, Moving::Only([2, 10])) };
        let one = |config: &DescentConfig| {
            Descent::new(network.clone(), &objective, &samples, config, &cpu).expect("a descent").run()
        };
        let (frozen, free) = (one(&config), one(&DescentConfig { moving: Moving::All, ..config }));
        for (place, before) in network.parameters.values.iter().enumerate() {
            let expected = if [2, 10].contains(&place) { free.parameters.values[place] } else { *before };
            assert_eq!(frozen.parameters.values[place], expected, "{place}");
        }
    }

    #[test]
    fn steps_over_batches_are_the_trainers_with_its_partitions() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        for (rule, size) in [(Rule::Sgd, 1), (Rule::Momentum, 8), (Rule::Adam, 30), (Rule::Sgd, 100)] {
            let config =
                DescentConfig { batch_size: Some(size), seed: 4, steps: 70, ..config(rule, Moving::All) };
            let mut plan =
                Plan::new(network.clone(), objective, &config.optimizer, size.min(30), 0, Cpu::new(1))
                    .expect("a plan");
            let plane = Plane::of_parameters(&network, [1, 9]).expect("two parameters");
            let path = Descent::new(network.clone(), &objective, &samples, &config, &cpu)
                .expect("a descent")
                .path(&plane);
            assert_eq!(path.len(), 71, "{rule} {size}");
            let mut batches = Batches::new(30, size);
            let mut points = path.iter();
            'path: for epoch in 1.. {
                if batches.len() > 1 {
                    batches.shuffle(4, epoch);
                }
                for rows in batches.iter() {
                    let Some(point) = points.next() else { break 'path };
                    let values = &plan.network().parameters.values;
                    assert_eq!(point.at, [values[1], values[9]], "{rule} {size}");
                    let loss = crate::model::score(plan.network(), &objective, &samples, &cpu).loss;
                    assert!((point.loss - loss).abs() < 1e-13, "{rule} {size}");
                    plan.step(&Batch { samples: &samples, rows }, 0.05).expect("finite").expect("rows");
                }
            }
        }
    }

    #[test]
    fn a_batch_without_weight_is_passed_over_and_no_weight_at_all_is_the_end() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let config = DescentConfig { batch_size: Some(1), steps: 6, ..config(Rule::Sgd, Moving::All) };
        let steps = |weights: Vec<f64>| {
            let samples = Samples { weights: Some(weights), ..samples.clone() };
            let mut descent =
                Descent::new(network.clone(), &objective, &samples, &config, &cpu).expect("a descent");
            (0..6).filter(|_| descent.step().is_some()).count()
        };
        assert_eq!(steps((0..30).map(|i| f64::from(u8::from(i == 7))).collect()), 6);
        assert_eq!(steps(vec![0.0; 30]), 0);
        let none = DescentConfig { batch_size: Some(0), ..config };
        assert!(Descent::new(network.clone(), &objective, &samples, &none, &cpu).is_err());
    }

    #[test]
    fn a_trail_is_evenly_spread_over_the_path_from_its_start_to_its_end() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let descent = |steps| {
            let config = DescentConfig { steps, ..config(Rule::Momentum, Moving::All) };
            Descent::new(network.clone(), &objective, &samples, &config, &cpu).expect("a descent")
        };
        let mut all = vec![network.parameters.values.clone()];
        let mut walked = descent(12);
        for _ in 0..12 {
            walked.step().expect("finite");
            all.push(walked.network().parameters.values.clone());
        }
        assert_eq!(descent(12).trail(100), all);
        let at = |places: &[usize]| places.iter().map(|&place| all[place].clone()).collect::<Vec<_>>();
        assert_eq!(descent(12).trail(4), at(&[0, 4, 8, 12]));
        assert_eq!(descent(12).trail(6), at(&[0, 3, 6, 9, 12]));
        assert_eq!(descent(11).trail(4), at(&[0, 4, 8, 11]));
        assert_eq!(descent(0).trail(4), at(&[0]));
        assert_eq!(descent(12).run().parameters.values, all[12]);
    }

    #[test]
    fn a_descent_that_diverges_ends_there() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let optimizer = OptimizerConfig { rule: Rule::Sgd, learning_rate: 1e9, ..Default::default() };
        let config = DescentConfig { optimizer, steps: 500, ..Default::default() };
        let plane = Plane::of_parameters(&network, [1, 9]).expect("two parameters");
        let path =
            Descent::new(network, &objective, &samples, &config, &cpu).expect("a descent").path(&plane);
        assert!(path.len() < 500 && !path[path.len() - 1].loss.is_finite(), "{} points", path.len());
        assert!(path[..path.len() - 1].iter().all(|point| point.loss.is_finite()));
    }
}
