//! System packages that a stage needs and cargo does not bring.
//!
//! Installed without asking only where nobody is there to ask (`CI=true`) or the user is root anyway, as in a container;
//! elsewhere the one command that installs them is named, and the stages that need them are skipped.

use crate::libtest::Tally;
use crate::process::{Project, Result, find_program, in_ci, output_of, succeeds};
use crate::test::Outcome;
use crate::wasm;

/// Debian's: a compiler that can build its own standard library for wasm32, the linker for that, and a browser that looks
/// at pages.
const PACKAGES: [&str; 5] = ["rustc-web", "libstd-rust-web-dev", "rust-web-src", "lld", "chromium"];

/// What a person does where this program does not.
pub(crate) fn advice() -> String {
    format!(
        "run `rustup target add {}` or, on Debian, `sudo apt-get install {}`",
        wasm::TARGET,
        PACKAGES.join(" ")
    )
}

/// The stage: sees to it that the packages are there.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    if wasm::toolchain(project).is_some() && find_program("chromium").is_some() {
        return Ok(Outcome::new(Tally::PASSED, "nothing to install"));
    }
    if find_program("apt-get").is_none() || !(in_ci() || is_root()) {
        return Ok(Outcome::new(Tally::SKIPPED, advice()));
    }
    let lists = apt(project, &["update"])?; // without it, an old list may name packages that are gone
    if !lists || !apt(project, &["install", "--yes", "--no-install-recommends"])? {
        return Ok(Outcome::new(Tally::FAILED, "the packages could not be installed"));
    }
    Ok(Outcome::new(Tally::PASSED, format!("installed {}", PACKAGES.join(" "))))
}

fn apt(project: &Project, arguments: &[&str]) -> Result<bool> {
    let mut command = if is_root() { project.command("apt-get") } else { project.command("sudo") };
    if !is_root() {
        command.args(["--non-interactive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2").args(arguments);
    if arguments[0] == "install" {
        command.args(PACKAGES);
    }
    succeeds(&mut command)
}

fn is_root() -> bool {
    output_of(std::process::Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
