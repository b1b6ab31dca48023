//! What `plot confusion` and `plot residuals` take: a model, and all rows of the data.

use super::PictureArguments;
use crate::args::{AnswersArguments, ThreadsArguments};
use crate::settings::values::FilePath;
use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct MeasuredArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath))]
    pub(crate) data: FilePath,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}
