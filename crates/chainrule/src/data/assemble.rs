//! From typed columns to a [`Dataset`], with the checks that every format needs.
//!
//! What a column may hold does not depend on the file it came from: features may miss values but are finite, targets
//! and weights miss none, weights are not negative, and digits that will be lost are worth a word. A reader brings
//! its columns and a function that says where a cell stands; it is called only for messages.

use crate::{Error, Position, Result};

use super::selection::Role;
use super::{Column, Dataset, Lines, MISSING, MissingPolicy, Numbers, ReadOptions, Values};

/// A column that is not dropped.
pub(crate) struct Selected {
    pub(crate) role: Role,
    /// Its place in the file, from 0.
    pub(crate) index: usize,
    pub(crate) column: Column,
}

/// What a reader brings.
pub(crate) struct Table<'a> {
    pub(crate) source: &'a str,
    pub(crate) n_rows: usize,
    /// Whether these are all rows of the file.
    pub(crate) extent: Extent,
    pub(crate) columns: Vec<Selected>,
    /// Where the rows stand in the file.
    pub(crate) lines: Lines,
    /// Names of the columns that are dropped or hold sample weights.
    pub(crate) ignored: Vec<String>,
    pub(crate) warnings: Vec<String>,
    /// Whether a NaN among the numbers stands for a missing cell. If not, it is an error.
    pub(crate) nan_is_missing: bool,
    /// Where the cell in a row and a column of the file stands, both from 0.
    pub(crate) locate: &'a dyn Fn(usize, usize) -> Position,
}

/// How much of a file a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All rows.
    Whole,
    /// Some rows, the first of which is this one of the file, from 0. How often something occurs is not known.
    Piece { first_row: usize },
}

impl Extent {
    /// The number of a row, from 1, as people count the rows of data.
    pub(crate) fn number(self, row: usize) -> usize {
        match self {
            Self::Whole => row + 1,
            Self::Piece { first_row } => first_row + row + 1,
        }
    }
}

/// Integers beyond this have neighbours that double precision cannot tell apart.
const F64_INTEGERS: f64 = 9_007_199_254_740_992.0;

