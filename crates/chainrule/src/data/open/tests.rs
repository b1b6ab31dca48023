//! Files on disk, by path; and the real data sets, where they are at hand.

use std::path::{Path, PathBuf};

use crate::ErrorKind;
use crate::data::{Column, Dataset, MISSING, Numbers, ReadOptions, Target, Text, Values, open};

/// The folder of the real data sets, or a word that the test is skipped.
fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CHAINRULE_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("SKIPPED: needs CHAINRULE_DATA");
    }
    folder
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|&item| item.into()).collect()
}

fn column<'a>(data: &'a Dataset, name: &str) -> &'a Column {
    data.features.iter().chain(&data.targets).find(|column| column.name == name).unwrap()
}

fn text(column: &Column) -> &Text {
    let Values::Text(text) = &column.values else { panic!("'{}' is no text", column.name) };
    text
}

fn numbers(column: &Column) -> Vec<f64> {
    let Values::Numbers(numbers) = &column.values else { panic!("'{}' is no numbers", column.name) };
    (0..numbers.len()).map(|row| numbers.get(row)).collect()
}

fn missing(data: &Dataset, name: &str) -> usize {
    match &column(data, name).values {
        Values::Text(text) => text.codes.iter().filter(|&&code| code == MISSING).count(),
        Values::Numbers(numbers) => (0..numbers.len()).filter(|&row| numbers.get(row).is_nan()).count(),
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

const NPY: &[u8] =
    b"\x93NUMPY\x01\x00\x37\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\x07\x05";
const IDX_IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 10, 20];
const IDX_LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 1, 0];

#[test]
fn the_format_follows_the_name_and_idx_its_first_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let defaults = ReadOptions::default();
    let csv = write(folder, "my größe.CSV", b"a,b\n1,2\n");
    assert_eq!(open(&csv, None, &defaults).unwrap(), Dataset::from_csv(&csv, Target::Last).unwrap());
    let tsv = write(folder, "t.tsv", b"a\tb\n1\t2\n");
    assert_eq!(open(tsv, None, &defaults).unwrap().features.len(), 1);
    let other = write(folder, "adult.data", b"a,b\n1,2\n");
    assert_eq!(open(other, None, &defaults).unwrap().features.len(), 1);
    let npy = write(folder, "x.npy", NPY);
    let images = write(folder, "images", IDX_IMAGES);
    let labels = write(folder, "labels", IDX_LABELS);
    for features in [&npy, &images] {
        for labels in [&npy, &labels] {
            let data = open(features, Some(labels), &defaults).unwrap();
            assert_eq!((data.n_rows, data.features.len(), data.targets.len()), (2, 1, 1));
        }
    }
    let error = open(&csv, Some(&labels), &defaults).unwrap_err();
    assert!(error.kind() == ErrorKind::Configuration && error.to_string().contains("--target"), "{error}");
    let error = open(&images, Some(&csv), &defaults).unwrap_err();
    assert!(error.kind() == ErrorKind::Data && error.to_string().contains("neither"), "{error}");
}

#[test]
fn a_path_that_cannot_be_read_is_an_error_of_the_system_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("no such.csv");
    for path in [absent.as_path(), folder.path(), Path::new("nul\0.csv")] {
        let error = open(path, None, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.to_string().starts_with(&format!("cannot read {}: ", path.display())), "{error}");
    }
}

#[test]
fn adult_is_read_as_it_is_described() {
    let Some(folder) = data_folder() else { return };
    let options = ReadOptions { header: false, ..ReadOptions::default() };
    for (file, rows, low, per_column) in [
        ("adult-train.csv", 32_561, 24_720, [1836, 1843, 583]),
        ("adult-test.csv", 16_281, 12_435, [963, 966, 274]),
    ] {
        let data = open(folder.join("adult").join(file), None, &options).unwrap();
        assert_eq!((data.n_rows, data.features.len()), (rows, 14));
        assert_eq!(["column 1", "column 6", "column 13"].map(|name| missing(&data, name)), per_column);
        assert_eq!(data.features.iter().filter(|column| matches!(column.values, Values::Text(_))).count(), 8);
        let target = text(&data.targets[0]);
        let code = target.vocabulary.iter().position(|label| label.starts_with("<=50K")).unwrap() as u32;
        assert_eq!(target.codes.iter().filter(|&&other| other == code).count(), low);
        assert_eq!(data.warnings, Vec::<String>::new());
    }
}

