//! Gradient descent, plain and with momentum.
//!
//! **In words.** Gradient descent moves every parameter against its gradient. With momentum it moves along a velocity
//! instead, a running sum in which each older gradient counts for less: steps that agree add up, steps that
//! contradict each other cancel. Nesterov's form adds the gradient to the velocity it is about to have, which turns
//! earlier when the slope changes.
//!
//! **Symbols.** w a parameter; g its gradient after clipping and coupled weight decay; η the learning rate of the step;
//! μ [`momentum`](OptimizerConfig::momentum); v the velocity, 0 before the first step
//! ([`Optimizer::first`](super::Optimizer::first)).
//!
//! **One step.**
//!
//! | `sgd` | `momentum` | `nesterov` |
//! |---|---|---|
//! | | v ← μ·v + g | v ← μ·v + g |
//! | w ← w − η·g | w ← w − η·v | w ← w − η·(g + μ·v) |
//!
//! With the rate in the velocity ([`rate_in_velocity`]): v ← μ·v − η·g, and then w ← w + v, or for `nesterov` w ← w + μ·v − η·g.
//!
//! **Which variant.** `PyTorch`'s `SGD` (dampening 0): the velocity is a sum of gradients, without the learning rate in
//! it, so that a schedule acts on the whole step at once. Sutskever's form, scikit-learn's too, has the rate in the
//! velocity: it is the variant under [`Definition::ScikitLearn`](super::Definition::ScikitLearn). The two agree as long as the rate
//! is constant.
//!
//! **Example.** L(w) = ½w², so that g = w; from w = 1 at η = 0.1 and μ = 0.9, three steps:
//!
//! ```
//! use chainrule::optimizer::{OptimizerConfig, sgd};
//! use chainrule_kernels::{Decay, Update, reference::update::update};
//!
//! fn path(rule: Update) -> Vec<String> {
//!     let (mut w, mut v) = ([1.0], [0.0]);
//!     let mut path = Vec::new();
//!     for _ in 0..3 {
//!         let g = w;
//!         update(rule, Decay::default(), &mut w, &g, &mut v, &mut []);
//!         path.push(format!("{:.4}", w[0]));
//!     }
//!     path
//! }
//!
//! let config = OptimizerConfig { momentum: 0.9, ..Default::default() };
//! assert_eq!(path(sgd::gradient_descent(0.1)), ["0.9000", "0.8100", "0.7290"]);
//! assert_eq!(path(sgd::momentum(&config, 0.1)), ["0.9000", "0.7200", "0.4860"]);
//! assert_eq!(path(sgd::nesterov(&config, 0.1)), ["0.8100", "0.5751", "0.3273"]);
//! ```
//!
//! **Source.** B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964. I. Sutskever
//! et al., "On the importance of initialization and momentum in deep learning", ICML 2013.

use chainrule_kernels::Update;

use super::{OptimizerConfig, Rule};

/// w ← w − η·g.
pub fn gradient_descent(learning_rate: f64) -> Update {
    Update::GradientDescent { rate: learning_rate }
}

/// v ← μ·v + g; w ← w − η·v.
pub fn momentum(config: &OptimizerConfig, learning_rate: f64) -> Update {
    Update::Momentum { rate: learning_rate, momentum: config.momentum }
}

/// v ← μ·v + g; w ← w − η·(g + μ·v).
pub fn nesterov(config: &OptimizerConfig, learning_rate: f64) -> Update {
    Update::Nesterov { rate: learning_rate, momentum: config.momentum }
}

/// v ← μ·v − η·g; w ← w + v under [`Rule::Momentum`], w ← w + μ·v − η·g under [`Rule::Nesterov`].
pub fn rate_in_velocity(config: &OptimizerConfig, learning_rate: f64) -> Update {
    let (rate, momentum) = (learning_rate, config.momentum);
    if config.rule == Rule::Nesterov {
        Update::NesterovRateInVelocity { rate, momentum }
    } else {
        Update::RateInVelocity { rate, momentum }
    }
}

#[cfg(test)]
mod tests {
    use chainrule_kernels::cpu::Cpu;

