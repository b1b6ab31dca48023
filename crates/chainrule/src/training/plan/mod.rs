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
use crate::data::{Batch, Inputs, Samples};
use crate::loss::Objective;
use crate::network::Network;
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

/// Steps that are best asked for together, at most.
pub const MOST_AT_ONCE: usize = 32;

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

/// A step to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step<'a> {
    /// The batch: numbers of rows.
    pub rows: &'a [u32],
    /// η of this step.
    pub learning_rate: f64,
    /// λ of coupled weight decay, besides that of the optimizer's configuration.
    pub coupled_decay: f64,
}

/// A step that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepEnd {
    /// The loss before the step; none, and no step, for a batch of weight 0.
    pub loss: Option<f64>,
    /// The sum of the squares of all weights, without biases, before the step; 0 without [`Plan::watch_weights`].
    pub squared_weights: f64,
}

/// Steps over the same samples, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a, F: Float> {
    /// Targets and weights of all rows. Their columns are not looked at.
    pub samples: &'a Samples<F>,
    /// The inputs of all rows.
    pub inputs: Inputs<'a, F>,
    /// The steps in their order.
    pub steps: &'a [Step<'a>],
    /// The rows of the batch after the last, as far as they are known: they are brought nearer. Changes no result.
    pub ahead: &'a [u32],
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
        let inputs = (&batch.samples.columns).into();
        let steps = &[Step { rows: batch.rows, learning_rate, coupled_decay: 0.0 }];
        let mut loss = None;
        let steps = Steps { samples: batch.samples, inputs, steps, ahead: &[] };
        self.steps(&steps, &mut |end| loss = end.loss)?;
        Ok(loss)
    }

    /// Steps one after the other; `ended` is told of each of them in turn, though perhaps only when several are made.
    ///
    /// Threads go from one step to the next without being called together for each: [`steps_at_once`](Self::steps_at_once) says how many
    /// are worth asking for together.
    ///
    /// # Errors
    /// [`Divergence`] when a loss is not finite. The parameters are then as they were before that step.
    ///
    /// # Panics
    /// When the inputs or targets are not those of the network.
    pub fn steps(&mut self, steps: &Steps<'_, F>, ended: &mut dyn FnMut(StepEnd)) -> Result<(), Divergence> {
        match &mut self.0 {
            Form::Fused(plan) => plan.steps(steps, ended),
            Form::Separate(plan) => steps.steps.iter().try_for_each(|step| {
                ended(plan.step_of(step, steps.samples, steps.inputs)?);
                Ok(())
            }),
        }
    }

    /// How many steps over so many rows are best asked for together: as many as take a fraction of a millisecond, and at most
    /// [`MOST_AT_ONCE`].
    pub fn steps_at_once(&self, batch_rows: usize) -> usize {
        match &self.0 {
            Form::Fused(plan) => plan.steps_at_once(batch_rows),
            Form::Separate(_) => 1,
        }
    }

    /// Has the loss reported as if no probability were nearer to 0 or 1 than `floor`, under the two cross-entropies against classes
    /// or labels of 0 and 1. The gradient, and with it the step, stays that of the loss as it is.
    pub fn floor_probabilities(&mut self, floor: f64) {
        either!(&mut self.0, plan => plan.floor_probabilities(floor));
    }

    /// Has the steps that follow find [`StepEnd::squared_weights`].
    pub fn watch_weights(&mut self) {
        either!(&mut self.0, plan => plan.watch_weights());
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
