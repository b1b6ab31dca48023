//! L-BFGS: quasi-Newton steps over the whole training set.
//!
//! **In words.** Newton's method divides the gradient by the curvature. L-BFGS learns the curvature from the last few
//! steps: how far the parameters went, and how much the gradient changed on the way. A line search along the direction
//! so found then decides the length of the step. It needs exact losses and gradients, so it goes over all
//! samples at once, and on small problems it gets much further than any rule of batches.
//!
//! **Symbols.** x all parameters; f the objective, loss plus ½λ‖W‖²; g = ∇f(x); s = x' − x and y = g' − g the *pairs* of the
//! last [`history`](LbfgsConfig::history) steps; H the approximate inverse of the curvature; d the direction; a the length.
//!
//! **One iteration.**
//!
//! 1. d ← −H·g by the two-loop recursion, in which H is never formed: from the newest pair to the oldest
//!    αᵢ = sᵢᵀq / sᵢᵀyᵢ, q ← q − αᵢ·yᵢ (q = g at first); q ← (sᵀy / yᵀy)·q with the newest pair; from the oldest to the newest
//!    q ← q + (αᵢ − yᵢᵀq / sᵢᵀyᵢ)·sᵢ; d = −q. Without pairs d = −g.
//! 2. a by a line search for the strong Wolfe conditions, which begins at a = 1 (at min(1, 1/‖g‖) without pairs):
//!    f(x + a·d) ≤ f(x) + c₁·a·gᵀd and |∇f(x + a·d)ᵀd| ≤ c₂·|gᵀd|.
//! 3. x ← x + a·d; the new pair replaces the oldest.
//!
//! All of it is in `f64`, whatever the precision of the network that computes f. Values of f carry rounding errors, and
//! near a minimum differences of f drown in them while slopes are still good. So f(x + a·d) may exceed its bound by
//! [`loss_precision`](LbfgsConfig::loss_precision)·|f(x)|, in the manner of Hager and Zhang; without that a minimum is
//! found to half of the digits only. A point where f or its slope is not finite counts as too far away.
//!
//! **Which variant.** Nocedal and Wright's, Algorithms 7.4, 7.5, 3.5 and 3.6. `PyTorch`'s `LBFGS` takes unit steps unless
//! told `line_search_fn="strong_wolfe"`; the default tolerances are `PyTorch`'s, but the one on changes is relative here.
//!
//! **Source.** J. Nocedal and S. J. Wright, *Numerical optimization*, 2nd edition, 2006. W. W. Hager and H. Zhang, "A new
//! conjugate gradient method with guaranteed descent and an efficient line search", SIAM J. Optim. 16, 2005.

mod line_search;
mod state;
#[cfg(test)]
mod tests;
mod vectors;

use line_search::{LineSearch, Probe};
pub use state::{LbfgsState, Pair};
use vectors::{add, dot, largest, norm, scale_by, subtract};

use super::config::{check, not_negative};
use crate::Result;

/// What L-BFGS may be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LbfgsConfig {
    /// Pairs that are remembered, at least 1.
    pub history: usize,
    /// The end is reached when no entry of the gradient is larger than this.
    pub gradient_tolerance: f64,
    /// The end is reached when an iteration changes the loss f by less than this times max(1, |f|); 0 for never.
    pub change_tolerance: f64,
    /// c₁ of the Wolfe conditions: the share of the decrease that the slope promises which a step must have.
    pub sufficient_decrease: f64,
    /// c₂ of the Wolfe conditions, larger than c₁: the share of the slope that a step may leave.
    pub curvature: f64,
    /// The relative precision of the objective's values: about 1e-13 when it is computed in `f64`, 1e-6 in `f32`.
    pub loss_precision: f64,
    /// Evaluations that one line search may take, at least 1.
    pub evaluations: usize,
}

impl Default for LbfgsConfig {
    fn default() -> Self {
        Self {
            history: 10,
            gradient_tolerance: 1e-7,
            change_tolerance: 1e-9,
            sufficient_decrease: 1e-4,
            curvature: 0.9,
            loss_precision: 1e-13,
            evaluations: 25,
        }
    }
}

impl LbfgsConfig {
    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration), with the field, its value and the range.
    pub fn validate(&self) -> Result<()> {
        check(self.history >= 1, "history", self.history, "at least 1")?;
        not_negative("gradient_tolerance", self.gradient_tolerance)?;
        not_negative("change_tolerance", self.change_tolerance)?;
        let (c1, c2) = (self.sufficient_decrease, self.curvature);
        check(c1 > 0.0 && c1 < 0.5, "sufficient_decrease", c1, "between 0 and 0.5")?;
        check(c2 > c1 && c2 < 1.0, "curvature", c2, "between sufficient_decrease and 1")?;
        not_negative("loss_precision", self.loss_precision)?;
        check(self.evaluations >= 1, "evaluations", self.evaluations, "at least 1")
    }
}

