//! The stage `python`: builds the wheel, and tests it as a user has it, in environments of its own.
//!
//! The wheel is built once, as it is shipped. Then its tests and the examples of its documentation run in one environment with the
//! newest scikit-learn and in one with the oldest that is supported, each with pinned versions under `target/venvs`.

use crate::goldens::python_with;
use crate::libtest::Tally;
use crate::process::{Project, Result, output_of, succeeds, succeeds_by_line};
use crate::test::Outcome;
use std::path::{Path, PathBuf};

/// What makes a virtual environment, with pip in it, on Debian.
pub(crate) const PACKAGES: &[&str] = &["python3-venv"];

const BUILD: &[&str] = &["maturin==1.16.0"];

/// The versions that the wheel is tested with.
const ENVIRONMENTS: [&[&str]; 2] = [
    &[
        "scikit-learn==1.9.1",
        "numpy==2.4.6",
        "scipy==1.17.1",
        "joblib==1.6.0",
        "pandas==3.1.1",
        "polars==2.1.0",
        "pytest==9.2.0",
        "onnx==1.23.2",
        "onnxruntime==1.32.0",
        "tensorboard==2.21.0",
        "mypy==2.4.1",
        "nbformat==5.11.1",
        "nbclient==0.11.0",
        "ipykernel==7.4.0",
    ],
    &[
        "scikit-learn==1.6.0",
        "numpy==1.26.4",
        "scipy==1.14.1",
        "joblib==1.4.2",
        "pandas==2.2.3",
        "polars==1.17.1",
        "pytest==9.2.0",
        "onnx==1.17.0",
        "onnxruntime==1.20.1",
        "nbformat==5.11.1",
        "nbclient==0.11.0",
        "ipykernel==7.4.0",
    ],
];

/// Whether there is a Python that can make environments, new enough for the wheel.
pub(crate) fn is_there(project: &Project) -> bool {
    let question = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
    output_of(project.command("python3").args(["-c", question])).is_ok()
}

/// The stage of `cargo xtask test`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    if !is_there(project) {
        let message = "needs python3, 3.11 or later, with venv; on Debian, `apt-get install python3-venv`";
        return Ok(Outcome::new(Tally::SKIPPED, message));
    }
    let Some(wheel) = build(project)? else {
        return Ok(Outcome::new(Tally::FAILED, "the wheel could not be built"));
    };
    let mut outcome = Outcome::new(Tally::PASSED, "");
    for packages in ENVIRONMENTS {
        outcome.add(tests(project, packages, &wheel)?.with_note(packages[0]));
    }
    Ok(outcome)
}

/// Builds the wheel as it is shipped; none where that fails.
fn build(project: &Project) -> Result<Option<PathBuf>> {
    let folder = project.target.join("wheels");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
    }
    let python = python_with(project, BUILD)?;
    let mut command = project.command(&python);
    command.args(["-m", "maturin", "build", "--quiet", "--release", "--locked", "--out"]).arg(&folder);
    // The one that the environments have; a wheel of the stable interface fits the others too.
    command.arg("--interpreter").arg(&python).env("CARGO_TARGET_DIR", &project.target);
    if !succeeds(&mut command)? {
        return Ok(None);
    }
    let files = folder.read_dir().map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut wheels = files.flatten().map(|file| file.path());
    Ok(wheels.find(|path| path.extension().is_some_and(|extension| extension == "whl")))
}

/// Installs the wheel beside some packages, and runs its tests there.
fn tests(project: &Project, packages: &[&str], wheel: &Path) -> Result<Outcome> {
    let python = python_with(project, packages)?;
    let mut install = project.command(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    if !succeeds(install.arg("--force-reinstall").arg(wheel))? {
        return Ok(Outcome::new(Tally::FAILED, "the wheel could not be installed"));
    }
    let mut tally = Tally::default();
    for selection in [&["python/tests"][..], &["--doctest-modules", "--pyargs", "chainrule"]] {
        let mut command = project.command(&python);
        command.args(["-B", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]).args(selection);
        // What the package is compared with; the stage `build` has made it.
        command.env("CHAINRULE_PROGRAM", project.target.join("debug/chainrule"));
        let mut counts = Tally::default();
        let succeeded = succeeds_by_line(&mut command, |line| {
            println!("{line}");
            counts = summary(line).unwrap_or(counts);
        })?;
        if !succeeded && counts.failed == 0 || counts == Tally::default() {
            counts.failed += 1; // it died, or ran nothing
        }
        tally.add(counts);
    }
    Ok(Outcome::new(tally, ""))
}

/// The counts of pytest's last line: `2 failed, 10 passed, 1 skipped, 3 warnings in 4.56s`.
fn summary(line: &str) -> Option<Tally> {
    let (counts, seconds) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    seconds.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
    let mut tally = Tally::default();
    for part in counts.split(", ") {
        let (number, what) = part.split_once(' ')?;
        let number: usize = number.parse().ok()?;
        match what {
            "passed" => tally.passed += number,
            "failed" | "error" | "errors" | "xfailed" | "xpassed" => tally.failed += number,
            "skipped" => tally.skipped += number,
            _ => {}
        }
    }
    Some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_pytest_has_the_counts() {
        let tally = |passed, failed, skipped| Some(Tally { passed, failed, skipped });
        assert_eq!(summary("10 passed in 4.56s"), tally(10, 0, 0));
        assert_eq!(
            summary("2 failed, 10 passed, 1 skipped, 3 warnings in 60.56s (0:01:00)"),
            tally(10, 2, 1)
        );
        assert_eq!(summary("1 error in 0.12s"), tally(0, 1, 0));
        assert_eq!(summary("===== 5 passed, 1 xfailed in 0.12s ====="), tally(5, 1, 0));
        assert_eq!(summary("E   assert 1 == 2 in 3 steps"), None);
        assert_eq!(summary("tests/test_fit.py ....   [100%]"), None);
    }
}
