//! A table that was put aside on the disk, piece by piece, as it was read.
//!
//! A piece lies column by column: features, targets, weights; a byte says what a column holds, then come its cells. Texts are
//! codes of one vocabulary for the whole table, which stays in memory. Pieces are read as tables of their own, from the first to
//! the last.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::{End, Stream};
use crate::data::{Column, Dataset, Lines, MISSING, Numbers, Text, Values};
use crate::files::scratch::Scratch;
use crate::{Error, ErrorKind, Result};

/// The most different texts of a column.
const MAX_TEXTS: usize = 1 << 20;
/// Lines are told only of files in which they are this regular.
const MAX_LINE_RUNS: usize = 1 << 16;

/// A table on the disk.
#[derive(Debug)]
pub(crate) struct StreamedTable {
    pub(crate) source: String,
    pub(crate) features: Vec<StreamedColumn>,
    pub(crate) targets: Vec<StreamedColumn>,
    pub(crate) has_weights: bool,
    pub(crate) ignored: Vec<String>,
    pub(crate) n_rows: usize,
    pub(crate) warnings: Vec<String>,
    lines: Lines,
    folder: PathBuf,
    file: Scratch,
}

/// What is known of a column besides its cells.
#[derive(Debug)]
pub(crate) struct StreamedColumn {
    pub(crate) name: String,
    /// The different texts of a column of text.
    pub(crate) texts: Option<Vec<String>>,
}

/// A column while it is put aside.
#[derive(Debug)]
struct Growing {
    name: String,
    texts: Option<Vec<String>>,
    places: HashMap<String, u32>,
}

/// What a byte before the cells of a column says.
const U8: u8 = 1;
const F32: u8 = 2;
const F64: u8 = 3;
const CODES: u8 = 4;

impl StreamedTable {
    /// Reads a stream to its end and puts it aside, on the disk of this folder.
    ///
    /// # Errors
    /// All that reading the table as a whole would find wrong; and that the file changed meanwhile.
    pub(crate) fn read(stream: &Stream, folder: &Path) -> Result<Self> {
        let mut text = Vec::new();
        loop {
            let mut pieces = stream.pieces(&text)?;
            let mut aside = Aside::new(stream.name(), folder)?;
            let mut read = || {
                while let Some(piece) = pieces.next()? {
                    aside.push(&piece)?;
                }
                Ok(())
            };
            let read: Result<()> = read();
            // What is wrong with a file that changes is, first of all, that it changes.
            stream.check_unchanged()?;
            read?;
            let End { warnings, text: found } = pieces.end()?;
            if found.is_empty() {
                return aside.finish(warnings);
            }
            text.extend(found);
        }
    }

    /// The folder on whose disk it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Calls a function with each piece and the number of its first row.
    pub(crate) fn each(&self, mut take: impl FnMut(usize, &Dataset) -> Result<()>) -> Result<()> {
        let failed = |error| Error::io("read the rows that were put aside", error);
        let mut file = self.file.file();
        file.rewind().map_err(failed)?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut first_row = 0;
        while first_row < self.n_rows {
            let piece = self.piece(&mut reader).map_err(failed)?;
            take(first_row, &piece).map_err(|error| self.locate(error, first_row))?;
            first_row += piece.n_rows;
        }
        Ok(())
    }

    /// An error in a piece as one in the table.
    fn locate(&self, error: Error, first_row: usize) -> Error {
        let error = error.shifted(first_row);
        let line = error.row().and_then(|row| self.lines.of(row));
        match error.position() {
            Some(position) if position.line.is_none() && line.is_some() => {
                let position = crate::Position { line, ..position.clone() };
                error.at(position)
            }
            _ => error.in_file(&self.source),
        }
    }

