//! `chainrule plot curves`: how trainings went, epoch by epoch.

use super::{Kind, check_output, log_file, write};
use crate::args::plot::CurvesArguments;
use crate::errors::Failure;
use chainrule_plot::pictures;

/// Reads the logs and draws them.
pub(crate) fn run(arguments: &CurvesArguments) -> Result<(), Failure> {
    check_output(&arguments.picture, Kind::Lines, "a log", &arguments.logs)?;
    let mut runs = Vec::new();
    for log in &arguments.logs {
        runs.extend(log_file::read(log)?);
    }
    write(&pictures::curves(&runs), Kind::Lines, &arguments.picture)
}
