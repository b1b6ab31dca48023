//! What `plot network` and `plot weights` take.

use super::PictureArguments;
use crate::args::{AnswersArguments, ThreadsArguments};
use crate::settings::names::ShownName;
use crate::settings::values::FilePath;
use clap::Args;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Args, Debug)]
pub(crate) struct NetworkArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Data with the model's features, and with its targets for gradients
    #[arg(value_parser = clap::value_parser!(FilePath), requires = "row")]
    pub(crate) data: Option<FilePath>,
    /// The data row that goes through the network, from 1
    #[arg(long, value_name = "N", requires = "data", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) row: Option<u32>,
    /// The numbers that are drawn: weights alone, weights with the activations of the row, or its gradients on the way back
    /// [default: activations with a row, else weights]
    #[arg(long, hide_possible_values = true, value_name = "weights|activations|gradients")]
    pub(crate) show: Option<ShownName>,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}

#[derive(Args, Debug)]
pub(crate) struct WeightsArguments {
    /// A model file whose features are the pixels of an image, row by row
    pub(crate) model: PathBuf,
    /// Rows and columns of an image [default: a square with as many pixels as there are features]
    #[arg(long, value_name = "HEIGHTxWIDTH")]
    pub(crate) image_shape: Option<ImageShape>,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}

/// Rows and columns of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageShape(pub(crate) [usize; 2]);

impl FromStr for ImageShape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| text.trim().parse().ok().filter(|side| *side > 0);
        let sides =
            text.split_once(['x', '×']).and_then(|(height, width)| Some([side(height)?, side(width)?]));
        sides.map(Self).ok_or_else(|| "expected rows and columns, as in 28x28".to_owned())
    }
}
