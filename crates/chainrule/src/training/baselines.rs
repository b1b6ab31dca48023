//! Simple models beside the trained one: what is to be beaten.
//!
//! The first knows the targets alone: the classes' frequencies, or the mean. The second is linear in the inputs: least
//! squares for numbers, softmax or logistic regression, trained by this library, for classes. Both learn from the
//! training rows and are measured where the model is.

use super::fit::fit;
use super::resolve::Resolved;
use super::{BatchSize, PerPart, TrainingConfig};
use crate::data::{Dataset, Samples, Targets, Task};
use crate::loss::{Loss, Objective};
use crate::metrics::baseline::{ClassFrequencies, LeastSquares, Mean};
use crate::metrics::{classification, multi_label, regression, widen};
use crate::model::{Metrics, Model};
use crate::network::{LayerConfig, NetworkConfig};
use crate::optimizer::schedule::OneCycle;
use crate::optimizer::{OptimizerConfig, Schedule, ScheduleKind};
use crate::{Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;

/// How simple models do.
#[derive(Clone, Debug, PartialEq)]
pub struct Baselines {
    /// The rows they were measured on: `test`, `validation` or `train`.
    pub measured_on: &'static str,
    /// Knows the targets alone.
    pub constant: Baseline,
    /// Linear in the inputs; none where there are too many of them for a baseline.
    pub linear: Option<Baseline>,
}

/// One simple model.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// What it is: `majority class`, `mean`, `least squares`, `logistic regression`.
    pub name: &'static str,
    /// How it does.
    pub metrics: Metrics,
}

/// Rows of a table with the samples made of them.
#[derive(Clone, Copy)]
pub(super) struct Part<'a, F> {
    pub(super) data: &'a Dataset,
    pub(super) rows: &'a [u32],
    pub(super) samples: &'a Samples<F>,
}

/// Fits the baselines to the training rows and measures them on the last part there is.
pub(super) fn baselines<F: Float>(
    model: &Model,
    parts: &PerPart<Part<'_, F>>,
    threads: usize,
) -> Result<Baselines> {
    let (train, (on, measured_on)) = (parts.train, parts.last());
    let (constant, linear) = match model.preprocessing.task() {
        Task::Regression => numbers(model, train, *on, threads)?,
        Task::Classification | Task::MultiLabel => {
            let linear = logistic(model, train.samples, on.samples, threads)?;
            (frequencies(model, train.samples, on.samples), Some(linear))
        }
    };
    Ok(Baselines { measured_on, constant, linear })
}

fn frequencies<F: Float>(model: &Model, train: &Samples<F>, on: &Samples<F>) -> Baseline {
    let weights = on.weights.as_deref();
    match (&train.targets, &on.targets) {
        (Targets::Classes(classes), Targets::Classes(right)) => {
            let n_classes = model.preprocessing.n_outputs();
            let fitted = ClassFrequencies::fit(classes, n_classes, train.weights.as_deref());
            let said = fitted.probabilities::<F>(right.len());
            let metrics = Metrics::Classification(classification(said.view(), right, weights));
            Baseline { name: "majority class", metrics }
        }
        (Targets::Values(flags), Targets::Values(right)) => {
            let mean = Mean::fit(widen(flags).view(), train.weights.as_deref()).predict(right.rows());
            let said = Matrix::from_fn(mean.rows(), mean.columns(), |i, k| F::from_f64(mean.row(i)[k]));
            let metrics = Metrics::MultiLabel(multi_label(said.view(), right.view(), weights));
            Baseline { name: "majority class", metrics }
        }
        _ => unreachable!("training and measured rows have targets of one kind"),
    }
}

/// A network without hidden layers: its own fixed training, whatever the model's was. Small tables get more epochs, so
/// that every table gets some hundred steps.
fn logistic<F: Float>(
    model: &Model,
    train: &Samples<F>,
    on: &Samples<F>,
    threads: usize,
) -> Result<Baseline> {
    const BATCH_ROWS: usize = 128;
    const ROWS_SEEN: usize = 200_000;
    let preprocessing = &model.preprocessing;
    let loss = match train.targets {
        Targets::Classes(_) => Loss::CrossEntropy,
        Targets::Values(_) => Loss::BinaryCrossEntropy,
    };
    let layer = LayerConfig::new(preprocessing.n_outputs(), loss.output_activation(None)?);
    let resolved = Resolved {
        objective: Objective::new(loss),
        network: NetworkConfig {
            n_numeric: preprocessing.n_numeric(),
            cardinalities: preprocessing.cardinalities(),
            layers: vec![layer],
        },
        batch_rows: BATCH_ROWS.min(train.n_samples()),
    };
    let config = TrainingConfig {
        hidden: Vec::new(),
        optimizer: OptimizerConfig {
            learning_rate: 1e-2,
            schedule: Schedule { kind: ScheduleKind::OneCycle(OneCycle::default()), warmup: 0 },
            ..OptimizerConfig::default()
        },
        batch_size: BatchSize::Rows(BATCH_ROWS),
        epochs: (ROWS_SEEN / train.n_samples()).clamp(8, 500),
        patience: 0,
        threads,
        ..TrainingConfig::default()
    };
    let (network, _) = fit(&config, &resolved, train, None, &mut (), &mut ())?;
    let said = crate::model::outputs(&network, &on.columns, &Cpu::new(threads));
    let weights = on.weights.as_deref();
    let metrics = match &on.targets {
        Targets::Classes(right) => Metrics::Classification(classification(said.view(), right, weights)),
        Targets::Values(right) => Metrics::MultiLabel(multi_label(said.view(), right.view(), weights)),
    };
    Ok(Baseline { name: "logistic regression", metrics })
}

fn numbers<F: Float>(
    model: &Model,
    train: Part<'_, F>,
    on: Part<'_, F>,
    threads: usize,
) -> Result<(Baseline, Option<Baseline>)> {
    let preprocessing = &model.preprocessing;
    let targets = preprocessing.target_values(train.data, Some(train.rows))?;
    let right = preprocessing.target_values(on.data, Some(on.rows))?;
    let (train_weights, weights) = (train.samples.weights.as_deref(), on.samples.weights.as_deref());
    let measured =
        |predicted: &Matrix<f64>| Metrics::Regression(regression(predicted.view(), right.view(), weights));
    let mean = Mean::fit(targets.view(), train_weights).predict(right.rows());
    let constant = Baseline { name: "mean", metrics: measured(&mean) };
    let (columns, cardinalities) = (&train.samples.columns, preprocessing.cardinalities());
    let fitted =
        LeastSquares::fit(&Cpu::new(threads), columns, &cardinalities, targets.view(), train_weights);
    let linear = fitted.map(|fitted| Baseline {
        name: "least squares",
        metrics: measured(&fitted.predict(&on.samples.columns)),
    });
    Ok((constant, linear))
}
