//! A descent that is watched: its steps, and where they lie on a plane.
//!
//! **In words.** A path over an error surface is honest only with two losses beside it. When other weights move too, the path
//! leaves the plane that is drawn: the loss at the true point is then not the height of the surface below it. Both are
//! given for every step. When only the two weights of the plane may move, they are the same.
//!
//! **Equations.** θ(t+1) is θ(t) after a step of the optimizer against ∂L/∂θ over all rows. For each t the coordinates are those
//! of the plane's point nearest to θ(t), `loss` is L(θ(t)), and `height` is L at that point of the plane.
//!
//! **Source.** The remark that a path is not on the plane it is drawn on: issues 1 and 18 of the program of Li and others (see
//! [`Surface`]).

use super::{Plane, Surface};
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Samples};
use crate::loss::Objective;
use crate::network::{ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig, Progress};
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;

/// Which parameters a step may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// All of them, as in a training.
    All,
    /// These two, by their places in the buffer.
    Only([usize; 2]),
}

/// How to descend: by steps over all rows at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DescentConfig {
    /// The rule, with its numbers and schedule.
    pub optimizer: OptimizerConfig,
    /// How many steps.
    pub steps: usize,
    /// What moves.
    pub moving: Moving,
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
    rows: Vec<u32>,
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
    /// What [`Optimizer::new`] refuses.
    pub fn new(
        network: Network<F>,
        objective: &'a Objective,
        samples: &'a Samples<F>,
        config: &DescentConfig,
        cpu: &'a Cpu,
    ) -> Result<Self> {
        let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
        let progress = Progress { total_steps: config.steps as u64, ..Progress::default() };
        Ok(Self {
            optimizer: Optimizer::new(&config.optimizer, &network.parameters)?,
            pass: ForwardPass::new(&network, rows.len()),
            gradients: Gradients::new(&network, rows.len()),
            config: *config,
            network,
            objective,
            samples,
            cpu,
            rows,
            progress,
        })
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    /// Takes a step and gives the loss before it. None, and no step, where there is no loss or it is not finite.
    pub fn step(&mut self) -> Option<f64> {
        let batch = Batch { samples: self.samples, rows: &self.rows };
        let Self { network, pass, gradients, .. } = self;
        network.forward_rows(self.cpu, &self.samples.columns, &self.rows, None, pass);
        let loss = backward(network, self.objective, &batch, None, pass, self.cpu, gradients)?;
        if !loss.is_finite() {
            return None;
        }
        let configured = self.config.optimizer;
        let rate = configured.schedule.learning_rate(configured.learning_rate, &self.progress);
        self.move_by(rate);
        self.progress.step += 1;
        self.progress.epoch += 1;
        self.progress.samples += self.rows.len() as u64;
        Some(loss)
    }

    fn move_by(&mut self, rate: f64) {
        let gradients = &mut self.gradients.parameters.values;
        let parameters = &mut self.network.parameters;
        let Moving::Only(places) = self.config.moving else {
            self.optimizer.step(self.cpu, parameters, gradients, rate);
            return;
        };
        let kept = places.map(|place| gradients[place]);
        gradients.fill(F::ZERO);
        for (place, gradient) in places.into_iter().zip(kept) {
            gradients[place] = gradient;
        }
        // Weight decay would move the others without a gradient.
        let mut moved = parameters.clone();
        self.optimizer.step(self.cpu, &mut moved, gradients, rate);
        for place in places {
            parameters.values[place] = moved.values[place];
        }
    }

    /// Where the descent ends: after its last step or, where the loss stops being finite, at the last point that has a finite one.
    pub fn run(mut self) -> Network<F> {
        let mut before = self.network.parameters.values.clone();
        loop {
            let here = self.network.parameters.values.clone();
            let last = self.progress.step == self.config.steps as u64;
            let is_finite = if last { self.loss().is_finite() } else { self.step().is_some() };
            if last || !is_finite {
                self.network.parameters.values = if is_finite { here } else { before };
                return self.network;
            }
            before = here;
        }
    }

    /// The loss at the point where the descent is.
    fn loss(&self) -> f64 {
        crate::model::score(&self.network, self.objective, self.samples, self.cpu).loss
    }

    /// Every point of the descent, the first and the last among them, over a plane. It ends early where the loss stops
    /// being finite; that loss is the last point's.
    pub fn path(mut self, plane: &Plane<F>) -> Vec<PathPoint> {
        let start = self.network.clone();
        let mut surface = Surface::new(&start, self.objective, self.samples, plane, self.cpu);
        let mut points = Vec::with_capacity(self.config.steps + 1);
        loop {
            let at = plane.coordinates(&self.network.parameters.values);
            let last = points.len() == self.config.steps;
            let stepped = if last { None } else { self.step() };
            let loss = stepped.unwrap_or_else(|| self.loss());
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
        DescentConfig { optimizer, steps: 12, moving }
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
    fn a_descent_that_diverges_ends_there() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let optimizer = OptimizerConfig { rule: Rule::Sgd, learning_rate: 1e9, ..Default::default() };
        let config = DescentConfig { optimizer, steps: 500, moving: Moving::All };
        let plane = Plane::of_parameters(&network, [1, 9]).expect("two parameters");
        let path =
            Descent::new(network, &objective, &samples, &config, &cpu).expect("a descent").path(&plane);
        assert!(path.len() < 500 && !path[path.len() - 1].loss.is_finite(), "{} points", path.len());
        assert!(path[..path.len() - 1].iter().all(|point| point.loss.is_finite()));
    }
}
