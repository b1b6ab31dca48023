//! From a data set to a model.

use super::fit::fit;
use super::resolve::{Resolved, resolve};
use super::{Callback, History, MemoryEstimate, Precision, TrainingConfig, describe};
use crate::data::{
    Dataset, Outputs, Preprocessing, PreprocessingConfig, Samples, Standardize, Task, Weighting, split,
    stratification,
};
use crate::loss::Loss;
use crate::model::{AnyNetwork, Evaluation, Model};
use crate::network::Network;
use crate::{Float, Result};
use chainrule_kernels::cpu::Cpu;

/// Trains models by one configuration.
///
/// ```
/// use chainrule::data::embedded;
/// use chainrule::training::{Trainer, TrainingConfig};
///
/// let config = TrainingConfig { hidden: vec![16], epochs: 30, ..TrainingConfig::default() };
/// let model = Trainer::new(config).fit(&embedded::iris()?)?;
/// assert!(model.evaluate(&embedded::iris()?)?.accuracy().unwrap() > 0.9);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainingConfig,
}

/// The data of a training. Without a table of its own, validation or test takes the share of the rows that the
/// configuration says.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The rows to train on.
    pub data: &'a Dataset,
    /// The rows to validate on.
    pub validation: Option<&'a Dataset>,
    /// The rows to test on.
    pub test: Option<&'a Dataset>,
}

/// A finished training.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it was for.
    pub model: Model,
    /// What happened.
    pub history: History,
    /// How the model does on each part, and the baselines beside it.
    pub results: Results,
    /// What the data made of the configuration, in sentences: task, splits.
    pub notes: Vec<String>,
    /// What the user should know: constant columns, categories that training did not see.
    pub warnings: Vec<String>,
    /// Threads that worked.
    pub threads: usize,
}

/// How a model does on the parts of its data.
#[derive(Clone, Debug)]
pub struct Results {
    /// On the rows it was trained on.
    pub train: Evaluation,
    /// On the rows that decided when to stop.
    pub validation: Option<Evaluation>,
    /// On rows that decided nothing.
    pub test: Option<Evaluation>,
    /// How simple models do, on the test rows where there are some, else on the validation rows, else on the training rows.
    pub baselines: Baselines,
}
