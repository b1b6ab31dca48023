//! A picture that is laid out: shapes and texts at their places, in pixels from the upper left corner.

use crate::font;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Its left side.
    pub left: f64,
    /// Its upper side.
    pub top: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// Shapes and texts at their places.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: f64,
    /// Pixels from top to bottom.
    pub height: f64,
    /// What the picture is called, for those who hear it.
    pub title: String,
    /// The colour behind everything.
    pub ground: String,
    /// From the back to the front, each within a frame if it has one.
    pub shapes: Vec<(Option<Frame>, Shape)>,
    /// In front of all shapes.
    pub texts: Vec<Text>,
}

/// Something drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// What lies within an odd number of loops.
    Area {
        /// Closed loops.
        loops: Vec<Vec<[f64; 2]>>,
        /// The colour inside.
        fill: String,
        /// The colour and width of the edge.
        edge: Option<(String, f64)>,
    },
    /// Points, joined.
    Line {
        /// The points.
        points: Vec<[f64; 2]>,
        /// The colour.
        colour: String,
        /// The width of the line.
        width: f64,
        /// The length of dashes; 0 for a whole line.
        dash: f64,
    },
    /// A disc.
    Disc {
        /// Where it is.
        centre: [f64; 2],
        /// How large it is.
        radius: f64,
        /// The colour inside.
        fill: String,
        /// The colour and width of the edge.
        edge: Option<(String, f64)>,
    },
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it says.
    pub content: String,
    /// Where it begins, on its base line.
    pub at: [f64; 2],
    /// The font size.
    pub size: f64,
    /// The colour.
    pub colour: String,
    /// Whether it runs upwards.
    pub upwards: bool,
}

/// How far letters reach above and below the base line, in font sizes.
const ASCENT: f64 = 0.93;
const DESCENT: f64 = 0.24;

impl Frame {
    /// The right side.
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// The lower side.
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Whether two rectangles share more than a side.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }

    /// Whether all of the other one is in it.
    pub fn holds(&self, other: &Self) -> bool {
        other.left >= self.left
            && other.right() <= self.right()
            && other.top >= self.top
            && other.bottom() <= self.bottom()
    }
}

impl Text {
    /// How far it reaches along its base line.
    pub fn length(&self) -> f64 {
        font::width(&self.content, self.size)
    }

    /// The room that it takes.
    pub fn frame(&self) -> Frame {
        let ([x, y], length) = (self.at, self.length());
        let (ascent, height) = (ASCENT * self.size, (ASCENT + DESCENT) * self.size);
        if self.upwards {
            Frame { left: x - ascent, top: y - length, width: height, height: length }
        } else {
            Frame { left: x, top: y - ascent, width: length, height }
        }
    }
}