/// What one iteration did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// f at the parameters as they are now.
    pub loss: f64,
    /// The largest entry of the gradient there, without its sign.
    pub largest_gradient: f64,
    /// a; 0 when the parameters stayed.
    pub step_length: f64,
    /// How often the objective was asked.
    pub evaluations: usize,
    /// Why no further iteration would help, if none would.
    pub stop: Option<Stop>,
}

impl Outcome {
    /// Whether one of the two tolerances was met.
    pub fn converged(&self) -> bool {
        matches!(self.stop, Some(Stop::Gradient | Stop::Change))
    }
}

/// Why L-BFGS has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The gradient is within its tolerance.
    Gradient,
    /// The loss changes by less than its tolerance.
    Change,
    /// No point along the steepest descent is lower, as far as rounding lets one see.
    LineSearch,
    /// Loss or gradient at the parameters themselves are not finite.
    NotFinite,
}

/// The minimiser, one iteration at a time.
///
/// ```
/// use chainrule::optimizer::{Lbfgs, LbfgsConfig};
///
/// // f(x) = (x₀ − 1)² + 100·(x₁ + 2)²
/// let mut objective = |x: &[f64], gradient: &mut [f64]| {
///     gradient.copy_from_slice(&[2.0 * (x[0] - 1.0), 200.0 * (x[1] + 2.0)]);
///     (x[0] - 1.0).powi(2) + 100.0 * (x[1] + 2.0).powi(2)
/// };
/// let mut lbfgs = Lbfgs::new(2, LbfgsConfig::default())?;
/// let mut x = [0.0, 0.0];
/// while lbfgs.iterate(&mut x, &mut objective).stop.is_none() {}
/// assert_eq!(x.map(|x| format!("{x:.6}")), ["1.000000", "-2.000000"]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lbfgs {
    config: LbfgsConfig,
    /// Oldest first; those from `remembered` on are room for later.
    pairs: Vec<Pair>,
    remembered: usize,
    /// f and its gradient at `position`, once asked for.
    loss: Option<f64>,
    position: Vec<f64>,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    trial: Trial,
    /// αᵢ of the two loops.
    alphas: Vec<f64>,
}

/// The last point that the line search looked at.
#[derive(Clone, Debug)]
struct Trial {
    step: f64,
    position: Vec<f64>,
    gradient: Vec<f64>,
}

impl Lbfgs {
    /// A minimiser of functions of so many parameters. All memory it will ever take is allocated here.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) for a value out of its range.
    pub fn new(parameters: usize, config: LbfgsConfig) -> Result<Self> {
        config.validate()?;
        let zeros = || vec![0.0; parameters];
        Ok(Self {
            config,
            pairs: (0..config.history).map(|_| Pair { step: zeros(), change: zeros() }).collect(),
            remembered: 0,
            loss: None,
            position: zeros(),
            gradient: zeros(),
            direction: zeros(),
            trial: Trial { step: 0.0, position: zeros(), gradient: zeros() },
            alphas: vec![0.0; config.history],
        })
    }

    /// Takes one step from `x`, which is changed unless the iteration ends without one.
    ///
    /// `objective` returns f at its first argument and writes ∇f into its second. When `x` is where the last iteration
    /// left it, f there is known already and not asked for again. Allocates nothing.
    ///
    /// # Panics
    /// When `x` has another length than [`new`](Self::new) was told.
    pub fn iterate<O>(&mut self, x: &mut [f64], objective: &mut O) -> Outcome
    where
        O: FnMut(&[f64], &mut [f64]) -> f64,
    {
        let mut evaluations = 0;
        let mut counted = |x: &[f64], gradient: &mut [f64]| {
            evaluations += 1;
            objective(x, gradient)
        };
        let before = self.evaluate_at(x, &mut counted);
        let (step_length, stop) = if let Some(stop) = self.nothing_to_do(before) {
            (0.0, Some(stop))
        } else if let Some(found) = self.search(before, &mut counted) {
            self.accept(&found, x);
            (found.step, self.end(before, found.loss))
        } else {
            (0.0, Some(Stop::LineSearch))
        };
        let loss = self.loss.unwrap_or(before);
        Outcome { loss, largest_gradient: largest(&self.gradient), step_length, evaluations, stop }
    }

