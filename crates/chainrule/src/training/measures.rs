//! What a training measures of itself beside losses, where somebody asks for it.
//!
//! Norms are those of an epoch's last step. A mean over all steps would need every gradient, which a fused step never has
//! as a whole: it would slow the training down to tell of it. For one step of an epoch forward and backward pass are
//! made once more beside it, with its rows, weights and dropout masks, and the step itself stays what it is: what is
//! measured changes no bit of a training.

use crate::backprop::{Gradients, backward, norm};
use crate::data::Batch;
use crate::loss::Objective;
use crate::network::{DropoutKey, ForwardPass, Network, Parameters, parameter_place};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::Cpu;

/// What a training measures in every epoch, beside the losses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Whether [`Epoch::norms`](super::Epoch::norms) are measured.
    pub norms: bool,
    /// Weights and biases, such as `layers.0.weight[0,1]`, whose values are taken down after every epoch.
    pub weights: Vec<String>,
}

/// The sizes of gradient and step in one dense layer, in the last step of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorms {
    /// ‖∂L/∂W‖, L the loss of the step's batch: without weight decay, and before clipping.
    pub gradient: f64,
    /// ‖W after the step − W before it‖.
    pub update: f64,
}

/// Measures the norms of a step.
#[derive(Debug)]
pub(super) struct NormMeter<F> {
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    before: Vec<F>,
}

impl<F: Float> NormMeter<F> {
    /// For steps over batches of up to `rows` rows, if somebody asks for it.
    pub(super) fn new(measures: &Measures, network: &Network<F>, rows: usize) -> Option<Self> {
        measures.norms.then(|| Self {
            pass: ForwardPass::new(network, rows),
            gradients: Gradients::new(network, rows),
            before: Vec::new(),
        })
    }

    /// Before the step; whether the batch has any gradient.
    pub(super) fn before(
        &mut self,
        network: &Network<F>,
        objective: &Objective,
        batch: &Batch<'_, F>,
        key: Option<DropoutKey>,
        cpu: &Cpu,
    ) -> bool {
        self.before.clone_from(&network.parameters.values);
        network.forward_rows(cpu, &batch.samples.columns, batch.rows, key, &mut self.pass);
        backward(network, objective, batch, key, &self.pass, cpu, &mut self.gradients).is_some()
    }

    /// After the step: the norms of every dense layer, from the first to the last.
    pub(super) fn after(&self, network: &Network<F>) -> Vec<LayerNorms> {
        let norms = network.layers().map(|dense| {
            let range = network.parameters.tensors[dense.weight].range.clone();
            let pairs = network.parameters.values[range.clone()].iter().zip(&self.before[range]);
            let moved: Vec<f64> = pairs.map(|(after, before)| after.to_f64() - before.to_f64()).collect();
            let gradient = norm(self.gradients.parameters.tensor(dense.weight));
            LayerNorms { gradient, update: norm(&moved) }
        });
        norms.collect()
    }
}

/// Where the parameters of these names are.
pub(super) fn places<F: Float>(parameters: &Parameters<F>, names: &[String]) -> Result<Vec<usize>> {
    let mut places = Vec::new();
    for name in names {
        let place = parameter_place(parameters, name)?;
        if places.contains(&place) {
            return Err(Error::configuration(format!(
                "the values of {} are asked for twice\nname each weight once",
                name.trim()
            )));
        }
        places.push(place);
    }
    Ok(places)
}
