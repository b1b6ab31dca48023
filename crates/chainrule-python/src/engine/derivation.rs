//! Derivations and judgements, as text, LaTeX, HTML and JSON.

use super::{Model, Table};
use crate::errors::raised;
use chainrule_explain::check::{Judgement, Verdict, report};
use chainrule_explain::example::NAMES;
use chainrule_explain::prose::Prose;
use chainrule_explain::trained::{engine_f32, trained_step};
use chainrule_explain::{Conventions, Example, Form, Options, Selection, Worked, explain_step, render};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A derivation of one step.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Derivation(chainrule_explain::Derivation);

/// What is written out.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Chosen {
    forms: Vec<String>,
    layer: Option<usize>,
    unit: Option<usize>,
    weight: Option<(usize, usize)>,
}

impl Chosen {
    fn options(self, conventions: Conventions) -> PyResult<Options> {
        let form = |name: &String| {
            let found = Form::ALL.into_iter().find(|form| form.name() == name);
            found.ok_or_else(|| super::table::unknown("form", name, "'component', 'matrix' or 'tensor'"))
        };
        Ok(Options {
            conventions,
            forms: self.forms.iter().map(form).collect::<PyResult<_>>()?,
            selection: Selection { layer: self.layer, unit: self.unit, weight: self.weight },
        })
    }
}

#[pymethods]
impl Derivation {
    fn text(&self, digits: usize) -> String {
        render::text::render(&self.0, digits)
    }

    fn latex(&self, digits: usize) -> String {
        render::latex::render(&self.0, digits)
    }

    fn html(&self, digits: usize) -> String {
        render::html::render(&self.0, digits)
    }

    fn json(&self, digits: usize) -> String {
        render::json::render(&self.0, digits)
    }

    /// With what the derivation disagrees, and where: a bug of this program, so mostly nothing.
    #[getter]
    fn disagreement(&self) -> Option<String> {
        let found = self.0.verification.first_difference();
        found.map(|(with, difference)| format!("the derivation disagrees with {with}: {difference}"))
    }

    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    /// Formulas of the lines, for math mode, section after section.
    fn formulas(&self, digits: usize) -> Vec<(String, Vec<String>)> {
        let of = |section: &chainrule_explain::Section| {
            let lines = section.blocks.iter().filter_map(|block| match block {
                chainrule_explain::Block::Line(line) => Some(math(line, digits)),
                _ => None,
            });
            (section.title.clone(), lines.collect::<Vec<_>>())
        };
        self.0.sections.iter().map(of).filter(|(_, lines)| !lines.is_empty()).collect()
    }
}

/// A line for math mode: its sides, joined by equals signs.
fn math(line: &chainrule_explain::Line, digits: usize) -> String {
    render::latex::line(line, digits)
}

/// Works out a step by hand: the text of an EXAMPLE.toml, or the name of one that comes with the program.
#[pyfunction]
pub(crate) fn explain_example(
    py: Python<'_>,
    text: Option<&str>,
    name: &str,
    chosen: Chosen,
) -> PyResult<Derivation> {
    let example = match text {
        Some(text) => Example::parse(text, name).map_err(raised)?,
        None => Example::named(&name.to_lowercase()).ok_or_else(|| {
            super::table::unknown("the example", name, &format!("one of {}", NAMES.join(", ")))
        })?,
    };
    let options = chosen.options(example.conventions)?;
    let mut derivation = py.detach(|| explain_step(&example.step, &options)).map_err(raised)?;
    derivation.title = example.title;
    Ok(Derivation(derivation))
}

/// Works out the step that a model would take on some rows, which count from 0.
#[pyfunction]
pub(crate) fn explain_model(
    py: Python<'_>,
    model: &Model,
    data: &Table,
    rows: Vec<u32>,
    chosen: Chosen,
) -> PyResult<Derivation> {
    let options = chosen.options(Conventions::default())?;
    let derivation = py.detach(move || {
        let trained = trained_step(&model.0, &data.0, &rows)?;
        let engine = engine_f32(&model.0, &data.0, &rows, &trained.step.optimizer)?;
        let mut derivation = explain_step(&trained.step, &options)?;
        derivation.sections.insert(0, trained.section());
        if let Some(engine) = engine {
            derivation.verification.engine_f32 = Some(engine.compare(&derivation.trace));
            derivation.sections.push(engine.section(&derivation.trace, &trained.outputs));
        }
        Ok(derivation)
    });
    derivation.map(Derivation).map_err(raised)
}

/// Judgements of a derivation made by hand.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Check(Vec<Judgement>, Vec<String>);

#[pymethods]
impl Check {
    fn text(&self) -> String {
        report::text(&self.0)
    }

    fn json(&self) -> PyResult<String> {
        report::json(&self.0).map_err(raised)
    }

    /// How many numbers are wrong.
    #[getter]
    fn n_wrong(&self) -> usize {
        self.0.iter().filter(|judgement| judgement.verdict == Verdict::Wrong).count()
    }

    /// What was not understood, a sentence each.
    #[getter]
    fn skipped(&self) -> &[String] {
        &self.1
    }
}

/// Judges what the author of a step wrote down: `toml`, `markdown` or `latex`.
#[pyfunction]
pub(crate) fn check(py: Python<'_>, text: &str, name: &str, format: &str) -> PyResult<Check> {
    let (worked, skipped) = match format {
        "markdown" => prose(Prose::from_markdown(text, name).map_err(raised)?),
        "latex" => prose(Prose::from_latex(text, name).map_err(raised)?),
        _ => (Worked::parse(text, name).map_err(raised)?, vec![]),
    };
    if worked.claims.is_empty() {
        return Err(PyValueError::new_err(format!("{name}: there is no claim to judge")));
    }
    let judgements = py.detach(|| chainrule_explain::check(&worked.example.step, &worked.claims));
    Ok(Check(judgements, skipped))
}

/// A document of JSON as one of TOML.
#[pyfunction]
pub(crate) fn toml_of_json(json: &str) -> PyResult<String> {
    let refused =
        |error: &dyn std::fmt::Display| PyValueError::new_err(format!("the dict is no step: {error}"));
    let document: serde_json::Value = serde_json::from_str(json).map_err(|error| refused(&error))?;
    toml::to_string(&document).map_err(|error| refused(&error))
}

fn prose(prose: Prose) -> (Worked, Vec<String>) {
    let said = |skipped: &chainrule_explain::Skipped| {
        format!("line {}: '{}' is not judged: {}", skipped.line, skipped.text, skipped.reason)
    };
    let skipped = prose.skipped.iter().map(said).collect();
    (prose.worked, skipped)
}
