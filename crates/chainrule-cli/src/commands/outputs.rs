//! Outputs never destroy inputs.
//!
//! A slip of the pen (`--report` with the name of the table) must not cost the table. Files are compared by what they
//! are, not by how they are spelled: `./a.csv`, a link to it and `a.csv` are one file.

use crate::errors::Failure;
use crate::settings::Embedded;
use crate::settings::values::FilePath;
use chainrule::model::is_chainrule_model;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// A file and what names it on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    what: &'static str,
    path: &'a Path,
}

/// A file by its path.
pub(crate) fn named<'a>(what: &'static str, path: &'a Path) -> Named<'a> {
    Named { what, path }
}

/// A file that is read, if one is given; embedded sets are no files.
pub(crate) fn input<'a>(what: &'static str, path: Option<&'a FilePath>) -> Option<Named<'a>> {
    let path = path.filter(|path| Embedded::named(path).is_none())?;
    path.given().map(|path| named(what, path))
}

/// Refuses an output that is an input or another output.
pub(crate) fn check_distinct(inputs: &[Named<'_>], outputs: &[Named<'_>]) -> Result<(), Failure> {
    for (i, output) in outputs.iter().enumerate().filter(|(_, output)| can_be_replaced(output.path)) {
        if let Some(other) = inputs.iter().chain(&outputs[..i]).find(|other| same(other.path, output.path)) {
            return Err(Failure::usage(format!(
                "{} and {} name the same file, {}\nname another file with {}",
                output.what,
                other.what,
                output.path.display(),
                output.what
            )));
        }
    }
    Ok(())
}

/// Refuses to replace a model with something that is none.
pub(crate) fn check_no_model(output: Named<'_>) -> Result<(), Failure> {
    if is_chainrule_model(output.path) {
        return Err(Failure::usage(format!(
            "{} is a chainrule model, so {} does not replace it\nname another file with {}",
            output.path.display(),
            output.what,
            output.what
        )));
    }
    Ok(())
}

/// Devices and pipes take what is written to them and lose nothing.
fn can_be_replaced(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |found| found.is_file())
}

fn same(a: &Path, b: &Path) -> bool {
    let by_path = canonical(a).is_some_and(|a| canonical(b) == Some(a));
    by_path || matches!((std::fs::metadata(a), std::fs::metadata(b)), (Ok(a), Ok(b)) if linked(&a, &b))
}

/// Two names of the same content.
#[cfg(unix)]
fn linked(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn linked(_: &Metadata, _: &Metadata) -> bool {
    false
}

/// The one spelling of a path; of a file that is not there yet, by its folder.
fn canonical(path: &Path) -> Option<PathBuf> {
    let by_folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        path.file_name().map(|name| folder.join(name))
    };
    path.canonicalize().ok().or_else(by_folder)
}
