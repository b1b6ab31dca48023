//! The step as its author went through it: one computation per quantity, from what was written before, with at most one
//! mistake in it.
//!
//! An author reads what stands on the page. What is not on the page is worked out anew from what is. So
//! [`Author::read`] takes a quantity from what is known and otherwise computes it from its inputs, down to what the
//! step gives. With nothing known and no slip this is the step itself, by other code than [`crate::trace`], and a test
//! holds the two against each other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use chainrule::loss::Loss;
use chainrule::network::activation_derivative;
use chainrule::{Activation, Matrix};

use crate::claim::{Kind, Quantity};
use crate::losses;
use crate::step::{Layer, LayerValues, State, Step};
use crate::trace::{Update, activations, jacobian};

use super::slip::{Input, Slip, entry};

/// Quantities with the values that somebody has for them.
pub(crate) type Known = BTreeMap<Quantity, Matrix<f64>>;

/// Which of two ways that lead to the same number is taken, where there are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// σ' from z; δ(L) from ∂L/∂ŷ where that is written down.
    Usual,
    /// σ' from a where it can be; δ(L) of a likelihood always by its short form.
    Other,
}

/// Somebody who computes a step.
pub(crate) struct Author<'a> {
    step: &'a Step,
    known: &'a Known,
    route: Route,
    computed: RefCell<BTreeMap<Quantity, Rc<Matrix<f64>>>>,
}

/// The same quantity under its first name: ŷ is a(L).
pub(crate) fn canonical(step: &Step, quantity: Quantity) -> Quantity {
    match quantity.kind {
        Kind::Prediction => Quantity { kind: Kind::Activations(step.layers.len()), ..quantity },
        _ => quantity,
    }
}

impl<'a> Author<'a> {
    /// Somebody who has these values on the page.
    pub(crate) fn new(step: &'a Step, known: &'a Known, route: Route) -> Self {
        Self { step, known, route, computed: RefCell::default() }
    }

    /// A quantity as it stands on the page, or worked out from what does.
    fn read(&self, kind: Kind, after: bool) -> Rc<Matrix<f64>> {
        let quantity = Quantity { kind, after };
        if let Some(found) = self.computed.borrow().get(&quantity) {
            return Rc::clone(found);
        }
        let value = match self.known.get(&quantity) {
            Some(known) => known.clone(),
            None => self.compute(quantity, Slip::Nothing),
        };
        let value = Rc::new(value);
        self.computed.borrow_mut().insert(quantity, Rc::clone(&value));
        value
    }

    /// A quantity worked out anew, with a slip in it. Layers must be those of the step.
    pub(crate) fn compute(&self, quantity: Quantity, slip: Slip) -> Matrix<f64> {
        let Quantity { kind, after } = canonical(self.step, quantity);
        let value = match kind {
            Kind::Preactivations(l) => self.preactivations(l, after, slip),
            Kind::Activations(l) => {
                activations(self.layer(l).activation, &self.read(Kind::Preactivations(l), after))
            }
            Kind::Prediction => Matrix::default(),
            Kind::Loss => self.loss(after, slip),
            Kind::OutputDerivative => self.output_derivative(after),
            Kind::Slopes(l) => self.slopes(l, after, slip),
            Kind::Delta(l) if l == self.step.layers.len() => self.output_delta(l, after, slip),
            Kind::Delta(l) => self.delta(l, after, slip),
            Kind::WeightGradient(l) => self.weight_gradient(l, after, slip),
            Kind::BiasGradient(l) => {
                let delta = self.read(Kind::Delta(l), after);
                Matrix::from_fn(1, delta.columns(), |_, i| slip.sum(delta.rows(), |n, _| entry(&delta, n, i)))
            }
            Kind::Weights(l) if after => self.update(l, kind, slip).weights,
            Kind::Bias(l) if after => row_of(self.update(l, kind, slip).bias),
            Kind::Weights(l) => self.layer(l).values.weights.clone(),
            Kind::Bias(l) => row_of(self.layer(l).values.bias.clone()),
        };
        match slip {
            Slip::Times(factor) => {
                Matrix::from_fn(value.rows(), value.columns(), |r, c| factor * entry(&value, r, c))
            }
            Slip::Read(Input::Result, _) => {
                Matrix::from_fn(value.rows(), value.columns(), |r, c| slip.at(Input::Result, &value, r, c))
            }
            _ => value,
        }
    }

