//! Writing SVG.
//!
//! Every text says how long it is (`textLength`), so that a viewer that has another font draws it just as long.

use crate::font::FAMILY;
use crate::picture::{Frame, Picture, Shape, Text};
use std::fmt::Write;

/// A picture as SVG.
pub(super) fn write(picture: &Picture) -> String {
    let (w, h) = (round(picture.width), round(picture.height));
    let title = escaped(&picture.title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         role=\"img\" font-family=\"{FAMILY}, Verdana, sans-serif\">\n<title>{title}</title>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        picture.ground
    );
    let mut frames: Vec<Frame> = Vec::new();
    for frame in picture.shapes.iter().filter_map(|(frame, _)| *frame) {
        if !frames.contains(&frame) {
            let Frame { left, top, width, height } = frame;
            let [x, y, w, h] = [left, top, width, height].map(round);
            add(
                &mut svg,
                format_args!(
                    "<clipPath id=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>\n",
                    id(picture, frames.len())
                ),
            );
            frames.push(frame);
        }
    }
    for group in picture.shapes.chunk_by(|a, b| a.0 == b.0) {
        let frame = group[0].0.and_then(|frame| frames.iter().position(|known| *known == frame));
        match frame {
            Some(n) => add(&mut svg, format_args!("<g clip-path=\"url(#{})\">\n", id(picture, n))),
            None => add(&mut svg, format_args!("<g>\n")),
        }
        for (_, shape) in group {
            add_shape(&mut svg, shape);
        }
        svg.push_str("</g>\n");
    }
    for text in &picture.texts {
        add_text(&mut svg, text);
    }
    svg + "</svg>\n"
}

/// A name for a frame that no other picture on the same page has: pages take in whole SVGs, and names are theirs.
fn id(picture: &Picture, n: usize) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let places = picture.texts.iter().flat_map(|text| text.at).chain([picture.width, picture.height]);
    let texts = picture.texts.iter().flat_map(|text| text.content.bytes());
    // As they are written: a logarithm's last bit is not the same in every build.
    for byte in places.flat_map(|place| round(place).into_bytes()).chain(texts).chain(picture.ground.bytes())
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("f{hash:016x}-{n}")
}

fn add(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Cannot fail: a String takes everything.
    svg.write_fmt(arguments).expect("memory");
}

fn add_shape(svg: &mut String, shape: &Shape) {
    match shape {
        Shape::Area { loops, fill, edge } => {
            let path: String = loops.iter().map(|points| path(points) + "Z").collect();
            let edge = edge_attributes(edge.as_ref());
            add(svg, format_args!("<path d=\"{path}\" fill=\"{fill}\" fill-rule=\"evenodd\"{edge}/>\n"));
        }
        Shape::Line { points, colour, width, dash } => {
            let dashes = match round(*dash).as_str() {
                "0" => String::new(),
                dash => format!(" stroke-dasharray=\"{dash} {}\"", round(width * 2.0)),
            };
            let (path, width) = (path(points), round(*width));
            add(
                svg,
                format_args!(
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" stroke-linecap=\"butt\"{dashes}/>\n"
                ),
            );
        }
        Shape::Disc { centre, radius, fill, edge } => {
            let ([x, y], r) = (centre.map(round), round(*radius));
            let edge = edge_attributes(edge.as_ref());
            add(svg, format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{fill}\"{edge}/>\n"));
        }
    }
}

fn edge_attributes(edge: Option<&(String, f64)>) -> String {
    edge.map_or_else(String::new, |(colour, width)| {
        format!(" stroke=\"{colour}\" stroke-width=\"{}\"", round(*width))
    })
}

fn path(points: &[[f64; 2]]) -> String {
    let mut path = String::new();
    for (i, point) in points.iter().enumerate() {
        let [x, y] = point.map(round);
        add(&mut path, format_args!("{}{x} {y}", if i == 0 { "M" } else { "L" }));
    }
    path
}

fn add_text(svg: &mut String, text: &Text) {
    let ([x, y], size, length) = (text.at.map(round), round(text.size), round(text.length()));
    let turned = if text.upwards { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    let (colour, content) = (&text.colour, escaped(&text.content));
    add(
        svg,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\"{turned}>{content}</text>\n"
        ),
    );
}

/// A hundredth of a pixel is as good as none; without it the same picture is the same bytes on every machine.
fn round(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text in which nothing is markup, and no character that XML does not know.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
