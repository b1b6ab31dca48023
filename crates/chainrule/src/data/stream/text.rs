//! Tables of text, record by record: the same rules as `csv.rs`, which has a whole file at hand.
//!
//! The reader of records takes its bytes through a [`Tap`], which keeps those that lie between the record before and the one
//! at hand, so that lines can be counted, and refuses a record that grows without end.

use std::io::{self, Read};

use csv::{ErrorKind, StringRecord};

use super::input::{Input, read_error};
use super::{End, Pieces, piece_rows};
use crate::data::assemble::{Extent, Selected, Table, no_rows};
use crate::data::csv::builder::{Builder, Built};
use crate::data::csv::records::{END, Skipped, builder, check_cells, count, foreign, is_blank, is_end_mark};
use crate::data::csv::{check_delimiter, delimiter, header_names, mixed, unnamed};
use crate::data::selection::{Role, Selection, check_width};
use crate::data::{Column, Dataset, Lines, ReadOptions};
use crate::{Error, Position, Result};

/// Bytes by which a file of another kind is told.
const HEAD: usize = 4096;
/// The longest record; a quote that is never closed makes one.
const MAX_RECORD: usize = 1 << 24;

/// A table of text.
pub(super) struct TextPieces {
    records: Records,
    names: Vec<String>,
    selection: Selection,
    builders: Vec<Builder>,
    piece_rows: usize,
    n_rows: usize,
    warnings: Vec<String>,
}

/// The records of a file, all of the same width.
struct Records {
    name: String,
    is_packed: bool,
    options: ReadOptions,
    reader: csv::Reader<Tap>,
    record: StringRecord,
    /// Whether the record at hand was looked at ahead of its turn.
    is_ahead: bool,
    width: Option<usize>,
    skipped: Skipped,
}

impl TextPieces {
    pub(super) fn begin(input: Input, text: &[usize], options: &ReadOptions) -> Result<Self> {
        let mut records = Records::new(input, options)?;
        let (names, warnings) = records.names()?;
        let selection = Selection::new(&names, options).map_err(|error| error.in_file(&records.name))?;
        let builders = selection.roles.iter().enumerate().map(|(index, &role)| match role {
            Role::Dropped => Builder::Dropped,
            _ if selection.categorical[index] || text.contains(&index) => Builder::text(Vec::new()),
            _ => Builder::new(Vec::new()),
        });
        let (builders, piece_rows) = (builders.collect(), piece_rows(names.len()));
        Ok(Self { records, names, selection, builders, piece_rows, n_rows: 0, warnings })
    }

    /// The lines of the next rows, whose cells go to the builders.
    fn rows(&mut self) -> Result<(usize, Lines)> {
        let (mut n, mut lines) = (0, Lines::default());
        while n < self.piece_rows && self.records.next()? {
            lines.push(n, self.records.line());
            n += 1;
            for (builder, cell) in self.builders.iter_mut().zip(&self.records.record) {
                let cell = cell.trim();
                builder.push((!self.records.options.is_missing(cell)).then_some(cell));
            }
        }
        Ok((n, lines))
    }
}

impl Pieces for TextPieces {
    fn next(&mut self) -> Result<Option<Dataset>> {
        let (n_rows, lines) = self.rows()?;
        if n_rows == 0 {
            return Ok(None);
        }
        let Self { names, selection, builders, records, .. } = self;
        let columns = builders.iter_mut().enumerate().filter_map(|(index, builder)| {
            let column = Column { name: names[index].clone(), values: builder.take()? };
            Some(Selected { role: selection.roles[index], index, column })
        });
        let columns = columns.collect();
        let of_lines = lines.clone();
        let locate = |row: usize, column: usize| Position {
            file: records.name.clone(),
            line: of_lines.of(row),
            column: Some((column as u64 + 1, names[column].clone())),
        };
        let table = Table {
            source: &records.name,
            n_rows,
            extent: Extent::Piece { first_row: self.n_rows },
            columns,
            lines,
            ignored: selection.ignored(names),
            warnings: Vec::new(),
            nan_is_missing: true,
            locate: &locate,
        };
        self.n_rows += n_rows;
        table.assemble(&records.options).map(Some)
    }

    fn end(mut self: Box<Self>) -> Result<End> {
        let mut text = Vec::new();
        for (index, builder) in self.builders.into_iter().enumerate() {
            match builder.finish() {
                Built::Nothing | Built::Column(_) => {}
                Built::ReadAgain => text.push(index),
                Built::Mixed(odd) => {
                    return Err(mixed(&odd, self.n_rows, &self.names[index]).in_file(&self.records.name));
                }
            }
        }
        self.warnings.extend(self.records.skipped.warning(self.names.len()));
        Ok(End { warnings: self.warnings, text })
    }
}

