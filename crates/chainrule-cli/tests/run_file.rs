//! Run files from the outside: every mistake is shown at its place, and what is printed can be run.

mod common;

use common::{chainrule, text};
use std::path::Path;
use tempfile::TempDir;

/// Writes a run file and asks what it amounts to: exit code, stdout, stderr.
fn print_config(folder: &Path, run_file: &[u8], options: &[&str]) -> (i32, String, String) {
    std::fs::write(folder.join("run.toml"), run_file).expect("a temporary folder is writable");
    let output = chainrule()
        .current_dir(folder)
        .args(["train", "run.toml", "--print-config"])
        .args(options)
        .output()
        .expect("the program starts");
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn h6_every_mistake_is_shown_at_its_place() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut report = String::new();
    for mistake in [
        &b"[network]\nhiden = [1]\n"[..],
        b"[network]\nepochs = 3\n",
        b"[netwrk]\nhidden = [3]\n",
        b"hidden = [3]\n",
        b"[training]\nepochs = -3\n",
        b"[training]\nepochs = \"many\"\n",
        b"[training]\nepochs = 1.5\n",
        b"[training]\nepochs = 1\nepochs = 2\n",
        b"[training]\nseed = 99999999999999999999\n",
        b"[training]\nbatch_size = \"half\"\n",
        b"[training]\ndevice = \"cuda:1\"\n",
        b"[network]\nhidden = [64, 0]\n",
        b"[network]\nactivation = [\"relu\", \"tanhh\"]\n",
        b"[network]\nactivation = [\"relu\", { name = \"leaky-relu\", slop = 1 }]\n",
        b"[network]\nactivation = { name = \"relu\", slope = 0.1 }\n",
        b"[network]\nactivation = 5\n",
        b"[network]\ndropout = [0.5, 1.0]\n",
        b"[optimizer]\nname = \"adan\"\n",
        b"[optimizer]\nlearning_rate = nan\n",
        b"[optimizer]\nschedule = { name = \"cosine\", factor = 0.1 }\n",
        b"[optimizer]\nschedule = { factor = 0.1 }\n",
        b"[data]\npath = \"a\\u0000b\"\n",
        b"[data]\nvalidation = 1.5\n",
        b"[data]\nclass_weight = { a = -1 }\n",
        b"[data]\nheader = 1\n",
        b"[data]\ndelimiter = \"ab\"\n",
        b"[output]\ncheckpoint_every = \"1min\"\n",
        b"[data\n",
        b"[data]\npath = \"\xff\"\n",
    ] {
        let (code, stdout, stderr) = print_config(folder.path(), mistake, &[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        report += &stderr;
        report.push('\n');
    }
    insta::assert_snapshot!(report);
}

#[test]
fn the_run_file_of_the_documentation_is_complete_and_accepted() {
    let complete = br#"
        [data]
        path = "table.csv"
        target = ["price"]
        drop = []
        categorical = []
        header = true
        delimiter = ","
        missing = "impute"
        missing_values = ["", "NA"]
        sample_weight = ""
        class_weight = "none"
        map_labels = {}
        validation = 0.1
        test = 0.2
        standardize = true
        [network]
        hidden = [128, 64]
        activation = ["relu", { name = "leaky-relu", slope = 0.01 }]
        output = "auto"
        init = "auto"
        bias = true
        dropout = 0.0
        precision = "f32"
        [loss]
        name = "auto"
        label_smoothing = 0.0
        delta = 1.0
        [optimizer]
        name = "adam"
        learning_rate = 0.001
        beta1 = 0.9
        beta2 = 0.999
        epsilon = 1e-8
        momentum = 0.9
        weight_decay = 0.0
        clip_norm = 0.0
        schedule = { name = "constant", warmup = 0 }
        [training]
        batch_size = 32
        epochs = 100
        patience = 10
        tolerance = 1e-4
        target_loss = 0.0
        max_seconds = 0
        seed = 0
        threads = 0
        device = "auto"
        [output]
        out = ""
        report = ""
        log = ""
        checkpoint = ""
        checkpoint_every = "30s"
    "#;
    let folder = TempDir::new().expect("a temporary folder");
    let (code, printed, stderr) = print_config(folder.path(), complete, &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    insta::assert_snapshot!(printed);
}

#[test]
fn the_command_line_wins_over_the_run_file_and_the_run_file_over_the_defaults() {
    let folder = TempDir::new().expect("a temporary folder");
    let run_file = b"[training]\nepochs = 7\nseed = 3\n[optimizer]\nschedule = { name = \"step\", every = 5, warmup = 2 }";
    let options = ["--seed", "4", "--schedule", "cosine", "--no-standardize", "--no-header"];
    let (code, printed, stderr) = print_config(folder.path(), run_file, &options);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for line in [
        "epochs = 7",
        "seed = 4",
        "batch_size = 32",
        "schedule = { name = \"cosine\", warmup = 2 }",
        "standardize = false",
        "header = false",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no '{line}' in:\n{printed}");
    }
}

#[test]
fn what_is_printed_says_the_same_when_it_is_run() {
    let folder = TempDir::new().expect("a temporary folder");
    let every_kind = [
        "--target=-1",
        "--drop=a,b",
        "--missing-values=,none",
        "--class-weight=<=50K=1,>50K=2.5",
        "--map-label=<=50K.=<=50K",
        "--map-label=>50K.=>50K",
        "--validation=valid.csv",
        "--test=0.25",
        "--hidden=5,4,3",
        "--activation=relu,tanh,gelu-tanh",
        "--dropout=0.1,0,0.5",
        "--batch-size=full",
        "--optimizer=rmsprop",
        "--schedule=one-cycle",
        "--epsilon=1e-12",
        "--seed=9223372036854775807",
        "--out=model file.safetensors",
        "--delimiter=tab",
        "--loss=huber",
        "--target-loss=0.25",
    ];
    let (code, once, stderr) =
        print_config(folder.path(), b"[data]\npath = \"my \\\"data\\\".csv\"", &every_kind);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let (code, twice, stderr) = print_config(folder.path(), once.as_bytes(), &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(once, twice);
    assert!(once.contains("\"<=50K.\" = \"<=50K\""), "{once}");
}

#[test]
fn paths_of_a_run_file_are_seen_from_its_folder_but_embedded_sets_have_none() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("runs")).expect("a temporary folder is writable");
    for (path, seen) in
        [("table.csv", "runs/table.csv"), ("iris", "iris"), ("/elsewhere/t.csv", "/elsewhere/t.csv")]
    {
        let run_file = format!(
            "[data]\npath = \"{path}\"\ntest = \"test.csv\"\nvalidation = \"iris\"\n[output]\nreport = \"r.json\"\n"
        );
        std::fs::write(folder.path().join("runs/run.toml"), run_file)
            .expect("a temporary folder is writable");
        let output = chainrule()
            .current_dir(folder.path())
            .args(["train", "runs/run.toml", "--print-config", "--log", "l.jsonl"])
            .output()
            .expect("the program starts");
        let printed = text(&output.stdout);
        for line in [
            &format!("path = \"{seen}\""),
            "test = \"runs/test.csv\"",
            "validation = \"iris\"",
            "report = \"runs/r.json\"",
            "log = \"l.jsonl\"",
        ] {
            assert!(printed.lines().any(|printed| printed == line), "no '{line}' in:\n{printed}");
        }
    }
}

#[test]
fn a_run_file_that_is_not_there_is_an_io_error() {
    chainrule()
        .args(["train", "no such.toml"])
        .assert()
        .code(74)
        .stderr(predicates::str::contains("no such.toml"));
}
