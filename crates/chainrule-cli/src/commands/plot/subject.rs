//! What most pictures are of: a model, and rows to run it on.

use crate::args::AnswersArguments;
use crate::args::plot::SubjectArguments;
use crate::commands::{data, load_model};
use crate::errors::Failure;
use crate::output;
use crate::settings::names::StartName;
use crate::settings::values::FilePath;
use chainrule::data::{Samples, Weighting};
use chainrule::model::Model;
use chainrule::network::Network;
use chainrule_explain::trained::widened;
use std::path::Path;

impl SubjectArguments {
    /// The files that are read.
    pub(super) fn files(&self) -> Vec<&Path> {
        [Some(self.model.as_path()), self.data.given()].into_iter().flatten().collect()
    }

    /// The model, and the rows as its network takes them.
    pub(super) fn open(&self, command: &'static str) -> Result<(Model, Samples<f64>), Failure> {
        open(command, &self.model, &self.data, self.rows, &self.answers)
    }
}

/// A model, and the first rows of some data as its network takes them.
pub(super) fn open(
    command: &'static str,
    model: &Path,
    data: &FilePath,
    rows: u32,
    answers: &AnswersArguments,
) -> Result<(Model, Samples<f64>), Failure> {
    let mut model = load_model(command, model, data.as_path())?;
    let dataset = data::read_answers(data, answers, &mut model)?;
    let rows: Vec<u32> = (0..rows.min(dataset.n_rows as u32)).collect();
    let (samples, warnings) = model.preprocessing.samples(&dataset, Some(&rows), Weighting::Evaluation)?;
    output::warn(&warnings);
    Ok((model, samples))
}

/// The network that a path begins with: the model's, or one with weights drawn anew from a seed, which is that of the model's
/// training where none is given.
pub(super) fn start(model: &Model, start: &StartName, seed: Option<u64>) -> Result<Network<f64>, Failure> {
    if start.as_str() == "model" {
        return Ok(widened(&model.network)?);
    }
    Ok(Network::new(&model.network.config(), seed_of(model, seed))?)
}

/// The seed that is given, or that of the model's training.
pub(super) fn seed_of(model: &Model, seed: Option<u64>) -> u64 {
    let recorded = || model.training.get("seed").and_then(|seed| seed.parse().ok());
    seed.or_else(recorded).unwrap_or(0)
}
