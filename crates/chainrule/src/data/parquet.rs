//! Parquet: the columnar files of pandas, polars and Spark.
//!
//! A table for training is flat, so the columns are read as Parquet stores them, values and definition levels, without
//! Arrow in between. What is no number, no text and no truth value is refused by name, unless it is dropped: then it is
//! never decoded. The decoder is other people's code and meets other people's bytes, so a panic in it is caught and
//! becomes an error like any other.

mod cells;
pub(super) mod pages;
mod thrift;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use crate::{Error, ErrorKind, Position, Result};

use super::assemble::{Extent, Selected, Table, no_rows};
use super::dataset::TextBuilder;
use super::selection::{Role, Selection, check_names, check_width};
use super::source::read_bytes;
use super::{Column, Dataset, Lines, ReadOptions, Values};
use cells::Cells;
use pages::guarded;

/// A file may claim this many rows whatever its size …
const ROW_ALLOWANCE: u64 = 1 << 20;
/// … and beyond that so many per byte: run-length coding stores a constant column in next to nothing.
const ROWS_PER_BYTE: u64 = 1024;

/// Reads a flat table: integers and floats as numbers, strings (also dictionary-coded) and booleans (`true`, `false`)
/// as text, nulls and NaN as missing.
///
/// # Errors
/// [`Data`](ErrorKind::Data) when the file is broken, or a column that is not dropped is nested, a list, a decimal, a
/// date or a time; [`Configuration`](ErrorKind::Configuration) for columns that are not there;
/// [`Memory`](ErrorKind::Memory) and [`Io`](ErrorKind::Io).
pub fn read(reader: impl Read, name: &str, options: &ReadOptions) -> Result<Dataset> {
    options.validate()?;
    let bytes = read_bytes(reader, name, |_| u64::MAX)?;
    if !bytes.starts_with(b"PAR1") {
        let message = "this is no Parquet file: it does not begin with PAR1";
        return Err(Error::data(message).in_file(name));
    }
    let decoded = caught(|| decode(Bytes::from(bytes), name, options));
    let Decoded { names, columns, ignored, n_rows } = decoded.map_err(|error| error.in_file(name))?;
    let locate = |_: usize, column: usize| place(name, column, &names[column]);
    let warnings = Vec::new();
    let table = Table {
        source: name,
        n_rows,
        extent: Extent::Whole,
        columns,
        lines: Lines::default(),
        ignored,
        warnings,
        nan_is_missing: true,
        locate: &locate,
    };
    table.assemble(options)
}

struct Decoded {
    names: Vec<String>,
    columns: Vec<Selected>,
    ignored: Vec<String>,
    n_rows: usize,
}

fn decode(bytes: Bytes, name: &str, options: &ReadOptions) -> Result<Decoded> {
    let length = bytes.len() as u64;
    let file = SerializedFileReader::new(bytes.clone()).map_err(broken)?;
    let bytes = Arc::new(bytes);
    let metadata = file.metadata().file_metadata();
    let schema = metadata.schema_descr();
    let Wanted { names, selection, leaves } = Wanted::of(schema, name, options)?;
    let n_rows = rows(metadata.num_rows(), length)?;
    if n_rows == 0 {
        return Err(no_rows(name));
    }
    let mut columns = Vec::new();
    for (index, leaf) in leaves {
        let at = |error: Error| error.at(place(name, index, &names[index]));
        let values = leaf.read(&file, &bytes, n_rows, options).map_err(at)?;
        let values = if selection.categorical[index] { values.into_text() } else { values };
        let role = selection.roles[index];
        columns.push(Selected { role, index, column: Column { name: names[index].clone(), values } });
    }
    let ignored = selection.ignored(&names);
    Ok(Decoded { names, columns, ignored, n_rows })
}

/// The columns that are read.
pub(super) struct Wanted {
    /// Of all columns.
    pub(super) names: Vec<String>,
    pub(super) selection: Selection,
    /// Those that are not dropped, with their numbers.
    pub(super) leaves: Vec<(usize, Leaf)>,
}

impl Wanted {
    pub(super) fn of(schema: &SchemaDescriptor, name: &str, options: &ReadOptions) -> Result<Self> {
        let names: Vec<String> =
            schema.root_schema().get_fields().iter().map(|field| field.name().into()).collect();
        check_width(names.len())?;
        check_names(&names)?;
        let selection = Selection::new(&names, options)?;
        let mut leaves = Vec::new();
        for (index, _) in selection.roles.iter().enumerate().filter(|&(_, &role)| role != Role::Dropped) {
            let at = |error: Error| error.at(place(name, index, &names[index]));
            leaves.push((index, Leaf::of(schema, index).map_err(at)?));
        }
        Ok(Self { names, selection, leaves })
    }
}

/// Runs the decoder, whose panics over broken bytes become errors.
pub(super) fn caught<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    decoded.unwrap_or_else(|_| Err(Error::data("the Parquet file is broken: it cannot be decoded")))
}

/// The number of rows that a file of this length may claim.
fn rows(claimed: i64, length: u64) -> Result<usize> {
    let limit = ROW_ALLOWANCE + ROWS_PER_BYTE * length;
    let rows = u64::try_from(claimed).ok().filter(|&rows| rows <= limit);
    rows.and_then(|rows| usize::try_from(rows).ok()).ok_or_else(|| {
        Error::data(format!(
            "the file claims {claimed} rows in {length} bytes, where 0 to {limit} are expected"
        ))
    })
}

