//! The tests of the kernels on AArch64: cross-compiled, and run by an emulator of its instructions.
//!
//! NEON is most of what this project will ever see of that processor before a user has one. What runs is what can differ
//! there: conformance, properties, the errors of functions, and the digests of results and of whole trainings, which must
//! have the same bits as on x86-64. Threads are the same everywhere and slow in an emulator; those tests are left to the processor at hand.

use crate::libtest::Tally;
use crate::process::{Project, Result, find_program};
use crate::system;
use crate::test::{Outcome, PLAIN_DEPENDENCIES, run_tests};
use crate::toolchain::Toolchain;
use std::path::PathBuf;
use std::process::Command;

pub(crate) const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Debian's packages for what [`Tools`] looks for.
pub(crate) const PACKAGES: &[&str] = &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user-static"];

const LINKER: &str = "aarch64-linux-gnu-gcc";
/// The same program under the names of two Debians.
const EMULATORS: [&str; 2] = ["qemu-aarch64-static", "qemu-aarch64"];
/// Where the cross compiler's package has the libraries of that processor.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// Tests, by parts of their names, that say nothing about a processor and take minutes in an emulator.
const LEFT_OUT: [&str; 2] = ["the_number_of_threads", "every_instruction_set_gives_the_same_bits"];

/// Whether this is such a processor, which needs nothing of all that.
const IS_NATIVE: bool = cfg!(all(target_arch = "aarch64", target_os = "linux"));

/// What builds and runs programs for AArch64 here.
#[derive(Debug)]
pub(crate) struct Tools {
    toolchain: Toolchain,
    /// Not used where this is such a processor.
    emulator: Option<PathBuf>,
}

impl Tools {
    /// Looks for them.
    pub(crate) fn find(project: &Project) -> Option<Self> {
        let toolchain = Toolchain::find(project, TARGET)?;
        can_link_and_run().then(|| Self { toolchain, emulator: emulator() })
    }

    /// Makes a command of cargo build, link and run for it.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.args(["--target", TARGET]);
        if let Some(emulator) = self.emulator.as_ref().filter(|_| !IS_NATIVE) {
            command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
            let runner = format!("{} -L {LIBRARIES}", emulator.display());
            command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", runner);
        }
        self.toolchain.apply(command, "std,panic_unwind,test");
    }
}

/// Whether there is all that Debian has packages for.
pub(crate) fn can_link_and_run() -> bool {
    IS_NATIVE || (find_program(LINKER).is_some() && emulator().is_some())
}

fn emulator() -> Option<PathBuf> {
    EMULATORS.iter().find_map(|name| find_program(name))
}

/// The stage of `cargo xtask test`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let Some(tools) = Tools::find(project) else {
        return Ok(Outcome::new(Tally::SKIPPED, system::advice(project)));
    };
    let cargo = || {
        let mut command = project.cargo();
        command.env("CARGO_TARGET_DIR", project.target.join("aarch64")).arg("test").args(PLAIN_DEPENDENCIES);
        tools.apply(&mut command);
        command
    };
    let mut kernels = cargo();
    kernels.args(["--package", "chainrule-kernels", "--lib"]);
    kernels.args(["--test", "bits", "--test", "conformance", "--test", "properties"]);
    let skip: Vec<&str> = LEFT_OUT.iter().flat_map(|test| ["--skip", test]).collect();
    let mut outcome = run_tests(&mut kernels, &skip)?;
    let mut training = cargo();
    training.args(["--package", "chainrule", "--no-default-features", "--test", "bits"]);
    outcome.add(run_tests(&mut training, &[])?);
    Ok(outcome.with_note(tools.toolchain.name()))
}
