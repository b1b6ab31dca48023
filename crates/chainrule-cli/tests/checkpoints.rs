//! Trainings that are killed, interrupted and go on.
#![cfg(unix)]

mod common;

use common::{chainrule, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A training of many short epochs.
const LONG: &[&str] =
    &["train", "moons", "--hidden", "8", "--patience", "0", "--threads", "1", "--dropout", "0.1"];

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
    command.current_dir(folder).args(LONG).args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = chainrule().current_dir(folder).args(LONG).args(arguments).output().expect("it starts");
    (output.status.code(), text(&output.stderr))
}

/// Waits until a training has written to its log.
fn wait_for(log: &Path) {
    while fs::metadata(log).map_or(0, |found| found.len()) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn send(signal: &str, child: &Child) {
    let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(kill.expect("a shell").success());
}

fn ended(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
    (status.code(), text(&stderr))
}

/// The lines of a log without the clock.
fn log(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).expect("a log");
    let line = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        line.as_object_mut().expect("an object").remove("seconds").expect("the clock");
        line
    };
    text.lines().map(line).collect()
}

/// Kills a training so often at random moments; returns how often it went on from a checkpoint.
fn survives(kills: usize) {
    let whole = folder();
    let epochs = ["--epochs", "400", "--out", "m.safetensors", "--log", "log.jsonl", "--quiet"];
    assert_eq!(run(whole.path(), &epochs).0, Some(0));
    let model = fs::read(whole.path().join("m.safetensors")).expect("a model");
    let lines = log(&whole.path().join("log.jsonl"));
    assert_eq!(lines.len(), 400);

    let arguments = ["--checkpoint", "state", "--checkpoint-every", "37steps", "--resume", "auto"];
    let arguments: Vec<&str> = epochs.into_iter().chain(arguments).collect();
    let (mut killed, mut random, mut cut) = (0, 0x9e37_79b9_u64, folder());
    loop {
        let mut child = start(cut.path(), &arguments);
        if killed < kills {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_micros((random >> 33) % 60_000));
            // It may have ended by itself; then what it left is compared, and another is killed.
            child.kill().expect("own child");
        }
        let (code, said) = ended(child);
        match code {
            None => killed += 1,
            Some(code) => {
                assert_eq!(code, 0, "{said}");
                assert_eq!(fs::read(cut.path().join("m.safetensors")).expect("a model"), model);
                assert_eq!(log(&cut.path().join("log.jsonl")), lines);
                if killed >= kills {
                    return;
                }
                cut = folder();
            }
        }
    }
}

#[test]
fn d1_a_training_killed_at_random_moments_ends_with_the_same_bits() {
    survives(20);
}

#[test]
#[ignore = "some minutes: 200 kills; `cargo test --release -p chainrule-cli --test checkpoints -- --ignored`"]
fn d1_a_training_killed_200_times_ends_with_the_same_bits() {
    survives(200);
}

#[test]
fn d11_a_signal_keeps_the_state_and_prints_the_command_that_goes_on() {
    let folder = folder();
    let log = folder.path().join("log");
    let child = start(folder.path(), &["--epochs", "100000000", "--checkpoint", "a state", "--log", "log"]);
    wait_for(&log);
    send("TERM", &child);
    let (code, said) = ended(child);
    assert_eq!(code, Some(143), "{said}");
    assert!(said.contains("interrupted by SIGTERM; the state of the training is in a state"), "{said}");
    let command = said.lines().find_map(|line| line.split_once("go on with: ")).expect("a command").1;
    assert!(
        command.contains("train --resume auto") && command.contains("--checkpoint 'a state'"),
        "{command}"
    );
    fs::remove_file(&log).expect("it is there");
    let mut again = Command::new("sh");
    again.current_dir(folder.path()).args(["-c", &format!("exec {command}")]).stdout(Stdio::null());
    let child = again.stderr(Stdio::piped()).spawn().expect("a shell");
    wait_for(&log);
    send("INT", &child);
    let (code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("goes on after step") && said.contains("interrupted by Ctrl-C"), "{said}");
    let log = fs::read_to_string(&log).expect("a log");
    assert!(log.starts_with("{\"seed\":0,\"epoch\":1,"), "the epochs before are in the new log too");
}

