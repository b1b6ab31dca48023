//! What a text file may hold, fault by fault, and what becomes of it. Names begin with the fault's number in the list
//! of faults.

use std::fmt::Write as _;
use std::io::Write as _;

use proptest::prelude::*;

use crate::data::{
    Column, Dataset, MISSING, MissingPolicy, Numbers, OnBadRow, ReadOptions, Target, Text, Values, csv,
};
use crate::{Error, ErrorKind, Result};

fn read_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Dataset> {
    csv::read(text.as_ref(), "t.csv", options)
}

fn read(text: impl AsRef<[u8]>) -> Result<Dataset> {
    read_with(text, &ReadOptions::default())
}

/// The error of a file that must not be read, which must be one of data.
fn refused(text: impl AsRef<[u8]>) -> Error {
    let error = read(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    error
}

fn numbers(column: &Column) -> &[f64] {
    match &column.values {
        Values::Numbers(Numbers::F64(values)) => values,
        Values::Numbers(_) | Values::Text(_) => panic!("'{}' is no column of numbers", column.name),
    }
}

fn text(column: &Column) -> &Text {
    match &column.values {
        Values::Text(text) => text,
        Values::Numbers(_) => panic!("'{}' is no column of text", column.name),
    }
}

fn no_header() -> ReadOptions {
    ReadOptions { header: false, ..ReadOptions::default() }
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|&item| item.into()).collect()
}

#[test]
fn columns_are_typed_and_take_their_parts() {
    let options = ReadOptions {
        target: Target::Columns(strings(&["price", "0"])),
        drop: strings(&["date"]),
        categorical: strings(&["size"]),
        sample_weight: Some("w".into()),
        ..ReadOptions::default()
    };
    let file =
        "colour,size,date,price,w,x\nred, 1 ,2020-01-01,1e1,1,?\nblue,2,x,20,.5,-3\nred,1,y,30.5,0,4\n";
    let data = read_with(file, &options).unwrap();
    assert_eq!((data.n_rows, data.source.as_str()), (3, "t.csv"));
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&data.features), ["size", "x"]);
    assert_eq!(names(&data.targets), ["price", "colour"]);
    assert_eq!(text(&data.features[0]).vocabulary, ["1", "2"]);
    assert!(numbers(&data.features[1])[0].is_nan());
    assert_eq!(numbers(&data.features[1])[1..], [-3.0, 4.0]);
    assert_eq!(numbers(&data.targets[0]), [10.0, 20.0, 30.5]);
    assert_eq!(text(&data.targets[1]).codes, [0, 1, 0]);
    assert_eq!(data.sample_weight, Some(vec![1.0, 0.5, 0.0]));
    assert_eq!(data.warnings, Vec::<String>::new());
}

#[test]
fn without_a_header_columns_are_numbered() {
    let data = read_with("a,1\nb,2\n", &no_header()).unwrap();
    assert_eq!(
        (data.n_rows, data.features[0].name.as_str(), data.targets[0].name.as_str()),
        (2, "column 0", "column 1")
    );
}

#[test]
fn data_to_predict_on_have_no_target() {
    let options = ReadOptions { target: Target::None, ..ReadOptions::default() };
    let data = read_with("a,b\n1,2\n", &options).unwrap();
    assert_eq!((data.features.len(), data.targets.len()), (2, 0));
}

#[test]
fn t1_a_file_without_rows_is_refused() {
    for empty in ["", "\n\n", "\u{feff}", "a,b\n", "a,b", "a,b\n\n \n"] {
        assert!(refused(empty).to_string().contains("t.csv: 0 data rows"), "{empty:?}");
    }
}

#[test]
fn t2_one_row_is_a_table() {
    assert_eq!(read("a,b\n1,2").unwrap().n_rows, 1);
}

#[test]
fn t3_a_ragged_row_is_refused_with_its_line_and_both_widths() {
    for (row, cells) in [("3", "1 cell where"), ("3,4,5", "3 cells where"), ("3,4,", "3 cells where")] {
        let error = refused(format!("a,b\n1,2\n\n{row}\n5,6\n")).to_string();
        assert!(error.starts_with(&format!("t.csv, line 4: {cells} the header has 2")), "{error}");
        assert!(error.contains("--on-bad-row skip"), "{error}");
    }
}

#[test]
fn t3_skipped_rows_are_counted_and_reported() {
    let options = ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() };
    let data = read_with("a,b\n1,2\n3\n4,5,6\n7,8\n", &options).unwrap();
    assert_eq!(numbers(&data.features[0]), [1.0, 7.0]);
    assert_eq!(data.warnings, ["2 rows were skipped for not having 2 cells; the first, in line 3, has 1"]);
    let error = read_with("a,b\n1\n", &options).unwrap_err();
    assert!(error.to_string().contains("0 data rows"), "{error}");
}

