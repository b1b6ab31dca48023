//! Regions: the part of a plane that belongs to each class, the darker the more certain it is.

use super::{Plot, Sheet};
use crate::contour::Grid;
use crate::figure::{Colour, REGION_BANDS, Regions};
use crate::picture::Shape;
use crate::theme::mixed;

/// How much of its class's colour each band has, the least certain one first: enough of the ground is left for the data.
const TINTS: [f64; REGION_BANDS.len() + 1] = [0.16, 0.28, 0.42, 0.58];

impl Sheet {
    /// Fills the region of each class, and the bands in it from which on it has a share.
    pub(super) fn regions(&mut self, plot: &Plot<'_>, regions: &Regions) {
        for (k, shares) in regions.shares.iter().enumerate() {
            let margins = regions.margins(k);
            let shares: Vec<f64> =
                shares.iter().map(|share| if share.is_finite() { *share } else { -1.0 }).collect();
            self.band(plot, regions, &margins, 0.0, self.tint(k, 0), true);
            for (n, level) in REGION_BANDS.iter().enumerate() {
                self.band(plot, regions, &shares, *level, self.tint(k, n + 1), false);
            }
        }
    }

    fn tint(&self, class: usize, band: usize) -> String {
        let theme = self.style.theme;
        mixed(theme.ground(), theme.shade(Colour::Nth(class)), TINTS[band])
    }

    /// Fills where the values are at least a level; the border of a class has an edge.
    fn band(
        &mut self,
        plot: &Plot<'_>,
        regions: &Regions,
        values: &[f64],
        level: f64,
        fill: String,
        edge: bool,
    ) {
        let grid = Grid { x: &regions.x, y: &regions.y, values };
        let points =
            |points: Vec<[f64; 2]>| points.into_iter().filter_map(|point| plot.place(point)).collect();
        let loops: Vec<Vec<[f64; 2]>> = grid.regions(level).into_iter().map(points).collect();
        if !loops.is_empty() {
            let edge = edge.then(|| (self.style.theme.shade(Colour::Muted).to_owned(), self.font / 12.0));
            self.picture.shapes.push((Some(plot.frame), Shape::Area { loops, fill, edge }));
        }
    }
}
