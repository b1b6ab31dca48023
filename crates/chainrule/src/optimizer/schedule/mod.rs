//! How the learning rate changes during training.
//!
//! A schedule is a function from the [`Progress`] of training to a learning rate, nothing more: it has no state that
//! could be forgotten in a checkpoint, and the rate of step 1000 can be had without the 999 before. [`adaptive`] is the
//! exception by nature, since it listens to the loss: a rule at an epoch's end whose small state is its own struct.
//!
//! A warm-up of W steps stands in front of any schedule: step t < W has (t + 1)/(W + 1) of the rate with which the
//! schedule begins, and the schedule counts its steps from W on. It is never 0, and step W is the first at full rate.
//!
//! ```
//! use chainrule::optimizer::{Progress, Schedule, ScheduleKind};
//!
//! let schedule = Schedule { kind: "cosine".parse()?, warmup: 3 };
//! let rates = (0..7).map(|step| {
//!     let progress = Progress { step, total_steps: 7, ..Default::default() };
//!     format!("{:.4}", schedule.learning_rate(1.0, &progress))
//! });
//! assert_eq!(
//!     rates.collect::<Vec<_>>(),
//!     ["0.2500", "0.5000", "0.7500", "1.0000", "0.8536", "0.5000", "0.1464"],
//! );
//! # Ok::<(), chainrule::Error>(())
//! ```

pub mod adaptive;
pub mod cosine;
pub mod exponential;
pub mod inverse_scaling;
pub mod one_cycle;
pub mod step;

use std::fmt;
use std::str::FromStr;

pub use adaptive::{Adaptive, AdaptiveState};
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use inverse_scaling::InverseScaling;
pub use one_cycle::OneCycle;
pub use step::Step;

use super::config::{check, not_negative, positive};
use crate::error::unknown_name;
use crate::{Error, Result};

/// How far training has come before the step whose rate is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps taken: the first step of training has 0.
    pub step: u64,
    /// Epochs finished.
    pub epoch: u64,
    /// Samples seen in the epochs finished.
    pub samples: u64,
    /// Steps that the whole training will take if nothing stops it.
    pub total_steps: u64,
}

/// A schedule: its kind with its parameters, and the warm-up in front.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Schedule {
    /// The kind.
    pub kind: ScheduleKind,
    /// W, the steps of linear warm-up; 0 for none.
    pub warmup: u64,
}

/// The kinds of schedules. η is the learning rate of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ScheduleKind {
    /// η throughout.
    #[default]
    Constant,
    /// η times a factor every so often.
    Step(Step),
    /// η times a factor every step or epoch.
    Exponential(Exponential),
    /// Half a cosine from η down.
    Cosine(Cosine),
    /// Up to η and down again.
    OneCycle(OneCycle),
    /// η over a power of the samples seen.
    InverseScaling(InverseScaling),
    /// η divided whenever the training loss no longer falls.
    Adaptive(Adaptive),
}

/// What a schedule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Steps after the warm-up.
    Steps,
    /// Epochs from the beginning of training, warm-up included.
    Epochs,
}

impl Schedule {
    /// The learning rate of the step that comes next; `base` is η.
    ///
    /// For [`ScheduleKind::Adaptive`] pass [`AdaptiveState::learning_rate`] as `base`; only the warm-up is added here.
    pub fn learning_rate(&self, base: f64, progress: &Progress) -> f64 {
        let after_warmup = Progress {
            step: progress.step.saturating_sub(self.warmup),
            total_steps: progress.total_steps.saturating_sub(self.warmup),
            ..*progress
        };
        let rate = match &self.kind {
            ScheduleKind::Constant | ScheduleKind::Adaptive(_) => base,
            ScheduleKind::Step(step) => step.learning_rate(base, &after_warmup),
            ScheduleKind::Exponential(exponential) => exponential.learning_rate(base, &after_warmup),
            ScheduleKind::Cosine(cosine) => cosine.learning_rate(base, &after_warmup),
            ScheduleKind::OneCycle(cycle) => cycle.learning_rate(base, &after_warmup),
            ScheduleKind::InverseScaling(inverse) => inverse.learning_rate(base, &after_warmup),
        };
        rate * self.warmup_factor(progress.step)
    }

