//! How parameters move against their gradients.
//!
//! An optimizer is split in two. [`OptimizerConfig`] is what a user says: plain values, copied into run files and
//! reports. [`Optimizer`] is what a rule remembers from step to step: at most two numbers per parameter, in buffers that
//! lie exactly as the parameters lie in [`Parameters`], so that a checkpoint, an explanation or an all-reduce reads
//! them through the same table of tensors.
//!
//! The arithmetic of a step is [`Update`] in the kernels: a formula per parameter, nothing else. A file per family of
//! rules ([`sgd`], [`rmsprop`], [`adam`]) documents the formula and says which numbers enter it; weight decay
//! ([`weight_decay`]) and clipping ([`clip`]) go before every rule in the same way. The definitions are `PyTorch`'s
//! throughout, and tested against values that `PyTorch` computed (`testdata/external/pytorch.json`).
//!
//! The learning rate is an argument of a step, not a part of the state: a [`schedule`] is a function of the progress of
//! training, so that resuming anywhere gives the rate that an uninterrupted run would have.
//!
//! L-BFGS ([`lbfgs`]) is different in kind, it asks for the loss at points of its own choice, and so it is a struct of
//! its own that pulls on the objective.

pub mod adam;
pub mod clip;
mod config;
pub mod lbfgs;
pub mod rmsprop;
pub mod schedule;
pub mod sgd;
pub mod weight_decay;

use std::ops::Range;

use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::{Decay, Float, Update};

pub use config::{Definition, OptimizerConfig, Rule};
pub use lbfgs::{Lbfgs, LbfgsConfig, LbfgsState};
pub use schedule::{AdaptiveState, Progress, Schedule, ScheduleKind};

use crate::network::{Parameters, Tensor};
use crate::{Error, Result};

/// A rule with what it remembers of the steps before.
///
/// ```
/// use chainrule::network::Parameters;
/// use chainrule::optimizer::{Optimizer, OptimizerConfig, Rule};
/// use chainrule_kernels::cpu::Cpu;
///
/// let mut parameters = Parameters::new();
/// parameters.push("layers.0.weight".into(), vec![1, 2], &[1.0, -2.0], 1.0);
/// let config = OptimizerConfig { rule: Rule::Momentum, ..Default::default() };
/// let mut optimizer = Optimizer::new(&config, &parameters)?;
///
/// optimizer.step(&Cpu::new(1), &mut parameters, &mut [0.5, 1.0], 0.1);
/// assert_eq!(parameters.values, [0.95, -2.1]);
/// assert_eq!(optimizer.first(), [0.5, 1.0]); // the velocity
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Optimizer<F> {
    config: OptimizerConfig,
    runs: Vec<Run>,
    /// λ of coupled decay besides that of the configuration.
    coupled_decay: f64,
    steps: u64,
    first: Vec<F>,
    second: Vec<F>,
}

/// Neighbouring tensors that move alike: one call of the kernel.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    range: Range<usize>,
    rate_factor: f64,
    decay_factor: f64,
    decay: Decay,
}

impl<F: Float> Optimizer<F> {
    /// As [`new`](Self::new), for steps that are made elsewhere, with the state kept there.
    pub(crate) fn without_state(config: &OptimizerConfig, parameters: &Parameters<F>) -> Result<Self> {
        config.validate()?;
        if config.rule == Rule::Lbfgs {
            return Err(Error::configuration(
                "lbfgs takes steps over the whole training set, not over batches\n\
                 drive it through `optimizer::Lbfgs`",
            ));
        }
        Ok(Self {
            config: *config,
            runs: runs(config, parameters),
            coupled_decay: 0.0,
            steps: 0,
            first: Vec::new(),
            second: Vec::new(),
        })
    }

