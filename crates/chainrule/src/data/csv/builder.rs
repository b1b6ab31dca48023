//! One column of a text file, cell by cell.
//!
//! A column begins as numbers and stays so while every cell that is not missing is one. The first such cell decides
//! otherwise: if it is text, the column is text. What contradicts it later (text among numbers, numbers among text) is
//! counted, and judged when all cells are known: see [`Builder::finish`].

use crate::data::dataset::TextBuilder;
use crate::data::{MISSING, Numbers, Values};

/// Collects the cells of a column.
#[derive(Debug)]
pub(in crate::data) enum Builder {
    /// The column is dropped.
    Dropped,
    /// Numbers so far, perhaps with some text among them.
    Numbers(NumberCells),
    /// Text.
    Text(TextCells),
}

#[derive(Debug)]
pub(in crate::data) struct NumberCells {
    values: Vec<f64>,
    /// Cells that were taken out before these.
    n_before: usize,
    n_numbers: usize,
    odd: Odd,
}

#[derive(Debug)]
pub(in crate::data) struct TextCells {
    cells: TextBuilder,
    typing: Typing,
    /// Cells that were taken out before these.
    n_before: usize,
    n_numbers: usize,
    /// The others, where the type was found.
    odd: Odd,
}

/// Why a column is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typing {
    /// The user says so, or all cells were judged before.
    Given,
    /// Its first cell is.
    Found,
}

/// Cells that are not what their column is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::data) struct Odd {
    /// How many.
    pub(in crate::data) count: usize,
    /// Row and text of the first.
    pub(in crate::data) first: Option<(usize, String)>,
}

/// What a column turned out to be.
#[derive(Debug)]
pub(in crate::data) enum Built {
    /// Dropped.
    Nothing,
    /// Numbers or text.
    Column(Values),
    /// Mostly numbers, and some text.
    Mixed(Odd),
    /// Text, but its first cells looked like numbers and were not kept: to be read again as text.
    ReadAgain,
}

impl Builder {
    /// A column of numbers, until a cell says otherwise. `values` is empty, with room for all rows.
    pub(in crate::data) fn new(values: Vec<f64>) -> Self {
        Self::Numbers(NumberCells { values, n_before: 0, n_numbers: 0, odd: Odd::default() })
    }

    /// A column of text, whatever its cells look like. `codes` is empty, with room for all rows.
    pub(in crate::data) fn text(codes: Vec<u32>) -> Self {
        Self::Text(TextCells::new(codes, Typing::Given, 0))
    }

    /// Takes in the next cell. `None` is a missing one.
    pub(in crate::data) fn push(&mut self, cell: Option<&str>) {
        match self {
            Self::Dropped => {}
            Self::Text(text) => text.push(cell),
            Self::Numbers(cells) => {
                if let Some(text) = cells.push(cell) {
                    let mut codes = Vec::with_capacity(cells.values.capacity());
                    codes.resize(cells.values.len(), MISSING);
                    let mut found = TextCells::new(codes, Typing::Found, cells.n_before);
                    found.push(Some(text));
                    *self = Self::Text(found);
                }
            }
        }
    }

    /// Judges the column. Text among at least as many numbers is more likely a slip than a category, and is not
    /// guessed at.
    pub(in crate::data) fn finish(self) -> Built {
        match self {
            Self::Dropped => Built::Nothing,
            Self::Numbers(cells) if cells.odd.count == 0 => {
                Built::Column(Values::Numbers(Numbers::F64(cells.values)))
            }
            Self::Numbers(cells) if cells.n_numbers >= cells.odd.count => Built::Mixed(cells.odd),
            Self::Numbers(_) => Built::ReadAgain,
            Self::Text(cells) if cells.is_mixed() => Built::Mixed(cells.odd),
            Self::Text(cells) => Built::Column(Values::Text(cells.cells.finish())),
        }
    }

    /// Takes out the cells so far; the next piece of the column follows. What is known of the column stays. None of a column
    /// that is dropped.
    pub(in crate::data) fn take(&mut self) -> Option<Values> {
        match self {
            Self::Dropped => None,
            Self::Numbers(cells) => {
                cells.n_before += cells.values.len();
                Some(Values::Numbers(Numbers::F64(std::mem::take(&mut cells.values))))
            }
            Self::Text(cells) => {
                let text = cells.cells.take();
                cells.n_before += text.codes.len();
                Some(Values::Text(text))
            }
        }
    }
}

