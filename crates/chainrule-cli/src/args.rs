//! The command line. What `train` takes is declared in [`settings`](crate::settings::sections), together with the
//! run file, which has the same options.

use crate::settings::Settings;
use crate::settings::names::BadRowName;
use crate::settings::values::{ColumnName, Delimiter, FilePath, List, Renames};
use crate::version;
use clap::{Args, Parser, Subcommand};
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
    /// Print the completions of a shell, to be sourced by it
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub(crate) struct TrainArguments {
    /// A table (.csv .tsv .parquet .npy, IDX; also .gz), an embedded set (digits iris wine breast-cancer diabetes
    /// spirals moons circles xor), or a run file (.toml) [default: digits]
    #[arg(value_name = "DATA | RUN.toml")]
    pub(crate) data: Option<FilePath>,
    #[command(flatten)]
    pub(crate) settings: Settings,
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
    /// Labels in a file of their own, for .npy and IDX features
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub(crate) labels: Option<FilePath>,
    /// Read the label FROM as TO (may be given several times)
    #[arg(long, value_name = "FROM=TO", help_heading = "Data")]
    pub(crate) map_label: Vec<Renames>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
}

#[derive(Args, Debug)]
pub(crate) struct InspectArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// Print JSON instead of tables
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
    /// Processor threads; 0: as many as there are
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
}

impl TableArguments {
    /// The threads to compute with.
    pub(crate) fn cpu(&self) -> chainrule::Cpu {
        chainrule::Cpu::new(self.threads)
    }
}
