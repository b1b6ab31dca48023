//! Fields: filled contours, and the scale beside them that says which colour is which height.

use super::axes::distinct;
use super::{Plot, Sheet};
use crate::contour::Grid;
use crate::figure::{Colour, Field, Scale};
use crate::font;
use crate::picture::{Frame, Shape};
use crate::theme;
use crate::ticks::ticks;

/// About as many bands of colour as can be told apart.
const BANDS: usize = 14;

/// The heights at which the colour changes.
struct Bands {
    levels: Vec<f64>,
    log: bool,
    extent: [f64; 2],
}

impl Bands {
    /// None for a field without a finite height.
    fn of(field: &Field) -> Option<Self> {
        let extent = field.extent()?;
        let [low, high] = extent;
        let log = low > 0.0 && high / low > 10.0;
        let scale = if log { Scale::Log } else { Scale::Linear };
        let levels = if low < high { ticks(&scale, extent, BANDS) } else { Vec::new() };
        let levels: Vec<f64> = levels.into_iter().filter(|level| *level > low && *level < high).collect();
        let log = log && levels.iter().all(|level| *level > 0.0);
        Some(Self { levels: if log { refined(levels) } else { levels }, log, extent })
    }

    /// The colour between level n − 1 and level n.
    fn colour(&self, n: usize) -> String {
        theme::height(if self.levels.is_empty() { 0.5 } else { n as f64 / self.levels.len() as f64 })
    }

    /// Where heights are evenly spread.
    fn scaled(&self, height: f64) -> f64 {
        if self.log { height.ln() } else { height }
    }
}

/// Levels of a logarithmic scale with one more between each two, where there are few.
fn refined(levels: Vec<f64>) -> Vec<f64> {
    if levels.len() * 2 > BANDS {
        return levels;
    }
    let between = levels.windows(2).map(|pair| (pair[0] * pair[1]).sqrt());
    let mut all: Vec<f64> = levels.iter().copied().chain(between).collect();
    all.sort_by(f64::total_cmp);
    all
}

impl Sheet {
    /// The room on the right of a field: the scale, its labels and its name.
    pub(super) fn field_margin(&self, field: &Field) -> f64 {
        let levels = Bands::of(field).map_or(Vec::new(), |bands| bands.levels);
        let widths = distinct(&levels).into_iter().map(|label| font::width(&label, self.small()));
        self.gap * 2.6 + self.font * 2.4 + widths.fold(0.0, f64::max)
    }

    /// Draws the heights and their scale.
    pub(super) fn field(&mut self, plot: &Plot<'_>, field: &Field, room: Frame) {
        let frame = plot.frame;
        let right = [frame.right(), frame.bottom()];
        let all = vec![[frame.left, frame.top], [right[0], frame.top], right, [frame.left, right[1]]];
        let blank = self.style.theme.blank().to_owned();
        let Some(bands) = Bands::of(field) else {
            return self.area(frame, vec![all], blank, None);
        };
        self.area(frame, vec![all], bands.colour(0), None);
        let scaled: Vec<f64> = field.heights.iter().map(|height| bands.scaled(*height)).collect();
        let grid = Grid { x: &field.x, y: &field.y, values: &scaled };
        let place = |loops: Vec<Vec<[f64; 2]>>| -> Vec<Vec<[f64; 2]>> {
            let points = |points: Vec<[f64; 2]>| points.into_iter().filter_map(|p| plot.place(p)).collect();
            loops.into_iter().map(points).collect()
        };
        for (n, level) in bands.levels.iter().enumerate() {
            let loops = place(grid.regions(bands.scaled(*level)));
            let edge = (self.style.theme.shade(Colour::Ink).to_owned() + "55", self.font / 28.0);
            self.area(frame, loops, bands.colour(n + 1), Some(edge));
        }
        if field.heights.iter().any(|height| !height.is_finite()) {
            let holes: Vec<f64> =
                field.heights.iter().map(|height| f64::from(u8::from(!height.is_finite()))).collect();
            let holes = Grid { values: &holes, ..grid };
            self.area(frame, place(holes.regions(0.5)), blank, None);
        }
        self.height_scale(&bands, field, frame, room);
    }

    fn area(&mut self, frame: Frame, loops: Vec<Vec<[f64; 2]>>, fill: String, edge: Option<(String, f64)>) {
        if !loops.is_empty() {
            self.picture.shapes.push((Some(frame), Shape::Area { loops, fill, edge }));
        }
    }

    /// Bands of colour of one height each, with the level between two of them.
    fn height_scale(&mut self, bands: &Bands, field: &Field, frame: Frame, room: Frame) {
        let (small, n) = (self.small(), bands.levels.len() + 1);
        let bar = Frame { left: frame.right() + self.gap * 1.2, width: self.font * 1.1, ..frame };
        let step = bar.height / n as f64;
        for band in 0..n {
            let top = bar.bottom() - (band + 1) as f64 * step;
            let loops = vec![vec![
                [bar.left, top],
                [bar.right(), top],
                [bar.right(), top + step],
                [bar.left, top + step],
            ]];
            self.area(bar, loops, bands.colour(band), None);
        }
        self.border(bar);
        let every = (small * 1.25 / step).ceil().max(1.0) as usize;
        for (band, label) in distinct(&bands.levels).iter().enumerate().step_by(every) {
            let y = bar.bottom() - (band + 1) as f64 * step + small * 0.35;
            self.text(label, [bar.right() + self.gap * 0.5, y], small, Colour::Muted);
        }
        let constant = bands.extent[0] == bands.extent[1];
        let name = if constant {
            format!("{}: {} everywhere", field.name, crate::number(bands.extent[0]))
        } else {
            field.name.clone()
        };
        self.upwards(&name, room.right() - self.font * 0.25, frame);
    }
}
