//! The update rules, one parameter at a time.

use crate::{Decay, Float, Update};

/// Moves `parameters` against `gradients` by `rule`, after `decay`.
///
/// `first` and `second` are the rule's state ([`Update`] says which); rules without that state take empty slices.
///
/// # Panics
/// When a slice the rule needs differs in length from `parameters`.
pub fn update<F: Float>(
    rule: Update,
    decay: Decay,
    parameters: &mut [F],
    gradients: &[F],
    first: &mut [F],
    second: &mut [F],
) {
    let length = parameters.len();
    assert_eq!(gradients.len(), length, "one gradient per parameter");
    assert!(rule.states() < 1 || first.len() == length, "one entry of the first state per parameter");
    assert!(rule.states() < 2 || second.len() == length, "one entry of the second state per parameter");
    let coupled = F::from_f64(decay.coupled);
    let shrink = F::from_f64(1.0 - rule.rate() * decay.decoupled);
    for i in 0..length {
        let w = &mut parameters[i];
        let g = coupled.mul_add(*w, gradients[i]);
        *w *= shrink;
        match rule {
            Update::GradientDescent { rate } => *w = F::from_f64(-rate).mul_add(g, *w),
            Update::Momentum { rate, momentum } => {
                first[i] = F::from_f64(momentum).mul_add(first[i], g);
                *w = F::from_f64(-rate).mul_add(first[i], *w);
            }
            Update::Nesterov { rate, momentum } => {
                first[i] = F::from_f64(momentum).mul_add(first[i], g);
                let direction = F::from_f64(momentum).mul_add(first[i], g);
                *w = F::from_f64(-rate).mul_add(direction, *w);
            }
            Update::RateInVelocity { rate, momentum } => {
                // w + v, with the terms of v added one after the other, as registers do it.
                let carried = F::from_f64(momentum).mul_add(first[i], *w);
                *w = F::from_f64(-rate).mul_add(g, carried);
                first[i] = F::from_f64(-rate).mul_add(g, F::from_f64(momentum) * first[i]);
            }
            Update::NesterovRateInVelocity { rate, momentum } => {
                let kept = F::from_f64(momentum) * first[i];
                first[i] = F::from_f64(-rate).mul_add(g, kept);
                let ahead = F::from_f64(momentum).mul_add(first[i], *w);
                *w = F::from_f64(-rate).mul_add(g, ahead);
            }
            Update::RmsProp { rate, alpha, epsilon } => {
                first[i] = F::from_f64(alpha).mul_add(first[i], F::from_f64(1.0 - alpha) * (g * g)).or_zero();
                *w -= F::from_f64(rate) * (g / (first[i].sqrt() + F::from_f64(epsilon)));
            }
            Update::Adam { rate, beta1, beta2, epsilon, correction1, correction2 } => {
                first[i] = F::from_f64(beta1).mul_add(first[i], F::from_f64(1.0 - beta1) * g).or_zero();
                second[i] =
                    F::from_f64(beta2).mul_add(second[i], F::from_f64(1.0 - beta2) * (g * g)).or_zero();
                let root = second[i].sqrt() / F::from_f64(correction2.sqrt()) + F::from_f64(epsilon);
                *w -= F::from_f64(rate / correction1) * (first[i] / root);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_that_die_away_become_0_and_are_never_below_the_least_normal_number() {
        let rule = Update::Adam {
            rate: 0.1,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            correction1: 1.0,
            correction2: 1.0,
        };
        let (mut first, mut second) = ([1e-36_f32], [1.2e-38_f32]);
        for _ in 0..100 {
            update(rule, Decay::default(), &mut [1.0], &[0.0], &mut first, &mut second);
            assert!(first.iter().chain(&second).all(|x| *x == 0.0 || x.is_normal()));
        }
        assert_eq!((first, second), ([0.0], [0.0]));
    }

    #[test]
    #[should_panic(expected = "one entry of the first state per parameter")]
    fn a_state_that_is_too_long_is_refused_like_one_that_is_too_short() {
        let rule = Update::Momentum { rate: 0.1, momentum: 0.9 };
        update(rule, Decay::default(), &mut [1.0], &[1.0], &mut [0.0, 0.0], &mut []);
    }
}
