//! `cargo xtask benchsuite`: our training speed beside that of other programs, by `benchsuite/run.py`.
//!
//! The suite is Python, since most peers are; the task only starts it. What it makes of the figures is tested without any
//! peer and without a clock, and so is a stage of `cargo xtask test`.

use crate::libtest::Tally;
use crate::process::{Project, Result, output_of, succeeds};
use crate::test::Outcome;

const PYTHON: &str = "python3";

/// Runs it; the arguments are the suite's.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<bool> {
    succeeds(project.command(PYTHON).arg("benchsuite/run.py").args(arguments))
}

/// The stage: the suite's tests of itself.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    // `tomllib` came with Python 3.11.
    if output_of(project.command(PYTHON).args(["-c", "import tomllib"])).is_err() {
        return Ok(Outcome::new(Tally::SKIPPED, "needs python3, 3.11 or later"));
    }
    let mut command = project.command(PYTHON);
    command.args(["-B", "-m", "unittest", "discover", "--start-directory", "benchsuite"]);
    Outcome::of(&mut command, "")
}
