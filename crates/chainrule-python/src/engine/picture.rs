//! Pictures: figures of `chainrule_plot` as SVG, PNG and text.

use super::{Model, Table};
use crate::errors::raised;
use chainrule::Cpu;
use chainrule::analysis::{Descent, DescentConfig, Landscape, Moving, Plane, Retraining, parameter_place};
use chainrule::data::{Samples, Task, Weighting};
use chainrule::model;
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule_explain::trained::widened;
use chainrule_plot::pictures::{self, ConfusionPicture, PlaneAxes, Predicted, Show, SurfacePicture};
use chainrule_plot::{Figure, Style, Theme, render};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// A picture before it is laid out.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Picture(Figure);

#[pymethods]
impl Picture {
    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    fn svg(&self, py: Python<'_>, theme: &str, width: u32) -> PyResult<String> {
        let style = style(theme, width)?;
        Ok(py.detach(|| render::svg(&self.0, &style)))
    }

    fn png<'py>(&self, py: Python<'py>, theme: &str, width: u32) -> PyResult<Bound<'py, PyBytes>> {
        let style = style(theme, width)?;
        let bytes = py.detach(|| render::png(&self.0, &style)).map_err(PyMemoryError::new_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn text(&self) -> String {
        render::text(&self.0)
    }
}

/// The narrowest and the widest picture.
const WIDTHS: std::ops::RangeInclusive<u32> = 240..=4000;

fn style(theme: &str, width: u32) -> PyResult<Style> {
    let theme = match theme {
        "light" => Theme::Light,
        "dark" => Theme::Dark,
        _ => return Err(super::table::unknown("theme", theme, "'light' or 'dark'")),
    };
    if !WIDTHS.contains(&width) {
        let (least, most) = (WIDTHS.start(), WIDTHS.end());
        return Err(PyValueError::new_err(format!("width is {width}; expected {least} to {most} pixels")));
    }
    Ok(Style { width, theme })
}

/// Writes a file whole or not at all.
#[pyfunction]
pub(crate) fn write_whole(py: Python<'_>, path: PathBuf, bytes: &[u8]) -> PyResult<()> {
    py.detach(|| chainrule::files::write(&path, bytes)).map_err(raised)
}

/// An epoch, as Python says it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct EpochNumbers {
    epoch: u64,
    train_loss: Option<f64>,
    validation_loss: Option<f64>,
    validation_accuracy: Option<f64>,
    validation_r2: Option<f64>,
    learning_rate: Option<f64>,
    gradient_norms: Vec<Option<f64>>,
    update_norms: Vec<Option<f64>>,
    weights: Vec<(String, Option<f64>)>,
}

/// Learning curves of runs by their names.
#[pyfunction]
pub(crate) fn plot_curves(runs: Vec<(String, Vec<EpochNumbers>)>, show: Vec<String>) -> PyResult<Picture> {
    let shown = |name: &String| {
        let expected = "'losses', 'learning-rate', 'norms' or 'weights'";
        Show::named(name).ok_or_else(|| super::table::unknown("thing to show", name, expected))
    };
    let show: Vec<Show> = show.iter().map(shown).collect::<PyResult<_>>()?;
    let show = if show.is_empty() { &Show::ALL[..] } else { &show };
    let runs: Vec<pictures::Run> = runs.into_iter().map(run).collect();
    Ok(Picture(pictures::curves(&runs, show)))
}

fn run((name, epochs): (String, Vec<EpochNumbers>)) -> pictures::Run {
    let finite = |x: Option<f64>| x.filter(|x| x.is_finite());
    let all = |norms: Vec<Option<f64>>| norms.into_iter().map(finite).collect();
    let epoch = |epoch: EpochNumbers| pictures::Epoch {
        epoch: epoch.epoch,
        train_loss: finite(epoch.train_loss),
        validation_loss: finite(epoch.validation_loss),
        validation_accuracy: finite(epoch.validation_accuracy),
        validation_r2: finite(epoch.validation_r2),
        learning_rate: finite(epoch.learning_rate),
        gradient_norms: all(epoch.gradient_norms),
        update_norms: all(epoch.update_norms),
        weights: epoch.weights.into_iter().map(|(name, value)| (name, finite(value))).collect(),
    };
    pictures::Run { name, epochs: epochs.into_iter().map(epoch).collect() }
}

