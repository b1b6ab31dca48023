//! The command line. What `train` takes is declared in [`settings`](crate::settings::sections), together with the
//! run file, which has the same options.

pub(crate) mod plot;

use crate::settings::Settings;
use crate::settings::names::{
    BadRowName, ClaimFormatName, FormName, FormatName, OptimizerName, PrecisionName,
};
use crate::settings::numbers::{AtLeastZero, Count, Size};
use crate::settings::values::{ColumnName, Delimiter, FilePath, List, Renames, WeightPlace};
use crate::version;
use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Trains feed-forward neural networks on tables of numbers and text, and uses them.
#[derive(Debug, Parser)]
#[command(name = "chainrule", version = version::text(), max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network and save it as a model
    Train(Box<TrainArguments>),
    /// Write a model's predictions as CSV
    Predict(PredictArguments),
    /// Measure how good a model is on data with known answers
    Evaluate(EvaluateArguments),
    /// Show what is in a model file
    Inspect(InspectArguments),
    /// Work out one step of gradient descent in full, with the numbers in it
    Explain(Box<ExplainArguments>),
    /// Judge a derivation made by hand: which numbers are right, which are wrong, and why
    Check(CheckArguments),
    /// Compare the gradients of a network with central differences of its loss
    Gradcheck(GradcheckArguments),
    /// Draw pictures of trainings
    #[command(subcommand)]
    Plot(Box<plot::Plot>),
    /// Write a model for other programs, as one ONNX graph from raw columns to predictions
    Export(ExportArguments),
    /// Measure how fast training is, on random data, and how fast the processor could be
    Bench(BenchArguments),
    /// Print the completions of a shell, to be sourced by it
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[expect(clippy::struct_excessive_bools, reason = "one for every flag")]
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct TrainArguments {
    /// A table (.csv .tsv .parquet .npy, IDX; also .gz), an embedded set (digits iris wine breast-cancer diabetes
    /// spirals moons circles xor), or a run file (.toml) [default: digits]
    #[arg(value_name = "DATA | RUN.toml")]
    pub(crate) data: Option<FilePath>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Go on from the newest valid checkpoint: in the folder of --checkpoint (auto), or in this one
    #[arg(long, value_name = "auto|DIR", help_heading = "Output", value_parser = clap::value_parser!(FilePath))]
    pub(crate) resume: Option<FilePath>,
    /// Go on although data or configuration are not those of the checkpoint
    #[arg(long, requires = "resume", help_heading = "Output")]
    pub(crate) force_resume: bool,
    /// Say nothing but results, warnings and errors
    #[arg(long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Print the report as JSON instead of tables
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print the run file that these options amount to, and train nothing
    #[arg(long, help_heading = "Output")]
    pub(crate) print_config: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PredictArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Data with the model's features; their order does not matter
    #[arg(value_parser = clap::value_parser!(FilePath))]
    pub(crate) data: FilePath,
    /// Where the predictions go [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// A column with the probability of each class as well
    #[arg(long)]
    pub(crate) proba: bool,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
}

#[derive(Args, Debug)]
pub(crate) struct EvaluateArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath))]
    pub(crate) data: FilePath,
    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print the result as JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
    #[command(flatten)]
    pub(crate) threads: ThreadsArguments,
}

#[derive(Args, Debug)]
pub(crate) struct InspectArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// A step by hand (.toml), or a model file
    #[arg(
        value_name = "EXAMPLE.toml | MODEL",
        required_unless_present = "example",
        conflicts_with = "example"
    )]
    pub(crate) source: Option<PathBuf>,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath), requires = "row")]
    pub(crate) data: Option<FilePath>,
    /// The data row that the model takes a step on, from 1, the header not counted (several, as 1,4,7: a batch)
    #[arg(long, value_name = "N", value_delimiter = ',', requires = "data", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) row: Vec<u32>,
    /// A worked example that comes with the program
    #[arg(long, value_name = "NAME", ignore_case = true, value_parser = PossibleValuesParser::new(chainrule_explain::example::NAMES))]
    pub(crate) example: Option<String>,
    /// Write out this layer only, from 1
    #[arg(long, value_name = "L", help_heading = "What is written out", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) layer: Option<u32>,
    /// Write out this unit of each layer only, from 1
    #[arg(long, value_name = "I", help_heading = "What is written out", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) unit: Option<u32>,
    /// Write out this weight of each layer only: unit I, input J, from 1
    #[arg(long, value_name = "I,J", help_heading = "What is written out")]
    pub(crate) weight: Option<WeightPlace>,
    /// The forms of the derivatives: component, matrix, tensor
    #[arg(
        long,
        value_name = "FORMS",
        help_heading = "What is written out",
        default_value = "component,matrix,tensor"
    )]
    pub(crate) form: List<FormName>,
    /// How it is written
    #[arg(
        long,
        help_heading = "Output",
        hide_possible_values = true,
        value_name = "text|latex|html|json",
        default_value = "text"
    )]
    pub(crate) format: FormatName,
    /// Significant digits of printed numbers; nothing is computed from rounded ones
    #[arg(long, value_name = "N", help_heading = "Output", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=17))]
    pub(crate) digits: u8,
    /// Where the derivation goes [default: stdout]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("text").args(["worked", "from_markdown", "from_latex"]).required(true))]
