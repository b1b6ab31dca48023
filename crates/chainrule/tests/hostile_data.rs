//! H3, H4 and H5: a hostile file of data is an error that says what is wrong with it, and takes little memory and few bytes.
//!
//! What the words of the errors are is tested beside the readers; here every case of the list of faults is measured: at most 64 MiB
//! are held at a time, whatever lengths a file claims, and no more than the file is read.

mod forged;
mod held;

use std::cell::Cell;
use std::io::{Read, Write};
use std::rc::Rc;

use chainrule::data::{Dataset, ReadOptions, Target, csv, idx, npy, parquet};
use chainrule::{Error, ErrorKind, Result};
use flate2::{Compression, write::GzEncoder};
use forged::{DELTA_LENGTH, DELTA_TEXT, DOUBLE, Forged, GZIP, PLAIN, TEXT, ZSTD, varint};
use held::{assert_that_bytes_count, most_held};

/// What no broken file may make a reader hold.
const BOUND: usize = 64 << 20;

/// Bytes that count how many of them are asked for.
struct Counted<'a> {
    bytes: &'a [u8],
    read: Rc<Cell<usize>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.bytes.read(into)?;
        self.read.set(self.read.get() + n);
        Ok(n)
    }
}

/// The error of a file that must have one, found within the bound and by reading each byte once at most.
fn refused<T>(bytes: &[u8], read: impl FnOnce(Counted<'_>) -> Result<T>) -> Error {
    assert_that_bytes_count();
    let count = Rc::new(Cell::new(0));
    let (result, most) = most_held(|| read(Counted { bytes, read: Rc::clone(&count) }));
    let Err(error) = result else { panic!("a file of {} bytes is to be refused", bytes.len()) };
    assert!(most <= BOUND, "{most} bytes of memory for a file of {}: {error}", bytes.len());
    assert!(count.get() <= bytes.len());
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    assert_eq!(error.position().map(|position| position.file.as_str()), Some("file"), "{error}");
    assert!(error.message().len() < 1000, "a message of {} bytes", error.message().len());
    error
}

fn assert_refused<T>(bytes: &[u8], read: impl FnOnce(Counted<'_>) -> Result<T>, expected: &str) {
    let error = refused(bytes, read);
    assert!(error.message().contains(expected), "expected '{expected}' in: {error}");
}

fn features() -> ReadOptions {
    ReadOptions { target: Target::None, ..ReadOptions::default() }
}

fn read_npy(reader: Counted<'_>) -> Result<Dataset> {
    npy::read(reader, "file", None, &features())
}

fn read_idx(reader: Counted<'_>) -> Result<Dataset> {
    idx::read(reader, "file", None, &features())
}

fn read_parquet(reader: Counted<'_>) -> Result<Dataset> {
    parquet::read(reader, "file", &features())
}

/// An array of eight bytes behind a header that may say anything.
fn array(descr: &str, order: &str, shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}}}");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat()
}

#[test]
fn h3_a_header_of_4_gib_in_14_bytes() {
    let bytes = [&b"\x93NUMPY\x02\0"[..], &[0xff; 4], b"{}"].concat();
    assert_eq!(bytes.len(), 14);
    assert_refused(&bytes, read_npy, "a NumPy header of 4294967295 bytes");
}

#[test]
fn h3_a_header_longer_than_64_kib() {
    let length = (1 << 16) + 1_u32;
    let bytes = [b"\x93NUMPY\x02\0", &length.to_le_bytes()[..], &vec![b' '; length as usize]].concat();
    assert_refused(&bytes, read_npy, "a NumPy header of 65537 bytes");
}

#[test]
fn h3_shapes_that_overflow() {
    for shape in ["(4294967296, 4294967296)", "(18446744073709551615, 1)", "(2305843009213693952, 8)"] {
        assert_refused(&array("<f8", "False", shape), read_npy, "8 follow it");
    }
    assert_refused(&array("<f8", "False", "(99999999999999999999,)"), read_npy, "not what NumPy writes");
}

