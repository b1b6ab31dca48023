//! Watching a training, and stopping it.

use super::{Epoch, Resumed, TrainingConfig};

/// Whether training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// With the next step.
    Yes,
    /// Stop here, keep what there is, and measure it.
    No,
    /// Stop here and return: somebody waits. What there is is kept, but nothing is measured any more.
    Interrupted,
}

/// What is told of a training while it runs. Every function may be left out.
pub trait Callback {
    /// Before the first step: the configuration with the task that it came to, what the data made of it in a sentence each, and
    /// the number of parameters.
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

    /// After every step, so it must be quick; training ends with the first step that it refuses to follow. Where there are
    /// checkpoints, one of them goes on from there.
    fn step_ends(&mut self) -> Continue {
        Continue::Yes
    }

    /// After every epoch.
    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        let _ = epoch;
        Continue::Yes
    }
}

/// Nobody watches.
impl Callback for () {}
