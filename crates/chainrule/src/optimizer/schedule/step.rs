//! A factor every so often.

use super::{Progress, Unit, check, positive};
use crate::Result;

/// η times `factor` every so many epochs or steps.
///
/// In symbols: η·γ^⌊t/n⌋, γ `factor`, n `every`, t what `unit` counts. `PyTorch`'s `StepLR`.
///
/// ```
/// use chainrule::optimizer::schedule::{Progress, Step};
///
/// let step = Step { every: 10, factor: 0.1, ..Default::default() };
/// let rate = |epoch| step.learning_rate(0.5, &Progress { epoch, ..Default::default() });
/// assert_eq!([rate(0), rate(9), rate(10)], [0.5, 0.5, 0.05]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// n, at least 1.
    pub every: u64,
    /// What is counted.
    pub unit: Unit,
    /// γ.
    pub factor: f64,
}

impl Default for Step {
    /// A tenth every 30 epochs.
    fn default() -> Self {
        Self { every: 30, unit: Unit::Epochs, factor: 0.1 }
    }
}

impl Step {
    /// The learning rate of the step that comes next; `base` is η.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        base * self.factor.powf((self.unit.passed(progress) / self.every.max(1)) as f64)
    }

    pub(super) fn validate(self) -> Result<()> {
        check(self.every >= 1, "schedule.every", self.every, "at least 1")?;
        positive("schedule.factor", self.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_where_the_unit_says_so() {
        let step = Step { every: 3, unit: Unit::Steps, factor: 0.5 };
        let rates: Vec<f64> = (0..8)
            .map(|step_number| step.learning_rate(8.0, &Progress { step: step_number, ..Default::default() }))
            .collect();
        assert_eq!(rates, [8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 2.0, 2.0]);
    }

    #[test]
    fn never_is_no_interval() {
        let error = Step { every: 0, ..Default::default() }.validate().unwrap_err();
        assert_eq!(error.message(), "schedule.every is 0; it must be at least 1");
        assert!(Step { factor: f64::NAN, ..Default::default() }.validate().is_err());
    }
}
