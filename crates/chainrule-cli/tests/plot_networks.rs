//! Pictures of what a network does, from the outside: their numbers, and what is refused.

mod common;
mod runs;

use common::chainrule;
use runs::{fails, json, run};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn train(folder: &Path, arguments: &str) {
    let arguments = arguments.split(' ').chain(["--quiet"]);
    chainrule().current_dir(folder).arg("train").args(arguments).assert().success();
}

fn folder(arguments: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    train(folder.path(), arguments);
    folder
}

/// The numbers in a line of a table, behind its name.
fn row<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    // The head of the table may begin with the same name.
    let line = table.lines().rfind(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_else(|| panic!("no row '{name}' in\n{table}")).split_whitespace().skip(1).collect()
}

/// The number behind some words of a text.
fn behind(text: &str, words: &str) -> f64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no '{words}' in\n{text}"));
    let number = rest.split_whitespace().next().expect("a word").trim_end_matches(['.', ',', ':', ';']);
    number.replace('−', "-").parse().unwrap_or_else(|_| panic!("'{number}' is no number"))
}

#[test]
fn the_confusion_matrix_is_that_of_evaluate() {
    let folder = folder("iris --hidden 3 --epochs 30 --seed 2 --out m.safetensors");
    let report = json(&run(folder.path(), &["evaluate", "m.safetensors", "iris", "--json"]));
    let table = run(folder.path(), &["plot", "confusion", "m.safetensors", "iris"]);
    let (counts, shares) = table.split_once("share of the true class").expect("two tables");
    let classes = report["classes"].as_array().expect("classes");
    assert_eq!(classes.len(), 3);
    for (class, expected) in classes.iter().zip(report["confusion"].as_array().expect("a matrix")) {
        let name = class["label"].as_str().expect("a label");
        let support = class["support"].as_f64().expect("a number");
        let found = row(counts, name).into_iter().zip(row(shares, name));
        for ((count, share), expected) in found.zip(expected.as_array().expect("a row")) {
            let expected = expected.as_f64().expect("a number");
            assert_eq!(count.parse::<f64>().expect("a number"), expected, "{name}");
            let share: f64 = share.parse().expect("a number");
            assert!((share - expected / support).abs() < 1e-4, "{name}: {share}");
        }
    }
    let accuracy = report["accuracy"].as_f64().expect("a number");
    assert!((behind(&table, "which is right: ") - 100.0 * accuracy).abs() < 0.01, "{table}");
}

#[test]
fn the_residuals_are_those_that_evaluate_measures() {
    let folder = folder("diabetes --hidden 4 --epochs 5 --out m.safetensors");
    let report = json(&run(folder.path(), &["evaluate", "m.safetensors", "diabetes", "--json"]));
    let table = run(folder.path(), &["plot", "residuals", "m.safetensors", "diabetes", "--format", "text"]);
    let rmse = report["rmse"].as_f64().expect("a number");
    assert!((behind(&table, "root mean square of ") / rmse - 1.0).abs() < 1e-3, "{rmse}: {table}");
    let predictions = run(folder.path(), &["predict", "m.safetensors", "diabetes"]);
    let first: f64 = predictions.lines().nth(1).expect("a row").parse().expect("a number");
    let line = table.lines().skip_while(|line| !line.contains("a row")).nth(1).expect("a row");
    let cells: Vec<f64> = line.split_whitespace().map(|cell| cell.parse().expect("a number")).collect();
    assert!((cells[1] / first - 1.0).abs() < 1e-4, "{first}: {cells:?}");
    // Characters draw the points, and the picture has one for every row.
    let drawn = run(folder.path(), &["plot", "residuals", "m.safetensors", "diabetes"]);
    assert!(drawn.contains("── where predictions are right"), "{drawn}");
    run(folder.path(), &["plot", "residuals", "m.safetensors", "diabetes", "-o", "r.svg"]);
    let svg = fs::read_to_string(folder.path().join("r.svg")).expect("a picture");
    // Two panels with 442 rows each, and a sample in the legend.
    assert_eq!(svg.matches("<circle").count(), 2 * 442 + 1);
}

