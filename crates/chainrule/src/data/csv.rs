//! Tables in text files: CSV, TSV and their kin, also gzipped.
//!
//! Nothing about a file is guessed that its user would not guess the same way. The delimiter follows the name, never
//! the content. Every row has as many cells as the first. A column is numbers if all its cells are, and text if most
//! are; text among numbers is an error that shows it, because a slip of the pen in row 10⁶ must not turn a column
//! into categories. What is decided is decided from all rows, not from the first thousand.

pub(super) mod builder;
pub(super) mod records;

use std::io::Read;

use csv::StringRecord;

use crate::{Error, ErrorKind, Position, Result};

use super::assemble::{Extent, Selected, Table, no_rows};
use super::selection::{Role, Selection, check_names, check_width};
use super::source::{has_extension, read_bytes, without_gz};
use super::{Column, Dataset, Lines, ReadOptions};
use builder::{Builder, Built, Odd};
use records::{LineCounter, Skipped, TextFile, count, decode, worth};

/// Reads a table of text.
///
/// `name` stands in messages, and its ending says what the delimiter is: a tab in `.tsv`, else a comma. Gzip is known
/// by its first bytes. Cells are trimmed; LF, CR LF and CR end lines; quotes are RFC 4180's; lines without anything on
/// them are passed over.
///
/// # Errors
/// [`Configuration`](ErrorKind::Configuration) for columns that are not there; [`Data`](ErrorKind::Data) with file,
/// line and column for anything in the file that cannot be used: no rows, a row with too few or too many cells, text
/// among numbers, infinities, missing targets, other encodings than UTF-8; [`Memory`](ErrorKind::Memory); and
/// [`Io`](ErrorKind::Io).
///
/// # Example
/// ```
/// use chainrule::data::{ReadOptions, csv};
/// let text = "size,colour,price\n1.5,red,10\n2,blue,12\n";
/// let data = csv::read(text.as_bytes(), "table.csv", &ReadOptions::default())?;
/// assert_eq!((data.n_rows, data.features.len(), data.targets[0].name.as_str()), (2, 2, "price"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn read(reader: impl Read, name: &str, options: &ReadOptions) -> Result<Dataset> {
    options.validate()?;
    let bytes = read_bytes(reader, name, worth)?;
    let delimiter = delimiter(name, options);
    let file = TextFile { name, text: decode(&bytes, name, delimiter)?, delimiter, options };
    let (names, mut warnings) = file.names()?;
    let selection = Selection::new(&names, options).map_err(|error| error.in_file(name))?;
    let cells = file.read_columns(&names, &selection)?;
    warnings.extend(cells.skipped.warning(names.len()));
    let locate = |row: usize, column: usize| file.locate(row, column, &names);
    let table = Table {
        source: name,
        n_rows: cells.n_rows,
        extent: Extent::Whole,
        columns: cells.columns,
        lines: cells.lines,
        ignored: selection.ignored(&names),
        warnings,
        nan_is_missing: true,
        locate: &locate,
    };
    table.assemble(options)
}

/// A single column whose cells hold another delimiter was meant to be more than one.
pub(super) fn check_delimiter(used: u8, first: &str, second: &str) -> Result<()> {
    let other = [(';', "';'"), ('\t', "'\\t' (or a name ending in .tsv)"), ('|', "'|'"), (',', "','")];
    let found = other.iter().find(|(c, _)| first.contains(*c) && second.contains(*c));
    let Some((_, shown)) = found else { return Ok(()) };
    let used = char::from(used);
    let message = format!(
        "there is only one column with the delimiter {used:?}, and its cells hold another\n\
         is it --delimiter {shown}?"
    );
    Err(Error::data(message))
}

/// What stands between two cells.
pub(super) fn delimiter(name: &str, options: &ReadOptions) -> u8 {
    let by_name = if has_extension(without_gz(name), ".tsv") { b'\t' } else { b',' };
    options.delimiter.map_or(by_name, |c| c as u8)
}

/// All rows of a file, column by column.
struct Cells {
    columns: Vec<Selected>,
    n_rows: usize,
    lines: Lines,
    skipped: Skipped,
}

