//! `cargo xtask test`: every check there is, one after the other, and at the end what took how long and the counts.
//!
//! A stage is a row of [`STAGES`]. All of them run, whatever fails before; only what cannot work any more (no tests
//! without a build) is left out, and counts as skipped. The stages share one set of artefacts in the target folder:
//! `build` makes what `tests` runs, `clippy` and `docs` share the checked dependencies; `asan`, `machine-code`,
//! `aarch64` and `wasm32` build with other options or targets, and so their own. The last line is `N passed, N failed, N
//! skipped`, counted over the tests and over all other stages.

use crate::libtest::{Reader, Tally};
use crate::process::{Project, Result, succeeds, succeeds_by_line};
use crate::{aarch64, benchsuite, deny, machine_code, python, sanitizer, system, tidy, wasm};
use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// How a stage ended, and a remark for the table.
#[derive(Debug)]
pub(crate) struct Outcome {
    tally: Tally,
    note: String,
    /// Parts of the stage worth a line of their own, with their seconds.
    parts: Vec<(String, f64)>,
}

impl Outcome {
    pub(crate) fn new(tally: Tally, note: impl Into<String>) -> Self {
        Self { tally, note: note.into(), parts: Vec::new() }
    }

    /// With another remark, but for what a failure has to say.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        if self.note.is_empty() {
            note.clone_into(&mut self.note);
        }
        self
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: Self) {
        self.tally.add(other.tally);
        let separator = if self.note.is_empty() || other.note.is_empty() { "" } else { "; " };
        self.note = format!("{}{separator}{}", self.note, other.note);
        self.parts.extend(other.parts);
    }

    /// Whether nothing failed.
    pub(crate) fn succeeded(&self) -> bool {
        self.tally.failed == 0
    }

    /// The remark.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }

    /// Of a stage that is what one command says.
    pub(crate) fn of(command: &mut Command, note: &str) -> Result<Self> {
        Ok(Self::new(if succeeds(command)? { Tally::PASSED } else { Tally::FAILED }, note))
    }
}

/// One kind of check.
#[derive(Debug)]
struct Stage {
    name: &'static str,
    /// The stage without whose success this one would only repeat the failure.
    needs: Option<&'static str>,
    run: fn(&Project) -> Result<Outcome>,
}

/// In the order of running: what fails quickly first.
const STAGES: &[Stage] = &[
    Stage { name: "packages", needs: None, run: system::stage },
    Stage { name: "format", needs: None, run: format },
    Stage { name: "tidy", needs: None, run: tidy::stage },
    Stage { name: "deny", needs: None, run: deny::stage },
    Stage { name: "benchsuite", needs: None, run: benchsuite::stage },
    Stage { name: "clippy", needs: None, run: clippy },
    Stage { name: "build", needs: None, run: build },
    Stage { name: "tests", needs: Some("build"), run: tests },
    Stage { name: "asan", needs: Some("build"), run: sanitizer::stage },
    Stage { name: "machine-code", needs: Some("build"), run: machine_code::stage },
    Stage { name: "python", needs: Some("build"), run: python::stage },
    Stage { name: "docs", needs: Some("build"), run: docs },
    Stage { name: "aarch64", needs: Some("build"), run: aarch64::stage },
    Stage { name: "wasm32", needs: Some("build"), run: wasm::stage },
];

/// For cargo where a test program is compiled once and run once: optimising what it stands on would take longer than it saves.
pub(crate) const PLAIN_DEPENDENCIES: [&str; 2] = ["--config", "profile.dev.package.'*'.opt-level=0"];

/// For `cargo xtask check`.
pub(crate) const QUICK: &[&str] = &["format", "tidy", "clippy"];

/// Runs the named stages, or all without names, and prints the report; whether nothing failed.
pub(crate) fn run(project: &Project, names: &[&str]) -> Result<bool> {
    if let Some(name) = names.iter().find(|name| STAGES.iter().all(|stage| stage.name != **name)) {
        let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!("there is no stage `{name}`; there are: {}", known.join(", ")));
    }
    let data = project
        .data
        .as_ref()
        .map_or("none; tests that need them are skipped".into(), |data| data.display().to_string());
    eprintln!("real data sets (CHAINRULE_DATA): {data}");
    let mut ended: Vec<(&Stage, Outcome, Duration)> = Vec::new();
    for stage in STAGES.iter().filter(|stage| names.is_empty() || names.contains(&stage.name)) {
        let start = Instant::now();
        let missing = stage.needs.filter(|need| {
            ended.iter().any(|(before, outcome, _)| before.name == *need && outcome.tally.failed > 0)
        });
        let outcome = if let Some(need) = missing {
            Outcome::new(Tally::SKIPPED, format!("needs `{need}`, which failed"))
        } else {
            eprintln!("\n──── {} ────", stage.name);
            (stage.run)(project).unwrap_or_else(|message| Outcome::new(Tally::FAILED, message))
        };
        ended.push((stage, outcome, start.elapsed()));
    }
    let rows: Vec<_> = ended.iter().map(|(stage, outcome, time)| (stage.name, outcome, *time)).collect();
    print!("\n{}", report(&rows));
    Ok(rows.iter().all(|(_, outcome, _)| outcome.tally.failed == 0))
}

