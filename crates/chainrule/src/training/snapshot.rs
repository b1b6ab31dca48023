//! A training at the boundary between two steps: all that the steps to come depend on, besides data and configuration.
//!
//! Random numbers need no state of their own: the order of the rows is a function of (seed, epoch), and a dropout mask one of
//! (seed, step).

use super::{EarlyStopping, History, LayerNorms, OptimizerState};
use crate::network::Tensor;
use crate::optimizer::{AdaptiveState, LbfgsState, Progress};
use crate::{Float, Result};

/// The state of a training at a boundary of steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot<F> {
    pub(super) parameters: Vec<F>,
    pub(super) optimizer: OptimizerState<F>,
    /// Without the number of steps in all, which is the configuration's.
    pub(super) progress: Progress,
    /// Batches of the epoch at hand that are done.
    pub(super) position: usize,
    /// What they came to.
    pub(super) sums: EpochSums,
    pub(super) adaptive: AdaptiveState,
    pub(super) stopping: EarlyStopping,
    /// The epochs done, and the seconds so far.
    pub(super) history: History,
    /// The best weights; none before there are any.
    pub(super) best: Vec<F>,
    /// Of the last step of the epoch at hand, if that is done and they are measured.
    pub(super) norms: Vec<LayerNorms>,
    /// Where L-BFGS is, if that is the optimizer.
    pub(super) lbfgs: Option<LbfgsState>,
}

/// What the steps of one epoch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct EpochSums {
    pub(super) loss: crate::loss::LossSum,
    /// Of the last step.
    pub(super) learning_rate: f64,
}

/// Where snapshots go, and where a training that goes on finds the last one.
pub(super) trait Keeper<F: Float> {
    /// The snapshot to go on from, of parameters that lie as `table` says; none to begin at the beginning.
    fn resume(&mut self, table: &[Tensor]) -> Result<Option<(Snapshot<F>, Resumed)>>;
    /// Whether a snapshot is wanted here: `position` is 0 at an epoch's end.
    fn is_due(&self, progress: &Progress, position: usize, seconds: f64) -> bool;
    /// Keeps a snapshot.
    fn keep(&mut self, snapshot: &Snapshot<F>, table: &[Tensor]) -> Result<()>;
    /// Whether there is anywhere to keep one.
    fn is_there(&self) -> bool;
}

/// A training that goes on from where an earlier one was.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// The file that it goes on from.
    pub file: String,
    /// Steps done.
    pub step: u64,
    /// The epochs done.
    pub history: History,
    /// Files that were newer and could not be used, with the reason.
    pub passed_over: Vec<String>,
}

/// Nothing is kept.
impl<F: Float> Keeper<F> for () {
    fn resume(&mut self, _: &[Tensor]) -> Result<Option<(Snapshot<F>, Resumed)>> {
        Ok(None)
    }

    fn is_due(&self, _: &Progress, _: usize, _: f64) -> bool {
        false
    }

    fn keep(&mut self, _: &Snapshot<F>, _: &[Tensor]) -> Result<()> {
        Ok(())
    }

    fn is_there(&self) -> bool {
        false
    }
}
