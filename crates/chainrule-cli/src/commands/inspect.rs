//! `chainrule inspect`.

use super::json;
use crate::args::InspectArguments;
use crate::errors::Failure;
use crate::output::{self, inspection::Inspection};
use chainrule::model::Model;

/// Shows what is in a model file.
pub(crate) fn run(arguments: &InspectArguments) -> Result<(), Failure> {
    let inspection = Inspection::new(&Model::load(&arguments.model)?);
    if arguments.json {
        output::result(&json(&inspection)?)
    } else {
        output::result(inspection.text().as_bytes())
    }
}
