//! Names that a user mistyped, answered with the one that was meant.

use std::borrow::Cow;

/// Of what a message is about it repeats so many characters.
const MOST_REPEATED: usize = 60;

/// `unknown optimizer 'adan'`, and on a line of its own what to do about it.
pub(crate) fn unknown(what: &str, given: &str, known: &[&str]) -> String {
    let (list, given) = (known.join(", "), shortened(given));
    match nearest(&given, known) {
        Some(name) => format!("unknown {what} '{given}'\ndid you mean '{name}'? known: {list}"),
        None => format!("unknown {what} '{given}'\nknown: {list}"),
    }
}

/// A text as a message repeats it: cut off where it is longer than anybody reads.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_REPEATED) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The most similar of the known names, if any is similar enough to be meant.
pub(crate) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    // In names as short as z2, one letter too many already makes the names dissimilar.
    let similarity = |a: &str, b: &str| {
        let slip = if strsim::levenshtein(a, b) <= 1 { 0.76 } else { 0.0 };
        strsim::jaro_winkler(a, b).max(slip)
    };
    known
        .iter()
        .map(|&name| (similarity(&plain(given), &plain(name)), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_60_characters_at_most() {
        let long = "δ".repeat(61);
        assert_eq!(shortened(&long[2..]), long[2..]);
        assert_eq!(shortened(&long), format!("{}…", &long[2..]));
        assert!(unknown("symbol", &"z".repeat(100_000), &["z1"]).len() < 200);
    }

    #[test]
    fn a_slip_finds_the_name_that_was_meant_and_another_word_finds_none() {
        let known = ["learning_rate", "weights", "bias"];
        assert_eq!(nearest("learning-rat", &known), Some("learning_rate"));
        assert_eq!(nearest("wieghts", &known), Some("weights"));
        assert_eq!(nearest("xyz", &known), None);
        assert_eq!(nearest("zz2", &["a1", "z2", "b2"]), Some("z2"));
    }
}