    /// What is read for a quantity: first what is not written down, then what is.
    fn inputs_of(&self, quantity: Quantity) -> (Vec<Quantity>, Vec<Quantity>) {
        self.computed.borrow_mut().clear();
        self.compute(quantity, Slip::Nothing);
        self.computed.borrow().keys().copied().partition(|read| !self.known.contains_key(read))
    }

    /// What of the page is read for a quantity.
    pub(crate) fn read_for(&self, quantity: Quantity) -> Vec<Quantity> {
        self.inputs_of(quantity).1
    }

    /// What is worked out on the way to a quantity without being written down.
    pub(crate) fn unwritten(&self, quantity: Quantity) -> Vec<Quantity> {
        self.inputs_of(quantity).0
    }

    fn layer(&self, l: usize) -> &Layer {
        &self.step.layers[l - 1]
    }

    fn inputs(&self, l: usize, after: bool) -> Rc<Matrix<f64>> {
        if l == 1 { Rc::new(self.step.x.clone()) } else { self.read(Kind::Activations(l - 1), after) }
    }

    /// z_i = Σⱼ w_ij·aⱼ + b_i.
    fn preactivations(&self, l: usize, after: bool, slip: Slip) -> Matrix<f64> {
        let a = self.inputs(l, after);
        let w = self.read(Kind::Weights(l), after || slip == Slip::Updated);
        let b = self.read(Kind::Bias(l), after || slip == Slip::Updated);
        let times = if let Slip::Bias(times) = slip { times } else { 1.0 };
        let weight = |i: usize, j: usize| match slip {
            Slip::SwappedTerm(t) if t == j => entry(&w, j, i),
            _ => slip.at(Input::First, &w, i, j),
        };
        Matrix::from_fn(a.rows(), w.rows(), |n, i| {
            let sum = slip.sum(w.columns(), |j, u| weight(i, j) * entry(&a, n, u));
            let bias = if b.rows() == 0 { 0.0 } else { slip.at(Input::Third, &b, 0, i) };
            sum + times * bias
        })
    }

    /// The loss from ŷ, as one has it on paper.
    fn loss(&self, after: bool, slip: Slip) -> Matrix<f64> {
        let (step, k) = (self.step, self.step.n_outputs());
        let a = self.read(Kind::Activations(step.layers.len()), after);
        let rows = (0..step.n_rows()).map(|n| {
            let (a, y) = (a.row(n), step.y.row(n));
            let part = |o: usize| {
                // One output at a time; a mean over outputs is one over all of them.
                let divisor = if losses::has_outputs_mean(step.loss) { k as f64 } else { 1.0 };
                row_loss(step.loss, &a[o..=o], &y[o..=o]) / divisor
            };
            step.row_factor(n) * (0..k).map(|o| slip.times(n * k + o) * part(o)).sum::<f64>()
        });
        Matrix::from_vec(vec![rows.sum()], 1, 1)
    }

    fn output_derivative(&self, after: bool) -> Matrix<f64> {
        let step = self.step;
        let a = self.read(Kind::Activations(step.layers.len()), after);
        let rows = (0..step.n_rows()).map(|n| losses::output_derivative(step.loss, a.row(n), step.y.row(n)));
        let rows: Vec<_> = rows.collect();
        Matrix::from_fn(step.n_rows(), step.n_outputs(), |n, k| step.row_factor(n) * rows[n][k])
    }

    /// σ'(z).
    fn slopes(&self, l: usize, after: bool, slip: Slip) -> Matrix<f64> {
        let activation = self.layer(l).activation;
        if self.route == Route::Other || activation == Activation::Softmax || slip != Slip::Nothing {
            let a = self.read(Kind::Activations(l), after);
            let z = (activation != Activation::Softmax).then(|| self.read(Kind::Preactivations(l), after));
            return Matrix::from_fn(a.rows(), a.columns(), |n, i| {
                let (a, z) = (entry(&a, n, i), z.as_ref().map_or(f64::NAN, |z| entry(z, n, i)));
                match slip {
                    Slip::SlopeAtActivation => activation_derivative(activation, a),
                    Slip::ActivationForSlope => a,
                    _ if self.route == Route::Other => slope_from_value(activation, z, a),
                    _ if activation == Activation::Softmax => a * (1.0 - a),
                    _ => activation_derivative(activation, z),
                }
            });
        }
        let z = self.read(Kind::Preactivations(l), after);
        Matrix::from_fn(z.rows(), z.columns(), |n, i| activation_derivative(activation, entry(&z, n, i)))
    }

