//! Files of pandas, polars and Arrow (`testdata/parquet/make.py` writes them), whole and broken.

use crate::ErrorKind;
use crate::data::{Column, Dataset, MISSING, Numbers, ReadOptions, Target, Values, parquet};
use crate::{Error, Result};

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/../../testdata/parquet/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn read(name: &str, options: &ReadOptions) -> Result<Dataset> {
    parquet::read(&file(name)[..], "t.parquet", options)
}

fn numbers(column: &Column) -> Vec<f64> {
    let Values::Numbers(numbers) = &column.values else { panic!("'{}' is no numbers", column.name) };
    (0..numbers.len()).map(|row| numbers.get(row)).collect()
}

/// The texts of a column, "-" where it is missing.
fn texts(column: &Column) -> Vec<&str> {
    let Values::Text(text) = &column.values else { panic!("'{}' is no text", column.name) };
    let text_of = |&code: &u32| if code == MISSING { "-" } else { text.vocabulary[code as usize].as_str() };
    text.codes.iter().map(text_of).collect()
}

#[test]
fn pandas_and_polars_write_the_same_table() {
    for name in ["pandas-snappy", "polars-zstd"] {
        let data = read(name, &ReadOptions::default()).unwrap();
        assert_eq!((data.n_rows, data.features.len()), (3, 7), "{name}");
        let [small, large, single, double, flag, text, question] = &data.features[..] else { panic!() };
        let small = numbers(small);
        assert!(small[0] == 1.0 && small[1].is_nan() && small[2] == -3.0, "{name}: {small:?}");
        assert_eq!(numbers(large), [2f64.powi(60), 5.0, -(2f64.powi(40))]);
        assert_eq!(single.values, Values::Numbers(Numbers::F32(vec![0.5, -1.25, 3.0])), "in its own width");
        let double = numbers(double);
        assert!(double[0] == 0.1 && double[1].is_nan() && double[2] == 1e300, "{name}: {double:?}");
        assert_eq!(texts(flag), ["true", "-", "false"]);
        assert_eq!(texts(text), ["b", "-", "a"]);
        assert_eq!(texts(question), ["-", "x", "x"]);
        assert_eq!(numbers(&data.targets[0]), [10.0, 20.0, 30.0]);
        assert!(data.warnings.iter().any(|warning| warning.contains("'large'") && warning.contains("2^53")));
    }
}

#[test]
fn row_groups_are_joined() {
    let data = read("groups-gzip", &ReadOptions::default()).unwrap();
    assert_eq!(numbers(&data.features[0]), (0..10).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn numbers_can_be_taken_for_categories() {
    let options = ReadOptions { categorical: vec!["y".into()], ..ReadOptions::default() };
    assert_eq!(texts(&read("groups-gzip", &options).unwrap().targets[0])[..3], ["0", "1", "0"]);
}

#[test]
fn h4_columns_that_are_no_numbers_or_text_are_refused_by_name_and_can_be_dropped() {
    let mut options = ReadOptions { target: Target::Columns(vec!["y".into()]), ..ReadOptions::default() };
    for (column, what) in [
        ("list", "lists or nested records"),
        ("record", "lists or nested records"),
        ("decimal", "decimals"),
        ("date", "dates or times"),
        ("time", "dates or times"),
        ("bytes", "bytes"),
        ("half", "16-bit floats"),
    ] {
        let error = read("odd-columns", &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        let error = error.to_string();
        assert!(error.contains(&format!("({column}): the column holds {what}")), "{error}");
        assert!(error.contains(&format!("--drop {column}")), "{error}");
        options.drop.push(column.into());
    }
    let data = read("odd-columns", &options).unwrap();
    assert_eq!((numbers(&data.features[0]), numbers(&data.targets[0])), (vec![1.0, 2.0], vec![0.0, 1.0]));
}

#[test]
fn h4_a_file_without_rows_is_refused() {
    let error = read("no-rows", &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.starts_with("t.parquet: 0 data rows"), "{error}");
}

/// Reads bytes that may be anything; the error, if there is one, says which file.
fn try_read(bytes: &[u8]) -> Result<Dataset, Error> {
    let result = parquet::read(bytes, "t.parquet", &ReadOptions::default());
    if let Err(error) = &result {
        assert!(error.to_string().starts_with("t.parquet"), "{error}");
    }
    result
}

#[test]
fn h4_every_cut_file_is_an_error() {
    for other in [&b""[..], b"PAR1", b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"a,b\n1,2\n"] {
        assert_eq!(try_read(other).unwrap_err().kind(), ErrorKind::Data);
    }
    let whole = file("groups-gzip");
    for length in 0..whole.len() {
        assert_eq!(try_read(&whole[..length]).unwrap_err().kind(), ErrorKind::Data, "{length} bytes");
    }
}

#[test]
fn h4_a_flipped_bit_is_read_or_refused() {
    let mut bytes = file("groups-gzip");
    for place in 0..bytes.len() {
        let bit = 1 << (place % 8);
        bytes[place] ^= bit;
        if let Ok(data) = try_read(&bytes) {
            assert!(data.validate().is_ok() && data.n_rows > 0);
        }
        bytes[place] ^= bit;
    }
}

#[test]
fn h4_rows_that_cannot_be_there_are_refused() {
    for claimed in [-1, i64::MAX, 1 << 40] {
        assert!(super::rows(claimed, 1000).unwrap_err().to_string().contains("rows in 1000 bytes"));
    }
    assert_eq!(super::rows(5000, 1000).unwrap(), 5000);
}
