//! Builds the library for WebAssembly, without its default features: no files, no threads, no Parquet.
//!
//! Rustup's target is used where it is installed. Where it cannot be had, Debian's compiler builds the standard library
//! from its source; `RUSTC_BOOTSTRAP=1` is what allows a stable compiler to do that.

use crate::libtest::Tally;
use crate::process::{Project, Result, find_program, output_of};
use crate::system;
use crate::test::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What can build for wasm32 here.
#[derive(Debug, PartialEq)]
pub(crate) enum Toolchain {
    /// The usual compiler with its target's standard library.
    Rustup,
    /// Another compiler that stands beside its source.
    FromSource(PathBuf),
}

/// Looks for one.
pub(crate) fn toolchain(project: &Project) -> Option<Toolchain> {
    let library = output_of(project.command("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if library.is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Some(Toolchain::Rustup);
    }
    let rustc = PathBuf::from("/usr/bin/rustc");
    let version = output_of(Command::new(&rustc).arg("--version")).ok()?;
    let sysroot = output_of(Command::new(&rustc).args(["--print", "sysroot"])).ok()?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    let usable = is_new_enough(&version) && source.is_dir() && find_program("wasm-ld").is_some();
    usable.then_some(Toolchain::FromSource(rustc))
}

/// The stage: builds `chainrule`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let Some(toolchain) = toolchain(project) else {
        return Ok(Outcome::new(Tally::SKIPPED, system::advice(project)));
    };
    let mut command = project.cargo();
    command.args(["build", "--quiet", "--package", "chainrule", "--no-default-features", "--target", TARGET]);
    command.env("CARGO_TARGET_DIR", project.target.join("wasm")); // two compilers would rebuild each other's files
    let note = match toolchain {
        Toolchain::Rustup => "with rustup's target",
        Toolchain::FromSource(rustc) => {
            command.arg("-Zbuild-std=std,panic_abort").env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
            "standard library from source"
        }
    };
    Outcome::of(&mut command, note)
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
