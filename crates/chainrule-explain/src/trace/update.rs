//! What an optimizer makes of the gradients, one parameter at a time.
//!
//! The rules are written out as books define them, in a piece of code of their own: the engine's kernels are held against
//! them, and not called.

use chainrule::Matrix;
use chainrule::optimizer::{OptimizerConfig, Rule};

use crate::step::{LayerValues, State, Step};

/// What the optimizer computes; one entry per layer in every list.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The Euclidean norm of all gradients together.
    pub norm: f64,
    /// What the gradients are multiplied by so that their norm keeps within `clip_norm`; 1 without clipping.
    pub clip_factor: f64,
    /// The gradient that the rule sees: clipped, with coupled weight decay added.
    pub gradients: Vec<LayerValues>,
    /// The optimizer's memory after the step.
    pub state: State,
    /// The parameters after the step.
    pub parameters: Vec<LayerValues>,
}

/// One parameter's way through an optimizer: what it remembers, and where it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// The parameter after the step.
    pub parameter: f64,
    /// The first buffer of the memory after the step.
    pub first: f64,
    /// The second.
    pub second: f64,
}

impl Move {
    /// A step of a parameter `w` with the gradient `g` (clipped, and with coupled decay), from a memory `first` and
    /// `second`; `step` counts from 1, `decay` is λ of the decoupled form.
    pub fn new(
        config: &OptimizerConfig,
        step: u64,
        decay: f64,
        w: f64,
        g: f64,
        first: f64,
        second: f64,
    ) -> Self {
        let rate = config.learning_rate;
        let shrunk = w * (1.0 - rate * decay);
        match config.rule {
            Rule::Momentum | Rule::Nesterov => {
                let velocity = config.momentum * first + g;
                let direction =
                    if config.rule == Rule::Momentum { velocity } else { g + config.momentum * velocity };
                Self { parameter: shrunk - rate * direction, first: velocity, second }
            }
            Rule::RmsProp => {
                let square = config.alpha * first + (1.0 - config.alpha) * g * g;
                let parameter = shrunk - rate * g / (square.sqrt() + config.epsilon);
                Self { parameter, first: square, second }
            }
            Rule::Adam | Rule::AdamW => {
                let mean = config.beta1 * first + (1.0 - config.beta1) * g;
                let square = config.beta2 * second + (1.0 - config.beta2) * g * g;
                let t = i32::try_from(step).unwrap_or(i32::MAX);
                let unbiased = mean / (1.0 - config.beta1.powi(t));
                let root = (square / (1.0 - config.beta2.powi(t))).sqrt() + config.epsilon;
                Self { parameter: shrunk - rate * unbiased / root, first: mean, second: square }
            }
            _ => Self { parameter: shrunk - rate * g, first, second },
        }
    }
}

/// λ of weight decay for weights, in its coupled and its decoupled form; biases have none.
pub(crate) fn decays(config: &OptimizerConfig) -> (f64, f64) {
    if config.rule == Rule::AdamW { (0.0, config.weight_decay) } else { (config.weight_decay, 0.0) }
}

impl Update {
    /// Computes the step from the gradients of the loss.
    pub fn new(step: &Step, gradients: &[LayerValues]) -> Self {
        let config = &step.optimizer;
        let norm = gradients.iter().flat_map(LayerValues::iter).map(|g| g * g).sum::<f64>().sqrt();
        let clip_factor =
            if config.clip_norm > 0.0 { (config.clip_norm / (norm + 1e-6)).min(1.0) } else { 1.0 };
        let (coupled, decoupled) = decays(config);
        let mut update = Self {
            norm,
            clip_factor,
            gradients: Vec::new(),
            state: State { steps: step.state.steps + 1, ..State::default() },
            parameters: Vec::new(),
        };
        for (l, (layer, g)) in step.layers.iter().zip(gradients).enumerate() {
            let (w, g) = (&layer.values, g.zip_map(g, |g, _| clip_factor * g));
            let seen = LayerValues { weights: w.zip_map(&g, |w, g| g + coupled * w).weights, bias: g.bias };
            let zeros = w.zeros_like();
            let first = step.state.first.get(l).unwrap_or(&zeros);
            let second = step.state.second.get(l).unwrap_or(&zeros);
            let moves = |decay: f64, w: &[f64], g: &[f64], first: &[f64], second: &[f64]| -> Vec<Move> {
                let t = step.state.steps + 1;
                (0..w.len()).map(|i| Move::new(config, t, decay, w[i], g[i], first[i], second[i])).collect()
            };
            let weights = moves(
                decoupled,
                w.weights.values(),
                seen.weights.values(),
                first.weights.values(),
                second.weights.values(),
            );
            let none = Vec::new();
            let of = |values: &LayerValues| values.bias.clone().unwrap_or_else(|| none.clone());
            let bias = moves(0.0, &of(w), &of(&seen), &of(first), &of(second));
            let gather = |f: fn(&Move) -> f64| LayerValues {
                weights: Matrix::from_vec(
                    weights.iter().map(f).collect(),
                    layer.n_outputs(),
                    layer.n_inputs(),
                ),
                bias: w.bias.as_ref().map(|_| bias.iter().map(f).collect()),
            };
            update.parameters.push(gather(|m| m.parameter));
            let n_buffers = config.rule.state_per_parameter();
            if n_buffers >= 1 {
                update.state.first.push(gather(|m| m.first));
            }
            if n_buffers >= 2 {
                update.state.second.push(gather(|m| m.second));
            }
            update.gradients.push(seen);
        }
        update
    }
}
