//! Compilers for processors other than this one.
//!
//! Rustup's target is used where it is installed. Where it cannot be had, Debian's compiler builds the standard library
//! from its source; `RUSTC_BOOTSTRAP=1` is what allows a stable compiler to do that.

use crate::process::{Project, output_of};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What can build for another processor here.
#[derive(Debug, PartialEq)]
pub(crate) enum Toolchain {
    /// The usual compiler with its target's standard library.
    Rustup,
    /// Another compiler that stands beside its source.
    FromSource(PathBuf),
}

impl Toolchain {
    /// Looks for one.
    pub(crate) fn find(project: &Project, target: &str) -> Option<Self> {
        let library =
            output_of(project.command("rustc").args(["--print", "target-libdir", "--target", target]));
        if library.is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
            return Some(Self::Rustup);
        }
        let rustc = PathBuf::from("/usr/bin/rustc");
        let version = output_of(Command::new(&rustc).arg("--version")).ok()?;
        let sysroot = output_of(Command::new(&rustc).args(["--print", "sysroot"])).ok()?;
        let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
        (is_new_enough(&version) && source.is_dir()).then_some(Self::FromSource(rustc))
    }

    /// Makes a command of cargo take it, with these crates of the standard library.
    pub(crate) fn apply(&self, command: &mut Command, crates: &str) {
        if let Self::FromSource(rustc) = self {
            command.arg(format!("-Zbuild-std={crates}"));
            command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
        }
    }

    /// A remark on which it is.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Rustup => "with rustup's target",
            Self::FromSource(_) => "standard library from source",
        }
    }
}

/// Whether `rustc 1.96.0 (…)` is at least what the workspace asks for.
fn is_new_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').filter_map(|part| part.parse().ok()).collect() };
    version.split(' ').nth(1).is_some_and(|found| numbers(found) >= numbers(env!("CARGO_PKG_RUST_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_compiler_is_not_taken() {
        assert!(!is_new_enough("rustc 1.85.0 (4d91de4e4 2025-02-17) (built from a source tarball)"));
        assert!(is_new_enough("rustc 1.95.0"));
        assert!(is_new_enough("rustc 2.0.0"));
        assert!(!is_new_enough("something else"));
    }
}
