//! Everything that leaves the program: results on stdout, talk on stderr, files.

pub(crate) mod describe;
pub(crate) mod evaluation;
pub(crate) mod files;
pub(crate) mod inspection;
pub(crate) mod log;
pub(crate) mod predictions;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod summary;
pub(crate) mod table;

use crate::errors::Failure;
use std::io::{ErrorKind, Write};

/// Writes a result to stdout. A reader that has seen enough (`| head`) is no failure.
pub(crate) fn result(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::io("write to stdout", &error)),
        _ => Ok(()),
    }
}

/// Says something on stderr. That nobody listens must not stop the work.
pub(crate) fn talk(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what the user should know although the work goes on.
pub(crate) fn warn(warnings: &[String]) {
    for warning in warnings {
        talk(&format!("warning: {}", warning.replace('\n', "\n  help: ")));
    }
}