pub(crate) struct CheckArguments {
    /// A step by hand with what its author wrote down ([[claims]])
    #[arg(value_name = "WORKED.toml")]
    pub(crate) worked: Option<PathBuf>,
    /// Judge what a Markdown text says as `symbol = …`; the network stands in it as a block of toml
    #[arg(long, value_name = "FILE")]
    pub(crate) from_markdown: Option<PathBuf>,
    /// Judge what a LaTeX text says as `symbol = …`; the network stands in it between \iffalse and \fi
    #[arg(long, value_name = "FILE")]
    pub(crate) from_latex: Option<PathBuf>,
    /// How the judgement is written
    #[arg(long, hide_possible_values = true, value_name = "text|json", default_value = "text")]
    pub(crate) format: ClaimFormatName,
}

#[derive(Args, Debug)]
pub(crate) struct GradcheckArguments {
    /// A step by hand (.toml), or a model file
    #[arg(value_name = "EXAMPLE.toml | MODEL")]
    pub(crate) source: PathBuf,
    /// Data with the model's features and targets
    #[arg(value_parser = clap::value_parser!(FilePath))]
    pub(crate) data: Option<FilePath>,
    /// The first N data rows are the batch; every parameter takes two forward passes over them
    #[arg(long, value_name = "N", requires = "data", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rows: u32,
    #[command(flatten)]
    pub(crate) answers: AnswersArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Where the ONNX graph goes
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) onnx: PathBuf,
}

#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct BenchArguments {
    /// Widths of all layers, from the inputs to the outputs
    #[arg(long, value_name = "WIDTHS", default_value = "784,128,10")]
    pub(crate) layers: List<Size>,
    /// Rows per step
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) batch_size: Size,
    /// Rows of random data; what is left over by whole batches is not used
    #[arg(long, value_name = "N", default_value = "60000")]
    pub(crate) rows: Size,
    /// Processor threads; 0: as many as there are
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Width of all numbers
    #[arg(long, hide_possible_values = true, value_name = "f32|f64", default_value = "f32")]
    pub(crate) precision: PrecisionName,
    /// The rule that moves the weights: sgd, momentum, nesterov, rmsprop, adam, adamw
    #[arg(long, hide_possible_values = true, value_name = "NAME", default_value = "momentum")]
    pub(crate) optimizer: OptimizerName,
    /// The number that all randomness follows from
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) seed: Count,
    /// How long epochs are timed; it will be at least 3 of them, and at most 50
    #[arg(long, value_name = "S", default_value = "6")]
    pub(crate) seconds: AtLeastZero,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to read a table that a model is used on. What its columns mean, the model knows.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub(crate) struct TableArguments {
    /// The first row is data, not column names
    #[arg(long)]
    pub(crate) no_header: bool,
    /// The character between cells ('tab' for a tabulator) [default: by the extension]
    #[arg(long, value_name = "CHAR")]
    pub(crate) delimiter: Option<Delimiter>,
    /// Columns to leave out, where the model does not know them already
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub(crate) drop: Option<List<ColumnName>>,
    /// Cells that mean "missing" [default: the empty cell, NA, NaN, null, ?]
    #[arg(long, value_name = "LIST")]
    pub(crate) missing_values: Option<List<ColumnName>>,
    /// Refuse a row with too many or too few cells, or skip and count it [default: error]
    #[arg(long, hide_possible_values = true, value_name = "error|skip")]
    pub(crate) on_bad_row: Option<BadRowName>,
}

/// How to read a table in which the targets of a model are known.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub(crate) struct AnswersArguments {
    /// Labels in a file of their own, for .npy and IDX features
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<FilePath>,
    /// Read the label FROM as TO (may be given several times)
    #[arg(long, value_name = "FROM=TO")]
    pub(crate) map_label: Vec<Renames>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
}

/// What a model computes with.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub(crate) struct ThreadsArguments {
    /// Processor threads; 0: as many as there are
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
}

impl ThreadsArguments {
    /// The threads to compute with.
    pub(crate) fn cpu(&self) -> chainrule::Cpu {
        chainrule::Cpu::new(self.threads)
    }
}
