//! `chainrule train`.

use crate::args::TrainArguments;
use crate::errors::{Failure, code};
use crate::output;
use crate::settings::{Settings, run_file, values::FilePath};

/// Trains as the options say.
pub(crate) fn run(arguments: TrainArguments) -> Result<(), Failure> {
    let settings = gather(arguments.data, arguments.settings)?;
    if arguments.print_config {
        let text = settings.to_toml().map_err(|error| Failure::new(code::INTERNAL, error.to_string()))?;
        return output::result(text.as_bytes());
    }
    Err(Failure::usage("waiting for the library"))
}

/// The command line over the run file, if one is given, over the defaults.
fn gather(data: Option<FilePath>, mut settings: Settings) -> Result<Settings, Failure> {
    let is_run_file =
        |path: &FilePath| path.as_path().extension().is_some_and(|extension| extension == "toml");
    match data {
        Some(path) if is_run_file(&path) => Ok(settings.over(run_file::read(path.as_path())?).complete()),
        data => {
            settings.data.path = data;
            Ok(settings.complete())
        }
    }
}
