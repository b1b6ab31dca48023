//! Central differences of the loss by everything that has a derivative in the text.
//!
//! A quantity q is moved to q ± h and q ± 2h, what follows from it is computed again, and
//! (8(L₊ − L₋) − (L₊₊ − L₋₋))/12h is the derivative up to h⁴. No single h serves every quantity: a unit that is
//! saturated, an input of 1000, a loss of 1e-9 that is the difference of two large numbers want steps of their own. So three
//! steps are tried, each 16 times smaller than the one before, and how far the best two neighbours are apart is how
//! much is known: the uncertainty of the quotient. Where a rectifier, a clipped or an absolute error changes sides
//! within a step, that step says nothing; if none is left, it is a kink.
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
    /// The difference quotient, and how far it may be off.
    Quotient { value: f64, uncertainty: f64 },
}

/// What a derivative beside its difference amounts to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Not compared.
    Skipped,
    /// The difference cannot tell: a kink, or digits that are lost in it.
    Unresolved,
    /// They agree; with the error.
    Agree(f64),
    /// They do not; with the error and the difference.
    Differ(f64, f64),
}

impl Difference {
    /// Holds a derivative against the difference; `largest` is the largest entry of its tensor.
    pub(crate) fn outcome(self, derivative: f64, largest: f64) -> Outcome {
        let (value, uncertainty) = match self {
            Self::Skipped => return Outcome::Skipped,
            Self::Kink => return Outcome::Unresolved,
            Self::Quotient { value, uncertainty } => (value, uncertainty),
        };
        let error = (derivative - value).abs();
        if error <= TOLERANCE * largest {
            Outcome::Agree(error)
        } else if error <= DOUBT * uncertainty {
            Outcome::Unresolved
        } else {
            Outcome::Differ(error, value)
        }
    }
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
}

/// Agreement is asked for to this share of a tensor's largest entry.
pub(crate) const TOLERANCE: f64 = 1e-6;
/// The spread of two quotients is an estimate; an error is beyond doubt above so many of it.
const DOUBT: f64 = 10.0;
/// How many steps are tried, each [`SHRINK`] times smaller than the one before.
const STEPS: i32 = 3;
const SHRINK: f64 = 16.0;

