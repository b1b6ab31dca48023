//! Reading data by path or by the name of an embedded set.

use crate::args::TableArguments;
use crate::errors::{Failure, code};
use crate::nearest::nearest;
use crate::output;
use crate::settings::Embedded;
use crate::settings::sections::DataOptions;
use crate::settings::values::FilePath;
use chainrule::ErrorKind;
use chainrule::data::{Dataset, ReadOptions, Target, embedded, open, synthetic};
use chainrule::model::Model;

/// Generated sets are the same for every training, so that one can be compared with the other.
const GENERATED_SEED: u64 = 0;

/// Reads a file or an embedded set, and tells what the reader noticed.
pub(crate) fn read(
    path: &FilePath,
    labels: Option<&FilePath>,
    options: &ReadOptions,
) -> Result<Dataset, Failure> {
    let dataset = load(path, labels, options).map_err(|error| explained(path, error))?;
    output::warn(&dataset.warnings);
    Ok(dataset)
}

/// Reads data that a model knows the targets of. That one of them is missing is a fault of the data, not of an option.
pub(crate) fn read_for(
    targets: &[String],
    path: &FilePath,
    labels: Option<&FilePath>,
    options: &ReadOptions,
) -> Result<Dataset, Failure> {
    let misfit = |error: chainrule::Error| {
        let without = ReadOptions { target: Target::None, ..options.clone() };
        let missing = load(path, labels, &without).ok().and_then(|there| missing_target(targets, &there));
        missing.unwrap_or_else(|| explained(path, error))
    };
    let dataset = load(path, labels, options).map_err(misfit)?;
    output::warn(&dataset.warnings);
    Ok(dataset)
}

/// What to say if the table lacks one of the targets.
fn missing_target(targets: &[String], table: &Dataset) -> Option<Failure> {
    let names = || table.features.iter().chain(&table.targets).map(|column| &column.name);
    let is_there = |target: &&String| names().chain(&table.ignored).any(|name| name == *target);
    let target = targets.iter().find(|target| !is_there(target))?;
    // Tables have names from a header; arrays count their columns.
    let is_array = names().next().is_some_and(|name| name == "feature 0" || name == "pixel 0");
    let hint = match nearest(target, names().map(String::as_str)) {
        _ if is_array => "name the file of its labels with --labels".to_owned(),
        Some(name) => format!("did you mean the column '{name}'? the model knows it as '{target}'"),
        None => "without its targets, data can be predicted, not evaluated".to_owned(),
    };
    let message = format!("the model's target '{target}' is not in {}\n{hint}", table.source);
    Some(Failure::new(code::DATA, message))
}

/// A failure to read; where no file has the name, the embedded sets are shown that may have been meant.
fn explained(path: &FilePath, error: chainrule::Error) -> Failure {
    let path = path.as_path();
    let known = || embedded::NAMES.into_iter().chain(synthetic::NAMES);
    let given = path.to_str().filter(|_| error.kind() == ErrorKind::Io && !path.exists());
    match given.and_then(|given| nearest(given, known())) {
        Some(meant) => {
            let known: Vec<&str> = known().collect();
            let hint = format!("did you mean '{meant}'? the embedded sets are: {}", known.join(", "));
            Failure::new(code::IO, format!("{error}\n{hint}"))
        }
        None => error.into(),
    }
}

fn load(path: &FilePath, labels: Option<&FilePath>, options: &ReadOptions) -> chainrule::Result<Dataset> {
    let set = Embedded::named(path);
    if let (Some(Embedded::Stored(name) | Embedded::Generated(name)), Some(_)) =
        (set, labels.and_then(FilePath::given))
    {
        return Err(chainrule::Error::configuration(format!(
            "labels in a file of their own (--labels) go with .npy and IDX files; the embedded set '{name}' has its own"
        )));
    }
    match set {
        Some(Embedded::Stored(name)) => embedded::read(name, options),
        Some(Embedded::Generated(name)) => synthetic::generate(name, GENERATED_SEED),
        None => open(path.as_path(), labels.and_then(FilePath::given), options),
    }
}

impl TableArguments {
    /// How to read a table that a model is used on. Columns that the model was trained without are passed over, whatever
    /// they hold.
    pub(crate) fn read_options(&self, target: Target, model: &Model) -> ReadOptions {
        let data = DataOptions {
            header: Some(!self.no_header),
            drop: self.drop.clone(),
            delimiter: self.delimiter,
            missing_values: self.missing_values.clone(),
            on_bad_row: self.on_bad_row.clone(),
            ..DataOptions::default()
        };
        ReadOptions { target, ignore: model.preprocessing.ignored.clone(), ..data.read_options() }
    }
}
