//! Training, without the interpreter's lock, watched from Python at the end of every epoch.

use super::settings::{Settings, parsed};
use super::{Model, Table};
use crate::errors::raised;
use chainrule::files::free_memory;
use chainrule::model::Evaluation;
use chainrule::training::{
    Callback, CheckpointConfig, Clock, Continue, Differences, Epoch, Measures, Parts, PerPart, Resume,
    Resumed, Run, Trainer, TrainingConfig,
};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;

/// What the callback of Python is told of, and what came of it.
struct Watcher {
    callback: Option<Py<PyAny>>,
    /// The weights whose values each epoch has.
    watched: Vec<String>,
    interrupted: bool,
    error: Option<PyErr>,
    resumed: Option<Resumed>,
    /// When signals were last looked for, in seconds of the configuration's clock.
    looked: f64,
    clock: Clock,
}

/// Seconds between two looks for signals within an epoch.
const LOOK: f64 = 0.1;

impl Watcher {
    /// Keeps an error until training has ended, which it does then.
    fn keep(&mut self, answer: PyResult<Continue>) -> Continue {
        answer.unwrap_or_else(|error| {
            self.error = Some(error);
            Continue::Interrupted
        })
    }

    /// Whether training goes on after what signals have asked for.
    fn signals(&mut self) -> PyResult<Continue> {
        self.looked = (self.clock.0)();
        Python::attach(|py| match py.check_signals() {
            Ok(()) => Ok(Continue::Yes),
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                self.interrupted = true;
                Ok(Continue::Interrupted)
            }
            Err(error) => Err(error),
        })
    }

    fn ask(&mut self, epoch: &Epoch) -> PyResult<Continue> {
        if self.signals()? == Continue::Interrupted {
            return Ok(Continue::Interrupted);
        }
        Python::attach(|py| {
            let Some(callback) = &self.callback else { return Ok(Continue::Yes) };
            let stop = callback.bind(py).call1((told(py, epoch, &self.watched)?,))?;
            Ok(if stop.is_truthy()? { Continue::No } else { Continue::Yes })
        })
    }
}

impl Callback for Watcher {
    fn step_ends(&mut self) -> Continue {
        if (self.clock.0)() - self.looked < LOOK {
            return Continue::Yes;
        }
        let answer = self.signals();
        self.keep(answer)
    }

    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        let answer = self.ask(epoch);
        self.keep(answer)
    }

    fn resumes(&mut self, from: &Resumed) {
        self.resumed = Some(from.clone());
    }
}

/// Where and when a training keeps its state, as Python says it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
    every: String,
    keep: usize,
    /// Whether to go on from a checkpoint in the folder, and where from if not from there.
    resume: bool,
    source: Option<PathBuf>,
    force: bool,
}

impl Checkpoints {
    fn config(self) -> PyResult<CheckpointConfig> {
        Ok(CheckpointConfig {
            every: parsed(&self.every)?,
            keep: self.keep,
            resume: match (self.resume, self.source) {
                (false, _) => Resume::No,
                (true, None) => Resume::Auto,
                (true, Some(folder)) => Resume::From(folder),
            },
            differences: if self.force { Differences::Accept } else { Differences::Refuse },
            ..CheckpointConfig::new(self.folder)
        })
    }
}

/// An epoch as a dictionary.
fn told<'py>(py: Python<'py>, epoch: &Epoch, watched: &[String]) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    told.set_item("epoch", epoch.epoch)?;
    told.set_item("step", epoch.step)?;
    told.set_item("train_loss", epoch.train_loss)?;
    told.set_item("validation_loss", epoch.validation_loss)?;
    told.set_item("validation_score", epoch.validation_score)?;
    told.set_item("learning_rate", epoch.learning_rate)?;
    told.set_item("seconds", epoch.seconds)?;
    told.set_item("best", epoch.best)?;
    if !epoch.norms.is_empty() {
        let (gradients, updates): (Vec<f64>, Vec<f64>) =
            epoch.norms.iter().map(|norms| (norms.gradient, norms.update)).unzip();
        told.set_item("gradient_norms", gradients)?;
        told.set_item("update_norms", updates)?;
    }
    if !epoch.weights.is_empty() {
        let values = PyDict::new(py);
        for (name, value) in watched.iter().zip(&epoch.weights) {
            values.set_item(name, value)?;
        }
        told.set_item("weights", values)?;
    }
    Ok(told)
}

