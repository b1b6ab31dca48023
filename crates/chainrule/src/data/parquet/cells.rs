//! The cells of a column, as its row groups are decoded one after the other.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;

use super::{Kind, Leaf, broken};
use crate::data::dataset::TextBuilder;
use crate::data::{Numbers, ReadOptions, Values};
use crate::{Error, Result};

/// Rows that are decoded at a time.
const BATCH: usize = 8192;

/// The cells of a column so far.
pub(in crate::data) enum Cells {
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
    Text(TextBuilder),
}

impl Cells {
    pub(in crate::data) fn len(&self) -> usize {
        match self {
            Self::Singles(cells) => cells.len(),
            Self::Doubles(cells) => cells.len(),
            Self::Text(cells) => cells.text().codes.len(),
        }
    }

    /// Adds the next cells of a row group, at most so many.
    pub(in crate::data) fn take(
        &mut self,
        reader: &mut ColumnReader,
        leaf: &Leaf,
        limit: usize,
        options: &ReadOptions,
    ) -> Result<()> {
        match self {
            Self::Singles(cells) => match reader {
                ColumnReader::FloatColumnReader(reader) => {
                    each(reader, leaf, limit, |x| cells.push(x.copied().unwrap_or(f32::NAN)))
                }
                _ => Err(not_as_declared()),
            },
            Self::Doubles(cells) => take_doubles(reader, leaf, limit, |x| cells.push(x.unwrap_or(f64::NAN))),
            Self::Text(cells) => take_texts(reader, leaf, limit, |text| {
                cells.push(text.filter(|text| !options.is_missing(text)));
            }),
        }
    }

    pub(in crate::data) fn into_values(self) -> Values {
        match self {
            Self::Singles(values) => Values::Numbers(Numbers::F32(values)),
            Self::Doubles(values) => Values::Numbers(Numbers::F64(values)),
            Self::Text(builder) => Values::Text(builder.finish()),
        }
    }
}

fn take_doubles(
    reader: &mut ColumnReader,
    leaf: &Leaf,
    limit: usize,
    mut push: impl FnMut(Option<f64>),
) -> Result<()> {
    let unsigned = leaf.kind == Kind::Unsigned;
    match reader {
        ColumnReader::Int32ColumnReader(reader) => {
            let number = |x: i32| if unsigned { f64::from(x.cast_unsigned()) } else { f64::from(x) };
            each(reader, leaf, limit, |x| push(x.copied().map(number)))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            let number = |x: i64| if unsigned { x.cast_unsigned() as f64 } else { x as f64 };
            each(reader, leaf, limit, |x| push(x.copied().map(number)))
        }
        ColumnReader::DoubleColumnReader(reader) => each(reader, leaf, limit, |x| push(x.copied())),
        _ => Err(not_as_declared()),
    }
}

fn take_texts(
    reader: &mut ColumnReader,
    leaf: &Leaf,
    limit: usize,
    mut push: impl FnMut(Option<&str>),
) -> Result<()> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => {
            each(reader, leaf, limit, |x| push(x.map(|&x| if x { "true" } else { "false" })))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            let mut first_error = None;
            each(reader, leaf, limit, |bytes| match bytes.map(|bytes| bytes.as_utf8()).transpose() {
                Ok(text) => push(text),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            })?;
            first_error.map_or(Ok(()), |error| Err(broken(error)))
        }
        _ => Err(not_as_declared()),
    }
}

fn not_as_declared() -> Error {
    Error::data("the Parquet file is broken: a column is not of the type that its schema says")
}

/// Hands the next values of a row group, at most so many, to `push`, and `None` for every null.
fn each<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    leaf: &Leaf,
    limit: usize,
    mut push: impl FnMut(Option<&T::T>),
) -> Result<()> {
    let (mut values, mut levels, mut n_read) = (Vec::new(), Vec::new(), 0);
    while n_read < limit {
        values.clear();
        levels.clear();
        let most = BATCH.min(limit - n_read);
        let (n, ..) = reader.read_records(most, Some(&mut levels), None, &mut values).map_err(broken)?;
        if n == 0 {
            break;
        }
        n_read += n;
        let mut present = values.iter();
        if leaf.nullable {
            for &level in &levels {
                push(if level > 0 { present.next() } else { None });
            }
        } else {
            present.for_each(|value| push(Some(value)));
        }
    }
    Ok(())
}
