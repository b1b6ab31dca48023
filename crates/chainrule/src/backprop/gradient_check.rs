//! Gradients against central differences of the loss.
//!
//! For every parameter θ the loss is computed at θ ± h and (L(θ + h) − L(θ − h)) / 2h is held against ∂L/∂θ. The step
//! h = ε^(1/3)·max(|θ|, 1) balances the error of the difference, which grows as h², against rounding, which grows as
//! 1/h; both are near 1e-10 for a loss of size 1. A weight whose input is larger than 1 moves its unit by as much more, so
//! its step is as much smaller. An error counts relative to the largest gradient of its tensor,
//! since a single entry may rightly be 0.
//!
//! Where a rectifier or an absolute error changes sides between θ − h and θ + h the difference measures neither
//! slope. Such parameters are counted as kinks and not as errors.

use super::{Gradients, backward};
use crate::Matrix;
use crate::data::{Batch, Targets};
use crate::loss::{Loss, Objective};
use crate::network::{DropoutKey, ForwardPass, Network, Tensor};
use chainrule_kernels::cpu::Cpu;

/// How the gradients of a network compare with differences, tensor by tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientCheck {
    /// One entry per tensor of the table.
    pub tensors: Vec<TensorCheck>,
}

/// How one tensor's gradients compare with differences.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorCheck {
    /// The tensor's path.
    pub name: String,
    /// max |∂L/∂θ| over the tensor.
    pub largest_gradient: f64,
    /// max |∂L/∂θ − difference| over the tensor, kinks left out.
    pub largest_error: f64,
    /// The parameter with the largest error: `layers.0.weight[3,5]`.
    pub worst: String,
    /// ∂L/∂θ of the worst parameter by backpropagation.
    pub gradient: f64,
    /// The same by central difference.
    pub difference: f64,
    /// Number of parameters that were left out, because a kink lies within the step.
    pub kinks: usize,
}

impl GradientCheck {
    /// The largest over all tensors of [`TensorCheck::relative_error`].
    pub fn relative_error(&self) -> f64 {
        self.tensors.iter().map(TensorCheck::relative_error).fold(0.0, f64::max)
    }
}

impl TensorCheck {
    /// Largest error over largest gradient; of a tensor without any gradient, the error itself.
    pub fn relative_error(&self) -> f64 {
        if self.largest_gradient > 0.0 {
            self.largest_error / self.largest_gradient
        } else {
            self.largest_error
        }
    }
}

/// Compares backpropagation with central differences for every parameter.
///
/// Two forward passes per parameter: meant for tests and small networks. None when the batch has weight 0.
pub fn gradient_check(
    network: &Network<f64>,
    objective: &Objective,
    batch: &Batch<'_, f64>,
    dropout: Option<DropoutKey>,
) -> Option<GradientCheck> {
    let cpu = Cpu::new(1);
    let mut probe = Probe::new(network, objective, batch, dropout, &cpu);
    let mut gradients = Gradients::new(network, batch.rows.len());
    probe.loss();
    backward(network, objective, batch, dropout, &probe.pass, &cpu, &mut gradients)?;
    // A(ℓ−1) of every layer as it is before anything is moved.
    let inputs: Vec<Matrix<f64>> =
        (0..network.layers().count()).map(|l| probe.pass.inputs_of(l).clone()).collect();
    let tensors = network.parameters.tensors.iter().map(|tensor| {
        let mut check = TensorCheck {
            name: tensor.name.clone(),
            largest_gradient: 0.0,
            largest_error: 0.0,
            worst: tensor.name.clone(),
            gradient: 0.0,
            difference: 0.0,
            kinks: 0,
        };
        let reach = reach(network, &inputs, tensor);
        for index in tensor.range.clone() {
            let gradient = gradients.parameters.values[index];
            check.largest_gradient = check.largest_gradient.max(gradient.abs());
            let input = (index - tensor.range.start) % reach.len().max(1);
            let Some(difference) = probe.difference(index, reach.get(input).copied().unwrap_or(1.0)) else {
                check.kinks += 1;
                continue;
            };
            let error = (gradient - difference).abs();
            // A NaN anywhere is the worst error there is.
            if error.is_nan() || error > check.largest_error || index == tensor.range.start {
                let worst = tensor.element_name(index);
                check = TensorCheck { largest_error: error, worst, gradient, difference, ..check };
            }
        }
        check
    });
    Some(GradientCheck { tensors: tensors.collect() })
}