#[test]
fn t3_lines_count_right_behind_skipped_rows() {
    let options = ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() };
    let error = read_with("a,b\n1,2\n3\n4,5\ninf,8\n", &options).unwrap_err();
    assert_eq!(error.position().unwrap().line, Some(5), "{error}");
}

#[test]
fn t4_bytes_that_are_not_utf8_are_placed() {
    let error = refused(b"name,city,y\nA,K\xc3\xb6ln,1\nB,M\xfcnchen,2\n".as_slice());
    assert!(error.to_string().starts_with("t.csv, line 3, column 2: byte 0xFC, at character 4"), "{error}");
    assert!(error.to_string().contains("iconv -f WINDOWS-1252"), "{error}");
    let error = refused(b"a,b\n\xff,1\n".as_slice());
    assert!(error.to_string().starts_with("t.csv, line 2, column 1: byte 0xFF, at character 1"), "{error}");
}

#[test]
fn t4_utf16_is_named_with_and_without_its_mark() {
    let encode = |mark: &[u8], order: fn(u16) -> [u8; 2]| {
        let text = "a,b\n1,2\n".encode_utf16().flat_map(order);
        mark.iter().copied().chain(text).collect::<Vec<u8>>()
    };
    for (bytes, order) in [
        (encode(&[0xff, 0xfe], u16::to_le_bytes), "little-endian"),
        (encode(&[], u16::to_le_bytes), "little-endian"),
        (encode(&[0xfe, 0xff], u16::to_be_bytes), "big-endian"),
        (encode(&[], u16::to_be_bytes), "big-endian"),
    ] {
        let error = refused(bytes).to_string();
        assert!(error.contains("UTF-16") && error.contains(order), "{error}");
    }
}

#[test]
fn t4_files_of_other_kinds_are_named() {
    for (bytes, kind) in [
        (&b"PAR1\x15\x04"[..], "Parquet"),
        (b"PK\x03\x04....", "Excel"),
        (b"\x93NUMPY\x01\x00", "NumPy"),
        (b"a\0\0", "no text"),
    ] {
        assert!(refused(bytes).to_string().contains(kind), "{kind}");
    }
}

#[test]
fn t4_marks_line_ends_and_blank_lines_change_nothing() {
    let plain = read("a,b\n1,2\n3,4\n").unwrap();
    for same in [
        "\u{feff}a,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4\r",
        "a,b\n1,2\n3,4",
        "\n\na,b\n\n1,2\n  \n3,4\n\n\n",
        " a , b \n 1,\t2 \n3 ,4\n",
        "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"",
    ] {
        let lines = plain.lines.clone(); // blank lines move the rows, and nothing else
        assert_eq!(Dataset { lines, ..read(same).unwrap() }, plain, "{same:?}");
    }
}

#[test]
fn t4_a_quoted_cell_may_hold_line_ends_and_lines_still_count_right() {
    let data = read("a,b\n\"x\ny\",1\n\"z \"\"q\"\"\",2\n").unwrap();
    assert_eq!(text(&data.features[0]).vocabulary, ["x\ny", "z \"q\""]);
    for end in ["\n", "\r\n"] {
        let file = ["a,b", "\"x\n\ny\",1", "", "u,2", "", "", "v,inf"].join(end);
        let error = refused(&file);
        assert_eq!(error.position().unwrap().line, Some(9), "{error}");
    }
}

#[test]
fn t4_a_quote_that_is_never_closed_is_an_error_not_a_long_cell() {
    for file in ["a,b\n1,x\n2,\"y\n3,z\n", "a,b\n1,x\n2,\"y", "a,b\n1,x\n2,\"y\"\"", "a,b\n1,x\n2,\""] {
        let error = refused(file).to_string();
        assert!(error.starts_with("t.csv, line 3") && error.contains("never closed"), "{error}");
    }
    assert_eq!(read("a,b\n1,\"x\n\"\n").unwrap().n_rows, 1, "a cell that ends in a line end");
    let options = ReadOptions { target: Target::None, ..ReadOptions::default() };
    assert_eq!(
        read_with("a\nx\n\"\"\n", &options).unwrap().n_rows,
        2,
        "an empty cell in the last row is a cell"
    );
}

