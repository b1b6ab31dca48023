//! Numbers, vectors and matrices as texts have them: `−0,22`, `1.2·10^{-3}`, `(1.1, 0.9)`, `[1 2; 3 4]`, `[[1, 2], [3, 4]]ᵀ`.
//!
//! `(1,2)` may be two numbers or one with a decimal comma. Both readings are returned, and the shape of what is claimed
//! decides.

use super::markup::CELL;
use crate::claim::Printed;
use crate::digits;
use crate::example::values::Nested;

/// What a comma between two digits is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comma {
    Separator,
    Decimal,
}

/// The values that a part may stand for, likeliest first; none for a formula.
pub(super) fn readings(part: &str) -> Vec<Nested<Printed>> {
    let unwrapped = within_brackets(part.trim());
    let text = unwrapped.as_deref().unwrap_or(part.trim());
    let Some(open) = text.chars().next().filter(|c| matches!(c, '[' | '(')) else {
        return bare(text).into_iter().collect();
    };
    let Some((inner, rest)) = bracketed(text) else { return Vec::new() };
    let (rest, turned) = transposition(rest);
    if !ends(rest) {
        return Vec::new();
    }
    let readings =
        [Comma::Separator, Comma::Decimal].into_iter().filter_map(|comma| nested(inner, open, comma));
    readings.map(|value| if turned { transposed(value) } else { value }).collect()
}

/// A matrix that has brackets around it of its own, as an `array` of LaTeX has, without them.
fn within_brackets(text: &str) -> Option<String> {
    let (inner, behind) = if text.starts_with(['[', '(']) { bracketed(text)? } else { return None };
    let matrix = inner.trim();
    let is_all = matrix.starts_with("[[") && bracketed(matrix).is_some_and(|(_, rest)| rest.is_empty());
    is_all.then(|| format!("{matrix}{behind}"))
}

/// A number, or several with commas between, and behind them nothing that calculates.
fn bare(text: &str) -> Option<Nested<Printed>> {
    let (first, mut rest) = leading_number(text)?;
    let mut list = vec![first];
    while let Some(behind) =
        rest.trim_start().strip_prefix([',', ';']).filter(|behind| behind.starts_with(' '))
    {
        let Some((number, after)) = leading_number(behind.trim_start()) else { break };
        list.push(number);
        rest = after;
    }
    if !ends(rest) {
        return None;
    }
    Some(if list.len() == 1 { Nested::One(list.swap_remove(0)) } else { Nested::List(list) })
}

/// Whether what stands behind a value is the end, punctuation or prose; an operator or a symbol makes it a formula.
fn ends(rest: &str) -> bool {
    let Some(next) = rest.trim_start().chars().next() else { return true };
    if matches!(next, '.' | ',' | ':' | ';' | '!' | '?' | '…' | ')' | ']' | '}' | '"' | '”') {
        // A point and nothing else; .5 would be a product of something.
        return !rest.trim_start()[next.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
    }
    let words = rest.trim_start().trim_start_matches('(');
    let word: String = words.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    rest.starts_with(' ')
        && word.chars().count() > 1
        && word.chars().all(char::is_alphabetic)
        && word.is_ascii()
}

/// What stands between a bracket at the start and the one that closes it, and what follows.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[1..at], &text[at + 1..]));
        }
    }
    None
}

/// What follows a mark of transposition, if there is one.
fn transposition(rest: &str) -> (&str, bool) {
    let marks = ["ᵀ", "^ᵀ", "^{ᵀ}", "^{T}", "^{{T}}", "^T"];
    let found = marks.iter().find_map(|mark| rest.strip_prefix(mark));
    found.map_or((rest, false), |rest| (rest, true))
}

fn transposed(value: Nested<Printed>) -> Nested<Printed> {
    let rows = match value {
        Nested::Rows(rows) => rows,
        list => return list,
    };
    let columns = rows.first().map_or(0, Vec::len);
    Nested::Rows((0..columns).map(|j| rows.iter().map(|row| row[j].clone()).collect()).collect())
}

