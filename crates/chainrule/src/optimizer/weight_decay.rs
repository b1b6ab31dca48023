//! Weight decay, coupled and decoupled.
//!
//! **In words.** Weights that the data does not hold up shrink. Coupled decay adds ½λ‖W‖² to the objective, so that the
//! rule sees λ·w in every gradient and treats it like any other: under rules that divide by the gradient's size, weights
//! with large gradients then decay less. Decoupled decay multiplies the weight itself by 1 − η·λ, the same for all.
//!
//! **Symbols.** λ [`weight_decay`](OptimizerConfig::weight_decay), times the tensor's
//! [`weight_decay_factor`](crate::network::Tensor::weight_decay_factor), which is 0 for biases; η the learning rate of
//! the step, with the tensor's factor.
//!
//! **One step**, before the rule: coupled, g ← g + λ·w; decoupled, w ← w − η·λ·w. `adamw` decouples, all other rules
//! couple, as in `PyTorch`; [`decoupled_decay`](OptimizerConfig::decoupled_decay) is a second λ, decoupled under every rule. The loss that training reports is without ½λ‖W‖².
//!
//! ```
//! use chainrule::optimizer::{OptimizerConfig, Rule, weight_decay::decay};
//!
//! let adam = OptimizerConfig { rule: Rule::Adam, weight_decay: 0.01, ..Default::default() };
//! let adamw = OptimizerConfig { rule: Rule::AdamW, ..adam };
//! assert_eq!(decay(&adam, 1.0).coupled, 0.01);
//! assert_eq!(decay(&adamw, 1.0).decoupled, 0.01);
//! assert_eq!(decay(&adamw, 0.0).decoupled, 0.0); // a bias
//! ```
//!
//! **Source.** I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

use chainrule_kernels::Decay;

use super::{OptimizerConfig, Rule};

/// The decay of a tensor with this `weight_decay_factor`, in the form that the rule has.
pub fn decay(config: &OptimizerConfig, weight_decay_factor: f64) -> Decay {
    let lambda = config.weight_decay * weight_decay_factor;
    let decoupled = config.decoupled_decay * weight_decay_factor;
    if config.rule == Rule::AdamW {
        Decay { coupled: 0.0, decoupled: decoupled + lambda }
    } else {
        Decay { coupled: lambda, decoupled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_adamw_decouples() {
        for rule in Rule::ALL {
            let config = OptimizerConfig { rule, weight_decay: 0.25, ..Default::default() };
            let decay = decay(&config, 2.0);
            let expected = if rule == Rule::AdamW { (0.0, 0.5) } else { (0.5, 0.0) };
            assert_eq!((decay.coupled, decay.decoupled), expected, "{rule}");
        }
    }
}
