//! What `plot regions` takes.

use super::{PictureArguments, RowsArguments, SubjectArguments};
use crate::settings::numbers::Count;
use crate::settings::values::{ColumnName, List};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct RegionsArguments {
    /// The two numeric features of the plane, the first one across; all others stay at their median, or at their most
    /// frequent category [default: those of a model with two]
    #[arg(long, value_name = "A,B")]
    pub(crate) features: Option<List<ColumnName>>,
    /// Places of the plane in each direction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=500))]
    pub(crate) points: u16,
    /// Show what the model's own network says after so many epochs of a new training as well: 0,1,5,20
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) over_training: Option<List<Count>>,
    /// What the new weights are drawn from [default: the seed of the model's training]
    #[arg(long, value_name = "N", requires = "over_training")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) rows: RowsArguments,
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
