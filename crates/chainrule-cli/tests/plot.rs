//! `plot` from the outside: pictures of real trainings, and what is refused.

mod common;
mod runs;

use common::chainrule;
use runs::{fails, json, run};
use std::fs;
use tempfile::TempDir;

/// A folder with a trained model of the moons and its log.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments =
        ["train", "moons", "--hidden", "3", "--epochs", "4", "--validation", "0.2", "--seed", "3"];
    let files = ["--quiet", "--log", "run.jsonl", "--out", "m.safetensors"];
    chainrule().current_dir(folder.path()).args(arguments).args(files).assert().success();
    folder
}

const WEIGHTS: [&str; 3] = ["--weights", "layers.0.weight[0,1]", "layers.1.bias[0]"];

fn surface<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["plot", "surface", "m.safetensors", "moons"]
        .into_iter()
        .chain(WEIGHTS)
        .chain(more.iter().copied())
        .collect()
}

#[test]
fn the_text_of_curves_has_the_numbers_of_the_log() {
    let folder = folder();
    let table = run(folder.path(), &["plot", "curves", "run.jsonl", "--format", "text"]);
    let log = fs::read_to_string(folder.path().join("run.jsonl")).expect("a log");
    for line in log.lines() {
        let epoch: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let shown = |key: &str| {
            let value = epoch[key].as_f64().expect("a number");
            let row = table.lines().find(|row| row.trim_start().starts_with(&format!("{} ", epoch["epoch"])));
            let cells: Vec<f64> =
                row.expect("a row").split_whitespace().map(|cell| cell.parse().expect("a number")).collect();
            assert!(
                cells.iter().any(|cell| (cell - value).abs() <= 1e-5 * value),
                "{key} {value}: {cells:?}"
            );
        };
        shown("train_loss");
        shown("validation_loss");
    }
    assert!(table.contains("validation accuracy"), "{table}");
}

#[test]
fn what_was_logged_is_drawn_and_what_was_not_is_refused_with_what_to_do() {
    let folder = folder();
    let train =
        ["train", "iris", "--hidden", "4", "--epochs", "3", "--quiet", "--log", "norms.jsonl", "--log-norms"];
    chainrule()
        .current_dir(folder.path())
        .args(train)
        .args(["--log-weights", "layers.1.bias[0]"])
        .assert()
        .success();
    let all = run(folder.path(), &["plot", "curves", "norms.jsonl", "--format", "text"]);
    for words in
        ["Gradient of each layer", "Step of each layer", "layers.1", "Chosen weights", "training loss"]
    {
        assert!(all.contains(words), "no '{words}' in\n{all}");
    }
    let log = fs::read_to_string(folder.path().join("norms.jsonl")).expect("a log");
    let last = json(log.lines().last().expect("an epoch"));
    let norms = run(folder.path(), &["plot", "curves", "norms.jsonl", "--format", "text", "--show", "norms"]);
    assert!(!norms.contains("loss"), "{norms}");
    let row = norms.lines().find(|line| line.trim_start().starts_with("3 ")).expect("the last epoch");
    for (layer, cell) in row.split_whitespace().skip(1).enumerate() {
        let (shown, logged) =
            (cell.parse::<f64>().expect("a number"), last["gradient_norms"][layer].as_f64());
        assert!((shown / logged.expect("a norm") - 1.0).abs() < 1e-4, "{row} {last}");
    }
    let stderr = fails(folder.path(), 65, &["plot", "curves", "run.jsonl", "--show", "norms,weights"]);
    assert!(stderr.contains("--log-norms"), "{stderr}");
}

#[test]
fn pictures_are_written_by_the_ending_of_their_name() {
    let folder = folder();
    for (name, begins) in
        [("a.svg", &b"<svg "[..]), ("a.png", b"\x89PNG"), ("a.txt", b"Learning curves of run")]
    {
        run(folder.path(), &["plot", "curves", "run.jsonl", "-o", name, "--theme", "dark", "--width", "400"]);
        assert!(fs::read(folder.path().join(name)).expect("a file").starts_with(begins), "{name}");
    }
    let drawn = run(folder.path(), &["plot", "curves", "run.jsonl"]);
    assert!(drawn.contains("── validation loss") && !drawn.contains('\x1b'), "{drawn}");
}