impl Differences {
    /// Takes the differences by whatever `wanted(layer, unit, input)` wants: with an input a weight, without one all that a
    /// unit has besides.
    pub(crate) fn new(
        step: &Step,
        trace: &Trace,
        wanted: &dyn Fn(usize, usize, Option<usize>) -> bool,
    ) -> Self {
        let forward = &trace.forward;
        let noise = Noise::new(step, trace);
        let mut differences = Self {
            activations: Vec::new(),
            deltas: Vec::new(),
            slopes: Vec::new(),
            weights: Vec::new(),
            biases: Vec::new(),
        };
        for (l, layer) in step.layers.iter().enumerate() {
            let probe = Probe { step, forward, layer: l, noise };
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
    pub(crate) fn check(values: &[f64], differences: &[Difference], largest: f64) -> Option<Check> {
        let mut check = Check { error: 0.0, agrees: true, kinks: 0 };
        let mut compared = 0;
        for (&value, difference) in values.iter().zip(differences) {
            match difference.outcome(value, largest) {
                Outcome::Skipped => {}
                Outcome::Unresolved => check.kinks += 1,
                Outcome::Agree(error) => {
                    compared += 1;
                    check.error = check.error.max(error);
                }
                Outcome::Differ(error, _) => {
                    compared += 1;
                    check.agrees = false;
                    // A NaN is the worst error there is.
                    check.error = if error.is_nan() { error } else { check.error.max(error) };
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
    /// How far the loss may be off as it is computed.
    noise: Noise,
}

/// How far rounding may put a computed number off.
#[derive(Clone, Copy, Debug)]
struct Noise {
    /// Where nothing is moved.
    fixed: f64,
    /// Further off, for every unit of the root of the loss there: a square is as steep as its root is large.
    of_root: f64,
}

impl Probe<'_> {
    fn by_activation(&self, row: usize, unit: usize) -> Difference {
        let a = &self.forward.a[self.layer];
        let reach = match self.step.layers.get(self.layer + 1) {
            Some(above) => {
                (0..above.n_outputs()).map(|k| above.values.weights.row(k)[unit].abs()).fold(0.0, f64::max)
            }
            None => 1.0,
        };
        quotient((a.row(row)[unit], reach, self.noise), |step| {
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
        quotient((self.forward.z[self.layer].row(row)[unit], 1.0, self.noise), |step| {
            self.moved(|z| z.row_mut(row)[unit] += step)
        })
    }

    fn by_weight(&self, unit: usize, input: usize) -> Difference {
        let inputs = self.forward.inputs_of(self.step, self.layer);
        let weight = self.step.layers[self.layer].values.weights.row(unit)[input];
        let reach = (0..inputs.rows()).map(|n| inputs.row(n)[input].abs()).fold(0.0, f64::max);
        quotient((weight, reach, self.noise), |step| {
            self.moved(|z| {
                for n in 0..z.rows() {
                    z.row_mut(n)[unit] += step * inputs.row(n)[input];
                }
            })
        })
    }

    fn by_bias(&self, unit: usize) -> Difference {
        let bias = self.step.layers[self.layer].values.bias.as_ref().map_or(0.0, |bias| bias[unit]);
        quotient((bias, 1.0, self.noise), |step| {
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
        let noise = Noise { fixed: f64::EPSILON * z.row(0)[unit].abs().max(1.0), of_root: 0.0 };
        quotient((z.row(0)[unit], 1.0, noise), |step| {
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

/// The derivative of a loss by a quantity of this size, whose change changes some preactivation by up to `reach` times as
/// much; the loss as it is computed may be off by `noise`. `outcome` gives loss and sides at a distance from it.
fn quotient(
    (size, reach, noise): (f64, f64, Noise),
    outcome: impl Fn(f64) -> (f64, Vec<bool>),
) -> Difference {
    // Far from 0 a step must be large enough for the quantity to notice it.
    let widest = f64::EPSILON.powf(0.2) * (1e-3 * size.abs()).max(1.0) / reach.max(1.0);
    let mut quotients: Vec<(f64, f64)> = Vec::new();
    for i in 0..STEPS {
        // Steps that are powers of two lose no digits when they are added and divided by.
        let step = (widest / SHRINK.powi(i)).log2().round().exp2();
        let at = [outcome(2.0 * step), outcome(step), outcome(-step), outcome(-2.0 * step)];
        if at.iter().all(|(_, sides)| *sides == at[0].1) {
            let farthest = at[0].0.abs().max(at[3].0.abs());
            let noise = (noise.fixed + noise.of_root * farthest.sqrt()) / step;
            let [above2, above, below, below2] = at.map(|(loss, _)| loss);
            quotients.push(((8.0 * (above - below) - (above2 - below2)) / (12.0 * step), noise));
        }
    }
    let pairs = quotients.windows(2).map(|pair| {
        let [(wide, noise), (narrow, _)] = [pair[0], pair[1]];
        (wide, (wide - narrow).abs() + noise)
    });
    // The narrowest alone is trusted as far as the rounding of the loss goes.
    let alone =
        quotients.last().filter(|_| quotients.len() == 1).map(|&(value, noise)| (value, SHRINK * noise));
    let best = pairs.chain(alone).min_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(Difference::Kink, |(value, uncertainty)| Difference::Quotient { value, uncertainty })
}

impl Noise {
    /// That of the loss itself, of the outputs and targets whose difference it sees, and of the sums that the
    /// preactivations are.
    fn new(step: &Step, trace: &Trace) -> Self {
        let (forward, backward) = (&trace.forward, &trace.backward);
        let last = step.layers.len() - 1;
        let (of_loss, size) = if step.loss.takes_preactivations() {
            (largest(forward.z[last].values()).max(1.0) * largest(step.y.values()).max(1.0), 0.0)
        } else {
            let size = largest(forward.a[last].values()).max(largest(step.y.values()));
            (size * (largest(backward.activations[last].values()) + f64::EPSILON * size), size)
        };
        let of_layers = step.layers.iter().enumerate().map(|(l, layer)| {
            let inputs = largest(forward.inputs_of(step, l).values());
            let terms = layer.n_inputs() as f64 * inputs * largest(layer.values.weights.values());
            largest(backward.deltas[l].values()) * terms
        });
        let fixed = 4.0 * f64::EPSILON * (forward.loss.abs() + of_loss + of_layers.sum::<f64>());
        Self { fixed, of_root: 8.0 * f64::EPSILON * size }
    }
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
