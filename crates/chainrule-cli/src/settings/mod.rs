//! What a user wants: the command line over the run file over the defaults.
//!
//! All three are [`Settings`], in which nothing has to be given; laying one [over](Settings::over) the other is all
//! that merging is. The defaults are a run file themselves, [`DEFAULTS`], so `--print-config` prints any settings
//! completely and the file that documents the defaults is the one that sets them. That it says the same as the
//! library's own defaults is tested.

mod from_toml;
pub(crate) mod library;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod run_file;
pub(crate) mod sections;
pub(crate) mod values;

use chainrule::data::{embedded, synthetic};
use chainrule::optimizer::Rule;
use clap::Args;
use sections::{
    DataOptions, LossOptions, NetworkOptions, OptimizerOptions, OutputOptions, ScheduleOptions,
    TrainingOptions,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};
use values::{BatchSize, FilePath, Part};

/// The complete run file that holds where nothing else is said.
pub(crate) const DEFAULTS: &str = include_str!("defaults.toml");

/// All options of a training, by section. What is `None` is left to what lies below.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    #[command(flatten)]
    pub(crate) data: DataOptions,
    #[command(flatten)]
    pub(crate) network: NetworkOptions,
    #[command(flatten)]
    pub(crate) loss: LossOptions,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerOptions,
    #[command(flatten)]
    pub(crate) training: TrainingOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// A data set that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Embedded {
    /// A table.
    Stored(&'static str),
    /// Points in the plane, drawn anew each time, always the same.
    Generated(&'static str),
}

impl Embedded {
    /// The set of this name. A file of the same name is meant by `./digits`.
    pub(crate) fn named(path: &FilePath) -> Option<Self> {
        let is = |name: &&str| path.as_path() == Path::new(*name);
        let stored = embedded::NAMES.into_iter().find(is).map(Self::Stored);
        stored.or_else(|| synthetic::NAMES.into_iter().find(is).map(Self::Generated))
    }
}

/// Lays the listed fields of one over the same fields of the other. A forgotten field does not compile.
macro_rules! overlay {
    ($top:ident over $below:ident: $($field:ident),+ $(; $rest:ident: $value:expr)*) => {
        Self { $($field: $top.$field.or($below.$field),)+ $($rest: $value,)* }
    };
}

impl Settings {
    /// These settings where they say something, those below where they do not.
    pub(crate) fn over(self, below: Self) -> Self {
        Self {
            data: self.data.over(below.data),
            network: self.network.over(below.network),
            loss: self.loss.over(below.loss),
            optimizer: self.optimizer.over(below.optimizer),
            training: self.training.over(below.training),
            output: self.output.over(below.output),
        }
    }

    /// These settings with the defaults for everything that is not given.
    pub(crate) fn complete(mut self) -> Self {
        self.data.path.get_or_insert_with(|| FilePath::new(embedded::NAMES[0].into()));
        if self.data.embedded().is_some() && self.data.test.is_none() {
            self.data.test = "0.2".parse::<Part>().ok();
        }
        let rule = self.optimizer.name.as_ref().map_or(Ok(Rule::Adam), |name| name.as_str().parse());
        // An unknown name is refused where the settings become the library's.
        let rule = rule.unwrap_or(Rule::Adam);
        if self.optimizer.learning_rate.is_none() {
            self.optimizer.learning_rate = rule.usual_learning_rate().to_string().parse().ok();
        }
        if rule == Rule::Lbfgs {
            self.training.batch_size.get_or_insert(BatchSize::Full);
        }
        self.over(Self::defaults())
    }

    /// How many seeds to train with.
    pub(crate) fn n_seeds(&self) -> usize {
        self.training.seeds.map_or(1, numbers::Size::get)
    }

    /// The run file [`DEFAULTS`].
    pub(crate) fn defaults() -> Self {
        toml::from_str(DEFAULTS).unwrap_or_else(|error| panic!("defaults.toml: {error}"))
    }

    /// A run file that says the same.
    pub(crate) fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let key = |(key, value): (String, toml::Value)| format!("{key} = {value}\n");
        let section = |(name, values): (String, toml::Value)| {
            let keys: String = values.as_table().cloned().into_iter().flatten().map(key).collect();
            format!("\n[{name}]\n{keys}")
        };
        let sections: String = toml::Table::try_from(self)?.into_iter().map(section).collect();
        Ok(format!("# Paths are seen from the folder of this file.\n{sections}"))
    }
}

impl DataOptions {
    fn over(self, below: Self) -> Self {
        let standardize = self.standardize.or(self.no_standardize.map(|no| !no)).or(below.standardize);
        let pairs = self.map_label.into_iter().flat_map(|renames| renames.0);
        let mapped: BTreeMap<String, String> = self.map_labels.into_iter().flatten().chain(pairs).collect();
        let map_labels = if mapped.is_empty() { below.map_labels } else { Some(mapped) };
        overlay!(self over below: path, labels, target, drop, categorical, header, delimiter, sample_weight, missing,
            missing_values, class_weight, on_bad_row, task, validation, validation_labels, test, test_labels,
            stream, stream_buffer, stream_folder;
            map_labels: map_labels; standardize: standardize; map_label: Vec::new(); no_standardize: None)
    }

    /// The embedded set that `path` names, if it does.
    pub(crate) fn embedded(&self) -> Option<Embedded> {
        self.path.as_ref().and_then(Embedded::named)
    }
}

impl NetworkOptions {
    fn over(self, below: Self) -> Self {
        overlay!(self over below: hidden, activation, output, init, bias, dropout, precision)
    }
}

impl LossOptions {
    fn over(self, below: Self) -> Self {
        overlay!(self over below: name, label_smoothing, delta)
    }
}

impl OptimizerOptions {
    fn over(self, below: Self) -> Self {
        overlay!(self over below: name, learning_rate, momentum, beta1, beta2, epsilon, weight_decay, clip_norm;
            schedule: self.schedule.over(below.schedule))
    }
}

impl ScheduleOptions {
    /// Another schedule does not inherit the parameters of the one below, only the warm-up, which all have.
    fn over(self, below: Self) -> Self {
        if self.name.is_some() && self.name != below.name {
            return Self { warmup: self.warmup.or(below.warmup), ..self };
        }
        overlay!(self over below: name, warmup, every, unit, factor, minimum, rise, initial_divisor, final_divisor,
            power, divisor, tolerance, epochs)
    }
}

impl TrainingOptions {
    fn over(self, below: Self) -> Self {
        overlay!(self over below: batch_size, epochs, patience, tolerance, target_loss, max_seconds, seed, seeds,
            threads, device)
    }
}

impl OutputOptions {
    fn over(self, below: Self) -> Self {
        overlay!(self over below: out, report, report_html, log, log_norms, log_weights, tensorboard, checkpoint, checkpoint_every, keep)
    }
}