    /// The slopes that δ reads: those on the page, or others where the slip is about them.
    fn slopes_for(&self, l: usize, after: bool, slip: Slip) -> Rc<Matrix<f64>> {
        match slip {
            Slip::SlopeAtActivation | Slip::ActivationForSlope => Rc::new(self.slopes(l, after, slip)),
            _ => self.read(Kind::Slopes(l), after),
        }
    }

    /// δ(L): ŷ − y where σ' cancels, otherwise ∂L/∂ŷ through σ'.
    fn output_delta(&self, l: usize, after: bool, slip: Slip) -> Matrix<f64> {
        let step = self.step;
        let is_written = self.known.contains_key(&Quantity { kind: Kind::OutputDerivative, after });
        let is_about_slopes =
            matches!(slip, Slip::SlopeAtActivation | Slip::ActivationForSlope | Slip::DiagonalOnly);
        let by_product = (is_written && self.route == Route::Usual) || is_about_slopes;
        if losses::has_short_form(step.loss) && !by_product {
            let a = self.read(Kind::Activations(l), after);
            let rows = (0..step.n_rows()).map(|n| losses::short_form(step.loss, a.row(n), step.y.row(n)));
            let rows: Vec<_> = rows.collect();
            return Matrix::from_fn(step.n_rows(), step.n_outputs(), |n, k| step.row_factor(n) * rows[n][k]);
        }
        let upper = self.read(Kind::OutputDerivative, after);
        let is_elementwise = is_about_slopes || matches!(slip, Slip::Read(Input::Third, _));
        if self.layer(l).activation == Activation::Softmax && !is_elementwise {
            let a = self.read(Kind::Activations(l), after);
            return Matrix::from_fn(a.rows(), a.columns(), |n, j| {
                let term =
                    |i: usize| entry(&upper, n, i) * jacobian(Activation::Softmax, &[], a.row(n), i, j);
                (0..a.columns()).map(term).sum()
            });
        }
        let slopes = self.slopes_for(l, after, slip);
        Matrix::from_fn(upper.rows(), upper.columns(), |n, i| {
            entry(&upper, n, i) * slip.at(Input::Third, &slopes, n, i)
        })
    }

    /// δ_j = σ'(z_j)·Σₖ δₖ·w_kj.
    fn delta(&self, l: usize, after: bool, slip: Slip) -> Matrix<f64> {
        let w = self.read(Kind::Weights(l + 1), after || slip == Slip::Updated);
        let above = self.read(Kind::Delta(l + 1), after);
        let slopes = self.slopes_for(l, after, slip);
        let weight = |k: usize, j: usize| match slip {
            Slip::SwappedTerm(t) if t == k => entry(&w, j, k),
            _ => slip.at(Input::First, &w, k, j),
        };
        Matrix::from_fn(above.rows(), w.columns(), |n, j| {
            let sum = slip.sum(w.rows(), |k, u| weight(k, j) * entry(&above, n, u));
            sum * slip.at(Input::Third, &slopes, n, j)
        })
    }

    /// ∂L/∂w_ij = Σₙ δ_ni·a_nj.
    fn weight_gradient(&self, l: usize, after: bool, slip: Slip) -> Matrix<f64> {
        let (delta, a) = (self.read(Kind::Delta(l), after), self.inputs(l, after));
        let n_rows = delta.rows();
        Matrix::from_fn(delta.columns(), a.columns(), |i, j| {
            if slip == Slip::MeansFirst {
                let sum = |of: &Matrix<f64>, c: usize| (0..n_rows).map(|n| entry(of, n, c)).sum::<f64>();
                return sum(&delta, i) * sum(&a, j) / n_rows as f64;
            }
            slip.sum(n_rows, |n, u| entry(&delta, n, i) * entry(&a, u, j))
        })
    }

