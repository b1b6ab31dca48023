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

/// Kills a training so often at random moments. Whenever it comes to its end, what it left is that of one that nobody killed.
fn survives(kills: usize) {
    let whole = folder();
    let measures = ["--log-norms", "--log-weights", "layers.0.weight[0,1],layers.0.bias[2]"];
    let epochs = ["--epochs", "400", "--out", "m.safetensors", "--log", "log.jsonl", "--quiet"];
    let epochs: Vec<&str> = epochs.into_iter().chain(measures).collect();
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
fn d1_a_training_killed_200_times_at_random_moments_ends_with_the_same_bits() {
    survives(200);
}

/// A training that takes its time for every step, so that signals come within one.
fn start_slow(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.args(["train", "digits", "--hidden", "2500,2500", "--batch-size", "full", "--threads", "1"]);
    command.args(["--checkpoint", "state", "--epochs", "1000"]);
    let mut child = command.spawn().expect("the program starts");
    // It says what it will do before its first step, and by then it watches for signals.
    let stderr = child.stderr.as_mut().expect("a pipe");
    let mut said = [0; 1];
    std::io::Read::read_exact(stderr, &mut said).expect("it says something");
    child
}

/// The signals that ask for an end, their exit codes and what they are called. Who runs the tests by `nohup` has SIGHUP ignored in every
/// program that is started from there, as this one respects.
fn signals() -> Vec<(&'static str, i32, &'static str)> {
    let mut signals = vec![("INT", 130, "Ctrl-C"), ("TERM", 143, "SIGTERM")];
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    if ignored & 1 == 0 {
        signals.push(("HUP", 129, "SIGHUP"));
    } else {
        eprintln!("SIGHUP is ignored here, and left out");
    }
    signals
}

#[test]
fn d11_a_second_signal_ends_the_program_at_once() {
    for (signal, expected, _) in signals() {
        let folder = folder();
        let mut child = start_slow(folder.path());
        // Two that come together may be taken for one, so they come until it has ended.
        let code = loop {
            send(signal, &child);
            std::thread::sleep(Duration::from_millis(20));
            if let Some(status) = child.try_wait().expect("own child") {
                break status.code();
            }
        };
        let (_, said) = ended(child);
        assert_eq!(code, Some(expected), "{said}");
        // The step was not finished and nothing was kept.
        assert!(!said.contains("interrupted by"), "{said}");
        let files = fs::read_dir(folder.path().join("state")).expect("the folder of checkpoints");
        assert_eq!(files.count(), 1, "the lock alone");
    }
}

#[test]
fn d11_every_signal_has_its_exit_code_and_a_command_that_goes_on() {
    for (signal, expected, name) in signals() {
        let folder = folder();
        let log = folder.path().join("log");
        let child = start(folder.path(), &["--epochs", "100000000", "--checkpoint", "state", "--log", "log"]);
        wait_for(&log);
        send(signal, &child);
        let (code, said) = ended(child);
        assert_eq!(code, Some(expected), "{said}");
        assert!(said.contains(&format!("interrupted by {name}")), "{said}");
        let command = said.lines().find_map(|line| line.split_once("go on with: ")).expect("a command").1;
        // The command as it stands, but for an end that one can wait for.
        let epochs = fs::read_to_string(&log).expect("a log").lines().count() + 2;
        let command = command.replace("--epochs 100000000", &format!("--epochs {epochs}"));
        let output =
            Command::new("sh").current_dir(folder.path()).args(["-c", &command]).output().expect("a shell");
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains("goes on after step"), "{said}");
        assert_eq!(fs::read_to_string(&log).expect("a log").lines().count(), epochs);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn d12_a_log_that_cannot_be_written_ends_and_the_training_goes_on() {
    let folder = folder();
    let (code, said) = run(folder.path(), &["--epochs", "3", "--out", "m", "--log", "/dev/full"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("the log /dev/full ends here").count(), 1, "{said}");
    assert!(folder.path().join("m").is_file());
}

/// A disk of 1 MB, as long as it is needed.
#[cfg(target_os = "linux")]
struct SmallDisk(TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = folder();
        let mount = ["-t", "tmpfs", "-o", "size=1m", "chainrule-test"];
        let output = Command::new("mount").args(mount).arg(folder.path()).output();
        output.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn d4_a_disk_of_1_mb_fills_up_and_the_training_goes_on_elsewhere_with_the_same_bits() {
    let Some(disk) = SmallDisk::mount() else {
        return println!("SKIPPED: needs the right to mount a tmpfs of 1 MB");
    };
    let folder = folder();
    let state = disk.0.path().join("state");
    let state = state.to_str().expect("a path in ASCII");
    let train = |arguments: &[&str]| {
        let own = ["train", "moons", "--hidden", "128,128", "--epochs", "6", "--patience", "0"];
        let output =
            chainrule().current_dir(folder.path()).args(own).args(arguments).output().expect("it starts");
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(train(&["--out", "whole"]).0, Some(0));
    // A checkpoint has some 275 kB, so that the fourth has no room.
    let checkpoints = ["--checkpoint", state, "--checkpoint-every", "1epoch", "--keep", "9", "--out", "m"];
    let (code, said) = train(&checkpoints);
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("the disk is full:") && said.contains(" bytes are needed, "), "{said}");
    assert!(!folder.path().join("m").exists());
    let names = fs::read_dir(state).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| name == "lock" || name.starts_with("step-")), "{names:?}");
    assert!(names.len() > 2, "{names:?}");
    let (code, said) = train(&["--out", "m", "--resume", state, "--checkpoint", "state"]);
    assert_eq!(code, Some(0), "{said}");
    let model = |name: &str| fs::read(folder.path().join(name)).expect("a model");
    assert!(model("m") == model("whole"), "other bits");
}

#[test]
fn t13_a_folder_of_checkpoints_may_have_any_name() {
    let folder = folder();
    let state = ["--checkpoint", "Zustand für 東京", "--log", "das log"];
    for epochs in ["2", "4"] {
        let (code, said) =
            run(folder.path(), &[&state[..], &["--epochs", epochs, "--resume", "auto"]].concat());
        assert_eq!(code, Some(0), "{said}");
    }
    assert_eq!(log(&folder.path().join("das log")).len(), 4);
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
    send("TERM", &child);
    let (code, said) = ended(child);
    assert_eq!(code, Some(143), "{said}");
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
