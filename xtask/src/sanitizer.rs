//! `cargo xtask asan`: the tests of the kernels under AddressSanitizer, which stops at an access outside of its memory.
//!
//! `unsafe` stands in the kernels alone, so their tests are what can find such an access. A stable compiler has the
//! sanitizer behind `RUSTC_BOOTSTRAP=1`. Whether it works is not taken on trust: before the tests, a program that reads
//! past its memory must be stopped. Leaks are not looked for: after a fork the pool leaves the parent's threads alone,
//! and forgets what it has of them.

use crate::libtest::Tally;
use crate::process::{Project, Result, output_of, shown, write};
use crate::test::{Outcome, PLAIN_DEPENDENCIES, run_tests};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A test that has the memory's own allocator counted, takes minutes under another, and touches no memory but what others do.
const COUNTS_ALLOCATIONS: &str = "a_step_allocates_nothing";

/// Reads one number behind five.
const PLANTED: &str = "
fn main() {
    let numbers = vec![1.0_f32; std::env::args().count() + 4];
    // SAFETY: there is none. This is what must be found.
    let behind = unsafe { numbers.as_ptr().add(numbers.len()).read_volatile() };
    println!(\"{behind}\");
}
";

/// For the command line: the kernels, and the training that goes through them; whether nothing was found.
pub(crate) fn run(project: &Project) -> Result<bool> {
    let kernels = stage(project)?;
    eprintln!("{}", kernels.note());
    if !kernels.succeeded() {
        return Ok(false);
    }
    let training = ["--package", "chainrule", "--test", "determinism", "--test", "training"];
    Ok(tests(project, &training)?.succeeded())
}

/// The stage of `cargo xtask test`: the kernels.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    if let Some(missing) = missing(project) {
        return Ok(Outcome::new(Tally::SKIPPED, missing));
    }
    if let Some(trouble) = finds_nothing(project)? {
        return Ok(Outcome::new(Tally::FAILED, trouble));
    }
    tests(project, &["--package", "chainrule-kernels", "--lib", "--tests"])
}

/// Why it cannot run here.
fn missing(project: &Project) -> Option<&'static str> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")) {
        return Some("needs Linux on x86-64");
    }
    let folder = output_of(project.command("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    let has_runtime = |folder: &str| {
        let files = Path::new(folder.trim()).read_dir().into_iter().flatten().flatten();
        files.map(|file| file.file_name()).any(|name| name.to_string_lossy().ends_with("_rt.asan.a"))
    };
    let is_there = folder.is_ok_and(|folder| has_runtime(&folder));
    (!is_there).then_some("needs a compiler that brings the sanitizer's library, as rustup's does")
}

/// What is wrong with the sanitizer if it lets the planted access pass.
fn finds_nothing(project: &Project) -> Result<Option<String>> {
    let folder = project.target.join("asan");
    let (source, program) = (folder.join("planted.rs"), folder.join("planted"));
    write(&source, PLANTED)?;
    let mut command = project.command("rustc");
    command.args(["--edition", "2024", "-Zsanitizer=address", "--target", TARGET]);
    output_of(command.env("RUSTC_BOOTSTRAP", "1").arg(&source).arg("-o").arg(&program))?;
    let mut command = with_options(project.command(&program));
    let end = command.output().map_err(|error| format!("cannot start `{}`: {error}", shown(&command)))?;
    let said = String::from_utf8_lossy(&end.stderr);
    let is_found = !end.status.success() && said.contains("heap-buffer-overflow");
    Ok((!is_found)
        .then(|| format!("the sanitizer does not find a planted access past the end of memory: {said}")))
}

fn tests(project: &Project, selection: &[&str]) -> Result<Outcome> {
    let mut command = with_options(project.cargo());
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command.env("CARGO_TARGET_DIR", project.target.join("asan"));
    command.args(["test", "--target", TARGET]).args(PLAIN_DEPENDENCIES).args(selection);
    run_tests(&mut command, &["--skip", COUNTS_ALLOCATIONS])
}

fn with_options(mut command: Command) -> Command {
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    command
}
