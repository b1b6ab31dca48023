//! Half a cosine from the full rate down.

use std::f64::consts::PI;

use super::{Progress, not_negative};
use crate::Result;

/// From η down to `minimum` along half a period of a cosine, over the whole training.
///
/// In symbols: η₀ + (η − η₀)·½(1 + cos(π·t/T)), η₀ `minimum`, t the step, T all steps, and η₀ from T on. `PyTorch`'s
/// `CosineAnnealingLR` in its closed form (which climbs again after T). A `minimum` above η would be a climb, and is taken as η.
///
/// ```
/// use chainrule::optimizer::schedule::{Cosine, Progress};
///
/// let cosine = Cosine { minimum: 0.1 };
/// let rate = |step| cosine.learning_rate(1.1, &Progress { step, total_steps: 10, ..Default::default() });
/// assert_eq!([rate(0), rate(5), rate(10)].map(|r| format!("{r:.4}")), ["1.1000", "0.6000", "0.1000"]);
/// ```
///
/// Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cosine {
    /// η₀, the rate at the end.
    pub minimum: f64,
}

impl Cosine {
    /// The learning rate of the step that comes next; `base` is η.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        let minimum = self.minimum.min(base);
        if progress.step >= progress.total_steps {
            return if progress.step == 0 { base } else { minimum };
        }
        let turn = PI * (progress.step as f64 / progress.total_steps as f64);
        minimum + (base - minimum) * (0.5 * (1.0 + turn.cos()))
    }

    pub(super) fn validate(self) -> Result<()> {
        not_negative("schedule.minimum", self.minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_stays_at_the_minimum() {
        let cosine = Cosine { minimum: 0.25 };
        for step in [8, 9, 1000] {
            assert_eq!(
                cosine.learning_rate(1.0, &Progress { step, total_steps: 8, ..Default::default() }),
                0.25
            );
        }
    }

    #[test]
    fn a_negative_minimum_is_refused() {
        assert!(Cosine { minimum: -0.1 }.validate().is_err());
    }
}
