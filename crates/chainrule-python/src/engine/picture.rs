//! Pictures: figures of `chainrule_plot` as SVG, PNG and text.

use super::{Model, Table};
use crate::errors::raised;
use chainrule::analysis::{Descent, DescentConfig, Moving, PathPoint, Plane, Surface, parameter_place};
use chainrule::data::{Outputs, Samples, Task, Weighting};
use chainrule::model::{self, Answers, Metrics};
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Cpu, Matrix};
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

/// The narrowest and the widest picture, as the command line has them.
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
    let shown = |name: &String| match name.as_str() {
        "losses" => Ok(Show::Losses),
        "learning-rate" => Ok(Show::LearningRate),
        "norms" => Ok(Show::Norms),
        "weights" => Ok(Show::Weights),
        _ => Err(super::table::unknown(
            "thing to show",
            name,
            "'losses', 'learning-rate', 'norms' or 'weights'",
        )),
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
    let Outputs::Classes { labels, .. } = &model.0.preprocessing.outputs else {
        return Err(PyValueError::new_err("a confusion matrix is of a model that answers with one class"));
    };
    let (evaluation, warnings) =
        py.detach(|| model.0.evaluate_with(&Cpu::new(threads), &data.0)).map_err(raised)?;
    let Metrics::Classification(metrics) = evaluation.metrics else {
        return Err(PyValueError::new_err("a confusion matrix is of a model that answers with one class"));
    };
    let picture = ConfusionPicture {
        classes: labels.names.clone(),
        counts: metrics.confusion.values().to_vec(),
        n_rows: evaluation.n_rows,
        is_weighted: data.0.sample_weight.is_some(),
    };
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
    let truth = model.preprocessing.target_values(dataset, None).map_err(raised)?;
    let said = py.detach(|| model.predict_with(&Cpu::new(threads), dataset)).map_err(raised)?;
    let Answers::Numbers(numbers) = said.answers else {
        return Err(PyValueError::new_err("residuals are of a model that predicts numbers"));
    };
    let column = |matrix: &Matrix<f64>, k: usize| (0..matrix.rows()).map(|row| matrix.row(row)[k]).collect();
    let of = |(k, name): (usize, &String)| Predicted {
        target: name.clone(),
        truth: column(&truth, k),
        predicted: column(&numbers, k),
    };
    let targets: Vec<Predicted> = model.preprocessing.targets.iter().enumerate().map(of).collect();
    Ok((Picture(pictures::residuals(&targets)), said.warnings))
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
        let recorded = || model.training.get("seed").and_then(|seed| seed.parse().ok());
        Network::new(&model.network.config(), walk.seed.or_else(recorded).unwrap_or(0))?
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
    let path = descent()?.path(&plane);
    let grid = grid(&path, walk.points);
    let heights = Surface::new(&end, &model.objective, samples, &plane, &cpu).heights(&grid[0], &grid[1]);
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

/// The places of the path and as much again around them, and neither side much shorter than the other.
fn grid(path: &[PathPoint], n: usize) -> [Vec<f64>; 2] {
    let ends = [0, 1].map(|axis| {
        let finite = path.iter().map(|point| point.at[axis]).filter(|x| x.is_finite());
        finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
    });
    let largest = ends.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    let largest = if largest > 0.0 { largest } else { 1.0 };
    ends.map(|[low, high]| {
        let (middle, half) = (low / 2.0 + high / 2.0, (high - low).max(largest / 3.0));
        (0..n).map(|i| middle + half * (2.0 * i as f64 / (n - 1) as f64 - 1.0)).collect()
    })
}
