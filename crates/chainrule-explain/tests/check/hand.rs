//! Somebody who works a step out by hand, with a given number of digits, and can be made to make one mistake.
//!
//! This is written without a look at how mistakes are recognised: plain loops over rows, and beside every quantity the
//! list of what people get wrong in it.

use std::collections::BTreeMap;

use chainrule::loss::Loss;
use chainrule::network::{activation_derivative, activation_value};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Activation, Matrix, Purpose, Rng};
use chainrule_explain::claim::{Printed, Written};
use chainrule_explain::trace::Move;
use chainrule_explain::{Cause, Claim, Kind, Layer, LayerValues, Quantity, State, Step};

/// Rows of numbers.
pub(crate) type Rows = Vec<Vec<f64>>;

/// The one place where a claim is built.
pub(crate) fn claim(symbol: &str, quantity: Quantity, value: Vec<Vec<Printed>>) -> Claim {
    Claim { quantity, symbol: symbol.into(), value, written: Written::default(), place: String::new() }
}

/// A number as written, with the unit of its last digit.
pub(crate) fn number(text: &str) -> Printed {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    Printed {
        text: text.into(),
        value: text.parse().unwrap(),
        unit: 10_f64.powi(-i32::try_from(decimals).unwrap()),
    }
}

/// A number with so many significant digits.
pub(crate) fn rounded(value: f64, digits: usize) -> Printed {
    if !value.is_finite() {
        return Printed { text: "?".into(), value, unit: 0.0 };
    }
    let text = format!("{value:.*e}", digits - 1);
    let exponent: i32 = text.split_once('e').unwrap().1.parse().unwrap();
    // What is left where things cancel is 0 on paper.
    if value.abs() < 1e-14 {
        return Printed { text: "0".into(), value: 0.0, unit: 1.0 };
    }
    let unit = 10_f64.powi(exponent + 1 - i32::try_from(digits).unwrap());
    Printed { value: text.parse().unwrap(), text, unit }
}

/// What an author goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feeds {
    /// What is in the calculator.
    Unrounded,
    /// What is on the page.
    Rounded,
    /// The one or the other, by a number that decides for each quantity.
    Mixed(u64),
}

/// A way to get a quantity wrong.
pub(crate) struct Mistake {
    /// Its name.
    pub cause: Cause,
    /// The numbers that come out.
    pub value: Rows,
    /// Whether it is made in one entry only, not in all.
    pub is_single: bool,
}

/// What was written down.
pub(crate) struct Page {
    /// In order.
    pub claims: Vec<Claim>,
    /// For each claim, before rounding, without its own mistake.
    pub values: Vec<Rows>,
    /// For each claim, what could have gone wrong.
    pub mistakes: Vec<Vec<Mistake>>,
}

/// The author at work.
pub(crate) struct Hand<'a> {
    step: &'a Step,
    digits: usize,
    feeds: Feeds,
    planted: Option<(usize, &'a Rows)>,
    read: BTreeMap<Quantity, Rows>,
    page: Page,
}

fn rows_of(matrix: &Matrix<f64>) -> Rows {
    (0..matrix.rows()).map(|r| matrix.row(r).to_vec()).collect()
}

fn table(rows: usize, columns: usize, f: impl Fn(usize, usize) -> f64) -> Rows {
    (0..rows).map(|r| (0..columns).map(|c| f(r, c)).collect()).collect()
}

fn all(cause: Cause, value: Rows) -> Mistake {
    Mistake { cause, value, is_single: false }
}

fn single(cause: Cause, value: Rows) -> Mistake {
    Mistake { cause, value, is_single: true }
}

