//! `explain`, `check` and `gradcheck` from the outside: a step of a model or by hand, and what programs read of it.

mod common;
mod runs;

use common::{chainrule, text};
use predicates::prelude::*;
use runs::{json, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with a small model of the embedded irises: `iris.safetensors`.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["train", "iris", "--hidden", "4", "--activation", "tanh", "--epochs", "3", "--quiet"];
    chainrule().current_dir(folder.path()).args(arguments).assert().success();
    folder
}

/// Runs a command that must fail with the code and without a result; its error is all it says.
fn fails(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let stderr = runs::fails(folder, code, arguments);
    assert!(stderr.starts_with("error: "), "{stderr}");
    stderr
}

fn shape(matrix: &Value) -> (usize, usize) {
    let rows = matrix.as_array().expect("rows");
    (rows.len(), rows[0].as_array().expect("columns").len())
}

#[test]
fn json_has_every_field_of_the_interface_in_the_shapes_of_the_network() {
    let folder = folder();
    let arguments = ["explain", "iris.safetensors", "iris", "--row", "17,51", "--format", "json"];
    let step = json(&run(folder.path(), &arguments));
    for (l, (outputs, inputs)) in [(4, 4), (3, 4)].into_iter().enumerate() {
        assert_eq!(
            (shape(&step["forward"][l]["z"]), shape(&step["forward"][l]["a"])),
            ((2, outputs), (2, outputs))
        );
        assert_eq!(shape(&step["backward"][l]["delta"]), (2, outputs));
        for part in [&step["backward"][l], &step["update"][l], &step["per_example"][1][l]] {
            assert_eq!(shape(&part["weights"]), (outputs, inputs));
            assert_eq!(part["bias"].as_array().map(Vec::len), Some(outputs));
        }
        assert_eq!(shape(&step["per_example"][0][l]["delta"]), (1, outputs));
    }
    assert_eq!(shape(&step["after"]["prediction"]), (2, 3));
    let number = |value: &Value| value.as_f64().expect("a number");
    let change = number(&step["after"]["loss"]) - number(&step["loss"]);
    assert!(change < 0.0 && number(&step["after"]["predicted_change"]) < 0.0, "{change}");
    for check in ["finite_difference", "forms_agree", "engine"] {
        assert_eq!(step["verification"][check], true, "{check}");
    }
    let engine = number(&step["verification"]["errors"]["engine_f32"]["largest_error"]);
    assert!(engine > 0.0 && engine < 1e-4, "{engine}");
    assert!(step["lines"].is_array());
    // The first irises are setosa and those from 51 on versicolor.
    assert_eq!(step["y"], serde_json::json!([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]));
}

#[test]
fn a_row_is_counted_as_the_lines_of_predictions_are() {
    let folder = folder();
    let predictions = run(folder.path(), &["predict", "iris.safetensors", "iris", "--proba"]);
    for row in [1, 150] {
        let cells = predictions.lines().nth(row).expect("a line behind the header").split(',').skip(1);
        let predicted: Vec<f64> = cells.map(|cell| cell.parse().expect("a number")).collect();
        let number = row.to_string();
        let step = run(
            folder.path(),
            &["explain", "iris.safetensors", "iris", "--row", &number, "--format", "json"],
        );
        let explained = &json(&step)["forward"][1]["a"][0];
        for (k, probability) in predicted.into_iter().enumerate() {
            let error = (explained[k].as_f64().expect("a number") - probability).abs();
            assert!(error < 1e-5, "row {row}: {explained}, not {probability}");
        }
    }
}

#[test]
fn what_is_explained_must_be_given_once_and_completely() {
    let folder = folder();
    let model = "iris.safetensors";
    assert!(fails(folder.path(), 2, &["explain"]).contains("EXAMPLE.toml"));
    assert!(fails(folder.path(), 2, &["explain", model, "iris"]).contains("--row"));
    assert!(fails(folder.path(), 2, &["explain", model]).contains("a step needs data"));
    assert!(fails(folder.path(), 2, &["explain", "iris", model, "--row", "1"]).contains("MODEL comes first"));
    assert!(fails(folder.path(), 2, &["explain", model, "iris", "--row", "0"]).contains("'0'"));
    assert!(fails(folder.path(), 2, &["gradcheck", model]).contains("a step needs data"));
    for wrong in
        [["--digits", "0"], ["--digits", "18"], ["--weight", "1"], ["--weight", "0,1"], ["--form", "x"]]
    {
        let arguments = ["explain", model, "iris", "--row", "1", wrong[0], wrong[1]];
        assert!(fails(folder.path(), 2, &arguments).contains(wrong[0]), "{wrong:?}");
    }
    let error = fails(folder.path(), 65, &["explain", model, "iris", "--row", "151"]);
    assert!(error.contains("no data row 151") && error.contains("1 to 150"), "{error}");
    fs::write(folder.path().join("short.csv"), "a,b\n1,2\n").expect("a temporary folder is writable");
    fails(folder.path(), 65, &["explain", model, "short.csv", "--row", "1"]);
    fails(folder.path(), 74, &["explain", "missing.toml"]);
    fails(folder.path(), 65, &["explain", "short.csv", "iris", "--row", "1"]);
}

