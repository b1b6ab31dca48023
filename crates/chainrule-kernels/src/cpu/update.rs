//! The update rules as vectorised loops; each does, entry by entry, what [`crate::reference::update::update`] does,
//! with the same bits.

#![allow(unsafe_code, reason = "the formulas of `descent.rs` serve registers too")]

use super::arch::Task;
use super::descent::{Descent, DescentKind};
use crate::{Decay, Float, Update};

/// A rule with its decay, all its numbers of the kind that the loops compute with: made once per step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PreparedUpdate<F> {
    /// Without means of squares.
    Descent(Descent<F>),
    /// By the mean of the gradient's square.
    RmsProp { step: Step<F>, alpha: F, one_minus_alpha: F, epsilon: F },
    /// By the means of the gradient and of its square.
    Adam { step: Step<F>, means: [F; 4], scales: [F; 3] },
}

impl<F: Float> PreparedUpdate<F> {
    /// The rule as the loops take it.
    pub(crate) fn new(rule: Update, decay: Decay) -> Self {
        let rate = rule.rate();
        let step = Step {
            coupled: F::from_f64(decay.coupled),
            shrink: F::from_f64(1.0 - rate * decay.decoupled),
            rate: F::from_f64(rate),
        };
        let descent = |kind, momentum| {
            let (minus_rate, momentum) = (F::from_f64(-rate), F::from_f64(momentum));
            Self::Descent(Descent { kind, coupled: step.coupled, shrink: step.shrink, minus_rate, momentum })
        };
        match rule {
            Update::GradientDescent { .. } => descent(DescentKind::Plain, 0.0),
            Update::Momentum { momentum, .. } => descent(DescentKind::Momentum, momentum),
            Update::Nesterov { momentum, .. } => descent(DescentKind::Nesterov, momentum),
            Update::RateInVelocity { momentum, .. } => descent(DescentKind::RateInVelocity, momentum),
            Update::NesterovRateInVelocity { momentum, .. } => {
                descent(DescentKind::NesterovRateInVelocity, momentum)
            }
            Update::RmsProp { alpha, epsilon, .. } => {
                let [alpha, one_minus_alpha, epsilon] = [alpha, 1.0 - alpha, epsilon].map(F::from_f64);
                Self::RmsProp { step, alpha, one_minus_alpha, epsilon }
            }
            Update::Adam { beta1, beta2, epsilon, correction1, correction2, .. } => Self::Adam {
                step,
                means: [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(F::from_f64),
                scales: [correction2.sqrt(), epsilon, rate / correction1].map(F::from_f64),
            },
        }
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
        match *update {
            PreparedUpdate::Descent(descent) => descend(descent, parameters, gradients, first),
            PreparedUpdate::RmsProp { step, alpha, one_minus_alpha, epsilon } => {
                step.rms_prop([alpha, one_minus_alpha, epsilon], parameters, gradients, first);
            }
            PreparedUpdate::Adam { step, means, scales } => {
                step.adam(means, scales, parameters, gradients, first, second);
            }
        }
    }
}

#[inline(always)]
fn descend<F: Float>(descent: Descent<F>, parameters: &mut [F], gradients: &[F], velocity: &mut [F]) {
    let pairs = parameters.iter_mut().zip(gradients);
    match descent.kind {
        // SAFETY: numbers need no instruction set, here and below.
        DescentKind::Plain => pairs.for_each(|(w, &g)| *w = unsafe { descent.plain(*w, g) }),
        DescentKind::Momentum => {
            for ((w, &g), v) in pairs.zip(velocity) {
                // SAFETY: as above.
                (*w, *v) = unsafe { descent.momentum(*w, g, *v) };
            }
        }
        DescentKind::Nesterov => {
            for ((w, &g), v) in pairs.zip(velocity) {
                // SAFETY: as above.
                (*w, *v) = unsafe { descent.nesterov(*w, g, *v) };
            }
        }
        DescentKind::RateInVelocity => {
            for ((w, &g), v) in pairs.zip(velocity) {
                // SAFETY: as above.
                (*w, *v) = unsafe { descent.rate_in_velocity(*w, g, *v) };
            }
        }
        DescentKind::NesterovRateInVelocity => {
            for ((w, &g), v) in pairs.zip(velocity) {
                // SAFETY: as above.
                (*w, *v) = unsafe { descent.nesterov_rate_in_velocity(*w, g, *v) };
            }
        }
    }
}

/// What the rules with means of squares have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<F> {
    coupled: F,
    shrink: F,
    rate: F,
}

impl<F: Float> Step<F> {
    /// The gradient with coupled decay, and the parameter after decoupled decay.
    #[inline(always)]
    fn decayed(self, w: F, g: F) -> (F, F) {
        (self.coupled.mul_add(w, g), w * self.shrink)
    }

    #[inline(always)]
    fn rms_prop(self, constants: [F; 3], parameters: &mut [F], gradients: &[F], squares: &mut [F]) {
        let [alpha, one_minus_alpha, epsilon] = constants;
        for ((w, &g), s) in parameters.iter_mut().zip(gradients).zip(squares) {
            let (g, decayed) = self.decayed(*w, g);
            *s = alpha.mul_add(*s, one_minus_alpha * (g * g)).or_zero();
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
            *m = beta1.mul_add(*m, one_minus_beta1 * g).or_zero();
            *s = beta2.mul_add(*s, one_minus_beta2 * (g * g)).or_zero();
            let root = s.sqrt() / root_correction2 + epsilon;
            *w = decayed - corrected_rate * (*m / root);
        }
    }
}