#[test]
fn a_picture_of_the_wrong_task_says_which_one_fits() {
    let folder = folder("diabetes --hidden 2 --epochs 1 --out numbers.safetensors");
    train(folder.path(), "iris --hidden 2 --epochs 1 --out classes.safetensors");
    let labels = "x,a,b\n1,1,0\n2,0,1\n3,1,1\n4,0,0\n5,1,0\n6,0,1\n7,1,1\n8,0,0\n9,1,0\n10,0,1\n";
    fs::write(folder.path().join("labels.csv"), labels).expect("a file");
    train(folder.path(), "labels.csv --target a,b --hidden 2 --epochs 1 --out labels.safetensors");
    let refused = |arguments: &[&str], words: &str| {
        let stderr = fails(folder.path(), 2, arguments);
        assert!(stderr.contains(words), "{stderr}");
    };
    refused(&["plot", "confusion", "numbers.safetensors", "diabetes"], "plot residuals");
    refused(&["plot", "residuals", "classes.safetensors", "iris"], "plot confusion");
    refused(&["plot", "confusion", "labels.safetensors", "labels.csv"], "chainrule evaluate");
    refused(&["plot", "residuals", "labels.safetensors", "labels.csv"], "no numbers");
    refused(&["plot", "confusion", "classes.safetensors", "iris", "--format", "terminal"], "--format text");
}

#[test]
fn the_sizes_of_the_error_are_those_of_the_explanation() {
    let folder = folder(
        "moons --hidden 3,2 --activation tanh --epochs 3 --seed 4 --precision f64 --out m.safetensors",
    );
    let whole = ["--rows", "1", "--format", "text"];
    let text = run(folder.path(), &[&["plot", "gradients", "m.safetensors", "moons"][..], &whole].concat());
    let explained = run(folder.path(), &["explain", "m.safetensors", "moons", "--row", "1", "--digits", "8"]);
    let explained = explained.split_once("Where the error goes").expect("a section").1;
    let table = |title: &str| text.split_once(title).unwrap_or_else(|| panic!("no '{title}' in\n{text}")).1;
    let found = |title: &str, layer: usize| -> f64 {
        let cells = row_after(table(title), &layer.to_string());
        cells.last().expect("the model is last").replace('−', "-").parse().expect("a number")
    };
    // Of each layer: its units and its inputs.
    for (n, (units, inputs)) in [(3.0_f64, 2.0), (2.0, 3.0), (2.0, 2.0)].into_iter().enumerate() {
        let expected = row_after(explained, &(n + 1).to_string());
        let close = |found: f64, column: usize| {
            let expected: f64 = expected[column].parse().expect("a number");
            assert!((found / expected - 1.0).abs() < 2e-5, "layer {n}: {found} and {expected}");
        };
        close(found("The error of each layer", n) * units.sqrt(), 3);
        close(found("What its weights learn from", n) * (units * inputs).sqrt(), 4);
        if n < 2 {
            close(found("What the weights above", n), 0);
            close(found("What the slope", n), 2);
        }
    }
}

/// The first row of this name.
fn row_after<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_else(|| panic!("no row '{name}'")).split_whitespace().skip(1).collect()
}

#[test]
fn new_networks_stand_beside_the_model_and_a_new_training_over_its_epochs() {
    let folder = folder("moons --hidden 4,4,4 --epochs 3 --seed 4 --out m.safetensors");
    let plot = |more: &[&str]| {
        run(
            folder.path(),
            &[&["plot", "gradients", "m.safetensors", "moons", "--format", "text"], more].concat(),
        )
    };
    let text = plot(&["--activations", "sigmoid,tanh", "--inits", "auto,zeros"]);
    for name in ["sigmoid", "sigmoid, zeros", "tanh", "tanh, zeros", "the model"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(text.contains("What is exactly 0") && text.contains("new weights (seed 4)"), "{text}");
    // The slope of a sigmoid is a quarter at most.
    let factors = text.split_once("What the slope").expect("a table").1;
    let factor: f64 = row_after(factors, "0")[0].parse().expect("a number");
    assert!(factor > 0.0 && factor <= 0.25, "{factor}");
    let over = plot(&["--over-training", "0,1,5"]);
    assert!(
        over.contains("after 5 epochs") && over.contains("Trained anew, from new weights (seed 4)"),
        "{over}"
    );
    // Before the first epoch it is the new network of the model's own activation.
    let new = plot(&["--activations", "relu"]);
    let first = |text: &str| row_after(text, "0")[0].to_owned();
    assert_eq!(first(&over), first(&new));
    let refused = |arguments: &[&str], words: &str| {
        let arguments = [&["plot", "gradients", "m.safetensors", "moons"], arguments].concat();
        let stderr = fails(folder.path(), 2, &arguments);
        assert!(stderr.contains(words), "{stderr}");
    };
    refused(&["--over-training", "5,1"], "do not grow");
    refused(&["--over-training", "1", "--activations", "relu"], "cannot be used with");
    refused(&["--inits", "zeros,auto,normal,uniform"], "kinds of lines for 3");
}
