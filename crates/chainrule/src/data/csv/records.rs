//! Rows of a text file, and where they stand in it.
//!
//! The `csv` crate takes a file that ends inside quotes without a word, and a quote that is never closed swallows
//! every row behind it. So each file is read with two more bytes at its end, a line end and a quote: if all quotes
//! were closed they make one more row with one empty cell, and if not they do not.

use std::io::{Chain, Read};

use csv::{ByteRecord, ReaderBuilder, StringRecord};

use crate::data::{OnBadRow, ReadOptions};
use crate::{Error, Position, Result};

/// The bytes put behind the file.
pub(in crate::data) const END: &[u8] = b"\n\"";
/// The largest cell; a table has no use for more.
pub(in crate::data) const MAX_CELL: usize = 1 << 20;

/// A text file and how to cut it into rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextFile<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) delimiter: u8,
    pub(super) options: &'a ReadOptions,
}

/// The rows of a file from its beginning, all of the same width.
pub(super) struct Records<'a> {
    file: TextFile<'a>,
    reader: csv::Reader<Chain<&'a [u8], &'static [u8]>>,
    /// Cells of the first row.
    width: Option<usize>,
    pub(super) skipped: Skipped,
}

/// Rows that were left out because of their width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::data) struct Skipped {
    pub(in crate::data) count: usize,
    /// Line and width of the first.
    pub(in crate::data) first: Option<(u64, usize)>,
}

impl<'a> TextFile<'a> {
    /// Starts at the first row.
    pub(super) fn records(&self) -> Records<'a> {
        let bytes = self.text.as_bytes().chain(END);
        Records {
            file: *self,
            reader: builder(self.delimiter).from_reader(bytes),
            width: None,
            skipped: Skipped::default(),
        }
    }

    /// Starts at the first row of data.
    pub(super) fn data_records(&self) -> Result<Records<'a>> {
        let mut records = self.records();
        if self.options.header {
            records.next(&mut StringRecord::new())?;
        }
        Ok(records)
    }

    /// Where the cell in a row of data and a column stands, both from 0. Reads the file again: for messages.
    pub(super) fn locate(&self, row: usize, column: usize, names: &[String]) -> Position {
        let mut record = StringRecord::new();
        let line = self.data_records().and_then(|mut records| {
            for _ in 0..=row {
                records.next(&mut record)?;
            }
            Ok(records.line(&record))
        });
        let name = names.get(column).cloned().unwrap_or_default();
        Position { file: self.name.into(), line: line.ok(), column: Some((column as u64 + 1, name)) }
    }

    /// Where a row begins.
    fn position(&self, record: &StringRecord) -> Position {
        Position { file: self.name.into(), line: Some(self.line(record)), column: None }
    }

    fn line(&self, record: &StringRecord) -> u64 {
        LineCounter::new(self.text.as_bytes()).line_at(self.start(record))
    }

    fn start(&self, record: &StringRecord) -> usize {
        let bytes = self.text.as_bytes();
        let mut start = record.position().map_or(0, |position| position.byte() as usize).min(bytes.len());
        while matches!(bytes.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        start
    }
}

impl Records<'_> {
    /// Reads the next row of the right width; `false` at the end.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Result<bool> {
        loop {
            let more = self.reader.read_record(record).map_err(|error| self.file.error(error))?;
            if !more || self.is_end(record)? {
                return Ok(false);
            }
            check_cells(record, || self.file.position(record))?;
            match self.width {
                None if is_blank(record) => {}
                None => {
                    self.width = Some(record.len());
                    return Ok(true);
                }
                Some(width) if record.len() == width => return Ok(true),
                Some(_) if is_blank(record) => {}
                Some(width) => self.bad_row(record, width)?,
            }
        }
    }

    /// The line, from 1, in which a row begins.
    pub(super) fn line(&self, record: &StringRecord) -> u64 {
        self.file.line(record)
    }

    /// The byte with which a row begins.
    pub(super) fn start(&self, record: &StringRecord) -> usize {
        self.file.start(record)
    }

    /// Whether the row is the one that [`END`] makes.
    fn is_end(&self, record: &StringRecord) -> Result<bool> {
        if self.reader.position().byte() < (self.file.text.len() + END.len()) as u64 {
            return Ok(false);
        }
        is_end_mark(record, || self.file.position(record))
    }

    /// Counts or refuses a row with too few or too many cells.
    fn bad_row(&mut self, record: &StringRecord, width: usize) -> Result<()> {
        let Self { file, skipped, .. } = self;
        skipped.take(record, width, file.options, || file.position(record))
    }
}

impl Skipped {
    /// Counts or refuses a row with too few or too many cells.
    pub(in crate::data) fn take(
        &mut self,
        record: &StringRecord,
        width: usize,
        options: &ReadOptions,
        at: impl FnOnce() -> Position,
    ) -> Result<()> {
        let found = record.len();
        if options.on_bad_row == OnBadRow::Skip {
            self.count += 1;
            if self.first.is_none() {
                self.first = at().line.map(|line| (line, found));
            }
            return Ok(());
        }
        let first = if options.header { "the header" } else { "the first row" };
        let cells = if found == 1 { "1 cell".into() } else { format!("{found} cells") };
        let message = format!(
            "{cells} where {first} has {width}\n--on-bad-row skip leaves such rows out, and says how many"
        );
        Err(Error::data(message).at(at()))
    }
}

