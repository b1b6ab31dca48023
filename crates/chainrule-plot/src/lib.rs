//! Charts: numbers in, SVG, PNG and text out.
//!
//! The key decision is that a picture is laid out here, and not by whoever shows it. One free font is part of the
//! program, so the width of every text is known before it is drawn: no label runs into another or out of the picture, a
//! test can prove that, and the same numbers give the same bytes on every machine. The SVG is written by hand, with text
//! that stays text (it can be searched, copied and read aloud); the PNG is that SVG, drawn by `resvg`. Nothing needs a
//! browser, a network or a library of the system.
//!
//! A [`Figure`] is plain data, and what lays it out knows no networks. Only [`pictures`] knows what the numbers mean, and gives
//! the names.
//!
//! ```
//! use chainrule_plot::{Axis, Figure, Layer, Line, Panel, Style, Theme, render};
//!
//! let line = Line::new("loss", vec![[1.0, 0.9], [2.0, 0.4], [3.0, 0.3]]);
//! let panel = Panel { layers: vec![Layer::Line(line)], ..Panel::new(Axis::whole("epoch"), Axis::log("loss")) };
//! let figure = Figure::new("One training", vec![panel]);
//! let style = Style { width: 400, theme: Theme::Dark };
//! assert!(render::svg(&figure, &style).starts_with("<svg"));
//! assert!(render::text(&figure).contains("2   0.4"), "{}", render::text(&figure));
//! ```
#![forbid(unsafe_code)]

mod contour;
mod figure;
mod font;
mod layout;
mod picture;
pub mod pictures;
pub mod render;
mod theme;
mod ticks;

pub use figure::{
    Axis, Colour, Field, Figure, Graph, Layer, Line, Link, Marker, Node, Panel, REGION_BANDS, Regions, Scale,
    Shades, Side, Stroke, Tiles,
};
pub use font::width as text_width;
pub use layout::lay_out;
pub use picture::{Frame, Picture, Shape, Text};
pub use theme::{N_COLOURS, Style, Theme};
pub use ticks::number;
