//! The rate over a power of the samples seen.

use super::{Progress, not_negative};
use crate::Result;

/// η over a power of the samples seen.
///
/// In symbols: η / (t + 1)ᵖ, p `power`, t the samples seen in the epochs finished. scikit-learn's `invscaling`, where
/// the rate changes at the ends of epochs and the first epoch runs at η.
///
/// ```
/// use chainrule::optimizer::schedule::{InverseScaling, Progress};
///
/// let inverse = InverseScaling { power: 0.5 };
/// let rate = |samples| inverse.learning_rate(0.1, &Progress { samples, ..Default::default() });
/// assert_eq!([rate(0), rate(99)], [0.1, 0.01]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InverseScaling {
    /// p.
    pub power: f64,
}

impl Default for InverseScaling {
    fn default() -> Self {
        Self { power: 0.5 }
    }
}

impl InverseScaling {
    /// The learning rate of the step that comes next; `base` is η.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        base / (progress.samples as f64 + 1.0).powf(self.power)
    }

    pub(super) fn validate(self) -> Result<()> {
        not_negative("schedule.power", self.power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_zero_is_constant_and_a_negative_one_refused() {
        let constant = InverseScaling { power: 0.0 };
        assert_eq!(constant.learning_rate(0.1, &Progress { samples: 1000, ..Default::default() }), 0.1);
        assert!(InverseScaling { power: -0.5 }.validate().is_err());
    }
}
