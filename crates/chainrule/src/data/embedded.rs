//! The small tables that are compiled in: scikit-learn's, with its names.
//!
//! They are gzipped CSV files in the crate's folder `data/` (its README says who made them), read by the same
//! [`csv`] reader and with the same options as a user's own file: what is shown on them holds for that.

use crate::Result;
use crate::error::unknown_name;

use super::{Column, Dataset, Numbers, ReadOptions, Values, csv};

/// The names that [`read`] takes.
pub const NAMES: [&str; 5] = ["digits", "iris", "wine", "breast-cancer", "diabetes"];

/// A table by its name; its last column, `target`, is the target unless the options say otherwise.
///
/// `digits`, `iris`, `wine` and `breast-cancer` are classifications, `diabetes` (raw values, scikit-learn's
/// `scaled=False`) is a regression.
///
/// # Errors
/// [`Configuration`](crate::ErrorKind::Configuration) when there is no such table, or no such column in it.
///
/// # Example
/// ```
/// use chainrule::data::{ReadOptions, embedded};
/// let iris = embedded::read("iris", &ReadOptions::default())?;
/// assert_eq!((iris.n_rows, iris.features[0].name.as_str()), (150, "sepal length (cm)"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn read(name: &str, options: &ReadOptions) -> Result<Dataset> {
    let bytes: &[u8] = match name {
        "digits" => include_bytes!("../../data/digits.csv.gz"),
        "iris" => include_bytes!("../../data/iris.csv.gz"),
        "wine" => include_bytes!("../../data/wine.csv.gz"),
        "breast-cancer" => include_bytes!("../../data/breast-cancer.csv.gz"),
        "diabetes" => include_bytes!("../../data/diabetes.csv.gz"),
        _ => return Err(unknown_name("embedded table", name, NAMES.into_iter())),
    };
    let mut data =
        csv::read(bytes, name, &ReadOptions { header: true, delimiter: Some(','), ..options.clone() })?;
    if name == "digits" {
        data.features.iter_mut().for_each(pixel);
    }
    Ok(data)
}

/// Makes a column of whole numbers from 0 to 255 what image files have: bytes.
fn pixel(column: &mut Column) {
    let Values::Numbers(numbers) = &column.values else { return };
    let bytes: Option<Vec<u8>> = (0..numbers.len())
        .map(|row| numbers.get(row))
        .map(|x| (x.fract() == 0.0 && (0.0..=255.0).contains(&x)).then_some(x as u8))
        .collect();
    if let Some(bytes) = bytes {
        column.values = Values::Numbers(Numbers::U8(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &str) -> Dataset {
        read(name, &ReadOptions::default()).unwrap()
    }

    fn numbers(column: &Column) -> Vec<f64> {
        match &column.values {
            Values::Numbers(numbers) => (0..numbers.len()).map(|row| numbers.get(row)).collect(),
            Values::Text(_) => panic!("column '{}' is text", column.name),
        }
    }

    /// Names of the classes, with how many rows each has.
    fn classes(data: &Dataset) -> Vec<(String, usize)> {
        let Values::Text(text) = &data.targets[0].values else { panic!("the target is no text") };
        let count = |code| text.codes.iter().filter(|&&other| other == code).count();
        text.vocabulary.iter().enumerate().map(|(code, name)| (name.clone(), count(code as u32))).collect()
    }

    fn row(data: &Dataset, row: usize) -> Vec<f64> {
        data.features.iter().map(|column| numbers(column)[row]).collect()
    }

    #[test]
    fn every_name_is_a_table_without_warnings() {
        for (name, rows, features) in [
            ("digits", 1797, 64),
            ("iris", 150, 4),
            ("wine", 178, 13),
            ("breast-cancer", 569, 30),
            ("diabetes", 442, 10),
        ] {
            let data = load(name);
            assert!(NAMES.contains(&name));
            assert_eq!((data.n_rows, data.features.len(), data.targets.len()), (rows, features, 1), "{name}");
            assert_eq!((data.source.as_str(), data.targets[0].name.as_str()), (name, "target"));
            assert_eq!(data.warnings, Vec::<String>::new());
        }
        assert!(read("Iris", &ReadOptions::default()).unwrap_err().to_string().contains("iris, wine"));
    }

    #[test]
    fn classes_have_scikit_learns_names_and_counts() {
        let of = |name| classes(&load(name));
        let pairs =
            |pairs: &[(&str, usize)]| pairs.iter().map(|&(n, k)| (n.to_string(), k)).collect::<Vec<_>>();
        assert_eq!(of("iris"), pairs(&[("setosa", 50), ("versicolor", 50), ("virginica", 50)]));
        assert_eq!(of("wine"), pairs(&[("class_0", 59), ("class_1", 71), ("class_2", 48)]));
        assert_eq!(of("breast-cancer"), pairs(&[("malignant", 212), ("benign", 357)]));
        let digits = numbers(&load("digits").targets[0]);
        let counts: Vec<usize> =
            (0..10).map(|k| digits.iter().filter(|&&y| y == f64::from(k)).count()).collect();
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    /// Rows 34 and 37 are where UCI's file differs from Fisher's paper.
    #[test]
    fn iris_is_fishers() {
        let iris = load("iris");
        assert_eq!(row(&iris, 0), [5.1, 3.5, 1.4, 0.2]);
        assert_eq!(row(&iris, 34), [4.9, 3.1, 1.5, 0.2]);
        assert_eq!(row(&iris, 37), [4.9, 3.6, 1.4, 0.1]);
    }

    #[test]
    fn values_are_scikit_learns() {
        assert_eq!(row(&load("wine"), 0)[..5], [14.23, 1.71, 2.43, 15.6, 127.0]);
        assert_eq!(row(&load("breast-cancer"), 568)[..4], [7.76, 24.54, 47.92, 181.0]);
        assert_eq!(row(&load("digits"), 0)[..8], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0]);
        let diabetes = load("diabetes");
        assert_eq!(row(&diabetes, 0), [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]);
        let target = numbers(&diabetes.targets[0]);
        assert_eq!((target[0], target[441]), (151.0, 57.0));
        assert_eq!(target.iter().sum::<f64>(), 67243.0);
    }

    #[test]
    fn digits_are_those_of_the_shared_data() {
        let Some(folder) = std::env::var_os("CHAINRULE_DATA") else {
            println!("SKIPPED: needs CHAINRULE_DATA");
            return;
        };
        let path = std::path::Path::new(&folder).join("digits/digits.csv.gz");
        let options = ReadOptions { header: false, ..ReadOptions::default() };
        let shared = csv::read(std::fs::File::open(path).unwrap(), "digits.csv.gz", &options).unwrap();
        let ours = load("digits");
        let values =
            |data: &Dataset| data.features.iter().chain(&data.targets).map(numbers).collect::<Vec<_>>();
        assert_eq!(values(&ours), values(&shared));
    }
}
