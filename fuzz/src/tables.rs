//! Tables: CSV, NPY, IDX, Parquet, and gzip around them.

use std::io::Write;

use chainrule::data::{OnBadRow, ReadOptions, Target, csv, idx, npy, parquet};
use flate2::{Compression, write::GzEncoder};

use crate::expectations::{NAME, assert_explains, assert_read};

/// A table of text; the first byte says how it is read.
pub fn csv(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let name = if choice & 1 == 0 { "file.csv" } else { "file.tsv" };
    assert_read(csv::read(text, name, &options(choice)), name);
}

/// Options by the bits of a byte. The digits `0` to `9` of ASCII have the low bits of their values.
fn options(choice: u8) -> ReadOptions {
    let bit = |n: u8| choice >> n & 1 == 1;
    let target = if bit(3) { Target::Columns(vec!["0".into(), "y".into()]) } else { Target::Last };
    ReadOptions {
        header: !bit(1),
        on_bad_row: if bit(2) { OnBadRow::Skip } else { OnBadRow::Error },
        target: if bit(6) { Target::None } else { target },
        categorical: if bit(7) { vec!["-1".into()] } else { Vec::new() },
        ..ReadOptions::default()
    }
}

/// An array of `NumPy`'s: of rows, and of labels.
pub fn npy(bytes: &[u8]) {
    for target in [Target::None, Target::Columns(vec!["-1".into()])] {
        let options = ReadOptions { target, ..ReadOptions::default() };
        assert_read(npy::read(bytes, NAME, None, &options), NAME);
    }
    match npy::read_labels(bytes, NAME) {
        Ok(labels) => assert!(!labels.values.is_empty()),
        Err(error) => assert_explains(&error, NAME),
    }
}

/// Images, and their labels.
pub fn idx(bytes: &[u8]) {
    let options = ReadOptions { target: Target::None, ..ReadOptions::default() };
    assert_read(idx::read(bytes, NAME, None, &options), NAME);
    match idx::read_labels(bytes, NAME) {
        Ok(labels) => assert!(!labels.values.is_empty()),
        Err(error) => assert_explains(&error, NAME),
    }
}

/// A Parquet file.
pub fn parquet(bytes: &[u8]) {
    assert_read(parquet::read(bytes, NAME, &ReadOptions::default()), NAME);
}

/// A gzip file: as it comes, and bytes that are packed first and must then be read as they are read unpacked.
pub fn gzip(bytes: &[u8]) {
    let options = ReadOptions::default();
    assert_read(csv::read(bytes, "file.csv.gz", &options), "file.csv.gz");
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return idx(bytes);
    }
    let packed = packed(bytes);
    // As text, since a cell that is missing is a NaN, which equals nothing.
    let outcome = |bytes: &[u8]| match csv::read(bytes, "file.csv", &options) {
        Ok(data) => format!("{data:?}"),
        Err(error) => format!("{:?}: {error}", error.kind()),
    };
    assert_eq!(outcome(&packed), outcome(bytes), "packed and unpacked differ");
}

pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.unwrap_or_else(|error| panic!("memory cannot fail to be written: {error}"))
}
