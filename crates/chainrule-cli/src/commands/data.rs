//! Reading data by path or by the name of an embedded set.

use crate::args::{AnswersArguments, TableArguments};
use crate::errors::{Failure, code};
use crate::nearest::nearest;
use crate::output;
use crate::settings::Embedded;
use crate::settings::sections::DataOptions;
use crate::settings::values::FilePath;
use chainrule::ErrorKind;
use chainrule::data::{Dataset, Outputs, ReadOptions, Target, embedded, open, synthetic};
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

/// Reads data with the targets of a model; labels that are read as others become known to it.
pub(crate) fn read_answers(
    path: &FilePath,
    arguments: &AnswersArguments,
    model: &mut Model,
) -> Result<Dataset, Failure> {
    if let Outputs::Classes { labels, .. } = &mut model.preprocessing.outputs {
        labels.renames.extend(arguments.map_label.iter().flat_map(|renames| renames.0.clone()));
    }
    let labels = arguments.labels.as_ref().filter(|labels| labels.given().is_some());
    let target = match labels {
        Some(_) => Target::Last,
        None => Target::OfModel(model.preprocessing.targets.clone()),
    };
    read(path, labels, &arguments.table.read_options(target, model))
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
    /// How to read a table that a model is used on.
    pub(crate) fn read_options(&self, target: Target, model: &Model) -> ReadOptions {
        let data = DataOptions {
            header: Some(!self.no_header),
            drop: self.drop.clone(),
            delimiter: self.delimiter,
            missing_values: self.missing_values.clone(),
            on_bad_row: self.on_bad_row.clone(),
            ..DataOptions::default()
        };
        ReadOptions { target, known: model.preprocessing.known_columns(), ..data.read_options() }
    }
}
