//! `RMSprop`: gradient descent in units of the gradient's recent size.
//!
//! **In words.** Each parameter remembers a running mean of its squared gradient and divides its step by the root of that
//! mean. Parameters with small gradients move about as far as parameters with large ones.
//!
//! **Symbols.** w a parameter; g its gradient after clipping and coupled weight decay; η the learning rate of the step;
//! α [`alpha`](OptimizerConfig::alpha); ε [`epsilon`](OptimizerConfig::epsilon); s the mean square, 0 before the first
//! step ([`Optimizer::first`](super::Optimizer::first)).
//!
//! **One step.**
//!
//! 1. s ← α·s + (1 − α)·g²
//! 2. w ← w − η·g / (√s + ε)
//!
//! **Which variant.** `PyTorch`'s: ε outside the root, α = 0.99, not centred, no momentum (Keras: ε inside, ρ = 0.9).
//! The first steps are long: with s = (1 − α)·g² they measure η/√(1 − α) = 10·η.
//!
//! **Example.** L(w) = ½w², so that g = w; from w = 1 at η = 0.01, three steps:
//!
//! ```
//! use chainrule::optimizer::{OptimizerConfig, rmsprop::rmsprop};
//! use chainrule_kernels::{Decay, reference::update::update};
//!
//! let config = OptimizerConfig::default();
//! let (mut w, mut s) = ([1.0], [0.0]);
//! let mut path = Vec::new();
//! for _ in 0..3 {
//!     let g = w;
//!     update(rmsprop(&config, 0.01), Decay::default(), &mut w, &g, &mut s, &mut []);
//!     path.push(format!("{:.4}", w[0]));
//! }
//! assert_eq!(path, ["0.9000", "0.8329", "0.7800"]);
//! ```
//!
//! **Source.** T. Tieleman and G. Hinton, "Lecture 6.5: `RMSprop`", Neural networks for machine learning, 2012.

use chainrule_kernels::Update;

use super::OptimizerConfig;

/// s ← α·s + (1 − α)·g²; w ← w − η·g / (√s + ε).
pub fn rmsprop(config: &OptimizerConfig, learning_rate: f64) -> Update {
    Update::RmsProp { rate: learning_rate, alpha: config.alpha, epsilon: config.epsilon }
}

#[cfg(test)]
mod tests {
    use chainrule_kernels::cpu::Cpu;

    use super::super::tests::parameters;
    use super::super::{Optimizer, OptimizerConfig, Rule};

    #[test]
    fn one_step_by_hand() {
        // g = 0.5: s = 0.01·0.25 = 0.0025, √s + ε = 0.05 + 0.01 = 0.06, w = 2 − 0.12·0.5/0.06 = 1.
        let config =
            OptimizerConfig { rule: Rule::RmsProp, alpha: 0.99, epsilon: 0.01, ..Default::default() };
        let mut parameters = parameters::<f64>(&[2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        optimizer.step(&Cpu::new(1), &mut parameters, &mut [0.5], 0.12);
        assert!((parameters.values[0] - 1.0).abs() < 1e-14, "{:?}", parameters.values);
        assert!((optimizer.first()[0] - 0.0025).abs() < 1e-16);
    }

    #[test]
    fn a_gradient_of_zero_moves_nothing() {
        let config = OptimizerConfig { rule: Rule::RmsProp, ..Default::default() };
        let mut parameters = parameters::<f32>(&[2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        optimizer.step(&Cpu::new(1), &mut parameters, &mut [0.0], 0.1);
        assert_eq!(parameters.values, [2.0]);
    }
}