#[test]
fn d11_without_checkpoints_a_signal_leaves_the_model_so_far() {
    let folder = folder();
    let child = start(folder.path(), &["--epochs", "100000000", "--out", "m", "--log", "log"]);
    wait_for(&folder.path().join("log"));
    send("HUP", &child);
    let (code, said) = ended(child);
    assert_eq!(code, Some(129), "{said}");
    assert!(said.contains("the model so far is in m.partial"), "{said}");
    assert!(!folder.path().join("m").exists());
    chainrule().current_dir(folder.path()).args(["evaluate", "m.partial", "moons"]).assert().success();
}

#[test]
fn d10_two_trainings_in_one_folder_are_one_too_many() {
    let folder = folder();
    let arguments = ["--epochs", "100000000", "--checkpoint", "state", "--log", "log"];
    let mut child = start(folder.path(), &arguments);
    wait_for(&folder.path().join("log"));
    let (code, said) = run(folder.path(), &["--checkpoint", "state", "--resume", "auto"]);
    child.kill().expect("own child");
    let id = child.id();
    drop(ended(child));
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains(&format!("in use by process {id}")), "{said}");
}

#[test]
fn what_cannot_go_on_says_why() {
    let folder = folder();
    let state = ["--epochs", "2", "--checkpoint", "state", "--checkpoint-every", "1epoch", "--keep", "1"];
    assert_eq!(run(folder.path(), &state).0, Some(0));
    let files: Vec<PathBuf> = fs::read_dir(folder.path().join("state"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    for (arguments, code, words) in [
        (&["--checkpoint", "state"][..], 2, "has checkpoints of an earlier training"),
        (&["--resume", "auto"], 2, "--resume auto looks in the folder of --checkpoint"),
        (&["--force-resume"], 2, "--resume"),
        (&["--checkpoint", "state", "--checkpoint-every", "1min"], 2, "such as 30s, 50steps or 1epoch"),
        (&["--checkpoint", "state", "--keep", "0"], 2, "a whole number of 1 or more"),
        (&["--resume", "nowhere"], 2, "there is no checkpoint in nowhere"),
        (&["--resume", "state", "--seed", "1"], 2, "seed was 0 and is 1"),
    ] {
        let (found, said) = run(folder.path(), arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let forced = ["--resume", "state", "--seed", "1", "--force-resume", "--epochs", "3"];
    let (code, said) = run(folder.path(), &forced);
    assert_eq!(code, Some(0), "{said}");
    // The forced training wrote the newest checkpoint; without it the one of the first training is taken.
    let newest = folder.path().join("state/step-000000000066.safetensors");
    assert!(newest.is_file() && !files.contains(&newest));
    fs::write(&newest, b"{}").expect("own file");
    let (code, said) = run(folder.path(), &["--resume", "state", "--epochs", "4"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a checkpoint cannot be used"), "{said}");
    assert!(said.contains("goes on after step 44"), "{said}");
}

#[test]
fn each_of_several_seeds_has_a_folder_of_its_own() {
    let (folder, whole) = (folder(), self::folder());
    let arguments = ["--epochs", "3", "--seeds", "2", "--log", "log"];
    assert_eq!(run(whole.path(), &arguments).0, Some(0));
    let kept: Vec<&str> =
        arguments.into_iter().chain(["--checkpoint", "state", "--resume", "auto"]).collect();
    for _ in 0..2 {
        let (code, said) = run(folder.path(), &kept);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(log(&folder.path().join("log")), log(&whole.path().join("log")));
    }
    for seed in ["seed-0", "seed-1"] {
        assert!(folder.path().join("state").join(seed).join("lock").exists());
    }
}
