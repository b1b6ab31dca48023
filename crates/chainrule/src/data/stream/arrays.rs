//! Arrays of numbers, NPY and IDX, row by row, with their labels beside them.

use super::input::Input;
use super::{End, Pieces, piece_rows};
use crate::data::assemble::{Extent, no_rows};
use crate::data::grid::{Grid, transpose};
use crate::data::npy::{Array, MAX_HEADER};
use crate::data::open::{Format, no_labels};
use crate::data::selection::check_width;
use crate::data::{Column, Dataset, Numbers, ReadOptions, Values, idx};
use crate::{Error, ErrorKind, Result};

/// A table whose features are an array.
pub(super) struct ArrayPieces {
    features: ArrayRows,
    labels: Option<ArrayRows>,
    options: ReadOptions,
    piece_rows: usize,
    n_done: usize,
}

/// An array that is read row by row.
struct ArrayRows {
    input: Input,
    kind: Kind,
    n_rows: usize,
    n_columns: usize,
    row_bytes: usize,
    n_done: usize,
    buffer: Vec<u8>,
}

/// What the bytes of a row mean.
enum Kind {
    Bytes,
    Npy(Array<'static>),
}

impl ArrayPieces {
    pub(super) fn begin(features: Input, labels: Option<Input>, options: &ReadOptions) -> Result<Self> {
        let features = ArrayRows::features(features)?;
        let labels = labels.map(ArrayRows::labels).transpose()?;
        if let Some(labels) = labels.as_ref().filter(|labels| labels.n_rows != features.n_rows) {
            let message =
                format!("{} rows, but {} labels in the file beside it", features.n_rows, labels.n_rows);
            return Err(Error::data(message).in_file(&features.input.name));
        }
        let piece_rows = piece_rows(features.n_columns);
        Ok(Self { features, labels, options: options.clone(), piece_rows, n_done: 0 })
    }
}

impl Pieces for ArrayPieces {
    fn next(&mut self) -> Result<Option<Dataset>> {
        let n = self.piece_rows.min(self.features.n_rows - self.n_done);
        if n == 0 {
            return Ok(None);
        }
        self.features.read(n)?;
        let labels = self.labels.as_mut().map(|labels| labels.read_labels(n)).transpose()?;
        let Self { features, options, n_done, .. } = self;
        let (source, noun) = (features.input.name.clone(), features.noun());
        let extent = Extent::Piece { first_row: *n_done };
        let grid = Grid { source: &source, n_rows: n, extent, n_columns: features.n_columns, noun, labels };
        let dataset = grid.into_dataset(options, |wanted| features.columns(n, wanted))?;
        *n_done += n;
        Ok(Some(dataset))
    }

    fn end(mut self: Box<Self>) -> Result<End> {
        self.features.check_end()?;
        if let Some(labels) = &mut self.labels {
            labels.check_end()?;
        }
        Ok(End::default())
    }
}

impl ArrayRows {
    fn features(mut input: Input) -> Result<Self> {
        if input.format == Format::Idx {
            let head = input.up_to(16)?;
            let [n_rows, height, width] =
                idx::sizes::<3>(&head, idx::IMAGES).map_err(|error| error.in_file(&input.name))?;
            return Self::new(input, Kind::Bytes, [n_rows, height * width], height * width);
        }
        let (input, array) = npy(input)?;
        let shape = match *array.shape() {
            [n] => [n, 1],
            [n, p] => [n, p],
            _ => return Err(array.shape_error("n rows × p features").in_file(&input.name)),
        };
        Self::of_npy(input, array, shape)
    }

    fn labels(mut input: Input) -> Result<Self> {
        match input.format {
            Format::Npy => {
                let (input, array) = npy(input)?;
                let shape = match *array.shape() {
                    [n] | [n, 1] => [n, 1],
                    _ => return Err(array.shape_error("n labels").in_file(&input.name)),
                };
                Self::of_npy(input, array, shape)
            }
            Format::Idx => {
                let head = input.up_to(8)?;
                let [n_rows] =
                    idx::sizes::<1>(&head, idx::LABELS).map_err(|error| error.in_file(&input.name))?;
                Self::new(input, Kind::Bytes, [n_rows, 1], 1)
            }
            Format::Text | Format::Parquet => Err(no_labels(&input.name)),
        }
    }

