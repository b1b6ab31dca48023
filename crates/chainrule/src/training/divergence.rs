//! Training that has left the finite numbers: where, and what to do.

use crate::network::{ForwardPass, Network};
use crate::{Error, ErrorKind, Float};
use std::fmt;

/// A loss, or a parameter, that is no finite number.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The loss; NaN when it was a parameter that was found.
    pub loss: f64,
    /// What was not finite first, on the way from the inputs to the loss.
    pub place: String,
}

/// When a divergence was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    /// From 1.
    pub(super) epoch: usize,
    /// From 1.
    pub(super) step: u64,
    pub(super) learning_rate: f64,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the loss became {}; the first numbers not finite were {}", self.loss, self.place)
    }
}

impl std::error::Error for Divergence {}

impl Divergence {
    /// The error that a user sees.
    pub(super) fn into_error(self, moment: Moment) -> Error {
        let Moment { epoch, step, learning_rate } = moment;
        let message = format!(
            "training diverged in epoch {epoch} at step {step}: {self} (learning rate {learning_rate})\n\
             try a smaller learning rate (--learning-rate {}), gradient clipping (--clip-norm 1), or look for extreme \
             values in the data",
            learning_rate / 10.0
        );
        Error::new(ErrorKind::Diverged, message).with_source(self)
    }
}

/// The first layer whose preactivations or activations are not all finite; else the loss itself.
pub(super) fn first_non_finite_layer<F: Float>(network: &Network<F>, pass: &ForwardPass<F>) -> String {
    let finite = |values: &[F]| values.iter().all(|x| x.is_finite());
    if !finite(pass.input.values()) {
        return "in the inputs".into();
    }
    for (l, (dense, layer)) in network.layers().zip(&pass.layers).enumerate() {
        let parameters = dense.bias.into_iter().chain([dense.weight]);
        for tensor in parameters {
            if !finite(network.parameters.tensor(tensor)) {
                return format!("in {}", network.parameters.tensors[tensor].name);
            }
        }
        if !finite(layer.preactivations.values()) {
            return format!("the preactivations of layer {l} (layers.{l})");
        }
        if !finite(layer.activations.values()) {
            return format!("the activations of layer {l} (layers.{l})");
        }
    }
    "in the loss itself".into()
}

/// The first tensor with a parameter that is not finite.
pub(super) fn first_non_finite_tensor<F: Float>(network: &Network<F>) -> String {
    let parameters = &network.parameters;
    let broken = parameters.tensors.iter().find(|tensor| {
        let values = &parameters.values[tensor.range.clone()];
        values.iter().any(|x| !x.is_finite())
    });
    broken.map_or_else(|| "nowhere".into(), |tensor| format!("in {}", tensor.name))
}