/// By how much a change of each entry of a row of weights moves the unit: the largest input over the batch, at least 1.
/// Empty for a bias, which moves its unit by its own change.
fn reach(network: &Network<f64>, inputs: &[Matrix<f64>], tensor: &Tensor) -> Vec<f64> {
    let place = network.parameters.tensors.iter().position(|other| other.name == tensor.name);
    let mut layers = network.layers().zip(inputs);
    let Some((_, inputs)) = layers.find(|(dense, _)| Some(dense.weight) == place) else { return vec![] };
    let largest = |j: usize| (0..inputs.rows()).map(|n| inputs.row(n)[j].abs()).fold(1.0, f64::max);
    (0..inputs.columns()).map(largest).collect()
}

/// A network whose parameters can be moved one at a time.
struct Probe<'a> {
    network: Network<f64>,
    objective: &'a Objective,
    batch: &'a Batch<'a, f64>,
    dropout: Option<DropoutKey>,
    cpu: &'a Cpu,
    pass: ForwardPass<f64>,
}

impl<'a> Probe<'a> {
    fn new(
        network: &Network<f64>,
        objective: &'a Objective,
        batch: &'a Batch<'a, f64>,
        dropout: Option<DropoutKey>,
        cpu: &'a Cpu,
    ) -> Self {
        let pass = ForwardPass::new(network, batch.rows.len());
        Self { network: network.clone(), objective, batch, dropout, cpu, pass }
    }

    fn loss(&mut self) -> f64 {
        let columns = &self.batch.samples.columns;
        self.network.forward_rows(self.cpu, columns, self.batch.rows, self.dropout, &mut self.pass);
        self.objective.value(self.cpu, self.pass.last(), self.batch).unwrap_or(f64::NAN)
    }

    /// The central difference of the loss by one parameter, whose change moves a unit by `reach` times as much; none across
    /// a kink.
    fn difference(&mut self, index: usize, reach: f64) -> Option<f64> {
        let value = self.network.parameters.values[index];
        let step = f64::EPSILON.cbrt() * value.abs().max(1.0) / reach;
        // What is added is exactly what the difference is divided by.
        let (above, below) = (value + step, value - step);
        self.network.parameters.values[index] = above;
        let (loss_above, sides_above) = (self.loss(), self.sides());
        self.network.parameters.values[index] = below;
        let (loss_below, sides_below) = (self.loss(), self.sides());
        self.network.parameters.values[index] = value;
        (sides_above == sides_below).then(|| (loss_above - loss_below) / (above - below))
    }

    /// On which side of its kink every unit, and every absolute error, lies.
    fn sides(&self) -> Vec<bool> {
        let mut sides = Vec::new();
        for (dense, layer) in self.network.layers().zip(&self.pass.layers) {
            if dense.activation.has_kink() {
                sides.extend(layer.preactivations.values().iter().map(|&z| z > 0.0));
            }
        }
        if self.objective.loss == Loss::Mae {
            let output = self.pass.output();
            for (i, &row) in self.batch.rows.iter().enumerate() {
                sides.extend((0..output.columns()).map(|k| output.row(i)[k] > self.target(row as usize, k)));
            }
        }
        sides
    }

    fn target(&self, row: usize, k: usize) -> f64 {
        match &self.batch.samples.targets {
            Targets::Values(values) => values.row(row)[k],
            Targets::Classes(classes) if self.network.n_outputs() == 1 => f64::from(classes[row]),
            Targets::Classes(classes) => f64::from(u8::from(classes[row] as usize == k)),
        }
    }
}
