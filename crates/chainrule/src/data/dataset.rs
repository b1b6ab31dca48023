//! A table as it was read: named, typed columns, some of them targets.

use std::collections::HashMap;

use super::printed::coded;
use crate::{Error, Position, Result};

/// Rows of features with their targets, as they stand in a file: nothing is scaled, coded or filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name of the source for messages: a path as the user gave it, or the name of an embedded set.
    pub source: String,
    /// The inputs.
    pub features: Vec<Column>,
    /// What is to be predicted; empty in data to predict on.
    pub targets: Vec<Column>,
    /// One weight per row, or none: every row counts the same.
    pub sample_weight: Option<Vec<f64>>,
    /// Names of the file's other columns: dropped, or sample weights. Data to predict on may have them too.
    pub ignored: Vec<String>,
    /// Where the rows stand in the file.
    pub lines: Lines,
    /// Number of rows of every column.
    pub n_rows: usize,
    /// What the reader noticed and the user should know: rows skipped, numbers that lose digits.
    pub warnings: Vec<String>,
}

/// The line of a text file in which each row of data begins; empty where the source has no lines.
///
/// Kept as runs of rows that begin on consecutive lines: one, unless lines are blank, skipped or within quotes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lines {
    /// First row, from 0, and its line, from 1, of each run.
    runs: Vec<(usize, u64)>,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name from the header; `column 0`, … (pixel, feature, … by format) without one.
    pub name: String,
    /// Its cells.
    pub values: Values,
}

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN where a cell is missing.
    Numbers(Numbers),
    /// Text, each different text once, with one code per row.
    Text(Text),
}

/// Numbers in the width in which their source has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Bytes: pixels.
    U8(Vec<u8>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision: everything read from text.
    F64(Vec<f64>),
}

/// Text cells, coded by the order of first appearance.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Text {
    /// One code per row: an index into `vocabulary`, or [`MISSING`].
    pub codes: Vec<u32>,
    /// The different texts.
    pub vocabulary: Vec<String>,
}

/// The code of a missing text cell.
pub const MISSING: u32 = u32::MAX;

/// Which columns of a table are targets.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Target {
    /// The last column.
    #[default]
    Last,
    /// The named columns; a name that no column has may be an index from 0, negative from the end.
    Columns(Vec<String>),
    /// The columns of exactly these names: those that a model predicts. That one is missing is a fault of the data.
    OfModel(Vec<String>),
    /// None: data to predict on.
    None,
}

impl Numbers {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row, as `f64`, which holds each of them exactly.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn get(&self, row: usize) -> f64 {
        match self {
            Self::U8(values) => f64::from(values[row]),
            Self::F32(values) => f64::from(values[row]),
            Self::F64(values) => values[row],
        }
    }
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Text(text) => text.codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers as the names of categories, each in its shortest form: 3, 0.5. Text stays as it is.
    #[must_use]
    pub fn into_text(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text),
            Self::Numbers(_) => Self::Text(coded(&self).into_owned()),
        }
    }
}

/// Codes text cells by the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    text: Text,
    lookup: HashMap<String, u32>,
}

impl TextBuilder {
    /// Goes on behind `codes`, of which there is no text yet.
    pub(crate) fn new(codes: Vec<u32>) -> Self {
        Self { text: Text { codes, vocabulary: Vec::new() }, lookup: HashMap::new() }
    }

    /// Takes in the next cell. `None` is a missing one.
    pub(crate) fn push(&mut self, cell: Option<&str>) {
        let code = cell.map_or(MISSING, |cell| self.code(cell));
        self.text.codes.push(code);
    }

    /// The cells so far.
    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    /// Takes out the cells so far; the texts keep their codes for those to come.
    pub(crate) fn take(&mut self) -> Text {
        let vocabulary = self.text.vocabulary.clone();
        Text { codes: std::mem::take(&mut self.text.codes), vocabulary }
    }

    /// All cells.
    pub(crate) fn finish(self) -> Text {
        self.text
    }

    /// The code of a text; a new one gets the next.
    pub(crate) fn code(&mut self, cell: &str) -> u32 {
        if let Some(&code) = self.lookup.get(cell) {
            return code;
        }
        let code = self.text.vocabulary.len() as u32;
        self.text.vocabulary.push(cell.to_string());
        self.lookup.insert(cell.to_string(), code);
        code
    }
}

impl Lines {
    /// Appends the line in which `row` begins; rows come in order.
    pub(crate) fn push(&mut self, row: usize, line: u64) {
        if self.of(row) != Some(line) {
            self.runs.push((row, line));
        }
    }

    /// Appends the lines of the rows from `first_row` on.
    pub(crate) fn append(&mut self, first_row: usize, piece: &Self) {
        for &(row, line) in &piece.runs {
            self.push(first_row + row, line);
        }
    }

    /// In how many runs they are kept.
    pub(crate) fn n_runs(&self) -> usize {
        self.runs.len()
    }

    /// The line in which a row, from 0, begins.
    pub fn of(&self, row: usize) -> Option<u64> {
        let runs = self.runs.partition_point(|&(first, _)| first <= row);
        let (first, line) = self.runs[..runs].last()?;
        Some(line + (row - first) as u64)
    }
}

impl Dataset {
    /// The same error in this table's file, and in the line of the row that it is about.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let line = error.row().and_then(|row| self.lines.of(row));
        match (line, error.position()) {
            (Some(line), None) => {
                error.at(Position { file: self.source.clone(), line: Some(line), column: None })
            }
            _ => error.in_file(&self.source),
        }
    }

    /// Checks that every column, and the sample weights, have one cell per row.
    ///
    /// # Errors
    /// [`Data`](crate::ErrorKind::Data) with the first column that has not.
    pub fn validate(&self) -> Result<()> {
        for column in self.features.iter().chain(&self.targets) {
            if column.values.len() != self.n_rows {
                let message = format!(
                    "column '{}' has {} rows where the table has {}",
                    column.name,
                    column.values.len(),
                    self.n_rows
                );
                return Err(Error::data(message).in_file(&self.source));
            }
        }
        if self.sample_weight.as_ref().is_some_and(|weights| weights.len() != self.n_rows) {
            return Err(
                Error::data(format!("one sample weight per row, {} rows", self.n_rows)).in_file(&self.source)
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_find_their_lines_across_gaps() {
        let mut lines = Lines::default();
        assert_eq!(lines.of(0), None);
        for (row, line) in [(0, 2), (1, 3), (2, 7), (3, 8), (4, 10)] {
            lines.push(row, line);
        }
        assert_eq!(lines.runs, [(0, 2), (2, 7), (4, 10)]);
        assert_eq!([0, 1, 2, 3, 4].map(|row| lines.of(row)), [2, 3, 7, 8, 10].map(Some));
    }

    #[test]
    fn numbers_become_categories_in_order_of_first_appearance() {
        let numbers = Values::Numbers(Numbers::F64(vec![3.0, f64::NAN, 0.5, 3.0]));
        let Values::Text(text) = numbers.into_text() else { panic!() };
        assert_eq!(text.codes, [0, MISSING, 1, 0]);
        assert_eq!(text.vocabulary, ["3", "0.5"]);
        let narrow = Values::Numbers(Numbers::F32(vec![0.1, -0.0, 0.0]));
        let Values::Text(text) = narrow.into_text() else { panic!() };
        assert_eq!((text.vocabulary, text.codes), (vec!["0.1".into(), "0".into()], vec![0, 1, 1]));
    }
}
