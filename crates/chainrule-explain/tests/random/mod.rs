//! Steps at random, for every test that wants many.

use chainrule::loss::Loss;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Activation, Matrix, Purpose, Rng};
use chainrule_explain::{Layer, LayerValues, State, Step};

/// Every activation of hidden layers.
pub(crate) const ACTIVATIONS: [Activation; 13] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Elu { alpha: 1.5 },
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::Softplus,
    Activation::Exp,
];

/// Every loss.
pub(crate) const LOSSES: [Loss; 9] = [
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

/// A source of everything random in a test.
pub(crate) struct Source(Rng);

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::new(seed, Purpose::Synthetic, 0))
    }

    /// From 0 up to, but not including, 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0.unit()
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// From `low` to `high`, both included.
    pub(crate) fn count(&mut self, low: usize, high: usize) -> usize {
        low + (self.uniform() * (high - low + 1) as f64) as usize
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.count(0, choices.len() - 1)]
    }

    pub(crate) fn matrix(&mut self, rows: usize, columns: usize, size: f64) -> Matrix<f64> {
        Matrix::from_fn(rows, columns, |_, _| self.between(-size, size))
    }

    /// Values in the shapes of a layer, from `low` to `high`.
    fn values(
        &mut self,
        n_outputs: usize,
        n_inputs: usize,
        bias: bool,
        (low, high): (f64, f64),
    ) -> LayerValues {
        LayerValues {
            weights: Matrix::from_fn(n_outputs, n_inputs, |_, _| self.between(low, high)),
            bias: bias.then(|| (0..n_outputs).map(|_| self.between(low, high)).collect()),
        }
    }
}

/// A network of depth 1–4 and widths 1–6 with a batch of 1–5 and any output, loss and optimizer that go together.
pub(crate) fn step(source: &mut Source) -> Step {
    let loss = source.one_of(&LOSSES);
    let n_rows = source.count(1, 5);
    let depth = source.count(1, 4);
    let widths: Vec<usize> = (0..=depth).map(|_| source.count(1, 6)).collect();
    let n_outputs = widths[depth];
    let mut layers = Vec::new();
    for l in 0..depth {
        let activation = match () {
            () if l + 1 < depth => source.one_of(&ACTIVATIONS),
            () if loss.takes_preactivations() => loss.output_activation(None).expect("its own"),
            () if source.uniform() < 0.2 => Activation::Softmax,
            () => source.one_of(&ACTIVATIONS),
        };
        let has_bias = source.uniform() < 0.5;
        let size = 1.2 / (widths[l] as f64).sqrt();
        let values = source.values(widths[l + 1], widths[l], has_bias, (-size, size));
        layers.push(Layer { activation, values });
    }
    let x = source.matrix(n_rows, widths[0], 1.5);
    let y = targets(source, loss, n_rows, n_outputs);
    let sample_weights =
        (source.uniform() < 0.2).then(|| (0..n_rows).map(|_| source.between(0.1, 2.0)).collect());
    let (optimizer, state) = optimizer(source, &layers);
    let step = Step { x, y, sample_weights, layers, loss, optimizer, state };
    step.checked().expect("a step of fitting shapes")
}

fn targets(source: &mut Source, loss: Loss, n_rows: usize, n_outputs: usize) -> Matrix<f64> {
    let mut y = source.matrix(n_rows, n_outputs, 1.5);
    for n in 0..n_rows {
        let class = source.count(0, n_outputs - 1);
        for (k, y) in y.row_mut(n).iter_mut().enumerate() {
            match loss {
                Loss::CrossEntropy => *y = f64::from(u8::from(k == class)),
                Loss::BinaryCrossEntropy => *y = f64::from(u8::from(*y > 0.0)),
                Loss::Poisson => *y = (*y + 1.5).round(),
                _ => {}
            }
        }
    }
    y
}

fn optimizer(source: &mut Source, layers: &[Layer]) -> (OptimizerConfig, State) {
    let rule =
        source.one_of(&[Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::Adam, Rule::AdamW]);
    let config = OptimizerConfig {
        rule,
        learning_rate: source.one_of(&[0.5, 0.1, 0.01]),
        weight_decay: source.one_of(&[0.0, 0.0, 0.1]),
        clip_norm: source.one_of(&[0.0, 0.0, 0.05]),
        ..OptimizerConfig::default()
    };
    if source.uniform() < 0.5 {
        return (config, State::default());
    }
    let mut buffer = |range| {
        let values = layers.iter().map(|layer| {
            source.values(layer.n_outputs(), layer.n_inputs(), layer.values.bias.is_some(), range)
        });
        values.collect::<Vec<_>>()
    };
    let n_buffers = rule.state_per_parameter();
    let signed = matches!(rule, Rule::Momentum | Rule::Nesterov | Rule::Adam | Rule::AdamW);
    let state = State {
        steps: 3,
        first: if n_buffers >= 1 { buffer(if signed { (-0.5, 0.5) } else { (0.01, 0.5) }) } else { vec![] },
        second: if n_buffers >= 2 { buffer((0.01, 0.5)) } else { vec![] },
    };
    (config, state)
}
