//! Every number of a step, each by the scalar loop that defines it.
//!
//! This is the component form of backpropagation: sums over units, no matrix product anywhere. [`crate::verify`] holds it
//! against the other forms, against differences and against the engine.

mod update;

pub(crate) use update::decays;
pub use update::{Move, Update};

use chainrule::network::{activation_derivative, activation_value};
use chainrule::{Activation, Error, Matrix, Result};

use crate::losses;
use crate::step::{Layer, LayerValues, Step};

/// All numbers of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What the network computes before the step.
    pub forward: Forward,
    /// The derivatives of the loss.
    pub backward: Backward,
    /// What the optimizer makes of them.
    pub update: Update,
    /// What the network computes after the step.
    pub after: Forward,
    /// Σ ∂L/∂θ·Δθ over all parameters: by how much the loss would change if it were linear.
    pub predicted_change: f64,
}

/// A forward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    /// Z of each layer, N × n_out.
    pub z: Vec<Matrix<f64>>,
    /// A = σ(Z) of each layer, N × n_out.
    pub a: Vec<Matrix<f64>>,
    /// ℓ of each row by itself.
    pub row_losses: Vec<f64>,
    /// The loss of the batch.
    pub loss: f64,
}

/// The derivatives of the loss of the batch; one entry per layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Backward {
    /// ∂L/∂A, N × n_out.
    pub activations: Vec<Matrix<f64>>,
    /// σ'(Z), N × n_out; of softmax, the diagonal of its Jacobian.
    pub slopes: Vec<Matrix<f64>>,
    /// δ = ∂L/∂Z, N × n_out.
    pub deltas: Vec<Matrix<f64>>,
    /// ∂L/∂W and ∂L/∂b.
    pub gradients: Vec<LayerValues>,
}

impl Trace {
    /// Computes the step.
    pub fn new(step: &Step) -> Self {
        let forward = Forward::new(step);
        let backward = Backward::new(step, &forward);
        let update = Update::new(step, &backward.gradients);
        let moved = step.with_parameters(&update.parameters);
        let after = Forward::new(&moved);
        let changes = backward.gradients.iter().zip(step.layers.iter().zip(&update.parameters));
        let predicted_change = changes
            .flat_map(|(g, (layer, after))| {
                let change = after.zip_map(&layer.values, |after, before| after - before);
                g.zip_map(&change, |g, change| g * change).iter().collect::<Vec<_>>()
            })
            .sum();
        Self { forward, backward, update, after, predicted_change }
    }
}

impl Trace {
    /// Checks that the loss before the step, and every derivative of it, is a number.
    ///
    /// # Errors
    /// [`Data`](chainrule::ErrorKind::Data) with the first that is not, from the inputs on.
    pub fn check_finite(&self) -> Result<()> {
        let first = |values: &Matrix<f64>| values.values().iter().copied().find(|x| !x.is_finite());
        let refused = |what: String, value: f64| {
            Err(Error::data(format!(
                "{what} is {value}: the step leaves the numbers that f64 holds\nuse smaller inputs, targets or weights"
            )))
        };
        for (l, (z, a)) in (1..).zip(self.forward.z.iter().zip(&self.forward.a)) {
            if let Some(value) = first(z) {
                return refused(format!("a preactivation of layer {l}"), value);
            }
            if let Some(value) = first(a) {
                return refused(format!("an activation of layer {l}"), value);
            }
        }
        if !self.forward.loss.is_finite() {
            return refused("the loss".into(), self.forward.loss);
        }
        for (l, (delta, gradient)) in
            self.backward.deltas.iter().zip(&self.backward.gradients).enumerate().rev()
        {
            if let Some(value) = first(delta).or_else(|| gradient.iter().find(|x| !x.is_finite())) {
                return refused(format!("a derivative in layer {}", l + 1), value);
            }
        }
        Ok(())
    }
}

impl Step {
    /// The same step with other parameters.
    #[must_use]
    pub fn with_parameters(&self, parameters: &[LayerValues]) -> Self {
        let mut moved = self.clone();
        for (layer, values) in moved.layers.iter_mut().zip(parameters) {
            layer.values = values.clone();
        }
        moved
    }
}

