//! Files that are written whole or not at all.
//!
//! New content goes into a file beside the old one, reaches the disk, and then takes its place: write, fsync, rename, fsync
//! of the folder, in that order. Whoever reads, and whatever fails in between, finds the old file or the new one. Everything
//! that this library and its program write goes through `replace`: models, reports, predictions.
//!
//! What is asked of the operating system on the way is the trait `FileSystem`, so that tests can let every single
//! operation fail.

#[cfg(test)]
pub(crate) mod fault;
pub(crate) mod free;
#[cfg(feature = "fs")]
pub(crate) mod scratch;
pub(crate) mod system;

use crate::{Error, ErrorKind, Result};
pub use free::free_memory;
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use system::{Disk, FileSystem};

/// What the names of files begin with that are not finished yet.
pub(crate) const UNFINISHED: &str = ".chainrule-";

/// Writes a file, or leaves what was there. An existing file keeps its permissions. What is no regular file (`/dev/stdout`, a
/// pipe) is written to directly; a symbolic link stays, and what it points at is replaced.
///
/// # Errors
/// [`ErrorKind::Io`] when the file cannot be written, with the number of bytes.
pub fn write(path: impl AsRef<Path>, content: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let written = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => return Err(is_folder(path)),
        Ok(there) if there.is_file() => replace(&Disk, path, content, Some(&there)),
        Ok(there) if there.is_symlink() && path.is_file() => replace_behind_link(path, content),
        Ok(_) => File::create(path).and_then(|mut file| file.write_all(content)),
        Err(_) => replace(&Disk, path, content, None),
    };
    written.map_err(|error| Error::io(format!("write {} bytes as {}", content.len(), path.display()), error))
}

