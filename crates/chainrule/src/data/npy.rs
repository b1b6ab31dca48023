//! NPY: `NumPy`'s own format for one array.
//!
//! A magic, a version, the length of a header, the header (a Python dictionary as text, with the keys `descr`,
//! `fortran_order` and `shape`), and the numbers. The header is read by a parser of our own: `npyz` allocates what the
//! length says before it looks whether it is there, multiplies the shape without looking for overflow, and reads any
//! Python literal by recursion, so that a file of nothing but parentheses ends the program. What `NumPy` writes there
//! needs three patterns.

use std::collections::TryReserveError;
use std::io::Read;

use crate::{Error, Result};

use super::assemble::{Extent, no_rows};
use super::grid::{Grid, transpose};
use super::source::read_bytes;
use super::{Column, Dataset, Numbers, ReadOptions, Values};

/// The longest header; `NumPy` itself refuses to read more than 10 000 bytes.
pub(super) const MAX_HEADER: usize = 1 << 16;

/// Reads an array of rows (n × p, or n numbers, which make one column). Columns are called `feature 0`, ….
///
/// `labels` are what [`read_labels`] reads from the file that belongs to them. Booleans, integers and floats of 4 and
/// 8 bytes are read, in either byte order, row by row or column by column. NaN means "missing" if
/// [`missing_values`](ReadOptions::missing_values) has `NaN`, as it does by default.
///
/// # Errors
/// [`Data`](crate::ErrorKind::Data) when the file is no such array, is shorter or longer than its header says, or has
/// another number of rows than there are labels; [`Configuration`](crate::ErrorKind::Configuration) when there is no
/// target; [`Memory`](crate::ErrorKind::Memory) and [`Io`](crate::ErrorKind::Io).
pub fn read(reader: impl Read, name: &str, labels: Option<Column>, options: &ReadOptions) -> Result<Dataset> {
    let bytes = read_bytes(reader, name, worth)?;
    let array = Array::new(&bytes).map_err(|error| error.in_file(name))?;
    let (n_rows, n_columns) = match array.shape[..] {
        [n] => (n, 1),
        [n, p] => (n, p),
        _ => return Err(array.shape_error("n rows × p features").in_file(name)),
    };
    if n_rows == 0 {
        return Err(no_rows(name));
    }
    let grid = Grid { source: name, n_rows, extent: Extent::Whole, n_columns, noun: "feature", labels };
    grid.into_dataset(options, |wanted| array.columns(n_rows, n_columns, wanted))
}

/// Reads labels (n numbers, or n × 1) as a column `label`.
///
/// # Errors
/// As [`read`].
pub fn read_labels(reader: impl Read, name: &str) -> Result<Column> {
    let bytes = read_bytes(reader, name, worth)?;
    let array = Array::new(&bytes).map_err(|error| error.in_file(name))?;
    let n_rows = match array.shape[..] {
        [0, ..] => return Err(no_rows(name)),
        [n] | [n, 1] => n,
        _ => return Err(array.shape_error("n labels").in_file(name)),
    };
    let memory = |error| {
        let message = format!("{n_rows} labels do not fit in memory");
        Error::new(crate::ErrorKind::Memory, message).in_file(name).with_source(error)
    };
    let columns = array.columns(n_rows, 1, &[0]).map_err(memory)?;
    let values = columns.into_iter().next().ok_or_else(|| no_rows(name))?;
    if let Some(row) = (0..n_rows).find(|&row| !values.get(row).is_finite()) {
        let message = format!("label {} is {}, where a finite number is expected", row + 1, values.get(row));
        return Err(Error::data(message).in_file(name));
    }
    Ok(Column { name: "label".into(), values: Values::Numbers(values) })
}

/// An array whose bytes are all there.
pub(super) struct Array<'a> {
    item: Item,
    endian: Endian,
    order: Order,
    shape: Vec<usize>,
    body: &'a [u8],
}

/// What the numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Bool,
    Signed(usize),
    Unsigned(usize),
    Float(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endian {
    Little,
    Big,
}

/// What stands side by side: the numbers of a row, or those of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Rows,
    Columns,
}

