//! A training that Python steers, epoch by epoch, and the loss of all rows for SciPy's minimiser.

use chainrule::Cpu;
use chainrule::optimizer::{Definition, OptimizerConfig, Rule, Schedule, ScheduleKind};
use chainrule::training::{Clock, Diverged, OptimizerState, Pass, Plan, Steered};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::str::FromStr;

use super::data::{Data, Kind, Number, Rows};
use super::network::{Arrays, Structure, load, store};
use crate::errors::exception;

pyo3::create_exception!(
    chainrule._native,
    DivergedError,
    PyValueError,
    "A loss or a parameter is no longer a finite number. Its arguments are what was not, and the number of the step."
);

/// Seconds after which a training looks for Ctrl-C again.
const LOOK: f64 = 0.1;

/// The optimizer by names and numbers.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    rule: String,
    scikit_learn: bool,
    momentum: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    decoupled_decay: f64,
    clip_norm: f64,
    batch_rows: usize,
    seed: u64,
    n_threads: usize,
}

impl Settings {
    fn optimizer(&self) -> PyResult<OptimizerConfig> {
        let rule: Rule = self.rule.parse().map_err(|error| exception(&error))?;
        Ok(OptimizerConfig {
            rule,
            definition: if self.scikit_learn { Definition::ScikitLearn } else { Definition::PyTorch },
            momentum: self.momentum,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            decoupled_decay: self.decoupled_decay,
            clip_norm: self.clip_norm,
            ..OptimizerConfig::default()
        })
    }
}

/// A network while it is trained.
#[pyclass(module = "chainrule._native")]
pub(crate) struct Trainer(Precision);

enum Precision {
    Single(Steered<f32>),
    Double(Steered<f64>),
}

/// Calls with the training in its kind of number.
macro_rules! of_either {
    ($trainer:expr, $training:ident => $result:expr) => {
        match $trainer {
            Precision::Single($training) => $result,
            Precision::Double($training) => $result,
        }
    };
}

#[pymethods]
impl Trainer {
    #[new]
    fn new(structure: Structure, settings: Settings, dtype: &str) -> PyResult<Self> {
        Ok(Self(match dtype {
            "float32" => Precision::Single(steered(&structure, &settings)?),
            "float64" => Precision::Double(steered(&structure, &settings)?),
            other => return Err(PyValueError::new_err(format!("expected float32 or float64, not {other}"))),
        }))
    }

    /// Takes the parameters from arrays; the optimizer's state stays.
    fn load(&mut self, coefs: &Bound<'_, PyList>, intercepts: &Bound<'_, PyList>) -> PyResult<()> {
        of_either!(&mut self.0, training => {
            let arrays = Arrays::of(coefs, intercepts)?;
            let mut network = training.plan().network().clone();
            load(&mut network, &arrays)?;
            training.plan().set_parameters(&network.parameters.values);
            Ok(())
        })
    }

    /// The parameters, as new arrays.
    fn store<'py>(&mut self, py: Python<'py>) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        of_either!(&mut self.0, training => {
            let network = training.plan().network();
            store(py, network, &network.parameters)
        })
    }

    /// One pass over the data: (sum over its batches of loss times rows, rows seen, whether it came to its end).
    ///
    /// `order` names the rows; without it all come as they stand. The pass ends early when `seconds` are over, and on Ctrl-C, which is
    /// raised. Other Python threads run meanwhile.
    /// A schedule is its name and the steps that the whole training will take.
    #[pyo3(signature = (data, order, batch_rows, learning_rate, l2, seconds=None, schedule=None))]
    fn pass_over(
        &mut self,
        py: Python<'_>,
        data: &Data,
        order: Option<PyReadonlyArray1<'_, i64>>,
        batch_rows: usize,
        learning_rate: f64,
        l2: f64,
        seconds: Option<f64>,
        schedule: Option<(String, u64)>,
    ) -> PyResult<(f64, usize, bool)> {
        let schedule = match schedule {
            None => None,
            Some((name, total_steps)) => {
                let kind = ScheduleKind::from_str(&name).map_err(|error| exception(&error))?;
                Some((Schedule { kind, ..Schedule::default() }, total_steps))
            }
        };
        let pass = Request { order, batch_rows, learning_rate, schedule, l2, seconds };
        match (&mut self.0, &data.0) {
            (Precision::Single(training), Kind::Single(rows)) => pass.run(py, training, rows),
            (Precision::Double(training), Kind::Double(rows)) => pass.run(py, training, rows),
            _ => Err(other_kind()),
        }
    }

    /// The loss of some data under the network as it is, without the penalty of the weights.
    fn loss(&mut self, py: Python<'_>, data: &Data) -> PyResult<f64> {
        match (&mut self.0, &data.0) {
            (Precision::Single(training), Kind::Single(rows)) => measure(py, training, rows),
            (Precision::Double(training), Kind::Double(rows)) => measure(py, training, rows),
            _ => Err(other_kind()),
        }
    }

    /// What the optimizer remembers: (steps, first, second), arrays that `restore` takes.
    fn state<'py>(&mut self, py: Python<'py>) -> (u64, Bound<'py, PyAny>, Bound<'py, PyAny>) {
        of_either!(&mut self.0, training => {
            let OptimizerState { steps, first, second } = training.plan().optimizer_state();
            (steps, PyArray1::from_vec(py, first).into_any(), PyArray1::from_vec(py, second).into_any())
        })
    }

    /// Puts back what `state` once gave.
    fn restore(&mut self, steps: u64, first: &Bound<'_, PyAny>, second: &Bound<'_, PyAny>) -> PyResult<()> {
        of_either!(&mut self.0, training => {
            let state = OptimizerState { steps, first: vector(first)?, second: vector(second)? };
            training.plan().restore_optimizer(&state).map_err(|error| exception(&error))
        })
    }
}

