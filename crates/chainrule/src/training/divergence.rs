//! Training that has left the finite numbers: where, and what to do.

use crate::network::{ForwardPass, Network, Parameters};
use crate::{Error, ErrorKind, Float};
use std::fmt;

/// A loss, a parameter or a gradient that is no finite number.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The loss that is not finite; none where it still was, and a parameter or a gradient was not.
    pub loss: Option<f64>,
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
        match self.loss {
            Some(loss) => {
                write!(f, "the loss became {loss}; the first numbers not finite were {}", self.place)
            }
            None => write!(f, "the loss was still finite; the first number not finite was {}", self.place),
        }
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

    /// Of a loss that is not finite, with the pass that led to it.
    pub(super) fn of_loss<F: Float>(loss: f64, network: &Network<F>, pass: &ForwardPass<F>) -> Self {
        Self { loss: Some(loss), place: first_non_finite_layer(network, pass) }
    }

    /// Of numbers that lie as parameters do, one of which is not finite; `kind` says what they are.
    pub(super) fn of_numbers<F: Float>(kind: &str, numbers: &Parameters<F>) -> Self {
        let first = numbers.values.iter().position(|x| !x.is_finite());
        let place = first.and_then(|index| {
            let tensor = numbers.tensors.iter().find(|tensor| tensor.range.contains(&index))?;
            let what =
                if numbers.values[index].to_f64().is_nan() { "not a number (NaN)" } else { "infinite" };
            Some(format!("{kind} {}, which is {what}", tensor.element_name(index)))
        });
        Self { loss: None, place: place.unwrap_or_else(|| kind.into()) }
    }
}

/// The first layer whose preactivations or activations are not all finite; else the loss itself.
fn first_non_finite_layer<F: Float>(network: &Network<F>, pass: &ForwardPass<F>) -> String {
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
