//! When to stop, and which weights to keep.
//!
//! The monitored loss is that of the validation rows where there are some, else that of the epoch. An epoch is the
//! best when its loss is the lowest so far, by however little; patience runs out unless the loss falls by more than
//! the tolerance. A loss that is NaN counts as worse than any other.

/// Counts epochs without improvement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// The lowest loss so far.
    pub best: f64,
    /// The loss from which improvement is measured: the last one that was lower by more than the tolerance.
    pub reference: f64,
    /// Epochs since then.
    pub stalled: usize,
}

/// What an epoch's loss means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lowest loss so far: these weights are worth keeping.
    pub best: bool,
    /// Patience has run out.
    pub stop: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self { best: f64::INFINITY, reference: f64::INFINITY, stalled: 0 }
    }
}

impl EarlyStopping {
    /// Takes in the loss of an epoch. A `patience` of 0 never runs out.
    pub fn epoch_ends(&mut self, loss: f64, patience: usize, tolerance: f64) -> Verdict {
        let best = loss < self.best;
        if best {
            self.best = loss;
        }
        if loss < self.reference - tolerance {
            self.reference = loss;
            self.stalled = 0;
        } else {
            self.stalled += 1;
        }
        Verdict { best, stop: patience > 0 && self.stalled >= patience }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(losses: &[f64], patience: usize, tolerance: f64) -> Vec<(bool, bool)> {
        let mut stopping = EarlyStopping::default();
        losses
            .iter()
            .map(|&loss| stopping.epoch_ends(loss, patience, tolerance))
            .map(|v| (v.best, v.stop))
            .collect()
    }

    #[test]
    fn patience_counts_epochs_without_improvement() {
        let seen = verdicts(&[1.0, 0.5, 0.6, 0.7, 0.4], 2, 0.0);
        assert_eq!(seen, [(true, false), (true, false), (false, false), (false, true), (true, false)]);
    }

    #[test]
    fn improvements_below_the_tolerance_are_kept_but_do_not_win_time() {
        assert_eq!(verdicts(&[1.0, 0.95, 0.91], 2, 0.1), [(true, false), (true, false), (true, true)]);
        // Small improvements add up.
        assert_eq!(verdicts(&[1.0, 0.95, 0.89], 2, 0.1), [(true, false), (true, false), (true, false)]);
    }

    #[test]
    fn n2_nan_counts_as_worst() {
        let seen = verdicts(&[f64::NAN, 1.0, f64::NAN, f64::NAN], 2, 0.0);
        assert_eq!(seen, [(false, false), (true, false), (false, false), (false, true)]);
    }

    #[test]
    fn no_patience_is_endless_patience() {
        assert!(verdicts(&[1.0; 100], 0, 0.0).iter().all(|&(_, stop)| !stop));
    }
}