/// The table of stages and the line of counts.
fn report(ended: &[(&str, &Outcome, Duration)]) -> String {
    let mut text =
        format!("{:<44} {:>7} {:>7} {:>7} {:>9}\n", "stage", "passed", "failed", "skipped", "seconds");
    let mut total = Tally::default();
    for (name, outcome, time) in ended {
        let Tally { passed, failed, skipped } = outcome.tally;
        total.add(outcome.tally);
        let note = if outcome.note.is_empty() { String::new() } else { format!("  {}", outcome.note) };
        let seconds = time.as_secs_f64();
        let _ = writeln!(text, "{name:<44} {passed:>7} {failed:>7} {skipped:>7} {seconds:>9.1}{note}");
        for (part, seconds) in &outcome.parts {
            let _ = writeln!(text, "    {part:<64} {seconds:>9.1}");
        }
    }
    let seconds: f64 = ended.iter().map(|(_, _, time)| time.as_secs_f64()).sum();
    let _ = writeln!(text, "{:<44} {:>33.1}\n", "all", seconds);
    let _ = writeln!(text, "{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    text
}

fn format(project: &Project) -> Result<Outcome> {
    let outcome = Outcome::of(project.cargo().args(["fmt", "--all", "--check"]), "")?;
    let advice = if outcome.tally.failed == 0 { "" } else { "`cargo fmt` puts it right" };
    Ok(Outcome { note: advice.into(), ..outcome })
}

fn clippy(project: &Project) -> Result<Outcome> {
    let mut command = project.cargo();
    command.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    Outcome::of(without_python(&mut command), "")
}

fn build(project: &Project) -> Result<Outcome> {
    Outcome::of(project.cargo().args(["test", "--quiet", "--no-run"]).args(TESTED), "")
}

fn docs(project: &Project) -> Result<Outcome> {
    let mut command = project.cargo();
    command.args(["doc", "--quiet", "--workspace", "--no-deps", "--lib"]);
    Outcome::of(without_python(command.env("RUSTDOCFLAGS", "--deny warnings")), "")
}

fn tests(project: &Project) -> Result<Outcome> {
    run_tests(project.cargo().arg("test").args(TESTED), &[])
}

/// The native module of the Python package has its tests in Python: the stage `python`.
const TESTED: [&str; 3] = ["--workspace", "--exclude", "chainrule-python"];

/// Has the native module checked as it is on a machine without Python.
fn without_python(command: &mut Command) -> &mut Command {
    command.env("PYO3_NO_PYTHON", "1").env("PYO3_BUILD_EXTENSION_MODULE", "1")
}

/// Runs `cargo test …` to the end of all its harnesses, which are told `options`, and counts.
pub(crate) fn run_tests(command: &mut Command, options: &[&str]) -> Result<Outcome> {
    command.args(["--no-fail-fast", "--", "--show-output"]).args(options);
    let mut reader = Reader::default();
    let succeeded = succeeds_by_line(command, |line| {
        if let Some(line) = reader.take(line) {
            println!("{line}");
        }
    })?;
    Ok(tests_outcome(&reader, succeeded))
}

/// A harness that died says nothing of its tests, and one that ran none proves nothing: both are failures.
fn tests_outcome(reader: &Reader, succeeded: bool) -> Outcome {
    let mut outcome = Outcome::new(reader.total(), "");
    if !succeeded && outcome.tally.failed == 0 {
        outcome.tally.failed = 1;
        outcome.note = "a test program ended without a result, see above".into();
    } else if outcome.tally == Tally::default() {
        outcome.tally.failed = 1;
        outcome.note = "no test ran".into();
    }
    let slow = reader.binaries.iter().filter(|binary| binary.seconds >= 1.0);
    outcome.parts = slow.map(|binary| (binary.name.clone(), binary.seconds)).collect();
    outcome.parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_the_counts_of_all_stages_and_nothing_else() {
        let format = Outcome::new(Tally::PASSED, "");
        let tests = Outcome::new(Tally { passed: 10, failed: 2, skipped: 3 }, "");
        let wasm = Outcome::new(Tally::SKIPPED, "no compiler");
        let second = Duration::from_secs(1);
        let text =
            report(&[("format", &format, second), ("tests", &tests, second), ("wasm32", &wasm, second)]);
        assert_eq!(text.lines().last(), Some("11 passed, 2 failed, 4 skipped"));
        assert!(text.ends_with("skipped\n"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains(" passed, ")).count(), 1);
    }

    #[test]
    fn a_crashed_or_empty_harness_is_a_failure() {
        let mut reader = Reader::default();
        assert_eq!(tests_outcome(&reader, true).tally.failed, 1);
        reader.take(
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s",
        );
        assert_eq!(tests_outcome(&reader, true).tally, Tally { passed: 2, failed: 0, skipped: 0 });
        assert_eq!(tests_outcome(&reader, false).tally, Tally { passed: 2, failed: 1, skipped: 0 });
    }

    #[test]
    fn every_stage_stands_after_the_one_it_needs() {
        for (place, stage) in STAGES.iter().enumerate() {
            if let Some(need) = stage.needs {
                assert!(STAGES[..place].iter().any(|before| before.name == need), "{}", stage.name);
            }
        }
    }
}