impl Records {
    fn new(mut input: Input, options: &ReadOptions) -> Result<Self> {
        let (name, delimiter) = (input.name.clone(), delimiter(&input.name, options));
        let mut head = input.up_to(HEAD)?;
        if let Some(message) = foreign(&head) {
            return Err(Error::data(message).in_file(&name));
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        let (reader, is_packed) = input.put_back(head).into_reader();
        let reader = builder(delimiter).from_reader(Tap::new(reader));
        let (options, skipped) = (options.clone(), Skipped::default());
        let record = StringRecord::new();
        Ok(Self { name, is_packed, options, reader, record, is_ahead: false, width: None, skipped })
    }

    /// The names of the columns, and what is odd about the header.
    fn names(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        if !self.next()? {
            return Err(no_rows(&self.name));
        }
        let first = self.record.clone();
        let at = self.position();
        check_width(first.len()).map_err(|error| error.at(at.clone()))?;
        if !self.options.header {
            self.is_ahead = true;
            return Ok(((0..first.len()).map(unnamed).collect(), Vec::new()));
        }
        if first.len() == 1 {
            self.is_ahead = self.next()?;
            if self.is_ahead {
                check_delimiter(self.delimiter(), &first[0], &self.record[0])
                    .map_err(|error| error.in_file(&self.name))?;
            }
        }
        header_names(&first, &at)
    }

    fn delimiter(&self) -> u8 {
        delimiter(&self.name, &self.options)
    }

    /// Reads the next record of the right width; `false` at the end.
    fn next(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.is_ahead) {
            return Ok(true);
        }
        loop {
            let start = self.reader.position().byte();
            let more = self.reader.read_record(&mut self.record);
            self.reader.get_mut().record_begins(start);
            if !more.map_err(|error| self.error(error))? {
                return Ok(false);
            }
            if self.is_end()? {
                return Ok(false);
            }
            check_cells(&self.record, || self.position())?;
            match self.width {
                Some(width) if self.record.len() == width => return Ok(true),
                _ if is_blank(&self.record) => {}
                None => {
                    self.width = Some(self.record.len());
                    return Ok(true);
                }
                Some(width) => {
                    let at = self.position();
                    self.skipped.take(&self.record, width, &self.options, || at)?;
                }
            }
        }
    }

    /// The line, from 1, in which the record at hand begins.
    fn line(&self) -> u64 {
        self.reader.get_ref().line
    }

    fn position(&self) -> Position {
        Position { file: self.name.clone(), line: Some(self.line()), column: None }
    }

    /// Whether the record is the one that [`END`] makes.
    fn is_end(&self) -> Result<bool> {
        if self.reader.get_ref().end != Some(self.reader.position().byte()) {
            return Ok(false);
        }
        is_end_mark(&self.record, || self.position())
    }

    fn error(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                let message =
                    format!("a row of more than {MAX_RECORD} bytes begins here\nis a quote (\") left open?");
                Error::data(message).at(self.position())
            }
            ErrorKind::Io(error) => read_error(error, self.is_packed, &self.name),
            ErrorKind::Utf8 { err, .. } => {
                let message = "a cell is not UTF-8\n\
                    if the file is Windows-1252 or Latin-1, convert it: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW";
                let column = Some((err.field() as u64 + 1, String::new()));
                Error::data(message).at(Position { column, ..self.position() })
            }
            other => Error::data(format!("{other:?}")).in_file(&self.name),
        }
    }
}

/// The bytes of a file on their way to the reader of records, with [`END`] behind them.
struct Tap {
    inner: Box<dyn Read>,
    /// The bytes from the beginning of a record on, as far as they went through.
    window: Vec<u8>,
    /// Where the window begins.
    offset: u64,
    /// The part of the window that is counted.
    n_counted: usize,
    /// The line of what follows that part.
    line: u64,
    has_lf: bool,
    /// Where the file ends, [`END`] included, once it is known.
    end: Option<u64>,
}

impl Tap {
    fn new(inner: Box<dyn Read>) -> Self {
        Self { inner, window: Vec::new(), offset: 0, n_counted: 0, line: 1, has_lf: false, end: None }
    }

    /// Counts the lines up to a record, with the line ends that stand before it.
    fn record_begins(&mut self, at: u64) {
        let mut start = (at.saturating_sub(self.offset) as usize).clamp(self.n_counted, self.window.len());
        while matches!(self.window.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        let passed = &self.window[self.n_counted..start];
        // LF, CR LF, or CR where the file has no LF at all.
        let n_lf = count(passed, b'\n');
        self.has_lf |= n_lf > 0;
        self.line += if self.has_lf { n_lf } else { count(passed, b'\r') } as u64;
        self.n_counted = start;
    }

    /// Forgets what is counted.
    fn forget(&mut self) {
        self.window.drain(..self.n_counted);
        self.offset += self.n_counted as u64;
        self.n_counted = 0;
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.end.is_some() {
            return Ok(0);
        }
        self.forget();
        if self.window.len() > MAX_RECORD {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut n = self.inner.read(buffer)?;
        if n == 0 && buffer.len() >= END.len() {
            buffer[..END.len()].copy_from_slice(END);
            n = END.len();
            self.end = Some(self.offset + (self.window.len() + n) as u64);
        }
        self.window.extend_from_slice(&buffer[..n]);
        Ok(n)
    }
}
