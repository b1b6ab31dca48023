//! What kind of answer the targets ask for, and the classes among which a classifier chooses.
//!
//! A class is known by its name, a text; its number is its place in a defined order of names, so that the same
//! classes have the same numbers whatever the order of rows. Names that are all numbers stand in numeric order
//! (9 before 10), others in the order of their Unicode scalar values.

use std::collections::{BTreeMap, BTreeSet};

use super::dataset::{Column, Dataset, MISSING, Numbers, Text, Values};
use super::printed::{coded, listed, look_up, parsed};
use crate::{Error, Result};

/// The kind of answer that is to be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// One of several classes that exclude each other.
    Classification,
    /// One or several numbers.
    Regression,
    /// Several independent yes-or-no answers.
    MultiLabel,
}

/// The most different integers that are taken for classes.
const MOST_INTEGER_CLASSES: usize = 20;
/// The fewest rows per class, on average, with which integers are taken for classes.
const FEWEST_ROWS_PER_CLASS: usize = 5;

impl Task {
    /// What the targets look like, with a sentence that says why.
    ///
    /// One column of text, or of at most 20 different integers with on average at least 5 rows each, asks for
    /// classes; several columns of 0 and 1 (or `false` and `true`) ask for yes or no each; all else is regression.
    ///
    /// # Errors
    /// When there are no targets.
    pub fn detect(targets: &[Column]) -> Result<(Self, String)> {
        match targets {
            [] => Err(no_target()),
            [target] => Ok(detect_one(target)),
            several if several.iter().all(|target| flags(target).is_ok()) => {
                let reason = format!("multi-label: all {} target columns hold 0 and 1", several.len());
                Ok((Self::MultiLabel, reason))
            }
            several => Ok((Self::Regression, format!("regression: {} target columns", several.len()))),
        }
    }

    /// The task asked for, made sure that the targets allow it, or the detected one.
    ///
    /// # Errors
    /// When there are no targets, or several that are not all 0 and 1 although classes are asked for.
    pub fn resolve(targets: &[Column], asked: Option<Self>) -> Result<(Self, String)> {
        match asked {
            None => Self::detect(targets),
            Some(_) if targets.is_empty() => Err(no_target()),
            Some(Self::Regression) => Ok((Self::Regression, "regression: as asked".into())),
            Some(Self::Classification) if targets.len() == 1 => {
                Ok((Self::Classification, "classification: as asked".into()))
            }
            Some(Self::Classification | Self::MultiLabel) => {
                targets.iter().try_for_each(|target| flags(target).map(drop))?;
                Ok((Self::MultiLabel, "multi-label: as asked, all target columns hold 0 and 1".into()))
            }
        }
    }
}

fn no_target() -> Error {
    Error::data("there is no target column: training needs something to predict")
}

fn detect_one(target: &Column) -> (Task, String) {
    let name = &target.name;
    let numbers = match &target.values {
        Values::Text(text) => {
            let count = text.vocabulary.len();
            let reason = format!("classification: target '{name}' is text with {count} different values");
            return (Task::Classification, reason);
        }
        Values::Numbers(numbers) => numbers,
    };
    let mut integers = Integers::default();
    (0..numbers.len()).take_while(|&row| integers.add(numbers.get(row))).count();
    integers.task(name)
}

/// What tells whether numbers stand for classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Integers {
    rows: usize,
    different: BTreeSet<u64>,
    has_others: bool,
}

impl Integers {
    /// Takes in a number; NaN is none. False when no further one can change the answer.
    pub(super) fn add(&mut self, number: f64) -> bool {
        if number.is_nan() {
            return true;
        }
        self.rows += 1;
        if number.fract() != 0.0 || number.is_infinite() {
            self.has_others = true;
            return false;
        }
        self.different.insert((number + 0.0).to_bits());
        self.different.len() <= MOST_INTEGER_CLASSES
    }

    /// The task, with a sentence that says why.
    pub(super) fn task(&self, name: &str) -> (Task, String) {
        let (count, rows) = (self.different.len(), self.rows);
        if self.has_others {
            let reason = format!("regression: target '{name}' holds numbers that are no integers");
            return (Task::Regression, reason);
        }
        if count > MOST_INTEGER_CLASSES {
            let reason = format!(
                "regression: target '{name}' holds more than {MOST_INTEGER_CLASSES} different integers"
            );
            return (Task::Regression, reason);
        }
        if rows < FEWEST_ROWS_PER_CLASS * count {
            let reason = format!(
                "regression: target '{name}' holds {count} different integers in {rows} rows, fewer than \
                 {FEWEST_ROWS_PER_CLASS} rows each"
            );
            return (Task::Regression, reason);
        }
        let reason =
            format!("classification: target '{name}' holds {count} different integers in {rows} rows");
        (Task::Classification, reason)
    }
}

