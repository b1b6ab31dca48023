//! The model file: a safetensors file that holds everything a prediction needs, and nothing that can run.
//!
//! **Numbers are tensors, words are text.** Every number that enters a prediction or the loss lies in the file as the
//! bits that it has in memory: decimal text would lose the last bit of some. The metadata of the container has one
//! key, `chainrule`, with a JSON text of what is no number: names, kinds and shapes ([`manifest`]). One key, because
//! the order of several is not defined; sorted keys in the text: the same model gives the same bytes.
//!
//! | tensor                                      | type      | shape         |
//! |---------------------------------------------|-----------|---------------|
//! | `layers.N.weight`                           | precision | `n_out` × `n_in` |
//! | `layers.N.bias`, where it has one           | precision | `n_out`       |
//! | `layers.N.dropout`                          | f64       | scalar        |
//! | `layers.N.slope` of `leaky-relu`, `layers.N.alpha` of `elu` | f64 | scalar |
//! | `loss.label_smoothing`, `loss.delta` of `huber` | f64   | scalar        |
//! | `preprocessing.features.{mean,scale,median}`| f64       | numeric features |
//! | `preprocessing.targets.{mean,scale}` of a regression | f64 | targets    |
//! | `preprocessing.classes.weight`, where classes are weighted | f64 | classes |
//!
//! Vectors without entries are left out. What only a going training knows is not in the file: factors of single
//! tensors for learning rate and decay are their defaults after loading.
//!
//! **No file is believed.** The text carries its own CRC32C and that of each tensor, which finds every damage. A
//! checksum stops no one who means harm, so every length is compared with the file's before memory is asked for, the
//! shapes of all tensors follow from the structure and are compared with those in the file, and every number must be
//! finite. What [`Model::from_bytes`] returns predicts without a panic. [`Model::to_bytes`] makes the same checks:
//! nothing is written that cannot be read.
//!
//! **Versions.** [`FORMAT_VERSION`] grows with every change of the above. `testdata/models` keeps files of all
//! versions, and each of them must load for ever.

mod check;
pub(crate) mod container;
mod decode;
#[cfg(feature = "fs")]
mod disk;
mod encode;
pub(crate) mod manifest;
pub(crate) mod tensors;

use super::Model;
use crate::{Activation, Error, Result};
use std::borrow::Cow;
use std::io::{Read, Write};

#[cfg(feature = "fs")]
pub use disk::{check_destination, is_chainrule_model};

/// The version of the model file that this library writes. It reads this one and all before it.
pub const FORMAT_VERSION: u32 = 1;

impl Model {
    /// The model as a file. Equal models give equal bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when a number is not finite, when network, preprocessing and loss do
    /// not belong together, and when names and labels take more than the 4 MiB that a model file has for text.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        encode::encode(self)
    }

    /// Writes the model as a file.
    ///
    /// # Errors
    /// Those of [`to_bytes`](Self::to_bytes), and [`ErrorKind::Io`](crate::ErrorKind::Io) from the writer.
    pub fn write(&self, mut into: impl Write) -> Result<()> {
        let bytes = self.to_bytes()?;
        let written = into.write_all(&bytes).and_then(|()| into.flush());
        written.map_err(|error| Error::io(format!("write the {} bytes of the model", bytes.len()), error))
    }

    /// The model in the bytes of a file; `name` is the file's, for messages.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) for bytes that are no model file, are damaged, or come from a newer
    /// version. No bytes make it panic, or allocate much more than their own number.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self> {
        decode::decode(bytes).map_err(|error| error.in_file(name))
    }

    /// Reads the model from a file; `name` is the file's, for messages.
    ///
    /// No more is read than the file's header asks for, and no numbers before the header has been checked.
    ///
    /// # Errors
    /// Those of [`from_bytes`](Self::from_bytes), and [`ErrorKind::Io`](crate::ErrorKind::Io) from the reader.
    pub fn read(from: impl Read, name: &str) -> Result<Self> {
        let bytes = container::read(from).map_err(|error| error.in_file(name))?;
        Self::from_bytes(&bytes, name)
    }
}

/// The name of an activation's parameter, where it has one: of the tensor `layers.N.slope`.
fn parameter_name(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::LeakyRelu { .. } => Some("slope"),
        Activation::Elu { .. } => Some("alpha"),
        _ => None,
    }
}

/// What is wrong with a file's structure was found by those who check configurations; here it is the file's fault.
fn blame_file(error: &Error) -> Error {
    Error::model(error.message())
}

/// A name from a file, for a message.
fn quoted(name: &str) -> String {
    format!("'{}'", shortened(name))
}

/// The beginning of a text that a file has a part in: a hostile one must not fill the message.
fn shortened(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