impl Forward {
    /// Computes every layer from the inputs.
    pub fn new(step: &Step) -> Self {
        Self::from(step, 0, &step.x)
    }

    /// Computes the layers from `first` (from 0) on, which reads `inputs`; there are no entries for those before.
    pub fn from(step: &Step, first: usize, inputs: &Matrix<f64>) -> Self {
        let (mut z, mut a) = (Vec::new(), Vec::new());
        for layer in &step.layers[first..] {
            let inputs = a.last().unwrap_or(inputs);
            z.push(preactivations(layer, inputs));
            a.push(activations(layer.activation, z.last().unwrap_or(inputs)));
        }
        Self::with_losses(step, z, a)
    }

    /// Computes the layers from `layer` (from 0) on from its preactivations; there are no entries for those before.
    pub fn from_preactivations(step: &Step, layer: usize, z: Matrix<f64>) -> Self {
        let a = activations(step.layers[layer].activation, &z);
        if layer + 1 == step.layers.len() {
            return Self::with_losses(step, vec![z], vec![a]);
        }
        let mut pass = Self::from(step, layer + 1, &a);
        pass.z.insert(0, z);
        pass.a.insert(0, a);
        pass
    }

    /// The losses of given outputs, of which `z` are the preactivations.
    pub fn of_outputs(step: &Step, z: Matrix<f64>, a: Matrix<f64>) -> Self {
        Self::with_losses(step, vec![z], vec![a])
    }

    fn with_losses(step: &Step, z: Vec<Matrix<f64>>, a: Vec<Matrix<f64>>) -> Self {
        let (Some(last_z), Some(last_a)) = (z.last(), a.last()) else {
            return Self { z, a, row_losses: vec![], loss: f64::NAN };
        };
        let row = |n: usize| losses::row_loss(step.loss, last_z.row(n), last_a.row(n), step.y.row(n));
        let row_losses: Vec<f64> = (0..step.n_rows()).map(row).collect();
        let loss = row_losses.iter().enumerate().map(|(n, loss)| step.row_factor(n) * loss).sum();
        Self { z, a, row_losses, loss }
    }

    /// What a layer (from 0) of a whole pass reads.
    pub fn inputs_of<'a>(&'a self, step: &'a Step, layer: usize) -> &'a Matrix<f64> {
        if layer == 0 { &step.x } else { &self.a[layer - 1] }
    }
}

/// z_i = Σⱼ w_ij·aⱼ + b_i of every row.
fn preactivations(layer: &Layer, inputs: &Matrix<f64>) -> Matrix<f64> {
    let bias = |i: usize| layer.values.bias.as_ref().map_or(0.0, |bias| bias[i]);
    Matrix::from_fn(inputs.rows(), layer.n_outputs(), |n, i| {
        let products = layer.values.weights.row(i).iter().zip(inputs.row(n)).map(|(w, a)| w * a);
        products.sum::<f64>() + bias(i)
    })
}

/// σ of every entry, or softmax of every row.
pub(crate) fn activations(activation: Activation, z: &Matrix<f64>) -> Matrix<f64> {
    if activation != Activation::Softmax {
        return Matrix::from_fn(z.rows(), z.columns(), |n, i| activation_value(activation, z.row(n)[i]));
    }
    Matrix::from_fn(z.rows(), z.columns(), |n, i| {
        let row = z.row(n);
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row.iter().map(|z| (z - largest).exp()).sum();
        (row[i] - largest).exp() / total
    })
}

/// ∂a_i/∂z_j of a row: σ'(z_i) where i = j and 0 elsewhere; under softmax a_i·([i = j] − a_j).
pub fn jacobian(activation: Activation, z: &[f64], a: &[f64], i: usize, j: usize) -> f64 {
    match activation {
        Activation::Softmax => a[i] * (f64::from(u8::from(i == j)) - a[j]),
        _ if i == j => activation_derivative(activation, z[i]),
        _ => 0.0,
    }
}

