//! What `NumPy` writes, and what it would not.

use proptest::prelude::*;

use crate::ErrorKind;
use crate::data::{Dataset, Numbers, ReadOptions, Target, Values, npy};

const DESCR_F8: &str = "'descr': '<f8'";

/// A file of version 1 with a header and a body of our making.
fn file(header: &str, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), body].concat()
}

fn options() -> ReadOptions {
    ReadOptions { target: Target::None, ..ReadOptions::default() }
}

fn table(bytes: &[u8]) -> Dataset {
    npy::read(bytes, "x.npy", None, &options()).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    let error = npy::read(bytes, "x.npy", None, &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    assert!(error.to_string().starts_with("x.npy: "), "{error}");
    error.to_string()
}

/// All numbers, row by row.
fn rows(data: &Dataset) -> Vec<Vec<f64>> {
    let cell = |column: &crate::data::Column, row| match &column.values {
        Values::Numbers(numbers) => numbers.get(row),
        Values::Text(_) => panic!("text"),
    };
    (0..data.n_rows).map(|row| data.features.iter().map(|column| cell(column, row)).collect()).collect()
}

#[test]
fn h3_fortran_order_and_big_endian_hold_the_same_numbers() {
    let expected = vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]];
    let bytes =
        |order: [f64; 6], encode: fn(f64) -> [u8; 8]| order.into_iter().flat_map(encode).collect::<Vec<_>>();
    let (by_rows, by_columns) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    for (descr, fortran, order, encode) in [
        ("<f8", "False", by_rows, f64::to_le_bytes as fn(f64) -> [u8; 8]),
        (">f8", "False", by_rows, f64::to_be_bytes),
        ("<f8", "True", by_columns, f64::to_le_bytes),
        (">f8", "True", by_columns, f64::to_be_bytes),
    ] {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': (2, 3), }}          \n");
        let data = table(&file(&header, &bytes(order, encode)));
        assert_eq!(rows(&data), expected, "{header}");
        assert_eq!(data.features[2].name, "feature 2");
    }
}

#[test]
fn every_width_of_number_is_read() {
    for (descr, body, expected) in [
        ("|b1", vec![1u8, 0], [1.0, 0.0]),
        ("|u1", vec![255, 7], [255.0, 7.0]),
        ("|i1", vec![255, 7], [-1.0, 7.0]),
        ("<i2", vec![254, 255, 1, 1], [-2.0, 257.0]),
        (">u2", vec![1, 1, 0, 2], [257.0, 2.0]),
        ("<i4", [(-3i32).to_le_bytes(), 4i32.to_le_bytes()].concat(), [-3.0, 4.0]),
        (">u4", [u32::MAX.to_be_bytes(), 4u32.to_be_bytes()].concat(), [4_294_967_295.0, 4.0]),
        ("<i8", [(-3i64).to_le_bytes(), 4i64.to_le_bytes()].concat(), [-3.0, 4.0]),
        ("<u8", [3u64.to_le_bytes(), 4u64.to_le_bytes()].concat(), [3.0, 4.0]),
        ("<f4", [0.5f32.to_le_bytes(), (-1.5f32).to_le_bytes()].concat(), [0.5, -1.5]),
    ] {
        let header = format!("{{\"shape\": (2,), \"fortran_order\": False, \"descr\": \"{descr}\"}}");
        let data = table(&file(&header, &body));
        assert_eq!(rows(&data), expected.map(|x| vec![x]), "{descr}");
    }
}

#[test]
fn labels_are_one_column() {
    for shape in ["(3,)", "(3, 1)", "(3L, 1L)"] {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}");
        let labels = npy::read_labels(&file(&header, &[2, 0, 1])[..], "y.npy").unwrap();
        assert_eq!(labels.values, Values::Numbers(Numbers::U8(vec![2, 0, 1])));
    }
    let wide = file("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3)}", &[2, 0, 1]);
    let error = npy::read_labels(&wide[..], "y.npy").unwrap_err().to_string();
    assert!(error.contains("1 × 3, where n labels"), "{error}");
}

#[test]
fn a_column_of_the_array_can_be_the_target_and_categories_can_be_numbers() {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}";
    let options = ReadOptions {
        target: Target::Columns(vec!["-1".into()]),
        categorical: vec!["0".into()],
        drop: vec!["feature 1".into()],
        ..ReadOptions::default()
    };
    let data = npy::read(&file(header, &[7, 8, 9, 5, 4, 3])[..], "x.npy", None, &options).unwrap();
    let Values::Text(text) = &data.features[0].values else { panic!() };
    assert_eq!((text.vocabulary.join(" ").as_str(), data.features.len()), ("7 5", 1));
    assert_eq!(data.targets[0].values, Values::Numbers(Numbers::U8(vec![9, 3])));
}

