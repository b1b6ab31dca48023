//! Axes: names, labels and the lines of the grid.

use super::{Plot, Range, Sheet};
use crate::figure::{Axis, Colour, Panel, Scale};
use crate::font;
use crate::picture::{Frame, Shape, Text};
use crate::ticks::{rounded, ticks};

/// How far down the labels of the x axis reach, in font sizes: they begin below the lowest label of the y axis, whose middle
/// is at the end of the axis.
const X_LABELS: f64 = 1.85;

/// Labels and where they stand on an axis, from 0 to 1.
type Labels = Vec<(f64, String)>;

impl Sheet {
    /// Where the plot itself is, once axes and the scale of heights have their room.
    pub(super) fn plot_frame(&self, panel: &Panel, room: Frame, x: &Range, y: &Range) -> Frame {
        let named = |axis: &Axis| if axis.name.is_empty() { 0.0 } else { self.font * 1.3 };
        let (line, below) = (named(&panel.y), named(&panel.x));
        let bottom = self.small() * X_LABELS + below * 1.1;
        let height = room.height - bottom - self.gap * 0.5;
        let labels = self.y_labels(&panel.y, y, height, room.width * 0.3);
        let widest = labels.iter().map(|(_, label)| font::width(label, self.small())).fold(0.0, f64::max);
        let left = line + widest + self.gap;
        let right = match (panel.field(), panel.tiles()) {
            (Some(field), _) => self.field_margin(field),
            (None, Some(tiles)) => self.tiles_margin(tiles),
            // The last label may reach half its width over the end.
            (None, None) => (labels_width(x, self.small()) / 2.0).min(room.width * 0.1).max(self.gap),
        };
        let width = (room.width - left - right).max(1.0);
        Frame { left: room.left + left, top: room.top + self.gap * 0.5, width, height }
    }

    /// The size of labels.
    pub(super) fn small(&self) -> f64 {
        self.font * 0.88
    }

    /// Draws the grid with its labels, and the axes' names.
    pub(super) fn axes(&mut self, plot: &Plot<'_>, room: Frame) {
        let (frame, small) = (plot.frame, self.small());
        let [left, right] = [room.left - self.gap * 0.5, room.right() + self.gap * 0.5];
        for (share, label) in self.x_labels(&plot.panel.x, &plot.x, frame, [left, right]) {
            let x = frame.left + share * frame.width;
            self.grid_line(plot, [[x, frame.top], [x, frame.bottom()]]);
            let at = x - font::width(&label, small) / 2.0;
            self.text(&label, [at, frame.bottom() + small * (X_LABELS - 0.3)], small, Colour::Muted);
        }
        for (share, label) in self.y_labels(&plot.panel.y, &plot.y, frame.height, room.width * 0.3) {
            let y = frame.bottom() - share * frame.height;
            self.grid_line(plot, [[frame.left, y], [frame.right(), y]]);
            let at = frame.left - self.gap * 0.5 - font::width(&label, small);
            self.text(&label, [at, y + small * 0.35], small, Colour::Muted);
        }
        let name = font::fit(&plot.panel.x.name, self.font, room.width);
        let length = font::width(&name, self.font);
        let middle = frame.left + frame.width / 2.0 - length / 2.0;
        let at = middle.max(room.left).min(room.right() - length);
        let below = frame.bottom() + small * X_LABELS + self.font;
        self.text(&name, [at, below], self.font, Colour::Ink);
        self.upwards(&plot.panel.y.name, room.left + self.font, frame);
    }

    /// Writes a name upwards beside a plot, with its base line at `x`.
    pub(super) fn upwards(&mut self, name: &str, x: f64, frame: Frame) {
        let content = font::fit(name, self.font, frame.height);
        let length = font::width(&content, self.font);
        let at = [x, frame.top + frame.height / 2.0 + length / 2.0];
        let colour = self.style.theme.shade(Colour::Ink).to_owned();
        if !content.is_empty() {
            self.picture.texts.push(Text { content, at, size: self.font, colour, upwards: true });
        }
    }

