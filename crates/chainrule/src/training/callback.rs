//! Watching a training, and stopping it.

use super::{Epoch, Resumed, TrainingConfig};

/// Whether training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// With the next epoch.
    Yes,
    /// Stop here and keep what there is.
    No,
}

/// What is told of a training while it runs. Every function may be left out.
pub trait Callback {
    /// Before the first step: the configuration, what the data made of it in a sentence each, and the number of
    /// parameters.
    fn begins(&mut self, config: &TrainingConfig, notes: &[String], n_parameters: usize) {
        let _ = (config, notes, n_parameters);
    }

    /// Before the first step: something about the data that the user should know.
    fn warns(&mut self, warning: &str) {
        let _ = warning;
    }

    /// Before the first step, of a training that goes on from an earlier one.
    fn resumes(&mut self, from: &Resumed) {
        let _ = from;
    }

    /// Between steps, so it must be quick; training ends where it refuses to go on. Where there are checkpoints, one of them
    /// goes on from there.
    fn step_ends(&mut self) -> Continue {
        Continue::Yes
    }

    /// After how many steps at most [`step_ends`](Self::step_ends) is asked: short steps are made several at a time, for a fraction of a
    /// millisecond, unless it is fewer.
    fn most_steps(&self) -> usize {
        usize::MAX
    }

    /// After every epoch.
    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        let _ = epoch;
        Continue::Yes
    }
}

/// Nobody watches.
impl Callback for () {}
