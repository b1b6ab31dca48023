//! What every reader promises.

use chainrule::data::{Dataset, Preprocessing, PreprocessingConfig, Weighting};
use chainrule::{Error, ErrorKind, Result};

/// The name that readers are given for what they read.
pub(crate) const NAME: &str = "file";

/// An error is to be of a kind that a file or its options can cause, say where, and be short enough to be read.
pub(crate) fn assert_explains(error: &Error, name: &str) {
    let kinds = [ErrorKind::Data, ErrorKind::Model, ErrorKind::Configuration, ErrorKind::Memory];
    assert!(kinds.contains(&error.kind()), "a file cannot cause {:?}: {error}", error.kind());
    let file = error.position().map(|position| position.file.as_str());
    assert_eq!(file, Some(name), "the error does not say where: {error}");
    assert!(!error.message().is_empty());
    assert!(error.message().len() < 20_000, "a message of {} bytes", error.message().len());
}

/// A table that was read is sound, has rows, and can be prepared for training, unless there is a reason not to.
pub(crate) fn assert_read(read: Result<Dataset>, name: &str) {
    let data = match read {
        Ok(data) => data,
        Err(error) => return assert_explains(&error, name),
    };
    data.validate().unwrap_or_else(|error| panic!("an unsound table was read: {error}"));
    assert!(data.n_rows > 0, "a table without rows was read");
    let Ok(n_rows) = u32::try_from(data.n_rows) else { return };
    let rows: Vec<u32> = (0..n_rows).collect();
    let Ok((preprocessing, _)) = Preprocessing::fit(&data, &rows, &PreprocessingConfig::default()) else {
        return;
    };
    let samples = preprocessing.samples::<f32>(&data, None, Weighting::Training);
    drop(samples.unwrap_or_else(|error| panic!("what was learnt from a table does not fit it: {error}")));
}