/// The value between brackets: rows in brackets of their own or parted by semicolons, or a list.
fn nested(inner: &str, open: char, comma: Comma) -> Option<Nested<Printed>> {
    let mut rest = inner.trim();
    if rest.starts_with(['[', '(']) {
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let (row, behind) = bracketed(rest).filter(|_| rest.starts_with(['[', '(']))?;
            // A LaTeX matrix may end with a line break, which begins a row that has nothing in it.
            if !row.trim().is_empty() {
                rows.push(cells(row, comma)?);
            }
            rest = behind.trim_start().trim_start_matches([',', ';']).trim_start();
        }
        let regular = rows.first().is_some_and(|first| rows.iter().all(|row| row.len() == first.len()));
        return regular.then_some(Nested::Rows(rows));
    }
    if comma == Comma::Separator && rest.contains(';') {
        let rows: Vec<Vec<Printed>> = rest.split(';').map(|row| cells(row, comma)).collect::<Option<_>>()?;
        let regular = rows.first().is_some_and(|first| rows.iter().all(|row| row.len() == first.len()));
        return regular.then_some(Nested::Rows(rows));
    }
    let mut list = cells(rest, comma)?;
    Some(if list.len() == 1 && open == '(' { Nested::One(list.swap_remove(0)) } else { Nested::List(list) })
}

/// The numbers of a row, between commas, semicolons, the signs of a LaTeX matrix, or spaces.
fn cells(row: &str, comma: Comma) -> Option<Vec<Printed>> {
    let comma = if row.contains(CELL) { Comma::Decimal } else { comma };
    let mut numbers = Vec::new();
    for cell in cut(row, comma) {
        match number(&cell) {
            Some(number) => numbers.push(number),
            None => numbers.extend(cell.split_whitespace().map(number).collect::<Option<Vec<_>>>()?),
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

fn cut(row: &str, comma: Comma) -> Vec<String> {
    let signs: Vec<char> = row.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| signs.get(at)).is_some_and(char::is_ascii_digit);
    let mut cells = vec![String::new()];
    for (at, &c) in signs.iter().enumerate() {
        let is_decimal = comma == Comma::Decimal && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
        if c == CELL || c == ';' || (c == ',' && !is_decimal) {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    cells
}

/// A text that is a number and nothing else.
fn number(text: &str) -> Option<Printed> {
    let (number, rest) = leading_number(text.trim().trim_start_matches('{'))?;
    rest.trim_matches(['}', ' ', '…']).is_empty().then_some(number)
}

/// The number that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(Printed, &str)> {
    let text = text.trim_start_matches(['{', ' ']);
    let unsigned = text.trim_start_matches(['-', '−', '–', '+']).trim_start();
    let sign = text[..text.len() - unsigned.len()].trim_end();
    let (mantissa, mut rest) = decimal(unsigned)?;
    let mut written = format!("{sign}{mantissa}");
    if let Some((exponent, behind)) = exponent(rest) {
        written = format!("{written}e{exponent}");
        rest = behind;
    } else if let Some((under, behind)) =
        rest.trim_start().strip_prefix('/').and_then(|under| decimal(under.trim_start()))
    {
        written = format!("{written}/{under}");
        rest = behind;
    }
    let printed = digits::printed(&written).ok()?;
    Some((printed, rest.strip_prefix('}').unwrap_or(rest)))
}

/// Digits, and behind a point or comma more of them.
fn decimal(text: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let decimals = text[whole..].strip_prefix(['.', ',']).map_or(0, digits);
    let length = if decimals > 0 { whole + 1 + decimals } else { whole };
    (length > 0).then(|| text.split_at(length))
}

/// The exponent of `e-3`, `·10^{-3}`, `× 10⁻³`.
fn exponent(text: &str) -> Option<(String, &str)> {
    let plain = text.strip_prefix(['e', 'E']);
    let power = || text.trim_start().strip_prefix(['·', '×', '*'])?.trim_start().strip_prefix("10");
    let (behind, raised) = match plain {
        Some(behind) => (behind, true),
        None => (power()?, false),
    };
    let mut exponent = String::new();
    let mut rest = behind.trim_start_matches(['^', '{']);
    let is_raised = raised || rest.len() < behind.len();
    while let Some(c) = rest.chars().next() {
        let digit = match c {
            '-' | '−' | '⁻' if exponent.is_empty() => '-',
            '0'..='9' if is_raised => c,
            '⁰' => '0',
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            '⁴'..='⁹' => char::from_digit(u32::from(c) - u32::from('⁰'), 10)?,
            _ => break,
        };
        exponent.push(digit);
        rest = &rest[c.len_utf8()..];
    }
    let any = exponent.ends_with(|c: char| c.is_ascii_digit());
    any.then(|| (exponent, rest.strip_prefix('}').unwrap_or(rest)))
}
