//! A file system for tests that notes its operations, and fails at a chosen one.

use super::system::{Disk, FileSystem};
use std::cell::{Cell, RefCell};
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::path::Path;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The process dies instead of making operation `at`, from 0: neither it nor any that comes after happens.
    Death { at: usize },
    /// The process dies within operation `at`: of a write, half reaches the disk.
    Torn { at: usize },
    /// Operation `at` fails with an error of the device.
    Device { at: usize },
    /// The disk takes so many bytes and no more, which shows only while they are written: somebody else fills it.
    Full { room: usize },
    /// The disk has so many bytes left, and says so.
    Little { free: u64 },
}

/// The operating system's files with a fault.
#[derive(Debug)]
pub(crate) struct FaultFs {
    fault: Fault,
    log: RefCell<Vec<&'static str>>,
    written: Cell<usize>,
}

/// What an operation may do.
enum Verdict {
    Whole,
    Half,
}

impl FaultFs {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, log: RefCell::default(), written: Cell::new(0) }
    }

    /// The operations asked for so far.
    pub(crate) fn log(&self) -> Vec<&'static str> {
        self.log.borrow().clone()
    }

    fn notes(&self, operation: &'static str) -> io::Result<Verdict> {
        let number = self.log.borrow().len();
        self.log.borrow_mut().push(operation);
        match self.fault {
            Fault::Death { at } if number >= at => Err(io::Error::other("dead")),
            Fault::Torn { at } if number > at => Err(io::Error::other("dead")),
            Fault::Torn { at } if number == at => Ok(Verdict::Half),
            Fault::Device { at } if number == at => Err(io::Error::other("an error of the device")),
            _ => Ok(Verdict::Whole),
        }
    }
}

impl FileSystem for FaultFs {
    fn create_new(&self, path: &Path, like: Option<&Metadata>) -> io::Result<File> {
        self.notes("create")?;
        Disk.create_new(path, like)
    }

    fn write_all(&self, file: &mut File, content: &[u8]) -> io::Result<()> {
        if let Verdict::Half = self.notes("write")? {
            Disk.write_all(file, &content[..content.len() / 2])?;
            return Err(io::Error::other("dead"));
        }
        if let Fault::Full { room } = self.fault {
            let left = room - self.written.get();
            if content.len() > left {
                Disk.write_all(file, &content[..left])?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.set(self.written.get() + content.len());
        }
        Disk.write_all(file, content)
    }

    fn set_permissions(&self, file: &File, permissions: Permissions) -> io::Result<()> {
        self.notes("permissions")?;
        Disk.set_permissions(file, permissions)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.notes("sync")?;
        Disk.sync(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.notes("rename")?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.notes("remove")?;
        Disk.remove(path)
    }

    /// Looks, and does nothing: no operation to die in.
    fn free(&self, _: &Path) -> Option<u64> {
        match self.fault {
            Fault::Little { free } => Some(free),
            Fault::Full { room } if !self.log.borrow().is_empty() => Some(room as u64),
            _ => None,
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.notes("sync folder")?;
        Disk.sync_folder(folder)
    }
}
