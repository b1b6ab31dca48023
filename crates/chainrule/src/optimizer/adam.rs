//! Adam and `AdamW`: momentum, in units of the gradient's recent size.
//!
//! **In words.** Each parameter remembers a running mean of its gradient and one of its square. It moves along the first
//! and divides by the root of the second. Both means start at 0 and are too small at first; the corrections undo
//! exactly that, so that the very first step measures about η.
//!
//! **Symbols.** w a parameter; g its gradient after clipping, and for `adam` after coupled weight decay; η the learning
//! rate of the step; β₁ [`beta1`](OptimizerConfig::beta1); β₂ [`beta2`](OptimizerConfig::beta2); ε
//! [`epsilon`](OptimizerConfig::epsilon); λ [`weight_decay`](OptimizerConfig::weight_decay); t the number of the step
//! from 1; m the mean ([`Optimizer::first`](super::Optimizer::first)) and s the mean square
//! ([`Optimizer::second`](super::Optimizer::second)), both 0 before the first step.
//!
//! **One step.**
//!
//! 1. `adam`: g ← g + λ·w; `adamw`: w ← w − η·λ·w
//! 2. m ← β₁·m + (1 − β₁)·g
//! 3. s ← β₂·s + (1 − β₂)·g²
//! 4. w ← w − η/(1 − β₁ᵗ) · m / (√s/√(1 − β₂ᵗ) + ε)
//!
//! **Which variant.** `PyTorch`'s, which is Algorithm 1 of the paper: ε outside the root and added after the bias
//! correction. The paper's note on efficiency, and with it scikit-learn and TensorFlow, adds ε before the correction:
//! w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√s + ε), which in the terms above is an ε that starts larger and shrinks as √(1 − β₂ᵗ) grows.
//! That is the variant under [`Definition::ScikitLearn`](super::Definition::ScikitLearn): [`epsilon_before_correction`]. Decay of `adamw` is multiplied by the learning rate, as in `PyTorch`; the
//! paper multiplies it by the schedule alone.
//!
//! **Example.** L(w) = ½w², so that g = w; from w = 1 at η = 0.1, three steps:
//!
//! ```
//! use chainrule::optimizer::{OptimizerConfig, adam::adam};
//! use chainrule_kernels::{Decay, reference::update::update};
//!
//! let config = OptimizerConfig::default();
//! let (mut w, mut m, mut s) = ([1.0], [0.0], [0.0]);
//! let mut path = Vec::new();
//! for t in 1..=3 {
//!     let g = w;
//!     update(adam(&config, 0.1, t), Decay::default(), &mut w, &g, &mut m, &mut s);
//!     path.push(format!("{:.4}", w[0]));
//! }
//! assert_eq!(path, ["0.9000", "0.8004", "0.7016"]);
//! ```
//!
//! **Source.** D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015. I. Loshchilov and
//! F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

use chainrule_kernels::Update;

use super::OptimizerConfig;

/// Steps 2 to 4 above, for both rules: what tells them apart is [`weight_decay`](super::weight_decay).
///
/// `step` is t, the number of this step from 1.
pub fn adam(config: &OptimizerConfig, learning_rate: f64, step: u64) -> Update {
    Update::Adam {
        rate: learning_rate,
        beta1: config.beta1,
        beta2: config.beta2,
        epsilon: config.epsilon,
        correction1: 1.0 - config.beta1.powf(step as f64),
        correction2: 1.0 - config.beta2.powf(step as f64),
    }
}

/// The same with ε added before the bias correction: step 4 is w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√s + ε).
///
/// That is step 4 as it stands, with ε/√(1 − β₂ᵗ) for ε: one rule for the kernels.
pub fn epsilon_before_correction(config: &OptimizerConfig, learning_rate: f64, step: u64) -> Update {
    let correction2 = 1.0 - config.beta2.powf(step as f64);
    adam(&OptimizerConfig { epsilon: config.epsilon / correction2.sqrt(), ..*config }, learning_rate, step)
}

