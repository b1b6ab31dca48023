//! A training step in memory that is there already.
//!
//! A plan is made once from a network, an objective, an optimizer and the largest batch. It owns the network while
//! training lasts, and every activation, derivative and state that a step writes; a step allocates nothing. Today it
//! runs the separate form of a step: forward, loss, backward, then update. Its methods are the seam behind which
//! packed weights and fused updates can come.

use super::divergence::Divergence;
use crate::backprop::{Gradients, backward};
use crate::data::Batch;
use crate::loss::Objective;
use crate::network::{DropoutKey, ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig};
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;

/// Everything that a training step reads and writes.
#[derive(Debug)]
pub struct Plan<F> {
    network: Network<F>,
    objective: Objective,
    optimizer: Optimizer<F>,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    cpu: Cpu,
    seed: u64,
}

impl<F: Float> Plan<F> {
    /// A plan for steps over batches of up to `batch_rows` rows. `seed` decides the dropout masks.
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
            cpu,
            seed,
        })
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
        let key = DropoutKey { seed: self.seed, step: self.optimizer.steps() };
        let Self { network, objective, pass, gradients, cpu, .. } = self;
        network.forward_rows(cpu, &batch.samples.columns, batch.rows, Some(key), pass);
        let Some(loss) = backward(network, objective, batch, Some(key), pass, cpu, gradients) else {
            return Ok(None);
        };
        if !loss.is_finite() {
            return Err(Divergence::of_loss(loss, &self.network, &self.pass));
        }
        let gradients = &mut self.gradients.parameters.values;
        self.optimizer.step(&self.cpu, &mut self.network.parameters, gradients, learning_rate);
        Ok(Some(loss))
    }

    /// Checks that every parameter is finite: for the end of an epoch.
    ///
    /// # Errors
    /// [`Divergence`] with the first parameter that is not.
    pub fn check_parameters(&self) -> Result<(), Divergence> {
        if self.cpu.all_finite(&self.network.parameters.values) {
            return Ok(());
        }
        Err(Divergence::of_numbers("the parameter", &self.network.parameters))
    }

    /// The network as it is after the last step.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    /// The network, at the end of training.
    pub fn into_network(self) -> Network<F> {
        self.network
    }

    /// Puts the parameters back that [`network`](Self::network) once gave.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn set_parameters(&mut self, values: &[F]) {
        self.network.parameters.values.copy_from_slice(values);
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
