//! The update rules by name and parameter.
//!
//! The formulas stand in [`crate::reference::update`], their vectorised twins in [`crate::cpu`].

/// How a parameter moves against its gradient g in one step.
///
/// Definitions are `PyTorch`'s, but for the two whose name says that the rate is in the velocity. `rate` is the learning rate of this step, after schedule and tensor factor.
///
/// The means of `RmsProp` and `Adam` are 0 where they would be below the least normal number ([`Float::or_zero`](crate::Float::or_zero)).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// w ← w − rate·g.
    GradientDescent {
        /// Learning rate.
        rate: f64,
    },
    /// v ← momentum·v + g; w ← w − rate·v. `first` is v.
    Momentum {
        /// Learning rate.
        rate: f64,
        /// Share of the velocity that is kept.
        momentum: f64,
    },
    /// v ← momentum·v + g; w ← w − rate·(g + momentum·v). `first` is v.
    Nesterov {
        /// Learning rate.
        rate: f64,
        /// Share of the velocity that is kept.
        momentum: f64,
    },
    /// v ← momentum·v − rate·g; w ← w + v: what is kept of an older gradient was multiplied by the rate of its own step. `first`
    /// is v.
    RateInVelocity {
        /// Learning rate.
        rate: f64,
        /// Share of the velocity that is kept.
        momentum: f64,
    },
    /// v ← momentum·v − rate·g; w ← w + momentum·v − rate·g. `first` is v.
    NesterovRateInVelocity {
        /// Learning rate.
        rate: f64,
        /// Share of the velocity that is kept.
        momentum: f64,
    },
    /// s ← alpha·s + (1 − alpha)·g²; w ← w − rate·g / (√s + epsilon). `first` is s.
    RmsProp {
        /// Learning rate.
        rate: f64,
        /// Share of the mean square that is kept.
        alpha: f64,
        /// Added to the root.
        epsilon: f64,
    },
    /// m ← beta1·m + (1 − beta1)·g; s ← beta2·s + (1 − beta2)·g²;
    /// w ← w − rate/correction1 · m / (√s/√correction2 + epsilon). `first` is m, `second` is s.
    Adam {
        /// Learning rate.
        rate: f64,
        /// Share of the mean that is kept.
        beta1: f64,
        /// Share of the mean square that is kept.
        beta2: f64,
        /// Added to the root, after its correction.
        epsilon: f64,
        /// 1 − beta1ᵗ, t the number of this step from 1.
        correction1: f64,
        /// 1 − beta2ᵗ.
        correction2: f64,
    },
}

/// The pull of the weights towards 0 in one step.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Decay {
    /// λ of ½λ‖W‖² in the objective: λ·w is added to the gradient before the rule sees it.
    pub coupled: f64,
    /// λ of the decoupled form: w is first multiplied by 1 − rate·λ.
    pub decoupled: f64,
}

impl Update {
    /// The learning rate of this step.
    pub fn rate(self) -> f64 {
        match self {
            Self::GradientDescent { rate }
            | Self::Momentum { rate, .. }
            | Self::Nesterov { rate, .. }
            | Self::RateInVelocity { rate, .. }
            | Self::NesterovRateInVelocity { rate, .. }
            | Self::RmsProp { rate, .. }
            | Self::Adam { rate, .. } => rate,
        }
    }

    /// How many of the two state arrays `first` and `second` the rule uses.
    pub fn states(self) -> usize {
        match self {
            Self::GradientDescent { .. } => 0,
            Self::Momentum { .. }
            | Self::Nesterov { .. }
            | Self::RateInVelocity { .. }
            | Self::NesterovRateInVelocity { .. }
            | Self::RmsProp { .. } => 1,
            Self::Adam { .. } => 2,
        }
    }
}