    use super::super::tests::parameters;
    use super::super::{Definition, Optimizer, OptimizerConfig, Rule};

    /// Two steps as below with the rate in the velocity, the second at half the rate.
    fn two_rates(rule: Rule) -> (Vec<f64>, Vec<f64>) {
        let definition = Definition::ScikitLearn;
        let config = OptimizerConfig { rule, definition, momentum: 0.9, ..Default::default() };
        let mut parameters = parameters::<f64>(&[2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        let mut path = Vec::new();
        for (gradient, rate) in [(0.5, 0.1), (-1.0, 0.05)] {
            optimizer.step(&Cpu::new(1), &mut parameters, &mut [gradient], rate);
            path.push(parameters.values[0]);
        }
        (path, optimizer.first().to_vec())
    }

    #[test]
    fn a_velocity_keeps_the_rate_of_its_own_step_by_hand() {
        // v = −0.05: 2 − 0.05 = 1.95. v = −0.045 + 0.05 = 0.005: 1.955. (Without the rate in it: 1.95 + 0.0275.)
        let (path, velocity) = two_rates(Rule::Momentum);
        assert_near(&path, &[1.95, 1.955]);
        assert_near(&velocity, &[0.005]);
    }

    #[test]
    fn nesterov_with_the_rate_in_the_velocity_by_hand() {
        // v = −0.05: 2 − 0.045 − 0.05 = 1.905. v = 0.005: 1.905 + 0.0045 + 0.05 = 1.9595.
        let (path, velocity) = two_rates(Rule::Nesterov);
        assert_near(&path, &[1.905, 1.9595]);
        assert_near(&velocity, &[0.005]);
    }

    #[test]
    fn at_a_constant_rate_both_definitions_agree_and_a_gradient_of_zero_moves_by_the_velocity_alone() {
        for rule in [Rule::Momentum, Rule::Nesterov] {
            let run = |definition| {
                let config = OptimizerConfig { rule, definition, ..Default::default() };
                let mut parameters = parameters::<f64>(&[2.0, -1.0], 1);
                let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
                for gradient in [0.5, -1.0, 0.25, 0.0] {
                    optimizer.step(&Cpu::new(1), &mut parameters, &mut [gradient, -gradient], 0.1);
                }
                parameters.values
            };
            assert_near(&run(Definition::ScikitLearn), &run(Definition::PyTorch));
        }
    }

    /// Two steps on one weight from w = 2 with gradients 0.5 and −1, η = 0.1, μ = 0.9.
    fn two_steps(rule: Rule) -> (Vec<f64>, Vec<f64>) {
        let config = OptimizerConfig { rule, momentum: 0.9, ..Default::default() };
        let mut parameters = parameters::<f64>(&[2.0], 1);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        let mut path = Vec::new();
        for gradient in [0.5, -1.0] {
            optimizer.step(&Cpu::new(1), &mut parameters, &mut [gradient], 0.1);
            path.push(parameters.values[0]);
        }
        (path, optimizer.first().to_vec())
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() < 1e-14, "{found:?}, expected {expected:?}");
        }
    }

    #[test]
    fn gradient_descent_by_hand() {
        // 2 − 0.1·0.5 = 1.95; 1.95 + 0.1·1 = 2.05.
        let (path, state) = two_steps(Rule::Sgd);
        assert_near(&path, &[1.95, 2.05]);
        assert!(state.is_empty());
    }

    #[test]
    fn momentum_by_hand() {
        // v = 0.5: 2 − 0.05 = 1.95. v = 0.9·0.5 − 1 = −0.55: 1.95 + 0.055 = 2.005.
        let (path, velocity) = two_steps(Rule::Momentum);
        assert_near(&path, &[1.95, 2.005]);
        assert_near(&velocity, &[-0.55]);
    }

    #[test]
    fn nesterov_by_hand() {
        // v = 0.5: 2 − 0.1·(0.5 + 0.45) = 1.905. v = −0.55: 1.905 − 0.1·(−1 − 0.495) = 2.0545.
        let (path, velocity) = two_steps(Rule::Nesterov);
        assert_near(&path, &[1.905, 2.0545]);
        assert_near(&velocity, &[-0.55]);
    }
}
