//! What a user says about an optimizer.

use std::fmt;
use std::str::FromStr;

use super::schedule::{Schedule, ScheduleKind};
use crate::error::unknown_name;
use crate::{Error, Result};

/// The rule by which parameters move. Its modules have the formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Plain gradient descent; see [`sgd`](super::sgd).
    Sgd,
    /// Gradient descent with a velocity; see [`sgd`](super::sgd).
    Momentum,
    /// Gradient descent with a velocity that looks ahead; see [`sgd`](super::sgd).
    Nesterov,
    /// Steps divided by the recent size of the gradient; see [`rmsprop`](super::rmsprop).
    RmsProp,
    /// Momentum and recent size together; see [`adam`](super::adam).
    Adam,
    /// Adam with decoupled weight decay; see [`adam`](super::adam).
    AdamW,
    /// Quasi-Newton steps over the whole training set; see [`lbfgs`](super::lbfgs).
    Lbfgs,
}

/// Whose definition of a rule, where programs differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    /// `PyTorch`'s.
    #[default]
    PyTorch,
    /// scikit-learn's: the rate is in the velocity of momentum and nesterov ([`sgd`](super::sgd)), and ε is added before the bias
    /// correction of adam ([`adam`](super::adam)). The other rules have but one definition.
    ScikitLearn,
}

/// An optimizer as plain values: what the options and the run file's `[optimizer]` table say.
///
/// Every rule reads the fields that its formula names and leaves the others alone. Defaults are `PyTorch`'s for Adam,
/// with a momentum of 0.9 for the rules that have one.
///
/// ```
/// use chainrule::optimizer::{OptimizerConfig, Rule};
///
/// let config = OptimizerConfig { rule: Rule::Nesterov, learning_rate: 0.1, ..Default::default() };
/// assert!(config.validate().is_ok());
///
/// let wrong = OptimizerConfig { beta2: 1.0, ..Default::default() };
/// assert_eq!(wrong.validate().unwrap_err().message(), "beta2 is 1; it must be at least 0 and less than 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimizerConfig {
    /// The rule.
    pub rule: Rule,
    /// Whose definition of the rule.
    pub definition: Definition,
    /// η, the length of a step per unit of gradient, before the schedule.
    pub learning_rate: f64,
    /// μ, the share of the velocity that is kept: momentum and nesterov.
    pub momentum: f64,
    /// β₁, the share of the mean gradient that is kept: adam and adamw.
    pub beta1: f64,
    /// β₂, the share of the mean squared gradient that is kept: adam and adamw.
    pub beta2: f64,
    /// α, the share of the mean squared gradient that is kept: rmsprop.
    pub alpha: f64,
    /// ε, what keeps the division finite: rmsprop, adam and adamw.
    pub epsilon: f64,
    /// λ, the pull of weights towards 0; see [`weight_decay`](super::weight_decay).
    pub weight_decay: f64,
    /// λ of decoupled decay under every rule, besides `weight_decay`.
    pub decoupled_decay: f64,
    /// The largest norm that all gradients together may have; 0 for any. See [`clip`](super::clip).
    pub clip_norm: f64,
    /// How the learning rate changes during training.
    pub schedule: Schedule,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            rule: Rule::Adam,
            definition: Definition::PyTorch,
            learning_rate: 1e-3,
            momentum: 0.9,
            beta1: 0.9,
            beta2: 0.999,
            alpha: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decoupled_decay: 0.0,
            clip_norm: 0.0,
            schedule: Schedule::default(),
        }
    }
}

impl OptimizerConfig {
    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration), with the field, its value and the range, for the first
    /// value out of its range, and for `lbfgs` together with what it has no place for.
    pub fn validate(&self) -> Result<()> {
        positive("learning_rate", self.learning_rate)?;
        // A velocity that is never forgotten is allowed there, and defined.
        if !(self.definition == Definition::ScikitLearn && self.momentum == 1.0) {
            share("momentum", self.momentum)?;
        }
        share("beta1", self.beta1)?;
        share("beta2", self.beta2)?;
        share("alpha", self.alpha)?;
        positive("epsilon", self.epsilon)?;
        not_negative("weight_decay", self.weight_decay)?;
        not_negative("decoupled_decay", self.decoupled_decay)?;
        not_negative("clip_norm", self.clip_norm)?;
        self.schedule.validate()?;
        self.validate_lbfgs()
    }

    /// The line search of L-BFGS sets the length of a step itself, and relies on gradients that nobody has changed.
    fn validate_lbfgs(&self) -> Result<()> {
        if self.rule != Rule::Lbfgs {
            return Ok(());
        }
        let found = if self.clip_norm > 0.0 {
            format!("clip_norm is {}", self.clip_norm)
        } else if self.schedule.kind != ScheduleKind::Constant {
            format!("the schedule is {}", self.schedule.kind.name())
        } else if self.schedule.warmup > 0 {
            format!("the schedule's warmup is {}", self.schedule.warmup)
        } else {
            return Ok(());
        };
        Err(Error::configuration(format!(
            "{found}, but lbfgs finds the length of each step by a line search of its own\n\
             leave that option out, or take another optimizer"
        )))
    }
}

