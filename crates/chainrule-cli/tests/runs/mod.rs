//! Commands in a folder, for the tests that run many of them.

use crate::common::{chainrule, text};
use serde_json::Value;
use std::path::Path;

/// Runs a command that must succeed; returns what it says on stdout.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = chainrule().current_dir(folder).args(arguments).output().expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command that must fail with the code and without a result; returns what it says on stderr.
pub(crate) fn fails(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = chainrule().current_dir(folder).args(arguments).output().expect("the program starts");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} has a result");
    assert!(stderr.lines().any(|line| line.starts_with("error: ")), "{stderr}");
    stderr
}

/// A document that a command printed.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}
