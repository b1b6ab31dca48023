//! How wrong a network's outputs are, and the derivative that starts backpropagation.
//!
//! Each loss stands in a file of its own, value and derivative side by side, for one row: ℓ(row). The loss of a batch
//! is the weighted mean Σwℓ/Σw over its rows, or for `sse` and `half-sse` the weighted sum Σwℓ. The division is part
//! of the loss and of its gradient alike, so the learning rate means the same for any batch size under a mean.
//!
//! Two families differ in what they look at. The squared, absolute and Huber losses see ŷ = A(L) of any activation;
//! δ(L) = ∂L/∂ŷ ⊙ σ'(Z(L)), for softmax through its whole Jacobian. The three likelihoods are computed from Z(L), so
//! that no logarithm ever sees a rounded probability, and there δ(L) = (ŷ − y)/N.

mod absolute;
mod binary_cross_entropy;
mod cross_entropy;
mod floor;
mod huber;
mod poisson;
mod rows;
mod squared;
mod sum;

pub(crate) use rows::OutputRows;
use sum::sum_by_slices;
pub(crate) use sum::sum_of_losses;

use crate::data::{Batch, Targets};
use crate::error::unknown_name;
use crate::network::{LayerPass, activation_name};
use crate::{Activation, Error, Float, Matrix, Result};
use chainrule_kernels::PaddedMut;
use chainrule_kernels::cpu::Cpu;
use std::fmt;
use std::str::FromStr;

/// A loss, named with its divisor: N rows, K outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// Σ(ŷ − y)² / (N·K): the mean over all entries.
    Mse,
    /// Σ(ŷ − y)² / (2N).
    HalfMse,
    /// Σ(ŷ − y)².
    Sse,
    /// ½Σ(ŷ − y)².
    HalfSse,
    /// Σ|ŷ − y| / (N·K).
    Mae,
    /// Mean over all entries of ½e² where |e| ≤ `delta`, else of `delta`·|e| − ½`delta`².
    Huber {
        /// Where the parabola becomes a line.
        delta: f64,
    },
    /// −Σ y·ln softmax(z) / N.
    CrossEntropy,
    /// Σ (softplus(z) − y·z) / N: summed over outputs, mean over rows.
    BinaryCrossEntropy,
    /// Σ (e^z − y·z) / N, with ln y! left out: mean over rows of the sum over outputs.
    Poisson,
}

const NAMES: [(&str, Loss); 9] = [
    ("mse", Loss::Mse),
    ("half-mse", Loss::HalfMse),
    ("sse", Loss::Sse),
    ("half-sse", Loss::HalfSse),
    ("mae", Loss::Mae),
    ("huber", Loss::Huber { delta: 1.0 }),
    ("cross-entropy", Loss::CrossEntropy),
    ("binary-cross-entropy", Loss::BinaryCrossEntropy),
    ("poisson", Loss::Poisson),
];

/// What training minimises: a loss, and what it does to the targets first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// The loss.
    pub loss: Loss,
    /// ε: targets become (1 − ε)·y + ε/K under cross-entropy, (1 − ε)·y + ε/2 under binary cross-entropy.
    pub label_smoothing: f64,
}

impl Loss {
    /// The activation of the output layer under this loss.
    ///
    /// `given` is the one asked for; the likelihoods have only one, for which `identity` is another name.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a pair that makes no sense, with the pairs that do.
    pub fn output_activation(self, given: Option<Activation>) -> Result<Activation> {
        let own = match self {
            Self::CrossEntropy => Activation::Softmax,
            Self::BinaryCrossEntropy => Activation::Sigmoid,
            Self::Poisson => Activation::Exp,
            _ => return Ok(given.unwrap_or(Activation::Identity)),
        };
        match given {
            None | Some(Activation::Identity) => Ok(own),
            Some(given) if given == own => Ok(own),
            Some(given) => Err(Error::configuration(format!(
                "loss '{self}' does not go with output '{}'\n\
                 the pairs are: cross-entropy with softmax, binary-cross-entropy with sigmoid, poisson with exp \
                 ('identity' means the same there); mse, half-mse, sse, half-sse, mae and huber with any",
                activation_name(given).0
            ))),
        }
    }

    /// Whether the loss is a likelihood computed from Z(L), with its activation built in.
    pub fn takes_preactivations(self) -> bool {
        matches!(self, Self::CrossEntropy | Self::BinaryCrossEntropy | Self::Poisson)
    }

