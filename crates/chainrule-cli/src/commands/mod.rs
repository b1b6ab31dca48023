//! One module per command.

pub(crate) mod train;

use crate::args::{Arguments, Command};
use crate::errors::Failure;
use crate::output;
use clap::CommandFactory;

/// Does what the command line asks for.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Train(arguments) => train::run(*arguments),
        Command::Predict(_) | Command::Evaluate(_) | Command::Inspect(_) => {
            Err(Failure::usage("waiting for the library"))
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "chainrule", &mut script);
            output::result(&script)
        }
    }
}