#[test]
fn california_housing_is_read_as_it_is_described() {
    let Some(folder) = data_folder() else { return };
    let path = folder.join("california-housing/housing.csv");
    let target = Target::Columns(strings(&["median_house_value"]));
    let data = Dataset::from_csv(path, target).unwrap();
    assert_eq!((data.n_rows, data.features.len()), (20_640, 9));
    assert_eq!(missing(&data, "total_bedrooms"), 207);
    assert_eq!(text(column(&data, "ocean_proximity")).vocabulary.len(), 5);
    assert_eq!(numbers(&data.targets[0]).into_iter().fold(0.0, f64::max), 500_001.0);
}

#[test]
fn bike_sharing_is_read_as_it_is_described() {
    let Some(folder) = data_folder() else { return };
    let options = ReadOptions {
        drop: strings(&["instant", "dteday", "casual", "registered"]),
        categorical: strings(&["season", "mnth", "hr", "weekday", "weathersit"]),
        ..ReadOptions::default()
    };
    let data = open(folder.join("bike-sharing/hour.csv"), None, &options).unwrap();
    assert_eq!((data.n_rows, data.features.len(), data.targets[0].name.as_str()), (17_379, 12, "cnt"));
    assert_eq!(text(column(&data, "hr")).vocabulary.len(), 24);
    let counts = numbers(&data.targets[0]);
    assert_eq!((counts[0], counts.into_iter().fold(0.0, f64::max)), (16.0, 977.0));
}

#[test]
fn mnist_is_read_as_it_is_described() {
    let Some(folder) = data_folder() else { return };
    let path = |name: &str| folder.join("mnist").join(name);
    let options = ReadOptions::default();
    let labels = path("train-labels-idx1-ubyte.gz");
    let data = open(path("train-images-idx3-ubyte.gz"), Some(&labels), &options).unwrap();
    assert_eq!((data.n_rows, data.features.len()), (60_000, 784));
    assert_eq!(numbers(&data.targets[0])[..5], [5.0, 0.0, 4.0, 1.0, 9.0]);
    let sum = |column: &Column| match &column.values {
        Values::Numbers(Numbers::U8(bytes)) => bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>(),
        _ => panic!("pixels are bytes"),
    };
    let mean = data.features.iter().map(sum).sum::<u64>() as f64 / (60_000.0 * 784.0 * 255.0);
    assert!((mean - 0.130_660).abs() < 1e-6, "{mean}");
    let swapped = open(labels, Some(&path("train-images-idx3-ubyte.gz")), &options).unwrap_err();
    assert!(swapped.to_string().contains("swapped"), "{swapped}");
}

#[test]
fn the_small_classics_are_read_without_a_header() {
    let Some(folder) = data_folder() else { return };
    let options = ReadOptions { header: false, ..ReadOptions::default() };
    for (file, rows, columns) in [
        ("banknote_authentication", 1372, 5),
        ("boston-housing", 506, 14),
        ("breast-cancer-wisconsin", 699, 10),
        ("glass", 214, 10),
        ("ionosphere", 351, 35),
        ("iris", 150, 5),
        ("pima-indians-diabetes", 768, 9),
        ("sonar", 208, 61),
        ("wheat-seeds", 210, 8),
        ("wine", 178, 14),
    ] {
        let path = folder.join(format!("small/{file}.csv"));
        let data = open(&path, None, &options).unwrap();
        assert_eq!((data.n_rows, data.features.len() + 1), (rows, columns), "{file}");
        let with_header = open(&path, None, &ReadOptions::default());
        if data.targets.iter().all(|target| matches!(target.values, Values::Numbers(_))) {
            assert!(with_header.unwrap_err().to_string().contains("--no-header"), "{file}");
        }
    }
}
