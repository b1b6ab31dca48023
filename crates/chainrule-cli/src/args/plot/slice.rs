//! The command line of `plot slice`.

use super::{PictureArguments, RowsArguments, SubjectArguments};
use crate::settings::names::StartName;
use clap::Args;

#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct SliceArguments {
    /// The weight or bias along which the loss is drawn: layers.0.weight[0,1]; indices count from 0, output before input
    #[arg(long, value_name = "NAME")]
    pub(crate) weight: String,
    /// Points of the curve
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    pub(crate) points: u16,
    /// Steps of gradient descent along this weight, each with its tangent
    #[arg(long, value_name = "N", help_heading = "Path", default_value_t = 10, value_parser = clap::value_parser!(u16).range(..=1000))]
    pub(crate) steps: u16,
    /// The length of a step per unit of slope
    #[arg(long, value_name = "X", help_heading = "Path", default_value_t = 0.1)]
    pub(crate) learning_rate: f64,
    /// The other weights, and where the path begins: drawn anew, or the model's
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "fresh|model",
        help_heading = "Path",
        default_value = "model"
    )]
    pub(crate) start: StartName,
    /// What the new weights are drawn from [default: the seed of the model's training]
    #[arg(long, value_name = "N", help_heading = "Path")]
    pub(crate) seed: Option<u64>,
    /// Where the path begins along this weight, if not at its value
    #[arg(long, value_name = "X", help_heading = "Path")]
    pub(crate) from: Option<f64>,
    #[command(flatten)]
    pub(crate) rows: RowsArguments,
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
