//! The log of a training (`--log`): one line of JSON per epoch, written as it happens.

use crate::errors::Failure;
use serde::{Serialize, Serializer};
use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::{Path, PathBuf};

/// One epoch. What there is no validation for, or what is not finite, is `null`.
#[derive(Clone, Debug, Serialize)]
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
    /// Of every layer from the first, where they were measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) gradient_norms: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) update_norms: Vec<f64>,
    /// Names and values, where somebody asked for them.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_object")]
    pub(crate) weights: Vec<(String, f64)>,
}

/// Pairs in their own order.
fn as_object<S: Serializer>(pairs: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// A log file, until writing to it fails: that stops the log, not the training.
#[derive(Debug)]
pub(crate) struct Log {
    name: String,
    path: PathBuf,
    file: Option<LineWriter<File>>,
}

impl Log {
    /// Starts a log; an old one is replaced.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file =
            File::create(path).map_err(|error| Failure::io(format!("write the log {name}"), &error))?;
        Ok(Self { name, path: path.to_owned(), file: Some(LineWriter::new(file)) })
    }

    /// Opens a log for a training that goes on; [`cut_back`](Self::cut_back) brings it to where that is.
    pub(crate) fn reopen(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file = append_to(path).map_err(|error| Failure::io(format!("write the log {name}"), &error))?;
        Ok(Self { name, path: path.to_owned(), file: Some(file) })
    }

    /// Puts the log where a checkpoint was: earlier seeds stay as they are, and this seed has the epochs that the
    /// checkpoint has. A device or a pipe cannot be cut.
    pub(crate) fn cut_back(&mut self, seed: u64, epochs: &[EpochLine]) {
        if self.file.is_none() || !self.path.is_file() {
            return;
        }
        match self.rewritten(seed, epochs) {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                super::warn(&[format!("the log {} ends here: {error}", self.name)]);
                self.file = None;
            }
        }
    }

    fn rewritten(&self, seed: u64, epochs: &[EpochLine]) -> std::io::Result<LineWriter<File>> {
        let is_earlier = |line: &&str| {
            let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
            value.and_then(|value| value.get("seed")?.as_u64()).is_some_and(|found| found < seed)
        };
        let old = std::fs::read_to_string(&self.path)?;
        let mut text: String = old.lines().filter(is_earlier).flat_map(|line| [line, "\n"]).collect();
        for epoch in epochs {
            text += &serde_json::to_string(epoch)?;
            text.push('\n');
        }
        chainrule::files::write(&self.path, text.as_bytes()).map_err(std::io::Error::other)?;
        append_to(&self.path)
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

fn append_to(path: &Path) -> std::io::Result<LineWriter<File>> {
    File::options().append(true).create(true).open(path).map(LineWriter::new)
}
