//! Pictures of what a network does, from the outside: their numbers, and what is refused.

mod common;
mod runs;

use common::chainrule;
use runs::{fails, json, run};
use std::fmt::Write;
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

#[test]
fn a_region_has_the_class_and_the_probability_that_predict_gives() {
    let folder = folder("moons --hidden 4 --epochs 20 --learning-rate 0.01 --seed 1 --out m.safetensors");
    let text =
        run(folder.path(), &["plot", "regions", "m.safetensors", "moons", "--points", "11", "--rows", "50"]);
    let lines = text.lines().skip_while(|line| !line.starts_with("class and its share"));
    let table: Vec<Vec<&str>> =
        lines.skip(1).take(12).map(|line| line.split_whitespace().collect()).collect();
    let mut csv = "x,y\n".to_owned();
    for row in &table[1..] {
        for x in &table[0] {
            writeln!(csv, "{},{}", number(x), number(row[0])).expect("memory");
        }
    }
    fs::write(folder.path().join("plane.csv"), csv).expect("a file");
    let predicted = run(folder.path(), &["predict", "m.safetensors", "plane.csv", "--proba"]);
    let mut predicted = predicted.lines().skip(1);
    let mut compared = 0;
    for row in &table[1..] {
        // Behind the place: class and share by turns.
        for cell in row[1..].chunks(2) {
            let line: Vec<&str> = predicted.next().expect("a prediction").split(',').collect();
            let share = number(line[1 + cell[0].parse::<usize>().expect("a class")]);
            // The places are printed with four digits, so near the border either class may be named.
            assert!((share - number(cell[1])).abs() < 0.01, "{line:?} and {cell:?}");
            assert!(line[0] == cell[0] || share > 0.49, "{line:?} and {cell:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 121);
}

/// A number as it is printed.
fn number(text: &str) -> f64 {
    text.replace('−', "-").parse().unwrap_or_else(|_| panic!("'{text}' is no number"))
}

#[test]
fn regions_lie_over_two_numeric_features_and_say_what_the_others_are() {
    let folder = folder("iris --hidden 3 --epochs 3 --out iris.safetensors");
    let plot = ["plot", "regions", "iris.safetensors", "iris"];
    let refused = |more: &[&str], words: &str| {
        let stderr = fails(folder.path(), 2, &[&plot[..], more].concat());
        assert!(stderr.contains(words), "{stderr}");
    };
    refused(&[], "this model has 4");
    refused(&["--features", "petal length (cm),nothing"], "no numeric feature 'nothing'");
    refused(&["--features", "petal length (cm)"], "expected two different features");
    refused(&["--features", "petal length (cm),petal length (cm)"], "expected two different features");
    refused(&["--seed", "3", "--features", "petal length (cm),petal width (cm)"], "--over-training");
    let held =
        run(folder.path(), &[&plot[..], &["--features", "petal length (cm),sepal width (cm)"]].concat());
    // The medians of the training rows, as inspect has them.
    let known = run(folder.path(), &["inspect", "iris.safetensors"]);
    let line = known.lines().find(|line| line.contains("sepal length (cm)")).expect("a feature");
    let median: f64 = number(line.split_whitespace().nth(5).expect("a median"));
    assert!(held.contains(&format!("sepal length (cm) {median}, petal width (cm) ")), "{held}");
}

#[test]
fn regressions_have_heights_and_a_single_row_is_a_picture() {
    let folder = TempDir::new().expect("a temporary folder");
    let table = "a,b,kind,y\n1,2,u,3\n2,2,u,4\n3,1,v,5\n4,2,u,6\n5,1,u,6\n6,2,v,8\n";
    fs::write(folder.path().join("t.csv"), table).expect("a file");
    train(folder.path(), "t.csv --task regression --hidden 2 --epochs 2 --validation 0 --out t.safetensors");
    let plot = ["plot", "regions", "t.safetensors", "t.csv", "--features", "b,a", "--points", "3"];
    let heights = run(folder.path(), &[&plot[..], &["--over-training", "0,2"]].concat());
    assert!(heights.contains("predicted y (across: b; down: a)") && heights.contains("kind u"), "{heights}");
    assert!(heights.contains("new weights") && heights.contains("after 2 epochs"), "{heights}");
    run(folder.path(), &[&plot[..], &["--rows", "1", "-o", "one.svg"]].concat());
    fs::write(folder.path().join("one.csv"), "a,kind,y\n1,u,3\n2,v,4\n3,u,5\n4,v,9\n").expect("a file");
    train(
        folder.path(),
        "one.csv --task regression --hidden 2 --epochs 1 --validation 0 --out one.safetensors",
    );
    let stderr = fails(folder.path(), 2, &["plot", "regions", "one.safetensors", "one.csv"]);
    assert!(stderr.contains("two numeric features, and this model has 1"), "{stderr}");
}

#[test]
fn a_network_shows_the_numbers_of_the_explanation() {
    let folder =
        folder("moons --hidden 3 --activation tanh --epochs 3 --seed 4 --precision f64 --out m.safetensors");
    let explained = ["explain", "m.safetensors", "moons", "--row", "7", "--format", "json"];
    let explained = json(&run(folder.path(), &explained));
    let plot = |more: &[&str]| {
        run(folder.path(), &[&["plot", "network", "m.safetensors", "moons", "--row", "7"][..], more].concat())
    };
    // The rows of the hidden neurons in a table.
    let rows = |table: &str| -> Vec<f64> {
        let cells = ["0.0", "0.1", "0.2"].into_iter().flat_map(|name| row_after(table, name));
        cells.map(number).collect()
    };
    let near = |found: &[f64], expected: &serde_json::Value| {
        let expected: Vec<f64> = flat(expected);
        assert_eq!(found.len(), expected.len(), "{found:?} and {expected:?}");
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() <= 1e-5 * b.abs().max(1e-3), "{found:?} and {expected:?}");
        }
    };
    near(&rows(&plot(&[])), &explained["forward"][0]["a"]);
    let back = plot(&["--show", "gradients"]);
    near(&rows(&back), &explained["backward"][0]["delta"]);
    let table = back.split_once("∂L/∂w (across").expect("a table").1;
    near(&rows(table), &explained["backward"][0]["weights"]);
    let loss = explained["loss"].clone();
    let loss = loss.as_f64().or_else(|| loss["value"].as_f64());
    assert!(
        loss.is_none_or(|loss| (behind(&back, "cross-entropy, is ") / loss - 1.0).abs() < 1e-3),
        "{back}"
    );
    let weights = run(folder.path(), &["plot", "network", "m.safetensors"]);
    assert!(
        weights.contains("weight (across: from; down: to)") && !weights.contains("activation"),
        "{weights}"
    );
}

/// All numbers in an array of arrays.
fn flat(value: &serde_json::Value) -> Vec<f64> {
    match value.as_array() {
        Some(values) => values.iter().flat_map(flat).collect(),
        None => vec![value.as_f64().expect("a number")],
    }
}

#[test]
fn networks_and_images_that_cannot_be_drawn_are_refused_with_what_to_do() {
    let folder = folder("digits --hidden 5 --epochs 1 --out d.safetensors");
    train(folder.path(), "iris --hidden 2 --epochs 1 --out iris.safetensors");
    let images = run(folder.path(), &["plot", "weights", "d.safetensors"]);
    assert!(images.starts_with("What 5 neurons look for: their weights as 8 × 8 images"), "{images}");
    run(folder.path(), &["plot", "weights", "d.safetensors", "--image-shape", "4x16", "-o", "w.svg"]);
    let refused = |code: i32, arguments: &[&str], words: &str| {
        let stderr = fails(folder.path(), code, &[&["plot"], arguments].concat());
        assert!(stderr.contains(words), "{stderr}");
    };
    refused(2, &["weights", "d.safetensors", "--image-shape", "8x9"], "the network has inputs, 64");
    refused(2, &["weights", "d.safetensors", "--image-shape", "8"], "28x28");
    refused(2, &["network", "iris.safetensors", "--show", "gradients"], "--row 1");
    refused(2, &["network", "iris.safetensors", "iris"], "--row");
    refused(65, &["network", "iris.safetensors", "iris", "--row", "151"], "from 1 to 150");
    // 4 inputs are a square of 2.
    run(folder.path(), &["plot", "weights", "iris.safetensors"]);
    train(folder.path(), "diabetes --hidden 2 --epochs 1 --out r.safetensors");
    refused(2, &["weights", "r.safetensors"], "--image-shape HEIGHTxWIDTH");
}

#[test]
fn data_without_rows_or_with_one_are_a_message_or_a_picture() {
    let folder = TempDir::new().expect("a temporary folder");
    let table = "a,b,y\n1,2,u\n2,2,v\n3,1,v\n4,2,u\n5,1,u\n6,2,v\n";
    fs::write(folder.path().join("t.csv"), table).expect("a file");
    train(folder.path(), "t.csv --hidden 2 --epochs 2 --validation 0 --out t.safetensors");
    fs::write(folder.path().join("none.csv"), "a,b,y\n").expect("a file");
    fs::write(folder.path().join("one.csv"), "a,b,y\n1,1,u\n").expect("a file");
    for kind in ["confusion", "gradients", "regions"] {
        let stderr = fails(folder.path(), 65, &["plot", kind, "t.safetensors", "none.csv"]);
        assert!(stderr.contains("row"), "{kind}: {stderr}");
        run(folder.path(), &["plot", kind, "t.safetensors", "one.csv", "-o", "one.svg"]);
        let svg = fs::read_to_string(folder.path().join("one.svg")).expect("a picture");
        assert!(!svg.contains("NaN"), "{kind}");
    }
}
