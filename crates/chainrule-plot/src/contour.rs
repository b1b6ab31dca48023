//! Contours: the edges of the region in which a field is at least some height, by marching squares.
//!
//! Around the grid lies a ring of points that are lower than everything, at the places of the outermost points. So every
//! edge is a closed loop, which can be filled, and follows the border where the region reaches it. Where the two higher
//! corners of a square are opposite each other, the mean of all four decides whether they are joined.

use std::collections::BTreeMap;

/// A side of a square: to the right (0) or up (1) from the point in a column and row.
type Side = (usize, usize, usize);

/// Numbers over a grid: the one of column i and row j is at `j * columns + i`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid<'a> {
    pub(crate) x: &'a [f64],
    pub(crate) y: &'a [f64],
    pub(crate) values: &'a [f64],
}

/// Lower than every height.
const OUTSIDE: f64 = -1e9;

impl Grid<'_> {
    /// The loops around all that is at least `level`, in the coordinates of the grid. What is not finite counts as high.
    pub(crate) fn regions(&self, level: f64) -> Vec<Vec<[f64; 2]>> {
        let mut next = BTreeMap::new();
        for (i, j) in (0..=self.y.len()).flat_map(|j| (0..=self.x.len()).map(move |i| (i, j))) {
            self.square(i, j, level, &mut next);
        }
        let mut loops = Vec::new();
        while let Some((first, mut side)) = next.pop_first() {
            let mut points = vec![self.crossing(first, level)];
            while side != first {
                points.push(self.crossing(side, level));
                let Some(following) = next.remove(&side) else { break };
                side = following;
            }
            points.dedup();
            loops.push(points);
        }
        loops
    }

    /// The value at a point of the grid with its ring: column 0 and row 0 are the ring's.
    fn value(&self, i: usize, j: usize) -> f64 {
        let inside = (1..=self.x.len()).contains(&i) && (1..=self.y.len()).contains(&j);
        if !inside {
            return OUTSIDE;
        }
        let value = self.values[(j - 1) * self.x.len() + i - 1];
        if value.is_finite() { value } else { -OUTSIDE }
    }

    /// Adds the parts of edges in one square: from the side where the region is left to the one where it is entered
    /// again, walking around the square.
    fn square(&self, i: usize, j: usize, level: f64, next: &mut BTreeMap<Side, Side>) {
        let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
        let sides = [(0, i, j), (1, i + 1, j), (0, i, j + 1), (1, i, j)];
        let values = corners.map(|(i, j)| self.value(i, j));
        let high = values.map(|value| value >= level);
        let leaves = |k: usize| high[k] && !high[(k + 1) % 4];
        let enters = |k: usize| !high[k] && high[(k + 1) % 4];
        let joined = values.iter().sum::<f64>() / 4.0 >= level;
        for k in (0..4).filter(|&k| leaves(k)) {
            let ahead = (1..4).map(|step| (k + step) % 4).find(|&side| enters(side));
            let behind = (1..4).map(|step| (k + 4 - step) % 4).find(|&side| enters(side));
            if let Some(to) = if joined { ahead } else { behind } {
                next.insert(sides[k], sides[to]);
            }
        }
    }

    /// Where a side has the height of the level.
    fn crossing(&self, (direction, i, j): Side, level: f64) -> [f64; 2] {
        let (right, up) = if direction == 0 { (i + 1, j) } else { (i, j + 1) };
        let place = |list: &[f64], at: usize| list[at.clamp(1, list.len()) - 1];
        let (from, to) = (self.value(i, j), self.value(right, up));
        let part = ((level - from) / (to - from)).clamp(0.0, 1.0);
        let between = |a: f64, b: f64| a + part * (b - a);
        [between(place(self.x, i), place(self.x, right)), between(place(self.y, j), place(self.y, up))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Twice the area on the left of a loop.
    fn area(points: &[[f64; 2]]) -> f64 {
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum::<f64>() / 2.0
    }

    #[test]
    fn a_cone_has_circles_as_contours() {
        let axis: Vec<f64> = (0..=80).map(|i| f64::from(i) / 20.0 - 2.0).collect();
        let cone = |x: f64, y: f64| 3.0 - x.hypot(y);
        let values: Vec<f64> = axis.iter().flat_map(|&y| axis.iter().map(move |&x| cone(x, y))).collect();
        let loops = Grid { x: &axis, y: &axis, values: &values }.regions(1.5);
        let [circle] = &loops[..] else { panic!("{} loops", loops.len()) };
        assert!(circle.iter().all(|p| (p[0].hypot(p[1]) - 1.5).abs() < 0.01));
        assert!((area(circle) - std::f64::consts::PI * 2.25).abs() < 0.02, "{}", area(circle));
    }

    #[test]
    fn a_region_that_reaches_the_border_is_closed_along_it() {
        let (x, y) = ([0.0, 1.0, 2.0], [0.0, 1.0]);
        let loops = Grid { x: &x, y: &y, values: &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0] }.regions(0.5);
        assert_eq!(loops.len(), 1);
        assert!((area(&loops[0]) - 1.5).abs() < 1e-6, "{loops:?}");
        let everything = Grid { x: &x, y: &y, values: &[1.0; 6] }.regions(0.5);
        assert!((area(&everything[0]) - 2.0).abs() < 1e-6);
        assert!(Grid { x: &x, y: &y, values: &[0.0; 6] }.regions(0.5).is_empty());
        assert!(Grid { x: &[], y: &[], values: &[] }.regions(0.5).is_empty());
    }

    proptest! {
        /// Regions of opposite corners and holes included: what is above and what is not add up to the whole.
        #[test]
        fn the_area_is_what_linear_sides_enclose(values in proptest::collection::vec(0.0_f64..1.0, 30), level in 0.1_f64..0.9) {
            let (x, y): (Vec<f64>, Vec<f64>) = ((0..6).map(f64::from).collect(), (0..5).map(f64::from).collect());
            let above: f64 = Grid { x: &x, y: &y, values: &values }.regions(level).iter().map(|l| area(l)).sum();
            let turned: Vec<f64> = values.iter().map(|v| -v).collect();
            let below: f64 = Grid { x: &x, y: &y, values: &turned }.regions(-level).iter().map(|l| area(l)).sum();
            prop_assert!((above + below - 20.0).abs() < 1e-6, "{above} + {below}");
        }
    }
}