#[test]
fn h3_any_number_of_rows_without_columns_is_refused_before_a_row_is_looked_at() {
    let mut bytes = array("<f8", "False", "(1152921504606846976, 0)");
    bytes.truncate(bytes.len() - 8);
    assert_refused(&bytes, read_npy, "no column is left");
}

#[test]
fn h3_object_arrays() {
    assert_refused(&array("|O", "False", "(1,)"), read_npy, "Python objects");
    let labels = |reader: Counted<'_>| npy::read_labels(reader, "file");
    assert_refused(&array("|O", "False", "(1,)"), labels, "Python objects");
}

#[test]
fn h3_fortran_order_and_big_endian_are_refused_where_the_length_is_wrong_as_all_others_are() {
    for (descr, order) in [("<f8", "True"), (">f8", "False"), (">f4", "True")] {
        assert_refused(&array(descr, order, "(1000000, 1000)"), read_npy, "1000000 × 1000");
    }
}

#[test]
fn h3_shorter_and_longer_than_the_header_says() {
    let whole = array("<f8", "False", "(1, 1)");
    for length in 0..whole.len() {
        refused(&whole[..length], read_npy);
    }
    assert_refused(&[&whole[..], &[0]].concat(), read_npy, "more follow it");
}

#[test]
fn h3_parentheses_without_end() {
    let header = vec![b'('; 60_000];
    let bytes = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], &header].concat();
    assert_refused(&bytes, read_npy, "not what NumPy writes");
}

/// A column of numbers whose page says what it is.
fn doubles(page: &[u8]) -> Forged {
    Forged {
        kind: DOUBLE,
        codec: 0,
        encoding: PLAIN,
        entries: None,
        unpacked: page.len().cast_signed() as i64,
        rows: page.len().cast_signed() as i64 / 8,
        page: page.to_vec(),
    }
}

#[test]
fn a_forged_file_that_tells_the_truth_is_read() {
    let page = [1.5_f64, -2.0].map(f64::to_le_bytes).concat();
    let data = parquet::read(&doubles(&page).file()[..], "file", &features()).unwrap();
    assert_eq!((data.n_rows, data.features[0].name.as_str()), (2, "x"));
    let lengths = [128, 4, 2, 2, 0, 0, 0, 0, 0].map(varint).concat();
    let page = [&lengths[..], b"ab"].concat();
    let texts = Forged { kind: TEXT, encoding: DELTA_LENGTH, rows: 2, ..doubles(&page) };
    assert_eq!(parquet::read(&texts.file()[..], "file", &features()).unwrap().n_rows, 2);
}

#[test]
fn h4_par1_alone() {
    for bytes in [&b"PAR1"[..], b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"PAR1\0\0\0\0PAR1"] {
        refused(bytes, read_parquet);
    }
}

#[test]
fn h4_lists_and_structures_in_the_footer_that_claim_more_than_is_there() {
    let claims = [
        vec![0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], // a schema of 2^31 elements
        vec![0x15, 2, 0x18, 0xff, 0xff, 0xff, 0xff, 0x0f],       // a text of 4 GiB
        vec![0x1c; 100_000],                                     // structures within structures
        vec![0x19; 100_000],                                     // lists within lists
    ];
    for footer in claims {
        let length = (footer.len() as u32).to_le_bytes();
        refused(&[b"PAR1", &footer[..], &length, b"PAR1"].concat(), read_parquet);
    }
}

#[test]
fn h4_pages_that_claim_gibibytes() {
    for codec in [0, 1, GZIP, 5, ZSTD, 7] {
        let forged = Forged { codec, unpacked: i64::from(i32::MAX), ..doubles(&[0; 64]) };
        assert_refused(&forged.file(), read_parquet, "a page of 2147483647 bytes, where at most 33554432");
    }
    for (unpacked, packed) in [(-1, 8), (8, -1), (i64::from(i32::MIN), 8)] {
        let mut forged = doubles(&[0; 8]);
        (forged.unpacked, forged.rows) = (unpacked, 1);
        if packed > 0 {
            refused(&forged.file(), read_parquet);
        }
    }
}