    /// The layer's parameters after the step; `kind` says which of them the slip is in.
    fn update(&self, l: usize, kind: Kind, slip: Slip) -> LayerValues {
        let mut optimizer = self.step.optimizer;
        if let Slip::Rate(rate) = slip {
            optimizer.learning_rate = rate;
        }
        // The other layers count only where the norm of all gradients does.
        let is_alone = optimizer.clip_norm == 0.0;
        let chosen = if is_alone { l..=l } else { 1..=self.step.layers.len() };
        let (mut layers, mut gradients) = (Vec::new(), Vec::new());
        for m in chosen.clone() {
            let of = |part: Kind| if part == kind { slip } else { Slip::Nothing };
            let has_bias = self.layer(m).values.bias.is_some();
            let bias = |f: &dyn Fn() -> Matrix<f64>| has_bias.then(|| f().into_values());
            let (weights_slip, bias_slip) = (of(Kind::Weights(m)), of(Kind::Bias(m)));
            gradients.push(LayerValues {
                weights: with_gradient_slip(&self.read(Kind::WeightGradient(m), false), weights_slip),
                bias: bias(&|| with_gradient_slip(&self.read(Kind::BiasGradient(m), false), bias_slip)),
            });
            let values = LayerValues {
                weights: elsewhere(&self.read(Kind::Weights(m), false), Input::First, weights_slip),
                bias: bias(&|| elsewhere(&self.read(Kind::Bias(m), false), Input::First, bias_slip)),
            };
            layers.push(Layer { activation: self.layer(m).activation, values });
        }
        let memory =
            |buffer: &[LayerValues]| chosen.clone().filter_map(|m| buffer.get(m - 1).cloned()).collect();
        let state = State {
            steps: self.step.state.steps,
            first: memory(&self.step.state.first),
            second: memory(&self.step.state.second),
        };
        let (x, y, sample_weights, loss) = (Matrix::default(), Matrix::default(), None, self.step.loss);
        let moved = Step { x, y, sample_weights, layers, loss, optimizer, state };
        Update::new(&moved, &gradients).parameters.swap_remove(if is_alone { 0 } else { l - 1 })
    }
}

fn row_of(bias: Option<Vec<f64>>) -> Matrix<f64> {
    bias.map_or_else(Matrix::default, |bias| Matrix::from_vec(bias.clone(), 1, bias.len()))
}

/// A gradient as an update with this slip reads it.
fn with_gradient_slip(gradient: &Matrix<f64>, slip: Slip) -> Matrix<f64> {
    let times = if let Slip::Gradient(times) = slip { times } else { 1.0 };
    let mut read = elsewhere(gradient, Input::Second, slip);
    read.values_mut().iter_mut().for_each(|g| *g *= times);
    read
}

/// A matrix read at other places, and at its own where there is no other.
fn elsewhere(matrix: &Matrix<f64>, input: Input, slip: Slip) -> Matrix<f64> {
    Matrix::from_fn(matrix.rows(), matrix.columns(), |r, c| {
        let read = slip.at(input, matrix, r, c);
        if read.is_nan() { entry(matrix, r, c) } else { read }
    })
}

/// ℓ of a row from ŷ alone.
fn row_loss(loss: Loss, a: &[f64], y: &[f64]) -> f64 {
    let weighted = |y: f64, x: f64| if y == 0.0 { 0.0 } else { y * x };
    let entries = || a.iter().zip(y);
    match loss {
        Loss::CrossEntropy => entries().map(|(a, &y)| -weighted(y, a.ln())).sum(),
        Loss::BinaryCrossEntropy => {
            entries().map(|(a, &y)| -weighted(y, a.ln()) - weighted(1.0 - y, (1.0 - a).ln())).sum()
        }
        Loss::Poisson => entries().map(|(a, &y)| a - weighted(y, a.ln())).sum(),
        _ => losses::row_loss(loss, a, a, y),
    }
}

/// σ' from a where a says enough, else from z.
fn slope_from_value(activation: Activation, z: f64, a: f64) -> f64 {
    match activation {
        Activation::Sigmoid | Activation::Softmax => a * (1.0 - a),
        Activation::Tanh => 1.0 - a * a,
        Activation::Exp => a,
        Activation::Softplus => 1.0 - (-a).exp(),
        _ => activation_derivative(activation, z),
    }
}

