//! The log of a training (`--log`): one line of JSON per epoch, written as it happens.

use crate::errors::Failure;
use serde::Serialize;
use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::Path;

/// One epoch. What there is no validation for, or what is not finite, is `null`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct EpochLine {
    pub(crate) seed: u64,
    pub(crate) epoch: usize,
    pub(crate) step: u64,
    pub(crate) train_loss: f64,
    pub(crate) validation_loss: Option<f64>,
    /// Of a classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation_accuracy: Option<f64>,
    /// Of a regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation_r2: Option<f64>,
    pub(crate) learning_rate: f64,
    pub(crate) seconds: f64,
}

/// A log file, until writing to it fails: that stops the log, not the training.
#[derive(Debug)]
pub(crate) struct Log {
    name: String,
    file: Option<LineWriter<File>>,
}

impl Log {
    /// Starts a log; an old one is replaced.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file =
            File::create(path).map_err(|error| Failure::io(format!("write the log {name}"), &error))?;
        Ok(Self { name, file: Some(LineWriter::new(file)) })
    }

    /// Writes one line.
    pub(crate) fn write(&mut self, line: &EpochLine) {
        let Some(file) = &mut self.file else { return };
        let written =
            serde_json::to_string(line).map_err(std::io::Error::from).and_then(|l| writeln!(file, "{l}"));
        if let Err(error) = written {
            super::warn(&[format!("the log {} ends here: {error}", self.name)]);
            self.file = None;
        }
    }
}