/// Whether the last row of a file is the one that [`END`] makes, as it is where all quotes are closed.
pub(in crate::data) fn is_end_mark(record: &StringRecord, at: impl FnOnce() -> Position) -> Result<bool> {
    if record.len() == 1 && record[0].is_empty() {
        return Ok(true);
    }
    let message = "the row that begins here opens a quote (\") that is never closed, and so has no end";
    Err(Error::data(message).at(at()))
}

/// Refuses a cell that is longer than any is.
pub(in crate::data) fn check_cells(record: &StringRecord, at: impl FnOnce() -> Position) -> Result<()> {
    if record.as_slice().len() <= MAX_CELL {
        return Ok(());
    }
    let Some(column) = record.iter().position(|cell| cell.len() > MAX_CELL) else { return Ok(()) };
    let message = format!(
        "a cell of {} bytes, where at most {MAX_CELL} are expected\nis a quote (\") left open?",
        record[column].len()
    );
    let position = Position { column: Some((column as u64 + 1, String::new())), ..at() };
    Err(Error::data(message).at(position))
}

impl TextFile<'_> {
    fn error(&self, error: csv::Error) -> Error {
        Error::data(error.to_string()).in_file(self.name).with_source(error)
    }
}

pub(in crate::data) fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(1 << 16);
    builder
}

/// Whether a row is a line with nothing on it but blanks.
pub(in crate::data) fn is_blank(record: &StringRecord) -> bool {
    record.len() == 1 && record[0].trim().is_empty()
}

/// Counts lines on the way through a file. Line ends are LF, CR LF, or CR where the file has no LF at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineCounter<'a> {
    bytes: &'a [u8],
    end: u8,
    offset: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    /// Stands at the first byte.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
        Self { bytes, end, offset: 0, line: 1 }
    }

    /// The line, from 1, of a byte that is not before the last one asked for.
    pub(super) fn line_at(&mut self, offset: usize) -> u64 {
        self.line += count(&self.bytes[self.offset..offset], self.end) as u64;
        self.offset = offset;
        self.line
    }
}

/// How often a byte occurs.
#[expect(clippy::naive_bytecount, reason = "the compiler vectorises it, and a file is counted once")]
pub(in crate::data) fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().filter(|&&byte| byte == wanted).count()
}

/// How many bytes of a file are worth unpacking: all, unless it is no text.
pub(super) fn worth(head: &[u8]) -> u64 {
    if foreign(head).is_some() { 0 } else { u64::MAX }
}

/// The text of a file: UTF-8, without a byte-order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], name: &str, delimiter: u8) -> Result<&'a str> {
    if let Some(message) = foreign(bytes) {
        return Err(Error::data(message).in_file(name));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to(), name, delimiter))
}

/// What a file is that is no UTF-8 text at all.
pub(in crate::data) fn foreign(bytes: &[u8]) -> Option<String> {
    let utf16 = |order: &str| {
        Some(format!(
            "the file is UTF-16 ({order}), where UTF-8 is expected\nconvert it: iconv -f UTF-16 -t UTF-8 OLD > NEW"
        ))
    };
    match bytes {
        [0xff, 0xfe, ..] => return utf16("little-endian"),
        [0xfe, 0xff, ..] => return utf16("big-endian"),
        [b'P', b'A', b'R', b'1', ..] => {
            return Some("this is a Parquet file; its name is to end in .parquet".into());
        }
        [b'P', b'K', 3, 4, ..] => {
            return Some(
                "this is a ZIP archive or an Excel file, where text is expected\nsave it as CSV".into(),
            );
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            return Some("this is a NumPy file; its name is to end in .npy".into());
        }
        _ => {}
    }
    let zero = bytes.iter().take(4096).position(|&byte| byte == 0)?;
    match (zero, bytes.get(zero + 1)) {
        (1, Some(&byte)) if byte != 0 => utf16("little-endian, without a byte-order mark"),
        (0, Some(&byte)) if byte != 0 => utf16("big-endian, without a byte-order mark"),
        _ => Some(format!("byte {zero} of the file is 0, so that it is no text")),
    }
}

fn not_utf8(bytes: &[u8], offset: usize, name: &str, delimiter: u8) -> Error {
    let start = bytes[..offset].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let character = String::from_utf8_lossy(&bytes[start..offset]).chars().count() + 1;
    let mut reader = builder(delimiter).from_reader(&bytes[..offset]);
    let (mut record, mut cell) = (ByteRecord::new(), 1);
    while let Ok(true) = reader.read_byte_record(&mut record) {
        cell = record.len() as u64;
    }
    // A cell that begins with the byte in question has not begun before it.
    if offset == start {
        cell = 1;
    }
    let message = format!(
        "byte 0x{:02X}, at character {character} of the line, is not UTF-8\n\
         if the file is Windows-1252 or Latin-1, convert it: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
        bytes[offset]
    );
    let position = Position {
        file: name.into(),
        line: Some(LineCounter::new(bytes).line_at(offset)),
        column: Some((cell, String::new())),
    };
    Error::data(message).at(position)
}
