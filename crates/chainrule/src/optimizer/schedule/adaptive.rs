//! A rate that falls when the training loss no longer does.
//!
//! Unlike the other schedules it depends on what happened, so it is a rule at an epoch's end with a state:
//! [`AdaptiveState`], three numbers that a checkpoint keeps.

use super::{check, not_negative};
use crate::Result;

/// η divided by `divisor` whenever the training loss has failed to fall by `tolerance` for too many epochs in a row.
///
/// scikit-learn's `adaptive`, as its code has it: an epoch is stalled if its loss is above the best so far minus
/// `tolerance`; when *more than* `epochs` epochs in a row were stalled, the rate is divided by 5 and counting begins
/// anew; when that happens at a rate of `minimum` or less, training ends. (Its documentation speaks of two epochs.)
///
/// ```
/// use chainrule::optimizer::schedule::{Adaptive, AdaptiveState, adaptive::EpochEnd};
///
/// let adaptive = Adaptive { epochs: 1, ..Default::default() };
/// let mut state = AdaptiveState::new(0.1);
/// assert_eq!(adaptive.epoch_ends(&mut state, 2.0), EpochEnd::Kept);
/// assert_eq!(adaptive.epoch_ends(&mut state, 2.0), EpochEnd::Kept); // stalled once
/// assert_eq!(adaptive.epoch_ends(&mut state, 2.0), EpochEnd::Lowered); // stalled twice
/// assert_eq!(state.learning_rate, 0.1 / 5.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptive {
    /// What the rate is divided by, greater than 1.
    pub divisor: f64,
    /// By how much a loss must fall to count as falling.
    pub tolerance: f64,
    /// How many stalled epochs in a row are borne.
    pub epochs: u64,
    /// At this rate or below, training ends instead.
    pub minimum: f64,
}

impl Default for Adaptive {
    /// scikit-learn's values.
    fn default() -> Self {
        Self { divisor: 5.0, tolerance: 1e-4, epochs: 10, minimum: 1e-6 }
    }
}

/// What [`Adaptive`] remembers from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptiveState {
    /// The rate now.
    pub learning_rate: f64,
    /// The least training loss of an epoch so far; ∞ before the first.
    pub best_loss: f64,
    /// Stalled epochs in a row.
    pub stalled: u64,
}

/// What an epoch's end meant for the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochEnd {
    /// The rate stays.
    Kept,
    /// The rate was divided.
    Lowered,
    /// The rate is at its minimum already: training ends.
    Exhausted,
}

impl AdaptiveState {
    /// The state before the first epoch at the rate η.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, best_loss: f64::INFINITY, stalled: 0 }
    }
}

impl Adaptive {
    /// Takes note of an epoch's training loss, and lowers the rate if it is time. A loss that is NaN counts as stalled.
    pub fn epoch_ends(&self, state: &mut AdaptiveState, loss: f64) -> EpochEnd {
        let falls = loss <= state.best_loss - self.tolerance;
        state.stalled = if falls { 0 } else { state.stalled + 1 };
        state.best_loss = state.best_loss.min(loss);
        if state.stalled <= self.epochs {
            return EpochEnd::Kept;
        }
        if state.learning_rate <= self.minimum {
            return EpochEnd::Exhausted;
        }
        state.learning_rate /= self.divisor;
        state.stalled = 0;
        EpochEnd::Lowered
    }

    pub(super) fn validate(self) -> Result<()> {
        let divides = self.divisor.is_finite() && self.divisor > 1.0;
        check(divides, "schedule.divisor", self.divisor, "finite and greater than 1")?;
        not_negative("schedule.tolerance", self.tolerance)?;
        check(self.epochs >= 1, "schedule.epochs", self.epochs, "at least 1")?;
        not_negative("schedule.minimum", self.minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_loss_keeps_the_rate_and_progress_resets_the_count() {
        let adaptive = Adaptive { epochs: 2, tolerance: 0.1, ..Default::default() };
        let mut state = AdaptiveState::new(1.0);
        for loss in [5.0, 4.0, 3.95, 3.9, 3.0, 2.95, 2.95] {
            assert_eq!(adaptive.epoch_ends(&mut state, loss), EpochEnd::Kept);
        }
        assert_eq!(state.stalled, 2);
        assert_eq!(adaptive.epoch_ends(&mut state, 2.95), EpochEnd::Lowered);
        assert_eq!(state, AdaptiveState { learning_rate: 0.2, best_loss: 2.95, stalled: 0 });
    }

    #[test]
    fn slow_progress_counts_as_stalled_but_moves_the_mark() {
        let adaptive = Adaptive { epochs: 1, tolerance: 0.1, ..Default::default() };
        let mut state = AdaptiveState::new(1.0);
        adaptive.epoch_ends(&mut state, 1.0);
        adaptive.epoch_ends(&mut state, 0.95);
        assert_eq!((state.best_loss, state.stalled), (0.95, 1));
    }

    #[test]
    fn training_ends_once_the_rate_is_at_its_minimum() {
        use EpochEnd::{Exhausted, Kept, Lowered};
        let adaptive = Adaptive { epochs: 1, minimum: 0.1, ..Default::default() };
        let mut state = AdaptiveState::new(0.4);
        let ends: Vec<EpochEnd> = (0..5).map(|_| adaptive.epoch_ends(&mut state, 1.0)).collect();
        assert_eq!(ends, [Kept, Kept, Lowered, Kept, Exhausted]);
    }

    #[test]
    fn a_loss_that_is_no_number_stalls_and_spoils_nothing() {
        let adaptive = Adaptive { epochs: 1, ..Default::default() };
        let mut state = AdaptiveState::new(1.0);
        adaptive.epoch_ends(&mut state, 1.0);
        assert_eq!(adaptive.epoch_ends(&mut state, f64::NAN), EpochEnd::Kept);
        assert_eq!(adaptive.epoch_ends(&mut state, f64::NAN), EpochEnd::Lowered);
        assert_eq!(state.best_loss, 1.0);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for adaptive in [
            Adaptive { divisor: 1.0, ..Default::default() },
            Adaptive { tolerance: -1.0, ..Default::default() },
            Adaptive { epochs: 0, ..Default::default() },
            Adaptive { minimum: f64::NAN, ..Default::default() },
        ] {
            assert!(adaptive.validate().is_err(), "{adaptive:?}");
        }
    }
}