    /// The state before the first step: all zeros, of the shape of `parameters`.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) for a value out of its range
    /// ([`OptimizerConfig::validate`]), and for [`Rule::Lbfgs`], whose state is [`Lbfgs`].
    pub fn new(config: &OptimizerConfig, parameters: &Parameters<F>) -> Result<Self> {
        let state = |needed: bool| vec![F::ZERO; if needed { parameters.values.len() } else { 0 }];
        let buffers = config.rule.state_per_parameter();
        let (first, second) = (state(buffers >= 1), state(buffers >= 2));
        Ok(Self { first, second, ..Self::without_state(config, parameters)? })
    }

    /// Moves `parameters` one step against `gradients`, at the learning rate that the schedule has for this step.
    ///
    /// Clips the gradients first where the configuration says so. Allocates nothing.
    ///
    /// # Panics
    /// When `gradients` or `parameters` are not as long as the parameters that this state was made for.
    pub fn step(
        &mut self,
        cpu: &Cpu,
        parameters: &mut Parameters<F>,
        gradients: &mut [F],
        learning_rate: f64,
    ) {
        assert_eq!(gradients.len(), parameters.values.len(), "one gradient per parameter");
        if self.config.clip_norm > 0.0 {
            clip::clip_norm(cpu, gradients, self.config.clip_norm);
        }
        for run in &self.runs {
            let decay = self.with_coupled(run.decay, run.decay_factor);
            cpu.update(
                self.update(learning_rate * run.rate_factor),
                decay,
                &mut parameters.values[run.range.clone()],
                &gradients[run.range.clone()],
                part(&mut self.first, &run.range),
                part(&mut self.second, &run.range),
            );
        }
        self.steps += 1;
    }

    /// The rule of the step that comes next, with all its numbers, at a learning rate that includes the tensor's factor.
    pub fn update(&self, learning_rate: f64) -> Update {
        let config = &self.config;
        match config.rule {
            // `new` lets no L-BFGS in.
            Rule::Sgd | Rule::Lbfgs => sgd::gradient_descent(learning_rate),
            Rule::Momentum | Rule::Nesterov if config.definition == Definition::ScikitLearn => {
                sgd::rate_in_velocity(config, learning_rate)
            }
            Rule::Adam if config.definition == Definition::ScikitLearn => {
                adam::epsilon_before_correction(config, learning_rate, self.steps + 1)
            }
            Rule::Momentum => sgd::momentum(config, learning_rate),
            Rule::Nesterov => sgd::nesterov(config, learning_rate),
            Rule::RmsProp => rmsprop::rmsprop(config, learning_rate),
            Rule::Adam | Rule::AdamW => adam::adam(config, learning_rate, self.steps + 1),
        }
    }

    /// The rule of the step that comes next for one tensor, and its decay.
    pub(crate) fn update_of(&self, tensor: &Tensor, learning_rate: f64) -> (Update, Decay) {
        let decay = weight_decay::decay(&self.config, tensor.weight_decay_factor);
        let decay = self.with_coupled(decay, tensor.weight_decay_factor);
        (self.update(learning_rate * tensor.learning_rate_factor), decay)
    }

    /// Sets λ of coupled decay for the steps that follow, besides what the configuration says: for an objective whose
    /// ½λ‖W‖² is divided by the weight of each batch, as scikit-learn's is.
    pub fn set_coupled_decay(&mut self, lambda: f64) {
        self.coupled_decay = lambda;
    }

    fn with_coupled(&self, decay: Decay, factor: f64) -> Decay {
        Decay { coupled: decay.coupled + self.coupled_decay * factor, ..decay }
    }

    /// Counts as if so many steps had been made.
    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// Counts a step that was made elsewhere.
    pub(crate) fn count_step(&mut self) {
        self.steps += 1;
    }

    /// What this optimizer was made from.
    pub fn config(&self) -> &OptimizerConfig {
        &self.config
    }

    /// Steps done so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The first buffer of state, laid out as the parameters: velocity, mean square (rmsprop) or mean (adam). Empty for sgd.
    pub fn first(&self) -> &[F] {
        &self.first
    }

    /// The second buffer of state: the mean square of adam and adamw. Empty for the others.
    pub fn second(&self) -> &[F] {
        &self.second
    }

