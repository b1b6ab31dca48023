//! Up to the full rate, and down to almost nothing.

use std::f64::consts::PI;

use super::{Progress, check};
use crate::Result;

/// From η/`initial_divisor` up to η over the first `rise` of all steps, then down to
/// η/(`initial_divisor`·`final_divisor`) at the last step, both along half a cosine.
///
/// In symbols, with T all steps, t the step from 0 and p = `rise`·T − 1 the peak:
///
/// - t ≤ p: from η/d₀ to η at t/p of the way;
/// - t > p: from η to η/(d₀·d₁) at (t − p)/(T − 1 − p) of the way;
/// - a way from a to b is b + ½(a − b)(1 + cos(π·share)).
///
/// `PyTorch`'s `OneCycleLR` with its defaults (two phases, cosine), except that it leaves the optimizer's momentum as it is.
///
/// ```
/// use chainrule::optimizer::schedule::{OneCycle, Progress};
///
/// let cycle = OneCycle::default();
/// let rate = |step| cycle.learning_rate(1.0, &Progress { step, total_steps: 10, ..Default::default() });
/// assert_eq!([rate(0), rate(1), rate(2), rate(9)].map(|r| format!("{r:.6}")), ["0.040000", "0.520000", "1.000000", "0.000004"]);
/// ```
///
/// Source: L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning
/// rates", 2018.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    /// The share of all steps in which the rate rises, between 0 and 1.
    pub rise: f64,
    /// d₀: the first rate is η over this.
    pub initial_divisor: f64,
    /// d₁: the last rate is the first one over this.
    pub final_divisor: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { rise: 0.3, initial_divisor: 25.0, final_divisor: 1e4 }
    }
}

impl OneCycle {
    /// The learning rate of the step that comes next; `base` is η.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        let first = base / self.initial_divisor;
        let last = first / self.final_divisor;
        let (step, total) = (progress.step as f64, progress.total_steps as f64);
        let peak = self.rise * total - 1.0;
        if step <= peak && peak > 0.0 {
            anneal(first, base, step / peak)
        } else {
            anneal(base, last, (step - peak) / (total - 1.0 - peak))
        }
    }

    pub(super) fn validate(self) -> Result<()> {
        check(self.rise > 0.0 && self.rise < 1.0, "schedule.rise", self.rise, "between 0 and 1")?;
        for (field, value) in [
            ("schedule.initial_divisor", self.initial_divisor),
            ("schedule.final_divisor", self.final_divisor),
        ] {
            check(value.is_finite() && value >= 1.0, field, value, "finite and at least 1")?;
        }
        Ok(())
    }
}

/// The point at a share of the way from `from` to `to`, along half a cosine; `to` beyond the end, and when there is no way.
fn anneal(from: f64, to: f64, share: f64) -> f64 {
    let share = if (0.0..1.0).contains(&share) { share } else { 1.0 };
    to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_training_too_short_for_a_rise_only_falls() {
        let cycle = OneCycle::default();
        for total_steps in 1..=3 {
            let rates: Vec<f64> = (0..total_steps)
                .map(|step| cycle.learning_rate(1.0, &Progress { step, total_steps, ..Default::default() }))
                .collect();
            assert!(rates.iter().is_sorted_by(|a, b| a > b), "{rates:?}");
            assert!((rates[total_steps as usize - 1] - 4e-6).abs() < 1e-15, "{rates:?}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for cycle in [
            OneCycle { rise: 0.0, ..Default::default() },
            OneCycle { rise: 1.0, ..Default::default() },
            OneCycle { rise: f64::NAN, ..Default::default() },
            OneCycle { initial_divisor: 0.5, ..Default::default() },
            OneCycle { final_divisor: f64::INFINITY, ..Default::default() },
        ] {
            assert!(cycle.validate().is_err(), "{cycle:?}");
        }
    }
}
