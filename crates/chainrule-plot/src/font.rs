//! The width of text, from the font that is part of the program.

use std::sync::LazyLock;
use ttf_parser::Face;

/// Latin, Greek and the signs of formulas, cut out of DejaVu Sans (see `fonts/README.md`).
pub(crate) const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
/// What programs know the font as.
pub(crate) const FAMILY: &str = "DejaVu Sans";

static FACE: LazyLock<Face<'static>> = LazyLock::new(|| {
    // Cannot fail: the font is part of the program, and a test reads it.
    Face::parse(FONT, 0).expect("the embedded font is one")
});

/// How far a line of text reaches, at a font size, in pixels. A character that the font lacks counts as a square.
pub fn width(text: &str, size: f64) -> f64 {
    let unit = f64::from(FACE.units_per_em());
    let advance = |c: char| FACE.glyph_index(c).and_then(|glyph| FACE.glyph_hor_advance(glyph));
    text.chars().map(|c| advance(c).map_or(1.0, |advance| f64::from(advance) / unit)).sum::<f64>() * size
}

/// The text, or its beginning and an ellipsis where it is too wide.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut characters: Vec<char> = text.chars().collect();
    while characters.pop().is_some() {
        let shorter: String = characters.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&shorter, size) <= room {
            return shorter;
        }
    }
    String::new()
}

/// Lines that are no wider than the room, broken between words; a word that is too wide ends in an ellipsis.
pub(crate) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, size, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_character_that_pictures_use() {
        for c in "AZaz09 .,:;−–…×·δσΣ∂∇√≤≥⁰¹²³⁴⁵⁶⁷⁸⁹⁻′‖äöüß°".chars()
        {
            assert!(FACE.glyph_index(c).is_some(), "{c}");
        }
    }

    #[test]
    fn text_that_is_too_wide_ends_in_an_ellipsis_within_the_room() {
        assert_eq!(fit("short", 10.0, 100.0), "short");
        let cut = fit("a name that is much too long for its place", 10.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 100.0, "{cut}");
        assert_eq!(fit("wide", 10.0, 1.0), "");
    }

    #[test]
    fn lines_break_between_words_and_keep_all_of_them() {
        let text = "every word of a long sentence is kept, in its order, on some line";
        let lines = wrap(text, 12.0, 150.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0) <= 150.0));
        assert_eq!(lines.join(" "), text);
        assert!(wrap("", 12.0, 150.0).is_empty());
    }
}
