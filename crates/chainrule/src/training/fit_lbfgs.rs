//! Training by L-BFGS: one iteration is one epoch.
//!
//! The optimizer works in f64 on the objective with its weight decay, ½λ‖W‖² without biases, and asks for loss and
//! gradient of the whole training set at points of its own choice. A network of f32 is evaluated in f32.

use super::divergence::{Divergence, Moment};
use super::resolve::Resolved;
use super::watch::Watch;
use super::{History, StoppedBy, TrainingConfig};
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Samples};
use crate::loss::Objective;
use crate::model::file::tensors::Stored;
use crate::network::{ForwardPass, Network};
use crate::optimizer::lbfgs::Stop;
use crate::optimizer::{Lbfgs, LbfgsConfig};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::Cpu;

pub(super) fn fit<F: Stored>(
    config: &TrainingConfig,
    network: Network<F>,
    resolved: &Resolved,
    train: &Samples<F>,
    mut watch: Watch<'_, F>,
) -> Result<(Network<F>, History)> {
    if network.layers().any(|layer| layer.dropout > 0.0) {
        return Err(Error::configuration(
            "optimizer 'lbfgs' cannot train with dropout: its line search needs the same loss at the same weights",
        ));
    }
    let n_samples = train.n_samples();
    let rows: Vec<u32> = (0..n_samples as u32).collect();
    let mut x: Vec<f64> = network.parameters.values.iter().map(|w| w.to_f64()).collect();
    let mut lbfgs = Lbfgs::new(x.len(), LbfgsConfig::default())?;
    let mut full = FullBatch {
        pass: ForwardPass::new(&network, n_samples),
        gradients: Gradients::new(&network, n_samples),
        network,
        objective: resolved.objective,
        weight_decay: config.optimizer.weight_decay,
        batch: Batch { samples: train, rows: &rows },
        cpu: Cpu::new(config.threads),
    };
    for epoch in 1..=config.epochs {
        let outcome =
            lbfgs.iterate(&mut x, &mut |x: &[f64], gradient: &mut [f64]| full.evaluate(x, gradient));
        full.set(&x);
        if outcome.stop == Some(Stop::NotFinite) {
            let moment = Moment { epoch, step: epoch as u64, learning_rate: outcome.step_length };
            return Err(full.divergence(outcome.loss).into_error(moment));
        }
        watch.history.samples_seen += (outcome.evaluations * n_samples) as u64;
        let loss = outcome.loss - full.penalty();
        // Whether it asked for the end is known to what ends the epoch.
        let _ = watch.step_ends();
        let stop = watch.epoch_ends(&full.network, &full.cpu, epoch as u64, loss, outcome.step_length)?;
        let stop = stop.or(outcome.stop.map(|_| StoppedBy::Converged));
        let stop = stop.or(watch.out_of_time().then_some(StoppedBy::MaxSeconds));
        if let Some(reason) = stop {
            return Ok(watch.finish(full.network, reason));
        }
    }
    Ok(watch.finish(full.network, StoppedBy::Epochs))
}

/// The whole training set as a function of the parameters.
struct FullBatch<'a, F> {
    network: Network<F>,
    objective: Objective,
    weight_decay: f64,
    batch: Batch<'a, F>,
    pass: ForwardPass<F>,
    gradients: Gradients<F>,
    cpu: Cpu,
}

impl<F: Float> FullBatch<'_, F> {
    fn set(&mut self, x: &[f64]) {
        for (w, &x) in self.network.parameters.values.iter_mut().zip(x) {
            *w = F::from_f64(x);
        }
    }

    /// Loss with decay at `x`, and its gradient.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.set(x);
        let Self { network, objective, batch, pass, gradients, cpu, .. } = self;
        network.forward_rows(cpu, &batch.samples.columns, batch.rows, None, pass);
        let loss = backward(network, objective, batch, None, pass, cpu, gradients).unwrap_or(0.0);
        for (to, from) in gradient.iter_mut().zip(&self.gradients.parameters.values) {
            *to = from.to_f64();
        }
        for tensor in &self.network.parameters.tensors {
            for index in tensor.range.clone() {
                gradient[index] += self.weight_decay * tensor.weight_decay_factor * x[index];
            }
        }
        loss + self.penalty()
    }

    /// What is not finite where the last evaluation was: the loss or, if that is, the gradient.
    fn divergence(&self, loss: f64) -> Divergence {
        if loss.is_finite() {
            return Divergence::of_numbers("the gradient of", &self.gradients.parameters);
        }
        Divergence::of_loss(loss, &self.network, &self.pass)
    }

    /// ½λ‖W‖² at the network's parameters.
    fn penalty(&self) -> f64 {
        let parameters = &self.network.parameters;
        let squares = |range: std::ops::Range<usize>| self.cpu.sum_of_squares(&parameters.values[range]);
        let tensors = parameters.tensors.iter();
        tensors.map(|t| 0.5 * self.weight_decay * t.weight_decay_factor * squares(t.range.clone())).sum()
    }
}
