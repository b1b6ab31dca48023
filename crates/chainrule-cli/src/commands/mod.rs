//! One module per command.

mod bench;
mod check;
mod data;
mod evaluate;
mod explain;
mod export;
mod given;
mod gradcheck;
mod inspect;
mod outputs;
mod plot;
mod predict;
mod train;

use crate::args::{Arguments, Command};
use crate::errors::{Failure, code};
use crate::output;
use chainrule::model::{Model, is_chainrule_model};
use clap::CommandFactory;
use serde::Serialize;
use std::path::Path;

/// Does what the command line asks for.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Train(arguments) => train::run(*arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Gradcheck(arguments) => gradcheck::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "chainrule", &mut script);
            output::result(&script)
        }
    }
}

/// Loads the model of `chainrule COMMAND MODEL DATA`.
fn load_model(command: &str, model: &Path, data: &Path) -> Result<Model, Failure> {
    if !is_chainrule_model(model) && is_chainrule_model(data) {
        let (model, data) = (model.display(), data.display());
        return Err(Failure::usage(format!(
            "{model} is no chainrule model, but {data} is one\n\
             MODEL comes first: chainrule {command} {data} {model}"
        )));
    }
    Ok(Model::load(model)?)
}

/// A document of JSON, for a person or a program.
fn json(document: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec_pretty(document)
        .map_err(|error| Failure::new(code::INTERNAL, error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
