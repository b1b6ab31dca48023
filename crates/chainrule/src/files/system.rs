//! What is asked of the operating system when a file is written whole.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::Path;

/// The operations on files whose order and failures matter.
pub(crate) trait FileSystem: fmt::Debug {
    /// Makes a file that did not exist; no link is followed. It is not open to more users than `like`.
    fn create_new(&self, path: &Path, like: Option<&Metadata>) -> io::Result<File>;
    /// Writes all of the content.
    fn write_all(&self, file: &mut File, content: &[u8]) -> io::Result<()>;
    /// Changes who may do what with a file.
    fn set_permissions(&self, file: &File, permissions: Permissions) -> io::Result<()>;
    /// Waits until the content is on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Gives a file another name, which some other may have had.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Bytes that may still be written in a folder, if that is known.
    fn free(&self, folder: &Path) -> Option<u64>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The operating system's own files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk;

impl FileSystem for Disk {
    fn create_new(&self, path: &Path, like: Option<&Metadata>) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
            options.mode(like.map_or(0o666, |like| like.permissions().mode() & 0o777));
        }
        #[cfg(not(unix))]
        let _ = like;
        options.open(path)
    }

    fn write_all(&self, file: &mut File, content: &[u8]) -> io::Result<()> {
        file.write_all(content)
    }

    fn set_permissions(&self, file: &File, permissions: Permissions) -> io::Result<()> {
        file.set_permissions(permissions)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn free(&self, folder: &Path) -> Option<u64> {
        super::free::free_on_disk(folder)
    }

    /// Folders cannot be opened elsewhere than on Unix.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}
