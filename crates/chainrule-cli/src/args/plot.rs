//! The command line of `plot`.

mod descent;
mod gradients;
mod measured;
mod network;
mod regions;
mod slice;

pub(crate) use descent::DescentArguments;
pub(crate) use gradients::GradientsArguments;
pub(crate) use measured::MeasuredArguments;
pub(crate) use network::{NetworkArguments, WeightsArguments};
pub(crate) use regions::RegionsArguments;
pub(crate) use slice::SliceArguments;

use super::{AnswersArguments, ThreadsArguments};
use crate::settings::names::{
    DirectionsName, OptimizerName, PictureFormatName, ShowName, StartName, ThemeName,
};
use crate::settings::values::{FilePath, List};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Plot {
    /// Loss and score over the epochs of one training or several
    Curves(CurvesArguments),
    /// The loss of a model's network over two of its weights or two directions, and the path that gradient descent takes there
    Surface(Box<SurfaceArguments>),
    /// Which classes a classifier takes for which: its confusion matrix over all rows
    Confusion(Box<MeasuredArguments>),
    /// How far the predictions of a regression are from the truth, over all rows
    Residuals(Box<MeasuredArguments>),
    /// How the error shrinks or grows on its way back through the layers, and what makes it so
    Gradients(Box<GradientsArguments>),
    /// What a network decides, or predicts, over two of its features, with the data
    Regions(Box<RegionsArguments>),
    /// A network as neurons and weights, with the activations or the gradients of a row
    Network(Box<NetworkArguments>),
    /// The weights of the first layer as images, of a network that looks at images
    Weights(Box<WeightsArguments>),
    /// The loss along one weight of a model's network as a curve, with the tangent at each step of gradient descent
    Slice(Box<SliceArguments>),
    /// Descents from the same start over the same surface: optimizers, learning rates or batch sizes compared
    Descent(Box<DescentArguments>),
}

#[derive(Args, Debug)]
pub(crate) struct CurvesArguments {
    /// Logs of trainings (train --log LOG.jsonl)
    #[arg(required = true, value_name = "LOG.jsonl")]
    pub(crate) logs: Vec<PathBuf>,
    /// What to show, comma-separated: losses, learning-rate, norms, weights [default: all that was logged; the learning rate
    /// if it changes]
    #[arg(long, value_name = "NAMES")]
    pub(crate) show: Option<List<ShowName>>,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}

#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct SurfaceArguments {
    /// The two weights or biases that the surface lies over: layers.0.weight[0,1] layers.1.bias[0]; indices count from 0,
    /// output before input
    #[arg(long, num_args = 2, value_names = ["ACROSS", "UP"], required_unless_present = "directions", conflicts_with = "directions")]
    pub(crate) weights: Vec<String>,
    /// Instead of weights: two random directions, each as long as the weights of every neuron, or the two directions in which the
    /// path varies most
    #[arg(long, hide_possible_values = true, value_name = "random|path")]
    pub(crate) directions: Option<DirectionsName>,
    /// Points of the surface in each direction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub(crate) points: u16,
    /// Steps of the path, each over all these rows; 0: no path
    #[arg(long, value_name = "N", help_heading = "Path", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(crate) steps: u32,
    /// Where the path begins: at weights drawn anew, or at the model's
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "fresh|model",
        help_heading = "Path",
        default_value = "fresh"
    )]
    pub(crate) start: StartName,
    /// What new weights and random directions are drawn from [default: the seed of the model's training]
    #[arg(long, value_name = "N", help_heading = "Path")]
    pub(crate) seed: Option<u64>,
    /// The rule that moves the weights: sgd, momentum, nesterov, rmsprop, adam, adamw
    #[arg(
        long,
        hide_possible_values = true,
        value_name = "NAME",
        help_heading = "Path",
        default_value = "sgd"
    )]
    pub(crate) optimizer: OptimizerName,
    /// The length of a step per unit of gradient
    #[arg(long, value_name = "X", help_heading = "Path", default_value_t = 0.1)]
    pub(crate) learning_rate: f64,
    /// Let only the two weights move, so that the path lies on the surface
    #[arg(long, help_heading = "Path", conflicts_with = "directions")]
    pub(crate) freeze_others: bool,
    #[command(flatten)]
    pub(crate) rows: RowsArguments,
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
}

/// What a picture is of.
#[derive(Args, Debug)]
pub(crate) struct SubjectArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath))]
    pub(crate) data: FilePath,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
}

/// How much of the data a picture is of.
#[derive(Args, Debug)]
pub(crate) struct RowsArguments {
    /// The first N data rows are used
    #[arg(long = "rows", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
}

/// How a picture is written.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct PictureArguments {
    /// Where the picture goes [default: stdout]
    #[arg(short, long, value_name = "FILE.svg|FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// How it is written [default: by the ending of --out; without it, drawn with characters, or text]
    #[arg(long, hide_possible_values = true, value_name = "svg|png|text|terminal")]
    pub(crate) format: Option<PictureFormatName>,
    /// Pixels from left to right; the height follows from what is drawn
    #[arg(long, value_name = "N", default_value_t = 800, value_parser = clap::value_parser!(u32).range(240..=8192))]
    pub(crate) width: u32,
    /// Dark on light, or light on dark
    #[arg(long, hide_possible_values = true, value_name = "light|dark", default_value = "light")]
    pub(crate) theme: ThemeName,
}
