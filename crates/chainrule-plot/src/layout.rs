//! From a figure to a picture: where everything stands.
//!
//! From the top: the title, the legend, the panels, the notes. Each takes the room that its texts need, which is known
//! because the font is; what does not fit is wrapped (sentences), shortened (names) or left out (every second label).
//! Text gets larger with the picture, but slower than it.

mod axes;
mod field;
mod graph;
mod legend;
mod range;
mod regions;
mod tiles;

pub(crate) use range::{Range, range_of};

use crate::figure::{Colour, Figure, Layer, Line, Marker, Panel, Stroke};
use crate::font;
use crate::picture::{Frame, Picture, Shape, Text};
use crate::theme::Style;

/// From here on down, nothing can be read any more.
const SMALLEST: u32 = 240;
const LARGEST: u32 = 8192;

/// A panel is not higher than this times its width, so that it can be seen as a whole.
const HIGHEST: f64 = 0.85;

/// Decides where everything stands. The width is taken to be at least 240 and at most 8,192 pixels.
pub fn lay_out(figure: &Figure, style: &Style) -> Picture {
    let mut sheet = Sheet::new(figure, *style);
    sheet.title(&figure.title);
    sheet.legend(figure);
    sheet.panels(figure);
    sheet.notes(&figure.notes);
    sheet.picture.height = (sheet.y + sheet.gap).ceil();
    sheet.picture
}

/// A picture in the making.
struct Sheet {
    picture: Picture,
    style: Style,
    /// The size of common text.
    font: f64,
    /// What keeps things apart.
    gap: f64,
    /// How far down it is filled.
    y: f64,
}

/// A panel's places: the plot itself and both axes.
struct Plot<'a> {
    panel: &'a Panel,
    frame: Frame,
    x: Range,
    y: Range,
}

impl Sheet {
    fn new(figure: &Figure, style: Style) -> Self {
        let width = f64::from(style.width.clamp(SMALLEST, LARGEST));
        let font = 9.0 + width / 150.0;
        let picture = Picture {
            width,
            height: 0.0,
            title: figure.title.clone(),
            ground: style.theme.ground().to_owned(),
            shapes: Vec::new(),
            texts: Vec::new(),
        };
        let gap = (font * 0.7).round();
        Self { picture, style, font, gap, y: gap }
    }

    fn room(&self) -> f64 {
        self.picture.width - 2.0 * self.gap
    }

    /// Adds a text that begins at `left`, with its base line at `y`.
    fn text(&mut self, content: &str, [left, y]: [f64; 2], size: f64, colour: Colour) {
        if !content.is_empty() {
            let colour = self.style.theme.shade(colour).to_owned();
            self.picture.texts.push(Text {
                content: content.to_owned(),
                at: [left, y],
                size,
                colour,
                upwards: false,
            });
        }
    }

    /// Adds lines of text below one another, and moves down.
    fn paragraph(&mut self, text: &str, size: f64, colour: Colour) {
        for line in font::wrap(text, size, self.room()) {
            self.y += size * 1.3;
            self.text(&line, [self.gap, self.y - size * 0.28], size, colour);
        }
    }

    fn title(&mut self, title: &str) {
        self.paragraph(title, self.font * 1.2, Colour::Ink);
        self.y += self.gap * 0.5;
    }

    fn notes(&mut self, notes: &[String]) {
        for note in notes {
            self.y += self.gap * 0.4;
            self.paragraph(note, self.font * 0.88, Colour::Muted);
        }
    }

    fn panels(&mut self, figure: &Figure) {
        let fitting = (self.room() / (self.font * 22.0)).floor().max(1.0) as usize;
        let columns = figure.columns.clamp(1, fitting).min(figure.panels.len().max(1));
        let width = (self.room() - self.gap * 2.0 * (columns - 1) as f64) / columns as f64;
        for row in figure.panels.chunks(columns) {
            let heights = row.iter().map(|panel| self.panel_height(panel, width));
            let height = heights.fold(self.font * 12.0, f64::max);
            if row.iter().any(|panel| !panel.title.is_empty()) {
                self.y += self.gap * 0.5 + self.font * 1.3;
            }
            for (n, panel) in row.iter().enumerate() {
                let left = self.gap + n as f64 * (width + 2.0 * self.gap);
                let title = font::fit(&panel.title, self.font, width);
                self.text(&title, [left, self.y - self.font * 0.28], self.font, Colour::Ink);
                self.panel(panel, Frame { left, top: self.y + self.gap * 0.6, width, height });
            }
            self.y += self.gap * 1.2 + height;
        }
    }

    /// How high a panel of this width should be, with its axes.
    fn panel_height(&self, panel: &Panel, width: f64) -> f64 {
        let Some((ratio, (x, y))) = panel.ratio.zip(range_of(panel, 0).zip(range_of(panel, 1))) else {
            return width * if panel.field().is_some() { 0.78 } else { 0.58 };
        };
        let room = Frame { left: 0.0, top: 0.0, width, height: width };
        let frame = self.plot_frame(panel, room, &x, &y);
        (frame.width * ratio + room.height - frame.height).min(width * HIGHEST)
    }

