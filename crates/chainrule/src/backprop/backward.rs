//! The backward pass over a batch.

use super::Gradients;
use crate::Float;
use crate::data::Batch;
use crate::loss::Objective;
use crate::network::{DropoutKey, ForwardPass, Network};
use chainrule_kernels::cpu::Cpu;

/// The loss of a batch and its derivatives, from the forward pass over the same batch.
///
/// `dropout` is the key that the forward pass had. The gradients are those of the loss alone: weight decay is the
/// optimizer's affair. None when the batch has weight 0: then nothing is computed and no step should follow.
///
/// # Panics
/// When `pass` and `batch` differ in their number of rows.
pub fn backward<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    batch: &Batch<'_, F>,
    dropout: Option<DropoutKey>,
    pass: &ForwardPass<F>,
    cpu: &Cpu,
    gradients: &mut Gradients<F>,
) -> Option<f64> {
    let Gradients { parameters, deltas } = gradients;
    for delta in deltas.iter_mut() {
        delta.set_rows(batch.rows.len());
    }
    let loss =
        objective.backward(cpu, network.output_activation(), pass.last(), batch, deltas.last_mut()?)?;
    let mut layers = network.layers().rev().zip((0..deltas.len()).rev()).peekable();
    while let Some((dense, l)) = layers.next() {
        let (before, rest) = deltas.split_at_mut(l);
        let delta = rest[0].view();
        let (dw, db) = parameters.layer_mut(dense);
        cpu.weight_gradient(delta, pass.inputs_of(l).view(), dw, db);
        let (Some((below, _)), Some(into)) = (layers.peek(), before.last_mut()) else { break };
        let (weight, below_pass) = (network.parameters.matrix(dense.weight), &pass.layers[l - 1]);
        let (z, a) = (below_pass.preactivations.view(), below_pass.activations.view());
        cpu.input_gradient(below.activation, delta, weight, z, a, into.view_mut());
        if let (Some(key), true) = (dropout, below.dropout > 0.0) {
            cpu.dropout(key.of_layer(l - 1), below.dropout, into.view_mut());
        }
    }
    Some(loss)
}