/// Refuses a path that cannot be written to, as far as that can be seen before there is anything to write.
///
/// # Errors
/// [`ErrorKind::Io`] when the path is a folder, or its folder does not exist.
pub fn check(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let folder = folder_of(path);
    if !folder.is_dir() {
        let message = format!("cannot write {}: there is no folder {}", path.display(), folder.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    if path.is_dir() { Err(is_folder(path)) } else { Ok(()) }
}

/// Replaces a regular file, or makes a new one. `existing` is what is known of the old one, whose permissions are kept.
/// When anything fails, the old file is as it was and the unfinished one is gone. Where the disk has no room for the new one
/// beside the old one, none is begun.
pub(crate) fn replace(
    system: &dyn FileSystem,
    path: &Path,
    content: &[u8],
    existing: Option<&Metadata>,
) -> io::Result<()> {
    let (folder, needed) = (folder_of(path), content.len() as u64);
    let free = system.free(folder);
    if free.is_some_and(|free| free < needed) {
        return Err(no_room(needed, free, io::ErrorKind::StorageFull.into()));
    }
    let (beside, mut file) = new_file_in(system, folder, existing)?;
    let finished = bring(system, &mut file, content, existing).and_then(|()| system.rename(&beside, path));
    if let Err(error) = finished {
        // The first error is the one to tell of; a second one changes nothing about it.
        let _ = system.remove(&beside);
        return Err(no_room(needed, system.free(folder), error));
    }
    system.sync_folder(folder)
}

/// An error that says that there is no room with the room that would be needed, and that there is; any other as it is.
fn no_room(needed: u64, free: Option<u64>, error: io::Error) -> io::Error {
    let kind = error.kind();
    let message = match (kind, free) {
        (io::ErrorKind::StorageFull, Some(free)) => {
            format!("the disk is full: {needed} bytes are needed, {free} are free")
        }
        (io::ErrorKind::StorageFull, None) => format!("the disk is full: {needed} bytes are needed"),
        (io::ErrorKind::QuotaExceeded, _) => format!("the quota is used up: {needed} bytes are needed"),
        _ => return error,
    };
    io::Error::new(kind, message)
}

/// Writes a new file up to where it is safe on the disk.
fn bring(
    system: &dyn FileSystem,
    file: &mut File,
    content: &[u8],
    existing: Option<&Metadata>,
) -> io::Result<()> {
    system.write_all(file, content)?;
    if let Some(existing) = existing {
        system.set_permissions(file, existing.permissions())?;
    }
    system.sync(file)
}

/// Makes a file in a folder and removes it again: whether the folder takes new files.
pub(crate) fn try_folder(folder: &Path, existing: Option<&Metadata>) -> io::Result<()> {
    let (path, _) = new_file_in(&Disk, folder, existing)?;
    Disk.remove(&path)
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The link is followed by hand, so that it stays.
fn replace_behind_link(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    let existing = std::fs::metadata(&target)?;
    replace(&Disk, &target, content, Some(&existing))
}

/// A new file with a name that no other has. It is never open to more users than the file it will replace; without a
/// predecessor it gets the permissions of any new file.
fn new_file_in(
    system: &dyn FileSystem,
    folder: &Path,
    existing: Option<&Metadata>,
) -> io::Result<(PathBuf, File)> {
    const TRIES: usize = 1000;
    static COUNT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..TRIES {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
        match system.create_new(&path, existing) {
            // Left by a process that had the same number, and died.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (path, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn is_folder(path: &Path) -> Error {
    let message = format!("cannot write {}: it is a folder\nname a file in it", path.display());
    Error::new(ErrorKind::Io, message)
}

#[cfg(test)]
mod tests {
    use super::fault::{Fault, FaultFs};
    use super::*;

    const OLD: &[u8] = b"the old content";
    const NEW: &[u8] = b"the new content, which is longer";

    fn read(path: &Path) -> Vec<u8> {
        std::fs::read(path).expect("it is there")
    }

    fn entries(path: &Path) -> usize {
        std::fs::read_dir(folder_of(path)).expect("a folder").count()
    }

    /// A folder with the old content in a file, a replacement of which failed in that way.
    fn fails(fault: Fault) -> (tempfile::TempDir, PathBuf, io::Result<()>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        std::fs::write(&path, OLD).expect("a new file");
        let existing = std::fs::metadata(&path).expect("it is there");
        let result = replace(&FaultFs::new(fault), &path, NEW, Some(&existing));
        (folder, path, result)
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.json");
        write(&path, b"one").expect("a new file");
        let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).expect("own file");
        write(&path, b"two").expect("an old file");
        assert_eq!(read(&path), b"two");
        assert!(std::fs::metadata(&path).expect("it is there").permissions().readonly());
        assert_eq!(entries(&path), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in [folder.path().to_owned(), folder.path().join("no/such.json")] {
            assert!(write(&path, b"x").is_err());
            assert!(check(&path).unwrap_err().message().contains("folder"));
        }
        check(folder.path().join("new.json")).expect("a file can be made there");
    }

    #[cfg(unix)]
    #[test]
    fn d9_a_link_stays_and_the_file_behind_it_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, OLD).expect("a new file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("own file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, NEW).expect("behind the link");
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(read(&file), NEW);
        assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn d3_content_reaches_the_disk_before_the_name_and_the_name_before_the_end() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let system = FaultFs::new(Fault::None);
        replace(&system, &path, NEW, None).expect("a new file");
        assert_eq!(system.log(), ["create", "write", "sync", "rename", "sync folder"]);
    }

    #[test]
    fn d2_death_at_any_operation_leaves_the_old_file_or_the_new_one() {
        let mut seen = Vec::new();
        for at in 0.. {
            let (_folder, path, result) = fails(Fault::Death { at });
            seen.push(read(&path));
            if result.is_ok() {
                break;
            }
        }
        // create, write, permissions, sync, rename, folder; then none is left to die at.
        assert_eq!(seen.len(), 7);
        assert!(seen.iter().all(|content| content == OLD || content == NEW), "{seen:?}");
        assert_eq!(seen.iter().filter(|content| *content == NEW).count(), 2);
    }

    #[test]
    fn d2_an_operation_that_is_torn_leaves_the_old_file_or_the_new_one() {
        // create, half of a write, permissions, sync: the old file; rename, folder: the new one.
        for (at, expected) in [OLD, OLD, OLD, OLD, NEW, NEW].into_iter().enumerate() {
            let (_folder, path, _) = fails(Fault::Torn { at });
            assert_eq!(read(&path), expected, "operation {at}");
        }
    }

    #[test]
    fn d4_a_disk_that_is_full_at_any_byte_costs_nothing_but_the_new_file() {
        for room in 0..NEW.len() {
            let (_folder, path, result) = fails(Fault::Full { room });
            let error = result.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{room}");
            let told = format!("{} bytes are needed, {room} are free", NEW.len());
            assert!(error.to_string().contains(&told), "{error}");
            assert_eq!((read(&path), entries(&path)), (OLD.to_vec(), 1), "{room}");
        }
        let (_folder, path, result) = fails(Fault::Full { room: NEW.len() });
        result.expect("there is room");
        assert_eq!(read(&path), NEW);
    }

    #[test]
    fn d4_nothing_is_begun_where_there_is_too_little_room() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let system = FaultFs::new(Fault::Little { free: 5 });
        let error = replace(&system, &path, NEW, None).expect_err("too little room");
        assert_eq!(error.to_string(), "the disk is full: 32 bytes are needed, 5 are free");
        assert_eq!((system.log(), entries(&path)), (vec![], 0));
        replace(&FaultFs::new(Fault::Little { free: 32 }), &path, NEW, None).expect("there is room");
    }

    #[test]
    fn d4_a_quota_that_is_used_up_is_told_as_one() {
        let error = no_room(32, Some(1 << 40), io::ErrorKind::QuotaExceeded.into());
        assert_eq!(error.to_string(), "the quota is used up: 32 bytes are needed");
    }

    #[test]
    fn d4_an_error_of_the_device_at_any_operation_leaves_a_whole_file_and_nothing_beside_it() {
        for at in 0..6 {
            let (_folder, path, result) = fails(Fault::Device { at });
            assert!(result.is_err(), "{at}");
            let expected = if at < 5 { OLD } else { NEW };
            assert_eq!((read(&path), entries(&path)), (expected.to_vec(), 1), "{at}");
        }
    }
}
