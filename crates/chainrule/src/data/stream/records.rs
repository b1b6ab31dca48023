//! Rows on the disk as the network reads them: records of fixed size, one per row, in two files.
//!
//! One file has the numeric inputs in the network's precision, as they stand in memory: they are read to where they are used. The
//! other has the codes, the targets and the weight, which are taken apart. Targets that are numbers
//! stay in their own unit, in which a regression is measured, and weights are those of the samples: what training makes of them
//! is made when a record is read, by the formulas that make it of a table in memory.

use std::cell::RefCell;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Mutex;

use chainrule_kernels::cpu::Cpu;
use zerocopy::IntoBytes;

use super::share::{Part, Share};
use super::table::{StreamedTable, no_room};
use crate::bytes::Bytes;
use crate::data::{Chunk, Columns, Dataset, Outputs, Preprocessing, Samples, Targets, Weighting};
use crate::files::scratch::Scratch;
use crate::{Error, Matrix, Result};

/// Bytes that are read at a time: they are still near when they are taken apart.
const READ: usize = 1 << 17;

/// The records of one part of a table.
#[derive(Debug)]
pub(crate) struct Records {
    numbers: Scratch,
    rest: Scratch,
    layout: Layout,
    n_rows: usize,
    /// Of the bytes of either file.
    checksums: [u32; 2],
}

/// What a record has.
#[derive(Clone, Debug)]
struct Layout {
    n_numeric: usize,
    n_codes: usize,
    outputs: Outputs,
    n_targets: usize,
    has_weights: bool,
    number_bytes: usize,
}

impl Layout {
    fn new<F: Bytes>(preprocessing: &Preprocessing, has_weights: bool) -> Self {
        Self {
            n_numeric: preprocessing.n_numeric(),
            n_codes: preprocessing.cardinalities().len(),
            outputs: preprocessing.outputs.clone(),
            n_targets: preprocessing.targets.len(),
            has_weights,
            number_bytes: size_of::<F>(),
        }
    }

    fn has_classes(&self) -> bool {
        matches!(self.outputs, Outputs::Classes { .. })
    }

    /// Bytes of the numeric inputs of a row.
    fn numeric_bytes(&self) -> usize {
        self.n_numeric * self.number_bytes
    }

    /// Bytes of the rest of a row.
    fn rest_bytes(&self) -> usize {
        let targets = if self.has_classes() { 4 } else { 8 * self.n_targets };
        let weight = if self.has_weights { 8 } else { 0 };
        4 * self.n_codes + targets + weight
    }
}

impl Records {
    /// Writes the rows of a table that belong to a part; also returns what the user should know.
    ///
    /// # Errors
    /// Those of [`Preprocessing::samples`]; and when there is no room on the disk.
    pub(crate) fn write<F: Bytes>(
        table: &StreamedTable,
        preprocessing: &Preprocessing,
        share: &Share,
        part: Part,
    ) -> Result<(Self, Vec<String>)> {
        let folder = table.folder().to_owned();
        let scratch = || Scratch::new_in(&folder).map_err(|error| no_room(&folder, 0, error));
        let layout = Layout::new::<F>(preprocessing, table.has_weights);
        let (mut records, mut warnings) = (
            Self { numbers: scratch()?, rest: scratch()?, layout, n_rows: 0, checksums: [0; 2] },
            Vec::new(),
        );
        let mut writers = [records.numbers.writer().map_err(failed)?, records.rest.writer().map_err(failed)?];
        let mut bytes = Vec::new();
        table.each(|first_row, piece| {
            let rows = share.rows(part, first_row, piece.n_rows);
            if rows.is_empty() {
                return Ok(());
            }
            bytes.clear();
            let (columns, noticed) = preprocessing.columns::<F>(piece, Some(&rows))?;
            records.layout.append(preprocessing, piece, &rows, &columns, &mut bytes)?;
            warnings.extend(noticed);
            records.n_rows += rows.len();
            let written = records.n_rows * (records.layout.numeric_bytes() + records.layout.rest_bytes());
            let parts = [columns.numeric.values().as_bytes(), &bytes];
            for ((writer, checksum), bytes) in writers.iter_mut().zip(&mut records.checksums).zip(parts) {
                *checksum = crc32c::crc32c_append(*checksum, bytes);
                writer.write_all(bytes).map_err(|error| no_room(&folder, written as u64, error))?;
            }
            Ok(())
        })?;
        let written = records.n_rows * (records.layout.numeric_bytes() + records.layout.rest_bytes());
        for mut writer in writers {
            writer.flush().map_err(|error| no_room(&folder, written as u64, error))?;
        }
        Ok((records, warnings))
    }

    /// Number of records.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Numbers in a row: inputs, codes and targets.
    pub(crate) fn values_per_row(&self) -> usize {
        self.layout.n_numeric + self.layout.n_codes + self.layout.n_targets
    }

