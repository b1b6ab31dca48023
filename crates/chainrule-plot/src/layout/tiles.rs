//! Tiles: shaded cells, and the scale beside them that says which shade is which value.

use super::axes::distinct;
use super::{Plot, Sheet};
use crate::figure::{Colour, Scale, Shades, Tiles};
use crate::font;
use crate::picture::{Frame, Shape, Text};
use crate::theme::Theme;
use crate::ticks::ticks;

/// Steps of the scale: more than can be told apart.
const STEPS: usize = 48;

impl Sheet {
    /// The room on the right of tiles: the scale, its labels and its name.
    pub(super) fn tiles_margin(&self, tiles: &Tiles) -> f64 {
        let labels = scale_labels(tiles.shades).into_iter();
        let widths = labels.map(|(_, label)| font::width(&label, self.small()));
        self.gap * 2.6 + self.font * 2.4 + widths.fold(0.0, f64::max)
    }

    /// Draws the cells, what is written in them, and their scale.
    pub(super) fn tiles(&mut self, plot: &Plot<'_>, tiles: &Tiles) {
        let size = self.label_size(plot, tiles);
        for (n, &value) in tiles.values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            let Some(frame) = cell(plot, tiles, n) else { continue };
            let fill = self.style.theme.shaded(tiles.shades.share(value));
            let label = size.and_then(|size| Some((size, tiles.labels.get(n)?)));
            if let Some((size, label)) = label.filter(|(_, label)| !label.is_empty()) {
                let left = frame.left + (frame.width - font::width(label, size)) / 2.0;
                let at = [left, frame.top + frame.height / 2.0 + size * 0.35];
                let colour = Theme::on(&fill).to_owned();
                self.picture.texts.push(Text { content: label.clone(), at, size, colour, upwards: false });
            }
            self.picture
                .shapes
                .push((Some(plot.frame), Shape::Area { loops: vec![corners(frame)], fill, edge: None }));
        }
        self.shade_scale(tiles, plot.frame);
    }

    /// The size at which the longest label fits into its cell, if it can be read there.
    fn label_size(&self, plot: &Plot<'_>, tiles: &Tiles) -> Option<f64> {
        let frame = cell(plot, tiles, 0).filter(|_| !tiles.labels.is_empty())?;
        let longest = tiles.labels.iter().map(|label| font::width(label, 1.0)).fold(0.0, f64::max);
        let size = self.small().min(frame.width * 0.86 / longest.max(0.1)).min(frame.height * 0.7);
        (size >= self.small() * 0.6).then_some(size)
    }

    fn shade_scale(&mut self, tiles: &Tiles, frame: Frame) {
        let (small, [low, high]) = (self.small(), tiles.shades.ends());
        let bar = Frame { left: frame.right() + self.gap * 1.2, width: self.font * 1.1, ..frame };
        let step = bar.height / STEPS as f64;
        for n in 0..STEPS {
            let value = low + (high - low) * (n as f64 + 0.5) / STEPS as f64;
            let fill = self.style.theme.shaded(tiles.shades.share(value));
            // A little higher than its step, so that no ground shows between two.
            let frame = Frame { top: bar.bottom() - (n + 1) as f64 * step, height: step * 1.3, ..bar };
            self.picture
                .shapes
                .push((Some(bar), Shape::Area { loops: vec![corners(frame)], fill, edge: None }));
        }
        self.border(bar);
        let labels = scale_labels(tiles.shades);
        let widest = labels.iter().map(|(_, label)| font::width(label, small)).fold(0.0, f64::max);
        let every = (labels.len() as f64 * small * 1.3 / bar.height).ceil().max(1.0) as usize;
        for (share, label) in labels.into_iter().step_by(every) {
            let y = bar.bottom() - share * bar.height + small * 0.35;
            self.text(&label, [bar.right() + self.gap * 0.5, y], small, Colour::Muted);
        }
        self.upwards(&tiles.name, bar.right() + self.gap + widest + self.font, frame);
    }
}

/// The labels of the scale, and where they stand from 0 to 1.
fn scale_labels(shades: Shades) -> Vec<(f64, String)> {
    let [low, high] = shades.ends();
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        return vec![(if low < 0.0 { 0.5 } else { 0.0 }, "0".to_owned())];
    }
    let values = ticks(&Scale::Linear, [low, high], 8);
    values.iter().zip(distinct(&values)).map(|(value, label)| ((value - low) / span, label)).collect()
}

/// Where a cell is.
fn cell(plot: &Plot<'_>, tiles: &Tiles, n: usize) -> Option<Frame> {
    let (columns, rows) = (tiles.columns.max(1), tiles.rows());
    let (i, j) = (n % columns, n / columns);
    let along = |[low, high]: [f64; 2], n: usize, of: usize| low + (high - low) * n as f64 / of as f64;
    let [left, bottom] = plot.place([along(tiles.x, i, columns), along(tiles.y, j, rows)])?;
    let [right, top] = plot.place([along(tiles.x, i + 1, columns), along(tiles.y, j + 1, rows)])?;
    Some(Frame { left, top, width: right - left, height: bottom - top })
}

fn corners(frame: Frame) -> Vec<[f64; 2]> {
    let (right, bottom) = (frame.right(), frame.bottom());
    vec![[frame.left, frame.top], [right, frame.top], [right, bottom], [frame.left, bottom]]
}
