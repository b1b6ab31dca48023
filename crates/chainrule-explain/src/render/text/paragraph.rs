//! Prose in lines of 80 characters, formulas among the words.

use super::formula::{Matrices, Style};
use super::layout::width;
use crate::derivation::Span;
use crate::render::grouping::explicit;

/// Keeps a formula's parts on one line while lines are filled.
const BOUND: char = '\u{a0}';

/// Formulas wider than this may be broken at their spaces.
const WIDEST_BOUND: usize = 40;

/// Spans in lines of at most `room`.
pub(super) fn wrapped(spans: &[Span], digits: usize, room: usize) -> Vec<String> {
    let style = Style { digits, matrices: Matrices::OneLine };
    let mut text = String::new();
    for span in spans {
        match span {
            Span::Text(words) => text.push_str(words),
            Span::Math(expr) => {
                let formula = style.one_line(&explicit(expr));
                let bound = width(&formula) <= WIDEST_BOUND;
                text.push_str(&if bound { formula.replace(' ', &BOUND.to_string()) } else { formula });
            }
        }
    }
    let words: Vec<&str> = text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()).collect();
    filled(&words, room).into_iter().map(|line| line.replace(BOUND, " ")).collect()
}

/// Words in lines of at most `room`; a word that is longer by itself is cut.
pub(super) fn filled(words: &[&str], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.iter().flat_map(|word| cut(word, room)) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// A word in parts of at most `room`.
fn cut(word: &str, room: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in word.chars() {
        let mut longer = parts.last().cloned().unwrap_or_default();
        longer.push(c);
        match parts.last_mut() {
            Some(last) if width(&longer) <= room.max(1) => *last = longer,
            _ => parts.push(c.to_string()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Expr, Symbol};

    #[test]
    fn a_short_formula_is_not_torn_apart() {
        let formula = Expr::sum([Symbol::new("a").into(), Symbol::new("b").into()]);
        let spans = [Span::Text("This is ".into()), Span::Math(formula), Span::Text(", and more.".into())];
        assert_eq!(wrapped(&spans, 6, 12), ["This is", "a + b, and", "more."]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        assert_eq!(filled(&["abcdefg"], 3), ["abc", "def", "g"]);
    }
}