#[test]
fn the_derivation_goes_into_a_file_that_is_neither_input_nor_model() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let explain = ["explain", "iris.safetensors", "iris", "--row", "3", "--format", "json", "-o"];
    let into = |file| [&explain[..], &[file]].concat();
    assert_eq!(run(folder.path(), &into("step.json")), "");
    let printed = run(folder.path(), &explain[..explain.len() - 1]);
    assert_eq!(fs::read_to_string(at("step.json")).expect("it was written"), printed);

    let model = fs::read(at("iris.safetensors")).expect("the model");
    assert!(fails(folder.path(), 2, &into("iris.safetensors")).contains("name the same file"));
    fs::copy(at("iris.safetensors"), at("other.safetensors")).expect("a copy");
    assert!(fails(folder.path(), 2, &into("other.safetensors")).contains("is a chainrule model"));
    for name in ["iris.safetensors", "other.safetensors"] {
        assert_eq!(fs::read(at(name)).expect("the model"), model);
    }
    fails(folder.path(), 74, &into("no/such/folder.json"));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn gradcheck_of_a_model_compares_every_parameter() {
    let folder = folder();
    let printed = run(folder.path(), &["gradcheck", "iris.safetensors", "iris", "--rows", "150"]);
    assert!(printed.starts_with("4-4-3, tanh softmax, loss cross-entropy, 150 rows"), "{printed}");
    for tensor in ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"] {
        let line = printed.lines().find(|line| line.trim_start().starts_with(&format!("{tensor} ")));
        assert!(line.is_some_and(|line| line.ends_with(" 0    right")), "{printed}");
    }
    assert!(printed.contains("35 parameters agree"), "{printed}");
    let few = run(folder.path(), &["gradcheck", "iris.safetensors", "iris"]);
    assert!(few.contains(", 32 rows"), "{few}");
}

/// The example A of the worked examples, with what a learner may have written down.
fn write_worked(folder: &Path, claims: &str) {
    let step = r#"
loss = "mse"
learning_rate = 0.1
x = [[0, 1, 2]]
y = [[1]]
[[layers]]
activation = "sigmoid"
weights = [["2/5", "0,5", 0.3], [0.2, 0.7, 0.1]]
[[layers]]
activation = "sigmoid"
weights = [[0.1, 0.2]]
"#;
    fs::write(folder.join("step.toml"), format!("{step}{claims}")).expect("a temporary folder is writable");
}

#[test]
fn a_step_by_hand_has_the_values_of_the_worked_example() {
    let folder = TempDir::new().expect("a temporary folder");
    write_worked(folder.path(), "");
    let typed = json(&run(folder.path(), &["explain", "step.toml", "--format", "json"]));
    let stored = json(&run(folder.path(), &["explain", "--example", "a", "--format", "json"]));
    for step in [&typed, &stored] {
        for (found, right) in [
            (&step["loss"], 0.198_834_423),
            (&step["forward"][0]["a"][0][1], 0.710_949_503),
            (&step["backward"][1]["delta"][0][0], -0.220_344_913),
            (&step["backward"][0]["weights"][1][2], -0.018_112_379),
            (&step["update"][0]["weights"][1][2], 0.101_811_238),
            (&step["after"]["loss"], 0.193_634_758),
        ] {
            let found = found.as_f64().expect("a number");
            assert!((found - right).abs() < 1e-9, "{found}, not {right}");
        }
        assert_eq!(step["backward"][0]["bias"], Value::Null);
    }
    let printed = run(folder.path(), &["gradcheck", "step.toml"]);
    assert!(printed.contains("the gradients of 8 parameters agree"), "{printed}");
}

#[test]
fn every_example_is_explained_in_every_format() {
    let folder = TempDir::new().expect("a temporary folder");
    for name in chainrule_explain::example::NAMES {
        let formats = [
            ("text", "\n"),
            ("latex", "\\begin{document}"),
            ("html", "</html>"),
            ("json", "\"per_example\""),
        ];
        for (format, mark) in formats {
            let printed = run(folder.path(), &["explain", "--example", name, "--format", format]);
            assert!(printed.contains(mark), "{name} as {format}: {printed}");
        }
    }
    assert!(fails(folder.path(), 2, &["explain", "--example", "mazzur"]).contains("'mazur'"));
    assert!(
        fails(folder.path(), 2, &["explain", "--example", "a", "step.toml"]).contains("cannot be used with")
    );
}

