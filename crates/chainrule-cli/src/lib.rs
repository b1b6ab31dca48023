//! The command line of chainrule.
//!
//! It holds no numerics. A command reads what the user wants (`args`, `settings`), asks the library to do it
//! (`commands`), and shows the result (`output`): results on stdout, talk on stderr, an exit code that scripts can
//! rely on (`errors`). It is a library so that `fuzz/` reaches the reader of run files; the program is `main`.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod errors;
mod nearest;
mod output;
mod settings;
mod text_file;
mod version;

use clap::Parser;
use std::process::ExitCode;

pub use settings::run_file::check as check_run_file;

/// Does what the arguments of this process ask for.
pub fn main() -> ExitCode {
    errors::install_panic_hook();
    let arguments = args::Arguments::parse();
    match std::panic::catch_unwind(|| commands::run(arguments.command)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(_) => ExitCode::from(errors::code::INTERNAL),
    }
}