    /// The number of rows and the checksum of their numbers.
    pub(crate) fn described(&self) -> String {
        let [numbers, rest] = self.checksums;
        format!("{} rows of checksum {numbers:08x}{rest:08x}, streamed", self.n_rows)
    }

    /// An empty chunk for these records.
    pub(crate) fn chunk<F: Bytes>(&self) -> Chunk<F> {
        let Layout { n_numeric, n_codes, n_targets, .. } = self.layout;
        let targets = match self.layout.outputs {
            Outputs::Classes { .. } => Targets::Classes(Vec::new()),
            _ => Targets::Values(Matrix::zeros(0, n_targets)),
        };
        let is_regression = matches!(self.layout.outputs, Outputs::Numbers { .. });
        let columns = Columns { numeric: Matrix::zeros(0, n_numeric), codes: Matrix::zeros(0, n_codes) };
        Chunk {
            samples: Samples { columns, targets, weights: None },
            targets: is_regression.then(|| Matrix::zeros(0, n_targets)),
        }
    }

    /// Reads the rows of some ranges, one behind the other, into a chunk, on all threads of a device.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io).
    pub(crate) fn read<F: Bytes>(
        &self,
        cpu: &Cpu,
        ranges: &[Range<usize>],
        weighting: Weighting,
        into: &mut Chunk<F>,
    ) -> Result<()> {
        let n_rows = ranges.iter().map(ExactSizeIterator::len).sum();
        set_rows(into, n_rows, self.layout.weights(weighting));
        let at_once = (READ / (self.layout.numeric_bytes() + self.layout.rest_bytes())).max(1);
        let pieces = ranges.iter().flat_map(|range| {
            let piece = |start: usize| start..range.end.min(start + at_once);
            range.clone().step_by(at_once).map(piece)
        });
        let pieces: Vec<Range<usize>> = pieces.collect();
        let first_error = Mutex::new(None);
        let mut room = Room::of(into);
        let work = pieces.iter().map(|piece| (piece, room.take(piece.len(), &self.layout)));
        cpu.for_each(pieces.len(), work, |(piece, mut room)| {
            if let Err(error) = self.fill(piece.clone(), weighting, &mut room) {
                first_error.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
            }
        });
        match first_error.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(error) => Err(failed(error)),
            None => Ok(()),
        }
    }

    /// Reads some rows into the room for them.
    fn fill<F: Bytes>(
        &self,
        rows: Range<usize>,
        weighting: Weighting,
        room: &mut Room<'_, F>,
    ) -> io::Result<()> {
        thread_local! {
            static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        let start = |row_bytes: usize| (rows.start * row_bytes) as u64;
        self.numbers.read_at(start(self.layout.numeric_bytes()), room.numeric.as_mut_bytes())?;
        let rest = self.layout.rest_bytes();
        BYTES.with_borrow_mut(|bytes| {
            bytes.resize(rows.len() * rest, 0);
            self.rest.read_at(start(rest), bytes)?;
            for (row, bytes) in bytes.chunks_exact(rest).enumerate() {
                self.layout.decode(bytes, weighting, room, row);
            }
            Ok(())
        })
    }

    /// Says which rows will be read next.
    pub(crate) fn expect(&self, ranges: &[Range<usize>]) {
        let rows = [(&self.numbers, self.layout.numeric_bytes()), (&self.rest, self.layout.rest_bytes())];
        for range in ranges {
            for (file, row_bytes) in rows {
                file.expect((range.start * row_bytes) as u64, (range.len() * row_bytes) as u64);
            }
        }
    }

    /// Calls a function with one chunk after the other, of so many rows each but the last, in their order, weighted for
    /// evaluation.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io), and those of the function.
    pub(crate) fn each<F: Bytes>(
        &self,
        cpu: &Cpu,
        chunk_rows: usize,
        mut take: impl FnMut(&Chunk<F>) -> Result<()>,
    ) -> Result<()> {
        let mut chunk = self.chunk();
        for start in (0..self.n_rows).step_by(chunk_rows) {
            let range = start..self.n_rows.min(start + chunk_rows);
            self.read(cpu, &[range], Weighting::Evaluation, &mut chunk)?;
            take(&chunk)?;
        }
        Ok(())
    }
}

fn failed(error: io::Error) -> Error {
    Error::io("read the rows that were put aside", error)
}

impl Layout {
    /// Appends what records of some rows of a piece of a table have besides the numeric inputs.
    fn append<F: Bytes>(
        &self,
        preprocessing: &Preprocessing,
        piece: &Dataset,
        rows: &[u32],
        columns: &Columns<F>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let targets = preprocessing.targets::<f64>(piece, Some(rows))?;
        let numbers = match &self.outputs {
            Outputs::Numbers { .. } => Some(preprocessing.target_values(piece, Some(rows))?),
            _ => None,
        };
        for (i, &row) in rows.iter().enumerate() {
            if self.n_codes > 0 {
                bytes.extend(columns.codes.row(i).iter().flat_map(|code| code.to_le_bytes()));
            }
            match (&targets, &numbers) {
                (Targets::Classes(classes), _) => bytes.extend(classes[i].to_le_bytes()),
                (_, Some(values)) | (Targets::Values(values), None) => {
                    bytes.extend(values.row(i).iter().flat_map(|y| y.to_le_bytes()));
                }
            }
            if let Some(weights) = &piece.sample_weight {
                bytes.extend(weights[row as usize].to_le_bytes());
            }
        }
        Ok(())
    }

