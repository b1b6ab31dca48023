//! The legend: every name that a line has, once, in rows below the title. There it covers nothing.

use super::Sheet;
use crate::figure::{Colour, Figure, Line, Panel, Stroke};
use crate::font;
use crate::picture::Frame;

impl Sheet {
    /// Writes the legend and moves down; without names there is none.
    pub(super) fn legend(&mut self, figure: &Figure) {
        let mut lines: Vec<&Line> = Vec::new();
        for line in figure.panels.iter().flat_map(Panel::lines).filter(|line| !line.name.is_empty()) {
            if !lines.iter().any(|known| known.name == line.name) {
                lines.push(line);
            }
        }
        if lines.is_empty() {
            return;
        }
        let (small, sample) = (self.small(), self.font * 1.9);
        let row = small * 1.5;
        let mut x = self.gap;
        self.y += row;
        for line in lines {
            let name = font::fit(&line.name, small, self.room() - sample - self.gap);
            let width = sample + self.gap * 0.6 + font::width(&name, small);
            if x > self.gap && x + width > self.picture.width - self.gap {
                x = self.gap;
                self.y += row;
            }
            let middle = self.y - row * 0.5;
            self.sample(line, x, sample, middle);
            self.text(&name, [x + sample + self.gap * 0.6, middle + small * 0.35], small, Colour::Ink);
            x += width + self.gap * 1.8;
        }
        self.y += self.gap * 0.4;
    }

    /// A piece of the line as it is drawn.
    fn sample(&mut self, line: &Line, left: f64, width: f64, y: f64) {
        let unit = self.font / 7.0;
        if line.stroke != Stroke::None {
            let dash = if line.stroke == Stroke::Dashed { unit * 3.0 } else { 0.0 };
            let thickness = if line.stroke == Stroke::Thin { unit * 0.45 } else { unit };
            self.shape(None, vec![[left, y], [left + width, y]], line.colour, thickness, dash);
        }
        let frame = Frame { left, top: y - self.gap, width, height: self.gap * 2.0 };
        self.marker(frame, [left + width / 2.0, y], line.marker, line.colour, false);
    }
}