    /// Puts back what [`steps`](Self::steps), [`first`](Self::first) and [`second`](Self::second) once gave.
    ///
    /// # Errors
    /// [`Model`](crate::ErrorKind::Model) when a buffer has another length than this rule needs for these parameters;
    /// the state is then as before.
    pub fn restore(&mut self, steps: u64, first: &[F], second: &[F]) -> Result<()> {
        for (name, found, expected) in [("first", first, &self.first), ("second", second, &self.second)] {
            if found.len() != expected.len() {
                return Err(Error::model(format!(
                    "the {name} state of optimizer {} has {} numbers, expected {}",
                    self.config.rule,
                    found.len(),
                    expected.len(),
                )));
            }
        }
        self.steps = steps;
        self.first.copy_from_slice(first);
        self.second.copy_from_slice(second);
        Ok(())
    }
}

/// The tensors in order, neighbours that move alike made one.
fn runs<F>(config: &OptimizerConfig, parameters: &Parameters<F>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for tensor in &parameters.tensors {
        let decay = weight_decay::decay(config, tensor.weight_decay_factor);
        let (rate_factor, decay_factor) = (tensor.learning_rate_factor, tensor.weight_decay_factor);
        match runs.last_mut() {
            Some(run)
                if run.range.end == tensor.range.start
                    && run.rate_factor == rate_factor
                    && run.decay_factor == decay_factor =>
            {
                run.range.end = tensor.range.end;
            }
            _ => runs.push(Run { range: tensor.range.clone(), rate_factor, decay_factor, decay }),
        }
    }
    runs
}