/// The column as yes and no, one per row.
///
/// # Errors
/// When a cell is missing or is neither 0, 1, `false` nor `true`.
pub(super) fn flags(column: &Column) -> Result<Vec<u8>> {
    let wrong = |row: usize, found: &str| {
        let name = &column.name;
        Error::data(format!(
            "target column '{name}', data row {}: expected 0 or 1 (or false or true) in each of several target \
             columns, got {found}\ngive one target column of classes, or use --task regression",
            row + 1
        ))
        .in_row(row)
    };
    match &column.values {
        Values::Numbers(Numbers::U8(values)) if values.iter().all(|&value| value <= 1) => Ok(values.clone()),
        Values::Numbers(numbers) => (0..numbers.len())
            .map(|row| match numbers.get(row) {
                0.0 => Ok(0),
                1.0 => Ok(1),
                other if other.is_nan() => Err(wrong(row, "a missing value")),
                other => Err(wrong(row, &other.to_string())),
            })
            .collect(),
        Values::Text(text) => (0..)
            .zip(&text.codes)
            .map(|(row, &code)| {
                let found =
                    text.vocabulary.get(code as usize).ok_or_else(|| wrong(row, "a missing value"))?;
                match found.to_ascii_lowercase().as_str() {
                    "0" | "false" => Ok(0),
                    "1" | "true" => Ok(1),
                    _ => Err(wrong(row, &format!("'{found}'"))),
                }
            })
            .collect(),
    }
}

/// The classes of a classifier.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Labels {
    /// The name of each class; its place is the class's number.
    pub names: Vec<String>,
    /// Pairs (from, to): a label that reads `from` is meant as `to`, wherever it occurs.
    pub renames: Vec<(String, String)>,
}

impl Labels {
    /// The classes among the given rows of a target column.
    ///
    /// # Errors
    /// When a label is missing or infinite, or when fewer than two classes occur.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn fit(column: &Column, rows: &[u32], renames: &[(String, String)]) -> Result<Self> {
        refuse_infinite(column)?;
        let text = renamed(&column.values, renames);
        let mut seen = vec![false; text.vocabulary.len()];
        for &row in rows {
            match text.codes[row as usize] {
                MISSING => return Err(missing_label(column, row as usize)),
                code => seen[code as usize] = true,
            }
        }
        let names: BTreeSet<&String> =
            text.vocabulary.iter().zip(seen).filter(|&(_, seen)| seen).map(|(name, _)| name).collect();
        Self::of_names(&column.name, names.into_iter().cloned().collect(), rows.len(), renames)
    }

    /// The classes of these names, which stand in the order of text.
    pub(super) fn of_names(
        column: &str,
        mut names: Vec<String>,
        n_rows: usize,
        renames: &[(String, String)],
    ) -> Result<Self> {
        if names.len() < 2 {
            let found =
                names.first().map_or("no class at all".into(), |name| format!("only the class '{name}'"));
            let message = format!(
                "target column '{column}' has {found} in {n_rows} training rows: there is nothing to tell apart"
            );
            return Err(Error::data(message));
        }
        if let Some(mut numbered) =
            names.iter().map(|name| Some((parsed(name)?, name.clone()))).collect::<Option<Vec<_>>>()
        {
            numbered.sort_by(|(a, _), (b, _)| a.total_cmp(b)); // stable: equal numbers stay in the order of text
            names = numbered.into_iter().map(|(_, name)| name).collect();
        }
        Ok(Self { names, renames: renames.to_vec() })
    }

    /// The number of each row's class; of all rows without a choice of rows.
    ///
    /// # Errors
    /// When a label is missing, or is none of the classes: it is named.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn encode(&self, column: &Column, rows: Option<&[u32]>) -> Result<Vec<u32>> {
        let renamed;
        let values = if self.renames.is_empty() {
            &column.values
        } else {
            renamed = Values::Text(self::renamed(&column.values, &self.renames));
            &renamed
        };
        let found = look_up(values, &self.names);
        let encode = |row: usize| match found.text.codes[row] {
            MISSING => Err(missing_label(column, row)),
            code => found.places[code as usize]
                .ok_or_else(|| self.unknown(column, row, &found.text.vocabulary[code as usize])),
        };
        match rows {
            Some(rows) => rows.iter().map(|&row| encode(row as usize)).collect(),
            None => (0..found.text.codes.len()).map(encode).collect(),
        }
    }

    /// The number of the class of that name.
    pub fn code(&self, name: &str) -> Option<u32> {
        (0..).zip(&self.names).find(|(_, known)| *known == name).map(|(code, _)| code)
    }

    fn unknown(&self, column: &Column, row: usize, label: &str) -> Error {
        Error::data(format!(
            "target column '{}', data row {}: class '{label}' does not occur in the training rows, which have {}\n\
             if it is another spelling of one of these, use --map-label '{label}=CLASS'",
            column.name,
            row + 1,
            listed(&self.names)
        ))
        .in_row(row)
    }
}

