//! `cargo xtask bench`: the criterion benchmarks of the library.
//!
//! By hand, on a machine that does nothing else: on a shared one the figures say more about the neighbours.

use crate::process::{Project, Result, succeeds};

/// Runs them; further arguments go to criterion.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<bool> {
    let mut command = project.cargo();
    command.args(["bench", "--package", "chainrule", "--benches", "--"]).args(arguments);
    succeeds(&mut command)
}