#[test]
fn t5_text_in_a_number_column_is_shown_where_it_stands() {
    let error = refused("rooms,price\n1,10\n2,20\nthree,30\n4,40\n").to_string();
    assert!(error.starts_with("t.csv, line 4, column 1 (rooms): 1 cell of 4"), "{error}");
    for part in ["'rooms'", "'three'", "--missing-values", "--categorical rooms"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn t5_text_in_a_number_column_is_seen_in_row_a_million() {
    let mut file = String::from("a,b\n");
    for row in 0..1_000_000 {
        file.push_str(if row == 999_999 { "1,x\n" } else { "1,2\n" });
    }
    let error = refused(&file);
    assert_eq!(error.position().unwrap().line, Some(1_000_001), "{error}");
    assert!(error.to_string().contains("'x'"), "{error}");
}

#[test]
fn t5_the_delimiter_is_not_guessed_but_hinted_at() {
    for (file, hint) in [("a;b\n1;2\n", "--delimiter ';'"), ("a\tb\n1\t2\n", "'\\t'"), ("a|b\n1|2\n", "'|'")]
    {
        let error = refused(file).to_string();
        assert!(error.contains("only one column") && error.contains(hint), "{error}");
    }
    let options = ReadOptions { delimiter: Some(';'), ..ReadOptions::default() };
    assert_eq!(read_with("a;b\n1;2\n", &options).unwrap().features.len(), 1);
    let tabs = csv::read(&b"a\tb\n1\t2\n"[..], "t.TSV", &ReadOptions::default()).unwrap();
    assert_eq!(tabs.features.len(), 1);
}

#[test]
fn t5_delimiters_that_cannot_work_are_refused() {
    for delimiter in ['"', '\n', 'é'] {
        let options = ReadOptions { delimiter: Some(delimiter), ..ReadOptions::default() };
        assert_eq!(read_with("a,b\n1,2\n", &options).unwrap_err().kind(), ErrorKind::Configuration);
    }
}

#[test]
fn text_that_begins_with_a_number_keeps_how_it_was_written() {
    let data = read("a,b\n01,1\nx,2\ny,3\n").unwrap();
    assert_eq!(text(&data.features[0]).vocabulary, ["01", "x", "y"]);
}

#[test]
fn t6_integers_that_lose_digits_are_warned_about_by_name() {
    let data = read("id,y\n12345678901234567890,1\n2,2\n").unwrap();
    assert!(data.warnings[0].contains("2^53"), "{:?}", data.warnings);
}

#[test]
fn t7_infinite_cells_are_refused_with_count_and_place() {
    for infinite in ["inf", "-Infinity", "1e999"] {
        let error = refused(format!("a,b\n1,2\n{infinite},3\n4,5\n{infinite},6\n")).to_string();
        assert!(error.starts_with("t.csv, line 3, column 1 (a): 2 cells are infinite"), "{error}");
    }
    let error = refused("a,b\n1,2\n3,1e999\n").to_string();
    assert!(error.starts_with("t.csv, line 3, column 2 (b): 1 cell is infinite"), "{error}");
}

#[test]
fn t7_nan_is_missing_only_if_the_user_says_so() {
    let file = "a,b\n1,2\nNaN,3\n";
    assert!(numbers(&read(file).unwrap().features[0])[1].is_nan());
    let options = ReadOptions { missing_values: strings(&[""]), ..ReadOptions::default() };
    let error = read_with(file, &options).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 3, column 1 (a): 1 cell of 2"), "{error}");
    assert!(error.contains("'NaN'") && error.contains("--missing-values"), "{error}");
}

#[test]
fn t7_labels_are_never_missing_or_infinite() {
    let error = refused("a,b\n1,x\n2,?\n3,\n").to_string();
    assert!(error.starts_with("t.csv, line 3, column 2 (b): 2 cells are missing"), "{error}");
    assert!(refused("a,b\n1,1\n2,inf\n").to_string().contains("line 3, column 2 (b)"));
}

#[test]
fn t8_missing_cells_are_kept_as_such_or_refused() {
    let file = "n,t,y\nNA,null,1\n1,a,2\n";
    let data = read(file).unwrap();
    assert!(numbers(&data.features[0])[0].is_nan());
    assert_eq!(text(&data.features[1]).codes, [MISSING, 0]);
    let options = ReadOptions { missing: MissingPolicy::Error, ..ReadOptions::default() };
    let error = read_with(file, &options).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 2, column 1 (n): 1 cell is missing"), "{error}");
}

#[test]
fn t8_any_text_can_be_made_to_mean_missing() {
    let options = ReadOptions { missing_values: strings(&["-999"]), ..ReadOptions::default() };
    let data = read_with("a,b\n-999,1\n?,2\n", &options).unwrap();
    assert_eq!(text(&data.features[0]).codes, [MISSING, 0]);
}

#[test]
fn t11_labels_may_be_text_numbers_or_numbers_taken_as_text() {
    assert_eq!(text(&read("a,y\n1,no\n2,yes\n3,no\n").unwrap().targets[0]).codes, [0, 1, 0]);
    assert_eq!(numbers(&read("a,y\n1,2.0\n2,4\n").unwrap().targets[0]), [2.0, 4.0]);
    assert_eq!(text(&read("a,y\n1,true\n2,false\n").unwrap().targets[0]).vocabulary, ["true", "false"]);
    let options = ReadOptions { categorical: strings(&["y"]), ..ReadOptions::default() };
    assert_eq!(text(&read_with("a,y\n1,3\n2,5+\n", &options).unwrap().targets[0]).vocabulary, ["3", "5+"]);
}

#[test]
fn t12_two_columns_of_one_name_are_refused() {
    let error = refused("a,b, a \n1,2,3\n").to_string();
    assert!(error.starts_with("t.csv, line 1: columns 1 and 3 are both named 'a'"), "{error}");
}

#[test]
fn a_first_row_of_numbers_is_no_header() {
    let error = refused("1,2.5,-3e4\n4,5,6\n").to_string();
    assert!(error.starts_with("t.csv, line 1: all cells of the first row are numbers"), "{error}");
    assert!(error.contains("--no-header"), "{error}");
}

#[test]
fn a_header_with_some_numbers_is_warned_about_and_unnamed_columns_are_numbered() {
    let data = read(",2020,y\n1,2,3\n").unwrap();
    assert!(data.warnings[0].contains("1 of the 3 names in the header"), "{:?}", data.warnings);
    assert_eq!(data.features[0].name, "column 0");
}

#[test]
fn a_cell_of_more_than_a_mebibyte_is_refused() {
    let error = refused(format!("a,b\n1,{}\n", "x".repeat((1 << 20) + 1))).to_string();
    assert!(error.starts_with("t.csv, line 2, column 2: a cell of 1048577 bytes"), "{error}");
}

#[test]
fn a_row_of_more_than_100_000_columns_is_refused() {
    assert!(refused(format!("a{}\n", ",".repeat(100_000))).to_string().contains("100001 columns"));
}

#[test]
fn t13_names_with_spaces_and_other_letters_are_kept() {
    let error = csv::read(&b""[..], "my data/tabelle größe.csv", &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("my data/tabelle größe.csv: 0 data rows"), "{error}");
}

#[test]
fn gzip_is_unpacked_and_the_delimiter_is_that_of_the_inner_name() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"a\tb\n1\t2\n").unwrap();
    let bytes = encoder.finish().unwrap();
    let data = csv::read(&bytes[..], "t.tsv.gz", &ReadOptions::default()).unwrap();
    assert_eq!(numbers(&data.targets[0]), [2.0]);
}