impl<'a> Array<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self> {
        let array = Self::begin(bytes)?;
        let length = array.length();
        if length == Some(array.body.len()) {
            return Ok(array);
        }
        let found = if length.is_some_and(|length| length < array.body.len()) {
            "more".into()
        } else {
            array.body.len().to_string()
        };
        let length = length.map_or("more than can be counted".into(), |length| length.to_string());
        Err(Error::data(format!(
            "the header says {} numbers of {} bytes, which makes {length} bytes, but {found} follow it",
            array.shape_text(),
            array.item.size(),
        )))
    }

    /// The bytes that its numbers take.
    fn length(&self) -> Option<usize> {
        let count = self.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        count?.checked_mul(self.item.size())
    }

    /// An array whose body may not be there yet: only what follows the header in `bytes`.
    pub(super) fn begin(bytes: &'a [u8]) -> Result<Self> {
        let (header, body) = split(bytes)?;
        let header = Parser { rest: header }.header()?;
        let (item, endian) = dtype(header.descr)?;
        Ok(Self { item, endian, order: header.order, shape: header.shape, body })
    }

    /// The bytes of a row of so many columns, if rows stand one behind the other.
    pub(super) fn row_bytes(&self, n_columns: usize) -> Option<usize> {
        (self.order == Order::Rows || n_columns == 1).then(|| n_columns * self.item.size())
    }

    /// What follows the header.
    pub(super) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The sizes of its dimensions.
    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The same kind of array with other rows.
    pub(super) fn over<'b>(&self, body: &'b [u8]) -> Array<'b> {
        Array { item: self.item, endian: self.endian, order: self.order, shape: self.shape.clone(), body }
    }

    /// Decodes columns, in the width that holds their numbers.
    pub(super) fn columns(
        &self,
        n: usize,
        p: usize,
        wanted: &[usize],
    ) -> Result<Vec<Numbers>, TryReserveError> {
        let all = match self.item {
            Item::Bool | Item::Unsigned(1) => {
                let columns = self.cut(n, p, wanted, |[byte]: [u8; 1]| byte)?;
                columns.into_iter().map(Numbers::U8).collect()
            }
            Item::Float(4) => {
                let columns = self.cut(n, p, wanted, f32::from_le_bytes)?;
                columns.into_iter().map(Numbers::F32).collect()
            }
            Item::Float(_) => doubles(self.cut(n, p, wanted, f64::from_le_bytes)?),
            Item::Signed(1) => doubles(self.cut(n, p, wanted, |b| f64::from(i8::from_le_bytes(b)))?),
            Item::Signed(2) => doubles(self.cut(n, p, wanted, |b| f64::from(i16::from_le_bytes(b)))?),
            Item::Signed(4) => doubles(self.cut(n, p, wanted, |b| f64::from(i32::from_le_bytes(b)))?),
            Item::Signed(_) => doubles(self.cut(n, p, wanted, |b| i64::from_le_bytes(b) as f64)?),
            Item::Unsigned(2) => doubles(self.cut(n, p, wanted, |b| f64::from(u16::from_le_bytes(b)))?),
            Item::Unsigned(4) => doubles(self.cut(n, p, wanted, |b| f64::from(u32::from_le_bytes(b)))?),
            Item::Unsigned(_) => doubles(self.cut(n, p, wanted, |b| u64::from_le_bytes(b) as f64)?),
        };
        Ok(all)
    }

    /// Cuts the array into columns; `decode` takes the little-endian bytes of a number.
    fn cut<T, const SIZE: usize>(
        &self,
        n: usize,
        p: usize,
        wanted: &[usize],
        decode: impl Fn([u8; SIZE]) -> T,
    ) -> Result<Vec<Vec<T>>, TryReserveError> {
        let (items, _) = self.body.as_chunks::<SIZE>();
        let item = |row: usize, column: usize| {
            let index = match self.order {
                Order::Rows => row * p + column,
                Order::Columns => column * n + row,
            };
            let mut bytes: [u8; SIZE] = items[index];
            if self.endian == Endian::Big {
                bytes.reverse();
            }
            decode(bytes)
        };
        transpose(n, wanted, item)
    }

    fn shape_text(&self) -> String {
        if self.shape.is_empty() {
            return "1 (no dimensions)".into();
        }
        self.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
    }

    pub(super) fn shape_error(&self, expected: &str) -> Error {
        Error::data(format!("the array is {}, where {expected} are expected", self.shape_text()))
    }
}

impl Item {
    fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Signed(size) | Self::Unsigned(size) | Self::Float(size) => size,
        }
    }
}

/// How many bytes of a file are worth unpacking: one more than it should have.
fn worth(head: &[u8]) -> u64 {
    let claimed = || {
        let (header, body) = split(head).ok()?;
        let header = Parser { rest: header }.header().ok()?;
        let (item, endian) = dtype(header.descr).ok()?;
        let array = Array { item, endian, order: header.order, shape: header.shape, body };
        array.length()?.checked_add(head.len() - body.len() + 1)
    };
    claimed().map_or(0, |length| length as u64)
}

fn doubles(columns: Vec<Vec<f64>>) -> Vec<Numbers> {
    columns.into_iter().map(Numbers::F64).collect()
}

