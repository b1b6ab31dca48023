//! Simple models beside the trained one: what is to be beaten.
//!
//! The first knows the targets alone: the classes' frequencies, or the mean. The second is linear in the inputs: least
//! squares for numbers, softmax or logistic regression, trained by this library, for classes. Both learn from the
//! training rows and are measured where the model is.

use super::fit::fit;
use super::held::Held;
use super::resolve::Resolved;
use super::rows::TrainingRows;
use super::{BatchSize, PerPart, TrainingConfig};
use crate::data::{Chunk, Samples, Targets, Task};
use crate::loss::{Loss, Objective};
use crate::metrics::baseline::{ClassFrequencies, LeastSquares, Mean};
use crate::metrics::{classification, multi_label, regression, widen};
use crate::model::file::tensors::Stored;
use crate::model::{Metrics, MetricsSum, Model};
use crate::network::{LayerConfig, NetworkConfig};
use crate::optimizer::schedule::OneCycle;
use crate::optimizer::{OptimizerConfig, Schedule, ScheduleKind};
use crate::{Matrix, Result};
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

/// Fits the baselines to the training rows, or to as many of a stream as its buffer holds, and measures them on the last part
/// there is.
pub(super) fn baselines<F: Stored>(
    model: &Model,
    parts: &PerPart<Held<F>>,
    seed: u64,
    cpu: &Cpu,
) -> Result<Baselines> {
    let (train, (on, measured_on)) = (parts.train.sample(cpu, seed)?, parts.last());
    let (constant, linear) = match model.preprocessing.task() {
        Task::Regression => numbers(model, &train, on, cpu)?,
        Task::Classification | Task::MultiLabel => {
            let linear = logistic(model, &train.samples, on, cpu)?;
            (frequencies(model, &train.samples, on, cpu)?, Some(linear))
        }
    };
    Ok(Baselines { measured_on, constant, linear })
}

fn frequencies<F: Stored>(model: &Model, train: &Samples<F>, on: &Held<F>, cpu: &Cpu) -> Result<Baseline> {
    let weights = train.weights.as_deref();
    let metrics = match &train.targets {
        Targets::Classes(classes) => {
            let fitted = ClassFrequencies::fit(classes, model.preprocessing.n_outputs(), weights);
            measured(model, on, cpu, |samples| Said::Probabilities(fitted.probabilities(samples.n_samples())))
        }
        Targets::Values(flags) => {
            let mean = Mean::fit(widen(flags).view(), weights);
            measured(model, on, cpu, |samples| {
                let mean = mean.predict(samples.n_samples());
                let said = |i: usize, k: usize| F::from_f64(mean.row(i)[k]);
                Said::Probabilities(Matrix::from_fn(mean.rows(), mean.columns(), said))
            })
        }
    };
    Ok(Baseline { name: "majority class", metrics: metrics? })
}

/// What a simple model says of some rows.
enum Said<F> {
    Probabilities(Matrix<F>),
    Numbers(Matrix<f64>),
}

/// Measures what `say` says of the rows of a part, rankings only where all of them are in memory.
fn measured<F: Stored>(
    model: &Model,
    on: &Held<F>,
    cpu: &Cpu,
    mut say: impl FnMut(&Samples<F>) -> Said<F>,
) -> Result<Metrics> {
    if let Some(Chunk { samples, targets }) = on.in_memory() {
        let weights = samples.weights.as_deref();
        return Ok(match (say(samples), &samples.targets, targets) {
            (Said::Probabilities(said), Targets::Classes(right), _) => {
                Metrics::Classification(classification(said.view(), right, weights))
            }
            (Said::Probabilities(said), Targets::Values(right), _) => {
                Metrics::MultiLabel(multi_label(said.view(), right.view(), weights))
            }
            (Said::Numbers(said), _, targets) => {
                let right = targets.as_ref().expect(TARGETS_ARE_GIVEN).view();
                Metrics::Regression(regression(said.view(), right, weights))
            }
        });
    }
    let mut sum = MetricsSum::new(&model.preprocessing);
    on.each(cpu, |Chunk { samples, targets }| {
        let weights = samples.weights.as_deref();
        match (&mut sum, say(samples), &samples.targets) {
            (MetricsSum::Classification(sum), Said::Probabilities(said), Targets::Classes(right)) => {
                sum.add(said.view(), right, weights);
            }
            (MetricsSum::MultiLabel(sum), Said::Probabilities(said), Targets::Values(right)) => {
                sum.add(said.view(), right.view(), weights);
            }
            (MetricsSum::Regression(sum), Said::Numbers(said), _) => {
                sum.add(said.view(), targets.as_ref().expect(TARGETS_ARE_GIVEN).view(), weights);
            }
            _ => unreachable!("answers and targets are of one kind"),
        }
    })?;
    Ok(sum.finish())
}

const TARGETS_ARE_GIVEN: &str = "the targets of a regression come with its samples";

/// A network without hidden layers: its own fixed training, whatever the model's was. Small tables get more epochs, so
/// that every table gets some hundred steps.
fn logistic<F: Stored>(model: &Model, train: &Samples<F>, on: &Held<F>, cpu: &Cpu) -> Result<Baseline> {
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
        threads: cpu.threads(),
        ..TrainingConfig::default()
    };
    let rows = TrainingRows::in_memory(train, resolved.batch_rows, config.seed);
    let (network, _) = fit(&config, &resolved, rows, None, &mut (), &mut ())?;
    let say =
        |samples: &Samples<F>| Said::Probabilities(crate::model::outputs(&network, &samples.columns, cpu));
    Ok(Baseline { name: "logistic regression", metrics: measured(model, on, cpu, say)? })
}

fn numbers<F: Stored>(
    model: &Model,
    train: &Chunk<F>,
    on: &Held<F>,
    cpu: &Cpu,
) -> Result<(Baseline, Option<Baseline>)> {
    let Chunk { samples, targets } = train;
    let (targets, weights) = (targets.as_ref().expect(TARGETS_ARE_GIVEN).view(), samples.weights.as_deref());
    let mean = Mean::fit(targets, weights);
    let metrics = measured(model, on, cpu, |samples| Said::Numbers(mean.predict(samples.n_samples())))?;
    let constant = Baseline { name: "mean", metrics };
    let cardinalities = model.preprocessing.cardinalities();
    let fitted = LeastSquares::fit(cpu, &samples.columns, &cardinalities, targets, weights);
    let linear = fitted.map(|fitted| {
        let metrics = measured(model, on, cpu, |samples| Said::Numbers(fitted.predict(&samples.columns)))?;
        Ok(Baseline { name: "least squares", metrics })
    });
    Ok((constant, linear.transpose()?))
}