/// The part of a state buffer that belongs to some parameters; nothing of a buffer that the rule does not have.
fn part<'a, F>(state: &'a mut [F], range: &Range<usize>) -> &'a mut [F] {
    if state.is_empty() { state } else { &mut state[range.clone()] }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A weight matrix of the first `weights` values and a bias of the rest.
    pub(in crate::optimizer) fn parameters<F: Float>(values: &[f64], weights: usize) -> Parameters<F> {
        let values: Vec<F> = values.iter().map(|&x| F::from_f64(x)).collect();
        let mut parameters = Parameters::new();
        parameters.push("layers.0.weight".into(), vec![weights], &values[..weights], 1.0);
        parameters.push("layers.0.bias".into(), vec![values.len() - weights], &values[weights..], 0.0);
        parameters
    }

    const STEPPING: [Rule; 6] =
        [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::Adam, Rule::AdamW];

    #[test]
    fn every_rule_descends_a_quadratic_in_both_precisions() {
        fn descend<F: Float>(rule: Rule) -> f64 {
            let config = OptimizerConfig { rule, ..Default::default() };
            let mut parameters = parameters::<F>(&[1.0, -0.5, 0.25], 2);
            let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
            for _ in 0..200 {
                let mut gradients = parameters.values.clone();
                optimizer.step(&Cpu::new(1), &mut parameters, &mut gradients, 0.01);
            }
            parameters.values.iter().map(|w| w.to_f64() * w.to_f64()).sum::<f64>().sqrt()
        }
        for rule in STEPPING {
            assert!(descend::<f32>(rule) < 0.4, "{rule}: {}", descend::<f32>(rule));
            assert!(descend::<f64>(rule) < 0.4, "{rule}: {}", descend::<f64>(rule));
        }
    }

    #[test]
    fn a_tensor_moves_at_its_own_rate_and_decay() {
        let config = OptimizerConfig { rule: Rule::Sgd, weight_decay: 0.5, ..Default::default() };
        let mut parameters = parameters::<f64>(&[2.0, 2.0, 2.0], 1);
        parameters.tensors[1].learning_rate_factor = 10.0;
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        optimizer.step(&Cpu::new(1), &mut parameters, &mut [1.0, 1.0, 1.0], 0.01);
        assert_eq!(parameters.values, [2.0 - 0.01 * (1.0 + 0.5 * 2.0), 2.0 - 0.1, 2.0 - 0.1]);
    }

    #[test]
    fn tensors_that_move_alike_are_one_run_and_others_are_not() {
        let table = parameters::<f64>(&[0.0; 5], 3);
        let ranges = |table| {
            let runs = runs(&OptimizerConfig::default(), table);
            runs.into_iter().map(|run| run.range).collect::<Vec<_>>()
        };
        assert_eq!(ranges(&table), [0..3, 3..5]);
        let mut alike = table.clone();
        alike.tensors[1].weight_decay_factor = 1.0;
        assert!(ranges(&alike).iter().eq([&(0..5)]));
    }

    #[test]
    fn runs_change_no_bit() {
        for rule in STEPPING {
            let config = OptimizerConfig { rule, ..Default::default() };
            let mut merged = parameters::<f32>(&[0.3, -0.7, 0.9, 0.1], 2);
            let mut apart = merged.clone();
            let mut one = Optimizer::new(&config, &merged).unwrap();
            let mut two = Optimizer::new(&config, &apart).unwrap();
            two.runs =
                vec![Run { range: 0..1, ..one.runs[0].clone() }, Run { range: 1..4, ..one.runs[0].clone() }];
            for step in 0..5 {
                let gradients = [0.1, -0.2, 0.3, 0.4].map(|g: f32| g * (step as f32 + 0.5));
                one.step(&Cpu::new(1), &mut merged, &mut gradients.clone(), 0.05);
                two.step(&Cpu::new(1), &mut apart, &mut gradients.clone(), 0.05);
            }
            assert_eq!(merged.values, apart.values, "{rule}");
        }
    }

    #[test]
    fn restored_state_continues_bit_for_bit() {
        for rule in STEPPING {
            let config = OptimizerConfig { rule, weight_decay: 0.01, ..Default::default() };
            let mut parameters = parameters::<f64>(&[0.3, -0.7, 0.9], 2);
            let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
            let cpu = Cpu::new(1);
            for _ in 0..3 {
                optimizer.step(&cpu, &mut parameters, &mut [0.1, 0.2, -0.3], 0.05);
            }
            let mut resumed = parameters.clone();
            let mut restored = Optimizer::new(&config, &resumed).unwrap();
            restored.restore(optimizer.steps(), optimizer.first(), optimizer.second()).unwrap();
            optimizer.step(&cpu, &mut parameters, &mut [0.3, -0.1, 0.2], 0.05);
            restored.step(&cpu, &mut resumed, &mut [0.3, -0.1, 0.2], 0.05);
            assert_eq!(resumed.values, parameters.values, "{rule}");
            assert_eq!(restored, optimizer, "{rule}");
        }
    }

    #[test]
    fn state_of_another_shape_is_refused_and_changes_nothing() {
        let mut optimizer =
            Optimizer::new(&OptimizerConfig::default(), &parameters::<f32>(&[1.0, 2.0], 1)).unwrap();
        let before = optimizer.clone();
        let error = optimizer.restore(7, &[1.0, 2.0], &[1.0]).unwrap_err();
        assert_eq!(error.message(), "the second state of optimizer adam has 1 numbers, expected 2");
        assert_eq!(optimizer, before);
    }

    #[test]
    fn lbfgs_is_no_rule_of_batches() {
        let config = OptimizerConfig { rule: Rule::Lbfgs, ..Default::default() };
        let error = Optimizer::new(&config, &parameters::<f32>(&[1.0], 1)).unwrap_err();
        assert!(error.message().contains("optimizer::Lbfgs"), "{error}");
    }

    #[test]
    fn clipping_shortens_all_gradients_together() {
        let config = OptimizerConfig { rule: Rule::Sgd, clip_norm: 1.0, ..Default::default() };
        let mut parameters = parameters::<f64>(&[0.0, 0.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        let mut gradients = [3.0, 4.0];
        optimizer.step(&Cpu::new(1), &mut parameters, &mut gradients, 1.0);
        assert!((parameters.values[0] + 0.6).abs() < 1e-6 && (parameters.values[1] + 0.8).abs() < 1e-6);
    }
}
