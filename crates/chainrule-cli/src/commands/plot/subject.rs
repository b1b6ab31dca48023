//! What most pictures are of: a model, and rows to run it on.

use crate::args::plot::SubjectArguments;
use crate::commands::{data, load_model};
use crate::errors::Failure;
use crate::output;
use chainrule::data::{Samples, Weighting};
use chainrule::model::Model;
use std::path::Path;

impl SubjectArguments {
    /// The files that are read.
    pub(super) fn files(&self) -> Vec<&Path> {
        [Some(self.model.as_path()), self.data.given()].into_iter().flatten().collect()
    }

    /// The model, and the rows as its network takes them.
    pub(super) fn open(&self, command: &'static str) -> Result<(Model, Samples<f64>), Failure> {
        let mut model = load_model(command, &self.model, self.data.as_path())?;
        let dataset = data::read_answers(&self.data, &self.answers, &mut model)?;
        let rows: Vec<u32> = (0..self.rows.min(dataset.n_rows as u32)).collect();
        let (samples, warnings) =
            model.preprocessing.samples(&dataset, Some(&rows), Weighting::Evaluation)?;
        output::warn(&warnings);
        Ok((model, samples))
    }
}
