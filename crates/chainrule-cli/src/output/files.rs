//! Writing files whole or not at all.
//!
//! The new content goes into a file beside the old one, reaches the disk, and then takes its place: whoever reads, and
//! whatever fails, finds the old file or the new one. A name that is no regular file (`/dev/stdout`, a pipe) is
//! written to directly.

use crate::errors::{Failure, code};
use std::fs::{File, Permissions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes a file, or leaves what was there.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io(format!("write {}", path.display()), &error);
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => Err(is_folder(path)),
        Ok(there) if there.is_file() => replace(path, content, Some(there.permissions())).map_err(failed),
        // A link is followed by hand, so that what it points at is replaced and the link stays.
        Ok(there) if there.is_symlink() && path.is_file() => {
            let target = std::fs::canonicalize(path).map_err(failed)?;
            let permissions = std::fs::metadata(&target).map_err(failed)?.permissions();
            replace(&target, content, Some(permissions)).map_err(failed)
        }
        Ok(_) => File::create(path).and_then(|mut file| file.write_all(content)).map_err(failed),
        Err(_) => replace(path, content, None).map_err(failed),
    }
}

/// Refuses a path that cannot be written to, as far as that can be seen before there is anything to write.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => {
            let message = format!("cannot write {}: there is no folder {}", path.display(), folder.display());
            Err(Failure::new(code::IO, message))
        }
        None if path.is_dir() => Err(is_folder(path)),
        None => Ok(()),
    }
}

fn is_folder(path: &Path) -> Failure {
    Failure::new(code::IO, format!("cannot write {}: it is a folder\nname a file in it", path.display()))
}

fn replace(path: &Path, content: &[u8], permissions: Option<Permissions>) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut file = new_file_in(&folder)?;
    file.write_all(content)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)
}

/// A temporary file with the permissions of any new file, not those of a secret.
fn new_file_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".chainrule-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Makes the new name last.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.json");
        write(&path, b"one").expect("a new file");
        let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).expect("own file");
        write(&path, b"two").expect("an old file");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"two");
        assert!(std::fs::metadata(&path).expect("it is there").permissions().readonly());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(write(folder.path(), b"x").is_err());
        assert!(write(&folder.path().join("no/such.json"), b"x").is_err());
    }
}