    fn of_npy(input: Input, array: Array<'static>, shape: [usize; 2]) -> Result<Self> {
        let Some(row_bytes) = array.row_bytes(shape[1]) else {
            let message = "the array lies column by column (fortran_order), and cannot be read row by row\n\
                           save it in the other order: numpy.save(NEW, numpy.ascontiguousarray(array))";
            return Err(Error::data(message).in_file(&input.name));
        };
        Self::new(input, Kind::Npy(array), shape, row_bytes)
    }

    fn new(input: Input, kind: Kind, shape: [usize; 2], row_bytes: usize) -> Result<Self> {
        let [n_rows, n_columns] = shape;
        if n_rows == 0 || n_columns == 0 {
            return Err(no_rows(&input.name));
        }
        check_width(n_columns).map_err(|error| error.in_file(&input.name))?;
        Ok(Self { input, kind, n_rows, n_columns, row_bytes, n_done: 0, buffer: Vec::new() })
    }

    /// What a column is called before its number.
    fn noun(&self) -> &'static str {
        if matches!(self.kind, Kind::Bytes) { "pixel" } else { "feature" }
    }

    /// Brings the next rows, all of which must be there.
    fn read(&mut self, n: usize) -> Result<()> {
        let wanted = n.checked_mul(self.row_bytes).ok_or_else(|| {
            let message = format!("a row of {} bytes does not fit in memory", self.row_bytes);
            Error::new(ErrorKind::Memory, message).in_file(&self.input.name)
        })?;
        self.buffer = self.input.up_to(wanted)?;
        if self.buffer.len() < wanted {
            let whole = self.n_done + self.buffer.len() / self.row_bytes;
            let message =
                format!("the header says {} rows, but the file ends after {whole} of them", self.n_rows);
            return Err(Error::data(message).in_file(&self.input.name));
        }
        self.n_done += n;
        Ok(())
    }

    /// Brings the next labels, each of which must be a finite number.
    fn read_labels(&mut self, n: usize) -> Result<Column> {
        let first = self.n_done;
        self.read(n)?;
        let memory =
            |error| Error::new(ErrorKind::Memory, "the labels do not fit in memory").with_source(error);
        let mut columns = self.columns(n, &[0]).map_err(memory)?;
        let values = columns.pop().ok_or_else(|| no_rows(&self.input.name))?;
        if let Some(row) = (0..n).find(|&row| !values.get(row).is_finite()) {
            let (number, found) = (first + row + 1, values.get(row));
            let message = format!("label {number} is {found}, where a finite number is expected");
            return Err(Error::data(message).in_file(&self.input.name));
        }
        Ok(Column { name: "label".into(), values: Values::Numbers(values) })
    }

    /// The wanted columns of the rows that were read last.
    fn columns(&self, n: usize, wanted: &[usize]) -> Result<Vec<Numbers>, std::collections::TryReserveError> {
        match &self.kind {
            Kind::Npy(array) => array.over(&self.buffer).columns(n, self.n_columns, wanted),
            Kind::Bytes => {
                let pixel = |row: usize, column: usize| self.buffer[row * self.n_columns + column];
                Ok(transpose(n, wanted, pixel)?.into_iter().map(Numbers::U8).collect())
            }
        }
    }

    /// Makes sure that nothing follows the last row.
    fn check_end(&mut self) -> Result<()> {
        if self.input.up_to(1)?.is_empty() {
            return Ok(());
        }
        let message = format!("the header says {} rows, but more bytes follow them", self.n_rows);
        Err(Error::data(message).in_file(&self.input.name))
    }
}

/// The header of an NPY file; what was read beyond it is put back.
fn npy(mut input: Input) -> Result<(Input, Array<'static>)> {
    const LONGEST_PREFIX: usize = 12;
    let head = input.up_to(LONGEST_PREFIX + MAX_HEADER)?;
    let array = Array::begin(&head).map_err(|error| error.in_file(&input.name))?;
    let rest = array.body().to_vec();
    let array = array.over(&[]);
    Ok((input.put_back(rest), array))
}