    fn piece(&self, reader: &mut impl Read) -> io::Result<Dataset> {
        let n_rows = u64::from_le_bytes(array(reader)?) as usize;
        let mut columns = |columns: &[StreamedColumn]| -> io::Result<Vec<Column>> {
            columns.iter().map(|column| column.read(reader, n_rows)).collect()
        };
        let (features, targets) = (columns(&self.features)?, columns(&self.targets)?);
        let sample_weight = if self.has_weights { Some(numbers(reader, n_rows)?) } else { None };
        Ok(Dataset {
            source: self.source.clone(),
            features,
            targets,
            sample_weight,
            ignored: self.ignored.clone(),
            lines: Lines::default(),
            n_rows,
            warnings: Vec::new(),
        })
    }
}

impl StreamedColumn {
    fn read(&self, reader: &mut impl Read, n_rows: usize) -> io::Result<Column> {
        let [kind] = array(reader)?;
        let values = match (kind, &self.texts) {
            (CODES, Some(texts)) => {
                let codes = cells(reader, n_rows, u32::from_le_bytes)?;
                Values::Text(Text { codes, vocabulary: texts.clone() })
            }
            // All cells were missing so far, and so the column was taken for numbers.
            (_, Some(texts)) => {
                numbers(reader, n_rows)?;
                Values::Text(Text { codes: vec![MISSING; n_rows], vocabulary: texts.clone() })
            }
            (U8, None) => Values::Numbers(Numbers::U8(cells(reader, n_rows, |[byte]: [u8; 1]| byte)?)),
            (F32, None) => Values::Numbers(Numbers::F32(cells(reader, n_rows, f32::from_le_bytes)?)),
            _ => Values::Numbers(Numbers::F64(numbers(reader, n_rows)?)),
        };
        Ok(Column { name: self.name.clone(), values })
    }
}

/// A table on its way to the disk.
struct Aside {
    table: StreamedTable,
    features: Vec<Growing>,
    targets: Vec<Growing>,
    writer: BufWriter<File>,
    total_weight: f64,
    n_bytes: u64,
}

impl Aside {
    fn new(source: String, folder: &Path) -> Result<Self> {
        let failed =
            |error| Error::io(format_args!("put rows aside in the folder {}", folder.display()), error);
        let file = Scratch::new_in(folder).map_err(failed)?;
        let writer = file.writer().map_err(failed)?;
        let table = StreamedTable {
            source,
            features: Vec::new(),
            targets: Vec::new(),
            has_weights: false,
            ignored: Vec::new(),
            n_rows: 0,
            warnings: Vec::new(),
            lines: Lines::default(),
            folder: folder.to_owned(),
            file,
        };
        let (features, targets) = (Vec::new(), Vec::new());
        Ok(Self { table, features, targets, writer, total_weight: 0.0, n_bytes: 0 })
    }

    fn push(&mut self, piece: &Dataset) -> Result<()> {
        let table = &mut self.table;
        if table.n_rows == 0 {
            self.features = piece.features.iter().map(Growing::new).collect();
            self.targets = piece.targets.iter().map(Growing::new).collect();
            table.has_weights = piece.sample_weight.is_some();
            table.ignored.clone_from(&piece.ignored);
        }
        if table.lines.n_runs() <= MAX_LINE_RUNS {
            table.lines.append(table.n_rows, &piece.lines);
        }
        // Each distinct sentence is said once; most are about a column and not about a row.
        for warning in &piece.warnings {
            if is_new(&table.warnings, warning) {
                table.warnings.push(warning.clone());
            }
        }
        table.n_rows += piece.n_rows;
        let mut bytes = (piece.n_rows as u64).to_le_bytes().to_vec();
        for (growing, column) in self.features.iter_mut().zip(&piece.features) {
            growing.append(column, &mut bytes).map_err(|error| error.in_file(&piece.source))?;
        }
        for (growing, column) in self.targets.iter_mut().zip(&piece.targets) {
            growing.append(column, &mut bytes).map_err(|error| error.in_file(&piece.source))?;
        }
        for weight in piece.sample_weight.iter().flatten() {
            self.total_weight += weight;
            bytes.extend(weight.to_le_bytes());
        }
        self.n_bytes += bytes.len() as u64;
        self.writer.write_all(&bytes).map_err(|error| no_room(&self.table.folder, self.n_bytes, error))
    }

