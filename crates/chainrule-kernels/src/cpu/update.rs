//! The update rules as vectorised loops; each does, entry by entry, what [`crate::reference::update::update`] does,
//! with the same bits.

use super::arch::Task;
use crate::{Decay, Float, Update};

/// A rule with its decay, all its numbers of the kind that the loops compute with: made once per step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PreparedUpdate<F> {
    step: Step<F>,
    rule: PreparedRule<F>,
}

#[derive(Clone, Copy, Debug)]
enum PreparedRule<F> {
    GradientDescent,
    Momentum { momentum: F },
    Nesterov { momentum: F },
    RmsProp { alpha: F, one_minus_alpha: F, epsilon: F },
    Adam { means: [F; 4], scales: [F; 3] },
}

impl<F: Float> PreparedUpdate<F> {
    /// The rule as the loops take it.
    pub(crate) fn new(rule: Update, decay: Decay) -> Self {
        let rate = rule.rate();
        let step = Step {
            coupled: F::from_f64(decay.coupled),
            shrink: F::from_f64(1.0 - rate * decay.decoupled),
            rate: F::from_f64(rate),
            minus_rate: F::from_f64(-rate),
        };
        let rule = match rule {
            Update::GradientDescent { .. } => PreparedRule::GradientDescent,
            Update::Momentum { momentum, .. } => PreparedRule::Momentum { momentum: F::from_f64(momentum) },
            Update::Nesterov { momentum, .. } => PreparedRule::Nesterov { momentum: F::from_f64(momentum) },
            Update::RmsProp { alpha, epsilon, .. } => {
                let [alpha, one_minus_alpha, epsilon] = [alpha, 1.0 - alpha, epsilon].map(F::from_f64);
                PreparedRule::RmsProp { alpha, one_minus_alpha, epsilon }
            }
            Update::Adam { beta1, beta2, epsilon, correction1, correction2, .. } => PreparedRule::Adam {
                means: [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(F::from_f64),
                scales: [correction2.sqrt(), epsilon, rate / correction1].map(F::from_f64),
            },
        };
        Self { step, rule }
    }
}

/// A range of parameters with its gradients and state; see [`crate::reference::update::update`].
pub(crate) struct UpdateTask<'a, F> {
    pub(crate) update: &'a PreparedUpdate<F>,
    pub(crate) parameters: &'a mut [F],
    pub(crate) gradients: &'a [F],
    pub(crate) first: &'a mut [F],
    pub(crate) second: &'a mut [F],
}

impl<F: Float> Task for UpdateTask<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { update, parameters, gradients, first, second } = self;
        let step = update.step;
        match update.rule {
            PreparedRule::GradientDescent => step.gradient_descent(parameters, gradients),
            PreparedRule::Momentum { momentum } => step.momentum(momentum, parameters, gradients, first),
            PreparedRule::Nesterov { momentum } => step.nesterov(momentum, parameters, gradients, first),
            PreparedRule::RmsProp { alpha, one_minus_alpha, epsilon } => {
                step.rms_prop([alpha, one_minus_alpha, epsilon], parameters, gradients, first);
            }
            PreparedRule::Adam { means, scales } => {
                step.adam(means, scales, parameters, gradients, first, second);
            }
        }
    }
}

/// What all rules have in common.
#[derive(Clone, Copy, Debug)]
struct Step<F> {
    coupled: F,
    shrink: F,
    rate: F,
    minus_rate: F,
}

impl<F: Float> Step<F> {
    /// The gradient with coupled decay, and the parameter after decoupled decay.
    #[inline(always)]
    fn decayed(self, w: F, g: F) -> (F, F) {
        (self.coupled.mul_add(w, g), w * self.shrink)
    }

    #[inline(always)]
    fn gradient_descent(self, parameters: &mut [F], gradients: &[F]) {
        for (w, &g) in parameters.iter_mut().zip(gradients) {
            let (g, decayed) = self.decayed(*w, g);
            *w = self.minus_rate.mul_add(g, decayed);
        }
    }

    #[inline(always)]
    fn momentum(self, momentum: F, parameters: &mut [F], gradients: &[F], velocity: &mut [F]) {
        for ((w, &g), v) in parameters.iter_mut().zip(gradients).zip(velocity) {
            let (g, decayed) = self.decayed(*w, g);
            *v = momentum.mul_add(*v, g);
            *w = self.minus_rate.mul_add(*v, decayed);
        }
    }

    #[inline(always)]
    fn nesterov(self, momentum: F, parameters: &mut [F], gradients: &[F], velocity: &mut [F]) {
        for ((w, &g), v) in parameters.iter_mut().zip(gradients).zip(velocity) {
            let (g, decayed) = self.decayed(*w, g);
            *v = momentum.mul_add(*v, g);
            *w = self.minus_rate.mul_add(momentum.mul_add(*v, g), decayed);
        }
    }

    #[inline(always)]
    fn rms_prop(self, constants: [F; 3], parameters: &mut [F], gradients: &[F], squares: &mut [F]) {
        let [alpha, one_minus_alpha, epsilon] = constants;
        for ((w, &g), s) in parameters.iter_mut().zip(gradients).zip(squares) {
            let (g, decayed) = self.decayed(*w, g);
            *s = alpha.mul_add(*s, one_minus_alpha * (g * g));
            *w = decayed - self.rate * (g / (s.sqrt() + epsilon));
        }
    }

    #[inline(always)]
    fn adam(
        self,
        means: [F; 4],
        scales: [F; 3],
        parameters: &mut [F],
        gradients: &[F],
        first: &mut [F],
        second: &mut [F],
    ) {
        let [beta1, one_minus_beta1, beta2, one_minus_beta2] = means;
        let [root_correction2, epsilon, corrected_rate] = scales;
        for (((w, &g), m), s) in parameters.iter_mut().zip(gradients).zip(first).zip(second) {
            let (g, decayed) = self.decayed(*w, g);
            *m = beta1.mul_add(*m, one_minus_beta1 * g);
            *s = beta2.mul_add(*s, one_minus_beta2 * (g * g));
            let root = s.sqrt() / root_correction2 + epsilon;
            *w = decayed - corrected_rate * (*m / root);
        }
    }
}