impl<'a> Hand<'a> {
    /// Works the step out; `planted` replaces the value of a claim. None where a rounded number leads to an infinite one.
    pub(crate) fn work(
        step: &'a Step,
        digits: usize,
        feeds: Feeds,
        planted: Option<(usize, &'a Rows)>,
    ) -> Option<Page> {
        let page = Page { claims: vec![], values: vec![], mistakes: vec![] };
        let mut hand = Hand { step, digits, feeds, planted, read: BTreeMap::new(), page };
        for (l, layer) in (1..).zip(&step.layers) {
            hand.read.insert(Quantity::before(Kind::Weights(l)), rows_of(&layer.values.weights));
            if let Some(bias) = &layer.values.bias {
                hand.read.insert(Quantity::before(Kind::Bias(l)), vec![bias.clone()]);
            }
        }
        hand.forward(false);
        hand.backward();
        hand.update();
        hand.forward(true);
        let is_finite =
            hand.page.claims.iter().all(|claim| claim.value.iter().flatten().all(|p| p.value.is_finite()));
        is_finite.then_some(hand.page)
    }

    fn write(&mut self, symbol: &str, kind: Kind, after: bool, value: Rows, mistakes: Vec<Mistake>) {
        let quantity = Quantity { kind, after };
        let mut mistakes = mistakes;
        mistakes.extend(self.anywhere(&value, kind));
        let (here, digits) = (self.page.claims.len(), self.digits);
        let meant = match self.planted {
            Some((place, planted)) if place == here => planted.clone(),
            _ => value.clone(),
        };
        let printed: Vec<Vec<Printed>> =
            meant.iter().map(|row| row.iter().map(|&v| rounded(v, digits)).collect()).collect();
        let is_rounded = match self.feeds {
            Feeds::Unrounded => false,
            Feeds::Rounded => true,
            Feeds::Mixed(bits) => bits >> (here % 64) & 1 == 1,
        };
        let read = if is_rounded {
            printed.iter().map(|row| row.iter().map(|p| p.value).collect()).collect()
        } else {
            meant
        };
        self.read.insert(quantity, read);
        self.page.claims.push(claim(symbol, quantity, printed));
        self.page.values.push(value);
        self.page.mistakes.push(mistakes);
    }

    fn get(&self, kind: Kind, after: bool) -> &Rows {
        &self.read[&Quantity { kind, after }]
    }

    fn inputs(&self, l: usize, after: bool) -> Rows {
        if l == 1 { rows_of(&self.step.x) } else { self.get(Kind::Activations(l - 1), after).clone() }
    }

    /// What can go wrong with any numbers.
    fn anywhere(&self, value: &Rows, kind: Kind) -> Vec<Mistake> {
        let (rows, columns) = (value.len(), value[0].len());
        let times = |factor: f64| table(rows, columns, |r, c| factor * value[r][c]);
        let mut mistakes = vec![all(Cause::Sign, times(-1.0)), single(Cause::Sign, times(-1.0))];
        for factor in [10.0, 0.1, 100.0, 0.01] {
            mistakes.push(single(Cause::DecimalPoint, times(factor)));
        }
        mistakes.push(all(Cause::DecimalPoint, times(10.0)));
        for (down, right) in [(0, 1), (1, 0)] {
            let beside = |r: usize, c: usize| {
                let row = value.get(r + down).or(value.get(r.wrapping_sub(down))).unwrap_or(&value[r]);
                *row.get(c + right).or(row.get(c.wrapping_sub(right))).unwrap_or(&row[c])
            };
            mistakes.push(single(Cause::Neighbour, table(rows, columns, beside)));
        }
        let is_loss = matches!(kind, Kind::Loss | Kind::OutputDerivative);
        let is_derivative =
            is_loss || matches!(kind, Kind::Delta(_) | Kind::WeightGradient(_) | Kind::BiasGradient(_));
        if is_derivative {
            mistakes.push(all(Cause::Factor2, times(2.0)));
            mistakes.push(all(Cause::FactorHalf, times(0.5)));
            let (n, k) = (self.step.n_rows() as f64, self.step.n_outputs() as f64);
            for (cause, divisor) in [(Cause::BatchMean, n), (Cause::OutputsMean, k)] {
                if divisor > 1.0 {
                    mistakes.extend([all(cause, times(divisor)), all(cause, times(1.0 / divisor))]);
                }
            }
        }
        if matches!(kind, Kind::WeightGradient(_) | Kind::Weights(_)) {
            let is_inside = |r: usize, c: usize| c < rows && r < columns;
            let swapped = |r: usize, c: usize| if is_inside(r, c) { value[c][r] } else { value[r][c] };
            mistakes.push(single(Cause::SwappedIndex, table(rows, columns, swapped)));
            if rows == columns && rows > 1 {
                mistakes.push(all(Cause::Transposed, table(rows, columns, swapped)));
            }
        }
        mistakes
    }

    fn forward(&mut self, after: bool) {
        let step = self.step;
        let prime = if after { "'" } else { "" };
        for (l, layer) in (1..).zip(&step.layers) {
            let a = self.inputs(l, after);
            let w = self.get(Kind::Weights(l), after).clone();
            let b = layer.values.bias.as_ref().map(|_| self.get(Kind::Bias(l), after)[0].clone());
            let zeros = vec![0.0; w.len()];
            let z_of = |w: &dyn Fn(usize, usize) -> f64, b: &[f64]| {
                table(a.len(), layer.n_outputs(), |n, i| {
                    (0..a[n].len()).map(|j| w(i, j) * a[n][j]).sum::<f64>() + b[i]
                })
            };
            let bias = b.as_ref().unwrap_or(&zeros);
            let mut mistakes = Vec::new();
            if b.is_some() {
                mistakes.push(all(Cause::MissingBias, z_of(&|i, j| w[i][j], &zeros)));
                mistakes.push(single(Cause::MissingBias, z_of(&|i, j| w[i][j], &zeros)));
            }
            if w.len() == w[0].len() && w.len() > 1 {
                mistakes.push(all(Cause::Transposed, z_of(&|i, j| w[j][i], bias)));
            }
            let z = z_of(&|i, j| w[i][j], bias);
            self.write(&format!("z{l}{prime}"), Kind::Preactivations(l), after, z, mistakes);
            let z = self.get(Kind::Preactivations(l), after);
            let a = activated(layer.activation, z);
            self.write(&format!("a{l}{prime}"), Kind::Activations(l), after, a, vec![]);
        }
        let a = self.get(Kind::Activations(step.layers.len()), after);
        let loss = loss(step, a);
        self.write(&format!("loss{prime}"), Kind::Loss, after, vec![vec![loss]], vec![]);
    }

    fn backward(&mut self) {
        let step = self.step;
        let last = step.layers.len();
        let (n_rows, n_outputs) = (step.n_rows(), step.n_outputs());
        let divisor = if step.loss.is_sum() { 1.0 } else { n_rows as f64 };
        let y = rows_of(&step.y);
        let a = self.get(Kind::Activations(last), false).clone();
        let upper = table(n_rows, n_outputs, |n, k| {
            output_derivative(step.loss, a[n][k], y[n][k], n_outputs) / divisor
        });
        self.write("dloss_dyhat", Kind::OutputDerivative, false, upper, vec![]);
        for l in (1..=last).rev() {
            let slopes = self.slopes(l);
            let columns = slopes[0].len();
            let activation = step.layers[l - 1].activation;
            if l == last && step.loss.takes_preactivations() {
                let a = self.get(Kind::Activations(l), false).clone();
                let delta = table(n_rows, n_outputs, |n, k| (a[n][k] - y[n][k]) / divisor);
                self.write(&format!("delta{l}"), Kind::Delta(l), false, delta, vec![]);
            } else if activation == Activation::Softmax {
                let (a, g) = (
                    self.get(Kind::Activations(l), false).clone(),
                    self.get(Kind::OutputDerivative, false).clone(),
                );
                let delta = table(n_rows, n_outputs, |n, j| {
                    let mean: f64 = (0..n_outputs).map(|i| g[n][i] * a[n][i]).sum();
                    a[n][j] * (g[n][j] - mean)
                });
                self.write(&format!("delta{l}"), Kind::Delta(l), false, delta, vec![]);
            } else if l == last {
                let g = self.get(Kind::OutputDerivative, false).clone();
                let delta = table(n_rows, columns, |n, i| g[n][i] * slopes[n][i]);
                self.write(&format!("delta{l}"), Kind::Delta(l), false, delta, vec![]);
            } else {
                self.hidden_delta(l, &slopes);
            }
            self.gradient(l);
        }
    }

    /// Writes σ'(z) down, and returns what is read of it.
    fn slopes(&mut self, l: usize) -> Rows {
        let activation = self.step.layers[l - 1].activation;
        let a = self.get(Kind::Activations(l), false).clone();
        let z = self.get(Kind::Preactivations(l), false).clone();
        let slope = |n: usize, i: usize| match activation {
            Activation::Softmax => a[n][i] * (1.0 - a[n][i]),
            _ => activation_derivative(activation, z[n][i]),
        };
        let (rows, columns) = (z.len(), z[0].len());
        let mut mistakes = vec![all(Cause::ActivationForDerivative, a.clone())];
        if activation != Activation::Softmax {
            let of_a = table(rows, columns, |n, i| activation_derivative(activation, a[n][i]));
            mistakes.push(all(Cause::DerivativeOfActivation, of_a));
        }
        self.write(&format!("sigma'(z{l})"), Kind::Slopes(l), false, table(rows, columns, slope), mistakes);
        self.get(Kind::Slopes(l), false).clone()
    }

    fn hidden_delta(&mut self, l: usize, slopes: &Rows) {
        let w = self.get(Kind::Weights(l + 1), false).clone();
        let above = self.get(Kind::Delta(l + 1), false).clone();
        let delta = |w: &dyn Fn(usize, usize) -> f64, left_out: usize, slopes: &Rows| {
            table(above.len(), slopes[0].len(), |n, j| {
                let paths = (0..above[n].len()).filter(|&k| k != left_out);
                paths.map(|k| above[n][k] * w(k, j)).sum::<f64>() * slopes[n][j]
            })
        };
        let none = usize::MAX;
        let mut mistakes = Vec::new();
        if w.len() > 1 {
            for k in 0..w.len() {
                mistakes.push(all(Cause::MissingPath, delta(&|k, j| w[k][j], k, slopes)));
                mistakes.push(single(Cause::MissingPath, delta(&|k, j| w[k][j], k, slopes)));
            }
        }
        if w.len() == w[0].len() && w.len() > 1 {
            mistakes.push(all(Cause::Transposed, delta(&|k, j| w[j][k], none, slopes)));
        }
        let moved = self.moved(l + 1, 1.0, self.step.optimizer.learning_rate).0;
        mistakes.push(all(Cause::UpdatedWeights, delta(&|k, j| moved[k][j], none, slopes)));
        let (activation, a) =
            (self.step.layers[l - 1].activation, self.get(Kind::Activations(l), false).clone());
        let of_a = table(a.len(), a[0].len(), |n, i| activation_derivative(activation, a[n][i]));
        mistakes.push(all(Cause::DerivativeOfActivation, delta(&|k, j| w[k][j], none, &of_a)));
        mistakes.push(all(Cause::ActivationForDerivative, delta(&|k, j| w[k][j], none, &a)));
        let right = delta(&|k, j| w[k][j], none, slopes);
        self.write(&format!("delta{l}"), Kind::Delta(l), false, right, mistakes);
    }

    fn gradient(&mut self, l: usize) {
        let (delta, a) = (self.get(Kind::Delta(l), false).clone(), self.inputs(l, false));
        let (n_outputs, n_inputs, rows) = (delta[0].len(), a[0].len(), delta.len());
        let gradient = table(n_outputs, n_inputs, |i, j| (0..rows).map(|n| delta[n][i] * a[n][j]).sum());
        let mut mistakes = Vec::new();
        if rows > 1 {
            let sum = |of: &Rows, c: usize| of.iter().map(|row| row[c]).sum::<f64>();
            let of_means = table(n_outputs, n_inputs, |i, j| sum(&delta, i) * sum(&a, j) / rows as f64);
            mistakes.push(all(Cause::BatchMean, of_means));
        }
        self.write(&format!("dW{l}"), Kind::WeightGradient(l), false, gradient, mistakes);
        if self.step.layers[l - 1].values.bias.is_some() {
            let gradient = table(1, n_outputs, |_, i| delta.iter().map(|row| row[i]).sum());
            self.write(&format!("db{l}"), Kind::BiasGradient(l), false, gradient, vec![]);
        }
    }

    /// W' and b' with a factor before the gradient and a learning rate.
    fn moved(&self, l: usize, factor: f64, rate: f64) -> (Rows, Rows) {
        let (step, config) = (self.step, OptimizerConfig { learning_rate: rate, ..self.step.optimizer });
        let coupled = if config.rule == Rule::AdamW { 0.0 } else { config.weight_decay };
        let memory = |buffer: &[LayerValues], r: usize, c: usize| {
            let values = buffer.get(l - 1).map(|values| (values.weights.clone(), values.bias.clone()));
            values.map_or((0.0, 0.0), |(w, b)| {
                (if r < w.rows() { w.row(r)[c] } else { 0.0 }, b.map_or(0.0, |b| b[r]))
            })
        };
        let go = |w: f64, g: f64, decoupled: f64, first: f64, second: f64| {
            Move::new(&config, step.state.steps + 1, decoupled, w, g, first, second).parameter
        };
        let w = self.get(Kind::Weights(l), false);
        let g = self.get(Kind::WeightGradient(l), false);
        let weights = table(w.len(), w[0].len(), |r, c| {
            let (first, second) = (memory(&step.state.first, r, c).0, memory(&step.state.second, r, c).0);
            let decoupled = config.weight_decay - coupled;
            go(w[r][c], factor * g[r][c] + coupled * w[r][c], decoupled, first, second)
        });
        if step.layers[l - 1].values.bias.is_none() {
            return (weights, vec![]);
        }
        let (b, g) = (self.get(Kind::Bias(l), false), self.get(Kind::BiasGradient(l), false));
        let bias = table(1, b[0].len(), |_, i| {
            let (first, second) = (memory(&step.state.first, i, 0).1, memory(&step.state.second, i, 0).1);
            go(b[0][i], factor * g[0][i], 0.0, first, second)
        });
        (weights, bias)
    }

    fn update(&mut self) {
        let rate = self.step.optimizer.learning_rate;
        for l in 1..=self.step.layers.len() {
            let (weights, bias) = self.moved(l, 1.0, rate);
            let wrong = [
                (Cause::LearningRateMissing, self.moved(l, 1.0, 1.0)),
                (Cause::LearningRateTwice, self.moved(l, 1.0, rate * rate)),
                (Cause::Sign, self.moved(l, 1.0, -rate)),
                (Cause::Sign, self.moved(l, -1.0, rate)),
            ];
            let of = |pick: fn(&(Rows, Rows)) -> &Rows| {
                wrong.iter().map(|(cause, values)| all(*cause, pick(values).clone())).collect::<Vec<_>>()
            };
            let (mut of_weights, of_bias) = (of(|both| &both.0), of(|both| &both.1));
            if weights.len() == weights[0].len() && weights.len() > 1 && self.step.optimizer.rule == Rule::Sgd
            {
                let (w, g) = (self.get(Kind::Weights(l), false), self.get(Kind::WeightGradient(l), false));
                let swapped = table(w.len(), w.len(), |i, j| w[i][j] - rate * g[j][i]);
                if self.step.optimizer.weight_decay == 0.0 {
                    of_weights.push(single(Cause::SwappedIndex, swapped));
                }
            }
            self.write(&format!("W{l}'"), Kind::Weights(l), true, weights, of_weights);
            if !bias.is_empty() {
                self.write(&format!("b{l}'"), Kind::Bias(l), true, bias, of_bias);
            }
        }
    }
}

fn activated(activation: Activation, z: &Rows) -> Rows {
    if activation != Activation::Softmax {
        return table(z.len(), z[0].len(), |n, i| activation_value(activation, z[n][i]));
    }
    let total: Vec<f64> = z.iter().map(|row| row.iter().map(|z| z.exp()).sum()).collect();
    table(z.len(), z[0].len(), |n, i| z[n][i].exp() / total[n])
}

fn loss(step: &Step, a: &Rows) -> f64 {
    let (n_rows, k) = (step.n_rows() as f64, step.n_outputs() as f64);
    let y = rows_of(&step.y);
    let entries = || a.iter().flatten().zip(y.iter().flatten());
    let squares = || entries().map(|(a, y)| (a - y) * (a - y)).sum::<f64>();
    match step.loss {
        Loss::Mse => squares() / (n_rows * k),
        Loss::HalfMse => squares() / (2.0 * n_rows),
        Loss::Sse => squares(),
        Loss::HalfSse => squares() / 2.0,
        Loss::CrossEntropy => {
            -entries().filter(|(_, y)| **y > 0.0).map(|(a, y)| y * a.ln()).sum::<f64>() / n_rows
        }
        Loss::BinaryCrossEntropy => {
            -entries().map(|(a, &y)| if y == 1.0 { a.ln() } else { (1.0 - a).ln() }).sum::<f64>() / n_rows
        }
        Loss::Mae => entries().map(|(a, y)| (a - y).abs()).sum::<f64>() / (n_rows * k),
        Loss::Huber { delta } => {
            let huber = |e: f64| if e <= delta { e * e / 2.0 } else { delta * (e - delta / 2.0) };
            entries().map(|(a, y)| huber((a - y).abs())).sum::<f64>() / (n_rows * k)
        }
        Loss::Poisson => entries().map(|(a, y)| a - y * a.ln()).sum::<f64>() / n_rows,
        _ => unreachable!("not drawn"),
    }
}

fn output_derivative(loss: Loss, a: f64, y: f64, k: usize) -> f64 {
    match loss {
        Loss::Mse => 2.0 * (a - y) / k as f64,
        Loss::Sse => 2.0 * (a - y),
        Loss::HalfMse | Loss::HalfSse => a - y,
        Loss::CrossEntropy => -y / a,
        Loss::BinaryCrossEntropy => (1.0 - y) / (1.0 - a) - y / a,
        Loss::Mae if a == y => 0.0,
        Loss::Mae => (a - y).signum() / k as f64,
        Loss::Huber { delta } => (a - y).clamp(-delta, delta) / k as f64,
        Loss::Poisson => 1.0 - y / a,
        _ => unreachable!("not drawn"),
    }
}

/// A random step: 1 to 4 layers of 1 to 6 units, 1 to 5 rows.
pub(crate) fn draw(rng: &mut Rng) -> Step {
    let pick = |rng: &mut Rng, n: usize| rng.below(n as u64) as usize;
    let activations = [
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Softplus,
        Activation::Silu,
        Activation::Gelu,
        Activation::Elu { alpha: 1.0 },
        Activation::Identity,
    ];
    let losses = [
        Loss::Mse,
        Loss::HalfMse,
        Loss::Sse,
        Loss::HalfSse,
        Loss::Mae,
        Loss::Huber { delta: 0.5 },
        Loss::CrossEntropy,
        Loss::BinaryCrossEntropy,
        Loss::Poisson,
    ];
    let loss = losses[pick(rng, losses.len())];
    let (depth, n_rows) = (1 + pick(rng, 4), 1 + pick(rng, 5));
    let mut widths: Vec<usize> = (0..=depth).map(|_| 1 + pick(rng, 6)).collect();
    if loss == Loss::CrossEntropy {
        widths[depth] = widths[depth].max(2);
    }
    let matrix = |rng: &mut Rng, rows: usize, columns: usize, size: f64| {
        Matrix::from_fn(rows, columns, |_, _| (rng.uniform(-size, size) * 100.0).round() / 100.0)
    };
    let has_bias = pick(rng, 4) > 0;
    let layers = (0..depth).map(|l| Layer {
        activation: match l + 1 == depth {
            true if loss.takes_preactivations() => Activation::Identity,
            true if pick(rng, 5) == 0 => Activation::Softmax,
            _ => activations[pick(rng, activations.len())],
        },
        values: LayerValues {
            weights: matrix(rng, widths[l + 1], widths[l], 1.2),
            bias: has_bias.then(|| matrix(rng, 1, widths[l + 1], 1.0).into_values()),
        },
    });
    let layers: Vec<Layer> = layers.collect();
    let x = matrix(rng, n_rows, widths[0], 2.0);
    let y = match loss {
        Loss::CrossEntropy => {
            let classes: Vec<usize> = (0..n_rows).map(|_| pick(rng, widths[depth])).collect();
            Matrix::from_fn(n_rows, widths[depth], |n, k| f64::from(u8::from(classes[n] == k)))
        }
        Loss::Poisson => Matrix::from_fn(n_rows, widths[depth], |_, _| rng.below(4) as f64),
        Loss::BinaryCrossEntropy => Matrix::from_fn(n_rows, widths[depth], |_, _| rng.below(2) as f64),
        _ => matrix(rng, n_rows, widths[depth], 1.0),
    };
    let rules = [
        Rule::Sgd,
        Rule::Sgd,
        Rule::Sgd,
        Rule::Momentum,
        Rule::Nesterov,
        Rule::RmsProp,
        Rule::Adam,
        Rule::AdamW,
    ];
    let optimizer = OptimizerConfig {
        rule: rules[pick(rng, rules.len())],
        learning_rate: [0.1, 0.5, 0.05, 0.2, 0.3][pick(rng, 5)],
        weight_decay: [0.0, 0.0, 0.01][pick(rng, 3)],
        ..OptimizerConfig::default()
    };
    let mut memory = |has_memory: bool| -> Vec<LayerValues> {
        let mut buffer: Vec<LayerValues> = layers.iter().map(|layer| layer.values.zeros_like()).collect();
        for values in &mut buffer {
            values.weights.values_mut().iter_mut().for_each(|m| *m = (rng.unit() * 100.0).round() / 100.0);
            values.bias.iter_mut().flatten().for_each(|m| *m = (rng.unit() * 100.0).round() / 100.0);
        }
        if has_memory { buffer } else { vec![] }
    };
    let n_buffers = optimizer.rule.state_per_parameter();
    let state = State { steps: 3, first: memory(n_buffers >= 1), second: memory(n_buffers >= 2) };
    let step = Step { x, y, sample_weights: None, layers, loss, optimizer, state };
    step.checked().unwrap()
}

/// A stream of random numbers for a test.
pub(crate) fn random(test: u64, index: u64) -> Rng {
    Rng::new(test, Purpose::Synthetic, index)
}
