//! The command line of `plot descent`.

use super::{PictureArguments, RowsArguments};
use crate::args::{AnswersArguments, ThreadsArguments};
use crate::settings::names::{DescentExampleName, OptimizerName, StartName};
use crate::settings::numbers::AtLeastZero;
use crate::settings::values::{BatchSize, FilePath, List};
use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct DescentArguments {
    /// A model file
    #[arg(required_unless_present = "example")]
    pub(crate) model: Option<PathBuf>,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath), required_unless_present = "example")]
    pub(crate) data: Option<FilePath>,
    /// Instead of a model: a network of two weights whose surface has a local minimum, or a saddle, that comes with the program
    #[arg(long, hide_possible_values = true, value_name = "local-minimum|saddle", conflicts_with_all = ["model", "data", "weights", "start", "seed", "freeze_others"])]
    pub(crate) example: Option<DescentExampleName>,
    /// The two weights or biases that the surface lies over: layers.0.weight[0,1] layers.1.bias[0]; indices count from 0,
    /// output before input
    #[arg(long, num_args = 2, value_names = ["ACROSS", "UP"], required_unless_present = "example")]
    pub(crate) weights: Vec<String>,
    /// Points of the surface in each direction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub(crate) points: u16,
    /// The rules to compare: sgd, momentum, nesterov, rmsprop, adam, adamw [default: sgd,momentum,nesterov,rmsprop,adam; sgd
    /// where something else is compared; sgd,momentum of an example]
    #[arg(long, value_name = "NAMES", help_heading = "What is compared: one of these lists")]
    pub(crate) optimizers: Option<List<OptimizerName>>,
    /// The lengths of a step per unit of gradient [default: 0.1, or that of the example]
    #[arg(long, value_name = "LIST", help_heading = "What is compared: one of these lists")]
    pub(crate) learning_rates: Option<List<AtLeastZero>>,
    /// Rows per step: numbers, or full [default: full]
    #[arg(long, value_name = "LIST", help_heading = "What is compared: one of these lists")]
    pub(crate) batch_sizes: Option<List<BatchSize>>,
    /// Steps of each descent [default: 100, or those of the example]
    #[arg(long, value_name = "N", help_heading = "Path", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) steps: Option<u32>,
    /// Where the descents begin: at weights drawn anew, or at the model's
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "fresh|model",
        help_heading = "Path",
        default_value = "fresh"
    )]
    pub(crate) start: StartName,
    /// What new weights and the order of the rows are drawn from [default: the seed of the model's training]
    #[arg(long, value_name = "N", help_heading = "Path")]
    pub(crate) seed: Option<u64>,
    /// Let only the two weights move, so that the paths lie on the surface
    #[arg(long, help_heading = "Path")]
    pub(crate) freeze_others: bool,
    #[command(flatten)]
    pub(crate) rows: RowsArguments,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