fn other_kind() -> PyErr {
    PyTypeError::new_err("the data is of another kind of number than the network")
}

fn measure<F: Number>(py: Python<'_>, training: &mut Steered<F>, rows: &Rows<F>) -> PyResult<f64> {
    rows.with_inputs(py, |inputs| Ok(py.detach(|| training.loss(&rows.samples, inputs))))
}

fn vector<F: Number>(object: &Bound<'_, PyAny>) -> PyResult<Vec<F>> {
    Ok(object.extract::<PyReadonlyArray1<'_, F>>()?.as_slice()?.to_vec())
}

fn steered<F: Number>(structure: &Structure, settings: &Settings) -> PyResult<Steered<F>> {
    let (config, objective, report) = structure.resolve()?;
    let network = Structure::network::<F>(&config)?;
    let cpu = Cpu::new(settings.n_threads);
    let plan = Plan::new(network, objective, &settings.optimizer()?, settings.batch_rows, settings.seed, cpu);
    Ok(Steered::new(plan.map_err(|error| exception(&error))?, objective, report))
}

struct Request<'py> {
    order: Option<PyReadonlyArray1<'py, i64>>,
    batch_rows: usize,
    learning_rate: f64,
    schedule: Option<(Schedule, u64)>,
    l2: f64,
    seconds: Option<f64>,
}

impl Request<'_> {
    fn run<F: Number>(
        &self,
        py: Python<'_>,
        training: &mut Steered<F>,
        rows: &Rows<F>,
    ) -> PyResult<(f64, usize, bool)> {
        let n_samples = rows.samples.n_samples();
        let order = self.order.as_ref().map(|order| -> PyResult<Vec<u32>> {
            let row =
                |&row: &i64| usize::try_from(row).ok().filter(|&row| row < n_samples).map(|row| row as u32);
            let order: Option<Vec<u32>> = order.as_slice()?.iter().map(row).collect();
            order.ok_or_else(|| {
                PyValueError::new_err(format!("the order names a row that is not among {n_samples}"))
            })
        });
        let order = order.transpose()?;
        let pass = Pass {
            order: order.as_deref(),
            batch_rows: self.batch_rows,
            learning_rate: self.learning_rate,
            schedule: self.schedule,
            l2: self.l2,
        };
        let mut watch = Watch::new(self.seconds);
        let ended = rows.with_inputs(py, |inputs| {
            Ok(py.detach(|| training.pass(&rows.samples, inputs, &pass, &mut || watch.go_on())))
        })?;
        if let Some(error) = watch.raised {
            return Err(error);
        }
        let ended = ended.map_err(diverged)?;
        Ok((ended.loss_sum, ended.rows, ended.rows == order.as_ref().map_or(n_samples, Vec::len)))
    }
}

fn diverged(found: Diverged) -> PyErr {
    DivergedError::new_err((found.divergence.to_string(), found.step))
}

/// Looks at the time and for signals while a pass lasts.
struct Watch {
    clock: Clock,
    end: f64,
    looked: f64,
    raised: Option<PyErr>,
}

impl Watch {
    fn new(seconds: Option<f64>) -> Self {
        let clock = Clock::default();
        let now = (clock.0)();
        Self { clock, end: now + seconds.unwrap_or(f64::INFINITY), looked: now, raised: None }
    }

    fn go_on(&mut self) -> bool {
        let now = (self.clock.0)();
        if now - self.looked >= LOOK {
            self.looked = now;
            self.raised = Python::attach(|py| py.check_signals().err());
        }
        self.raised.is_none() && now < self.end
    }
}

/// The loss of all rows as a function of the parameters, in float64.
#[pyclass(module = "chainrule._native")]
pub(crate) struct FullLoss {
    loss: chainrule::training::FullLoss<f64>,
    data: Py<Data>,
    l2: f64,
}

#[pymethods]
impl FullLoss {
    #[new]
    fn new(
        py: Python<'_>,
        structure: Structure,
        data: Py<Data>,
        l2: f64,
        n_threads: usize,
    ) -> PyResult<Self> {
        let (config, objective, report) = structure.resolve()?;
        let network = Structure::network::<f64>(&config)?;
        let n_samples = data.bind(py).get().n_samples();
        let loss =
            chainrule::training::FullLoss::new(network, objective, report, n_samples, Cpu::new(n_threads));
        Ok(Self { loss, data, l2 })
    }

    /// Loss and gradient where the parameters are those of the arrays: (loss, gradients of weights, of biases).
    fn __call__<'py>(
        &mut self,
        py: Python<'py>,
        coefs: &Bound<'py, PyList>,
        intercepts: &Bound<'py, PyList>,
    ) -> PyResult<(f64, Bound<'py, PyList>, Bound<'py, PyList>)> {
        load(self.loss.network_mut(), &Arrays::of(coefs, intercepts)?)?;
        let Self { loss, data, l2 } = self;
        let Kind::Double(rows) = &data.bind(py).get().0 else {
            return Err(PyTypeError::new_err("the loss of all rows is computed in float64"));
        };
        let value =
            rows.with_inputs(py, |inputs| Ok(py.detach(|| loss.evaluate(&rows.samples, inputs, *l2))))?;
        let (weights, biases) = store(py, loss.network(), loss.gradients())?;
        Ok((value, weights, biases))
    }
}
