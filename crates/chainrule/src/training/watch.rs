//! What every training does at an epoch's end, however its steps are made: validate, take note, decide whether to stop,
//! and keep the best weights.

use super::early_stopping::Verdict;
use super::held::Held;
use super::measures::places;
use super::resolve::Resolved;
use super::{Callback, Continue, EarlyStopping, Epoch, History, LayerNorms, StoppedBy, TrainingConfig};
use crate::Result;
use crate::model::file::tensors::Stored;
use crate::model::{Score, ScoreSum};
use crate::network::Network;
use crate::optimizer::ScheduleKind;
use chainrule_kernels::cpu::Cpu;

/// Everything about a training that does not depend on how its steps are made: validation, history, stopping, and
/// the best weights.
pub(super) struct Watch<'a, F> {
    config: &'a TrainingConfig,
    pub(super) resolved: &'a Resolved,
    validation: Option<&'a Held<F>>,
    pub(super) callback: &'a mut dyn Callback,
    pub(super) stopping: EarlyStopping,
    pub(super) history: History,
    pub(super) best: Vec<F>,
    /// Of the last step of the epoch at hand, where they are measured.
    pub(super) norms: Vec<LayerNorms>,
    /// Where the watched weights are.
    places: Vec<usize>,
    start: f64,
}

impl<'a, F: Stored> Watch<'a, F> {
    pub(super) fn new(
        config: &'a TrainingConfig,
        validation: Option<&'a Held<F>>,
        resolved: &'a Resolved,
        callback: &'a mut dyn Callback,
        network: &Network<F>,
    ) -> Result<Self> {
        let watched = config.measures.weights.iter().map(|name| name.trim().to_owned()).collect();
        let (stopping, history) = (EarlyStopping::default(), History { watched, ..History::default() });
        let places = places(&network.parameters, &config.measures.weights)?;
        let start = (config.clock.0)();
        let (best, norms) = (Vec::new(), Vec::new());
        Ok(Self { config, resolved, validation, callback, stopping, history, best, norms, places, start })
    }

    pub(super) fn seconds(&self) -> f64 {
        (self.config.clock.0)() - self.start
    }

    /// Goes on from where an earlier training was; its seconds count too.
    pub(super) fn restore(&mut self, stopping: EarlyStopping, mut history: History, best: Vec<F>) {
        self.start -= history.seconds;
        // Values of other weights are not what is asked for now, and earlier ones of these are not known.
        if history.watched != self.history.watched {
            history.watched.clone_from(&self.history.watched);
            history.epochs.iter_mut().for_each(|epoch| epoch.weights.clear());
        }
        (self.stopping, self.history, self.best) = (stopping, history, best);
    }

    /// Why training does not go on with the next step, if somebody or the clock says so.
    pub(super) fn step_ends(&mut self) -> Option<StoppedBy> {
        let is_late = self.config.max_seconds > 0.0 && self.seconds() >= self.config.max_seconds;
        stopped_by(self.callback.step_ends()).or(is_late.then_some(StoppedBy::MaxSeconds))
    }

    /// Validates, takes note, and says whether and why training ends here. That it ends by itself is told before what somebody
    /// wishes: it would end here too if it were resumed.
    pub(super) fn epoch_ends(
        &mut self,
        network: &Network<F>,
        cpu: &Cpu,
        step: u64,
        train_loss: f64,
        learning_rate: f64,
    ) -> Result<Option<StoppedBy>> {
        let evaluation = self.validation.map(|held| self.score(network, held, cpu)).transpose()?;
        let validation_loss = evaluation.map(|evaluation| evaluation.loss);
        let monitored = validation_loss.unwrap_or(train_loss);
        let Verdict { best, stop } =
            self.stopping.epoch_ends(monitored, self.config.patience, self.config.tolerance);
        let number = self.history.epochs.len() + 1;
        if best && self.validation.is_some() {
            self.best.clone_from(&network.parameters.values);
            self.history.best_epoch = number;
        }
        let epoch = Epoch {
            epoch: number,
            step,
            train_loss,
            validation_loss,
            validation_score: evaluation.and_then(|evaluation| evaluation.score),
            learning_rate,
            seconds: self.seconds(),
            best,
            norms: std::mem::take(&mut self.norms),
            weights: self.places.iter().map(|&place| network.parameters.values[place].to_f64()).collect(),
        };
        let asked = self.callback.epoch_ends(&epoch);
        self.history.epochs.push(epoch);
        // The adaptive schedule answers a stalled loss itself.
        let patient = matches!(self.config.optimizer.schedule.kind, ScheduleKind::Adaptive(_));
        Ok(if self.config.target_loss > 0.0 && train_loss <= self.config.target_loss {
            Some(StoppedBy::TargetLoss)
        } else if stop && !(patient && self.validation.is_none()) {
            Some(StoppedBy::Patience)
        } else {
            stopped_by(asked)
        })
    }

    fn score(&self, network: &Network<F>, held: &Held<F>, cpu: &Cpu) -> Result<Score> {
        let objective = &self.resolved.objective;
        let mut sum = ScoreSum::default();
        held.each(cpu, |chunk| sum.add(network, objective, &chunk.samples, cpu))?;
        Ok(sum.finish(objective))
    }

    /// What has happened until now.
    pub(super) fn history_so_far(&self) -> History {
        History { seconds: self.seconds(), ..self.history.clone() }
    }

    /// The network with the best weights, and what happened.
    pub(super) fn finish(mut self, mut network: Network<F>, reason: StoppedBy) -> (Network<F>, History) {
        if self.best.len() == network.parameters.values.len() {
            network.parameters.values.copy_from_slice(&self.best);
        } else {
            // No validation, or none that was a number: the last weights are those that are kept.
            self.history.best_epoch = self.history.epochs.len();
        }
        self.history.stopped_by = Some(reason);
        self.history.seconds = self.seconds();
        (network, self.history)
    }
}

/// Whether a state is kept at an epoch's end. Where training stops by itself there is nothing to go on from: an earlier
/// checkpoint leads there again.
pub(super) fn keeps_after(stop: Option<StoppedBy>, is_time: impl FnOnce() -> bool) -> bool {
    stop.map_or_else(is_time, StoppedBy::is_from_outside)
}

/// Of two reasons to stop, the first that training has by itself.
pub(super) fn by_itself_first(stop: Option<StoppedBy>, other: Option<StoppedBy>) -> Option<StoppedBy> {
    stop.filter(|reason| !reason.is_from_outside()).or(other).or(stop)
}

/// What a callback's answer means.
fn stopped_by(answer: Continue) -> Option<StoppedBy> {
    match answer {
        Continue::Yes => None,
        Continue::No => Some(StoppedBy::Callback),
        Continue::Interrupted => Some(StoppedBy::Interrupted),
    }
}
