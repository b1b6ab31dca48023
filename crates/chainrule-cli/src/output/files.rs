//! Writing files whole or not at all: the library's [`files`](chainrule::files), with the program's exit codes.

use crate::errors::Failure;
use std::path::Path;

/// Writes a file, or leaves what was there.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    Ok(chainrule::files::write(path, content)?)
}

/// Refuses a path that cannot be written to, as far as that can be seen before there is anything to write.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    Ok(chainrule::files::check(path)?)
}
