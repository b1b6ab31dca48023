//! The folder of a training's checkpoints.
//!
//! One process at a time writes there: it holds a lock on the file `lock`, which the operating system gives back however
//! the process ends. Files are named by their step, so that names sort as time does.

use crate::files::system::{Disk, FileSystem};
use crate::files::{UNFINISHED, replace};
use crate::{Error, ErrorKind, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";

/// A folder that this process alone writes to.
#[derive(Debug)]
pub(in crate::training) struct Folder {
    path: PathBuf,
    system: Box<dyn FileSystem>,
    /// Held as long as it is open.
    _lock: File,
}

impl Folder {
    /// Takes a folder, which is made if there is none. What an earlier process left unfinished is removed.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::open_on(Box::new(Disk), path)
    }

    pub(super) fn open_on(system: Box<dyn FileSystem>, path: &Path) -> Result<Self> {
        let failed = |error| Error::io(format!("use the folder {} for checkpoints", path.display()), error);
        std::fs::create_dir_all(path).map_err(failed)?;
        let lock = lock(path)?;
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED)) {
                system.remove(&entry.path()).map_err(failed)?;
            }
        }
        Ok(Self { path: path.to_owned(), system, _lock: lock })
    }

    /// The checkpoints, the newest first.
    pub(super) fn list(&self) -> Result<Vec<PathBuf>> {
        list(&self.path)
    }

    /// Writes a checkpoint, and then removes the oldest until so many are left.
    pub(super) fn write(&self, step: u64, bytes: &[u8], keep: usize) -> Result<()> {
        let path = self.path.join(format!("{PREFIX}{step:012}{SUFFIX}"));
        replace(&*self.system, &path, bytes, None).map_err(|error| {
            Error::io(format!("write the checkpoint of {} bytes {}", bytes.len(), path.display()), error)
        })?;
        for old in self.list()?.iter().skip(keep) {
            let removed = self.system.remove(old);
            removed
                .map_err(|error| Error::io(format!("remove the old checkpoint {}", old.display()), error))?;
        }
        Ok(())
    }
}

/// The checkpoints in a folder, the newest first.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::io(format!("look for checkpoints in {}", folder.display()), error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let step = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        if let Some(step) = step.and_then(|step| step.parse::<u64>().ok()) {
            found.push((step, entry.path()));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The bytes of a checkpoint.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| Error::io("read it", error);
    // A pipe would wait for its writer.
    if !std::fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Error::new(ErrorKind::Io, "it is no regular file"));
    }
    crate::model::file::container::read(File::open(path).map_err(failed)?)
}

/// The lock of a folder, with the number of this process in it for whoever comes second.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let failed = |error| Error::io(format!("lock the folder with {}", path.display()), error);
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            let owner = format!("process {} on {}", std::process::id(), host());
            let written = file.set_len(0).and_then(|()| file.rewind());
            written.and_then(|()| file.write_all(owner.as_bytes())).map_err(failed)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // Says who, if it can be read; the lock holds either way.
            let _ = file.take(200).read_to_string(&mut owner);
            let owner = if owner.is_empty() { "another process".to_owned() } else { owner };
            let message = format!(
                "the folder {} is in use by {owner}\nwait until it ends, or name another folder",
                folder.display()
            );
            Err(Error::new(ErrorKind::Io, message))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map_or_else(|_| "this machine".into(), |name| name.trim().to_owned())
}
