//! Training: from a data set and a configuration to a model.
//!
//! A [`Trainer`] splits the rows, learns the preprocessing from the training rows, builds the network and drives a
//! [`Plan`] epoch by epoch: a fresh random order, a step per batch, the validation loss, [`EarlyStopping`]. What
//! happened is the [`History`]; a [`Callback`] may watch and stop it. The same seed gives the same bits.

mod baselines;
mod benchmark;
mod callback;
#[cfg(feature = "fs")]
mod checkpoint;
mod clock;
mod config;
mod divergence;
mod early_stopping;
mod fit;
mod fit_lbfgs;
mod full_loss;
mod held;
mod history;
mod measures;
mod memory;
mod parts;
mod plan;
mod resolve;
mod rows;
mod snapshot;
mod source;
mod steered;
#[cfg(feature = "fs")]
mod streams;
mod trainer;
mod watch;

pub use baselines::{Baseline, Baselines};
pub use benchmark::{Benchmark, Speed};
pub use callback::{Callback, Continue};
#[cfg(feature = "fs")]
pub use checkpoint::{CheckpointConfig, Differences, Interval, Resume};
pub use clock::Clock;
pub use config::{BatchSize, Precision, TrainingConfig};
pub use divergence::Divergence;
pub use early_stopping::EarlyStopping;
pub use full_loss::FullLoss;
pub use history::{Epoch, History, StoppedBy};
pub use measures::{LayerNorms, Measures};
pub use memory::MemoryEstimate;
pub use parts::PerPart;
pub use plan::{OptimizerState, Plan, SeparatePlan};
pub use snapshot::Resumed;
pub use steered::{Diverged, Pass, PassEnd, Report, Steered};
#[cfg(feature = "fs")]
pub use streams::{StreamConfig, Streams};
pub use trainer::{Data, Parts, Results, Run, Trainer};