/// The class numbers by which rows are split, whatever part they will belong to; `None` if the task has no classes.
///
/// # Errors
/// As [`Labels::fit`], over all rows.
pub fn stratification(
    dataset: &Dataset,
    task: Task,
    renames: &[(String, String)],
) -> Result<Option<Vec<u32>>> {
    let (Task::Classification, [target]) = (task, dataset.targets.as_slice()) else { return Ok(None) };
    let all: Vec<u32> = (0..dataset.n_rows as u32).collect();
    let codes = Labels::fit(target, &all, renames).and_then(|labels| labels.encode(target, None));
    codes.map(Some).map_err(|error| dataset.locate(error))
}

/// The readings of `FROM=TO`, one for each `=` in it.
///
/// Labels may contain `=` themselves: `<=50K.=<=50K` can be cut in three places. All readings are returned, as
/// renaming from a text that no row has changes nothing.
///
/// # Errors
/// When there is no `=`.
pub fn parse_renames(text: &str) -> Result<Vec<(String, String)>> {
    let readings: Vec<_> = text
        .match_indices('=')
        .map(|(at, _)| (text[..at].trim(), text[at + 1..].trim()))
        .filter(|(from, to)| !from.is_empty() && !to.is_empty())
        .map(|(from, to)| (from.to_string(), to.to_string()))
        .collect();
    if readings.is_empty() {
        return Err(Error::configuration(format!("expected FROM=TO, such as 'yes=1', got '{text}'")));
    }
    Ok(readings)
}

/// The cells as text, renamed; several old texts may share a new one, which then stands in the vocabulary twice.
pub(super) fn renamed(values: &Values, renames: &[(String, String)]) -> Text {
    let mut text = coded(values).into_owned();
    for entry in &mut text.vocabulary {
        if let Some((_, to)) = renames.iter().find(|(from, _)| from == entry) {
            entry.clone_from(to);
        }
    }
    text
}

fn missing_label(column: &Column, row: usize) -> Error {
    Error::data(format!(
        "target column '{}', data row {}: expected a class, got a missing value\n\
         leave rows without a target out: there is nothing to learn from them",
        column.name,
        row + 1
    ))
    .in_row(row)
}

fn refuse_infinite(column: &Column) -> Result<()> {
    let Values::Numbers(numbers) = &column.values else { return Ok(()) };
    match (0..numbers.len()).find(|&row| numbers.get(row).is_infinite()) {
        Some(row) => {
            let message =
                format!("target column '{}', data row {}: infinity is no class", column.name, row + 1);
            Err(Error::data(message).in_row(row))
        }
        None => Ok(()),
    }
}

/// How much the rows of each class count in training.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum ClassWeight {
    /// Every row counts the same.
    #[default]
    None,
    /// Every class counts the same: n / (k · c) for each of the c rows of one of k classes,
    /// as in scikit-learn.
    Balanced,
    /// The named classes count so much, the others 1.
    PerClass(Vec<(String, f64)>),
}

