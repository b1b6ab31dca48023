//! Every option of `train`, once.
//!
//! A field is at the same time an option of the command line (`#[arg]`) and a key of a run file (serde), so that the
//! two cannot drift apart; its comment is the help text. A field that neither has given is `None`, and
//! [`defaults.toml`](super::DEFAULTS) has a value for all of them.

use super::names::{
    BadRowName, LossName, MissingName, OptimizerName, OutputName, PrecisionName, ScheduleName, TaskName,
    UnitName,
};
use super::numbers::{AtLeastZero, BelowOne, Count, Positive, Size};
use super::values::{
    ActivationChoice, BatchSize, CheckpointInterval, ClassWeight, ColumnName, Delimiter, DeviceName,
    FilePath, InitializerChoice, List, Part, PerLayer, Renames, WeightNames,
};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[data]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Data")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DataOptions {
    /// The file, or the name of an embedded set: the positional argument.
    #[arg(skip)]
    pub(crate) path: Option<FilePath>,
    /// Labels in a file of their own, for .npy and IDX features
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<FilePath>,
    /// What to predict: names or indices (from 0, negative from the end), comma-separated [default: the last column]
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) target: Option<List<ColumnName>>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) drop: Option<List<ColumnName>>,
    /// Columns of numbers that stand for categories
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) categorical: Option<List<ColumnName>>,
    /// The first row is data, not column names
    #[arg(long = "no-header", num_args = 0, default_missing_value = "false", value_name = "")]
    pub(crate) header: Option<bool>,
    /// The character between cells ('tab' for a tabulator) [default: by the extension]
    #[arg(long, value_name = "CHAR")]
    pub(crate) delimiter: Option<Delimiter>,
    /// The column that says how much each row counts
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub(crate) sample_weight: Option<ColumnName>,
    /// Fill missing values in, or refuse them [default: impute]
    #[arg(long, hide_possible_values = true, value_name = "impute|error")]
    pub(crate) missing: Option<MissingName>,
    /// Cells that mean "missing" [default: the empty cell, NA, NaN, null, ?]
    #[arg(long, value_name = "LIST")]
    pub(crate) missing_values: Option<List<ColumnName>>,
    /// Make rows of rare classes count more [default: none]
    #[arg(long, value_name = "balanced|LABEL=W,…")]
    pub(crate) class_weight: Option<ClassWeight>,
    /// Read the label FROM as TO (may be given several times)
    #[arg(long, value_name = "FROM=TO")]
    #[serde(skip)]
    pub(crate) map_label: Vec<Renames>,
    /// The same as a table.
    #[arg(skip)]
    pub(crate) map_labels: Option<BTreeMap<String, String>>,
    /// Refuse a row with too many or too few cells, or skip and count it [default: error]
    #[arg(long, hide_possible_values = true, value_name = "error|skip")]
    pub(crate) on_bad_row: Option<BadRowName>,
    /// What kind of thing is predicted [default: auto]
    #[arg(long, hide_possible_values = true, value_name = "auto|classification|regression")]
    pub(crate) task: Option<TaskName>,
    /// Rows to watch the training with: a share, or a file [default: 0.1]
    #[arg(long, value_name = "FRACTION|FILE")]
    pub(crate) validation: Option<Part>,
    /// Labels of the validation file
    #[arg(long, value_name = "FILE")]
    pub(crate) validation_labels: Option<FilePath>,
    /// Rows that only measure the result: a share, or a file [default: 0.2 for embedded sets, else none]
    #[arg(long, value_name = "FRACTION|FILE")]
    pub(crate) test: Option<Part>,
    /// Labels of the test file
    #[arg(long, value_name = "FILE")]
    pub(crate) test_labels: Option<FilePath>,
    /// Scale features, and targets of a regression, to mean 0 and deviation 1 [default]
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        value_name = "",
        overrides_with = "no_standardize"
    )]
    pub(crate) standardize: Option<bool>,
    /// Take numbers as they are
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        value_name = "",
        overrides_with = "standardize"
    )]
    #[serde(skip)]
    pub(crate) no_standardize: Option<bool>,
    /// Read the rows from the disk while training, where they do not fit in memory
    #[arg(long, num_args = 0, default_missing_value = "true", value_name = "")]
    pub(crate) stream: Option<bool>,
    /// Rows of a stream that are in memory and shuffled together; 0: as many as have 2 million numbers [default: 0]
    #[arg(long, value_name = "ROWS")]
    pub(crate) stream_buffer: Option<Count>,
    /// Where the rows of a stream are put aside while training [default: the folder of the model]
    #[arg(long, value_name = "DIR")]
    pub(crate) stream_folder: Option<FilePath>,
}