impl Table<'_> {
    /// Checks the columns and hands them their parts.
    pub(crate) fn assemble(mut self, options: &ReadOptions) -> Result<Dataset> {
        if self.n_rows == 0 {
            return Err(no_rows(self.source));
        }
        if !self.columns.iter().any(|selected| selected.role == Role::Feature) {
            return Err(no_features(self.source));
        }
        for selected in &self.columns {
            self.check_finite(selected)?;
            self.check_missing(selected, options)?;
        }
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.extend(self.columns.iter().filter_map(|selected| self.lost_digits(selected)));
        self.into_dataset(warnings)
    }

    fn into_dataset(self, warnings: Vec<String>) -> Result<Dataset> {
        let (mut features, mut targets, mut sample_weight) = (Vec::new(), Vec::new(), None);
        for selected in self.columns {
            match selected.role {
                Role::Feature => features.push(selected.column),
                Role::Target(place) => targets.push((place, selected.column)),
                Role::SampleWeight => sample_weight = Some(weights(&selected, self.extent, self.locate)?),
                Role::Dropped => {}
            }
        }
        targets.sort_by_key(|&(place, _)| place);
        let targets = targets.into_iter().map(|(_, column)| column).collect();
        let (source, ignored, lines) = (self.source.to_string(), self.ignored, self.lines);
        let n_rows = self.n_rows;
        let dataset = Dataset { source, features, targets, sample_weight, ignored, lines, n_rows, warnings };
        dataset.validate()?;
        Ok(dataset)
    }

    /// Refuses infinities, and NaN where the user does not take it for "missing".
    fn check_finite(&self, selected: &Selected) -> Result<()> {
        let Values::Numbers(numbers) = &selected.column.values else { return Ok(()) };
        if let Some((first, count)) = rows_where(numbers, f64::is_infinite) {
            let what = "infinite, or larger than the largest double, 1.8e308";
            return Err(self.refuse(
                selected,
                first,
                count,
                what,
                "correct them; a training can leave the column out (--drop)",
            ));
        }
        if self.nan_is_missing {
            return Ok(());
        }
        match rows_where(numbers, f64::is_nan) {
            Some((first, count)) => {
                let hint = "--missing-values NaN takes them for missing values";
                Err(self.refuse(selected, first, count, "NaN", hint))
            }
            None => Ok(()),
        }
    }

    fn check_missing(&self, selected: &Selected, options: &ReadOptions) -> Result<()> {
        let missing = match &selected.column.values {
            Values::Numbers(numbers) => rows_where(numbers, f64::is_nan),
            Values::Text(text) => first_and_count(text.codes.iter().map(|&code| code == MISSING)),
        };
        let Some((first, count)) = missing else { return Ok(()) };
        let hint = match selected.role {
            Role::Target(_) => "remove these rows: nothing can be learnt from a row without its target",
            Role::SampleWeight => "give every row a weight; 0 leaves a row out of the sums",
            _ if options.missing == MissingPolicy::Error => {
                "--missing impute fills in the median of the training rows"
            }
            _ => return Ok(()),
        };
        Err(self.refuse(selected, first, count, "missing", hint))
    }

    fn refuse(&self, selected: &Selected, first: usize, count: usize, what: &str, hint: &str) -> Error {
        let cells = match (self.extent, count) {
            (Extent::Piece { .. }, _) => "a cell is".into(),
            (Extent::Whole, 1) => "1 cell is".into(),
            (Extent::Whole, count) => format!("{count} cells are"),
        };
        let (column, row) = (&selected.column.name, self.extent.number(first));
        let message = format!("{cells} {what}; the first is in data row {row} of column '{column}'\n{hint}");
        Error::data(message).at((self.locate)(first, selected.index))
    }

    /// A warning for numbers that even double precision cannot tell apart. Whether single precision can is known once
    /// they are scaled.
    fn lost_digits(&self, selected: &Selected) -> Option<String> {
        let Values::Numbers(Numbers::F64(values)) = &selected.column.values else { return None };
        let row = values.iter().position(|x| x.abs() > F64_INTEGERS && x.fract() == 0.0)?;
        Some(format!(
            "{}: column '{}' has integers beyond 2^53, such as {}, that even double precision rounds; identifiers \
             are better left out of a training (--drop)",
            (self.locate)(row, selected.index),
            selected.column.name,
            values[row]
        ))
    }
}

/// The error for a table that has nothing to predict from.
pub(crate) fn no_features(source: &str) -> Error {
    let message = "no column is left to predict from: all are targets, weights or dropped";
    Error::data(message).in_file(source)
}

/// The error for a table without rows.
pub(crate) fn no_rows(source: &str) -> Error {
    Error::data("0 data rows: there is nothing to learn from or to predict").in_file(source)
}

fn weights(
    selected: &Selected,
    extent: Extent,
    locate: &dyn Fn(usize, usize) -> Position,
) -> Result<Vec<f64>> {
    let name = &selected.column.name;
    let Values::Numbers(numbers) = &selected.column.values else {
        let message =
            format!("the sample weights in column '{name}' are text, where numbers from 0 are expected");
        return Err(Error::data(message).at(locate(0, selected.index)));
    };
    let weights: Vec<f64> = (0..numbers.len()).map(|row| numbers.get(row)).collect();
    if let Some(row) = weights.iter().position(|&weight| weight < 0.0) {
        let message = format!("the sample weight {} is negative; weights are numbers from 0", weights[row]);
        return Err(Error::data(message).at(locate(row, selected.index)));
    }
    if extent == Extent::Whole && weights.iter().all(|&weight| weight == 0.0) {
        let message = format!("all sample weights in column '{name}' are 0, so that no row counts");
        return Err(Error::data(message).at(locate(0, selected.index)));
    }
    Ok(weights)
}

