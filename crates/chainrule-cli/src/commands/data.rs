//! Reading data by path or by the name of an embedded set.

use crate::args::TableArguments;
use crate::errors::Failure;
use crate::output;
use crate::settings::Embedded;
use crate::settings::sections::DataOptions;
use crate::settings::values::FilePath;
use chainrule::data::{Dataset, ReadOptions, Target, embedded, open, synthetic};

/// Generated sets are the same for every training, so that one can be compared with the other.
const GENERATED_SEED: u64 = 0;

/// Reads a file or an embedded set, and tells what the reader noticed.
pub(crate) fn read(
    path: &FilePath,
    labels: Option<&FilePath>,
    options: &ReadOptions,
) -> Result<Dataset, Failure> {
    let dataset = match Embedded::named(path) {
        Some(Embedded::Stored(name)) => embedded::read(name, options)?,
        Some(Embedded::Generated(name)) => synthetic::generate(name, GENERATED_SEED)?,
        None => open(path.as_path(), labels.and_then(FilePath::given), options)?,
    };
    output::warn(&dataset.warnings);
    Ok(dataset)
}

impl TableArguments {
    /// How to read a table that a model is used on.
    pub(crate) fn read_options(&self, target: Target) -> ReadOptions {
        let data = DataOptions {
            header: Some(!self.no_header),
            drop: self.drop.clone(),
            delimiter: self.delimiter,
            missing_values: self.missing_values.clone(),
            on_bad_row: self.on_bad_row.clone(),
            ..DataOptions::default()
        };
        ReadOptions { target, ..data.read_options() }
    }
}