#[test]
fn nan_is_missing_or_refused_and_infinity_is_refused() {
    let header = format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': (2, 1)}}");
    let with = |x: f64| file(&header, &[x.to_le_bytes(), 1f64.to_le_bytes()].concat());
    assert!(rows(&table(&with(f64::NAN)))[0][0].is_nan());
    let strict = ReadOptions { missing_values: Vec::new(), ..options() };
    let error = npy::read(&with(f64::NAN)[..], "x.npy", None, &strict).unwrap_err().to_string();
    assert!(error.contains("1 cell is NaN; the first is in data row 1 of column 'feature 0'"), "{error}");
    assert!(refused_at(&with(f64::NEG_INFINITY)).contains("1 cell is infinite"));
}

/// As [`refused`], but the place has a column.
fn refused_at(bytes: &[u8]) -> String {
    let error = npy::read(bytes, "x.npy", None, &options()).unwrap_err().to_string();
    assert!(error.starts_with("x.npy, column 1 (feature 0): "), "{error}");
    error
}

#[test]
fn h3_a_header_of_4_gib_in_14_bytes_is_refused_without_allocating() {
    let bytes = [&b"\x93NUMPY\x02\x00"[..], &[0xff; 4], b"{}"].concat();
    assert!(refused(&bytes).contains("a NumPy header of 4294967295 bytes"));
}

#[test]
fn h3_shapes_that_overflow_or_are_too_large_are_refused_without_allocating() {
    for shape in [
        "(4294967296, 4294967296)",
        "(18446744073709551615, 1)",
        "(2305843009213693952, 1)",
        "(1000000000000, 8)",
    ] {
        let header = format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': {shape}}}");
        assert!(refused(&file(&header, &[0; 64])).contains("but 64 follow it"), "{shape}");
    }
    let header = format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': (99999999999999999999, 1)}}");
    assert!(refused(&file(&header, &[0; 64])).contains("not what NumPy writes"));
}

#[test]
fn h3_every_other_length_than_the_header_says_is_refused() {
    let header = format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': (2, 2)}}");
    let whole = file(&header, &[0; 32]);
    for length in 0..whole.len() {
        refused(&whole[..length]);
    }
    assert!(
        refused(&file(&header, &[0; 33]))
            .contains("2 × 2 numbers of 8 bytes, which makes 32 bytes, but more")
    );
}

#[test]
fn h3_items_that_are_no_numbers_are_refused_by_name() {
    for (descr, what) in [
        ("|O", "Python objects"),
        ("<U7", "text"),
        ("<M8[ns]", "dates"),
        ("<c16", "complex"),
        ("<f2", "another width"),
    ] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1, 1)}}");
        let error = refused(&file(&header, &[0; 16]));
        assert!(error.contains(what) && error.contains("astype"), "{error}");
    }
    let records = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}";
    assert!(refused(&file(records, &[0; 8])).contains("not what NumPy writes for an array of numbers"));
}

#[test]
fn h3_headers_that_numpy_would_not_write_are_refused() {
    let parentheses = "(".repeat(60_000);
    for header in [
        "",
        "{}",
        "{'descr': '<f8'}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (1, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (+1, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), 'x': 1}",
        "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}",
        "{'descr': '<f8' 'fortran_order': False, 'shape': (1, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)} x",
        &parentheses,
    ] {
        assert!(refused(&file(header, &[0; 8])).contains("not what NumPy writes"), "{header:.80}");
    }
}

#[test]
fn an_array_has_rows_and_at_most_two_dimensions() {
    let header = |shape: &str| format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': {shape}}}");
    assert!(refused(&file(&header("(0, 3)"), &[])).contains("0 data rows"));
    for rows in [1_u64, 1 << 60] {
        let header = header(&format!("({rows}, 0)"));
        assert!(refused(&file(&header, &[])).contains("no column is left"), "{rows} rows");
    }
    assert!(refused(&file(&header("()"), &[0; 8])).contains("no dimensions"));
    assert!(refused(&file(&header("(1, 1, 1)"), &[0; 8])).contains("1 × 1 × 1, where n rows"));
}

#[test]
fn other_files_are_no_numpy_files() {
    assert!(refused(b"a,b\n1,2\n").contains("no NumPy file"));
    assert!(refused(b"\x93NUMPY\x04\x00..........").contains("version 4"));
}

proptest! {
    #[test]
    fn written_arrays_read_back(
        n in 1..20usize, p in 1..8usize, values in proptest::collection::vec(proptest::num::f64::NORMAL, 160)
    ) {
        let header = format!("{{{DESCR_F8}, 'fortran_order': False, 'shape': ({n}, {p}), }}\n");
        let body: Vec<u8> = values[..n * p].iter().flat_map(|x| x.to_le_bytes()).collect();
        let data = npy::read(&file(&header, &body)[..], "x.npy", None, &options()).unwrap();
        let read: Vec<f64> = rows(&data).concat();
        prop_assert_eq!(&read[..], &values[..n * p]);
    }

    #[test]
    fn any_header_is_read_or_refused(header in "[{}()\\[\\],:' 0-9a-zA-Z<|]{0,80}") {
        if let Err(error) = npy::read(&file(&header, &[0; 8])[..], "x.npy", None, &options()) {
            prop_assert!(!error.message().is_empty());
        }
    }
}
