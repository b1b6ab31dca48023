//! A line search for the strong Wolfe conditions: Nocedal and Wright's Algorithms 3.5 (`search`) and 3.6 (`zoom`).
//!
//! Along the line the objective is φ(a) = f(x + a·d). The search first doubles a until an interval must contain points
//! that satisfy the conditions, then narrows the interval. One end of it, `low`, is always the best point so far that
//! decreases φ sufficiently.

use super::LbfgsConfig;

/// φ and φ' at a point of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Probe {
    /// a.
    pub(super) step: f64,
    /// φ(a).
    pub(super) loss: f64,
    /// φ'(a).
    pub(super) slope: f64,
}

/// A search that begins at a point whose slope is negative.
#[derive(Debug)]
pub(super) struct LineSearch<'a> {
    config: &'a LbfgsConfig,
    start: Probe,
    /// What rounding may add to φ.
    noise: f64,
    left: usize,
}

impl<'a> LineSearch<'a> {
    /// A search from φ(0) = `loss`, φ'(0) = `slope` < 0.
    pub(super) fn new(config: &'a LbfgsConfig, loss: f64, slope: f64) -> Self {
        let start = Probe { step: 0.0, loss, slope };
        Self { config, start, noise: config.loss_precision * loss.abs(), left: config.evaluations }
    }

    /// A point that satisfies both conditions; when evaluations run out, one that satisfies the first, if there is any.
    pub(super) fn search(mut self, first: f64, probe: &mut impl FnMut(f64) -> Probe) -> Option<Probe> {
        let (mut previous, mut step) = (self.start, first);
        while let Some(point) = self.look(step, probe) {
            if self.is_too_far(&point, &previous) {
                return self.zoom(previous, point, probe);
            }
            if self.is_flat_enough(&point) {
                return Some(point);
            }
            if point.slope >= 0.0 {
                return self.zoom(point, previous, probe);
            }
            previous = point;
            step *= 2.0;
        }
        self.settle_for(previous)
    }

    /// Narrows the interval between `low` and `high`, of which `low` slopes down towards `high`.
    fn zoom(
        mut self,
        mut low: Probe,
        mut high: Probe,
        probe: &mut impl FnMut(f64) -> Probe,
    ) -> Option<Probe> {
        while let Some(point) = self.look(self.between(&low, &high), probe) {
            if self.is_too_far(&point, &low) {
                high = point;
                continue;
            }
            if self.is_flat_enough(&point) {
                return Some(point);
            }
            if point.slope * (high.step - low.step) >= 0.0 {
                high = low;
            }
            low = point;
        }
        self.settle_for(low)
    }

    /// One evaluation, as long as there are any left.
    fn look(&mut self, step: f64, probe: &mut impl FnMut(f64) -> Probe) -> Option<Probe> {
        self.left = self.left.checked_sub(1)?;
        Some(probe(step))
    }

    /// Not a number, not low enough for its distance, or not lower than the best point so far.
    fn is_too_far(&self, point: &Probe, best: &Probe) -> bool {
        let bound = self.start.loss + self.config.sufficient_decrease * point.step * self.start.slope;
        let low_enough = point.loss <= bound + self.noise && point.loss <= best.loss + self.noise;
        !(low_enough && point.is_finite())
    }

    fn is_flat_enough(&self, point: &Probe) -> bool {
        point.slope.abs() <= self.config.curvature * self.start.slope.abs()
    }

    /// Where to look next: the minimum of a curve through both ends, kept a tenth of the interval away from them.
    fn between(&self, low: &Probe, high: &Probe) -> f64 {
        let width = high.step - low.step;
        let guess = if !high.is_finite() {
            f64::NAN
        } else if (low.loss - high.loss).abs() <= 2.0 * self.noise {
            // Values say nothing here: where the slope, taken as a straight line, is 0.
            low.slope / (low.slope - high.slope)
        } else {
            cubic_minimum(low, high)
        };
        let share = if guess.is_finite() { guess.clamp(0.1, 0.9) } else { 0.5 };
        low.step + share * width
    }

    /// The best point so far if it is lower than the start, by rounding's leave or not.
    fn settle_for(&self, best: Probe) -> Option<Probe> {
        (best.loss < self.start.loss).then_some(best)
    }
}

impl Probe {
    fn is_finite(&self) -> bool {
        self.loss.is_finite() && self.slope.is_finite()
    }
}