    /// Whether the loss of a batch is a sum over its rows rather than a mean.
    pub fn is_sum(self) -> bool {
        matches!(self, Self::Sse | Self::HalfSse)
    }

    /// What each entry's loss is multiplied by within a row of `n_outputs` entries.
    fn entry_factor(self, n_outputs: usize) -> f64 {
        match self {
            Self::Mse | Self::Mae | Self::Huber { .. } => 1.0 / n_outputs as f64,
            Self::HalfMse | Self::HalfSse => 0.5,
            Self::Sse | Self::CrossEntropy | Self::BinaryCrossEntropy | Self::Poisson => 1.0,
        }
    }

    /// ℓ of one row: `z` its preactivations, `a` its activations, `y` its targets.
    fn row<F: Float>(self, z: &[F], a: &[F], y: &[F]) -> f64 {
        let sum = match self {
            Self::Mse | Self::HalfMse | Self::Sse | Self::HalfSse => squared::value(a, y),
            Self::Mae => absolute::value(a, y),
            Self::Huber { delta } => huber::value(delta, a, y),
            Self::CrossEntropy => cross_entropy::value(z, y),
            Self::BinaryCrossEntropy => binary_cross_entropy::value(z, y),
            Self::Poisson => poisson::value(z, y),
        };
        sum * self.entry_factor(y.len())
    }

    /// Turns the targets in `delta` into `factor`·∂ℓ/∂a or, for the likelihoods, `factor`·∂ℓ/∂z.
    fn row_derivative<F: Float>(self, factor: f64, a: &[F], delta: &mut [F]) {
        let factor = F::from_f64(factor * self.entry_factor(delta.len()));
        match self {
            Self::Mse | Self::HalfMse | Self::Sse | Self::HalfSse => squared::derivative(factor, a, delta),
            Self::Mae => absolute::derivative(factor, a, delta),
            Self::Huber { delta: bound } => huber::derivative(F::from_f64(bound), factor, a, delta),
            Self::CrossEntropy => cross_entropy::derivative(factor, a, delta),
            Self::BinaryCrossEntropy => binary_cross_entropy::derivative(factor, a, delta),
            Self::Poisson => poisson::derivative(factor, a, delta),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = |other: &Self| std::mem::discriminant(other) == std::mem::discriminant(self);
        f.write_str(NAMES.iter().find(|(_, known)| same(known)).map_or("unknown", |(name, _)| name))
    }
}

impl FromStr for Loss {
    type Err = Error;

    /// The loss of a name; `huber` has `delta` 1.
    fn from_str(name: &str) -> Result<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known
            .map(|(_, loss)| *loss)
            .ok_or_else(|| unknown_name("loss", name, NAMES.iter().map(|(name, _)| *name)))
    }
}

impl Objective {
    /// A loss on the targets as they are.
    pub fn new(loss: Loss) -> Self {
        Self { loss, label_smoothing: 0.0 }
    }

    /// Checks the numbers of the objective.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a label smoothing outside [0, 1) or with a loss that knows no
    /// labels, and for a Huber `delta` that is not above 0.
    pub fn validate(&self) -> Result<()> {
        let smoothing = self.label_smoothing;
        if !(0.0..1.0).contains(&smoothing) {
            let message = format!("label smoothing must be at least 0 and below 1, not {smoothing}");
            return Err(Error::configuration(message));
        }
        if smoothing > 0.0 && !matches!(self.loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy) {
            return Err(Error::configuration(format!(
                "label smoothing goes with cross-entropy and binary-cross-entropy, not with '{}'",
                self.loss
            )));
        }
        match self.loss {
            Loss::Huber { delta } if !(delta > 0.0 && delta.is_finite()) => {
                Err(Error::configuration(format!("the delta of loss 'huber' must be above 0, not {delta}")))
            }
            _ => Ok(()),
        }
    }

    /// The loss of a batch, from what the output layer computed for it.
    ///
    /// None when the batch has weight 0: it then has no loss.
    pub fn value<F: Float>(&self, cpu: &Cpu, output: &LayerPass<F>, batch: &Batch<'_, F>) -> Option<f64> {
        let divisor = self.divisor(batch)?;
        let (z, a) = (output.preactivations.view(), output.activations.view());
        let mut y = vec![F::ZERO; z.columns()];
        let sum = sum_by_slices(batch.rows.len(), |rows, losses| {
            let part = Batch { rows: &batch.rows[rows.clone()], ..*batch };
            let output = (z.row_range(rows.clone()), a.row_range(rows));
            self.losses_of_rows(cpu.isa(), &part, output, &mut y, losses);
        });
        Some(sum / divisor)
    }

