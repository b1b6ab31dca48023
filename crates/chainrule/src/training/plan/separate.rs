//! The separate form of a step: forward, loss, backward, then update, with everything on the way kept.

use super::super::divergence::Divergence;
use super::{OptimizerState, Step, StepEnd};
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Inputs, Samples};
use crate::loss::Objective;
use crate::network::{DropoutKey, ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig};
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;

/// The separate form of a [`Plan`](super::Plan): every activation and every gradient of a step can be looked at.
#[derive(Debug)]
pub struct SeparatePlan<F> {
    network: Network<F>,
    objective: Objective,
    optimizer: Optimizer<F>,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    /// See [`Plan::floor_probabilities`](super::Plan::floor_probabilities).
    floor: f64,
    /// See [`Plan::watch_weights`](super::Plan::watch_weights).
    watches: bool,
    cpu: Cpu,
    seed: u64,
}

impl<F: Float> SeparatePlan<F> {
    /// As [`Plan::new`](super::Plan::new), in the separate form whatever the optimizer.
    ///
    /// # Errors
    /// What [`Optimizer::new`] refuses.
    pub fn new(
        network: Network<F>,
        objective: Objective,
        optimizer: &OptimizerConfig,
        batch_rows: usize,
        seed: u64,
        cpu: Cpu,
    ) -> Result<Self> {
        Ok(Self {
            optimizer: Optimizer::new(optimizer, &network.parameters)?,
            pass: ForwardPass::new(&network, batch_rows),
            gradients: Gradients::new(&network, batch_rows),
            network,
            objective,
            floor: 0.0,
            watches: false,
            cpu,
            seed,
        })
    }

    /// See [`Plan::step`](super::Plan::step).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub fn step(&mut self, batch: &Batch<'_, F>, learning_rate: f64) -> Result<Option<f64>, Divergence> {
        let step = Step { rows: batch.rows, learning_rate, coupled_decay: 0.0 };
        Ok(self.step_of(&step, batch.samples, (&batch.samples.columns).into())?.loss)
    }

    pub(super) fn step_of(
        &mut self,
        step: &Step<'_>,
        samples: &Samples<F>,
        inputs: Inputs<'_, F>,
    ) -> Result<StepEnd, Divergence> {
        let batch = Batch { samples, rows: step.rows };
        let key = DropoutKey { seed: self.seed, step: self.optimizer.steps() };
        let Self { network, objective, pass, gradients, cpu, .. } = self;
        network.forward_rows(cpu, inputs, batch.rows, Some(key), pass);
        let Some(mut loss) = backward(network, objective, &batch, Some(key), pass, cpu, gradients) else {
            return Ok(StepEnd { loss: None, squared_weights: 0.0 });
        };
        if self.floor > 0.0 {
            loss = objective.floored(cpu, pass.last(), &batch, self.floor).unwrap_or(loss);
        }
        if !loss.is_finite() {
            return Err(Divergence::of_loss(loss, &self.network, &self.pass));
        }
        let squared_weights = if self.watches { self.squared_weights() } else { 0.0 };
        let gradients = &mut self.gradients.parameters.values;
        self.optimizer.set_coupled_decay(step.coupled_decay);
        self.optimizer.step(&self.cpu, &mut self.network.parameters, gradients, step.learning_rate);
        Ok(StepEnd { loss: Some(loss), squared_weights })
    }

    /// The network as it is after the last step.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    pub(super) fn network_and_cpu(&self) -> (&Network<F>, &Cpu) {
        (&self.network, &self.cpu)
    }

    /// The network, at the end of training.
    pub fn into_network(self) -> Network<F> {
        self.network
    }

    /// See [`Plan::set_parameters`](super::Plan::set_parameters).
    ///
    /// # Panics
    /// When there are not as many.
    pub fn set_parameters(&mut self, values: &[F]) {
        self.network.parameters.values.copy_from_slice(values);
    }

    pub(super) fn floor_probabilities(&mut self, floor: f64) {
        self.floor = floor;
    }

    pub(super) fn watch_weights(&mut self) {
        self.watches = true;
    }

    fn squared_weights(&self) -> f64 {
        let parameters = &self.network.parameters;
        let weights = self.network.layers().map(|dense| parameters.tensor(dense.weight));
        weights.map(|weights| self.cpu.sum_of_squares(weights)).sum()
    }

    pub(super) fn state(&self) -> OptimizerState<F> {
        let Self { optimizer, .. } = self;
        let (first, second) = (optimizer.first().to_vec(), optimizer.second().to_vec());
        OptimizerState { steps: optimizer.steps(), first, second }
    }

    pub(super) fn restore(&mut self, state: &OptimizerState<F>) -> Result<()> {
        self.optimizer.restore(state.steps, &state.first, &state.second)
    }

    /// The optimizer with its state.
    pub fn optimizer(&self) -> &Optimizer<F> {
        &self.optimizer
    }

    /// What the last step computed on the way forward.
    pub fn forward_pass(&self) -> &ForwardPass<F> {
        &self.pass
    }

    /// What the last step computed on the way back.
    pub fn gradients(&self) -> &Gradients<F> {
        &self.gradients
    }

    /// The threads and instruction set that the plan computes with.
    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }
}
