//! Builds the library for WebAssembly, without its default features: no files, no threads, no Parquet.

use crate::libtest::Tally;
use crate::process::{Project, Result, find_program};
use crate::system;
use crate::test::Outcome;
use crate::toolchain::Toolchain;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What can build for wasm32 here; rustup's compiler brings its linker, another one needs LLVM's.
pub(crate) fn toolchain(project: &Project) -> Option<Toolchain> {
    let toolchain = Toolchain::find(project, TARGET)?;
    (toolchain == Toolchain::Rustup || find_program("wasm-ld").is_some()).then_some(toolchain)
}

/// The stage: builds `chainrule`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let Some(toolchain) = toolchain(project) else {
        return Ok(Outcome::new(Tally::SKIPPED, system::advice(project)));
    };
    let mut command = project.cargo();
    command.args(["build", "--quiet", "--package", "chainrule", "--no-default-features", "--target", TARGET]);
    command.env("CARGO_TARGET_DIR", project.target.join("wasm")); // two compilers would rebuild each other's files
    toolchain.apply(&mut command, "std,panic_abort");
    if toolchain != Toolchain::Rustup {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
    }
    Outcome::of(&mut command, toolchain.name())
}
