//! Central differences of the loss by everything that has a derivative in the text.
//!
//! A quantity q is moved to q ± h and q ± 2h, what follows from it is computed again, and
//! (8(L₊ − L₋) − (L₊₊ − L₋₋))/12h is the derivative up to h⁴. With h = ε^(1/5)·max(|q|, 1) that error and the rounding of
//! L are both near 1e-13, so that small gradients of deep networks can be judged too. Where a rectifier, a clipped
//! or an absolute error changes sides within the step, a smaller one is tried; if that crosses too, the difference
//! measures neither slope and is reported as a kink.
//!
//! The backward pass has no part in this: only losses are computed.

use chainrule::loss::Loss;
use chainrule::{Activation, Matrix};

use crate::derivation::Check;
use crate::losses;
use crate::step::Step;
use crate::trace::{Forward, Trace, jacobian};

/// A derivative by differences.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Difference {
    /// Not asked for.
    #[default]
    Skipped,
    /// A kink lies within the step.
    Kink,
    /// The difference quotient.
    Quotient(f64),
}

/// Differences of the loss, laid out as the derivatives are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Differences {
    /// By the activations of each layer, N × n_out; not of the last layer under a loss that is computed from z.
    pub(crate) activations: Vec<Matrix<Difference>>,
    /// By the preactivations, N × n_out.
    pub(crate) deltas: Vec<Matrix<Difference>>,
    /// Of σ, N × n_out.
    pub(crate) slopes: Vec<Matrix<Difference>>,
    /// By the weights, n_out × n_in.
    pub(crate) weights: Vec<Matrix<Difference>>,
    /// By the biases, 1 × n_out.
    pub(crate) biases: Vec<Matrix<Difference>>,
    /// What rounding leaves of a quotient.
    pub(crate) rounding: f64,
}

/// Agreement is asked for to this share of a tensor's largest entry.
pub(crate) const TOLERANCE: f64 = 1e-6;

impl Differences {
    /// Takes the differences by whatever `wanted(layer, unit, input)` wants: with an input a weight, without one all that a
    /// unit has besides.
    pub(crate) fn new(
        step: &Step,
        trace: &Trace,
        wanted: &dyn Fn(usize, usize, Option<usize>) -> bool,
    ) -> Self {
        let forward = &trace.forward;
        let mut differences = Self {
            activations: Vec::new(),
            deltas: Vec::new(),
            slopes: Vec::new(),
            weights: Vec::new(),
            biases: Vec::new(),
            rounding: 16.0 * f64::EPSILON * forward.loss.abs() / f64::EPSILON.powf(0.2),
        };
        for (l, layer) in step.layers.iter().enumerate() {
            let probe = Probe { step, forward, layer: l };
            let of_units = |f: &dyn Fn(usize, usize) -> Difference| {
                Matrix::from_fn(step.n_rows(), layer.n_outputs(), |n, i| {
                    if wanted(l, i, None) { f(n, i) } else { Difference::Skipped }
                })
            };
            let is_output = l + 1 == step.layers.len();
            let has_activations = !(is_output && losses::has_short_form(step.loss));
            differences.activations.push(of_units(&|n, i| {
                if has_activations { probe.by_activation(n, i) } else { Difference::Skipped }
            }));
            differences.deltas.push(of_units(&|n, i| probe.by_preactivation(n, i)));
            differences.slopes.push(of_units(&|n, i| probe.slope(n, i)));
            differences.weights.push(Matrix::from_fn(layer.n_outputs(), layer.n_inputs(), |i, j| {
                if wanted(l, i, Some(j)) { probe.by_weight(i, j) } else { Difference::Skipped }
            }));
            let biases = if layer.values.bias.is_some() { layer.n_outputs() } else { 0 };
            differences.biases.push(Matrix::from_fn(1, biases, |_, i| {
                if wanted(l, i, None) { probe.by_bias(i) } else { Difference::Skipped }
            }));
        }
        differences
    }

    /// Holds values against differences; `largest` is the largest entry of the tensor. None where nothing was taken.
    pub(crate) fn check(&self, values: &[f64], differences: &[Difference], largest: f64) -> Option<Check> {
        let mut check = Check { error: 0.0, agrees: true, kinks: 0 };
        let mut compared = 0;
        for (value, difference) in values.iter().zip(differences) {
            match difference {
                Difference::Skipped => {}
                Difference::Kink => check.kinks += 1,
                Difference::Quotient(quotient) => {
                    compared += 1;
                    let error = (value - quotient).abs();
                    // A NaN is the worst error there is.
                    if error.is_nan() || error > check.error {
                        check.error = error;
                    }
                    check.agrees &= error <= TOLERANCE * largest + self.rounding;
                }
            }
        }
        if compared == 0 && check.kinks > 0 {
            check.error = f64::NAN;
        }
        (compared + check.kinks > 0).then_some(check)
    }
}

/// A layer whose numbers can be moved one at a time.
struct Probe<'a> {
    step: &'a Step,
    forward: &'a Forward,
    layer: usize,
}