impl NumberCells {
    /// Takes in a cell, or gives it back: text before any number.
    fn push<'a>(&mut self, cell: Option<&'a str>) -> Option<&'a str> {
        let value = match cell {
            None => f64::NAN,
            Some(text) => match number(text) {
                Some(value) => {
                    self.n_numbers += 1;
                    value
                }
                None if self.n_numbers == 0 => return Some(text),
                None => {
                    self.odd.add(self.n_before + self.values.len(), text);
                    f64::NAN
                }
            },
        };
        self.values.push(value);
        None
    }
}

impl TextCells {
    fn new(codes: Vec<u32>, typing: Typing, n_before: usize) -> Self {
        let cells = TextBuilder::new(codes);
        Self { cells, typing, n_before, n_numbers: 0, odd: Odd::default() }
    }

    fn push(&mut self, cell: Option<&str>) {
        if let (Typing::Found, Some(text)) = (self.typing, cell) {
            if number(text).is_some() {
                self.n_numbers += 1;
            } else {
                self.odd.add(self.n_before + self.cells.text().codes.len(), text);
            }
        }
        self.cells.push(cell);
    }

    /// Whether the type was found and there are at least as many numbers as texts.
    fn is_mixed(&self) -> bool {
        self.typing == Typing::Found && self.n_numbers >= self.odd.count
    }
}

impl Odd {
    fn add(&mut self, row: usize, text: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| (row, text.to_string()));
    }
}

/// The number that a cell stands for: an integer, a decimal, with or without an exponent, or an infinity, which is
/// refused later by its place. "nan" is no number; it is missing, if the user says so, or text.
pub(in crate::data) fn number(cell: &str) -> Option<f64> {
    cell.parse::<f64>().ok().filter(|value| !value.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(cells: &[&str]) -> Built {
        let mut builder = Builder::new(Vec::new());
        for &cell in cells {
            builder.push((cell != "?").then_some(cell));
        }
        builder.finish()
    }

    #[test]
    fn numbers_are_what_rust_parses_without_nan() {
        for (cell, value) in [("1", 1.0), ("-.5", -0.5), ("+5.", 5.0), ("1e-3", 0.001), ("1E3", 1000.0)] {
            assert_eq!(number(cell), Some(value), "{cell}");
        }
        for cell in ["0x10", "1_000", "1,5", "nan", "NaN", "1f", "--1", "", "1 2", "½"] {
            assert_eq!(number(cell), None, "{cell}");
        }
        assert_eq!(number("1e999"), Some(f64::INFINITY));
        assert_eq!(number("-inf"), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn text_is_coded_in_order_of_first_appearance() {
        let Built::Column(Values::Text(text)) = build(&["?", "b", "a", "b", "?"]) else { panic!() };
        assert_eq!(text.codes, [MISSING, 0, 1, 0, MISSING]);
        assert_eq!(text.vocabulary, ["b", "a"]);
    }

    #[test]
    fn a_column_of_missing_cells_is_numbers() {
        let Built::Column(Values::Numbers(Numbers::F64(values))) = build(&["?", "?"]) else { panic!() };
        assert!(values.len() == 2 && values.iter().all(|x| x.is_nan()));
    }

    #[test]
    fn text_among_as_many_numbers_is_a_mix_in_any_order() {
        for cells in [&["1", "x", "2"][..], &["x", "1", "2"], &["?", "1", "x"]] {
            let Built::Mixed(odd) = build(cells) else { panic!("{cells:?}") };
            assert_eq!((odd.count, odd.first.unwrap().1.as_str()), (1, "x"));
        }
    }

    #[test]
    fn a_number_among_more_text_is_text() {
        assert!(matches!(build(&["x", "1", "y"]), Built::Column(Values::Text(_))));
        assert!(matches!(build(&["1", "x", "y"]), Built::ReadAgain));
    }

    #[test]
    fn given_text_keeps_numbers_as_they_are_written() {
        let mut builder = Builder::text(Vec::new());
        for cell in ["01", "1", "1.0"] {
            builder.push(Some(cell));
        }
        let Built::Column(Values::Text(text)) = builder.finish() else { panic!() };
        assert_eq!(text.vocabulary, ["01", "1", "1.0"]);
    }
}