/// The minimum of the cubic with both ends' values and slopes, as a share of the way from `low` to `high`; NaN if it has none.
fn cubic_minimum(low: &Probe, high: &Probe) -> f64 {
    let width = high.step - low.step;
    // Over the way from 0 to 1 slopes are multiplied by the width.
    let (from, to) = (low.slope * width, high.slope * width);
    let d1 = from + to - 3.0 * (high.loss - low.loss);
    let d2 = (d1 * d1 - from * to).sqrt();
    1.0 - (to + d2 - d1) / (to - from + 2.0 * d2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: LbfgsConfig = LbfgsConfig {
        history: 1,
        gradient_tolerance: 0.0,
        change_tolerance: 0.0,
        sufficient_decrease: 1e-4,
        curvature: 0.1,
        loss_precision: 0.0,
        evaluations: 40,
    };

    /// Searches along φ from 0 and returns the point found and the number of looks.
    fn search(phi: fn(f64) -> (f64, f64), first: f64, config: &LbfgsConfig) -> (Option<Probe>, usize) {
        let (loss, slope) = phi(0.0);
        let mut looks = 0;
        let found = LineSearch::new(config, loss, slope).search(first, &mut |step| {
            looks += 1;
            let (loss, slope) = phi(step);
            Probe { step, loss, slope }
        });
        (found, looks)
    }

    fn satisfies_wolfe(phi: fn(f64) -> (f64, f64), point: &Probe) -> bool {
        let (loss, slope) = phi(0.0);
        point.loss <= loss + CONFIG.sufficient_decrease * point.step * slope
            && point.slope.abs() <= CONFIG.curvature * slope.abs()
    }

    #[test]
    fn the_cubic_through_a_cubic_is_that_cubic() {
        // a³ − 3a has its minimum at 1.
        let at = |step: f64| Probe { step, loss: step.powi(3) - 3.0 * step, slope: 3.0 * step * step - 3.0 };
        assert!((cubic_minimum(&at(0.0), &at(4.0)) - 0.25).abs() < 1e-14);
        assert!((cubic_minimum(&at(3.0), &at(0.5)) - 0.8).abs() < 1e-14);
    }

    #[test]
    fn the_conditions_hold_wherever_the_search_begins() {
        let functions: [fn(f64) -> (f64, f64); 4] = [
            |a| ((a - 3.0).powi(2), 2.0 * (a - 3.0)),
            |a| (-a / (a * a + 2.0), (a * a - 2.0) / (a * a + 2.0).powi(2)), // Moré and Thuente's first
            |a| {
                (
                    (a + 0.004).powi(5) - 2.0 * (a + 0.004).powi(4),
                    5.0 * (a + 0.004).powi(4) - 8.0 * (a + 0.004).powi(3),
                )
            },
            |a| (a.exp() - 50.0 * a, a.exp() - 50.0),
        ];
        for (number, phi) in functions.into_iter().enumerate() {
            for first in [1e-3, 0.1, 1.0, 10.0, 1e3] {
                let (found, _) = search(phi, first, &CONFIG);
                let found = found.unwrap_or_else(|| panic!("function {number} from {first}: nothing found"));
                assert!(satisfies_wolfe(phi, &found), "function {number} from {first}: {found:?}");
            }
        }
    }

    #[test]
    fn points_beyond_the_finite_numbers_are_too_far() {
        // −ln(1 − a) − 3a: NaN beyond 1, its minimum at 2/3.
        let phi: fn(f64) -> (f64, f64) = |a| (-(1.0 - a).ln() - 3.0 * a, 1.0 / (1.0 - a) - 3.0);
        for first in [0.1, 1.0, 1.5, 100.0] {
            let (found, _) = search(phi, first, &CONFIG);
            assert!(satisfies_wolfe(phi, &found.unwrap()), "{first}: {found:?}");
        }
        let (found, _) = search(|a| if a > 0.0 { (0.0, f64::NAN) } else { (1.0, -1.0) }, 1.0, &CONFIG);
        assert_eq!(found, None);
    }

    #[test]
    fn evaluations_are_bounded_and_a_lower_point_is_better_than_none() {
        let config = LbfgsConfig { evaluations: 5, ..CONFIG };
        let (found, looks) = search(|a| (-a, -1.0), 1.0, &config);
        assert_eq!((found.unwrap().step, looks), (16.0, 5));
        let (found, looks) = search(|a| (a.abs(), if a > 0.0 { 1.0 } else { -1.0 }), 1.0, &config);
        assert_eq!((found, looks), (None, 5));
    }

    #[test]
    fn slopes_decide_where_values_drown_in_rounding() {
        // φ = 10⁶ + 10⁻¹²·(a − 3)²: values are all the same number.
        let phi: fn(f64) -> (f64, f64) = |a| (1e6 + 1e-12 * (a - 3.0).powi(2), 2e-12 * (a - 3.0));
        let (found, _) = search(phi, 1.0, &LbfgsConfig { loss_precision: 1e-13, ..CONFIG });
        assert!((found.unwrap().step - 3.0).abs() < 0.31, "{found:?}");
    }
}