#[cfg(test)]
mod tests {
    use chainrule_kernels::cpu::Cpu;

    use super::super::tests::parameters;
    use super::super::{Definition, Optimizer, OptimizerConfig, Rule};

    /// Steps on one weight from w = 2 at η = 0.1, β₁ = 0.5, β₂ = 0.75, ε = 1, λ = 0.1.
    fn steps(rule: Rule, gradients: &[f64]) -> f64 {
        let config = OptimizerConfig {
            rule,
            beta1: 0.5,
            beta2: 0.75,
            epsilon: 1.0,
            weight_decay: 0.1,
            ..Default::default()
        };
        let mut parameters = parameters::<f64>(&[2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        for &gradient in gradients {
            optimizer.step(&Cpu::new(1), &mut parameters, &mut [gradient], 0.1);
        }
        parameters.values[0]
    }

    #[test]
    fn adam_by_hand() {
        // g = 0.8 + 0.1·2 = 1. m = 0.5, s = 0.25; m/(1 − 0.5) = 1, √0.25/√0.25 = 1: w = 2 − 0.1·1/(1 + 1) = 1.95.
        assert!((steps(Rule::Adam, &[0.8]) - 1.95).abs() < 1e-14);
    }

    #[test]
    fn epsilon_before_the_correction_by_hand() {
        let config = OptimizerConfig {
            definition: Definition::ScikitLearn,
            beta1: 0.5,
            beta2: 0.75,
            epsilon: 1.0,
            ..Default::default()
        };
        let mut parameters = parameters::<f64>(&[2.0, 2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        optimizer.step(&Cpu::new(1), &mut parameters, &mut [1.0, 0.0], 0.1);
        // m = 0.5, √s = 0.5; η·√0.25/0.5 = 0.1: w = 2 − 0.1·0.5/(0.5 + 1) = 2 − 1/30. PyTorch's moves by 0.1/2.
        assert!((parameters.values[0] - (2.0 - 1.0 / 30.0)).abs() < 1e-14, "{}", parameters.values[0]);
        assert_eq!(parameters.values[1], 2.0, "a gradient of zero");
    }

    #[test]
    fn adamw_by_hand() {
        // w = 2·(1 − 0.1·0.1) = 1.98. g = 1: m = 0.5, s = 0.25, both corrected to 1: w = 1.98 − 0.1·1/2 = 1.93.
        assert!((steps(Rule::AdamW, &[1.0]) - 1.93).abs() < 1e-14);
    }

    #[test]
    fn the_second_step_by_hand() {
        // After the step above w = 1.93, m = 0.5, s = 0.25. Decay: 1.93·0.99 = 1.9107. g = −2:
        // m = 0.25 − 1 = −0.75, corrected by 1 − 0.25 to −1; s = 0.1875 + 1 = 1.1875, corrected by 1 − 0.5625.
        let root = (1.1875f64 / 0.4375).sqrt() + 1.0;
        assert!((steps(Rule::AdamW, &[1.0, -2.0]) - (1.9107 + 0.1 / root)).abs() < 1e-14);
    }

    #[test]
    fn the_first_step_measures_the_learning_rate_whatever_the_gradient() {
        for gradient in [1e-3, 1.0, -1e3] {
            let mut parameters = parameters::<f64>(&[0.0], 1);
            let mut optimizer = Optimizer::new(&OptimizerConfig::default(), &parameters).unwrap();
            optimizer.step(&Cpu::new(1), &mut parameters, &mut [gradient], 0.01);
            assert!((parameters.values[0].abs() - 0.01).abs() < 1e-6, "{gradient}: {}", parameters.values[0]);
        }
    }

    #[test]
    fn corrections_vanish_after_any_number_of_steps() {
        let config = OptimizerConfig::default();
        let late = super::adam(&config, 0.1, u64::MAX);
        assert_eq!(
            late,
            chainrule_kernels::Update::Adam {
                rate: 0.1,
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
                correction1: 1.0,
                correction2: 1.0
            }
        );
    }
}
