//! From a data set to a model.

use super::baselines::baselines;
#[cfg(feature = "fs")]
use super::checkpoint::{CheckpointConfig, Checkpoints, Fingerprint, Folder};
use super::fit::fit;
use super::held::Held;
use super::resolve::{Resolved, resolve};
use super::source::{Gathered, Rows, Source};
#[cfg(feature = "fs")]
use super::streams::Streams;
use super::{Baselines, Callback, History, MemoryEstimate, PerPart, Precision, StoppedBy, TrainingConfig};
use crate::Result;
use crate::data::split::{Split, SplitConfig, split};
use crate::data::{Chunk, Dataset, Preprocessing, PreprocessingConfig, Standardize, Task, stratification};
use crate::loss::Loss;
use crate::model::file::tensors::Stored;
use crate::model::{AnyNetwork, Evaluation, Model, PiecewiseEvaluation};
use crate::network::Network;
use chainrule_kernels::cpu::Cpu;
use std::collections::BTreeMap;

/// Trains models by one configuration.
///
/// ```
/// use chainrule::data::{ReadOptions, embedded};
/// use chainrule::optimizer::OptimizerConfig;
/// use chainrule::training::{Trainer, TrainingConfig};
///
/// let optimizer = OptimizerConfig { learning_rate: 0.01, ..OptimizerConfig::default() };
/// let config = TrainingConfig { hidden: vec![16], optimizer, ..TrainingConfig::default() };
/// let model = Trainer::new(config).fit(&embedded::read("iris", &ReadOptions::default())?)?;
/// assert!(model.evaluate(&embedded::read("iris", &ReadOptions::default())?)?.accuracy().unwrap() > 0.9);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    config: TrainingConfig,
    #[cfg(feature = "fs")]
    checkpoints: Option<CheckpointConfig>,
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

/// The data of a training: rows in memory, or a stream of them.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// Tables in memory.
    Tables(Parts<'a>),
    /// Tables that are read from files and never in memory as a whole.
    #[cfg(feature = "fs")]
    Streams(Streams<'a>),
}

/// A finished training.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it was for.
    pub model: Model,
    /// What happened.
    pub history: History,
    /// How the model does on each part, and the baselines beside it; none of a training that was
    /// [interrupted](super::Continue::Interrupted).
    pub results: Option<Results>,
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
    /// The model, on the rows it was trained on, those that decided when to stop, and those that decided nothing.
    pub model: PerPart<Evaluation>,
    /// Simple models, on the test rows where there are some, else on the validation rows, else on the training rows.
    pub baselines: Baselines,
}

impl<'a> Parts<'a> {
    /// One table, parts of which are held out as the configuration says.
    pub fn of(data: &'a Dataset) -> Self {
        Self { data, validation: None, test: None }
    }
}

impl<'a> From<Parts<'a>> for Data<'a> {
    fn from(parts: Parts<'a>) -> Self {
        Self::Tables(parts)
    }
}

impl<'a> From<&'a Dataset> for Data<'a> {
    fn from(data: &'a Dataset) -> Self {
        Self::Tables(Parts::of(data))
    }
}

#[cfg(feature = "fs")]
impl<'a> From<Streams<'a>> for Data<'a> {
    fn from(streams: Streams<'a>) -> Self {
        Self::Streams(streams)
    }
}

impl Trainer {
    /// A trainer by this configuration.
    pub fn new(config: TrainingConfig) -> Self {
        Self {
            config,
            #[cfg(feature = "fs")]
            checkpoints: None,
        }
    }

