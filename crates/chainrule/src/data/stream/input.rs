//! The files of a stream: what they hold, unpacked as it is read, and whether they are still the same.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use flate2::read::MultiGzDecoder;

use crate::data::open::{Format, start};
use crate::data::source::has_extension;
use crate::{Error, Result};

/// What tells a changed file: its size, the time of its last change, and which file the name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    length: u64,
    /// Since 1970.
    modified: Option<Duration>,
    identity: (u64, u64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let found = std::fs::metadata(path).map_err(|error| Error::io(format_args!("read {name}"), error))?;
        if !found.is_file() {
            let message = "only a regular file can be streamed: this is a folder, a pipe or a device\n\
                           write its content to a file first";
            return Err(Error::data(message).in_file(&name));
        }
        let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let length = found.len();
        Ok(Self { path: path.to_owned(), length, modified, identity: identity(&found) })
    }

    /// Makes sure that the file has not changed since.
    pub(super) fn check(&self) -> Result<()> {
        let now = Self::of(&self.path)?;
        if now == *self {
            return Ok(());
        }
        let how = match (now.length, self.length) {
            (now, then) if now != then => format!("it had {then} bytes and has {now}"),
            _ if now.identity != self.identity => "another file has its name now".to_owned(),
            _ => "it was written to".to_owned(),
        };
        let message = format!(
            "the file changed while it was read: {how}\n\
             wait until whoever writes it is done, or train on a copy"
        );
        Err(Error::data(message).in_file(&self.path.display().to_string()))
    }
}

#[cfg(unix)]
fn identity(found: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What a file holds, unpacked, from its beginning to its end.
pub(super) struct Input {
    /// As the user gave it.
    pub(super) name: String,
    pub(super) format: Format,
    reader: Box<dyn Read>,
    is_packed: bool,
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (name, head, file) = start(path)?;
        let format = Format::of(&name, &head);
        let is_packed = head.starts_with(&[0x1f, 0x8b]);
        if !is_packed && has_extension(&name, ".gz") {
            let message =
                "the name ends in .gz, but this is no gzip file: it does not begin with the bytes 1f 8b";
            return Err(Error::data(message).in_file(&name));
        }
        let plain = Cursor::new(head).chain(BufReader::with_capacity(1 << 18, file));
        let reader: Box<dyn Read> =
            if is_packed { Box::new(MultiGzDecoder::new(plain)) } else { Box::new(plain) };
        Ok(Self { name, format, reader, is_packed })
    }

    /// Reads up to so many bytes; fewer only at the end.
    pub(super) fn up_to(&mut self, most: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(most as u64).read_to_end(&mut bytes);
        read.map_err(|error| self.error(error))?;
        Ok(bytes)
    }

    /// Puts bytes back in front.
    pub(super) fn put_back(self, bytes: Vec<u8>) -> Self {
        Self { reader: Box::new(Cursor::new(bytes).chain(self.reader)), ..self }
    }

    /// What the system's error means: most of those of a packed file are about its content.
    pub(super) fn error(&self, error: io::Error) -> Error {
        read_error(error, self.is_packed, &self.name)
    }

    /// The bytes themselves, and whether they come from a packed file.
    pub(super) fn into_reader(self) -> (Box<dyn Read>, bool) {
        (self.reader, self.is_packed)
    }
}

/// An error while reading a file.
pub(super) fn read_error(error: io::Error, is_packed: bool, name: &str) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    if is_packed && matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) {
        let message = format!("the gzip data are broken or cut off: {error}");
        return Error::data(message).in_file(name).with_source(error);
    }
    Error::io(format_args!("read {name}"), error)
}

/// A file for records, for the readers that need one.
#[cfg(feature = "parquet")]
pub(super) fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| Error::io(format_args!("read {}", path.display()), error))
}
