//! Parquet, some rows of every column at a time, row group by row group.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::input::open_file;
use super::{End, Pieces, piece_rows};
use crate::data::assemble::{Extent, Selected, Table, no_rows};
use crate::data::parquet::{Leaf, Wanted, broken, caught, pages, place};
use crate::data::selection::Selection;
use crate::data::{Column, Dataset, Lines, ReadOptions};
use crate::{Error, Result};

/// A Parquet file.
pub(super) struct ParquetPieces {
    name: String,
    options: ReadOptions,
    file: SerializedFileReader<File>,
    /// The same file, whose pages are looked at before they are decoded.
    bytes: Arc<File>,
    names: Vec<String>,
    selection: Selection,
    leaves: Vec<(usize, Leaf)>,
    piece_rows: usize,
    /// The row group at hand: one reader for each leaf, and the rows that are left in it.
    readers: Vec<ColumnReader>,
    left: usize,
    next_group: usize,
    n_done: usize,
}

impl ParquetPieces {
    pub(super) fn begin(path: &Path, options: &ReadOptions) -> Result<Self> {
        let name = path.display().to_string();
        let file = open_file(path)?;
        caught(|| Self::of(file, name.clone(), options)).map_err(|error| error.in_file(&name))
    }

    fn of(file: File, name: String, options: &ReadOptions) -> Result<Self> {
        let same = file.try_clone().map_err(|error| Error::io(format_args!("read {name}"), error))?;
        let (file, bytes) = (SerializedFileReader::new(file).map_err(broken)?, Arc::new(same));
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let Wanted { names, selection, leaves } = Wanted::of(&schema, &name, options)?;
        let (options, piece_rows) = (options.clone(), piece_rows(names.len()));
        let (readers, left, next_group, n_done) = (Vec::new(), 0, 0, 0);
        Ok(Self {
            name,
            options,
            file,
            bytes,
            names,
            selection,
            leaves,
            piece_rows,
            readers,
            left,
            next_group,
            n_done,
        })
    }

    /// Opens row groups until there is one with rows; false behind the last.
    fn find_rows(&mut self) -> Result<bool> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.next_group).map_err(broken)?;
            let claimed = group.metadata().num_rows();
            self.left = usize::try_from(claimed)
                .map_err(|_| Error::data(format!("a row group of {claimed} rows")))?;
            let reader =
                |(_, leaf): &(usize, Leaf)| pages::guarded(&self.bytes, &*group, leaf.index).map_err(broken);
            self.readers = self.leaves.iter().map(reader).collect::<Result<_>>()?;
            self.next_group += 1;
        }
        Ok(true)
    }

    fn columns(&mut self, n: usize) -> Result<Vec<Selected>> {
        let mut columns = Vec::with_capacity(self.leaves.len());
        for ((index, leaf), reader) in self.leaves.iter().zip(&mut self.readers) {
            let name = &self.names[*index];
            let at = |error: Error| error.at(place(&self.name, *index, name));
            let mut cells = leaf.kind.cells(n)?;
            cells.take(reader, leaf, n, &self.options).map_err(at)?;
            if cells.len() != n {
                let message = "the column has fewer values than its row group has rows";
                return Err(at(Error::data(message)));
            }
            let values = cells.into_values();
            let values = if self.selection.categorical[*index] { values.into_text() } else { values };
            let column = Column { name: name.clone(), values };
            columns.push(Selected { role: self.selection.roles[*index], index: *index, column });
        }
        Ok(columns)
    }
}

impl Pieces for ParquetPieces {
    fn next(&mut self) -> Result<Option<Dataset>> {
        let name = self.name.clone();
        let found = caught(|| {
            if !self.find_rows()? {
                return Ok(None);
            }
            let n = self.left.min(self.piece_rows);
            Ok(Some((n, self.columns(n)?)))
        });
        let Some((n_rows, columns)) = found.map_err(|error| error.in_file(&name))? else { return Ok(None) };
        let locate = |_: usize, column: usize| place(&name, column, &self.names[column]);
        let table = Table {
            source: &name,
            n_rows,
            extent: Extent::Piece { first_row: self.n_done },
            columns,
            lines: Lines::default(),
            ignored: self.selection.ignored(&self.names),
            warnings: Vec::new(),
            nan_is_missing: true,
            locate: &locate,
        };
        let piece = table.assemble(&self.options)?;
        self.left -= n_rows;
        self.n_done += n_rows;
        Ok(Some(piece))
    }

    fn end(self: Box<Self>) -> Result<End> {
        if self.n_done == 0 { Err(no_rows(&self.name)) } else { Ok(End::default()) }
    }
}
