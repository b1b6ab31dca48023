//! The training loop over samples that are ready.

use super::divergence::Moment;
use super::resolve::Resolved;
use super::watch::Watch;
use super::{Callback, History, Plan, StoppedBy, TrainingConfig};
use crate::data::{Batch, Batches, Samples};
use crate::loss::LossSum;
use crate::network::Network;
use crate::optimizer::schedule::AdaptiveState;
use crate::optimizer::schedule::adaptive::EpochEnd;
use crate::optimizer::{Progress, Rule, ScheduleKind};
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;

/// Trains a new network on samples.
pub(super) fn fit<F: Float>(
    config: &TrainingConfig,
    resolved: &Resolved,
    train: &Samples<F>,
    validation: Option<&Samples<F>>,
    callback: &mut dyn Callback,
) -> Result<(Network<F>, History)> {
    let network = Network::new(&resolved.network, config.seed)?;
    let watch = Watch::new(config, validation, resolved, callback);
    if config.optimizer.rule == Rule::Lbfgs {
        return super::fit_lbfgs::fit(config, network, resolved, train, watch);
    }
    let cpu = Cpu::new(config.threads);
    let plan =
        Plan::new(network, resolved.objective, &config.optimizer, resolved.batch_rows, config.seed, cpu)?;
    let batches = Batches::new(train.n_samples(), resolved.batch_rows);
    let adaptive = AdaptiveState::new(config.optimizer.learning_rate);
    Epochs { config, plan, train, batches, adaptive, progress: Progress::default(), watch }.run()
}

/// A training by steps over batches.
struct Epochs<'a, F: Float> {
    config: &'a TrainingConfig,
    plan: Plan<F>,
    train: &'a Samples<F>,
    batches: Batches,
    adaptive: AdaptiveState,
    progress: Progress,
    watch: Watch<'a, F>,
}

/// What the steps of one epoch came to.
struct EpochSums {
    loss: LossSum,
    learning_rate: f64,
}

impl<F: Float> Epochs<'_, F> {
    fn run(mut self) -> Result<(Network<F>, History)> {
        self.progress.total_steps = (self.config.epochs * self.batches.len()) as u64;
        for epoch in 1..=self.config.epochs {
            let (sums, in_time) = self.epoch(epoch)?;
            // No row with a weight: no step was made, and nothing is wrong.
            let train_loss = sums.loss.of_all(&self.watch.resolved.objective).unwrap_or(0.0);
            let (step, rate) = (self.progress.step, sums.learning_rate);
            let (network, cpu) = self.plan.network_and_cpu();
            let mut stop = self.watch.epoch_ends(network, cpu, step, train_loss, rate);
            if self.adaptive_ends(train_loss) {
                stop = stop.or(Some(StoppedBy::LearningRate));
            }
            if !in_time {
                stop = Some(StoppedBy::MaxSeconds);
            }
            if let Some(reason) = stop {
                return Ok(self.watch.finish(self.plan.into_network(), reason));
            }
        }
        Ok(self.watch.finish(self.plan.into_network(), StoppedBy::Epochs))
    }

    /// One pass over the training rows. The flag says whether time was left for all of it.
    fn epoch(&mut self, epoch: usize) -> Result<(EpochSums, bool)> {
        if self.batches.len() > 1 {
            self.batches.shuffle(self.config.seed, epoch as u64);
        }
        let mut sums = EpochSums { loss: LossSum::default(), learning_rate: self.learning_rate() };
        let objective = self.watch.resolved.objective;
        let mut samples = 0;
        let mut batches = self.batches.iter().peekable();
        while let Some(rows) = batches.next() {
            if let Some(next) = batches.peek() {
                self.plan.announce(next);
            }
            let batch = Batch { samples: self.train, rows };
            let schedule = &self.config.optimizer.schedule;
            sums.learning_rate = schedule.learning_rate(self.adaptive.learning_rate, &self.progress);
            let moment = Moment { epoch, step: self.progress.step + 1, learning_rate: sums.learning_rate };
            let loss =
                self.plan.step(&batch, sums.learning_rate).map_err(|found| found.into_error(moment))?;
            self.progress.step += 1;
            samples += rows.len() as u64;
            if let Some(loss) = loss {
                sums.loss.add(&objective, &batch, loss);
            }
            if !self.watch.step_ends() {
                break;
            }
        }
        let moment = Moment { epoch, step: self.progress.step, learning_rate: sums.learning_rate };
        self.plan.check_parameters().map_err(|found| found.into_error(moment))?;
        self.progress.epoch += 1;
        self.progress.samples += samples;
        self.watch.history.samples_seen += samples;
        Ok((sums, !self.watch.out_of_time()))
    }

    fn learning_rate(&self) -> f64 {
        self.config.optimizer.schedule.learning_rate(self.adaptive.learning_rate, &self.progress)
    }

    /// Lets the adaptive schedule see the loss; true when it has come to its end.
    fn adaptive_ends(&mut self, train_loss: f64) -> bool {
        let ScheduleKind::Adaptive(adaptive) = self.config.optimizer.schedule.kind else { return false };
        adaptive.epoch_ends(&mut self.adaptive, train_loss) == EpochEnd::Exhausted
    }
}