#[cfg(test)]
mod tests {
    use chainrule::optimizer::{OptimizerConfig, Rule};

    use super::*;
    use crate::trace::Trace;

    /// Of the largest entry.
    const TOLERANCE: f64 = 1e-12;

    fn step(loss: Loss, output: Activation, rule: Rule) -> Step {
        let numbers = |rows: usize, columns: usize| {
            Matrix::from_fn(rows, columns, |r, c| ((7 * r + 3 * c + rows) % 11) as f64 / 8.0 - 0.6)
        };
        let layer = |n_outputs, n_inputs, activation, bias: Option<Vec<f64>>| Layer {
            activation,
            values: LayerValues { weights: numbers(n_outputs, n_inputs), bias },
        };
        let layers = vec![
            layer(3, 2, Activation::Tanh, Some(vec![0.1, -0.2, 0.3])),
            layer(3, 3, Activation::Silu, None),
            layer(2, 3, output, Some(vec![0.5, -0.25])),
        ];
        Step {
            x: numbers(4, 2),
            y: Matrix::from_fn(4, 2, |n, k| f64::from(u8::from(n % 2 == k))),
            sample_weights: Some(vec![1.0, 2.0, 0.5, 1.5]),
            layers,
            loss,
            optimizer: OptimizerConfig {
                rule,
                weight_decay: 0.01,
                clip_norm: if rule == Rule::AdamW { 0.0 } else { 0.1 },
                learning_rate: 0.1,
                ..Default::default()
            },
            state: State::default(),
        }
        .checked()
        .unwrap()
    }

    fn quantities(n_layers: usize) -> Vec<Quantity> {
        let mut kinds = vec![Kind::Prediction, Kind::Loss, Kind::OutputDerivative];
        for l in 1..=n_layers {
            kinds.extend([Kind::Preactivations(l), Kind::Activations(l), Kind::Slopes(l), Kind::Delta(l)]);
            kinds.extend([Kind::WeightGradient(l), Kind::BiasGradient(l), Kind::Weights(l), Kind::Bias(l)]);
        }
        kinds.into_iter().flat_map(|kind| [Quantity::before(kind), Quantity::after(kind)]).collect()
    }

    #[test]
    fn an_author_without_slips_computes_the_step() {
        let steps = [
            step(Loss::Mse, Activation::Softmax, Rule::Sgd),
            step(Loss::HalfSse, Activation::Sigmoid, Rule::Momentum),
            step(Loss::CrossEntropy, Activation::Softmax, Rule::Adam),
            step(Loss::BinaryCrossEntropy, Activation::Sigmoid, Rule::AdamW),
            step(Loss::Poisson, Activation::Exp, Rule::RmsProp),
            step(Loss::Huber { delta: 0.5 }, Activation::Identity, Rule::Nesterov),
        ];
        for step in steps {
            let trace = Trace::new(&step);
            for route in [Route::Usual, Route::Other] {
                for quantity in quantities(3) {
                    let right = quantity.value(&step, &trace);
                    if right.rows() == 0 {
                        continue;
                    }
                    let found = Author::new(&step, &Known::new(), route).compute(quantity, Slip::Nothing);
                    let largest = right.values().iter().fold(0.0, |most: f64, v| most.max(v.abs()));
                    for (found, right) in found.values().iter().zip(right.values()) {
                        assert!(
                            (found - right).abs() <= TOLERANCE * largest,
                            "{quantity:?} of {}: {found}, not {right}",
                            step.loss
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_on_the_page_is_read_and_not_worked_out() {
        let step = step(Loss::Mse, Activation::Identity, Rule::Sgd);
        let z = Matrix::from_fn(4, 3, |_, _| 0.0);
        let known = Known::from([(Quantity::before(Kind::Preactivations(1)), z)]);
        let author = Author::new(&step, &known, Route::Usual);
        let a = author.compute(Quantity::before(Kind::Activations(1)), Slip::Nothing);
        assert!(a.values().iter().all(|&a| a == 0.0));
        let unwritten = author.unwritten(Quantity::before(Kind::Preactivations(2)));
        assert!(unwritten.contains(&Quantity::before(Kind::Activations(1))));
        assert_eq!(
            author.read_for(Quantity::before(Kind::Activations(2))),
            [Quantity::before(Kind::Preactivations(1))]
        );
    }
}
