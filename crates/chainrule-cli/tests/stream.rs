//! Trainings on rows that are read from the disk.
#![cfg(unix)]

mod common;

use common::{chainrule, text};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// A table that takes some effort to learn.
fn write_table(path: &Path, n_rows: usize) {
    let mut table = String::from("a,b,colour,y\n");
    for i in 0..n_rows {
        let (a, b) = ((i as f64 * 0.7).sin(), (i as f64 * 1.3).cos());
        let colour = ["red", "green", "blue"][i % 3];
        let _ = writeln!(table, "{a:.5},{b:.5},{colour},{}", i32::from(a * b > 0.1));
    }
    fs::write(path, table).expect("room for a table");
}

const TRAIN: &[&str] = &["train", "t.csv", "--stream", "--hidden", "8", "--patience", "0", "--threads", "2"];

/// Fewer rows than the tables have.
const SMALL_BUFFER: [&str; 2] = ["--stream-buffer", "500"];

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = chainrule()
        .current_dir(folder)
        .args(TRAIN)
        .args(SMALL_BUFFER)
        .args(arguments)
        .output()
        .expect("it starts");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn d1_a_stream_killed_at_random_moments_ends_with_the_same_bits() {
    let folder = folder();
    write_table(&folder.path().join("t.csv"), 4000);
    let epochs = ["--epochs", "60", "--quiet", "--dropout", "0.1"];
    let whole = [&epochs[..], &["--out", "whole.safetensors"]].concat();
    assert_eq!(run(folder.path(), &whole).0, Some(0));
    let cut = [
        "--out",
        "cut.safetensors",
        "--checkpoint",
        "state",
        "--checkpoint-every",
        "37steps",
        "--resume",
        "auto",
    ];
    let cut = [&epochs[..], &cut].concat();
    for kill in 0..8 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
        command.current_dir(folder.path()).args(TRAIN).args(SMALL_BUFFER).args(&cut).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(30 + 17 * kill));
        // It may have ended by itself; what it left is compared all the same.
        child.kill().expect("own child");
        child.wait().expect("own child");
    }
    let (code, said) = run(folder.path(), &cut);
    assert_eq!(code, Some(0), "{said}");
    let model = |name: &str| fs::read(folder.path().join(name)).expect("a model");
    assert!(model("whole.safetensors") == model("cut.safetensors"), "the models differ");
    let left =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert!(
        left.into_iter().all(|name| !name.to_string_lossy().starts_with(".chainrule")),
        "nothing is left"
    );
}

/// The largest memory of a training, in KiB, as the system counts it.
#[cfg(target_os = "linux")]
fn peak_of(folder: &Path, arguments: &[&str]) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
    command.current_dir(folder).args(TRAIN).args(arguments).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("own child").is_none() {
        let found = fs::read_to_string(&status).unwrap_or_default();
        let line = found.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().expect("own child").success());
    peak
}

#[test]
#[cfg(target_os = "linux")]
fn ten_times_the_rows_take_the_same_memory() {
    let folder = folder();
    let peak = |n_rows: usize| {
        write_table(&folder.path().join("t.csv"), n_rows);
        peak_of(
            folder.path(),
            &["--epochs", "2", "--batch-size", "256", "--stream-buffer", "4096", "--quiet"],
        )
    };
    let (small, large) = (peak(150_000), peak(1_500_000));
    // The rows themselves take 30 MB more as records, and 40 MB as columns.
    assert!(small > 1000 && large < small + 8192, "{small} KiB for 150 000 rows, {large} KiB for 1 500 000");
}

#[test]
fn what_cannot_be_streamed_is_refused_with_what_to_do_instead() {
    let folder = folder();
    write_table(&folder.path().join("t.csv"), 1000);
    let (code, said) = run(folder.path(), &["--batch-size", "full"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("does not fit the buffer of a stream, which has 500"), "{said}");
    let (code, said) = run(folder.path(), &["--stream-folder", "nowhere"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no folder nowhere"), "{said}");
    let digits =
        chainrule().current_dir(folder.path()).args(["train", "--stream"]).output().expect("it starts");
    assert_eq!(digits.status.code(), Some(2));
    assert!(text(&digits.stderr).contains("'digits' is a set that comes with the program"));
    let pipe = chainrule()
        .args(["train", "/dev/stdin", "--stream"])
        .write_stdin("a,b\n1,2\n")
        .output()
        .expect("it starts");
    assert_eq!(pipe.status.code(), Some(65));
    assert!(text(&pipe.stderr).contains("only a regular file can be streamed"), "{}", text(&pipe.stderr));
}

#[test]
fn a_run_file_streams_too_with_files_for_validation_and_test() {
    let folder = folder();
    for (name, n_rows) in [("t.csv", 3000), ("v.csv", 1500), ("x.csv", 700)] {
        write_table(&folder.path().join(name), n_rows);
    }
    let run_file = "[data]\npath = \"t.csv\"\nvalidation = \"v.csv\"\ntest = \"x.csv\"\nstream = true\nstream_buffer = 800\n\
                    stream_folder = \".\"\n[training]\nepochs = 4\n[output]\nreport = \"r.json\"\n";
    fs::write(folder.path().join("run.toml"), run_file).expect("room");
    let output = chainrule().current_dir(folder.path()).args(["train", "run.toml", "--quiet"]).output();
    let output = output.expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = fs::read_to_string(folder.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["rows"], serde_json::json!({"train": 3000, "validation": 1500, "test": 700}));
    assert!(report["test"]["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.6), "{report}");
}
