//! The update rules as vectorised loops; each does, entry by entry, what [`crate::reference::update::update`] does,
//! with the same bits.

use super::arch::Task;
use crate::{Decay, Float, Update};

/// A range of parameters with its gradients and state; see [`crate::reference::update::update`].
pub(crate) struct UpdateTask<'a, F> {
    pub(crate) rule: Update,
    pub(crate) decay: Decay,
    pub(crate) parameters: &'a mut [F],
    pub(crate) gradients: &'a [F],
    pub(crate) first: &'a mut [F],
    pub(crate) second: &'a mut [F],
}

impl<F: Float> Task for UpdateTask<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let rate = self.rule.rate();
        let step = Step {
            coupled: F::from_f64(self.decay.coupled),
            shrink: F::from_f64(1.0 - rate * self.decay.decoupled),
            rate: F::from_f64(rate),
            minus_rate: F::from_f64(-rate),
        };
        match self.rule {
            Update::GradientDescent { .. } => step.gradient_descent(self.parameters, self.gradients),
            Update::Momentum { momentum, .. } => {
                step.momentum(F::from_f64(momentum), self.parameters, self.gradients, self.first);
            }
            Update::Nesterov { momentum, .. } => {
                step.nesterov(F::from_f64(momentum), self.parameters, self.gradients, self.first);
            }
            Update::RmsProp { alpha, epsilon, .. } => {
                let constants = [alpha, 1.0 - alpha, epsilon].map(F::from_f64);
                step.rms_prop(constants, self.parameters, self.gradients, self.first);
            }
            Update::Adam { beta1, beta2, epsilon, correction1, correction2, .. } => {
                let means = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(F::from_f64);
                let scales = [correction2.sqrt(), epsilon, rate / correction1].map(F::from_f64);
                step.adam(means, scales, self.parameters, self.gradients, self.first, self.second);
            }
        }
    }
}

/// What all rules have in common.
#[derive(Clone, Copy)]
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