#[test]
fn h4_a_gzip_page_that_is_longer_than_its_header_says() {
    let forged = Forged { codec: GZIP, unpacked: 8, rows: 1, ..doubles(&gzip(&vec![0; 256 << 20])) };
    assert_refused(&forged.file(), read_parquet, "longer than its header says");
}

#[test]
fn h4_dictionaries_that_claim_more_entries_than_there_can_be() {
    for kind in [DOUBLE, TEXT] {
        let forged = Forged { kind, entries: Some(i64::from(i32::MAX)), rows: 4, ..doubles(&[0; 32]) };
        assert_refused(&forged.file(), read_parquet, "a dictionary of 2147483647 entries");
    }
}

#[test]
fn h4_texts_that_claim_more_lengths_than_there_are_rows() {
    let claim = [varint(128), varint(4), varint(1 << 40), varint(0)].concat();
    let sound = [varint(128), varint(4), varint(1), varint(0)].concat();
    for (encoding, page) in
        [(DELTA_LENGTH, claim.clone()), (DELTA_TEXT, claim.clone()), (DELTA_TEXT, [sound, claim].concat())]
    {
        let forged = Forged { kind: TEXT, encoding, rows: 1, ..doubles(&page) };
        assert_refused(&forged.file(), read_parquet, "more lengths than texts");
    }
}

#[test]
fn h4_rows_that_are_not_there() {
    for rows in [-1, 2, 1 << 20, 1 << 40, i64::MAX] {
        refused(&Forged { rows, ..doubles(&[0; 8]) }.file(), read_parquet);
    }
}

#[test]
fn h4_nested_and_foreign_columns_and_no_row_groups() {
    for (name, expected) in [("odd-columns", "the column holds"), ("no-rows", "0 data rows")] {
        let path = format!("{}/../../testdata/parquet/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
        assert_refused(&std::fs::read(path).unwrap(), read_parquet, expected);
    }
}

/// An IDX file of images that says so.
fn images(sizes: [u32; 3], body: &[u8]) -> Vec<u8> {
    let words = [[0x0803], [sizes[0]], [sizes[1]], [sizes[2]]].concat();
    [&words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>()[..], body].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn h5_a_bad_magic() {
    for bytes in [&b""[..], b"\0", b"\x89PNG....", b"\0\0\x0d\x03\0\0\0\x01", b"\0\0\x08\xff\0\0\0\x01"] {
        refused(bytes, read_idx);
    }
}

#[test]
fn h5_dimensions_whose_product_overflows() {
    for sizes in [[u32::MAX; 3], [1 << 22, 1 << 21, 1 << 21], [1, u32::MAX, u32::MAX]] {
        assert_refused(&images(sizes, &[0; 16]), read_idx, "the header says");
    }
}

#[test]
fn h5_images_without_pixels_and_without_end() {
    assert_refused(&images([u32::MAX, 0, 5], &[]), read_idx, "nothing to predict from");
    assert_refused(&images([0, u32::MAX, u32::MAX], &[]), read_idx, "0 data rows");
}

#[test]
fn h5_every_short_body() {
    let whole = images([2, 2, 2], &[7; 8]);
    for length in 0..whole.len() {
        refused(&whole[..length], read_idx);
    }
    assert_refused(&[&whole[..], &[0]].concat(), read_idx, "there are more");
}

#[test]
fn h5_gzip_bombs() {
    let bomb = gzip(&vec![0; 256 << 20]);
    assert!(bomb.len() < 300_000, "{} bytes", bomb.len());
    refused(&bomb, read_idx);
    refused(&bomb, read_npy);
    refused(&bomb, |reader| csv::read(reader, "file", &features()));
    // Packed twice it is a gzip file in a gzip file, which no reader looks for.
    refused(&gzip(&bomb), read_idx);
}

#[test]
fn h5_cut_and_damaged_gzip() {
    let whole = gzip(&images([2, 2, 2], &[7; 8]));
    for length in 0..whole.len() {
        refused(&whole[..length], read_idx);
    }
    let trailer = whole.len() - 8..whole.len(); // checksum and length
    for at in trailer {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        refused(&bytes, read_idx);
    }
}