    /// What covers the ground has contours or edges instead of a grid.
    fn grid_line(&mut self, plot: &Plot<'_>, ends: [[f64; 2]; 2]) {
        if !plot.panel.is_covered() {
            let (colour, width) = (self.style.theme.grid().to_owned(), self.font / 14.0);
            let points = ends.to_vec();
            self.picture.shapes.push((Some(plot.frame), Shape::Line { points, colour, width, dash: 0.0 }));
        }
    }

    /// As many labels as stand beside each other with room between them, within the outer bounds.
    fn x_labels(&self, axis: &Axis, range: &Range, frame: Frame, [left, right]: [f64; 2]) -> Labels {
        let small = self.small();
        let stands = |labels: &Labels| {
            let ends = labels.iter().map(|(share, label)| {
                let (middle, half) = (frame.left + share * frame.width, font::width(label, small) / 2.0);
                [middle - half, middle + half]
            });
            let ends: Vec<[f64; 2]> = ends.collect();
            ends.windows(2).all(|pair| pair[0][1] + self.gap <= pair[1][0])
                && ends.iter().all(|[a, b]| *a >= left && *b <= right)
        };
        let most = (frame.width / (self.font * 3.5)).floor().clamp(1.0, 12.0) as usize;
        let names = matches!(axis.scale, Scale::Names(_));
        // Names are shortened first, then every second one is left out.
        let attempts = if names { (1..=64).collect::<Vec<_>>() } else { (1..=most).rev().collect() };
        let found = attempts.into_iter().map(|n| {
            if names {
                let room = frame.width / (range.high - range.low) * n as f64 - self.gap;
                // Shorter than this, all begin alike: rather leave out some.
                let room = room.max(small * if n < 3 { 4.0 } else { 5.0 });
                let all = labels(range, usize::MAX).into_iter().step_by(n);
                all.map(|(share, label)| (share, font::fit(&label, small, room))).collect()
            } else {
                labels(range, n)
            }
        });
        found.into_iter().find(stands).unwrap_or_default()
    }

    fn y_labels(&self, axis: &Axis, range: &Range, height: f64, room: f64) -> Labels {
        let small = self.small();
        let most = (height / (small * 1.9)).floor().clamp(1.0, 12.0) as usize;
        let mut found = labels(range, most);
        if let Scale::Names(names) = &axis.scale {
            let least = small * 1.3;
            let every = (names.len() as f64 * least / height).ceil().max(1.0) as usize;
            found = found.into_iter().step_by(every).collect();
        }
        // Round numbers that are evenly spread may still be near each other on a logarithmic axis.
        let (least, mut last) = (small * 1.25 / height, f64::NEG_INFINITY);
        found.retain(|(share, _)| {
            let is_free = share - last >= least;
            last = if is_free { *share } else { last };
            is_free
        });
        found.into_iter().map(|(share, label)| (share, font::fit(&label, small, room))).collect()
    }
}

/// The labels of an axis, each with as few digits as tell it from its neighbours.
fn labels(range: &Range, most: usize) -> Labels {
    if range.scale == Scale::Bare {
        return Vec::new();
    }
    let values = ticks(&range.scale, [range.low, range.high], most);
    let names = match &range.scale {
        Scale::Names(names) => names.clone(),
        _ => distinct(&values),
    };
    let places = values.iter().map(|value| range.place(*value));
    let on_axis = |share: &f64| (-1e-9..=1.0 + 1e-9).contains(share);
    places.zip(names).filter_map(|(share, name)| Some((share.filter(on_axis)?, name))).collect()
}

/// Numbers with as few digits as tell them apart, and at least four where they have them.
pub(super) fn distinct(values: &[f64]) -> Vec<String> {
    let written = |digits| values.iter().map(|value| rounded(*value, digits)).collect::<Vec<_>>();
    let differ = |names: &Vec<String>| names.windows(2).all(|pair| pair[0] != pair[1]);
    (4..=12).map(written).find(differ).unwrap_or_else(|| written(12))
}

fn labels_width(range: &Range, size: f64) -> f64 {
    let found = labels(range, 6);
    found.last().map_or(0.0, |(_, label)| font::width(label, size))
}