    /// Whether rows have weights.
    fn weights(&self, weighting: Weighting) -> bool {
        let of_classes = matches!(self.outputs, Outputs::Classes { weights: Some(_), .. });
        self.has_weights || (of_classes && weighting == Weighting::Training)
    }

    /// Takes apart what a record has besides the numeric inputs.
    fn decode<F: Bytes>(&self, record: &[u8], weighting: Weighting, room: &mut Room<'_, F>, row: usize) {
        let (codes, rest) = record.split_at(4 * self.n_codes);
        let codes = codes.as_chunks().0.iter().map(|&code| u32::from_le_bytes(code));
        room.codes[row * self.n_codes..].iter_mut().zip(codes).for_each(|(into, code)| *into = code);
        let (targets, rest) = rest.split_at(if self.has_classes() { 4 } else { 8 * self.n_targets });
        if let Some(class) = room.classes.get_mut(row) {
            *class = u32::from_le_bytes(*targets.first_chunk().unwrap_or(&[0; 4]));
        } else {
            for (k, &y) in targets.as_chunks().0.iter().enumerate() {
                let (y, place) = (f64::from_le_bytes(y), row * self.n_targets + k);
                room.values[place] = F::from_f64(self.scaled(k, y));
                if let Some(target) = room.targets.get_mut(place) {
                    *target = y;
                }
            }
        }
        if let Some(weight) = room.weights.get_mut(row) {
            let sample = rest.first_chunk().map_or(1.0, |&weight| f64::from_le_bytes(weight));
            let class = match (&self.outputs, weighting) {
                (Outputs::Classes { weights: Some(weights), .. }, Weighting::Training) => {
                    weights[room.classes[row] as usize]
                }
                _ => 1.0,
            };
            *weight = F::from_f64(sample * class);
        }
    }

    fn scaled(&self, k: usize, y: f64) -> f64 {
        match &self.outputs {
            Outputs::Numbers { scalers } => scalers[k].apply(y),
            _ => y,
        }
    }
}

/// Room for rows of a chunk; what a chunk does not have is empty.
struct Room<'a, F> {
    numeric: &'a mut [F],
    codes: &'a mut [u32],
    classes: &'a mut [u32],
    values: &'a mut [F],
    targets: &'a mut [f64],
    weights: &'a mut [F],
}

impl<'a, F: Bytes> Room<'a, F> {
    /// For all rows of a chunk.
    fn of(chunk: &'a mut Chunk<F>) -> Self {
        let Samples { columns, targets, weights } = &mut chunk.samples;
        let (classes, values): (&mut [u32], &mut [F]) = match targets {
            Targets::Classes(classes) => (classes, &mut []),
            Targets::Values(values) => (&mut [], values.values_mut()),
        };
        Self {
            numeric: columns.numeric.values_mut(),
            codes: columns.codes.values_mut(),
            classes,
            values,
            targets: chunk.targets.as_mut().map_or(&mut [], Matrix::values_mut),
            weights: weights.as_deref_mut().unwrap_or_default(),
        }
    }

    /// Takes the room for the next rows.
    fn take(&mut self, rows: usize, layout: &Layout) -> Self {
        Self {
            numeric: first(&mut self.numeric, rows * layout.n_numeric),
            codes: first(&mut self.codes, rows * layout.n_codes),
            classes: first(&mut self.classes, rows),
            values: first(&mut self.values, rows * layout.n_targets),
            targets: first(&mut self.targets, rows * layout.n_targets),
            weights: first(&mut self.weights, rows),
        }
    }
}

/// Takes the first items of a slice, or as many as there are.
#[expect(clippy::mut_mut, reason = "the rest of the slice stays where it was")]
fn first<'a, T>(slice: &mut &'a mut [T], n: usize) -> &'a mut [T] {
    let n = n.min(slice.len());
    slice.split_off_mut(..n).unwrap_or_default()
}

/// Gives a chunk so many rows.
fn set_rows<F: Bytes>(chunk: &mut Chunk<F>, n_rows: usize, has_weights: bool) {
    let Samples { columns, targets, weights } = &mut chunk.samples;
    columns.numeric.set_rows(n_rows);
    columns.codes.set_rows(n_rows);
    match targets {
        Targets::Classes(classes) => classes.resize(n_rows, 0),
        Targets::Values(values) => values.set_rows(n_rows),
    }
    if let Some(targets) = &mut chunk.targets {
        targets.set_rows(n_rows);
    }
    if has_weights {
        weights.get_or_insert_default().resize(n_rows, F::ONE);
    }
}