    fn finish(mut self, warnings: Vec<String>) -> Result<StreamedTable> {
        self.writer.flush().map_err(|error| no_room(&self.table.folder, self.n_bytes, error))?;
        let mut table = self.table;
        if table.n_rows == 0 {
            return Err(crate::data::assemble::no_rows(&table.source));
        }
        if table.has_weights && self.total_weight == 0.0 {
            let message = "all sample weights are 0, so that no row counts";
            return Err(Error::data(message).in_file(&table.source));
        }
        if table.lines.n_runs() > MAX_LINE_RUNS {
            table.lines = Lines::default();
        }
        table.warnings.extend(warnings);
        let column = |growing: Growing| StreamedColumn { name: growing.name, texts: growing.texts };
        table.features = self.features.into_iter().map(column).collect();
        table.targets = self.targets.into_iter().map(column).collect();
        Ok(table)
    }
}

/// Whether nothing was said yet about the same column.
fn is_new(said: &[String], warning: &str) -> bool {
    let column = |text: &str| text.split_once("column '").map(|(_, rest)| rest.to_owned());
    !said.iter().any(|earlier| column(earlier).is_some() && column(earlier) == column(warning))
}

/// The error for rows that cannot be put aside.
pub(super) fn no_room(folder: &Path, n_bytes: u64, error: io::Error) -> Error {
    let message = format!(
        "cannot put rows aside in the folder {}, where they take {n_bytes} bytes or more: {error}\n\
         name a folder on a larger disk (--stream-folder)",
        folder.display()
    );
    Error::new(ErrorKind::Io, message).with_source(error)
}

impl Growing {
    fn new(column: &Column) -> Self {
        Self { name: column.name.clone(), texts: None, places: HashMap::new() }
    }

    fn append(&mut self, column: &Column, bytes: &mut Vec<u8>) -> Result<()> {
        match &column.values {
            Values::Numbers(Numbers::U8(cells)) => {
                bytes.push(U8);
                bytes.extend(cells);
            }
            Values::Numbers(Numbers::F32(cells)) => {
                bytes.push(F32);
                bytes.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
            }
            Values::Numbers(Numbers::F64(cells)) => {
                bytes.push(F64);
                bytes.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
            }
            Values::Text(text) => {
                let codes: Vec<u32> =
                    text.vocabulary.iter().map(|text| self.code(text)).collect::<Result<_>>()?;
                bytes.push(CODES);
                let code = |&code: &u32| codes.get(code as usize).copied().unwrap_or(MISSING);
                bytes.extend(text.codes.iter().map(code).flat_map(u32::to_le_bytes));
            }
        }
        Ok(())
    }

    /// The code of a text in the vocabulary of the whole table.
    fn code(&mut self, text: &str) -> Result<u32> {
        let texts = self.texts.get_or_insert_default();
        if let Some(&code) = self.places.get(text) {
            return Ok(code);
        }
        if texts.len() == MAX_TEXTS {
            return Err(Error::data(format!(
                "column '{0}' holds more than {MAX_TEXTS} different texts, such as '{text}'\n\
                 leave it out with --drop '{0}', or turn it into numbers beforehand",
                self.name
            )));
        }
        let code = texts.len() as u32;
        texts.push(text.to_owned());
        self.places.insert(text.to_owned(), code);
        Ok(code)
    }
}

fn numbers(reader: &mut impl Read, n_rows: usize) -> io::Result<Vec<f64>> {
    cells(reader, n_rows, f64::from_le_bytes)
}

fn cells<T, const SIZE: usize>(
    reader: &mut impl Read,
    n_rows: usize,
    decode: impl Fn([u8; SIZE]) -> T,
) -> io::Result<Vec<T>> {
    let mut bytes = vec![0; n_rows * SIZE];
    reader.read_exact(&mut bytes)?;
    Ok(bytes.as_chunks::<SIZE>().0.iter().map(|&chunk| decode(chunk)).collect())
}

fn array<const SIZE: usize>(reader: &mut impl Read) -> io::Result<[u8; SIZE]> {
    let mut bytes = [0; SIZE];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