    /// (t + 1)/(W + 1) for t < W, then 1.
    fn warmup_factor(&self, step: u64) -> f64 {
        if step < self.warmup { (step as f64 + 1.0) / (self.warmup as f64 + 1.0) } else { 1.0 }
    }

    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration), with the field, its value and the range.
    pub fn validate(&self) -> Result<()> {
        match &self.kind {
            ScheduleKind::Constant => Ok(()),
            ScheduleKind::Step(step) => step.validate(),
            ScheduleKind::Exponential(exponential) => exponential.validate(),
            ScheduleKind::Cosine(cosine) => cosine.validate(),
            ScheduleKind::OneCycle(cycle) => cycle.validate(),
            ScheduleKind::InverseScaling(inverse) => inverse.validate(),
            ScheduleKind::Adaptive(adaptive) => adaptive.validate(),
        }
    }
}

impl ScheduleKind {
    /// Every kind, each with its default parameters.
    pub fn all() -> [Self; 7] {
        [
            Self::Constant,
            Self::Step(Step::default()),
            Self::Exponential(Exponential::default()),
            Self::Cosine(Cosine::default()),
            Self::OneCycle(OneCycle::default()),
            Self::InverseScaling(InverseScaling::default()),
            Self::Adaptive(Adaptive::default()),
        ]
    }

    /// The name that options and run files use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Step(_) => "step",
            Self::Exponential(_) => "exponential",
            Self::Cosine(_) => "cosine",
            Self::OneCycle(_) => "one-cycle",
            Self::InverseScaling(_) => "invscaling",
            Self::Adaptive(_) => "adaptive",
        }
    }
}

impl FromStr for ScheduleKind {
    type Err = Error;

    /// The kind of that name with its default parameters.
    fn from_str(name: &str) -> Result<Self> {
        let known = Self::all();
        known
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| unknown_name("schedule", name, known.iter().map(ScheduleKind::name)))
    }
}

impl fmt::Display for ScheduleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Unit {
    /// How many of these have passed.
    fn passed(self, progress: &Progress) -> u64 {
        match self {
            Self::Steps => progress.step,
            Self::Epochs => progress.epoch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_valid_by_default() {
        for kind in ScheduleKind::all() {
            assert_eq!(kind.name().parse::<ScheduleKind>().unwrap(), kind);
            Schedule { kind, warmup: 3 }.validate().unwrap();
        }
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_nearest_and_all_names() {
        let error = "onecycle".parse::<ScheduleKind>().unwrap_err();
        assert_eq!(
            error.message(),
            "unknown schedule 'onecycle'; expected one of \
             constant, step, exponential, cosine, one-cycle, invscaling, adaptive\n\
             did you mean 'one-cycle'?"
        );
    }

    #[test]
    fn warmup_leads_up_to_every_schedule_and_then_shifts_it() {
        for kind in ScheduleKind::all() {
            let (plain, warm) = (Schedule { kind, warmup: 0 }, Schedule { kind, warmup: 4 });
            let at = |schedule: &Schedule, step, total_steps| {
                schedule.learning_rate(0.3, &Progress { step, total_steps, ..Default::default() })
            };
            for step in 0..4 {
                let expected = at(&plain, 0, 20) * (step as f64 + 1.0) / 5.0;
                assert!((at(&warm, step, 24) - expected).abs() < 1e-15, "{kind} at {step}");
            }
            for step in 4..24 {
                assert_eq!(at(&warm, step, 24), at(&plain, step - 4, 20), "{kind} at {step}");
            }
        }
    }

    #[test]
    fn rates_are_finite_and_not_negative_wherever_training_stands() {
        let counts = [0, 1, 2, 3, 9, 10, 11, 1_000_000, u64::MAX];
        for kind in ScheduleKind::all() {
            for warmup in [0, 1, 5, u64::MAX] {
                for step in counts {
                    for total_steps in counts {
                        let progress = Progress { step, epoch: step / 10, samples: step, total_steps };
                        let rate = Schedule { kind, warmup }.learning_rate(0.1, &progress);
                        assert!((0.0..=0.1).contains(&rate), "{kind}, warmup {warmup}, {progress:?}: {rate}");
                    }
                }
            }
        }
    }
}