/// Which classes a model takes for which; warnings about the rows.
#[pyfunction]
pub(crate) fn plot_confusion(
    py: Python<'_>,
    model: &Model,
    data: &Table,
    threads: usize,
) -> PyResult<(Picture, Vec<String>)> {
    let none = || PyValueError::new_err("a confusion matrix is of a model that answers with one class");
    if model.0.preprocessing.task() != Task::Classification {
        return Err(none());
    }
    let (evaluation, warnings) =
        py.detach(|| model.0.evaluate_with(&Cpu::new(threads), &data.0)).map_err(raised)?;
    let picture = ConfusionPicture::of(&model.0, &evaluation).ok_or_else(none)?;
    let picture = ConfusionPicture { is_weighted: data.0.sample_weight.is_some(), ..picture };
    Ok((Picture(picture.figure()), warnings))
}

/// Predicted against true numbers; warnings about the rows.
#[pyfunction]
pub(crate) fn plot_residuals(
    py: Python<'_>,
    model: &Model,
    data: &Table,
    threads: usize,
) -> PyResult<(Picture, Vec<String>)> {
    let (model, dataset) = (&model.0, &data.0);
    if model.preprocessing.task() != Task::Regression {
        return Err(PyValueError::new_err("residuals are of a model that predicts numbers"));
    }
    let (targets, warnings) =
        py.detach(|| Predicted::of(model, dataset, &Cpu::new(threads))).map_err(raised)?;
    Ok((Picture(pictures::residuals(&targets)), warnings))
}

/// How a surface and the path over it are computed.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Walk {
    weights: (String, String),
    points: usize,
    steps: usize,
    /// Whether the path begins at the model's weights, or at new ones from a seed.
    from_model: bool,
    seed: Option<u64>,
    optimizer: String,
    learning_rate: f64,
    freeze_others: bool,
    threads: usize,
}

/// The loss over two weights of a model's network, and what gradient descent does there; warnings about the rows.
#[pyfunction]
pub(crate) fn plot_surface(
    py: Python<'_>,
    model: &Model,
    data: &Table,
    walk: Walk,
) -> PyResult<(Picture, Vec<String>)> {
    if walk.points < 2 || walk.points > 1000 {
        return Err(PyValueError::new_err(format!("points is {}; expected 2 to 1000", walk.points)));
    }
    py.detach(|| {
        let (samples, warnings) = model.0.preprocessing.samples(&data.0, None, Weighting::Evaluation)?;
        Ok((Picture(surface(&model.0, &samples, &walk)?.figure()), warnings))
    })
    .map_err(raised)
}

fn surface(model: &model::Model, samples: &Samples<f64>, walk: &Walk) -> chainrule::Result<SurfacePicture> {
    let cpu = Cpu::new(walk.threads);
    let start = if walk.from_model {
        widened(&model.network)?
    } else {
        let seed = walk.seed.unwrap_or_else(|| Retraining::recorded(&model.training).seed);
        Network::new(&model.network.config(), seed)?
    };
    let (across, up) = &walk.weights;
    let places = [parameter_place(&start.parameters, across)?, parameter_place(&start.parameters, up)?];
    let rule: Rule = walk.optimizer.parse()?;
    let optimizer = OptimizerConfig { rule, learning_rate: walk.learning_rate, ..OptimizerConfig::default() };
    let moving = if walk.freeze_others { Moving::Only(places) } else { Moving::All };
    let config = DescentConfig { optimizer, steps: walk.steps, moving, ..DescentConfig::default() };
    let descent = || Descent::new(start.clone(), &model.objective, samples, &config, &cpu);
    // The plane goes through the end: there, at least, the surface is the path's.
    let end = descent()?.run();
    let plane = Plane::of_parameters(&end, places)?;
    let Landscape { grid, heights, path } = Landscape::around(descent()?, &plane, &[], walk.points);
    Ok(SurfacePicture {
        axes: PlaneAxes::Weights([across.trim().to_owned(), up.trim().to_owned()]),
        grid,
        heights,
        path,
        rule: walk.optimizer.clone(),
        learning_rate: walk.learning_rate,
        steps: walk.steps,
        is_frozen: walk.freeze_others,
        n_rows: samples.n_samples(),
    })
}