    /// The loss of a batch and δ(L) = ∂L/∂Z(L), batch × outputs, into `delta`.
    ///
    /// `activation` is the output layer's, as [`Loss::output_activation`] gives it. None when the batch has weight 0:
    /// it then has no loss and makes no step.
    ///
    /// # Panics
    /// When `output` or `delta` does not have one row per row of the batch.
    pub fn backward<F: Float>(
        &self,
        cpu: &Cpu,
        activation: Activation,
        output: &LayerPass<F>,
        batch: &Batch<'_, F>,
        delta: &mut Matrix<F>,
    ) -> Option<f64> {
        assert_eq!(delta.rows(), batch.rows.len(), "one δ per row of the batch");
        let divisor = self.divisor(batch)?;
        let (z, a) = (output.preactivations.view(), output.activations.view());
        let mut delta = PaddedMut::from(delta.view_mut());
        let sum = sum_by_slices(batch.rows.len(), |rows, losses| {
            let part = Batch { rows: &batch.rows[rows.clone()], ..*batch };
            let output =
                OutputRows { activation, z: z.row_range(rows.clone()), a: a.row_range(rows.clone()) };
            self.backward_rows(cpu.isa(), &part, divisor, output, delta.reborrow().row_range(rows), losses);
        });
        Some(sum / divisor)
    }

    /// What the loss of a batch is multiplied by when the losses of several are put together: Σw under a mean, 1 under
    /// a sum.
    pub fn batch_weight<F: Float>(&self, batch: &Batch<'_, F>) -> f64 {
        self.divisor(batch).unwrap_or(0.0)
    }

    /// What the weighted sum of row losses is divided by; none where all weights are 0.
    pub(crate) fn divisor<F: Float>(&self, batch: &Batch<'_, F>) -> Option<f64> {
        let total: f64 = match batch.samples.weights {
            None => batch.rows.len() as f64,
            Some(_) => batch.rows.iter().map(|&row| weight(batch, row)).sum(),
        };
        if total == 0.0 {
            return None;
        }
        Some(if self.loss.is_sum() { 1.0 } else { total })
    }

    /// Writes the targets of a row, smoothed: y itself, or the one-hot form of its class.
    ///
    /// With one output a class is the number 0 or 1.
    fn write_targets<F: Float>(&self, targets: &Targets<F>, row: usize, y: &mut [F]) {
        match targets {
            Targets::Values(values) => y.copy_from_slice(values.row(row)),
            Targets::Classes(classes) if y.len() == 1 => y[0] = F::from_f64(f64::from(classes[row])),
            Targets::Classes(classes) => {
                y.fill(F::ZERO);
                y[classes[row] as usize] = F::ONE;
            }
        }
        if self.label_smoothing > 0.0 {
            let share = if self.loss == Loss::CrossEntropy { y.len() as f64 } else { 2.0 };
            let (keep, add) =
                (F::from_f64(1.0 - self.label_smoothing), F::from_f64(self.label_smoothing / share));
            for y in y {
                *y = y.mul_add(keep, add);
            }
        }
    }
}

/// The losses of several batches, put together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LossSum {
    /// Σ loss·weight over the batches.
    pub(crate) sum: f64,
    /// Σ weight over the batches.
    pub(crate) weight: f64,
}

impl LossSum {
    /// Takes in the loss of a batch.
    pub(crate) fn add<F: Float>(&mut self, objective: &Objective, batch: &Batch<'_, F>, loss: f64) {
        let weight = objective.batch_weight(batch);
        self.sum += loss * weight;
        self.weight += weight;
    }

    /// The loss over all rows: the weighted mean of the batches' losses or, under a loss that is a sum, their sum. None
    /// of a mean where all weights are 0.
    pub(crate) fn of_all(self, objective: &Objective) -> Option<f64> {
        if objective.loss.is_sum() {
            return Some(self.sum);
        }
        (self.weight != 0.0).then(|| self.sum / self.weight)
    }
}

fn weight<F: Float>(batch: &Batch<'_, F>, row: u32) -> f64 {
    batch.samples.weights.as_ref().map_or(1.0, |weights| weights[row as usize].to_f64())
}