/// The text of the header, and what follows it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(|| {
        Error::data("this is no NumPy file (.npy): it does not begin with the bytes 93 4e 55 4d 50 59")
    })?;
    let cut = || Error::data(format!("the file ends after {} bytes, inside the NumPy header", bytes.len()));
    let ([major, _minor], rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (length, rest) = match major {
        1 => rest
            .split_first_chunk()
            .map(|(b, rest)| (u16::from_le_bytes(*b) as usize, rest))
            .ok_or_else(cut)?,
        2 | 3 => rest
            .split_first_chunk()
            .map(|(b, rest)| (u32::from_le_bytes(*b) as usize, rest))
            .ok_or_else(cut)?,
        _ => return Err(Error::data(format!("version {major} of the NumPy format, where 1 to 3 are known"))),
    };
    if length > MAX_HEADER {
        let message = format!("a NumPy header of {length} bytes, where at most {MAX_HEADER} are expected");
        return Err(Error::data(message));
    }
    let (header, body) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| Error::data("the NumPy header is no text"))?;
    Ok((header, body))
}

/// What a type string such as `<f8` means.
fn dtype(descr: &str) -> Result<(Item, Endian)> {
    let mut chars = descr.chars();
    let endian = match chars.next() {
        Some('<' | '|' | '=') => Some(Endian::Little),
        Some('>') => Some(Endian::Big),
        _ => None,
    };
    let item = match chars.as_str() {
        "b1" => Some(Item::Bool),
        "i1" => Some(Item::Signed(1)),
        "i2" => Some(Item::Signed(2)),
        "i4" => Some(Item::Signed(4)),
        "i8" => Some(Item::Signed(8)),
        "u1" => Some(Item::Unsigned(1)),
        "u2" => Some(Item::Unsigned(2)),
        "u4" => Some(Item::Unsigned(4)),
        "u8" => Some(Item::Unsigned(8)),
        "f4" => Some(Item::Float(4)),
        "f8" => Some(Item::Float(8)),
        _ => None,
    };
    endian.and_then(|endian| item.map(|item| (item, endian))).ok_or_else(|| unreadable(descr))
}

fn unreadable(descr: &str) -> Error {
    let what = match descr.chars().find(char::is_ascii_alphabetic) {
        Some('O') => "Python objects, which only Python can read, and which can run any program",
        Some('U' | 'S') => "text",
        Some('M' | 'm') => "dates or times",
        Some('c') => "complex numbers",
        Some('f') => "floats of another width",
        _ => "another kind of items",
    };
    let message = format!(
        "the array holds {what} (dtype '{descr}'), where booleans, integers or floats of 4 or 8 bytes are expected\n\
         convert it in Python: numpy.save(NEW, array.astype('float64'))"
    );
    Error::data(message)
}

struct Header<'a> {
    descr: &'a str,
    order: Order,
    shape: Vec<usize>,
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, its keys in any order.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn header(mut self) -> Result<Header<'a>> {
        let whole = self.rest;
        self.dictionary().ok_or_else(|| {
            let shown: String = whole.chars().take(80).collect();
            let message = format!(
                "the NumPy header is not what NumPy writes for an array of numbers: {}",
                shown.trim()
            );
            Error::data(message)
        })
    }

    fn dictionary(&mut self) -> Option<Header<'a>> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.quoted()?;
            self.token(":")?;
            match key {
                "descr" if descr.is_none() => descr = Some(self.quoted()?),
                "fortran_order" if order.is_none() => order = Some(self.order()?),
                "shape" if shape.is_none() => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.token(",").is_none() && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        if !self.rest.trim().is_empty() {
            return None;
        }
        Some(Header { descr: descr?, order: order?, shape: shape? })
    }

    /// Takes a piece of text, with blanks before it.
    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (text, rest) = rest[1..].split_once(quote)?;
        self.rest = rest;
        Some(text)
    }

    fn order(&mut self) -> Option<Order> {
        if self.token("True").is_some() {
            return Some(Order::Columns);
        }
        self.token("False").map(|()| Order::Rows)
    }

    /// Sizes in parentheses. Python 2 put an L behind each.
    fn shape(&mut self) -> Option<Vec<usize>> {
        self.token("(")?;
        let (sizes, rest) = self.rest.split_once(')')?;
        self.rest = rest;
        let sizes = sizes.trim();
        if sizes.is_empty() {
            return Some(Vec::new());
        }
        let sizes = sizes.strip_suffix(',').unwrap_or(sizes).split(',').map(|size| {
            let size = size.trim();
            let size = size.strip_suffix('L').unwrap_or(size);
            size.bytes().all(|byte| byte.is_ascii_digit()).then(|| size.parse().ok()).flatten()
        });
        sizes.collect()
    }
}

#[cfg(test)]
mod tests;