impl Probe<'_> {
    fn by_activation(&self, row: usize, unit: usize) -> Difference {
        let a = &self.forward.a[self.layer];
        quotient(a.row(row)[unit], |step| {
            let mut moved = a.clone();
            moved.row_mut(row)[unit] += step;
            if self.layer + 1 == self.step.layers.len() {
                return self
                    .outcome(&Forward::of_outputs(self.step, self.forward.z[self.layer].clone(), moved), 0);
            }
            self.outcome(&Forward::from(self.step, self.layer + 1, &moved), self.layer + 1)
        })
    }

    fn by_preactivation(&self, row: usize, unit: usize) -> Difference {
        quotient(self.forward.z[self.layer].row(row)[unit], |step| {
            self.moved(|z| z.row_mut(row)[unit] += step)
        })
    }

    fn by_weight(&self, unit: usize, input: usize) -> Difference {
        let inputs = self.forward.inputs_of(self.step, self.layer);
        let weight = self.step.layers[self.layer].values.weights.row(unit)[input];
        quotient(weight, |step| {
            self.moved(|z| {
                for n in 0..z.rows() {
                    z.row_mut(n)[unit] += step * inputs.row(n)[input];
                }
            })
        })
    }

    fn by_bias(&self, unit: usize) -> Difference {
        let bias = self.step.layers[self.layer].values.bias.as_ref().map_or(0.0, |bias| bias[unit]);
        quotient(bias, |step| {
            self.moved(|z| {
                for n in 0..z.rows() {
                    z.row_mut(n)[unit] += step;
                }
            })
        })
    }

    /// The slope of σ itself; of softmax, of an output by its own preactivation.
    fn slope(&self, row: usize, unit: usize) -> Difference {
        let activation = self.step.layers[self.layer].activation;
        let z = Matrix::from_vec(
            self.forward.z[self.layer].row(row).to_vec(),
            1,
            self.forward.z[self.layer].columns(),
        );
        quotient(z.row(0)[unit], |step| {
            let mut moved = z.clone();
            moved.row_mut(0)[unit] += step;
            let a = crate::trace::activations(activation, &moved);
            let side = has_break(activation).then(|| moved.row(0)[unit] > 0.0);
            (a.row(0)[unit], side.into_iter().collect())
        })
    }

    /// Loss and sides with the layer's preactivations changed.
    fn moved(&self, change: impl FnOnce(&mut Matrix<f64>)) -> (f64, Vec<bool>) {
        let mut z = self.forward.z[self.layer].clone();
        change(&mut z);
        self.outcome(&Forward::from_preactivations(self.step, self.layer, z), self.layer)
    }

    /// The loss, and on which side of its break every unit and every error lies; `first` is the layer that `forward`
    /// begins with.
    fn outcome(&self, forward: &Forward, first: usize) -> (f64, Vec<bool>) {
        let mut sides = Vec::new();
        let layers = self.step.layers.iter().skip(first).zip(&forward.z);
        for (_, z) in layers.filter(|(layer, _)| has_break(layer.activation)) {
            sides.extend(z.values().iter().map(|&z| z > 0.0));
        }
        let bound = match self.step.loss {
            Loss::Mae => Some(0.0),
            Loss::Huber { delta } => Some(delta),
            _ => None,
        };
        if let (Some(bound), Some(outputs)) = (bound, forward.a.last()) {
            let errors = || outputs.values().iter().zip(self.step.y.values()).map(|(a, y)| a - y);
            sides.extend(errors().map(|e| e > bound));
            sides.extend(errors().map(|e| e < -bound));
        }
        (forward.loss, sides)
    }
}

/// Whether the first or the second derivative has a jump at z = 0.
fn has_break(activation: Activation) -> bool {
    matches!(
        activation,
        Activation::Relu | Activation::LeakyRelu { .. } | Activation::Elu { .. } | Activation::Selu
    )
}

/// The derivative of a loss by a quantity of this size; `outcome` gives loss and sides at a distance from it.
fn quotient(size: f64, outcome: impl Fn(f64) -> (f64, Vec<bool>)) -> Difference {
    // Steps that are powers of two lose no digits when they are added and divided by.
    let power_of_two = |h: f64| h.log2().round().exp2();
    let wide = power_of_two(f64::EPSILON.powf(0.2) * size.abs().max(1.0));
    let far = [outcome(2.0 * wide), outcome(wide), outcome(-wide), outcome(-2.0 * wide)];
    if far.iter().all(|(_, sides)| *sides == far[0].1) {
        let [above2, above, below, below2] = far.map(|(loss, _)| loss);
        return Difference::Quotient((8.0 * (above - below) - (above2 - below2)) / (12.0 * wide));
    }
    let narrow = power_of_two(f64::EPSILON.cbrt() * size.abs().max(1.0));
    let (above, below) = (outcome(narrow), outcome(-narrow));
    if above.1 == below.1 {
        return Difference::Quotient((above.0 - below.0) / (2.0 * narrow));
    }
    Difference::Kink
}

/// The largest absolute value.
pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// ∂ŷ_i/∂z_j of the output of a row, i and j being units.
pub(crate) fn output_jacobian(step: &Step, forward: &Forward, row: usize) -> Matrix<f64> {
    let last = step.layers.len() - 1;
    let (z, a) = (forward.z[last].row(row), forward.a[last].row(row));
    Matrix::from_fn(a.len(), a.len(), |i, j| jacobian(step.layers[last].activation, z, a, i, j))
}
