//! `cargo xtask fuzz`: the targets of `fuzz/`, driven by libFuzzer towards code that no input has reached yet.
//!
//! The test program `fuzz/tests/readers.rs` is built a second time, under `target/fuzzing`, with libFuzzer in it (bolero's engine)
//! and with every branch and comparison counted. That takes the pinned compiler, a C++ compiler, and nothing else: the
//! instrumentation is LLVM's, and what needs a nightly compiler, sanitizers, is for the crate with `unsafe` (`cargo xtask asan`).
//!
//! What is found useful on the way gathers in `target/fuzzing/corpus`. An input that breaks a promise is put into
//! `target/fuzzing/findings`, and belongs into `fuzz/corpus` once the reader is mended. `--minimise` chooses the few
//! inputs that reach the most, and puts them there too.

use crate::process::{Project, Result, output_of, shown, succeeds_by_line};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
usage: cargo xtask fuzz TARGET… [--seconds N] [--minimise]
    --seconds N   how long each target runs; 600 if left out
    --minimise    puts the inputs that reach the most into fuzz/corpus, instead of fuzzing";

/// What libFuzzer counts: branches, and how often each was taken; operands of comparisons.
const COVERAGE: &str = "--cfg fuzzing --cfg fuzzing_libfuzzer -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=16";

/// Set for the test program; bolero hands it to libFuzzer.
const ARGUMENTS: &str = "BOLERO_LIBFUZZER_ARGS";

/// The corpus that is committed has at most this many files of a target, and none above this size.
const FILES: usize = 48;
const LARGEST: u64 = 4 << 10;

/// What a person asked for.
#[derive(Debug, PartialEq)]
struct Order<'a> {
    targets: Vec<&'a str>,
    seconds: u32,
    minimises: bool,
}

pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<bool> {
    let order = Order::read(arguments)?;
    let fuzzing = Fuzzing { project, program: build(project)?, folder: project.target.join("fuzzing") };
    let known = fuzzing.targets()?;
    if let Some(unknown) = order.targets.iter().find(|target| !known.iter().any(|name| name == **target)) {
        return Err(format!("there is no target `{unknown}`; there are: {}", known.join(", ")));
    }
    let mut all = true;
    for target in order.targets {
        all &=
            if order.minimises { fuzzing.minimise(target)? } else { fuzzing.fuzz(target, order.seconds)? };
    }
    Ok(all)
}

impl<'a> Order<'a> {
    fn read(arguments: &[&'a str]) -> Result<Self> {
        let mut order = Self { targets: Vec::new(), seconds: 600, minimises: false };
        let mut rest = arguments.iter();
        while let Some(&argument) = rest.next() {
            match argument {
                "--minimise" => order.minimises = true,
                "--seconds" => {
                    let seconds = rest.next().and_then(|text| text.parse().ok());
                    order.seconds = seconds.ok_or_else(|| format!("--seconds takes a number\n{HELP}"))?;
                }
                option if option.starts_with('-') => return Err(HELP.into()),
                target => order.targets.push(target),
            }
        }
        if order.targets.is_empty() { Err(HELP.into()) } else { Ok(order) }
    }
}

/// The test program with libFuzzer in it.
fn build(project: &Project) -> Result<PathBuf> {
    let mut command = project.cargo();
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", project.target.join("fuzzing"));
    // With a target named, build scripts and macros are compiled without the flags.
    command.args(["test", "--package", "chainrule-fuzz", "--test", "readers", "--no-run"]);
    command.args(["--target", &host(project)?, "--message-format", "json"]);
    let mut program = None;
    let succeeded = succeeds_by_line(&mut command, |line| match serde_json::from_str(line) {
        Ok(message) => program = executable(&message).or(program.take()),
        Err(_) => eprintln!("{line}"),
    })?;
    let program = program.filter(|_| succeeded);
    program
        .ok_or_else(|| "the targets could not be built; libFuzzer takes a C++ compiler (Debian: g++)".into())
}

/// The program that a message of cargo's tells of.
fn executable(message: &serde_json::Value) -> Option<PathBuf> {
    message["executable"].as_str().map(PathBuf::from)
}

/// The name of the processor and system that this program runs on.
fn host(project: &Project) -> Result<String> {
    let version = output_of(project.command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say for which host it compiles".into())
}

/// A built program, and the folder that it works in.
struct Fuzzing<'a> {
    project: &'a Project,
    program: PathBuf,
    folder: PathBuf,
}

impl Fuzzing<'_> {
    /// The names of all targets.
    fn targets(&self) -> Result<Vec<String>> {
        let list = output_of(self.project.command(&self.program).args(["--list", "--format", "terse"]))?;
        Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
    }

