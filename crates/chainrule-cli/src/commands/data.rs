//! Reading data by path or by the name of an embedded set.

use crate::args::TableArguments;
use crate::errors::Failure;
use crate::output;
use crate::settings::sections::DataOptions;
use crate::settings::values::FilePath;
use chainrule::data::{Dataset, ReadOptions, Target, embedded};
use std::path::Path;

/// Reads a file or an embedded set, and tells what the reader noticed.
pub(crate) fn read(path: &FilePath, labels: Option<&FilePath>, options: &ReadOptions) -> Result<Dataset, Failure> {
    let labels = labels.and_then(FilePath::given);
    let embedded_name = DataOptions { path: Some(path.clone()), ..DataOptions::default() }.embedded();
    let dataset = match embedded_name {
        Some(name) => embedded::read(name, options)?,
        None => chainrule::data::open(path.as_path(), labels, options)?,
    };
    dataset.warnings.iter().for_each(|warning| output::warn(warning));
    Ok(dataset)
}

impl TableArguments {
    /// How to read a table that a model is used on.
    pub(crate) fn read_options(&self, target: Target) -> ReadOptions {
        let data = DataOptions {
            header: Some(!self.no_header),
            delimiter: self.delimiter,
            missing_values: self.missing_values.clone(),
            on_bad_row: self.on_bad_row.clone(),
            ..DataOptions::default()
        };
        ReadOptions { target, ..data.read_options() }
    }
}

/// Reads a model.
pub(crate) fn model(path: &Path) -> Result<chainrule::model::Model, Failure> {
    Ok(chainrule::model::Model::load(path)?)
}