/// `[network]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Network")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NetworkOptions {
    /// Widths of the hidden layers; '' for none [default: 128,64]
    #[arg(long, value_name = "WIDTHS")]
    pub(crate) hidden: Option<List<Size>>,
    /// Activation of the hidden layers, or one per layer, comma-separated: identity, sigmoid, tanh, relu, leaky-relu,
    /// elu, selu, gelu, gelu-tanh, silu, mish, softplus, exp [default: relu]
    #[arg(long, value_name = "NAMES")]
    pub(crate) activation: Option<PerLayer<ActivationChoice>>,
    /// Activation of the output layer [default: auto, by the loss]
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<OutputName>,
    /// How the weights start: glorot-uniform, glorot-normal, he-uniform, he-normal, lecun-uniform, lecun-normal,
    /// truncated-normal, uniform, normal (these three also with a scale, normal:0.05), zeros [default: auto, by the
    /// activation]
    #[arg(long, value_name = "NAME")]
    pub(crate) init: Option<InitializerChoice>,
    /// Whether layers have a bias.
    #[arg(skip)]
    pub(crate) bias: Option<bool>,
    /// Share of hidden units switched off in each step, or one share per layer [default: 0]
    #[arg(long, value_name = "P")]
    pub(crate) dropout: Option<PerLayer<BelowOne>>,
    /// Width of all numbers [default: f32]
    #[arg(long, hide_possible_values = true, value_name = "f32|f64")]
    pub(crate) precision: Option<PrecisionName>,
}

/// `[loss]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Loss")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LossOptions {
    /// What training makes small [default: auto, by the task]
    #[arg(long = "loss", id = "loss", value_name = "NAME")]
    pub(crate) name: Option<LossName>,
    /// Share of each target that is spread over all classes [default: 0]
    #[arg(long, value_name = "P")]
    pub(crate) label_smoothing: Option<BelowOne>,
    /// Where the Huber loss turns from square to straight.
    #[arg(skip)]
    pub(crate) delta: Option<Positive>,
}

/// `[optimizer]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Optimizer")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OptimizerOptions {
    /// The rule that moves the weights [default: adam]
    #[arg(long = "optimizer", id = "optimizer", value_name = "NAME")]
    pub(crate) name: Option<OptimizerName>,
    /// Width of a step [default: by the optimizer]
    #[arg(long, value_name = "X")]
    pub(crate) learning_rate: Option<Positive>,
    /// Share of the last velocity that is kept (momentum, nesterov) [default: 0.9]
    #[arg(long, value_name = "X")]
    pub(crate) momentum: Option<BelowOne>,
    /// Decay of Adam's mean of gradients [default: 0.9]
    #[arg(long, value_name = "X")]
    pub(crate) beta1: Option<BelowOne>,
    /// Decay of Adam's mean of squared gradients [default: 0.999]
    #[arg(long, value_name = "X")]
    pub(crate) beta2: Option<BelowOne>,
    /// What keeps Adam and rmsprop from dividing by 0 [default: 1e-8]
    #[arg(long, value_name = "X")]
    pub(crate) epsilon: Option<Positive>,
    /// Penalty on large weights [default: 0]
    #[arg(long, value_name = "X")]
    pub(crate) weight_decay: Option<AtLeastZero>,
    /// Largest norm of a gradient; longer ones are shortened; 0: no limit [default: 0]
    #[arg(long, value_name = "X")]
    pub(crate) clip_norm: Option<AtLeastZero>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleOptions,
}

/// `schedule` of `[optimizer]`: a name, or a table with the parameters that the named schedule has.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, remote = "Self")]
pub(crate) struct ScheduleOptions {
    /// How the learning rate changes [default: constant]
    #[arg(long = "schedule", id = "schedule", value_name = "NAME")]
    pub(crate) name: Option<ScheduleName>,
    /// Steps in which the learning rate first rises from 0 [default: 0]
    #[arg(long, value_name = "STEPS")]
    pub(crate) warmup: Option<Count>,
    /// step: how many `unit`s lie between two falls.
    #[arg(skip)]
    pub(crate) every: Option<Size>,
    /// step, exponential: what is counted.
    #[arg(skip)]
    pub(crate) unit: Option<UnitName>,
    /// step, exponential: what the learning rate is multiplied by.
    #[arg(skip)]
    pub(crate) factor: Option<Positive>,
    /// cosine, adaptive: the learning rate at the end.
    #[arg(skip)]
    pub(crate) minimum: Option<AtLeastZero>,
    /// one-cycle: the share of the steps in which the learning rate rises.
    #[arg(skip)]
    pub(crate) rise: Option<BelowOne>,
    /// one-cycle: the first learning rate is the largest divided by this.
    #[arg(skip)]
    pub(crate) initial_divisor: Option<Positive>,
    /// one-cycle: the last learning rate is the first divided by this.
    #[arg(skip)]
    pub(crate) final_divisor: Option<Positive>,
    /// invscaling: the power of the step.
    #[arg(skip)]
    pub(crate) power: Option<AtLeastZero>,
    /// adaptive: what the learning rate is divided by.
    #[arg(skip)]
    pub(crate) divisor: Option<Positive>,
    /// adaptive: how much the loss must fall.
    #[arg(skip)]
    pub(crate) tolerance: Option<AtLeastZero>,
    /// adaptive: how many epochs without a fall are borne.
    #[arg(skip)]
    pub(crate) epochs: Option<Count>,
}