/// Trains a model; returns it with what happened.
#[pyfunction]
#[pyo3(signature = (settings, data, validation, test, callback, checkpoints, norms, watch))]
pub(crate) fn train<'py>(
    py: Python<'py>,
    settings: Settings,
    data: &Table,
    validation: Option<&Table>,
    test: Option<&Table>,
    callback: Option<Py<PyAny>>,
    checkpoints: Option<Checkpoints>,
    norms: bool,
    watch: Vec<String>,
) -> PyResult<(Model, Bound<'py, PyDict>)> {
    let measures = Measures { norms, weights: watch };
    let watched = measures.weights.iter().map(|name| name.trim().to_owned()).collect();
    let config = TrainingConfig { memory_limit: free_memory(), measures, ..settings.config()? };
    let mut trainer = Trainer::new(config);
    if let Some(checkpoints) = checkpoints {
        trainer = trainer.with_checkpoints(checkpoints.config()?);
    }
    let parts = Parts {
        data: &data.0,
        validation: validation.map(|table| &table.0),
        test: test.map(|table| &table.0),
    };
    let clock = trainer.config().clock;
    let looked = (clock.0)();
    let mut watcher =
        Watcher { callback, watched, interrupted: false, error: None, resumed: None, looked, clock };
    let run = py.detach(|| trainer.run(parts, &mut watcher)).map_err(raised)?;
    if let Some(error) = watcher.error {
        return Err(error);
    }
    let told = summary(py, &run)?;
    told.set_item("interrupted", watcher.interrupted)?;
    let resumed = watcher.resumed.map(|from| (from.file, from.step, from.passed_over));
    told.set_item("resumed", resumed)?;
    Ok((Model::new(run.model), told))
}

fn summary<'py>(py: Python<'py>, run: &Run) -> PyResult<Bound<'py, PyDict>> {
    let summary = PyDict::new(py);
    let epochs = run.history.epochs.iter().map(|epoch| told(py, epoch, &run.history.watched));
    summary.set_item("epochs", epochs.collect::<PyResult<Vec<_>>>()?)?;
    summary.set_item("best_epoch", run.history.best_epoch)?;
    summary.set_item("stopped_by", run.history.stopped_by.map(|reason| reason.to_string()))?;
    summary.set_item("seconds", run.history.seconds)?;
    summary.set_item("notes", &run.notes)?;
    summary.set_item("warnings", &run.warnings)?;
    let results = run.results.as_ref().map(|results| &results.model);
    let train = results.map(|results| &results.train);
    let held_out =
        |part: fn(&PerPart<Evaluation>) -> &Option<Evaluation>| results.and_then(|r| part(r).as_ref());
    let (validation, test) = (held_out(|parts| &parts.validation), held_out(|parts| &parts.test));
    for (name, part) in [("train", train), ("validation", validation), ("test", test)] {
        summary.set_item(name, part.map(|part| super::model::measured(py, part)).transpose()?)?;
    }
    Ok(summary)
}

/// The library's defaults of the keywords that are plain numbers, for the test that holds Python's against them.
#[pyfunction]
pub(crate) fn defaults(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let config = TrainingConfig::default();
    let optimizer = &config.optimizer;
    let defaults = PyDict::new(py);
    defaults.set_item("hidden", config.hidden.clone())?;
    defaults.set_item("bias", config.bias)?;
    defaults.set_item("precision", config.precision.to_string())?;
    defaults.set_item("label_smoothing", config.label_smoothing)?;
    defaults.set_item("optimizer", optimizer.rule.name())?;
    for (name, value) in [
        ("momentum", optimizer.momentum),
        ("beta1", optimizer.beta1),
        ("beta2", optimizer.beta2),
        ("alpha", optimizer.alpha),
        ("epsilon", optimizer.epsilon),
        ("weight_decay", optimizer.weight_decay),
        ("clip_norm", optimizer.clip_norm),
        ("tolerance", config.tolerance),
        ("target_loss", config.target_loss),
        ("max_seconds", config.max_seconds),
        ("validation", config.validation),
        ("test", config.test),
    ] {
        defaults.set_item(name, value)?;
    }
    for (name, value) in
        [("epochs", config.epochs), ("patience", config.patience), ("n_threads", config.threads)]
    {
        defaults.set_item(name, value)?;
    }
    defaults.set_item("seed", config.seed)?;
    Ok(defaults)
}
