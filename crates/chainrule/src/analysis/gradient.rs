//! Loss and gradient of a network over all rows, asked for at one point after the other.

use crate::Float;
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Samples};
use crate::loss::Objective;
use crate::network::{ForwardPass, Network};
use chainrule_kernels::cpu::Cpu;

/// A network whose parameters may be moved, with memory for its passes.
#[derive(Debug)]
pub(super) struct Gradient<'a, F> {
    network: Network<F>,
    objective: &'a Objective,
    samples: &'a Samples<F>,
    cpu: &'a Cpu,
    rows: Vec<u32>,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
}

impl<'a, F: Float> Gradient<'a, F> {
    pub(super) fn new(
        network: &Network<F>,
        objective: &'a Objective,
        samples: &'a Samples<F>,
        cpu: &'a Cpu,
    ) -> Self {
        let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
        Self {
            pass: ForwardPass::new(network, rows.len()),
            gradients: Gradients::new(network, rows.len()),
            network: network.clone(),
            objective,
            samples,
            cpu,
            rows,
        }
    }

    pub(super) fn parameters_mut(&mut self) -> &mut [F] {
        &mut self.network.parameters.values
    }

    /// The loss where the parameters are; without dropout. None where no row has weight.
    pub(super) fn evaluate(&mut self) -> Option<f64> {
        let Self { network, objective, samples, cpu, rows, pass, gradients } = self;
        let batch = Batch { samples, rows };
        network.forward_rows(cpu, &samples.columns, rows, None, pass);
        backward(network, objective, &batch, None, pass, cpu, gradients)
    }

    /// The gradient of the last evaluation.
    pub(super) fn values(&self) -> &[F] {
        &self.gradients.parameters.values
    }
}