/// The number behind some words of a text.
fn behind(text: &str, words: &str) -> f64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no '{words}' in\n{text}"));
    let number = rest.split_whitespace().next().expect("a word").trim_end_matches(['.', ',', ':']);
    number.parse().unwrap_or_else(|_| panic!("'{number}' is no number"))
}

#[test]
fn the_surface_at_the_models_weights_has_the_loss_that_evaluate_finds() {
    let folder = folder();
    let report = run(folder.path(), &["evaluate", "m.safetensors", "moons", "--json"]);
    let report = json(&report);
    let loss = report["loss"].as_f64().expect("a loss");
    let rows = report["rows"].as_u64().map_or_else(|| "100000".to_owned(), |rows| rows.to_string());
    let found =
        run(folder.path(), &surface(&["--start", "model", "--steps", "0", "--points", "3", "--rows", &rows]));
    // Four digits are printed, and the model is f32.
    assert!((behind(&found, "own weights it is ") / loss - 1.0).abs() < 1e-3, "{loss}: {found}");
    assert!(found.contains("loss (across: layers.0.weight[0,1]; down: layers.1.bias[0])"), "{found}");
}

#[test]
fn a_path_says_how_far_it_is_from_the_surface() {
    let folder = folder();
    let free = run(folder.path(), &surface(&["--steps", "20", "--points", "5"]));
    assert!(
        free.contains("20 steps of sgd, learning rate 0.1") && free.contains("All weights move"),
        "{free}"
    );
    assert!(behind(&free, "differ by up to ") > 1e-4, "{free}");
    let frozen = run(folder.path(), &surface(&["--steps", "20", "--points", "5", "--freeze-others"]));
    assert!(frozen.contains("the path lies on the surface"), "{frozen}");
    let same = run(folder.path(), &surface(&["--steps", "20", "--points", "5", "--seed", "3"]));
    assert_eq!(free, same, "the seed of the model is that of its training");
}

#[test]
fn a_descent_that_diverges_is_a_picture_and_says_so() {
    let folder = folder();
    let found = run(folder.path(), &surface(&["--learning-rate", "1e300", "--points", "4", "-o", "d.svg"]));
    assert_eq!(found, "");
    let svg = fs::read_to_string(folder.path().join("d.svg")).expect("a picture");
    assert!(svg.contains("There the descent ends"), "{svg}");
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_to_do() {
    let folder = folder();
    let path = folder.path();
    let refused = |code, arguments: &[&str], words: &str| {
        let stderr = fails(path, code, arguments);
        assert!(stderr.contains(words), "{stderr}");
    };
    refused(2, &["plot", "curves", "run.jsonl", "-o", "picture"], "--format");
    refused(2, &["plot", "curves", "run.jsonl", "-o", "run.jsonl", "--format", "svg"], "same file");
    refused(2, &["plot", "curves", "run.jsonl", "-o", "m.safetensors", "--format", "svg"], "chainrule model");
    refused(65, &["plot", "curves", "m.safetensors"], "train DATA --log");
    refused(74, &["plot", "curves", "none.jsonl"], "none.jsonl");
    fs::write(path.join("empty.jsonl"), "").expect("a file");
    refused(65, &["plot", "curves", "empty.jsonl"], "there is no epoch");
    refused(2, &surface(&["--format", "terminal"]), "--format text");
    refused(2, &surface(&["--optimizer", "lbfgs"]), "lbfgs");
    refused(
        2,
        &[
            "plot",
            "surface",
            "m.safetensors",
            "moons",
            "--weights",
            "layers.0.weight[0,9]",
            "layers.1.bias[0]",
        ],
        "3×2",
    );
    refused(
        2,
        &["plot", "surface", "m.safetensors", "moons", "--weights", "layers.1.bias[0]", "layers.1.bias[0]"],
        "different",
    );
}
