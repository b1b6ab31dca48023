//! Keywords of `chainrule.Trainer` as the library's configuration. Python gives every one of them.

use super::table::{missing_policy, unknown};
use crate::errors::raised;
use chainrule::data::{ClassWeight, Standardize, Task};
use chainrule::loss::Loss;
use chainrule::network::parse_activation;
use chainrule::optimizer::schedule::{Schedule, ScheduleKind, Unit};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{BatchSize, TrainingConfig};
use chainrule::{Activation, Error};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A name and, where an activation has one, its parameter.
type ActivationChoice = (String, Option<f64>);

/// The keywords.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    task: Option<String>,
    hidden: Vec<usize>,
    activation: Vec<ActivationChoice>,
    output: Option<ActivationChoice>,
    init: Option<String>,
    bias: bool,
    dropout: Vec<f64>,
    precision: String,
    loss: Option<String>,
    delta: f64,
    label_smoothing: f64,
    optimizer: String,
    learning_rate: Option<f64>,
    momentum: f64,
    beta1: f64,
    beta2: f64,
    alpha: f64,
    epsilon: f64,
    weight_decay: f64,
    clip_norm: f64,
    schedule: String,
    schedule_numbers: BTreeMap<String, f64>,
    schedule_unit: Option<String>,
    warmup: u64,
    batch_size: String,
    epochs: usize,
    patience: usize,
    tolerance: f64,
    target_loss: f64,
    max_seconds: f64,
    seed: u64,
    n_threads: usize,
    validation: f64,
    test: f64,
    standardize: bool,
    missing: String,
    map_labels: Vec<(String, String)>,
    class_weight: Option<Vec<(String, f64)>>,
    balanced: bool,
}

impl Settings {
    /// The library's configuration, checked.
    pub(super) fn config(self) -> PyResult<TrainingConfig> {
        let optimizer = self.optimizer()?;
        let defaults = TrainingConfig::default();
        let config = TrainingConfig {
            task: self.task.as_deref().map(task).transpose()?,
            hidden: self.hidden,
            activation: self.activation.iter().map(activation).collect::<PyResult<_>>()?,
            output: self.output.as_ref().map(activation).transpose()?,
            initializer: self.init.as_deref().map(parsed).transpose()?,
            bias: self.bias,
            dropout: self.dropout,
            precision: parsed(&self.precision)?,
            loss: self.loss.as_deref().map(|name| loss(name, self.delta)).transpose()?,
            label_smoothing: self.label_smoothing,
            optimizer,
            batch_size: parsed::<BatchSize>(&self.batch_size)?,
            epochs: self.epochs,
            patience: self.patience,
            tolerance: self.tolerance,
            target_loss: self.target_loss,
            max_seconds: self.max_seconds,
            seed: self.seed,
            threads: self.n_threads,
            validation: self.validation,
            test: self.test,
            standardize: if self.standardize { Standardize::Yes } else { Standardize::No },
            missing: missing_policy(&self.missing)?,
            map_labels: self.map_labels,
            class_weight: match (self.balanced, self.class_weight) {
                (true, _) => ClassWeight::Balanced,
                (false, Some(weights)) => ClassWeight::PerClass(weights),
                (false, None) => ClassWeight::None,
            },
            ..defaults
        };
        config.validate().map_err(raised)?;
        Ok(config)
    }

    fn optimizer(&self) -> PyResult<OptimizerConfig> {
        let rule: Rule = parsed(&self.optimizer)?;
        Ok(OptimizerConfig {
            rule,
            learning_rate: self.learning_rate.unwrap_or(rule.usual_learning_rate()),
            momentum: self.momentum,
            beta1: self.beta1,
            beta2: self.beta2,
            alpha: self.alpha,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            clip_norm: self.clip_norm,
            schedule: Schedule { kind: self.schedule()?, warmup: self.warmup },
            ..OptimizerConfig::default()
        })
    }

    fn schedule(&self) -> PyResult<ScheduleKind> {
        let mut kind: ScheduleKind = parsed(&self.schedule)?;
        let unit = match self.schedule_unit.as_deref() {
            None => None,
            Some("steps") => Some(Unit::Steps),
            Some("epochs") => Some(Unit::Epochs),
            Some(other) => return Err(unknown("the unit of the schedule", other, "'steps' or 'epochs'")),
        };
        let mut unit_is_used = unit.is_none();
        let mut set_unit = |place: &mut Unit| {
            unit_is_used = true;
            *place = unit.unwrap_or(*place);
        };
        if let ScheduleKind::Step(step) = &mut kind {
            set_unit(&mut step.unit);
        }
        if let ScheduleKind::Exponential(exponential) = &mut kind {
            set_unit(&mut exponential.unit);
        }
        for (name, &value) in &self.schedule_numbers {
            if !set_number(&mut kind, name, value) {
                return Err(no_parameter(&self.schedule, name));
            }
        }
        if unit_is_used { Ok(kind) } else { Err(no_parameter(&self.schedule, "unit")) }
    }
}

/// Sets a parameter of a schedule; whether it has one of that name.
fn set_number(kind: &mut ScheduleKind, name: &str, value: f64) -> bool {
    let whole = value.max(0.0) as u64;
    match (kind, name) {
        (ScheduleKind::Step(step), "every") => step.every = whole,
        (ScheduleKind::Step(step), "factor") => step.factor = value,
        (ScheduleKind::Exponential(exponential), "factor") => exponential.factor = value,
        (ScheduleKind::Cosine(cosine), "minimum") => cosine.minimum = value,
        (ScheduleKind::OneCycle(cycle), "rise") => cycle.rise = value,
        (ScheduleKind::OneCycle(cycle), "initial_divisor") => cycle.initial_divisor = value,
        (ScheduleKind::OneCycle(cycle), "final_divisor") => cycle.final_divisor = value,
        (ScheduleKind::InverseScaling(inverse), "power") => inverse.power = value,
        (ScheduleKind::Adaptive(adaptive), "divisor") => adaptive.divisor = value,
        (ScheduleKind::Adaptive(adaptive), "tolerance") => adaptive.tolerance = value,
        (ScheduleKind::Adaptive(adaptive), "epochs") => adaptive.epochs = whole,
        (ScheduleKind::Adaptive(adaptive), "minimum") => adaptive.minimum = value,
        _ => return false,
    }
    true
}

fn no_parameter(schedule: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("the schedule '{schedule}' has no parameter '{name}'"))
}

fn task(name: &str) -> PyResult<Task> {
    match name {
        "classification" => Ok(Task::Classification),
        "regression" => Ok(Task::Regression),
        "multi-label" => Ok(Task::MultiLabel),
        other => Err(unknown("task", other, "'classification', 'regression' or 'multi-label'")),
    }
}

pub(super) fn activation((name, parameter): &ActivationChoice) -> PyResult<Activation> {
    parse_activation(name, *parameter).map_err(raised)
}

pub(super) fn loss(name: &str, delta: f64) -> PyResult<Loss> {
    Ok(match parsed(name)? {
        Loss::Huber { .. } => Loss::Huber { delta },
        other => other,
    })
}

pub(super) fn parsed<T: FromStr<Err = Error>>(name: &str) -> PyResult<T> {
    name.parse().map_err(raised)
}