    /// The same trainer, which keeps the state of its training in a folder, and goes on from there if it is told to.
    ///
    /// A training that goes on has the same bits as one that was never interrupted. Checkpoints are written between steps, or
    /// between the iterations of `lbfgs`.
    #[cfg(feature = "fs")]
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: CheckpointConfig) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// The configuration.
    pub fn config(&self) -> &TrainingConfig {
        &self.config
    }

    /// Trains a model on a table, parts of which are held out as the configuration says.
    ///
    /// # Errors
    /// What [`TrainingConfig::validate`] refuses; [`ErrorKind::Data`](crate::ErrorKind::Data) for data that cannot be trained on,
    /// [`ErrorKind::Memory`](crate::ErrorKind::Memory) before a training that would not fit, and
    /// [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when loss or parameters stop being finite.
    pub fn fit<'a>(&self, data: impl Into<Data<'a>>) -> Result<Model> {
        self.run(data, &mut ()).map(|run| run.model)
    }

    /// Trains a model and measures it, watched by a callback.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn run<'a>(&self, data: impl Into<Data<'a>>, callback: &mut dyn Callback) -> Result<Run> {
        self.config.validate()?;
        #[cfg(feature = "fs")]
        let checkpoints = match &self.checkpoints {
            Some(config) => Some((config.clone(), Checkpoints::open(config)?)),
            None => None,
        };
        let Gathered { source, preprocessing, n_train, notes, warnings } = match data.into() {
            Data::Tables(parts) => self.tables(parts)?,
            #[cfg(feature = "fs")]
            Data::Streams(streams) => self.streams(streams)?,
        };
        let resolved = resolve(&self.config, &preprocessing, n_train)?;
        if resolved.objective.loss == Loss::Poisson {
            source.check_counts(&preprocessing)?;
        }
        let n_held = source.n_held(&preprocessing, resolved.batch_rows);
        let estimate = MemoryEstimate::new(&resolved.network, &self.config, n_held, resolved.batch_rows);
        #[cfg(feature = "fs")]
        let estimate = if checkpoints.is_some() { estimate.with_checkpoints() } else { estimate };
        estimate.check(self.config.memory_limit)?;
        for warning in &warnings {
            callback.warns(warning);
        }
        let decided = TrainingConfig { task: Some(preprocessing.task()), ..self.config.clone() };
        callback.begins(&decided, &notes, resolved.network.n_parameters()?);
        let prepared = Prepared {
            config: &self.config,
            #[cfg(feature = "fs")]
            checkpoints,
            preprocessing,
            resolved,
            n_train,
            notes,
            warnings,
        };
        match self.config.precision {
            Precision::F32 => prepared.train::<f32>(source, callback, AnyNetwork::F32),
            Precision::F64 => prepared.train::<f64>(source, callback, AnyNetwork::F64),
        }
    }

    /// What is learned of tables in memory.
    fn tables<'a>(&self, parts: Parts<'a>) -> Result<Gathered<'a>> {
        let (task, reason) = Task::resolve(&parts.data.targets, self.config.task)?;
        let (rows, mut warnings) = self.rows(parts, task)?;
        let (data, train) = (rows.train.data, &rows.train.rows);
        let (preprocessing, noticed) = Preprocessing::fit(data, train, &self.preprocessing(task))?;
        warnings.extend(noticed);
        let (n_train, source) = (train.len(), Source::Tables(rows));
        Ok(Gathered { source, preprocessing, n_train, notes: vec![reason], warnings })
    }

    /// Which rows of which table are for training, validation and test.
    fn rows<'a>(&self, parts: Parts<'a>, task: Task) -> Result<(PerPart<Rows<'a>>, Vec<String>)> {
        let config = self.split(parts.validation.is_some(), parts.test.is_some());
        let classes = stratification(parts.data, task, &self.config.map_labels)?;
        let (Split { train, validation, test }, warnings) =
            split(parts.data.n_rows, classes.as_deref(), &config)?;
        let part = |held_out: Vec<u32>, table: Option<&'a Dataset>| match table {
            Some(data) => Some(Rows { data, rows: (0..data.n_rows as u32).collect() }),
            None => (!held_out.is_empty()).then_some(Rows { data: parts.data, rows: held_out }),
        };
        let train = Rows { data: parts.data, rows: train };
        let (validation, test) = (part(validation, parts.validation), part(test, parts.test));
        Ok((PerPart { train, validation, test }, warnings))
    }

    /// The shares that are held out, where there is no table for them.
    pub(super) fn split(&self, has_validation: bool, has_test: bool) -> SplitConfig {
        let share = |fraction: f64, has_table: bool| if has_table { 0.0 } else { fraction };
        SplitConfig {
            validation: share(self.config.validation, has_validation),
            test: share(self.config.test, has_test),
            seed: self.config.seed,
        }
    }

    pub(super) fn preprocessing(&self, task: Task) -> PreprocessingConfig {
        let config = &self.config;
        let poisson = config.loss == Some(Loss::Poisson);
        PreprocessingConfig {
            task: Some(task),
            standardize_features: config.standardize,
            standardize_targets: if poisson { Standardize::No } else { config.standardize },
            missing: config.missing,
            map_labels: config.map_labels.clone(),
            class_weight: config.class_weight.clone(),
        }
    }
}

