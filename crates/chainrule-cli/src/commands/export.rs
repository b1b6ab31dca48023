//! `chainrule export`.

use super::outputs;
use crate::args::ExportArguments;
use crate::errors::Failure;
use crate::output::{self, files, ports};
use chainrule::model::Model;

/// Writes a model for other programs, and says what goes into it and what comes out.
pub(crate) fn run(arguments: &ExportArguments) -> Result<(), Failure> {
    let path = &arguments.onnx;
    files::check(path)?;
    let out = outputs::named("--onnx", path);
    outputs::check_distinct(&[outputs::named("MODEL", &arguments.model)], &[out])?;
    outputs::check_no_model(out)?;
    let onnx = Model::load(&arguments.model)?.onnx()?;
    files::write(path, &onnx.bytes)?;
    output::talk(&ports::described(path, &onnx));
    Ok(())
}