impl ClassWeight {
    /// One factor per class, or `None` where all are 1. `counts` are the training rows of each class.
    ///
    /// # Errors
    /// When a named class does not exist, is named twice, or has a weight that is negative or not finite.
    pub fn factors(&self, labels: &Labels, counts: &[usize]) -> Result<Option<Vec<f64>>> {
        let k = labels.names.len();
        match self {
            Self::None => Ok(None),
            Self::Balanced => {
                let n: usize = counts.iter().sum();
                let factor = |&count: &usize| n as f64 / (k * count.max(1)) as f64;
                Ok(Some(counts.iter().map(factor).collect()))
            }
            Self::PerClass(weights) => {
                let given = weights.iter().map(|(name, weight)| {
                    let code = labels.code(name).ok_or_else(|| unknown_class(labels, name))?;
                    if !(weight.is_finite() && *weight >= 0.0) {
                        let message =
                            format!("the weight of class '{name}' must be at least 0, got {weight}");
                        return Err(Error::configuration(message));
                    }
                    Ok((code, *weight))
                });
                let factors: BTreeMap<u32, f64> = given.collect::<Result<_>>()?;
                if factors.len() < weights.len() {
                    return Err(Error::configuration("--class-weight names a class twice"));
                }
                Ok(Some((0..k as u32).map(|code| factors.get(&code).copied().unwrap_or(1.0)).collect()))
            }
        }
    }
}