#[test]
fn unknown_columns_are_errors_of_the_options_with_the_file() {
    let options = ReadOptions { target: Target::Columns(strings(&["prise"])), ..ReadOptions::default() };
    let error = read_with("rooms,price\n1,2\n", &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.to_string().starts_with("t.csv: --target") && error.to_string().contains("'price'?"),
        "{error}"
    );
}

/// A cell of text with everything that makes quoting hard; one letter keeps it from being a number or missing.
fn cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just('"'), Just(','), Just('\n'), Just(' '), Just('ß'), any::<char>()],
        0..6,
    )
    .prop_map(|chars| {
        let inner: String = chars.into_iter().filter(|&c| c != '\0').collect();
        format!("x{inner}x")
    })
}

proptest! {
    /// Numbers written in full come back bit by bit, and text letter by letter.
    #[test]
    fn a_written_table_reads_back(
        rows in proptest::collection::vec((proptest::num::f64::NORMAL, cell(), 0..5i32), 1..30)
    ) {
        let mut file = String::from("n,t,y\r\n");
        for (number, text, y) in &rows {
            writeln!(file, "{number:?},\"{}\",{y}\r", text.replace('"', "\"\"")).unwrap();
        }
        let data = read(&file).unwrap();
        prop_assert_eq!(data.n_rows, rows.len());
        let read_text = text(&data.features[1]);
        for (row, (number, text, y)) in rows.iter().enumerate() {
            prop_assert_eq!(numbers(&data.features[0])[row].to_bits(), number.to_bits());
            prop_assert_eq!(&read_text.vocabulary[read_text.codes[row] as usize], text);
            prop_assert_eq!(numbers(&data.targets[0])[row], f64::from(*y));
        }
    }

    /// Whatever the bytes, there is a table or an error with a message, and no panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(
        prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'\r'), Just(b'1'), Just(b'a'), any::<u8>()], 0..200
    ), skip in any::<bool>()) {
        let on_bad_row = if skip { OnBadRow::Skip } else { OnBadRow::Error };
        let options = ReadOptions { on_bad_row, header: false, ..ReadOptions::default() };
        match read_with(&bytes, &options) {
            Ok(data) => prop_assert!(data.n_rows > 0 && data.validate().is_ok()),
            Err(error) => prop_assert!(!error.message().is_empty()),
        }
    }
}
