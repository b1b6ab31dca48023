//! What most pictures are of: a model, and rows to run it on.

use crate::args::AnswersArguments;
use crate::args::plot::{RowsArguments, SubjectArguments};
use crate::commands::{data, load_model};
use crate::errors::Failure;
use crate::output;
use crate::settings::names::StartName;
use crate::settings::values::FilePath;
use chainrule::analysis::Retraining;
use chainrule::data::{Dataset, Samples, Weighting};
use chainrule::model::Model;
use chainrule::network::Network;
use chainrule_explain::trained::widened;
use std::path::Path;

impl SubjectArguments {
    /// The files that are read.
    pub(super) fn files(&self) -> Vec<&Path> {
        [Some(self.model.as_path()), self.data.given()].into_iter().flatten().collect()
    }

    /// The model, and all of the data.
    pub(super) fn read(&self, command: &'static str) -> Result<(Model, Dataset), Failure> {
        read(command, &self.model, &self.data, &self.answers)
    }

    /// The model, and the first rows as its network takes them.
    pub(super) fn open(
        &self,
        command: &'static str,
        rows: &RowsArguments,
    ) -> Result<(Model, Samples<f64>), Failure> {
        let (model, dataset) = self.read(command)?;
        let samples = rows.samples(&model, &dataset)?;
        Ok((model, samples))
    }
}

impl RowsArguments {
    /// The numbers of the rows.
    pub(super) fn of(&self, dataset: &Dataset) -> Vec<u32> {
        (0..self.count.min(dataset.n_rows as u32)).collect()
    }

    /// The rows as the model's network takes them.
    pub(super) fn samples(&self, model: &Model, dataset: &Dataset) -> Result<Samples<f64>, Failure> {
        let rows = self.of(dataset);
        let (samples, warnings) = model.preprocessing.samples(dataset, Some(&rows), Weighting::Evaluation)?;
        output::warn(&warnings);
        Ok(samples)
    }
}

/// A model, and data with its features and targets.
pub(super) fn read(
    command: &'static str,
    model: &Path,
    data: &FilePath,
    answers: &AnswersArguments,
) -> Result<(Model, Dataset), Failure> {
    let mut model = load_model(command, model, data.as_path())?;
    let dataset = data::read_answers(data, answers, &mut model)?;
    Ok((model, dataset))
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
    seed.unwrap_or_else(|| Retraining::recorded(&model.training).seed)
}