impl ScheduleOptions {
    /// The parameters that are given, and the schedules that have each.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> + use<> {
        [
            (self.every.is_some(), "every", &["step"][..]),
            (self.unit.is_some(), "unit", &["step", "exponential"]),
            (self.factor.is_some(), "factor", &["step", "exponential"]),
            (self.minimum.is_some(), "minimum", &["cosine", "adaptive"]),
            (self.rise.is_some(), "rise", &["one-cycle"]),
            (self.initial_divisor.is_some(), "initial_divisor", &["one-cycle"]),
            (self.final_divisor.is_some(), "final_divisor", &["one-cycle"]),
            (self.power.is_some(), "power", &["invscaling"]),
            (self.divisor.is_some(), "divisor", &["adaptive"]),
            (self.tolerance.is_some(), "tolerance", &["adaptive"]),
            (self.epochs.is_some(), "epochs", &["adaptive"]),
        ]
        .into_iter()
        .filter_map(|(given, name, owners)| given.then_some((name, owners)))
    }
}

/// `[training]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Training")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TrainingOptions {
    /// Rows per step [default: 32]
    #[arg(long, value_name = "N|full")]
    pub(crate) batch_size: Option<BatchSize>,
    /// Passes over the training rows, at most [default: 100]
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<Size>,
    /// Stop after so many epochs without progress, and keep the best weights; 0: never [default: 10]
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) patience: Option<Count>,
    /// How much the loss must fall to count as progress [default: 1e-4]
    #[arg(long, value_name = "X")]
    pub(crate) tolerance: Option<AtLeastZero>,
    /// Stop when the training loss is this small; 0: never [default: 0]
    #[arg(long, value_name = "X")]
    pub(crate) target_loss: Option<AtLeastZero>,
    /// Stop after so many seconds; 0: never [default: 0]
    #[arg(long, value_name = "S")]
    pub(crate) max_seconds: Option<AtLeastZero>,
    /// The number that all randomness follows from [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<Count>,
    /// Train with so many seeds, counted from --seed on, and report mean and range [default: 1]
    #[arg(long, value_name = "K")]
    pub(crate) seeds: Option<Size>,
    /// Processor threads; 0: as many as there are [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<Count>,
    /// Where to compute [default: auto]
    #[arg(long, value_name = "auto|cpu|cuda[:N]")]
    pub(crate) device: Option<DeviceName>,
}

/// `[output]`.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[command(next_help_heading = "Output")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutputOptions {
    /// Where the model goes [default: <data>.safetensors in the current folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<FilePath>,
    /// Write a report (JSON)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<FilePath>,
    /// Write a report as a page with pictures (HTML)
    #[arg(long, value_name = "FILE")]
    pub(crate) report_html: Option<FilePath>,
    /// Write one line of JSON per epoch
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) log: Option<FilePath>,
    /// Measure the norms of gradient and step in every layer too, in the last step of each epoch
    #[arg(long, num_args = 0, default_missing_value = "true", value_name = "")]
    pub(crate) log_norms: Option<bool>,
    /// Take down the values of these weights after each epoch too: layers.0.weight[0,1],layers.1.bias[0]
    #[arg(long, value_name = "NAMES")]
    pub(crate) log_weights: Option<WeightNames>,
    /// Write losses, scores, learning rate, norms and weights as TensorBoard reads them
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<FilePath>,
    /// Keep the state of the training in this folder, to go on after an interruption
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<FilePath>,
    /// How often [default: 30s]
    #[arg(long, value_name = "30s|50steps|1epoch")]
    pub(crate) checkpoint_every: Option<CheckpointInterval>,
    /// How many checkpoints stay [default: 3]
    #[arg(long, value_name = "K")]
    pub(crate) keep: Option<Size>,
}
