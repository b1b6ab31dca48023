//! Model files on disk.
//!
//! A model is written whole, by [`files`]. That ends with a rename, which replaces whatever has the name, so only regular
//! files may have it: a device would be gone (`/dev/null`, for a user who may), and a symbolic link would be replaced
//! while the user believes that the file behind it was.

use super::container;
use crate::files::system::Disk;
use crate::files::{self, folder_of};
use crate::model::Model;
use crate::{Error, ErrorKind, Result};
use std::fs::{File, Metadata};
use std::io::ErrorKind as IoKind;
use std::path::Path;

impl Model {
    /// Saves the model. An existing file is replaced as a whole and keeps its permissions; a new one has those of any
    /// new file. It may be the file that the model was loaded from.
    ///
    /// # Errors
    /// Those of [`to_bytes`](Self::to_bytes) and of [`check_destination`], and [`ErrorKind::Io`] when the file cannot be
    /// written. In each case the old file is as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        save_whole(path.as_ref(), &self.to_bytes()?)
    }

    /// Saves the model [as an ONNX graph](Self::to_onnx), as [`save`](Self::save) does it.
    ///
    /// # Errors
    /// Those of [`to_onnx`](Self::to_onnx) and of [`check_destination`], and [`ErrorKind::Io`] when the file cannot be written.
    pub fn save_onnx(&self, path: impl AsRef<Path>) -> Result<()> {
        save_whole(path.as_ref(), &self.to_onnx()?)
    }

    /// Loads the model of a file.
    ///
    /// # Errors
    /// Those of [`from_bytes`](Self::from_bytes), and [`ErrorKind::Io`] when the file cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::io(format!("open the model {name}"), error))?;
        Self::read(file, &name)
    }
}

fn save_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let existing = examine(path)?;
    files::replace(&Disk, path, bytes, existing.as_ref()).map_err(|error| {
        Error::io(format!("save the model of {} bytes as {}", bytes.len(), path.display()), error)
    })
}

/// Whether a file is a model that this or another version of the program wrote, so that a new model may replace it. The
/// numbers in it are not looked at: they may be damaged.
pub fn is_chainrule_model(path: impl AsRef<Path>) -> bool {
    // A pipe would wait for its writer.
    let is_regular = std::fs::metadata(&path).is_ok_and(|found| found.is_file());
    is_regular && File::open(path).is_ok_and(container::is_model)
}

/// Refuses a path that a model cannot be saved to, as far as that can be seen before: better than after an hour of
/// training.
///
/// # Errors
/// [`ErrorKind::Io`] when the path is a folder, a symbolic link or a device, or its folder does not exist or takes no
/// new file: one is made there, and removed again.
pub fn check_destination(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let existing = examine(path)?;
    files::try_folder(folder_of(path), existing.as_ref())
        .map_err(|error| Error::io(format!("save a model as {}", path.display()), error))
}

/// What is known of the file that will be replaced, if there is one.
fn examine(path: &Path) -> Result<Option<Metadata>> {
    let refused = |reason: String| {
        Err(Error::new(ErrorKind::Io, format!("cannot save a model as {}: {reason}", path.display())))
    };
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(found)),
        Ok(found) if found.is_dir() => refused("it is a folder\nname a file in it".into()),
        Ok(found) if found.is_symlink() => {
            let target = std::fs::read_link(path).unwrap_or_default();
            refused(format!("it is a symbolic link\nname the file itself: {}", target.display()))
        }
        Ok(_) => refused("it is no regular file".into()),
        Err(error) if error.kind() == IoKind::NotFound && folder_of(path).is_dir() => Ok(None),
        Err(error) if error.kind() == IoKind::NotFound => {
            refused(format!("there is no folder {}\ncreate it first", folder_of(path).display()))
        }
        Err(error) => Err(Error::io(format!("save a model as {}", path.display()), error)),
    }
}