fn unknown_class(labels: &Labels, name: &str) -> Error {
    let known = listed(&labels.names);
    Error::configuration(format!("--class-weight names the class '{name}', but the classes are {known}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_column(name: &str, cells: &[&str]) -> Column {
        let mut text = Text::default();
        for cell in cells {
            let known = text.vocabulary.iter().position(|entry| entry == cell);
            text.codes.push(known.unwrap_or(text.vocabulary.len()) as u32);
            if known.is_none() {
                text.vocabulary.push((*cell).to_string());
            }
        }
        Column { name: name.into(), values: Values::Text(text) }
    }

    fn numbers(name: &str, values: impl IntoIterator<Item = f64>) -> Column {
        Column { name: name.into(), values: Values::Numbers(Numbers::F64(values.into_iter().collect())) }
    }

    fn rows(column: &Column) -> Vec<u32> {
        (0..column.values.len() as u32).collect()
    }

    fn fitted(column: &Column) -> Labels {
        Labels::fit(column, &rows(column), &[]).expect("labels")
    }

    #[test]
    fn integers_are_classes_up_to_20_different_ones_with_5_rows_each() {
        let task = |column: Column| Task::detect(&[column]).expect("a target").0;
        let counted = |different: usize, n: usize| numbers("y", (0..n).map(|i| (i % different) as f64));
        assert_eq!(task(counted(20, 100)), Task::Classification);
        assert_eq!(task(counted(21, 1000)), Task::Regression);
        assert_eq!(task(counted(20, 99)), Task::Regression);
        assert_eq!(task(numbers("y", (0..100).map(|i| f64::from(i % 3) + 0.5))), Task::Regression);
        assert_eq!(task(text_column("y", &["a", "b"])), Task::Classification);
    }

    #[test]
    fn several_targets_of_0_and_1_are_labels_and_others_regression() {
        let task = |columns: &[Column]| Task::detect(columns).expect("targets").0;
        let bits = numbers("a", [0.0, 1.0, 1.0]);
        let words = text_column("b", &["true", "False", "true"]);
        assert_eq!(task(&[bits.clone(), words.clone()]), Task::MultiLabel);
        assert_eq!(flags(&words).expect("flags"), [1, 0, 1]);
        assert_eq!(task(&[bits.clone(), numbers("c", [0.0, 1.0, 2.0])]), Task::Regression);
        let error = Task::resolve(&[bits, numbers("c", [0.0, 1.0, 2.0])], Some(Task::Classification));
        let error = error.expect_err("2 is neither yes nor no");
        assert!(error.message().contains("'c', data row 3") && error.message().contains("got 2"), "{error}");
    }

    #[test]
    fn classes_stand_in_numeric_order_if_all_are_numbers_and_else_in_the_order_of_text() {
        assert_eq!(fitted(&numbers("y", [10.0, 9.0, -1.0, 9.0])).names, ["-1", "9", "10"]);
        assert_eq!(fitted(&text_column("y", &["10", "9", "x"])).names, ["10", "9", "x"]);
    }

    #[test]
    fn t11_labels_with_gaps_as_text_or_floats_are_numbered_from_0() {
        let column = numbers("y", [7.0, 3.0, 0.5, 7.0]);
        let labels = fitted(&column);
        assert_eq!(labels.names, ["0.5", "3", "7"]);
        assert_eq!(labels.encode(&column, None).expect("codes"), [2, 1, 0, 2]);
        let bytes = Column { name: "y".into(), values: Values::Numbers(Numbers::U8(vec![3, 7])) };
        assert_eq!(labels.encode(&bytes, Some(&[1, 0, 0])).expect("codes"), [2, 1, 1]);
    }

    #[test]
    fn t11_one_class_alone_is_an_error_that_names_it() {
        let error = Labels::fit(&text_column("y", &["a", "a", "b"]), &[0, 1], &[]).expect_err("one class");
        assert!(error.message().contains("only the class 'a' in 2 training rows"), "{error}");
    }

    #[test]
    fn t11_a_class_that_training_lacks_is_named_with_the_way_out() {
        let labels = fitted(&text_column("income", &["<=50K", ">50K"]));
        let test = text_column("income", &["<=50K", "<=50K."]);
        let error = labels.encode(&test, None).expect_err("another class");
        for part in ["'income', data row 2", "'<=50K.'", "'<=50K', '>50K'", "--map-label '<=50K.=CLASS'"] {
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn t7_a_missing_label_is_always_an_error() {
        let column = numbers("y", [0.0, 1.0, f64::NAN]);
        let error = Labels::fit(&column, &rows(&column), &[]).expect_err("a missing label");
        assert!(error.message().contains("data row 3") && error.message().contains("missing"), "{error}");
        let error = fitted(&numbers("y", [0.0, 1.0])).encode(&column, None).expect_err("a missing label");
        assert!(error.message().contains("data row 3"), "{error}");
        let column = numbers("y", [0.0, 1.0, f64::INFINITY]);
        assert!(Labels::fit(&column, &rows(&column), &[]).is_err());
    }

    #[test]
    fn renamed_labels_join_the_class_that_they_spell() {
        let renames = parse_renames("<=50K.=<=50K").expect("renames");
        assert!(renames.contains(&("<=50K.".into(), "<=50K".into())), "{renames:?}");
        let train = text_column("y", &["<=50K", ">50K"]);
        let labels = Labels::fit(&train, &[0, 1], &renames).expect("labels");
        assert_eq!(labels.names, ["<=50K", ">50K"]);
        let test = text_column("y", &[">50K", "<=50K.", "<=50K"]);
        assert_eq!(labels.encode(&test, None).expect("codes"), [1, 0, 0]);
        let numbers = numbers("y", [0.0, 1.0, 2.0]);
        let renames = [("2".to_string(), "1".to_string())];
        let labels = Labels::fit(&numbers, &[0, 1, 2], &renames).expect("labels");
        assert_eq!(labels.encode(&numbers, None).expect("codes"), [0, 1, 1]);
        assert!(parse_renames("nothing").is_err() && parse_renames("=x").is_err());
    }

    #[test]
    fn balanced_weights_give_every_class_the_same_sum_and_all_rows_together_theirs() {
        let labels = fitted(&text_column("y", &["a", "b"]));
        let counts = [3, 1];
        let factors = ClassWeight::Balanced.factors(&labels, &counts).expect("factors").expect("some");
        assert_eq!(factors, [4.0 / 6.0, 2.0]);
        let given = ClassWeight::PerClass(vec![("b".into(), 3.0)]);
        assert_eq!(given.factors(&labels, &counts).expect("factors"), Some(vec![1.0, 3.0]));
        for wrong in [vec![("c".into(), 1.0)], vec![("a".into(), -1.0)], vec![("a".into(), 1.0); 2]] {
            assert!(ClassWeight::PerClass(wrong).factors(&labels, &counts).is_err());
        }
    }

    proptest! {
        #[test]
        fn encoding_then_naming_gives_the_labels_back(cells in prop::collection::vec("[a-c0-9]{1,2}", 2..60)) {
            prop_assume!(cells.iter().any(|cell| *cell != cells[0]));
            let column = text_column("y", &cells.iter().map(String::as_str).collect::<Vec<_>>());
            let labels = fitted(&column);
            let codes = labels.encode(&column, None).expect("codes");
            let names: Vec<&String> = codes.iter().map(|&code| &labels.names[code as usize]).collect();
            prop_assert_eq!(names, cells.iter().collect::<Vec<_>>());
            prop_assert_eq!(labels.code(&cells[0]), Some(codes[0]));
        }
    }
}
