//! The command line from the outside: what it takes, what it refuses, and how it says so.

mod common;

use common::{chainrule, text};
use predicates::prelude::*;

/// The options of `train` that the interface names and this version has.
const TRAIN_OPTIONS: &[&str] = &[
    "--no-header",
    "--delimiter",
    "--target",
    "--drop",
    "--categorical",
    "--sample-weight",
    "--missing",
    "--missing-values",
    "--map-label",
    "--class-weight",
    "--on-bad-row",
    "--task",
    "--hidden",
    "--activation",
    "--output",
    "--init",
    "--dropout",
    "--label-smoothing",
    "--loss",
    "--optimizer",
    "--learning-rate",
    "--momentum",
    "--beta1",
    "--beta2",
    "--epsilon",
    "--weight-decay",
    "--clip-norm",
    "--schedule",
    "--warmup",
    "--batch-size",
    "--epochs",
    "--standardize",
    "--no-standardize",
    "--validation",
    "--test",
    "--validation-labels",
    "--test-labels",
    "--labels",
    "--patience",
    "--tolerance",
    "--target-loss",
    "--max-seconds",
    "--seed",
    "--seeds",
    "--threads",
    "--precision",
    "--device",
    "--stream",
    "--stream-buffer",
    "--stream-folder",
    "--out",
    "--report",
    "--report-html",
    "--log",
    "--log-norms",
    "--log-weights",
    "--tensorboard",
    "--checkpoint",
    "--checkpoint-every",
    "--keep",
    "--resume",
    "--force-resume",
    "--quiet",
    "--json",
    "--print-config",
];

#[test]
fn help_names_every_option_of_the_interface() {
    let output = chainrule().args(["train", "--help"]).output().expect("the program starts");
    let help = text(&output.stdout);
    for option in TRAIN_OPTIONS {
        assert!(help.split_whitespace().any(|word| word == *option), "{option} is not in:\n{help}");
    }
    let options = help.split_whitespace().filter(|word| word.starts_with("--") && *word != "--help");
    for option in options {
        assert!(TRAIN_OPTIONS.contains(&option), "{option} is not in the interface");
    }
}

#[test]
fn wrong_options_are_usage_errors() {
    for wrong in [
        &["--optimizer", "adan"][..],
        &["--hidden", "64,0"],
        &["--hidden", "64,x"],
        &["--activation", "relu,tanhh"],
        &["--dropout", "1"],
        &["--learning-rate", "0"],
        &["--learning-rate", "-1"],
        &["--seed", "-1"],
        &["--epochs", "0"],
        &["--validation", "1.5"],
        &["--map-label", "ab"],
        &["--class-weight", "a"],
        &["--delimiter", "ab"],
        &["--precision", "f16"],
        &["--checkpoint-every", "1min"],
        &["--stream"],
        &["--unheard-of"],
        &["one.csv", "two.csv"],
    ] {
        let output = chainrule().arg("train").args(wrong).output().expect("the program starts");
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{wrong:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_negative_number_is_a_value_and_the_error_says_what_was_expected() {
    let expected = predicate::str::contains("'-1' for '--learning-rate <X>': expected a number above 0");
    chainrule().args(["train", "--learning-rate", "-1"]).assert().code(2).stderr(expected);
}

#[test]
fn cuda_is_refused_with_what_to_do_instead() {
    let expected =
        predicate::str::contains("this build has no CUDA support").and(predicate::str::contains("cpu"));
    chainrule().args(["train", "--device", "cuda:0"]).assert().code(2).stderr(expected);
}

#[test]
fn the_last_of_two_contrary_options_wins() {
    for (options, line) in [
        (["--standardize", "--no-standardize"], "standardize = false"),
        (["--no-standardize", "--standardize"], "standardize = true"),
    ] {
        let printed = chainrule().args(["train", "--print-config"]).args(options).assert().success();
        let printed = text(&printed.get_output().stdout);
        assert!(printed.lines().any(|printed| printed == line), "no '{line}' in:\n{printed}");
    }
}

#[test]
fn embedded_sets_are_tested_by_default_and_own_files_are_not() {
    for (data, line) in [(None, "test = 0.2"), (Some("iris"), "test = 0.2"), (Some("iris.csv"), "test = 0.0")]
    {
        let printed = chainrule().args(["train", "--print-config"]).args(data).assert().success();
        let printed = text(&printed.get_output().stdout);
        assert!(printed.lines().any(|printed| printed == line), "{data:?}: no '{line}' in:\n{printed}");
    }
}

#[test]
fn the_version_names_the_instruction_sets() {
    let expected =
        predicate::str::starts_with("chainrule ").and(predicate::str::contains(std::env::consts::ARCH));
    chainrule().arg("--version").assert().success().stdout(expected);
}

#[test]
fn completions_exist_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish"] {
        chainrule()
            .args(["completions", shell])
            .assert()
            .success()
            .stdout(predicate::str::contains("learning-rate"));
    }
}

#[test]
fn d12_a_reader_that_has_seen_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_chainrule"))
        .args(["completions", "bash"])
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the program starts");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
