//! What happened in a training, epoch by epoch.

use super::LayerNorms;
use std::fmt;

/// One finished epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// Steps done so far.
    pub step: u64,
    /// Mean of the batches' losses, each taken before its step, weighted as the rows are. Under a loss that is a sum,
    /// their sum.
    pub train_loss: f64,
    /// Loss over the validation rows after the epoch.
    pub validation_loss: Option<f64>,
    /// Accuracy over the validation rows, or R² of a regression.
    pub validation_score: Option<f64>,
    /// Learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Seconds since training began.
    pub seconds: f64,
    /// Whether the monitored loss was the lowest so far.
    pub best: bool,
    /// Of every dense layer, in the epoch's last step, where [`Measures`](super::Measures) ask for them; none if that step was
    /// not known to be the last, because a callback or the clock ended the epoch, or made no step for want of weight.
    pub norms: Vec<LayerNorms>,
    /// The values of the weights that [`History::watched`] names, after the epoch.
    pub weights: Vec<f64>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoppedBy {
    /// All epochs were done.
    Epochs,
    /// The monitored loss did not improve for `patience` epochs.
    Patience,
    /// The training loss reached `target_loss`.
    TargetLoss,
    /// `max_seconds` were over.
    MaxSeconds,
    /// The adaptive schedule reached its smallest learning rate.
    LearningRate,
    /// L-BFGS found a minimum, or no way further down.
    Converged,
    /// A callback asked for it.
    Callback,
    /// A callback could not wait: the epoch at hand is in no history, and nothing is measured.
    Interrupted,
}

impl StoppedBy {
    /// Whether training could have gone on but for somebody outside, or the clock.
    pub(super) fn is_from_outside(self) -> bool {
        matches!(self, Self::Callback | Self::Interrupted | Self::MaxSeconds)
    }
}

/// A finished training.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct History {
    /// The epochs in order.
    pub epochs: Vec<Epoch>,
    /// Number of the epoch whose weights were kept, from 1; 0 before the first.
    pub best_epoch: usize,
    /// Why it ended; none while it runs.
    pub stopped_by: Option<StoppedBy>,
    /// Seconds from the first step to the last.
    pub seconds: f64,
    /// Rows that went through a step, each as often as it did.
    pub samples_seen: u64,
    /// The weights whose values each epoch has.
    pub watched: Vec<String>,
}

impl fmt::Display for StoppedBy {
    /// The name that reports use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epochs => "epochs",
            Self::Patience => "patience",
            Self::TargetLoss => "target-loss",
            Self::MaxSeconds => "max-seconds",
            Self::LearningRate => "learning-rate",
            Self::Converged => "converged",
            Self::Callback => "callback",
            Self::Interrupted => "interrupted",
        })
    }
}
