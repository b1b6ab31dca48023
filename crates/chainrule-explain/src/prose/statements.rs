//! Statements with equals signs: where one ends and the next begins, and what quantity it is about.

use super::markup::{END, Placed};
use crate::example::Example;
use crate::worked::symbols;

/// `symbol = formula = value`, cut at its equals signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The line on which the symbol stands.
    pub(super) line: usize,
    /// At least two.
    pub(super) parts: Vec<String>,
}

impl Statement {
    /// The statement in one line.
    pub(super) fn text(&self) -> String {
        let words = |part: &String| part.split_whitespace().collect::<Vec<_>>().join(" ");
        self.parts.iter().map(words).collect::<Vec<_>>().join(" = ")
    }
}

/// Every statement of a text.
pub(super) fn of(text: &[Placed], example: &Example) -> Vec<Statement> {
    let mut statements = Vec::new();
    for piece in pieces(text) {
        let parts = equated(piece);
        // Signs with nothing around them underline a heading.
        if parts.len() > 1 && parts.iter().any(|(text, _)| !text.trim().is_empty()) {
            divided(&parts, example, &mut statements);
        }
    }
    statements
}

/// The symbol at the end of a statement's first part, in prose before it or not.
///
/// # Errors
/// Why there is none.
pub(super) fn symbol(statement: &Statement, example: &Example) -> Result<String, String> {
    let part = statement.parts[0].trim_end_matches([':', ' ']);
    let found = trailing_symbol(part, example);
    found.map(|at| part[at..].trim().to_owned()).ok_or_else(|| {
        let Some(last) = part.split_whitespace().next_back() else {
            return "no symbol stands before the equals sign".into();
        };
        let symbols = example.conventions.symbols;
        match symbols::read(last, example.step.layers.len(), symbols) {
            Ok(_) => format!("'{}' is a formula on the left", part.trim()),
            Err(message) => message.lines().next().unwrap_or("").to_owned(),
        }
    })
}

/// Where the symbol begins that a text ends with; the longest that is one, with nothing or a word before it.
fn trailing_symbol(text: &str, example: &Example) -> Option<usize> {
    let mut starts: Vec<usize> = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if !c.is_whitespace() && !in_word {
            starts.push(at);
        }
        in_word = !c.is_whitespace();
    }
    let nearest = &starts[starts.len().saturating_sub(6)..];
    nearest.iter().copied().find(|&at| {
        let reading = symbols::read(&text[at..], example.step.layers.len(), example.conventions.symbols);
        reading.is_ok() && text[..at].split_whitespace().next_back().is_none_or(is_prose)
    })
}

/// Whether a word is none of a formula: letters, at least two of them, or the end of a sentence or of a clause.
fn is_prose(word: &str) -> bool {
    const FACTORS: [&str; 5] = ["eta", "alpha", "lambda", "sum", "diag"];
    let letters = word.trim_start_matches(['(', '"', '“']).trim_end_matches([',', ':', '.', ')']);
    let is_word = letters.chars().count() > 1 && letters.chars().all(char::is_alphabetic);
    let is_label = word.starts_with('(') && word.ends_with(')') && letters.chars().all(char::is_alphabetic);
    (is_word && !FACTORS.contains(&letters)) || is_label || word.ends_with([',', ':', '.'])
}

/// A text cut where statements end: at line breaks outside brackets, at the borders of formulas, at semicolons. A line
/// that begins or ends with an equals sign belongs together with its neighbour.
fn pieces(text: &[Placed]) -> Vec<&[Placed]> {
    let mut pieces = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, &(c, _)) in text.iter().enumerate() {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_border = match c {
            END => depth == 0 || is_blank_line(&text[at + 1..]),
            ';' => depth == 0,
            '$' | '`' | '|' => true,
            _ => false,
        };
        let continues = || {
            let before = neighbour(text[start..at + usize::from(c == END)].iter().rev());
            let behind = neighbour(text[at + usize::from(c != END)..].iter());
            [before, behind].iter().any(|c| c.is_some_and(is_equals))
        };
        if is_border && !(c != ';' && continues()) {
            pieces.push(&text[start..at]);
            (start, depth) = (at + 1, 0);
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// The first character that counts, within the paragraph.
fn neighbour<'a>(text: impl Iterator<Item = &'a Placed>) -> Option<char> {
    let mut breaks = 0;
    for &(c, _) in text {
        breaks += usize::from(c == END);
        if breaks > 1 {
            return None;
        }
        if !is_space(c) {
            return Some(c);
        }
    }
    None
}

fn is_blank_line(behind: &[Placed]) -> bool {
    behind.iter().map(|(c, _)| *c).find(|c| *c != ' ' && *c != '\t').is_none_or(|c| c == END)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '$' | '`')
}

fn is_equals(c: char) -> bool {
    matches!(c, '=' | '≈')
}

/// The parts between equals signs outside brackets, each with the line of its first character.
fn equated(piece: &[Placed]) -> Vec<(String, usize)> {
    let mut parts = vec![(String::new(), 0)];
    let mut depth = 0_usize;
    for &(c, line) in piece {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if is_equals(c) && depth == 0 {
            // A part with nothing in it stands where its equals sign stands.
            parts.iter_mut().filter(|(_, first)| *first == 0).for_each(|(_, first)| *first = line);
            parts.push((String::new(), line));
        } else if let Some((text, first)) = parts.last_mut() {
            if text.trim().is_empty() && !is_space(c) {
                *first = line;
            }
            text.push(if is_space(c) { ' ' } else { c });
        }
    }
    parts
}

/// Statements of a piece such as `z1 = 1.1 and a1 = 0.75`, which is two.
fn divided(parts: &[(String, usize)], example: &Example, statements: &mut Vec<Statement>) {
    let mut current = Statement { line: parts[0].1, parts: vec![parts[0].0.clone()] };
    for (index, (text, line)) in parts.iter().enumerate().skip(1) {
        let begins = trailing_symbol(text, example).filter(|&at| index + 1 < parts.len() && at > 0);
        let at = begins.filter(|&at| !text[..at].trim().is_empty());
        let Some(at) = at else {
            current.parts.push(text.clone());
            continue;
        };
        current.parts.push(text[..at].to_owned());
        let next = Statement { line: *line, parts: vec![text[at..].to_owned()] };
        statements.push(std::mem::replace(&mut current, next));
    }
    statements.push(current);
}
