//! What `plot confusion` and `plot residuals` take: a model, and all rows of the data.

use super::{PictureArguments, SubjectArguments};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct MeasuredArguments {
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