/// The first row whose number is such, and how many there are.
fn rows_where(numbers: &Numbers, such: impl Fn(f64) -> bool) -> Option<(usize, usize)> {
    match numbers {
        Numbers::U8(_) => None,
        Numbers::F32(values) => first_and_count(values.iter().map(|&x| such(f64::from(x)))),
        Numbers::F64(values) => first_and_count(values.iter().map(|&x| such(x))),
    }
}

fn first_and_count(flags: impl Iterator<Item = bool> + Clone) -> Option<(usize, usize)> {
    let first = flags.clone().position(|flag| flag)?;
    Some((first, flags.filter(|&flag| flag).count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Text;

    fn table(columns: Vec<(Role, Values)>) -> Result<Dataset> {
        let n_rows = columns[0].1.len();
        let columns = columns.into_iter().enumerate().map(|(index, (role, values))| {
            let column = Column { name: format!("c{index}"), values };
            Selected { role, index, column }
        });
        let locate = |row: usize, column: usize| Position {
            file: "t".into(),
            line: Some(row as u64 + 2),
            column: Some((column as u64 + 1, format!("c{column}"))),
        };
        let columns = columns.collect();
        let table = Table {
            source: "t",
            n_rows,
            extent: Extent::Whole,
            columns,
            lines: Lines::default(),
            ignored: vec![],
            warnings: vec![],
            nan_is_missing: true,
            locate: &locate,
        };
        table.assemble(&ReadOptions::default())
    }

    fn numbers(values: &[f64]) -> Values {
        Values::Numbers(Numbers::F64(values.to_vec()))
    }

    #[test]
    fn t6_integers_that_lose_digits_are_named() {
        let warnings = |x| table(vec![(Role::Feature, numbers(&[1.0, x]))]).unwrap().warnings;
        assert!(warnings(16_777_217.0).is_empty(), "2^24 is for preprocessing to judge");
        let double = warnings(1e19);
        assert!(double[0].contains("2^53"), "{double:?}");
    }

    #[test]
    fn t7_infinities_are_refused_with_count_and_place_wherever_they_are() {
        for role in [Role::Feature, Role::Target(0), Role::SampleWeight] {
            let columns = vec![
                (Role::Feature, numbers(&[0.0; 3])),
                (role, numbers(&[1.0, f64::INFINITY, -f64::INFINITY])),
            ];
            let error = table(columns).unwrap_err().to_string();
            assert!(error.starts_with("t, line 3, column 2 (c1): 2 cells are infinite"), "{error}");
        }
    }

    #[test]
    fn missing_targets_and_weights_are_refused() {
        let text = Text { codes: vec![0, MISSING, MISSING], vocabulary: vec!["a".into()] };
        for (role, values) in
            [(Role::Target(0), Values::Text(text)), (Role::SampleWeight, numbers(&[1.0, f64::NAN, f64::NAN]))]
        {
            let error =
                table(vec![(Role::Feature, numbers(&[0.0; 3])), (role, values)]).unwrap_err().to_string();
            assert!(error.starts_with("t, line 3, column 2 (c1): 2 cells are missing"), "{error}");
        }
    }

    #[test]
    fn weights_are_numbers_from_0_and_not_all_0() {
        let with = |values| table(vec![(Role::Feature, numbers(&[0.0; 2])), (Role::SampleWeight, values)]);
        assert_eq!(with(numbers(&[0.0, 2.0])).unwrap().sample_weight, Some(vec![0.0, 2.0]));
        assert!(with(numbers(&[1.0, -0.5])).unwrap_err().to_string().contains("-0.5 is negative"));
        assert!(with(numbers(&[0.0, 0.0])).unwrap_err().to_string().contains("are 0"));
        let text = Text { codes: vec![0, 0], vocabulary: vec!["a".into()] };
        assert!(with(Values::Text(text)).unwrap_err().to_string().contains("are text"));
    }

    #[test]
    fn t1_a_table_needs_rows_and_features() {
        assert!(table(vec![(Role::Feature, numbers(&[]))]).unwrap_err().to_string().contains("0 data rows"));
        let error = table(vec![(Role::Target(0), numbers(&[1.0]))]).unwrap_err().to_string();
        assert!(error.contains("no column is left"), "{error}");
    }
}
