//! The gradient of each example by itself.

use super::{Gradients, backward};
use crate::data::Batch;
use crate::loss::Objective;
use crate::network::{ForwardPass, Network};
use crate::{Float, Matrix};
use chainrule_kernels::cpu::Cpu;

/// ∂`ℓ_n/∂θ` for every row n of a batch: rows × parameters, in the places of the network's table.
///
/// `ℓ_n` is the loss of the row as a batch of its own and of weight 1. Under a loss that is a mean, the batch's
/// gradient is the weighted mean of these rows, under a sum their weighted sum; it is not what the mean error of the
/// batch, carried back once, would give.
///
/// Training never calls this: [`backward`] has the same sum as one product, without its terms.
pub fn per_example_gradients<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    batch: &Batch<'_, F>,
    cpu: &Cpu,
) -> Matrix<F> {
    let mut samples = batch.samples.select(batch.rows);
    samples.weights = None;
    let mut pass = ForwardPass::new(network, 1);
    let mut gradients = Gradients::new(network, 1);
    let mut rows = Matrix::zeros(batch.rows.len(), network.parameters.len());
    for row in 0..batch.rows.len() as u32 {
        let example = Batch { samples: &samples, rows: &[row] };
        network.forward_rows(cpu, &samples.columns, example.rows, None, &mut pass);
        backward(network, objective, &example, None, &pass, cpu, &mut gradients);
        rows.row_mut(row as usize).copy_from_slice(&gradients.parameters.values);
    }
    rows
}