impl TextFile<'_> {
    /// The names of the columns, and what is odd about the header.
    fn names(&self) -> Result<(Vec<String>, Vec<String>)> {
        let mut records = self.records();
        let mut first = StringRecord::new();
        if !records.next(&mut first)? {
            return Err(no_rows(self.name));
        }
        let at = Position { file: self.name.into(), line: Some(records.line(&first)), column: None };
        check_width(first.len()).map_err(|error| error.at(at.clone()))?;
        let mut second = StringRecord::new();
        if first.len() == 1 && records.next(&mut second)? {
            self.check_delimiter(&first[0], &second[0])?;
        }
        if !self.options.header {
            return Ok(((0..first.len()).map(unnamed).collect(), Vec::new()));
        }
        header_names(&first, &at)
    }

    fn check_delimiter(&self, first: &str, second: &str) -> Result<()> {
        check_delimiter(self.delimiter, first, second).map_err(|error| error.in_file(self.name))
    }

    /// Reads all rows into typed columns.
    ///
    /// A column that begins with numbers and turns out to be text is read a second time, because its first cells must
    /// be kept as they were written.
    fn read_columns(&self, names: &[String], selection: &Selection) -> Result<Cells> {
        let mut as_text = selection.categorical.clone();
        loop {
            let (builders, n_rows, lines, skipped) = self.read_rows(selection, &as_text)?;
            let mut columns = Vec::new();
            let mut again = false;
            for (index, builder) in builders.into_iter().enumerate() {
                match builder.finish() {
                    Built::Nothing => {}
                    Built::Column(values) => {
                        let column = Column { name: names[index].clone(), values };
                        columns.push(Selected { role: selection.roles[index], index, column });
                    }
                    Built::Mixed(odd) => {
                        let row = odd.first.as_ref().map_or(0, |(row, _)| *row);
                        let at = self.locate(row, index, names);
                        return Err(mixed(&odd, n_rows, &names[index]).at(at));
                    }
                    Built::ReadAgain => {
                        as_text[index] = true;
                        again = true;
                    }
                }
            }
            if !again {
                return Ok(Cells { columns, n_rows, lines, skipped });
            }
        }
    }

    fn read_rows(
        &self,
        selection: &Selection,
        as_text: &[bool],
    ) -> Result<(Vec<Builder>, usize, Lines, Skipped)> {
        let mut builders = self.builders(selection, as_text)?;
        let mut records = self.data_records()?;
        let mut record = StringRecord::new();
        let mut counter = LineCounter::new(self.text.as_bytes());
        let mut lines = Lines::default();
        let mut n_rows = 0;
        while records.next(&mut record)? {
            lines.push(n_rows, counter.line_at(records.start(&record)));
            n_rows += 1;
            for (builder, cell) in builders.iter_mut().zip(&record) {
                let cell = cell.trim();
                builder.push((!self.options.is_missing(cell)).then_some(cell));
            }
        }
        Ok((builders, n_rows, lines, records.skipped))
    }

    /// Builders with room for every row that the file can have.
    fn builders(&self, selection: &Selection, as_text: &[bool]) -> Result<Vec<Builder>> {
        let bytes = self.text.as_bytes();
        let lines = count(bytes, b'\n').max(count(bytes, b'\r')) + 1;
        // A row of k cells takes k bytes or more.
        let n_rows = lines.min(bytes.len() / as_text.len() + 1);
        let columns = selection.roles.iter().zip(as_text);
        let built = columns.map(|(&role, &text)| match (role, text) {
            (Role::Dropped, _) => Ok(Builder::Dropped),
            (_, true) => room(n_rows).map(Builder::text),
            (_, false) => room(n_rows).map(Builder::new),
        });
        built.collect::<Result<_, _>>().map_err(|error| {
            let message = format!("{n_rows} rows of {} columns do not fit in memory", as_text.len());
            Error::new(ErrorKind::Memory, message).in_file(self.name).with_source(error)
        })
    }
}

/// What is wrong with a column of numbers that has text in it.
pub(super) fn mixed(odd: &Odd, n_rows: usize, name: &str) -> Error {
    let (row, text) = odd.first.as_ref().map_or((0, ""), |(row, text)| (*row, text.as_str()));
    let shown: String = text.chars().take(40).collect();
    let cells = if odd.count == 1 { "1 cell".into() } else { format!("{} cells", odd.count) };
    Error::data(format!(
        "{cells} of {n_rows} in the number column '{name}' {}; the first, in data row {}, is '{shown}'\n\
         if it stands for a missing value, add it to --missing-values; if the column holds categories, \
         train with --categorical {name}",
        if odd.count == 1 { "is text" } else { "are text" },
        row + 1
    ))
}

/// An empty vector with room for `n` items.
fn room<T>(n: usize) -> Result<Vec<T>, std::collections::TryReserveError> {
    let mut items = Vec::new();
    items.try_reserve_exact(n)?;
    Ok(items)
}

/// The name of a column that has none.
pub(super) fn unnamed(index: usize) -> String {
    format!("column {index}")
}

/// Takes the first row for names: not all numbers, none twice.
pub(super) fn header_names(first: &StringRecord, at: &Position) -> Result<(Vec<String>, Vec<String>)> {
    let cells: Vec<&str> = first.iter().map(str::trim).collect();
    let n_numbers = cells.iter().filter(|cell| builder::number(cell).is_some()).count();
    if n_numbers == cells.len() {
        let message = "all cells of the first row are numbers, where the names of the columns are expected\n\
                       if the file has no header, say --no-header";
        return Err(Error::data(message).at(at.clone()));
    }
    let names = cells.iter().enumerate();
    let names: Vec<String> = names
        .map(|(index, cell)| if cell.is_empty() { unnamed(index) } else { (*cell).to_string() })
        .collect();
    check_names(&names).map_err(|error| error.at(at.clone()))?;
    let warning = (n_numbers > 0).then(|| {
        format!(
            "{at}: {n_numbers} of the {} names in the header are numbers; if it is data, say --no-header",
            cells.len()
        )
    });
    Ok((names, warning.into_iter().collect()))
}

impl Skipped {
    pub(super) fn warning(self, width: usize) -> Option<String> {
        let (line, cells) = self.first?;
        let rows = if self.count == 1 { "1 row was".into() } else { format!("{} rows were", self.count) };
        Some(format!("{rows} skipped for not having {width} cells; the first, in line {line}, has {cells}"))
    }
}

#[cfg(test)]
mod tests;
