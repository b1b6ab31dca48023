//! `chainrule plot curves`: how trainings went, epoch by epoch.

use super::{Kind, check_output, log_file, write};
use crate::args::plot::CurvesArguments;
use crate::errors::{Failure, code};
use crate::settings::names::ShowName;
use crate::settings::values::List;
use chainrule_plot::pictures::{self, Show};

/// Reads the logs and draws them.
pub(crate) fn run(arguments: &CurvesArguments) -> Result<(), Failure> {
    check_output(&arguments.picture, Kind::Lines, "a log", &arguments.logs)?;
    let mut runs = Vec::new();
    for log in &arguments.logs {
        runs.extend(log_file::read(log)?);
    }
    let is_asked = |show: &Show| {
        let asked = |list: &List<ShowName>| list.0.iter().any(|name| name.as_str() == show.name());
        arguments.show.as_ref().is_none_or(asked)
    };
    let show: Vec<Show> = Show::ALL.into_iter().filter(is_asked).collect();
    let figure = pictures::curves(&runs, &show);
    if figure.panels.is_empty() {
        return Err(Failure::new(code::DATA, figure.notes.last().cloned().unwrap_or_default()));
    }
    write(&figure, Kind::Lines, &arguments.picture)
}
