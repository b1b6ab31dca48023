//! The training loop over samples that are ready.

use super::divergence::Moment;
use super::held::Held;
use super::measures::NormMeter;
use super::resolve::Resolved;
use super::rows::TrainingRows;
use super::snapshot::{EpochSums, Keeper, Snapshot};
use super::watch::{Watch, by_itself_first, keeps_after};
use super::{Callback, History, Plan, StoppedBy, TrainingConfig};
use crate::model::file::tensors::Stored;
use crate::network::Network;
use crate::optimizer::schedule::AdaptiveState;
use crate::optimizer::schedule::adaptive::EpochEnd;
use crate::optimizer::{Progress, Rule, ScheduleKind};
use crate::{Error, Result};
use chainrule_kernels::cpu::Cpu;

/// Trains a network on samples: a new one, or one that the keeper has kept.
pub(super) fn fit<F: Stored>(
    config: &TrainingConfig,
    resolved: &Resolved,
    train: TrainingRows<'_, F>,
    validation: Option<&Held<F>>,
    callback: &mut dyn Callback,
    keeper: &mut dyn Keeper<F>,
) -> Result<(Network<F>, History)> {
    let network = Network::new(&resolved.network, config.seed)?;
    let watch = Watch::new(config, validation, resolved, callback, &network)?;
    if config.optimizer.rule == Rule::Lbfgs {
        let samples = train.samples().ok_or_else(|| {
            Error::configuration(
                "optimizer 'lbfgs' needs every training row in each step, and they do not fit the buffer of the stream\n\
                 take another optimizer, a larger --stream-buffer, or train without --stream",
            )
        })?;
        return super::fit_lbfgs::fit(config, network, resolved, samples, watch, keeper);
    }
    let cpu = Cpu::new(config.threads);
    let norms = NormMeter::new(&config.measures, &network, resolved.batch_rows);
    let plan =
        Plan::new(network, resolved.objective, &config.optimizer, resolved.batch_rows, config.seed, cpu)?;
    let adaptive = AdaptiveState::new(config.optimizer.learning_rate);
    let (progress, sums) = (Progress::default(), EpochSums::default());
    Epochs { config, plan, train, adaptive, progress, position: 0, sums, norms, watch, keeper }.run()
}

/// A training by steps over batches.
struct Epochs<'a, F: Stored> {
    config: &'a TrainingConfig,
    plan: Plan<F>,
    train: TrainingRows<'a, F>,
    adaptive: AdaptiveState,
    progress: Progress,
    /// Batches of the epoch at hand that are done.
    position: usize,
    /// What they came to.
    sums: EpochSums,
    norms: Option<NormMeter<F>>,
    watch: Watch<'a, F>,
    keeper: &'a mut dyn Keeper<F>,
}

