//! The loss of all rows as a function of the parameters, with its gradient: for a minimiser that is not ours.
//!
//! SciPy's L-BFGS drives the `lbfgs` of scikit-learn's pair. It asks for the loss at points of its choice; the definitions are those
//! of [`Steered`](super::Steered): ½λ‖W‖² is divided by the weight of the rows.

use super::Report;
use super::steered::reported;
use crate::Float;
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Inputs, Samples};
use crate::loss::Objective;
use crate::network::{ForwardPass, Network, Parameters};
use chainrule_kernels::cpu::Cpu;

/// Loss and gradient over all rows of some samples.
#[derive(Debug)]
pub struct FullLoss<F> {
    network: Network<F>,
    objective: Objective,
    report: Report,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    rows: Vec<u32>,
    cpu: Cpu,
}

impl<F: Float> FullLoss<F> {
    /// The loss of so many samples under a network like this one.
    pub fn new(
        network: Network<F>,
        objective: Objective,
        report: Report,
        n_samples: usize,
        cpu: Cpu,
    ) -> Self {
        Self {
            pass: ForwardPass::new(&network, n_samples),
            gradients: Gradients::new(&network, n_samples),
            rows: (0..n_samples as u32).collect(),
            network,
            objective,
            report,
            cpu,
        }
    }

    /// The network at whose parameters the loss is taken.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    /// The gradient of the last evaluation, laid out as the network's parameters.
    pub fn gradients(&self) -> &Parameters<F> {
        &self.gradients.parameters
    }

    /// The same network, to be given other parameters.
    pub fn network_mut(&mut self) -> &mut Network<F> {
        &mut self.network
    }

    /// The loss at the network's parameters. Its gradient is then [`gradients`](Self::gradients).
    ///
    /// # Panics
    /// When inputs or targets are not those of the network, or not as many as this was made for.
    pub fn evaluate(&mut self, samples: &Samples<F>, inputs: Inputs<'_, F>, l2: f64) -> f64 {
        let Self { network, objective, report, pass, gradients, rows, cpu } = self;
        let batch = Batch { samples, rows };
        network.forward_rows(cpu, inputs, rows, None, pass);
        let Some(mut loss) = backward(network, objective, &batch, None, pass, cpu, gradients) else {
            gradients.parameters.values.fill(F::ZERO);
            return 0.0;
        };
        if *report == Report::ScikitLearn {
            let floor = F::EPSILON.to_f64();
            loss = objective.floored(cpu, pass.last(), &batch, floor).unwrap_or(loss);
        }
        loss = reported(*report, objective, &batch, loss);
        let lambda = l2 / objective.batch_weight(&batch);
        for dense in network.layers() {
            let weights = network.parameters.tensor(dense.weight);
            loss += 0.5 * lambda * cpu.sum_of_squares(weights);
            for (g, &w) in gradients.parameters.tensor_mut(dense.weight).iter_mut().zip(weights) {
                *g = F::from_f64(lambda).mul_add(w, *g);
            }
        }
        loss
    }
}
