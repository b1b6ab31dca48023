//! What a training reads: tables in memory, or streams.

use super::file_of;
use crate::commands::data as tables;
use crate::errors::Failure;
use crate::settings::sections::DataOptions;
use crate::settings::values::{FilePath, Part};
use crate::settings::{Embedded, Settings};
use chainrule::data::{Dataset, ReadOptions, Stream};
use chainrule::training::{Data, Parts, StreamConfig, Streams};
use std::path::Path;

/// The data of a training.
pub(super) enum Inputs {
    Tables(Box<Of<Dataset>>),
    Streams(Box<Of<Stream>>, StreamConfig),
}

/// Something for the data and for the files that are held out.
pub(super) struct Of<T> {
    data: T,
    validation: Option<T>,
    test: Option<T>,
}

impl Inputs {
    /// Reads tables; opens streams, the rows of which will be put aside beside the model unless the options say otherwise.
    pub(super) fn open(settings: &Settings, model: &Path) -> Result<Self, Failure> {
        let wanted = &settings.data;
        let options = wanted.read_options();
        if let Some(Embedded::Generated(name)) = wanted.embedded() {
            refuse_columns(name, settings)?;
        }
        if !wanted.stream.unwrap_or(false) {
            let read = |path: &FilePath, labels: Option<&FilePath>| tables::read(path, labels, &options);
            return Of::read(wanted, read).map(|tables| Self::Tables(Box::new(tables)));
        }
        let streams = Of::read(wanted, |path, labels| stream(path, labels, &options))?;
        Ok(Self::Streams(Box::new(streams), stream_config(wanted, model)?))
    }

    /// As the library takes it.
    pub(super) fn data(&self) -> Data<'_> {
        match self {
            Self::Tables(of) => {
                let Of { data, validation, test } = &**of;
                Parts { data, validation: validation.as_ref(), test: test.as_ref() }.into()
            }
            Self::Streams(of, config) => {
                let Of { data, validation, test } = &**of;
                Streams { data, validation: validation.as_ref(), test: test.as_ref(), config }.into()
            }
        }
    }

    /// A table whose rows can be shown, and what it is: the one to test on or to validate on, if there is one, else that of the
    /// data; none of streams.
    pub(super) fn table_to_show(&self) -> Option<(&Dataset, &'static str)> {
        let Self::Tables(of) = self else { return None };
        let test = of.test.as_ref().map(|table| (table, "--test"));
        let validation = of.validation.as_ref().map(|table| (table, "--validation"));
        Some(test.or(validation).unwrap_or((&of.data, "the data")))
    }

    /// The name of the data.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Tables(of) => of.data.source.clone(),
            Self::Streams(of, _) => of.data.name(),
        }
    }
}

impl<T> Of<T> {
    fn read(
        wanted: &DataOptions,
        read: impl Fn(&FilePath, Option<&FilePath>) -> Result<T, Failure>,
    ) -> Result<Self, Failure> {
        let part = |part: &Option<Part>, labels: &Option<FilePath>, option: &str| {
            let labels = labels.as_ref().filter(|labels| labels.given().is_some());
            match (file_of(part.as_ref()), labels) {
                (Some(path), labels) => read(path, labels).map(Some),
                (None, Some(_)) => Err(Failure::usage(format!(
                    "{option}-labels goes with a file of features: {option} FILE\n\
                     a share of the rows has its labels from --labels"
                ))),
                (None, None) => Ok(None),
            }
        };
        let path = wanted.path.clone().unwrap_or_default();
        Ok(Self {
            data: read(&path, wanted.labels.as_ref())?,
            validation: part(&wanted.validation, &wanted.validation_labels, "--validation")?,
            test: part(&wanted.test, &wanted.test_labels, "--test")?,
        })
    }
}

fn stream(path: &FilePath, labels: Option<&FilePath>, options: &ReadOptions) -> Result<Stream, Failure> {
    if Embedded::named(path).is_some() {
        return Err(Failure::usage(format!(
            "--stream reads files, and '{}' is a set that comes with the program\n\
             it is small: train without --stream",
            path.as_path().display()
        )));
    }
    Ok(Stream::open(path.as_path(), labels.and_then(FilePath::given), options)?)
}

fn stream_config(wanted: &DataOptions, model: &Path) -> Result<StreamConfig, Failure> {
    let beside = model.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = wanted.stream_folder.as_ref().and_then(FilePath::given).unwrap_or(beside);
    if !folder.is_dir() {
        return Err(Failure::usage(format!("--stream-folder: there is no folder {}", folder.display())));
    }
    let rows = wanted.stream_buffer.map_or(0, |rows| rows.get() as usize);
    Ok(StreamConfig { buffer_rows: (rows > 0).then_some(rows), ..StreamConfig::new(folder) })
}

/// A generated set has the columns that it has; options about columns would say nothing.
fn refuse_columns(name: &str, settings: &Settings) -> Result<(), Failure> {
    let data = &settings.data;
    let lists = [("--target", &data.target), ("--drop", &data.drop), ("--categorical", &data.categorical)];
    let given = lists.into_iter().find(|(_, list)| list.as_ref().is_some_and(|list| !list.0.is_empty()));
    let weight = data.sample_weight.as_ref().filter(|column| !column.0.is_empty());
    match given.or(weight.map(|_| ("--sample-weight", &None))) {
        Some((option, _)) => {
            Err(Failure::usage(format!("{option} does not go with the generated set '{name}'")))
        }
        None => Ok(()),
    }
}