impl<F: Stored> Epochs<'_, F> {
    fn run(mut self) -> Result<(Network<F>, History)> {
        self.resume()?;
        self.progress.total_steps = (self.config.epochs * self.train.n_batches()) as u64;
        let done = usize::try_from(self.progress.epoch).unwrap_or(usize::MAX);
        for epoch in done.saturating_add(1)..=self.config.epochs {
            let cut = self.steps(epoch)?;
            if cut.is_some() {
                self.keep()?;
            }
            if cut == Some(StoppedBy::Interrupted) {
                self.check_parameters(epoch)?;
                return Ok(self.watch.finish(self.plan.into_network(), StoppedBy::Interrupted));
            }
            let stop = self.epoch_ends(epoch)?;
            if cut.is_none() && keeps_after(stop, || epoch == self.config.epochs || self.is_due()) {
                self.keep()?;
            }
            if let Some(reason) = cut.or(stop) {
                return Ok(self.watch.finish(self.plan.into_network(), reason));
            }
        }
        Ok(self.watch.finish(self.plan.into_network(), StoppedBy::Epochs))
    }

    /// The steps of an epoch, from `position` on; why no other may follow, if none may.
    fn steps(&mut self, epoch: usize) -> Result<Option<StoppedBy>> {
        self.train.begin(epoch as u64);
        if self.position == 0 {
            self.sums = EpochSums { learning_rate: self.learning_rate(), ..EpochSums::default() };
        }
        while self.position < self.train.n_batches() {
            self.step(epoch)?;
            let cut = self.watch.step_ends();
            if cut.is_some() {
                return Ok(cut);
            }
            // At an epoch's end the snapshot comes after the validation.
            if self.position < self.train.n_batches() && self.is_due() {
                self.keep()?;
            }
        }
        Ok(None)
    }

    fn step(&mut self, epoch: usize) -> Result<()> {
        let (learning_rate, n_batches) = (self.learning_rate(), self.train.n_batches());
        let Some((batch, next)) = self.train.batch(self.position, self.plan.cpu())? else { return Ok(()) };
        if let Some(next) = next {
            self.plan.announce(next);
        }
        self.sums.learning_rate = learning_rate;
        let moment = Moment { epoch, step: self.progress.step + 1, learning_rate };
        let is_last = self.position + 1 == n_batches;
        let meter = self.norms.as_mut().filter(|_| is_last).and_then(|meter| {
            let (key, objective) = (Some(self.plan.dropout_key()), &self.watch.resolved.objective);
            let (network, cpu) = self.plan.network_and_cpu();
            meter.before(network, objective, &batch, key, cpu).then_some(meter)
        });
        let loss = self.plan.step(&batch, learning_rate).map_err(|found| found.into_error(moment))?;
        if let Some(meter) = meter {
            self.watch.norms = meter.after(self.plan.network());
        }
        self.progress.step += 1;
        self.position += 1;
        if let Some(loss) = loss {
            self.sums.loss.add(&self.watch.resolved.objective, &batch, loss);
        }
        Ok(())
    }

    /// Takes note of an epoch, and says whether and why training ends with it.
    fn epoch_ends(&mut self, epoch: usize) -> Result<Option<StoppedBy>> {
        self.check_parameters(epoch)?;
        let samples = self.train.rows_of(self.position) as u64;
        self.position = 0;
        self.progress.epoch += 1;
        self.progress.samples += samples;
        self.watch.history.samples_seen += samples;
        // No row with a weight: no step was made, and nothing is wrong.
        let train_loss = self.sums.loss.of_all(&self.watch.resolved.objective).unwrap_or(0.0);
        let (step, rate) = (self.progress.step, self.sums.learning_rate);
        let (network, cpu) = self.plan.network_and_cpu();
        let stop = self.watch.epoch_ends(network, cpu, step, train_loss, rate)?;
        let exhausted = self.adaptive_ends(train_loss).then_some(StoppedBy::LearningRate);
        Ok(by_itself_first(stop, exhausted))
    }

    fn check_parameters(&mut self, epoch: usize) -> Result<()> {
        let moment = Moment { epoch, step: self.progress.step, learning_rate: self.sums.learning_rate };
        self.plan.check_parameters().map_err(|found| found.into_error(moment))
    }

    fn learning_rate(&self) -> f64 {
        self.config.optimizer.schedule.learning_rate(self.adaptive.learning_rate, &self.progress)
    }

    /// Lets the adaptive schedule see the loss; true when it has come to its end.
    fn adaptive_ends(&mut self, train_loss: f64) -> bool {
        let ScheduleKind::Adaptive(adaptive) = self.config.optimizer.schedule.kind else { return false };
        adaptive.epoch_ends(&mut self.adaptive, train_loss) == EpochEnd::Exhausted
    }

    fn is_due(&self) -> bool {
        self.keeper.is_there() && self.keeper.is_due(&self.progress, self.position, self.watch.seconds())
    }

    /// Keeps a snapshot. Parameters that are not finite are the end of the training, not something to keep.
    fn keep(&mut self) -> Result<()> {
        if !self.keeper.is_there() {
            return Ok(());
        }
        self.check_parameters(self.progress.epoch as usize + 1)?;
        let optimizer = self.plan.optimizer_state();
        let network = self.plan.network();
        let snapshot = Snapshot {
            parameters: network.parameters.values.clone(),
            optimizer,
            progress: self.progress,
            position: self.position,
            sums: self.sums,
            adaptive: self.adaptive,
            stopping: self.watch.stopping,
            history: self.watch.history_so_far(),
            best: self.watch.best.clone(),
            norms: self.watch.norms.clone(),
            lbfgs: None,
        };
        self.keeper.keep(&snapshot, &network.parameters.tensors)
    }

    fn resume(&mut self) -> Result<()> {
        let table = self.plan.network().parameters.tensors.clone();
        let Some((snapshot, from)) = self.keeper.resume(&table)? else { return Ok(()) };
        self.plan.set_parameters(&snapshot.parameters);
        self.plan.restore_optimizer(&snapshot.optimizer)?;
        (self.progress, self.position, self.sums) = (snapshot.progress, snapshot.position, snapshot.sums);
        // With other data, by force, the epoch may have become shorter.
        self.position = self.position.min(self.train.n_batches());
        // Only that schedule has a rate of its own; any other has the configuration's, which may be new, by force.
        if matches!(self.config.optimizer.schedule.kind, ScheduleKind::Adaptive(_)) {
            self.adaptive = snapshot.adaptive;
        }
        self.watch.restore(snapshot.stopping, snapshot.history, snapshot.best);
        self.watch.norms = snapshot.norms;
        self.watch.callback.resumes(&from);
        Ok(())
    }
}
