//! Readers on paths: thin, and only where there is a file system.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::files::{free::check_fits, free_memory};
use crate::{Error, Result};

use super::source::{first_bytes, has_extension, without_gz};
use super::{Column, Dataset, ReadOptions, Target, csv, idx, npy};

/// Bytes that tell the formats apart, packed or not.
const HEAD: u64 = 4096;

/// The formats of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Parquet,
    Npy,
    Idx,
}

impl Format {
    /// By the name's ending. IDX files have none of their own, and are known by their first two bytes, which are 0;
    /// any other file is text.
    pub(super) fn of(name: &str, head: &[u8]) -> Self {
        let inner = without_gz(name);
        match () {
            () if has_extension(inner, ".csv") || has_extension(inner, ".tsv") => Self::Text,
            () if has_extension(inner, ".parquet") => Self::Parquet,
            () if has_extension(inner, ".npy") => Self::Npy,
            () if first_bytes(head).starts_with(&[0, 0]) => Self::Idx,
            () => Self::Text,
        }
    }
}

/// Reads a table from a file: `.csv`, `.tsv` (also `.gz`), `.parquet`, `.npy`, IDX; any other ending is read as `.csv`.
/// NPY and IDX have their labels in a file of their own, NPY or IDX.
///
/// # Errors
/// Those of the format's own reader; [`Io`](crate::ErrorKind::Io) when a file cannot be read; and
/// [`Configuration`](crate::ErrorKind::Configuration) when labels are given for a format that holds them itself.
pub fn open(path: impl AsRef<Path>, labels: Option<&Path>, options: &ReadOptions) -> Result<Dataset> {
    let (name, head, file) = start_whole(path.as_ref())?;
    let format = Format::of(&name, &head);
    if labels.is_some() && matches!(format, Format::Text | Format::Parquet) {
        let message = "--labels goes with .npy and IDX files; here the target is a column (in a training, --target names it)";
        return Err(Error::configuration(message).in_file(&name));
    }
    let labels = labels.map(open_labels).transpose()?;
    let reader = Cursor::new(head).chain(file);
    match format {
        Format::Text => csv::read(reader, &name, options),
        Format::Parquet => read_parquet(reader, &name, options),
        Format::Npy => npy::read(reader, &name, labels, options),
        Format::Idx => idx::read(reader, &name, labels, options),
    }
}

impl Dataset {
    /// Reads a CSV or TSV file, plain or gzipped, with the options that [`ReadOptions::default`] has.
    ///
    /// # Errors
    /// See [`csv::read`].
    ///
    /// # Example
    /// ```no_run
    /// use chainrule::data::{Dataset, Target};
    /// let data = Dataset::from_csv("iris.csv", Target::Last)?;
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn from_csv(path: impl AsRef<Path>, target: Target) -> Result<Self> {
        let (name, head, file) = start_whole(path.as_ref())?;
        csv::read(Cursor::new(head).chain(file), &name, &ReadOptions { target, ..ReadOptions::default() })
    }
}

/// Labels in a file of their own.
fn open_labels(path: &Path) -> Result<Column> {
    let (name, head, file) = start_whole(path)?;
    let format = Format::of(&name, &head);
    let reader = Cursor::new(head).chain(file);
    match format {
        Format::Npy => npy::read_labels(reader, &name),
        Format::Idx => idx::read_labels(reader, &name),
        Format::Text | Format::Parquet => Err(no_labels(&name)),
    }
}

/// The error for labels in a file of a kind that has none.
pub(super) fn no_labels(name: &str) -> Error {
    Error::data("labels are read from .npy and IDX files, and this is neither").in_file(name)
}

/// Opens a file that is read whole: its name for messages, its first bytes, and the rest.
fn start_whole(path: &Path) -> Result<(String, Vec<u8>, File)> {
    let (name, head, file) = start(path)?;
    let length = file.metadata().map_err(|error| Error::io(format_args!("read {name}"), error))?.len();
    check_fits(length, free_memory(), &name)?;
    Ok((name, head, file))
}

/// Opens a file: its name for messages, its first bytes, and the rest.
pub(super) fn start(path: &Path) -> Result<(String, Vec<u8>, File)> {
    let name = path.display().to_string();
    let opened = File::open(path).and_then(|file| {
        let mut head = Vec::new();
        (&file).take(HEAD).read_to_end(&mut head)?;
        Ok((head, file))
    });
    let (head, file) = opened.map_err(|error| Error::io(format_args!("read {name}"), error))?;
    Ok((name, head, file))
}

#[cfg(feature = "parquet")]
fn read_parquet(reader: impl Read, name: &str, options: &ReadOptions) -> Result<Dataset> {
    super::parquet::read(reader, name, options)
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(_: impl Read, name: &str, _: &ReadOptions) -> Result<Dataset> {
    let message = "this build cannot read Parquet files\nbuild it with the feature `parquet`, or convert the file to CSV";
    Err(Error::new(crate::ErrorKind::Unsupported, message).in_file(name))
}

#[cfg(test)]
mod tests;
