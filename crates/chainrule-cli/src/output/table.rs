//! Tables for people: aligned columns, no lines.

use std::fmt;

/// Rows of cells under a header. The first column is text and stands left, the others are figures and stand right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with the given header.
    pub(crate) fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self::default().row(header)
    }

    /// The table with one more row.
    #[must_use]
    pub(crate) fn row<S: Into<String>>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// The rows, the header first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[String]> {
        self.rows.iter().map(Vec::as_slice)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let length = |cell: &String| cell.chars().count();
        let width =
            |column| self.rows.iter().filter_map(|row| row.get(column)).map(length).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cell = |(column, (cell, &width)): (usize, (&String, &usize))| {
                if column == 0 { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") }
            };
            let line: String = row.iter().zip(&widths).enumerate().map(cell).collect();
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number to four significant digits, the shorter of plain and scientific.
pub(crate) fn figure(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || !x.is_finite() {
        return x.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{x:.3e}");
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    format!("{x:.decimals$}")
}

/// A share of one, in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A count, with a space between thousands.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 4 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Text of others (labels, column names) without what would move the cursor or colour the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_right_under_each_other() {
        let table =
            Table::new(["", "loss", "accuracy"]).row(["train", "0.1", "99 %"]).row(["ä", "12.34", "9 %"]);
        let expected = "          loss  accuracy\n  train    0.1      99 %\n  ä      12.34       9 %\n";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn figures_have_four_significant_digits() {
        for (x, text) in [
            (0.0, "0"),
            (0.123_456, "0.1235"),
            (1.0, "1.000"),
            (-123.456, "-123.5"),
            (123_456.7, "123457"),
            (0.000_012_345, "1.234e-5"),
            (1e30, "1.000e30"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(figure(x), text);
        }
    }

    #[test]
    fn counts_of_five_digits_and_more_are_grouped() {
        assert_eq!([0, 1797, 60_000, 1_234_567].map(count), ["0", "1797", "60 000", "1 234 567"]);
    }

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
    }
}