/// A training with nothing left to decide.
struct Prepared<'a> {
    config: &'a TrainingConfig,
    #[cfg(feature = "fs")]
    checkpoints: Option<(CheckpointConfig, Folder)>,
    preprocessing: Preprocessing,
    resolved: Resolved,
    n_train: usize,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Prepared<'_> {
    fn train<F: Stored>(
        mut self,
        source: Source<'_>,
        callback: &mut dyn Callback,
        any: fn(Network<F>) -> AnyNetwork,
    ) -> Result<Run> {
        let (mut held, noticed) = source.hold::<F>(&self.preprocessing)?;
        for warning in &noticed {
            callback.warns(warning);
        }
        self.warnings.extend(noticed);
        let (network, history) = self.fit(&held, callback)?;
        let model = Model {
            network: any(network.clone()),
            objective: self.resolved.objective,
            preprocessing: self.preprocessing.clone(),
            training: self.record(&history),
        };
        let cpu = Cpu::new(self.config.threads);
        let is_interrupted = history.stopped_by == Some(StoppedBy::Interrupted);
        let results =
            if is_interrupted { None } else { Some(self.results(&model, &network, &mut held, &cpu)?) };
        let (notes, warnings) = (self.notes, self.warnings);
        Ok(Run { model, history, results, notes, warnings, threads: cpu.threads() })
    }

    /// The quality of the model on each part, and what simple models reach.
    fn results<F: Stored>(
        &self,
        model: &Model,
        network: &Network<F>,
        held: &mut PerPart<Held<F>>,
        cpu: &Cpu,
    ) -> Result<Results> {
        held.train.turn_to_measuring(cpu)?;
        let evaluations = held.try_map(|part| evaluation(model, network, part, cpu))?;
        let baselines = baselines(model, held, self.config.seed, cpu)?;
        Ok(Results { model: evaluations, baselines })
    }

    /// Trains, with checkpoints where they are wanted.
    fn fit<F: Stored>(
        &mut self,
        held: &PerPart<Held<F>>,
        callback: &mut dyn Callback,
    ) -> Result<(Network<F>, History)> {
        let rows = held.train.to_train_on(self.resolved.batch_rows, self.config.seed)?;
        let validation = held.validation.as_ref();
        #[cfg(feature = "fs")]
        if let Some((config, folder)) = self.checkpoints.take() {
            let features = self.preprocessing.features.iter().map(|feature| feature.name.as_str());
            let columns: Vec<&str> =
                features.chain(self.preprocessing.targets.iter().map(String::as_str)).collect();
            let fingerprint =
                Fingerprint::new(self.config, &self.resolved, &columns, &held.train, validation);
            let mut keeper = Checkpoints::new(config, folder, fingerprint);
            return fit(self.config, &self.resolved, rows, validation, callback, &mut keeper);
        }
        fit(self.config, &self.resolved, rows, validation, callback, &mut ())
    }

    /// What the model file says of its training.
    fn record(&self, history: &History) -> BTreeMap<String, String> {
        let config = self.config;
        let optimizer = &config.optimizer;
        let mut record = BTreeMap::new();
        let mut note = |key: &str, value: String| record.insert(key.to_owned(), value);
        note("program", concat!("chainrule ", env!("CARGO_PKG_VERSION")).to_owned());
        note("rows", self.n_train.to_string());
        note("loss", self.resolved.objective.loss.to_string());
        note("optimizer", optimizer.rule.to_string());
        note("learning_rate", optimizer.learning_rate.to_string());
        note("weight_decay", optimizer.weight_decay.to_string());
        note("schedule", optimizer.schedule.kind.to_string());
        note("batch_size", self.resolved.batch_rows.to_string());
        note("epochs", history.epochs.len().to_string());
        note("best_epoch", history.best_epoch.to_string());
        note("stopped_by", history.stopped_by.map_or_else(String::new, |reason| reason.to_string()));
        note("seed", config.seed.to_string());
        record
    }
}

/// Measures a model on a part of the data: rankings too, where all of its rows are in memory.
fn evaluation<F: Stored>(
    model: &Model,
    network: &Network<F>,
    held: &Held<F>,
    cpu: &Cpu,
) -> Result<Evaluation> {
    if let Some(Chunk { samples, targets }) = held.in_memory() {
        return Ok(model.evaluate_samples(network, cpu, samples, targets.as_ref()));
    }
    let mut all = PiecewiseEvaluation::new(model, network, cpu);
    held.each(cpu, |chunk| all.add(&chunk.samples, chunk.targets.as_ref()))?;
    Ok(all.finish())
}
