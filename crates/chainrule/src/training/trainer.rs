//! From a data set to a model.

use super::baselines::{Part, baselines};
#[cfg(feature = "fs")]
use super::checkpoint::{CheckpointConfig, Checkpoints, Fingerprint, Folder};
use super::fit::fit;
use super::resolve::{Resolved, resolve};
use super::{Baselines, Callback, History, MemoryEstimate, PerPart, Precision, StoppedBy, TrainingConfig};
use crate::data::split::{Split, SplitConfig, split};
use crate::data::{
    Dataset, Preprocessing, PreprocessingConfig, Samples, Standardize, Task, Weighting, stratification,
};
use crate::loss::Loss;
use crate::model::file::tensors::Stored;
use crate::model::{AnyNetwork, Evaluation, Model};
use crate::network::Network;
use crate::{Error, Float, Result};
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

/// Rows of a table.
#[derive(Clone, Debug)]
struct Rows<'a> {
    data: &'a Dataset,
    rows: Vec<u32>,
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
    pub fn fit(&self, data: &Dataset) -> Result<Model> {
        self.run(Parts::of(data), &mut ()).map(|run| run.model)
    }

    /// Trains a model and measures it, watched by a callback.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn run(&self, parts: Parts<'_>, callback: &mut dyn Callback) -> Result<Run> {
        self.config.validate()?;
        #[cfg(feature = "fs")]
        let checkpoints = match &self.checkpoints {
            Some(config) => Some((config.clone(), Checkpoints::open(config)?)),
            None => None,
        };
        let mut notes = Vec::new();
        let (task, reason) = Task::resolve(&parts.data.targets, self.config.task)?;
        notes.push(reason);
        let (rows, mut warnings) = self.rows(parts, task)?;
        let (data, train) = (rows.train.data, &rows.train.rows);
        let (preprocessing, noticed) = Preprocessing::fit(data, train, &self.preprocessing(task))?;
        warnings.extend(noticed);
        let resolved = resolve(&self.config, &preprocessing, train.len())?;
        let n_rows = rows.iter().map(|part| part.rows.len()).sum();
        if resolved.objective.loss == Loss::Poisson {
            rows.iter().try_for_each(|part| check_counts(&preprocessing, part))?;
        }
        let estimate = MemoryEstimate::new(&resolved.network, &self.config, n_rows, resolved.batch_rows);
        #[cfg(feature = "fs")]
        let estimate = if checkpoints.is_some() { estimate.with_checkpoints() } else { estimate };
        estimate.check(self.config.memory_limit)?;
        for warning in &warnings {
            callback.warns(warning);
        }
        callback.begins(&self.config, &notes, resolved.network.n_parameters()?);
        let prepared = Prepared {
            config: &self.config,
            #[cfg(feature = "fs")]
            checkpoints,
            preprocessing,
            resolved,
            rows,
            notes,
            warnings,
        };
        match self.config.precision {
            Precision::F32 => prepared.train::<f32>(callback, AnyNetwork::F32),
            Precision::F64 => prepared.train::<f64>(callback, AnyNetwork::F64),
        }
    }

    /// Which rows of which table are for training, validation and test.
    fn rows<'a>(&self, parts: Parts<'a>, task: Task) -> Result<(PerPart<Rows<'a>>, Vec<String>)> {
        let share = |fraction: f64, table: Option<&Dataset>| if table.is_some() { 0.0 } else { fraction };
        let config = SplitConfig {
            validation: share(self.config.validation, parts.validation),
            test: share(self.config.test, parts.test),
            seed: self.config.seed,
        };
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

    fn preprocessing(&self, task: Task) -> PreprocessingConfig {
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

/// Refuses targets that no count can be: Poisson's likelihood has no meaning for them.
fn check_counts(preprocessing: &Preprocessing, part: &Rows<'_>) -> Result<()> {
    let targets = preprocessing.target_values(part.data, Some(&part.rows))?;
    for (i, row) in part.rows.iter().enumerate() {
        if let Some((target, y)) = preprocessing.targets.iter().zip(targets.row(i)).find(|(_, y)| **y < 0.0) {
            let message = format!(
                "loss 'poisson' is for counts of 0 or more; column '{target}' has {y} in data row {}\n\
                 take another loss, such as mse",
                row + 1
            );
            return Err(part.data.locate(Error::data(message).in_row(*row as usize)));
        }
    }
    Ok(())
}

/// A training with nothing left to decide.
struct Prepared<'a> {
    config: &'a TrainingConfig,
    #[cfg(feature = "fs")]
    checkpoints: Option<(CheckpointConfig, Folder)>,
    preprocessing: Preprocessing,
    resolved: Resolved,
    rows: PerPart<Rows<'a>>,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Prepared<'_> {
    fn train<F: Stored>(
        mut self,
        callback: &mut dyn Callback,
        any: fn(Network<F>) -> AnyNetwork,
    ) -> Result<Run> {
        let mut noticed = Vec::new();
        let samples = self.rows.try_map(|part| {
            // Class weights are for learning; what a mistake costs does not depend on them.
            let learns = std::ptr::eq(part, &raw const self.rows.train);
            let weighting = if learns { Weighting::Training } else { Weighting::Evaluation };
            let (samples, warnings) =
                self.preprocessing.samples::<F>(part.data, Some(&part.rows), weighting)?;
            noticed.extend(warnings);
            Ok(samples)
        })?;
        for warning in &noticed {
            callback.warns(warning);
        }
        self.warnings.extend(noticed);
        let (network, history) = self.fit(&samples, callback)?;
        let model = Model {
            network: any(network.clone()),
            objective: self.resolved.objective,
            preprocessing: self.preprocessing.clone(),
            training: self.record(&history),
        };
        let cpu = Cpu::new(self.config.threads);
        let is_interrupted = history.stopped_by == Some(StoppedBy::Interrupted);
        let results =
            if is_interrupted { None } else { Some(self.results(&model, &network, samples, &cpu)?) };
        let (notes, warnings) = (self.notes, self.warnings);
        Ok(Run { model, history, results, notes, warnings, threads: cpu.threads() })
    }

    /// Trains on samples, with checkpoints where they are wanted.
    fn fit<F: Stored>(
        &mut self,
        samples: &PerPart<Samples<F>>,
        callback: &mut dyn Callback,
    ) -> Result<(Network<F>, History)> {
        let (train, validation) = (&samples.train, samples.validation.as_ref());
        #[cfg(feature = "fs")]
        if let Some((config, folder)) = self.checkpoints.take() {
            let features = self.preprocessing.features.iter().map(|feature| feature.name.as_str());
            let columns: Vec<&str> =
                features.chain(self.preprocessing.targets.iter().map(String::as_str)).collect();
            let fingerprint = Fingerprint::new(self.config, &self.resolved, &columns, train, validation);
            let mut keeper = Checkpoints::new(config, folder, fingerprint);
            return fit(self.config, &self.resolved, train, validation, callback, &mut keeper);
        }
        fit(self.config, &self.resolved, train, validation, callback, &mut ())
    }

    /// Measures the model, and the baselines, on the parts of the data.
    fn results<F: Float>(
        &self,
        model: &Model,
        network: &Network<F>,
        mut samples: PerPart<Samples<F>>,
        cpu: &Cpu,
    ) -> Result<Results> {
        let Rows { data, rows } = &self.rows.train;
        let weights = data.sample_weight.as_ref();
        samples.train.weights =
            weights.map(|weights| rows.iter().map(|&row| F::from_f64(weights[row as usize])).collect());
        let parts = self.rows.zip(&samples).map(|(rows, samples)| Part {
            data: rows.data,
            rows: &rows.rows,
            samples,
        });
        let evaluations = parts
            .try_map(|part| model.evaluate_samples(network, cpu, part.samples, part.data, Some(part.rows)))?;
        let baselines = baselines(model, &parts, self.config.threads)?;
        Ok(Results { model: evaluations, baselines })
    }

    /// What the model file says of its training.
    fn record(&self, history: &History) -> BTreeMap<String, String> {
        let config = self.config;
        let optimizer = &config.optimizer;
        let mut record = BTreeMap::new();
        let mut note = |key: &str, value: String| record.insert(key.to_owned(), value);
        note("program", concat!("chainrule ", env!("CARGO_PKG_VERSION")).to_owned());
        note("rows", self.rows.train.rows.len().to_string());
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