    /// Runs a target for so long, and prints the row for `fuzz/RUNS.md`; whether nothing was found.
    fn fuzz(&self, target: &str, seconds: u32) -> Result<bool> {
        let findings = self.made("findings", target)?;
        let mut command = self.command(target, &format!(
            "-max_total_time={seconds} -timeout=120 -report_slow_units=5 -rss_limit_mb=2048 -print_final_stats=1 \
             -artifact_prefix={}/",
            findings.display()
        ))?;
        let mut counts = BTreeMap::new();
        let succeeded = succeeds_by_line(&mut command, |line| {
            eprintln!("{line}");
            counts.extend(count(line));
        })?;
        let commit = output_of(self.project.command("git").args(["rev-parse", "--short", "HEAD"]))?;
        let executions = counts.get("number_of_executed_units").copied().unwrap_or(0);
        println!("| {target} | {} | {executions} | {seconds} |", commit.trim());
        if !succeeded {
            let folder = self.project.relative(&findings);
            eprintln!(
                "a finding: mend the reader, and put the input from {folder} into fuzz/corpus/{target}"
            );
        }
        Ok(succeeded)
    }

    /// Chooses the inputs that reach the most, and copies them to the committed corpus.
    fn minimise(&self, target: &str) -> Result<bool> {
        let features = self.made("features", target)?;
        remove_files(&features)?;
        // Only whether a branch was taken counts here, not how often. libFuzzer takes the small inputs first, and notes what
        // each reached that none before it did.
        let arguments = format!("-runs=0 -use_counters=0 -features_dir={}", features.display());
        let mut command = self.command(target, &arguments)?;
        if !succeeds_by_line(&mut command, |_| ())? {
            return Err(format!("`{}` failed on the corpus of {target}", shown(&command)));
        }
        let mut gains = files(&features)?;
        gains.sort_by_key(|(path, size)| (Reverse(*size), path.clone()));
        let (from, to) = (self.made("corpus", target)?, self.committed(target));
        let mut copied = 0;
        for (gain, _) in gains {
            let Some(name) = gain.file_name() else { continue };
            let input = from.join(name);
            if copied < FILES && input.metadata().is_ok_and(|found| found.len() <= LARGEST) {
                std::fs::copy(&input, to.join(name)).map_err(|error| cannot("copy", &input, &error))?;
                copied += 1;
            }
        }
        println!("{target}: {copied} inputs");
        Ok(true)
    }

    /// The program on one target, with the corpus of earlier runs and the committed one.
    fn command(&self, target: &str, arguments: &str) -> Result<Command> {
        let (found, committed) = (self.made("corpus", target)?, self.committed(target));
        let arguments = format!("{arguments} {} {}", found.display(), committed.display());
        if self.folder.to_string_lossy().contains(' ') {
            return Err("libFuzzer takes no path with a space; set CARGO_TARGET_DIR to one without".into());
        }
        let mut command = self.project.command(&self.program);
        command.args([target, "--exact", "--nocapture", "--test-threads", "1"]).env(ARGUMENTS, arguments);
        Ok(command)
    }

    fn committed(&self, target: &str) -> PathBuf {
        self.project.root.join("fuzz/corpus").join(target)
    }

    /// A folder of a target, made if there is none.
    fn made(&self, what: &str, target: &str) -> Result<PathBuf> {
        let folder = self.folder.join(what).join(target);
        std::fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        Ok(folder)
    }
}

/// A count of libFuzzer's: `stat::number_of_executed_units: 1234`.
fn count(line: &str) -> Option<(String, u64)> {
    let (name, number) = line.strip_prefix("stat::")?.split_once(':')?;
    Some((name.to_owned(), number.trim().parse().ok()?))
}

/// The files of a folder, and their sizes.
fn files(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let entries = folder.read_dir().map_err(|error| cannot("read", folder, &error))?;
    let sized = entries.flatten().filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())));
    Ok(sized.collect())
}

fn remove_files(folder: &Path) -> Result<()> {
    for (path, _) in files(folder)? {
        std::fs::remove_file(&path).map_err(|error| cannot("remove", &path, &error))?;
    }
    Ok(())
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_options_are_read_in_any_order() {
        let order = Order { targets: vec!["csv", "npy"], seconds: 5, minimises: false };
        assert_eq!(Order::read(&["csv", "--seconds", "5", "npy"]), Ok(order));
        let order = Order { targets: vec!["csv"], seconds: 600, minimises: true };
        assert_eq!(Order::read(&["--minimise", "csv"]), Ok(order));
        for wrong in [&[][..], &["--seconds", "5"], &["csv", "--seconds"], &["csv", "--second", "5"]] {
            assert!(Order::read(wrong).unwrap_err().contains("usage"), "{wrong:?}");
        }
    }

    #[test]
    fn counts_are_read_off_libfuzzers_last_lines() {
        assert_eq!(
            count("stat::number_of_executed_units: 1234"),
            Some(("number_of_executed_units".into(), 1234))
        );
        assert_eq!(count("#1234 NEW cov: 5 ft: 6"), None);
    }
}
