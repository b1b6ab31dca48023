//! A training that somebody else steers: epoch by epoch, in an order of rows and at a learning rate of their choice.
//!
//! [`Trainer`](super::Trainer) decides everything about a training. Programs that have a loop of their own (scikit-learn's pair in
//! Python draws its orders from NumPy's generator, and has its own rules for stopping) ask for single epochs instead, over inputs
//! that stay where they are. Their objective is scikit-learn's: ½λ‖W‖² is divided by the weight of each batch, is part of the loss, and
//! the loss of an epoch is the mean of its batches' losses before their steps, by their numbers of rows.

use super::plan::{MOST_AT_ONCE, Step, Steps};
use super::{Divergence, Plan};
use crate::Float;
use crate::data::{Batch, Inputs, Samples, Targets};
use crate::loss::{Loss, Objective};
use crate::network::ForwardPass;
use crate::optimizer::{Progress, Schedule};

/// Rows of a forward pass that only measures.
const CHUNK: usize = 1024;

/// A training in steps that somebody else asks for.
#[derive(Debug)]
pub struct Steered<F: Float> {
    plan: Plan<F>,
    objective: Objective,
    report: Report,
    epochs: u64,
    steps: u64,
    /// Whether the plan finds the squares of the weights.
    watches: bool,
    /// Samples seen in the passes before.
    samples: u64,
    /// The rows of the epoch at hand, in their order.
    order: Vec<u32>,
}

/// How a loss is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// As the objective defines it.
    Objective,
    /// As scikit-learn does: probabilities stay away from 0 and 1 by the rounding unit of their kind of number, `half-mse` is a mean over
    /// outputs as well, and `poisson` has the terms of the targets alone, y·ln y − y.
    ScikitLearn,
}

/// One pass over some rows.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The rows in their order; all as they stand where there are none.
    pub order: Option<&'a [u32]>,
    /// Rows per step; the last step has what is left.
    pub batch_rows: usize,
    /// The rate of all its steps, before the schedule.
    pub learning_rate: f64,
    /// How the rate changes from step to step, and the number of steps that the whole training will take.
    pub schedule: Option<(Schedule, u64)>,
    /// λ of ½λ‖W‖² / (weight of the batch).
    pub l2: f64,
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassEnd {
    /// Σ loss·rows over its batches, each loss before its step.
    pub loss_sum: f64,
    /// Rows of these batches: fewer than there are where the caller ended it.
    pub rows: usize,
}

/// Where a training left the finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// What was not finite.
    pub divergence: Divergence,
    /// From 1, over all passes of this training.
    pub step: u64,
}

impl<F: Float> Steered<F> {
    /// A training by the steps of `plan`, which was made for `objective`.
    pub fn new(mut plan: Plan<F>, objective: Objective, report: Report) -> Self {
        if report == Report::ScikitLearn {
            plan.floor_probabilities(F::EPSILON.to_f64());
        }
        Self { plan, objective, report, epochs: 0, steps: 0, watches: false, samples: 0, order: Vec::new() }
    }

    /// The steps, and the network.
    pub fn plan(&mut self) -> &mut Plan<F> {
        &mut self.plan
    }

    /// One pass. `go_on` is asked between steps, at least every millisecond or so, whether to go on. A batch of weight 0 makes no step.
    ///
    /// `samples` has the targets and weights of the rows of `inputs`; its own columns are not looked at.
    ///
    /// # Errors
    /// [`Diverged`] when a loss, or a parameter at the end, is not finite.
    ///
    /// # Panics
    /// When inputs or targets are not those of the network, or a row is not there.
    pub fn pass(
        &mut self,
        samples: &Samples<F>,
        inputs: Inputs<'_, F>,
        pass: &Pass<'_>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<PassEnd, Diverged> {
        if pass.l2 > 0.0 && !self.watches {
            self.plan.watch_weights();
            self.watches = true;
        }
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        match pass.order {
            Some(rows) => order.extend_from_slice(rows),
            None => order.extend(0..samples.n_samples() as u32),
        }
        let ended = self.steps(samples, inputs, pass, &order, go_on);
        self.order = order;
        let ended = ended?;
        self.epochs += 1;
        self.samples += ended.rows as u64;
        self.plan.check_parameters().map_err(|divergence| self.diverged(divergence))?;
        Ok(ended)
    }

