//! Training by L-BFGS: one iteration is one epoch.
//!
//! The optimizer works in f64 on the objective with its weight decay, ½λ‖W‖² without biases, and asks for loss and
//! gradient of the whole training set at points of its own choice. A network of f32 is evaluated in f32. Between two iterations
//! everything is known that the next one needs, so a checkpoint is taken there.

use super::divergence::{Divergence, Moment};
use super::measures::NormMeter;
use super::resolve::Resolved;
use super::snapshot::{EpochSums, Keeper, Snapshot};
use super::watch::{Watch, by_itself_first, keeps_after};
use super::{History, OptimizerState, StoppedBy, TrainingConfig};
use crate::backprop::{Gradients, backward};
use crate::data::{Batch, Samples};
use crate::loss::Objective;
use crate::model::file::tensors::Stored;
use crate::network::{ForwardPass, Network};
use crate::optimizer::lbfgs::Stop;
use crate::optimizer::{AdaptiveState, Lbfgs, LbfgsConfig, Progress};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::Cpu;

pub(super) fn fit<F: Stored>(
    config: &TrainingConfig,
    network: Network<F>,
    resolved: &Resolved,
    train: &Samples<F>,
    watch: Watch<'_, F>,
    keeper: &mut dyn Keeper<F>,
) -> Result<(Network<F>, History)> {
    if network.layers().any(|layer| layer.dropout > 0.0) {
        return Err(Error::configuration(
            "optimizer 'lbfgs' cannot train with dropout: its line search needs the same loss at the same weights",
        ));
    }
    let n_samples = train.n_samples();
    let rows: Vec<u32> = (0..n_samples as u32).collect();
    let x: Vec<f64> = network.parameters.values.iter().map(|w| w.to_f64()).collect();
    let lbfgs = Lbfgs::new(x.len(), LbfgsConfig::default())?;
    let norms = NormMeter::new(&config.measures, &network, n_samples);
    let full = FullBatch {
        pass: ForwardPass::new(&network, n_samples),
        gradients: Gradients::new(&network, n_samples),
        network,
        objective: resolved.objective,
        weight_decay: config.optimizer.weight_decay,
        batch: Batch { samples: train, rows: &rows },
        cpu: Cpu::new(config.threads),
    };
    Iterations { epochs: config.epochs, lbfgs, x, full, norms, watch, keeper }.run()
}

/// A training by iterations over all rows.
struct Iterations<'a, 'w, F: Float> {
    epochs: usize,
    lbfgs: Lbfgs,
    /// The parameters.
    x: Vec<f64>,
    full: FullBatch<'a, F>,
    norms: Option<NormMeter<F>>,
    watch: Watch<'w, F>,
    keeper: &'a mut dyn Keeper<F>,
}

impl<F: Stored> Iterations<'_, '_, F> {
    fn run(mut self) -> Result<(Network<F>, History)> {
        self.resume()?;
        for epoch in self.watch.history.epochs.len() + 1..=self.epochs {
            let stop = self.iterate(epoch)?;
            let stop = by_itself_first(stop, self.watch.step_ends());
            if keeps_after(stop, || epoch == self.epochs || self.is_due()) {
                self.keep()?;
            }
            if let Some(reason) = stop {
                return Ok(self.watch.finish(self.full.network, reason));
            }
        }
        Ok(self.watch.finish(self.full.network, StoppedBy::Epochs))
    }

    /// One iteration, and why training ends with it, if it does.
    fn iterate(&mut self, epoch: usize) -> Result<Option<StoppedBy>> {
        let full = &mut self.full;
        // An iteration is a step.
        let meter = self.norms.as_mut().and_then(|meter| {
            let has_gradient = meter.before(&full.network, &full.objective, &full.batch, None, &full.cpu);
            has_gradient.then_some(meter)
        });
        let mut objective = |x: &[f64], gradient: &mut [f64]| full.evaluate(x, gradient);
        let outcome = self.lbfgs.iterate(&mut self.x, &mut objective);
        full.set(&self.x);
        if outcome.stop == Some(Stop::NotFinite) {
            let moment = Moment { epoch, step: epoch as u64, learning_rate: outcome.step_length };
            return Err(full.divergence(outcome.loss).into_error(moment));
        }
        if let Some(meter) = meter {
            self.watch.norms = meter.after(&full.network);
        }
        self.watch.history.samples_seen += (outcome.evaluations * full.batch.rows.len()) as u64;
        let loss = outcome.loss - full.penalty();
        let (network, cpu) = (&full.network, &full.cpu);
        let stop = self.watch.epoch_ends(network, cpu, epoch as u64, loss, outcome.step_length)?;
        Ok(by_itself_first(stop, outcome.stop.map(|_| StoppedBy::Converged)))
    }

    /// Steps, epochs and rows so far.
    fn progress(&self) -> Progress {
        let (done, samples) = (self.watch.history.epochs.len() as u64, self.watch.history.samples_seen);
        Progress { step: done, epoch: done, samples, total_steps: 0 }
    }

    fn is_due(&self) -> bool {
        self.keeper.is_there() && self.keeper.is_due(&self.progress(), 0, self.watch.seconds())
    }

    fn keep(&mut self) -> Result<()> {
        if !self.keeper.is_there() {
            return Ok(());
        }
        let parameters = &self.full.network.parameters;
        let snapshot = Snapshot {
            parameters: parameters.values.clone(),
            optimizer: OptimizerState { steps: 0, first: Vec::new(), second: Vec::new() },
            progress: self.progress(),
            position: 0,
            sums: EpochSums::default(),
            adaptive: AdaptiveState::new(0.0),
            stopping: self.watch.stopping,
            history: self.watch.history_so_far(),
            best: self.watch.best.clone(),
            norms: Vec::new(),
            lbfgs: self.lbfgs.state(),
        };
        self.keeper.keep(&snapshot, &parameters.tensors)
    }

    fn resume(&mut self) -> Result<()> {
        let found = self.keeper.resume(&self.full.network.parameters.tensors)?;
        let Some((snapshot, from)) = found else { return Ok(()) };
        let Some(state) = snapshot.lbfgs else {
            return Err(Error::model("the checkpoint is of another optimizer than lbfgs").in_file(&from.file));
        };
        self.lbfgs.restore(&state).map_err(|error| error.in_file(&from.file))?;
        self.x.copy_from_slice(&state.position);
        self.full.set(&self.x);
        self.watch.restore(snapshot.stopping, snapshot.history, snapshot.best);
        self.watch.callback.resumes(&from);
        Ok(())
    }
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
