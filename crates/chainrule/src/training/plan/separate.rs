//! The separate form of a step: forward, loss, backward, then update, with everything on the way kept.

use super::super::divergence::Divergence;
use super::OptimizerState;
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Inputs};
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
    /// Σ w² before the last step, where somebody asked for it.
    squared_weights: Option<f64>,
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
            squared_weights: None,
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
        self.step_on(batch, (&batch.samples.columns).into(), learning_rate)
    }

    pub(super) fn step_on(
        &mut self,
        batch: &Batch<'_, F>,
        inputs: Inputs<'_, F>,
        learning_rate: f64,
    ) -> Result<Option<f64>, Divergence> {
        let key = self.dropout_key();
        let Self { network, objective, pass, gradients, cpu, .. } = self;
        network.forward_rows(cpu, inputs, batch.rows, Some(key), pass);
        let Some(mut loss) = backward(network, objective, batch, Some(key), pass, cpu, gradients) else {
            return Ok(None);
        };
        if self.floor > 0.0 {
            loss = objective.floored(cpu, pass.last(), batch, self.floor).unwrap_or(loss);
        }
        if !loss.is_finite() {
            return Err(Divergence::of_loss(loss, &self.network, &self.pass));
        }
        self.square();
        let gradients = &mut self.gradients.parameters.values;
        self.optimizer.step(&self.cpu, &mut self.network.parameters, gradients, learning_rate);
        Ok(Some(loss))
    }

    /// The network as it is after the last step.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    pub(super) fn dropout_key(&self) -> DropoutKey {
        DropoutKey { seed: self.seed, step: self.optimizer.steps() }
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

    pub(super) fn optimizer_mut(&mut self) -> &mut Optimizer<F> {
        &mut self.optimizer
    }

    pub(super) fn floor_probabilities(&mut self, floor: f64) {
        self.floor = floor;
    }

    pub(super) fn watch_weights(&mut self) {
        self.squared_weights = Some(0.0);
    }

    pub(super) fn squared_weights(&self) -> f64 {
        self.squared_weights.unwrap_or(0.0)
    }

    fn square(&mut self) {
        if let Some(sum) = &mut self.squared_weights {
            let parameters = &self.network.parameters;
            let weights = self.network.layers().map(|dense| parameters.tensor(dense.weight));
            *sum = weights.map(|weights| self.cpu.sum_of_squares(weights)).sum();
        }
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