/// A column of values without a structure of their own.
pub(super) struct Leaf {
    /// Its number among the leaves of the schema.
    pub(super) index: usize,
    pub(super) kind: Kind,
    nullable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Signed,
    Unsigned,
    Single,
    Double,
    Text,
}

impl Leaf {
    /// The leaf of a top-level field, if it is one that can be read.
    pub(super) fn of(schema: &SchemaDescriptor, field: usize) -> Result<Self> {
        let unreadable = |what: &str| {
            Error::data(format!(
                "the column holds {what}, where numbers, text or booleans are expected\n\
                 --drop {} leaves it out",
                schema.root_schema().get_fields()[field].name()
            ))
        };
        let mut leaves = (0..schema.num_columns()).filter(|&leaf| schema.get_column_root_idx(leaf) == field);
        let index = leaves.next().ok_or_else(|| unreadable("nothing"))?;
        let column = schema.column(index);
        if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
            return Err(unreadable("lists or nested records"));
        }
        let kind = Kind::of(&column).map_err(unreadable)?;
        Ok(Self { index, kind, nullable: column.max_def_level() > 0 })
    }

    fn read(
        &self,
        file: &SerializedFileReader<Bytes>,
        bytes: &Arc<Bytes>,
        n_rows: usize,
        options: &ReadOptions,
    ) -> Result<Values> {
        let mut cells = self.kind.cells(n_rows)?;
        for group in 0..file.num_row_groups() {
            let group = file.get_row_group(group).map_err(broken)?;
            let mut reader = guarded(bytes, &*group, self.index).map_err(broken)?;
            // One more than there should be, so that too many are seen.
            cells.take(&mut reader, self, n_rows - cells.len() + 1, options)?;
            if cells.len() > n_rows {
                break;
            }
        }
        let values = cells.into_values();
        if values.len() == n_rows {
            return Ok(values);
        }
        Err(Error::data(format!("the file claims {n_rows} rows, but the column has {}", values.len())))
    }
}

impl Kind {
    /// What the values of a column are, or what they are instead.
    fn of(column: &ColumnDescriptor) -> Result<Self, &'static str> {
        if let Some(what) = foreign(column) {
            return Err(what);
        }
        let unsigned = match column.logical_type_ref() {
            Some(LogicalType::Integer(integer)) => !integer.is_signed,
            _ => matches!(
                column.converted_type(),
                ConvertedType::UINT_8
                    | ConvertedType::UINT_16
                    | ConvertedType::UINT_32
                    | ConvertedType::UINT_64
            ),
        };
        match column.physical_type() {
            Physical::BOOLEAN => Ok(Self::Boolean),
            Physical::INT32 | Physical::INT64 if unsigned => Ok(Self::Unsigned),
            Physical::INT32 | Physical::INT64 => Ok(Self::Signed),
            Physical::FLOAT => Ok(Self::Single),
            Physical::DOUBLE => Ok(Self::Double),
            Physical::BYTE_ARRAY if is_text(column) => Ok(Self::Text),
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Err("bytes"),
            Physical::INT96 => Err("dates or times"),
        }
    }

    /// Room for the cells of all rows.
    pub(super) fn cells(self, n_rows: usize) -> Result<Cells> {
        Ok(match self {
            Self::Boolean | Self::Text => Cells::Text(TextBuilder::default()),
            Self::Single => Cells::Singles(room(n_rows)?),
            Self::Signed | Self::Unsigned | Self::Double => Cells::Doubles(room(n_rows)?),
        })
    }
}

/// An empty vector with room for one item per row.
fn room<T>(n_rows: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(n_rows).map_err(|error| {
        let message = format!("{n_rows} rows do not fit in memory");
        Error::new(ErrorKind::Memory, message).with_source(error)
    })?;
    Ok(items)
}

fn is_text(column: &ColumnDescriptor) -> bool {
    let logical = matches!(
        column.logical_type_ref(),
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)
    );
    logical
        || matches!(column.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
}

/// Values that are stored as numbers or bytes and mean something else.
fn foreign(column: &ColumnDescriptor) -> Option<&'static str> {
    match column.logical_type_ref() {
        Some(LogicalType::Decimal(_)) => return Some("decimals"),
        Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)) => {
            return Some("dates or times");
        }
        Some(LogicalType::Float16) => return Some("16-bit floats"),
        Some(LogicalType::Uuid) => return Some("UUIDs"),
        _ => {}
    }
    match column.converted_type() {
        ConvertedType::DECIMAL => Some("decimals"),
        ConvertedType::DATE
        | ConvertedType::TIME_MILLIS
        | ConvertedType::TIME_MICROS
        | ConvertedType::TIMESTAMP_MILLIS
        | ConvertedType::TIMESTAMP_MICROS
        | ConvertedType::INTERVAL => Some("dates or times"),
        _ => None,
    }
}

pub(super) fn broken(error: ParquetError) -> Error {
    Error::data(format!("the Parquet file is broken or cut off: {error}")).with_source(error)
}

pub(super) fn place(file: &str, column: usize, name: &str) -> Position {
    Position { file: file.into(), line: None, column: Some((column as u64 + 1, name.into())) }
}

#[cfg(test)]
mod tests;
