//! A training step in memory that is there already.
//!
//! A plan is made once from a network, an objective, an optimizer and the largest batch. It owns the network while
//! training lasts, and every activation, derivative and state that a step writes; a step allocates nothing.
//!
//! A step has two forms with the same bits. [Fused](fused), each weight moves in the product that computes its gradient, and
//! the gradient as a whole never exists. [`SeparatePlan`] computes all gradients first, for rules that need them
//! together (clipping asks for their norm) and for whoever wants to look at them.

mod fused;
mod separate;

use super::divergence::Divergence;
use crate::data::{Batch, Inputs};
use crate::loss::Objective;
use crate::network::{DropoutKey, Network};
use crate::optimizer::OptimizerConfig;
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;
use fused::FusedPlan;
pub use separate::SeparatePlan;

/// Everything that a training step reads and writes.
#[derive(Debug)]
pub struct Plan<F: Float>(Form<F>);

#[derive(Debug)]
enum Form<F: Float> {
    Fused(Box<FusedPlan<F>>),
    Separate(Box<SeparatePlan<F>>),
}

/// What an optimizer remembers from step to step, laid out as the parameters are.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState<F> {
    /// Steps made so far.
    pub steps: u64,
    /// The first number per parameter, if the rule has one: velocity, mean, or mean square.
    pub first: Vec<F>,
    /// The second number per parameter, if the rule has two.
    pub second: Vec<F>,
}

/// Calls a method of either form.
macro_rules! either {
    ($plan:expr, $form:ident => $result:expr) => {
        match $plan {
            Form::Fused($form) => $result,
            Form::Separate($form) => $result,
        }
    };
}

impl<F: Float> Plan<F> {
    /// A plan for steps over batches of up to `batch_rows` rows. `seed` decides the dropout masks.
    ///
    /// # Errors
    /// What [`Optimizer::new`](crate::optimizer::Optimizer::new) refuses.
    pub fn new(
        network: Network<F>,
        objective: Objective,
        optimizer: &OptimizerConfig,
        batch_rows: usize,
        seed: u64,
        cpu: Cpu,
    ) -> Result<Self> {
        Ok(Self(if optimizer.clip_norm > 0.0 {
            let plan = SeparatePlan::new(network, objective, optimizer, batch_rows, seed, cpu)?;
            Form::Separate(Box::new(plan))
        } else {
            Form::Fused(Box::new(FusedPlan::new(network, objective, optimizer, batch_rows, seed, cpu)?))
        }))
    }

    /// One step against the gradient of a batch's loss; returns the loss before it.
    ///
    /// None, and no step, for a batch of weight 0.
    ///
    /// # Errors
    /// [`Divergence`] when the loss is not finite. The parameters are then as they were before the step.
    ///
    /// # Panics
    /// When the columns or targets of the batch are not those of the network.
    pub fn step(&mut self, batch: &Batch<'_, F>, learning_rate: f64) -> Result<Option<f64>, Divergence> {
        self.step_on(batch, (&batch.samples.columns).into(), learning_rate)
    }

    /// As [`step`](Self::step), with inputs that lie elsewhere than in the samples, whose columns are not looked at.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// When the inputs or targets of the batch are not those of the network.
    pub fn step_on(
        &mut self,
        batch: &Batch<'_, F>,
        inputs: Inputs<'_, F>,
        learning_rate: f64,
    ) -> Result<Option<f64>, Divergence> {
        either!(&mut self.0, plan => plan.step_on(batch, inputs, learning_rate))
    }

    /// Sets λ of coupled weight decay for the steps that follow, whatever the rule; see
    /// [`Optimizer::set_coupled_decay`](crate::optimizer::Optimizer::set_coupled_decay).
    pub fn set_coupled_decay(&mut self, lambda: f64) {
        either!(&mut self.0, plan => plan.optimizer_mut().set_coupled_decay(lambda));
    }

    /// Has the loss reported as if no probability were nearer to 0 or 1 than `floor`, under the two cross-entropies against classes
    /// or labels of 0 and 1. The gradient, and with it the step, stays that of the loss as it is.
    pub fn floor_probabilities(&mut self, floor: f64) {
        either!(&mut self.0, plan => plan.floor_probabilities(floor));
    }

    /// Has the steps that follow find what [`squared_weights`](Self::squared_weights) gives.
    pub fn watch_weights(&mut self) {
        either!(&mut self.0, plan => plan.watch_weights());
    }

    /// The sum of the squares of all weights, without biases, as they were before the last step; 0 without
    /// [`watch_weights`](Self::watch_weights).
    pub fn squared_weights(&self) -> f64 {
        either!(&self.0, plan => plan.squared_weights())
    }

    /// What the optimizer remembers.
    pub fn optimizer_state(&self) -> OptimizerState<F> {
        either!(&self.0, plan => plan.state())
    }

    /// Puts back what [`optimizer_state`](Self::optimizer_state) once gave.
    ///
    /// # Errors
    /// [`Model`](crate::ErrorKind::Model) when it is of another rule or another network; nothing is changed then.
    pub fn restore_optimizer(&mut self, state: &OptimizerState<F>) -> Result<()> {
        either!(&mut self.0, plan => plan.restore(state))
    }

    /// Says which rows the batch after the next step will have, of the same samples: that step then brings them nearer. Changes
    /// no result.
    pub fn announce(&mut self, rows: &[u32]) {
        if let Form::Fused(plan) = &mut self.0 {
            plan.announce(rows);
        }
    }

    /// Checks that every parameter is finite: for the end of an epoch.
    ///
    /// # Errors
    /// [`Divergence`] with the first parameter that is not.
    pub fn check_parameters(&mut self) -> Result<(), Divergence> {
        let (network, cpu) = self.network_and_cpu();
        if cpu.all_finite(&network.parameters.values) {
            return Ok(());
        }
        Err(Divergence::of_numbers("the parameter", &network.parameters))
    }

    /// The network as it is after the last step.
    pub fn network(&mut self) -> &Network<F> {
        self.network_and_cpu().0
    }

    /// The network as it is after the last step, and the device.
    pub(in crate::training) fn network_and_cpu(&mut self) -> (&Network<F>, &Cpu) {
        either!(&mut self.0, plan => plan.network_and_cpu())
    }

    /// What the dropout masks of the next step are drawn from.
    pub(in crate::training) fn dropout_key(&self) -> DropoutKey {
        either!(&self.0, plan => plan.dropout_key())
    }

    /// The network, at the end of training.
    pub fn into_network(self) -> Network<F> {
        either!(self.0, plan => plan.into_network())
    }

    /// Puts the parameters back that [`network`](Self::network) once gave.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn set_parameters(&mut self, values: &[F]) {
        either!(&mut self.0, plan => plan.set_parameters(values));
    }

    /// The threads and instruction set that the plan computes with.
    pub fn cpu(&self) -> &Cpu {
        either!(&self.0, plan => plan.cpu())
    }
}
