//! Rows on the disk as the network reads them: one record of fixed size per row.
//!
//! A record has the numeric inputs in the network's precision, the codes, the targets and the weight. Targets that are numbers
//! stay in their own unit, in which a regression is measured, and weights are those of the samples: what training makes of them
//! is made when a record is read, by the formulas that make it of a table in memory.

use std::cell::RefCell;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Mutex;

use chainrule_kernels::cpu::Cpu;

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
    file: Scratch,
    layout: Layout,
    n_rows: usize,
    /// Of the bytes.
    checksum: u32,
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

    fn record_bytes(&self) -> usize {
        let targets = if self.has_classes() { 4 } else { 8 * self.n_targets };
        let weight = if self.has_weights { 8 } else { 0 };
        self.n_numeric * self.number_bytes + 4 * self.n_codes + targets + weight
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
        let file = Scratch::new_in(&folder).map_err(|error| no_room(&folder, 0, error))?;
        let layout = Layout::new::<F>(preprocessing, table.has_weights);
        let mut writer = file.writer().map_err(failed)?;
        let (mut n_rows, mut checksum, mut warnings) = (0, 0, Vec::new());
        let mut bytes = Vec::new();
        table.each(|first_row, piece| {
            let rows = share.rows(part, first_row, piece.n_rows);
            if rows.is_empty() {
                return Ok(());
            }
            bytes.clear();
            warnings.extend(layout.append::<F>(preprocessing, piece, &rows, &mut bytes)?);
            n_rows += rows.len();
            checksum = crc32c::crc32c_append(checksum, &bytes);
            let written = n_rows * layout.record_bytes();
            writer.write_all(&bytes).map_err(|error| no_room(&folder, written as u64, error))
        })?;
        writer.flush().map_err(|error| no_room(&folder, (n_rows * layout.record_bytes()) as u64, error))?;
        Ok((Self { file, layout, n_rows, checksum }, warnings))
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
        format!("{} rows of checksum {:08x}, streamed", self.n_rows, self.checksum)
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
        let at_once = (READ / self.layout.record_bytes()).max(1);
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
        let record = self.layout.record_bytes();
        BYTES.with_borrow_mut(|bytes| {
            bytes.resize(rows.len() * record, 0);
            self.file.read_at((rows.start * record) as u64, bytes)?;
            for (row, bytes) in bytes.chunks_exact(record).enumerate() {
                self.layout.decode(bytes, weighting, room, row);
            }
            Ok(())
        })
    }

    /// Says which rows will be read next.
    pub(crate) fn expect(&self, ranges: &[Range<usize>]) {
        let record = self.layout.record_bytes();
        for range in ranges {
            self.file.expect((range.start * record) as u64, (range.len() * record) as u64);
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
    /// Appends the records of some rows of a piece of a table.
    fn append<F: Bytes>(
        &self,
        preprocessing: &Preprocessing,
        piece: &Dataset,
        rows: &[u32],
        bytes: &mut Vec<u8>,
    ) -> Result<Vec<String>> {
        let (columns, warnings) = preprocessing.columns::<F>(piece, Some(rows))?;
        let targets = preprocessing.targets::<f64>(piece, Some(rows))?;
        let numbers = match &self.outputs {
            Outputs::Numbers { .. } => Some(preprocessing.target_values(piece, Some(rows))?),
            _ => None,
        };
        for (i, &row) in rows.iter().enumerate() {
            if self.n_numeric > 0 {
                columns.numeric.row(i).iter().for_each(|x| x.append_to(bytes));
            }
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
        Ok(warnings)
    }

    /// Whether rows have weights.
    fn weights(&self, weighting: Weighting) -> bool {
        let of_classes = matches!(self.outputs, Outputs::Classes { weights: Some(_), .. });
        self.has_weights || (of_classes && weighting == Weighting::Training)
    }

    /// Takes a record apart.
    fn decode<F: Bytes>(&self, record: &[u8], weighting: Weighting, room: &mut Room<'_, F>, row: usize) {
        let (numeric, rest) = record.split_at(self.n_numeric * self.number_bytes);
        F::decode(numeric, &mut room.numeric[row * self.n_numeric..][..self.n_numeric]);
        let (codes, rest) = rest.split_at(4 * self.n_codes);
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