impl Rule {
    /// Every rule, in the order of the documentation.
    pub const ALL: [Self; 7] =
        [Self::Sgd, Self::Momentum, Self::Nesterov, Self::RmsProp, Self::Adam, Self::AdamW, Self::Lbfgs];

    /// The name that options and run files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Nesterov => "nesterov",
            Self::RmsProp => "rmsprop",
            Self::Adam => "adam",
            Self::AdamW => "adamw",
            Self::Lbfgs => "lbfgs",
        }
    }

    /// A learning rate that mostly works with the rule, where a user gives none.
    ///
    /// Steps along the gradient itself must be larger than those that are divided by its size; L-BFGS starts its line
    /// search from a full step.
    pub fn usual_learning_rate(self) -> f64 {
        match self {
            Self::Sgd => 0.1,
            Self::Momentum | Self::Nesterov => 0.01,
            Self::RmsProp | Self::Adam | Self::AdamW => 0.001,
            Self::Lbfgs => 1.0,
        }
    }

    /// How many numbers the rule remembers for each parameter from step to step, for estimates of memory.
    ///
    /// For L-BFGS these are the pairs of its history and five vectors of work space, all in `f64`.
    pub fn state_per_parameter(self) -> usize {
        match self {
            Self::Sgd => 0,
            Self::Momentum | Self::Nesterov | Self::RmsProp => 1,
            Self::Adam | Self::AdamW => 2,
            Self::Lbfgs => 2 * super::lbfgs::LbfgsConfig::default().history + 5,
        }
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.name() == name)
            .ok_or_else(|| unknown_name("optimizer", name, Self::ALL.into_iter().map(Self::name)))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Checks 0 < `value` < ∞.
pub(super) fn positive(field: &str, value: f64) -> Result<()> {
    check(value.is_finite() && value > 0.0, field, value, "finite and greater than 0")
}

/// Checks 0 ≤ `value` < ∞.
pub(super) fn not_negative(field: &str, value: f64) -> Result<()> {
    check(value.is_finite() && value >= 0.0, field, value, "finite and at least 0")
}

/// Checks 0 ≤ `value` < 1.
pub(super) fn share(field: &str, value: f64) -> Result<()> {
    check((0.0..1.0).contains(&value), field, value, "at least 0 and less than 1")
}

/// An error that names field, value and range unless the value is `fine`.
pub(super) fn check(fine: bool, field: &str, value: impl fmt::Display, range: &str) -> Result<()> {
    if fine { Ok(()) } else { Err(Error::configuration(format!("{field} is {value}; it must be {range}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_for_every_rule() {
        for rule in Rule::ALL {
            OptimizerConfig { rule, ..Default::default() }.validate().unwrap();
        }
    }

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(rule.name().parse::<Rule>().unwrap(), rule);
        }
    }

    #[test]
    fn an_unknown_rule_is_answered_with_the_nearest_and_all_names() {
        let error = "adamm".parse::<Rule>().unwrap_err();
        assert_eq!(
            error.message(),
            "unknown optimizer 'adamm'; expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, lbfgs\n\
             did you mean 'adam'?"
        );
    }

    #[test]
    fn each_value_out_of_its_range_is_refused_by_name() {
        type Change = fn(&mut OptimizerConfig, f64);
        let cases: [(&str, Change, &[f64]); 8] = [
            ("learning_rate", |c, x| c.learning_rate = x, &[0.0, -1.0, f64::NAN, f64::INFINITY]),
            ("momentum", |c, x| c.momentum = x, &[-0.1, 1.0, f64::NAN]),
            ("beta1", |c, x| c.beta1 = x, &[-0.1, 1.0, f64::NAN]),
            ("beta2", |c, x| c.beta2 = x, &[-0.1, 1.0, f64::INFINITY]),
            ("alpha", |c, x| c.alpha = x, &[-0.1, 1.0, f64::NAN]),
            ("epsilon", |c, x| c.epsilon = x, &[0.0, -1e-8, f64::NAN]),
            ("weight_decay", |c, x| c.weight_decay = x, &[-1e-4, f64::NAN, f64::INFINITY]),
            ("clip_norm", |c, x| c.clip_norm = x, &[-1.0, f64::NAN, f64::INFINITY]),
        ];
        for (field, change, values) in cases {
            for &value in values {
                let mut config = OptimizerConfig::default();
                change(&mut config, value);
                let error = config.validate().unwrap_err();
                assert!(error.message().starts_with(&format!("{field} is {value}; ")), "{error}");
            }
        }
    }

    #[test]
    fn lbfgs_refuses_what_its_line_search_has_no_place_for() {
        let lbfgs = OptimizerConfig { rule: Rule::Lbfgs, ..Default::default() };
        let cosine = Schedule { kind: "cosine".parse().unwrap(), warmup: 0 };
        let warm = Schedule { warmup: 5, ..Default::default() };
        for (config, part) in [
            (OptimizerConfig { clip_norm: 1.0, ..lbfgs }, "clip_norm is 1"),
            (OptimizerConfig { schedule: cosine, ..lbfgs }, "the schedule is cosine"),
            (OptimizerConfig { schedule: warm, ..lbfgs }, "the schedule's warmup is 5"),
        ] {
            assert!(config.validate().unwrap_err().message().starts_with(part));
        }
    }
}
