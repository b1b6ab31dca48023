//! Dots on a path, as many as can be told apart.

use crate::{Colour, Line, Marker, Stroke};

/// The least distance of two dots, on the average, as a share of the picture.
const APART: f64 = 0.03;

/// At every how many steps a dot can stand on paths over a grid: 1, 2, 5, 10, 20, …, by the longest of them, so that the dots
/// of a slower one are closer together.
pub(super) fn every(paths: &[Vec<[f64; 2]>], grid: &[Vec<f64>; 2]) -> usize {
    let spans = [0, 1].map(|axis| match (grid[axis].first(), grid[axis].last()) {
        (Some(low), Some(high)) if high > low => high - low,
        _ => 1.0,
    });
    let step = |path: &Vec<[f64; 2]>| {
        let steps = path.windows(2).map(|pair| {
            let [dx, dy] = [0, 1].map(|axis| (pair[1][axis] - pair[0][axis]) / spans[axis]);
            dx.hypot(dy)
        });
        // What leaves the picture is not seen.
        let length: f64 = steps.filter(|length| length.is_finite()).map(|length| length.min(1.0)).sum();
        length / path.len().saturating_sub(1).max(1) as f64
    };
    let longest = paths.iter().map(step).fold(0.0, f64::max);
    let choices = (0..9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_usize.pow(power)));
    let mut choices = choices.skip_while(|every| longest * (*every as f64) < APART);
    choices.next().unwrap_or(usize::MAX).min(paths.iter().map(Vec::len).max().unwrap_or(1).max(1))
}

/// A dot at every so many points, beside the line that joins all of them. It has no name: it shows nothing that the line has not.
pub(super) fn line(points: &[[f64; 2]], every: usize) -> Line {
    let points = points.iter().step_by(every.max(1)).copied().collect();
    Line { colour: Colour::Ink, stroke: Stroke::None, marker: Marker::Dot, ..Line::new("", points) }
}

/// What has to be said of them.
pub(super) fn note(every: usize) -> String {
    match every {
        1 => "Each dot is a step.".to_owned(),
        2 => "A dot stands at every second step.".to_owned(),
        _ => format!("A dot stands at every {every}th step."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straight(step: f64, n: i32) -> Vec<[f64; 2]> {
        (0..=n).map(|i| [f64::from(i) * step, 0.0]).collect()
    }

    #[test]
    fn dots_stand_as_far_apart_on_the_fastest_path_as_can_be_told_apart() {
        let grid = [vec![0.0, 10.0], vec![0.0, 1.0]];
        assert_eq!(every(&[straight(0.3, 20)], &grid), 1);
        assert_eq!(every(&[straight(0.1, 20), straight(0.01, 20)], &grid), 5);
        assert_eq!(every(&[straight(0.02, 300)], &grid), 20);
        assert_eq!(every(&[straight(0.0, 6)], &grid), 7);
        assert_eq!(every(&[], &grid), 1);
        assert_eq!(every(&[vec![[f64::NAN; 2], [1.0, 0.0]]], &grid), 2);
        assert_eq!(line(&straight(1.0, 10), 5).points, [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]);
        assert!(note(50).contains("50th"));
    }
}
