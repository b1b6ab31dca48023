//! The same factor again and again.

use super::{Progress, Unit, positive};
use crate::Result;

/// η times `factor` after every epoch or step.
///
/// In symbols: η·γᵗ, γ `factor`, t what `unit` counts. `PyTorch`'s `ExponentialLR`.
///
/// ```
/// use chainrule::optimizer::schedule::{Exponential, Progress};
///
/// let exponential = Exponential { factor: 0.5, ..Default::default() };
/// let rate = |epoch| exponential.learning_rate(0.8, &Progress { epoch, ..Default::default() });
/// assert_eq!([rate(0), rate(1), rate(2)], [0.8, 0.4, 0.2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// γ.
    pub factor: f64,
    /// What is counted.
    pub unit: Unit,
}

impl Default for Exponential {
    /// 0.95 after every epoch.
    fn default() -> Self {
        Self { factor: 0.95, unit: Unit::Epochs }
    }
}

impl Exponential {
    /// The learning rate of the step that comes next; `base` is η.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        base * self.factor.powf(self.unit.passed(progress) as f64)
    }

    pub(super) fn validate(self) -> Result<()> {
        positive("schedule.factor", self.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_where_the_unit_says_so() {
        let exponential = Exponential { factor: 0.5, unit: Unit::Steps };
        let progress = Progress { step: 3, epoch: 1, ..Default::default() };
        assert_eq!(exponential.learning_rate(8.0, &progress), 1.0);
    }

    #[test]
    fn a_factor_of_zero_or_less_is_refused() {
        for factor in [0.0, -0.5, f64::INFINITY] {
            assert!(Exponential { factor, ..Default::default() }.validate().is_err());
        }
    }
}