#[test]
fn a_mistake_in_a_step_by_hand_is_shown_with_line_and_column() {
    let folder = TempDir::new().expect("a temporary folder");
    write_worked(folder.path(), "[[claims]]\nsymbol = \"z7\"\nvalue = [[1]]\n");
    for command in ["explain", "gradcheck"] {
        run(folder.path(), &[command, "step.toml"]);
    }
    let error = fails(folder.path(), 65, &["check", "step.toml"]);
    assert!(error.contains("step.toml, line 13, column 10") && error.contains("z7"), "{error}");
    write_worked(folder.path(), "bias = [1, 2]\n");
    for command in ["explain", "gradcheck", "check"] {
        let error = fails(folder.path(), 65, &[command, "step.toml"]);
        assert!(error.contains("step.toml, line 12, column "), "{error}");
    }
    fs::write(folder.path().join("step.toml"), b"loss = \"mse\"\n\xff")
        .expect("a temporary folder is writable");
    assert!(fails(folder.path(), 65, &["check", "step.toml"]).contains("step.toml, line 2: "));
    fails(folder.path(), 74, &["check", "missing.toml"]);
}

#[test]
fn a_wrong_number_is_exit_code_1_with_the_whole_judgement_on_stdout() {
    let folder = TempDir::new().expect("a temporary folder");
    let right = "[[claims]]\nsymbol = \"z2\"\nvalue = \"0.217\"\n";
    let wrong = "[[claims]]\nsymbol = \"delta2\"\nvalue = \"0.220\"\nwhere = \"line 9\"\n";
    write_worked(folder.path(), right);
    assert!(run(folder.path(), &["check", "step.toml"]).contains("1 right"));
    write_worked(folder.path(), &format!("{right}{wrong}"));
    let check = |format: &str| {
        let mut command = chainrule();
        command.current_dir(folder.path()).args(["check", "step.toml", "--format", format]);
        let output = command.assert().code(1).stderr("error: 1 of 2 numbers is wrong\n").get_output().clone();
        text(&output.stdout)
    };
    assert!(check("text").contains("0.220 is wrong"));
    let judgements = json(&check("json"));
    assert_eq!((&judgements[0]["verdict"], &judgements[1]["verdict"]), (&"right".into(), &"wrong".into()));
    let found = &judgements[1];
    assert_eq!(
        (&found["symbol"], &found["claim"], &found["where"]),
        (&"delta2".into(), &1.into(), &"line 9".into())
    );
    assert_eq!((&found["printed"], &found["causes"][0]), (&"0.220".into(), &"sign".into()));
    assert!(found["right"].as_f64().is_some_and(|right| (right + 0.220_344_913).abs() < 1e-9));
    write_worked(folder.path(), "");
    assert!(fails(folder.path(), 65, &["check", "step.toml"]).contains("no claim to judge"));
}

#[test]
fn numbers_are_picked_out_of_texts_and_what_is_not_understood_is_said() {
    let folder = TempDir::new().expect("a temporary folder");
    write_worked(folder.path(), "");
    let step = fs::read_to_string(folder.path().join("step.toml")).expect("it was written");
    let said = "z2 = 0.217\n\ndelta2 = 0.220\n\nz9 = 5\n";
    let formulas: String =
        said.lines().map(|line| format!("${line}$\n")).filter(|line| line.len() > 3).collect();
    for (option, text) in [
        ("--from-markdown", format!("# Homework\n\n```toml\n{step}```\n\n{said}")),
        ("--from-latex", format!("\\iffalse\n{step}\\fi\n\n{formulas}")),
    ] {
        fs::write(folder.path().join("text"), text).expect("a temporary folder is writable");
        let said = predicate::str::contains("z9").and(predicate::str::ends_with("1 of 2 numbers is wrong\n"));
        let command = ["check", option, "text", "--format", "json"];
        let output = chainrule().current_dir(folder.path()).args(command).assert().code(1).stderr(said);
        let judgements = json(&common::text(&output.get_output().stdout));
        assert_eq!(
            (&judgements[0]["verdict"], &judgements[1]["verdict"]),
            (&"right".into(), &"wrong".into())
        );
        assert!(
            fails(folder.path(), 2, &["check", "step.toml", option, "text"]).contains("cannot be used with")
        );
    }
    assert!(fails(folder.path(), 2, &["check"]).contains("--from-markdown"));
    assert!(fails(folder.path(), 65, &["check", "--from-markdown", "step.toml"]).contains("no network"));
}

#[test]
fn a_step_that_leaves_the_finite_numbers_is_refused_and_placed() {
    let folder = TempDir::new().expect("a temporary folder");
    let step = "x = [1e200]\ny = [0]\n[[layers]]\nactivation = \"identity\"\nweights = [[1e200]]\n";
    fs::write(folder.path().join("step.toml"), step).expect("a temporary folder is writable");
    for command in ["explain", "gradcheck"] {
        let error = fails(folder.path(), 65, &[command, "step.toml"]);
        assert!(error.contains("a preactivation of layer 1 is inf"), "{error}");
    }
}

#[test]
fn help_says_how_rows_units_and_layers_are_counted() {
    let rows = predicate::str::contains("from 1, the header not counted")
        .and(predicate::str::contains("--weight <I,J>"));
    chainrule().args(["explain", "--help"]).assert().success().stdout(rows);
}