    /// The loss of some samples under the network as it is, without ½λ‖W‖²; NaN where all weights are 0.
    ///
    /// # Panics
    /// When inputs or targets are not those of the network.
    pub fn loss(&mut self, samples: &Samples<F>, inputs: Inputs<'_, F>) -> f64 {
        let floor = if self.report == Report::ScikitLearn { F::EPSILON.to_f64() } else { 0.0 };
        let (network, cpu) = self.plan.network_and_cpu();
        let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
        let mut pass = ForwardPass::new(network, CHUNK.min(rows.len()));
        let (mut sum, mut total) = (0.0, 0.0);
        for rows in rows.chunks(CHUNK) {
            let batch = Batch { samples, rows };
            network.forward_rows(cpu, inputs, rows, None, &mut pass);
            let Some(loss) = self.objective.floored(cpu, pass.last(), &batch, floor) else { continue };
            let weight = self.objective.batch_weight(&batch);
            sum += weight * reported(self.report, &self.objective, &batch, loss);
            total += weight;
        }
        sum / total
    }

    fn steps(
        &mut self,
        samples: &Samples<F>,
        inputs: Inputs<'_, F>,
        pass: &Pass<'_>,
        order: &[u32],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<PassEnd, Diverged> {
        let mut batches = order.chunks(pass.batch_rows.max(1));
        let at_once = self.plan.steps_at_once(pass.batch_rows);
        let mut end = PassEnd { loss_sum: 0.0, rows: 0 };
        while batches.len() > 0 {
            let count = at_once.min(batches.len());
            let (mut steps, mut weighted) = ([Step::default(); MOST_AT_ONCE], 0);
            for (step, rows) in steps.iter_mut().zip(batches.by_ref().take(count)) {
                let weight = self.objective.batch_weight(&Batch { samples, rows });
                let coupled_decay = if weight == 0.0 { 0.0 } else { pass.l2 / weight };
                *step = Step { rows, learning_rate: self.rate(pass, weighted), coupled_decay };
                weighted += u64::from(weight > 0.0);
            }
            let ahead = batches.clone().next().unwrap_or_default();
            self.run(&Steps { samples, inputs, steps: &steps[..count], ahead }, &mut end)?;
            if batches.len() > 0 && !go_on() {
                break;
            }
        }
        Ok(end)
    }

    /// Makes some steps; their losses have ½λ‖W‖² in them.
    fn run(&mut self, steps: &Steps<'_, F>, end: &mut PassEnd) -> Result<(), Diverged> {
        let Self { plan, objective, report, steps: made, .. } = self;
        let mut next = steps.steps.iter();
        let result = plan.steps(steps, &mut |ended| {
            let Some(Step { rows, coupled_decay, .. }) = next.next() else { return };
            end.rows += rows.len();
            let Some(loss) = ended.loss else { return };
            *made += 1;
            let loss = reported(*report, objective, &Batch { samples: steps.samples, rows }, loss);
            end.loss_sum += (loss + 0.5 * coupled_decay * ended.squared_weights) * rows.len() as f64;
        });
        result.map_err(|divergence| Diverged { divergence, step: *made + 1 })
    }

    /// The rate of the step that comes when `ahead` more have been made.
    fn rate(&self, pass: &Pass<'_>, ahead: u64) -> f64 {
        let Some((schedule, total_steps)) = pass.schedule else { return pass.learning_rate };
        let Self { epochs, samples, .. } = *self;
        let progress = Progress { step: self.steps + ahead, epoch: epochs, samples, total_steps };
        schedule.learning_rate(pass.learning_rate, &progress)
    }

    fn diverged(&self, divergence: Divergence) -> Diverged {
        Diverged { divergence, step: self.steps }
    }
}

/// The loss of a batch as it is reported, from that of the objective, probabilities cut already.
pub(super) fn reported<F: Float>(
    report: Report,
    objective: &Objective,
    batch: &Batch<'_, F>,
    loss: f64,
) -> f64 {
    match (report, objective.loss) {
        (Report::ScikitLearn, Loss::HalfMse) => loss / n_outputs(&batch.samples.targets) as f64,
        (Report::ScikitLearn, Loss::Poisson) => loss + of_targets_alone(batch),
        _ => loss,
    }
}

fn n_outputs<F: Float>(targets: &Targets<F>) -> usize {
    match targets {
        Targets::Values(values) => values.columns(),
        Targets::Classes(_) => 1,
    }
}

/// Mean over the rows of Σ y·ln y − y, with their weights.
fn of_targets_alone<F: Float>(batch: &Batch<'_, F>) -> f64 {
    let Targets::Values(values) = &batch.samples.targets else { return 0.0 };
    let entry = |y: &F| {
        let y = y.to_f64();
        if y > 0.0 { y * y.ln() - y } else { -y }
    };
    let (mut sum, mut total) = (0.0, 0.0);
    for &row in batch.rows {
        let weight = batch.samples.weights.as_ref().map_or(1.0, |weights| weights[row as usize].to_f64());
        sum += weight * values.row(row as usize).iter().map(entry).sum::<f64>();
        total += weight;
    }
    sum / total
}