    /// f at x, from memory where it can be.
    fn evaluate_at(&mut self, x: &[f64], objective: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> f64 {
        match self.loss {
            Some(loss) if self.position == x => loss,
            _ => {
                self.position.copy_from_slice(x);
                let loss = objective(&self.position, &mut self.gradient);
                self.loss = Some(loss);
                loss
            }
        }
    }

    /// Why there is no step to take from here.
    fn nothing_to_do(&self, loss: f64) -> Option<Stop> {
        if !loss.is_finite() || !self.gradient.iter().all(|g| g.is_finite()) {
            Some(Stop::NotFinite)
        } else if largest(&self.gradient) <= self.config.gradient_tolerance {
            Some(Stop::Gradient)
        } else {
            None
        }
    }

    /// A point along the quasi-Newton direction or, if there is none, along the steepest descent.
    fn search(&mut self, loss: f64, objective: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> Option<Probe> {
        self.find_direction();
        if let Some(found) = self.search_along_direction(loss, objective) {
            return Some(found);
        }
        if self.remembered == 0 {
            return None;
        }
        self.remembered = 0;
        self.find_direction();
        self.search_along_direction(loss, objective)
    }

    /// d ← −H·g (Algorithm 7.4).
    fn find_direction(&mut self) {
        self.direction.copy_from_slice(&self.gradient);
        let (q, pairs) = (&mut self.direction, &self.pairs[..self.remembered]);
        for (pair, alpha) in pairs.iter().zip(&mut self.alphas).rev() {
            *alpha = dot(&pair.step, q) / dot(&pair.step, &pair.change);
            add(q, -*alpha, &pair.change);
        }
        if let Some(newest) = pairs.last() {
            let scale = dot(&newest.step, &newest.change) / dot(&newest.change, &newest.change);
            scale_by(q, scale);
        }
        for (pair, alpha) in pairs.iter().zip(&self.alphas) {
            let beta = dot(&pair.change, q) / dot(&pair.step, &pair.change);
            add(q, alpha - beta, &pair.step);
        }
        scale_by(q, -1.0);
    }

    /// The line search; leaves the point found in `trial`.
    fn search_along_direction(
        &mut self,
        loss: f64,
        objective: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Option<Probe> {
        let slope = dot(&self.gradient, &self.direction);
        // A direction that does not lead down, or is no number, can come from rounding alone: do without it.
        if !(slope < 0.0 && slope.is_finite()) {
            return None;
        }
        let first = if self.remembered > 0 { 1.0 } else { (1.0 / norm(&self.gradient)).min(1.0) };
        let (position, direction, trial) = (&self.position, &self.direction, &mut self.trial);
        let mut probe = |step: f64| trial.probe(step, position, direction, objective);
        let found = LineSearch::new(&self.config, loss, slope).search(first, &mut probe)?;
        // The point found need not be the last one that was looked at.
        if self.trial.step != found.step {
            self.trial.probe(found.step, &self.position, &self.direction, objective);
        }
        Some(found)
    }

    /// Moves to the point found and learns from the way there.
    fn accept(&mut self, found: &Probe, x: &mut [f64]) {
        self.remember();
        self.position.copy_from_slice(&self.trial.position);
        self.gradient.copy_from_slice(&self.trial.gradient);
        self.loss = Some(found.loss);
        x.copy_from_slice(&self.position);
    }

    /// Takes the step to `trial` as the newest pair, if the curvature along it is positive by more than rounding.
    fn remember(&mut self) {
        let room = if self.remembered < self.pairs.len() {
            self.remembered
        } else {
            // The oldest pair's memory becomes the newest one's; on a refusal below the oldest is gone all the same.
            self.pairs.rotate_left(1);
            self.remembered -= 1;
            self.remembered
        };
        let pair = &mut self.pairs[room];
        subtract(&mut pair.step, &self.trial.position, &self.position);
        subtract(&mut pair.change, &self.trial.gradient, &self.gradient);
        if dot(&pair.step, &pair.change) > f64::EPSILON * norm(&pair.step) * norm(&pair.change) {
            self.remembered += 1;
        }
    }

    /// Whether the step from f = `before` to `after` was the last one needed.
    fn end(&self, before: f64, after: f64) -> Option<Stop> {
        if largest(&self.gradient) <= self.config.gradient_tolerance {
            Some(Stop::Gradient)
        } else if (before - after).abs() < self.config.change_tolerance * before.abs().max(1.0) {
            Some(Stop::Change)
        } else {
            None
        }
    }
}

impl Trial {
    /// Goes to `position` + `step`·`direction` and looks at loss and slope there.
    fn probe(
        &mut self,
        step: f64,
        position: &[f64],
        direction: &[f64],
        objective: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Probe {
        self.step = step;
        for ((to, from), d) in self.position.iter_mut().zip(position).zip(direction) {
            *to = step.mul_add(*d, *from);
        }
        let loss = objective(&self.position, &mut self.gradient);
        Probe { step, loss, slope: dot(&self.gradient, direction) }
    }
}
