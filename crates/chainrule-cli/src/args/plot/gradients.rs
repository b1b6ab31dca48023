//! What `plot gradients` takes.

use super::{PictureArguments, RowsArguments, SubjectArguments};
use crate::settings::names::ActivationName;
use crate::settings::numbers::Count;
use crate::settings::values::{InitializerChoice, List};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct GradientsArguments {
    /// Activations of new networks of the model's widths, measured beside it; '': none
    #[arg(long, value_name = "LIST", default_value = "sigmoid,tanh,relu")]
    pub(crate) activations: List<ActivationName>,
    /// How the weights of each of them are drawn; auto: as the activation asks for
    #[arg(long, value_name = "LIST", default_value = "auto")]
    pub(crate) inits: List<InitializerChoice>,
    /// Measure the model's own network after so many epochs of a new training instead: 0,1,5,20
    #[arg(long, value_name = "EPOCHS", conflicts_with_all = ["activations", "inits"])]
    pub(crate) over_training: Option<List<Count>>,
    /// What new weights are drawn from [default: the seed of the model's training]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) rows: RowsArguments,
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