impl Backward {
    /// Computes every derivative from the last layer to the first.
    pub fn new(step: &Step, forward: &Forward) -> Self {
        let n_layers = step.layers.len();
        let mut activations = vec![output_derivatives(step, forward)];
        let mut deltas: Vec<Matrix<f64>> = Vec::new();
        for (l, layer) in step.layers.iter().enumerate().rev() {
            if let Some(above) = deltas.last() {
                activations.push(carried(&step.layers[l + 1], above));
            }
            let is_output = l + 1 == n_layers;
            let upper = activations.last().map_or_else(Matrix::default, Clone::clone);
            deltas.push(if is_output && losses::has_short_form(step.loss) {
                short_deltas(step, forward)
            } else {
                through(layer.activation, &forward.z[l], &forward.a[l], &upper)
            });
        }
        activations.reverse();
        deltas.reverse();
        let slopes = step.layers.iter().enumerate().map(|(l, layer)| {
            let (z, a) = (&forward.z[l], &forward.a[l]);
            Matrix::from_fn(z.rows(), z.columns(), |n, i| {
                jacobian(layer.activation, z.row(n), a.row(n), i, i)
            })
        });
        let gradients = step
            .layers
            .iter()
            .zip(&deltas)
            .enumerate()
            .map(|(l, (layer, delta))| gradient(layer, delta, forward.inputs_of(step, l)));
        Self { slopes: slopes.collect(), gradients: gradients.collect(), activations, deltas }
    }
}

/// ∂L/∂ŷ of every row and output.
fn output_derivatives(step: &Step, forward: &Forward) -> Matrix<f64> {
    let a = &forward.a[step.layers.len() - 1];
    let mut derivatives = Matrix::zeros(step.n_rows(), step.n_outputs());
    for n in 0..step.n_rows() {
        let row = losses::output_derivative(step.loss, a.row(n), step.y.row(n));
        for (to, from) in derivatives.row_mut(n).iter_mut().zip(row) {
            *to = step.row_factor(n) * from;
        }
    }
    derivatives
}

/// δ(L) of a likelihood, in which σ' has cancelled.
fn short_deltas(step: &Step, forward: &Forward) -> Matrix<f64> {
    let a = &forward.a[step.layers.len() - 1];
    let rows: Vec<Vec<f64>> =
        (0..step.n_rows()).map(|n| losses::short_form(step.loss, a.row(n), step.y.row(n))).collect();
    Matrix::from_fn(step.n_rows(), step.n_outputs(), |n, k| step.row_factor(n) * rows[n][k])
}

/// ∂L/∂a_j = Σₖ δₖ·w_kj: from the layer above down to its inputs.
fn carried(above: &Layer, delta: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(delta.rows(), above.n_inputs(), |n, j| {
        (0..above.n_outputs()).map(|k| delta.row(n)[k] * above.values.weights.row(k)[j]).sum()
    })
}

/// δ_j = Σᵢ ∂L/∂a_i·∂a_i/∂z_j.
fn through(activation: Activation, z: &Matrix<f64>, a: &Matrix<f64>, upper: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(z.rows(), z.columns(), |n, j| {
        let (z, a) = (z.row(n), a.row(n));
        if activation != Activation::Softmax {
            return upper.row(n)[j] * jacobian(activation, z, a, j, j);
        }
        (0..a.len()).map(|i| upper.row(n)[i] * jacobian(activation, z, a, i, j)).sum()
    })
}

/// ∂L/∂w_ij = Σₙ δ_ni·a_nj and ∂L/∂b_i = Σₙ δ_ni.
fn gradient(layer: &Layer, delta: &Matrix<f64>, inputs: &Matrix<f64>) -> LayerValues {
    let rows = 0..delta.rows();
    LayerValues {
        weights: Matrix::from_fn(layer.n_outputs(), layer.n_inputs(), |i, j| {
            rows.clone().map(|n| delta.row(n)[i] * inputs.row(n)[j]).sum()
        }),
        bias: layer
            .values
            .bias
            .as_ref()
            .map(|bias| (0..bias.len()).map(|i| rows.clone().map(|n| delta.row(n)[i]).sum()).collect()),
    }
}
