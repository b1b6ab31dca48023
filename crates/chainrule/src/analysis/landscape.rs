//! The part of an error surface around a path.
//!
//! **In words.** A path says where to look: at the places that it comes to, and as much again around them, so that one sees where
//! it did not go. Neither side is much shorter than the other, or a path along one axis would be all there is to see.
//!
//! **Equations.** On an axis along which the path reaches from l to h the places are evenly spread over (l + h)/2 ± r, where r is
//! h − l, and at least a third of the longer of both reaches. A path of one point is shown with r = ⅓.
//!
//! **Shapes.** As [`heights`](super::Surface::heights) has them.

use super::{Descent, PathPoint, Plane};
use crate::Float;

/// A path over a plane, and the surface around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Landscape {
    /// The places along each axis, ascending.
    pub grid: [Vec<f64>; 2],
    /// The height at every place.
    pub heights: Vec<f64>,
    /// Every point of the descent.
    pub path: Vec<PathPoint>,
}

impl Landscape {
    /// Around the path of a descent, with `n` places along each axis. The coordinates in `also` are shown as well, on both axes.
    pub fn around<F: Float>(descent: Descent<'_, F>, plane: &Plane<F>, also: &[f64], n: usize) -> Self {
        let mut surface = descent.surface(plane);
        let path = descent.path_on(&mut surface);
        let ends = [0, 1].map(|axis| {
            let finite = path.iter().map(|point| point.at[axis]).filter(|x| x.is_finite());
            ends(finite.chain(also.iter().copied()))
        });
        let largest = longer(ends);
        let grid = ends.map(|ends| even_places(ends, (ends[1] - ends[0]).max(largest / 3.0), n));
        let heights = surface.heights(&grid[0], &grid[1]);
        Self { grid, heights, path }
    }
}

/// The smallest and the largest of some numbers.
pub fn ends(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
}

/// The longer of two reaches; 1 where both are points.
pub fn longer(ends: [[f64; 2]; 2]) -> f64 {
    let longer = ends.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    if longer > 0.0 { longer } else { 1.0 }
}

/// `n` places, evenly spread to both sides of the middle between two ends.
pub fn even_places([low, high]: [f64; 2], to_each_side: f64, n: usize) -> Vec<f64> {
    let middle = low / 2.0 + high / 2.0;
    (0..n).map(|i| middle + to_each_side * (2.0 * i as f64 / (n - 1) as f64 - 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_even_and_reach_to_both_sides() {
        assert_eq!(even_places([1.0, 3.0], 2.0, 5), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(even_places([f64::MAX, f64::MAX], 0.0, 2), [f64::MAX; 2]);
        assert_eq!(ends([2.0, -1.0, 0.5].into_iter()), [-1.0, 2.0]);
        assert_eq!((longer([[0.0, 1.0], [5.0, 8.0]]), longer([[2.0, 2.0]; 2])), (3.0, 1.0));
    }
}
