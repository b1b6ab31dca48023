//! The step that `explain` and `gradcheck` are about: typed in by hand, one that comes with the program, or taken from a
//! trained model and real rows.

use super::{data, load_model};
use crate::args::AnswersArguments;
use crate::errors::{Failure, code};
use crate::nearest::unknown;
use crate::settings::values::FilePath;
use crate::text_file;
use chainrule::model::is_chainrule_model;
use chainrule_explain::conventions::Conventions;
use chainrule_explain::example::{Example, NAMES};
use chainrule_explain::trained::{EngineValues, TrainedStep, engine_f32, trained_step};
use chainrule_explain::{Derivation, Section, Step};
use std::path::Path;

/// A step and what is known about it besides.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The step.
    pub(crate) step: Step,
    /// How its author writes.
    pub(crate) conventions: Conventions,
    /// What its author calls it.
    title: Option<String>,
    /// Of a step of a trained model: the rows by their names.
    section: Option<Section>,
    /// Of a step of a trained f32 model: what the engine makes of it in f32.
    engine: Option<EngineValues>,
    /// The names of its outputs.
    outputs: Vec<String>,
}

impl Given {
    /// A step of a model: `rows` says which ones, from 0, of how many.
    pub(crate) fn of_model(
        command: &str,
        model: &Path,
        path: &FilePath,
        arguments: &AnswersArguments,
        rows: impl FnOnce(usize) -> Vec<u32>,
    ) -> Result<Self, Failure> {
        let mut model = load_model(command, model, path.as_path())?;
        let dataset = data::read_answers(path, arguments, &mut model)?;
        let trained = trained_step(&model, &dataset, &rows(dataset.n_rows))?;
        let TrainedStep { step, rows, .. } = &trained;
        Ok(Self {
            engine: engine_f32(&model, &dataset, rows, &step.optimizer)?,
            section: Some(trained.section()),
            conventions: Conventions::default(),
            title: None,
            outputs: trained.outputs,
            step: trained.step,
        })
    }

    /// A step that somebody typed in.
    pub(crate) fn of_file(command: &str, path: &Path) -> Result<Self, Failure> {
        if is_chainrule_model(path) {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path} is a model, and a step needs data as well\n\
                 chainrule {command} {path} DATA; without data the file is a step by hand (.toml)"
            )));
        }
        let name = path.display().to_string();
        Ok(Self::of_example(Example::parse(&read_text(path)?, &name)?))
    }

    /// A step that comes with the program.
    pub(crate) fn of_name(name: &str) -> Result<Self, Failure> {
        let unknown = || Failure::usage(unknown("example", name, &NAMES));
        Example::named(&name.to_lowercase()).map(Self::of_example).ok_or_else(unknown)
    }

    fn of_example(example: Example) -> Self {
        let Example { title, step, conventions } = example;
        Self { step, conventions, title: Some(title), section: None, engine: None, outputs: Vec::new() }
    }

    /// Adds to a derivation what it cannot know: a title, the names of the data, the engine's values in f32.
    pub(crate) fn complete(self, derivation: &mut Derivation) {
        if let Some(title) = self.title {
            derivation.title = title;
        }
        if let Some(section) = self.section {
            derivation.sections.insert(0, section);
        }
        if let Some(engine) = self.engine {
            derivation.verification.engine_f32 = Some(engine.compare(&derivation.trace));
            derivation.sections.push(engine.section(&derivation.trace, &self.outputs));
        }
    }
}

/// The text of a file that somebody typed in.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    text_file::read(path, "a step by hand", code::DATA)
}
