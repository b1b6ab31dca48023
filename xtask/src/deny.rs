//! The stage `deny`: what `deny.toml` allows to enter the lock file, by cargo-deny.
//!
//! Licences, banned crates and sources are always checked. Known faults of dependencies (advisories) are on a list that is
//! loaded anew each time; where the network does not reach it, that check says so and counts as skipped.

use crate::goldens::environment;
use crate::libtest::Tally;
use crate::process::{Project, Result, find_program, output_of, succeeds};
use crate::python;
use crate::test::Outcome;
use std::path::PathBuf;

/// The pinned program with its checksums; see there.
const PACKAGE: &str = "xtask/cargo-deny.txt";

/// What is checked with the lock file alone.
const ALWAYS: [&str; 3] = ["bans", "licenses", "sources"];

/// The stage of `cargo xtask test`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let Some(program) = program(project)? else {
        let message = "needs python3 with venv, or cargo-deny (`cargo install --locked cargo-deny`)";
        return Ok(Outcome::new(Tally::SKIPPED, message));
    };
    let mut outcome = check(project, &program, &ALWAYS)?;
    let list = output_of(project.command(&program).args(["--log-level", "off", "fetch", "db"]));
    outcome.add(match list {
        Ok(_) => check(project, &program, &["advisories"])?,
        Err(_) => Outcome::new(Tally::SKIPPED, "advisories: their list cannot be reached from here"),
    });
    Ok(outcome)
}

/// The pinned program, else the one that is installed, else none.
fn program(project: &Project) -> Result<Option<PathBuf>> {
    if python::is_there(project) {
        let python = environment(project, "cargo-deny", &["--require-hashes", "--requirement", PACKAGE])?;
        return Ok(Some(python.with_file_name("cargo-deny")));
    }
    Ok(find_program("cargo-deny"))
}

/// One outcome for each check, so that the counts say how many there were.
fn check(project: &Project, program: &PathBuf, checks: &[&str]) -> Result<Outcome> {
    let mut outcome = Outcome::new(Tally::default(), "");
    for name in checks {
        let mut command = project.command(program);
        command.args(["--log-level", "error", "check", "--hide-inclusion-graph", name]);
        let passed = succeeds(&mut command)?;
        let note =
            if passed { String::new() } else { format!("{name}: deny.toml does not allow it, see above") };
        outcome.add(Outcome::new(if passed { Tally::PASSED } else { Tally::FAILED }, note));
    }
    Ok(outcome)
}