    /// Draws a panel with its axes into the room that it has.
    fn panel(&mut self, panel: &Panel, room: Frame) {
        let Some((x, y)) = range_of(panel, 0).zip(range_of(panel, 1)) else {
            return self.empty(room);
        };
        let mut frame = self.plot_frame(panel, room, &x, &y);
        if let Some(ratio) = panel.ratio {
            frame.width = frame.width.min(frame.height / ratio);
            frame.height = frame.height.min(frame.width * ratio);
        }
        let plot = Plot { panel, frame, x, y };
        if let Some(field) = panel.field() {
            self.field(&plot, field, room);
        }
        if let Some(tiles) = panel.tiles() {
            self.tiles(&plot, tiles);
        }
        if let Some(regions) = panel.regions() {
            self.regions(&plot, regions);
        }
        if let Some(graph) = panel.graph() {
            self.graph(&plot, graph);
        }
        self.axes(&plot, room);
        for layer in &panel.layers {
            if let Layer::Line(line) = layer {
                self.line(&plot, line);
            }
        }
        self.border(frame);
    }

    /// Says that there is nothing to see.
    fn empty(&mut self, room: Frame) {
        self.border(room);
        let text = font::fit("nothing to show: there are no numbers", self.font, room.width - self.gap);
        let left = room.left + (room.width - font::width(&text, self.font)) / 2.0;
        self.text(&text, [left, room.top + room.height / 2.0], self.font, Colour::Muted);
    }

    fn border(&mut self, frame: Frame) {
        let (right, bottom) = (frame.right(), frame.bottom());
        let corners = [[frame.left, frame.top], [right, frame.top], [right, bottom], [frame.left, bottom]];
        let points = corners.into_iter().chain([corners[0]]).collect();
        self.shape(None, points, Colour::Muted, self.font / 14.0, 0.0);
    }

    fn shape(&mut self, frame: Option<Frame>, points: Vec<[f64; 2]>, colour: Colour, width: f64, dash: f64) {
        let colour = self.style.theme.shade(colour).to_owned();
        self.picture.shapes.push((frame, Shape::Line { points, colour, width, dash }));
    }

    /// Draws a line, with a seam in the colour of the ground where it lies on a field.
    fn line(&mut self, plot: &Plot<'_>, line: &Line) {
        let on_field = plot.panel.is_covered();
        let place = |point: &[f64; 2]| plot.place(*point);
        let unit = self.font / 7.0;
        let width = if line.stroke == Stroke::Thin { unit * 0.45 } else { unit };
        let dash = if line.stroke == Stroke::Dashed { unit * 3.0 } else { 0.0 };
        if line.stroke != Stroke::None {
            let runs = line.points.iter().map(place).collect::<Vec<_>>();
            for run in runs.split(Option::is_none) {
                let points: Vec<[f64; 2]> = run.iter().copied().flatten().collect();
                if let ([point], Marker::None) = (&points[..], line.marker) {
                    self.marker(plot.frame, *point, Marker::Dot, line.colour, on_field);
                } else if points.len() > 1 {
                    if on_field {
                        self.seam(plot.frame, points.clone(), width + unit);
                    }
                    self.shape(Some(plot.frame), points, line.colour, width, dash);
                }
            }
        }
        for point in line.points.iter().filter_map(place) {
            self.marker(plot.frame, point, line.marker, line.colour, on_field);
        }
    }

    fn seam(&mut self, frame: Frame, points: Vec<[f64; 2]>, width: f64) {
        let colour = self.style.theme.ground().to_owned();
        self.picture.shapes.push((Some(frame), Shape::Line { points, colour, width, dash: 0.0 }));
    }

    fn marker(&mut self, frame: Frame, at: [f64; 2], marker: Marker, colour: Colour, seam: bool) {
        let shade = self.style.theme.shade(colour).to_owned();
        let ground = self.style.theme.ground().to_owned();
        let unit = self.font / 7.0;
        // Markers may reach over the border: a point on it is whole.
        let wide = Frame {
            left: frame.left - self.gap * 0.5,
            top: frame.top - self.gap * 0.5,
            width: frame.width + self.gap,
            height: frame.height + self.gap,
        };
        let [x, y] = at;
        let edge = seam.then(|| (ground.clone(), unit * 0.5));
        let shape = match marker {
            Marker::None => return,
            Marker::Dot => Shape::Disc { centre: at, radius: unit * 1.2, fill: shade, edge },
            Marker::Ring => {
                let edge = Some((shade, unit * 0.9));
                Shape::Disc { centre: at, radius: unit * 2.2, fill: ground, edge }
            }
            Marker::Square | Marker::Diamond => {
                let r = unit * if marker == Marker::Square { 1.9 } else { 2.8 };
                let corners = if marker == Marker::Square {
                    vec![[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]]
                } else {
                    vec![[x, y - r], [x + r, y], [x, y + r], [x - r, y]]
                };
                Shape::Area { loops: vec![corners], fill: shade, edge: Some((ground, unit * 0.5)) }
            }
            Marker::Cross => {
                let r = unit * 2.0;
                for points in [vec![[x - r, y - r], [x + r, y + r]], vec![[x - r, y + r], [x + r, y - r]]] {
                    if seam {
                        self.seam(wide, points.clone(), unit * 2.2);
                    }
                    self.shape(Some(wide), points, colour, unit * 1.2, 0.0);
                }
                return;
            }
        };
        self.picture.shapes.push((Some(wide), shape));
    }
}

impl Plot<'_> {
    /// The place of a point in the picture; none for what has no place on an axis.
    fn place(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        // What is far outside would only make long numbers.
        let near = |share: f64| share.clamp(-50.0, 50.0);
        Some([
            self.frame.left + near(x) * self.frame.width,
            self.frame.bottom() - near(y) * self.frame.height,
        ])
    }
}
