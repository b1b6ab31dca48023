//! What becomes of a figure.

mod svg;
mod terminal;
mod text;

pub use terminal::{TerminalColours, terminal};
pub use text::text;

use crate::{Figure, Style, font, lay_out};
use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(font::FONT.to_vec());
    Arc::new(fonts)
});

/// The figure as SVG. The same figure and style give the same bytes.
pub fn svg(figure: &Figure, style: &Style) -> String {
    svg::write(&lay_out(figure, style))
}

/// The figure as PNG: its SVG, drawn.
///
/// # Errors
/// A sentence, where the picture is too large to be held in memory.
pub fn png(figure: &Figure, style: &Style) -> Result<Vec<u8>, String> {
    let options = usvg::Options {
        fontdb: Arc::clone(&FONTS),
        font_family: font::FAMILY.to_owned(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(&svg(figure, style), &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    let mut pixels = tiny_skia::Pixmap::new(width, height)
        .ok_or_else(|| format!("a picture of {width} × {height} pixels is too large"))?;
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}
