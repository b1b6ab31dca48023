//! The text of a model file: all that is no number.
//!
//! The fields of the structures stand in the order of the alphabet, which is the order in which they are written. The
//! text begins with its own checksum, that of everything behind it; the numbers of each tensor have one too.

use super::{FORMAT_VERSION, container};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every text begins with; then come eight digits, then what they are the checksum of.
const OPENING: &str = "{\"crc32c\":\"";
const DIGITS: usize = 8;

/// The text, taken apart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The checksum of the text behind it; empty until it is written.
    pub(super) crc32c: String,
    /// The input columns, in the order of training.
    pub(super) features: Vec<FeatureText>,
    pub(super) format_version: u32,
    /// Columns that data to predict on may have, and that are ignored.
    pub(super) ignored: Vec<String>,
    /// The dense layers, the output layer last.
    pub(super) layers: Vec<LayerText>,
    /// The name of the loss.
    pub(super) loss: String,
    pub(super) missing: MissingText,
    pub(super) outputs: OutputsText,
    /// The type of weights and biases.
    pub(super) precision: PrecisionText,
    /// Names of the target columns.
    pub(super) targets: Vec<String>,
    /// The checksum of each tensor's bytes, by its name.
    #[serde(deserialize_with = "container::unique")]
    pub(super) tensor_crc32c: BTreeMap<String, String>,
    /// How the model came about.
    #[serde(deserialize_with = "container::unique")]
    pub(super) training: BTreeMap<String, String>,
}

/// An input column: a category where it has a vocabulary, else a number.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeatureText {
    pub(super) missing_in_training: bool,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vocabulary: Option<Vec<String>>,
}

/// A dense layer; its input width is the output width of the one before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerText {
    pub(super) activation: String,
    pub(super) bias: bool,
    pub(super) n_outputs: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MissingText {
    Impute,
    Error,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PrecisionText {
    F32,
    F64,
}

/// What the outputs mean.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum OutputsText {
    Classes {
        names: Vec<String>,
        /// Pairs (from, to) of labels.
        renames: Vec<(String, String)>,
        /// Whether there is a tensor of class weights.
        weighted: bool,
    },
    Flags,
    Numbers,
}

impl Manifest {
    /// The text, with its checksum.
    pub(super) fn to_text(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|error| {
            Error::model(format!("the model cannot be described: {error}")).with_source(error)
        })?;
        Ok(with_checksum(&text))
    }

    /// Takes a text apart, if it is undamaged and not from the future.
    pub(super) fn parse(text: &str) -> Result<Self> {
        checked(text, "model", FORMAT_VERSION)
    }
}

/// A text that begins with an empty checksum, with the one it should have.
pub(crate) fn with_checksum(text: &str) -> String {
    let rest = text.strip_prefix(OPENING).unwrap_or(text);
    format!("{OPENING}{}{rest}", checksum(rest.as_bytes()))
}

/// Takes the text of a model or of another file of that kind apart, if it is undamaged and not from the future.
pub(crate) fn checked<T: DeserializeOwned>(text: &str, what: &str, version: u32) -> Result<T> {
    refuse_newer(text, what, version)?;
    verify(text, what)?;
    serde_json::from_str(text).map_err(|reason| broken(reason, what))
}

/// CRC32C as it is written: eight digits, base 16.
pub(super) fn checksum(bytes: &[u8]) -> String {
    format!("{:08x}", crc32c::crc32c(bytes))
}

/// Only the version is looked at: all else may be different in a newer file, the checksum's place too.
fn refuse_newer(text: &str, what: &str, newest: u32) -> Result<()> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u64,
    }
    let Version { format_version } = serde_json::from_str(text).map_err(|reason| broken(reason, what))?;
    if format_version > u64::from(newest) {
        return Err(Error::model(format!(
            "a {what} file of version {format_version}; this program reads versions up to {newest}\n\
             use the newer chainrule that wrote it"
        )));
    }
    if format_version == 0 {
        return Err(Error::model(format!("expected a {what} file of version 1 to {newest}, found 0")));
    }
    Ok(())
}

fn verify(text: &str, what: &str) -> Result<()> {
    let parts = text.strip_prefix(OPENING).and_then(|rest| rest.split_at_checked(DIGITS));
    let Some((said, rest)) = parts else {
        return Err(Error::model(format!("expected the {what}'s description to begin with '{OPENING}'")));
    };
    let found = checksum(rest.as_bytes());
    if said != found {
        return Err(Error::model(format!(
            "the {what}'s description is damaged: its CRC32C is {found}, and should be {}",
            super::quoted(said)
        )));
    }
    Ok(())
}

fn broken(reason: serde_json::Error, what: &str) -> Error {
    let text = reason.to_string();
    let message = format!("the {what}'s description cannot be understood: {}", super::shortened(&text));
    Error::model(message).with_source(reason)
}
