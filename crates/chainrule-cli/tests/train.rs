//! Training from the outside: from a table to a model, and from the model to answers.

mod common;
mod runs;

use common::{chainrule, text};
use predicates::prelude::*;
use runs::{fails, json, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// Points with a text label, a category, a number that is missing at times, and a column to leave out.
fn write_table(path: &Path, rows: usize) {
    let row = |i: usize| {
        let size = if i.is_multiple_of(11) { String::new() } else { format!("{}.5", i % 7) };
        let colour = ["red", "blue", "green"][i % 3];
        let kind = if i.is_multiple_of(3) { "=warm" } else { "cold" };
        format!("{i},{size},{colour},{kind}\n")
    };
    let table: String =
        std::iter::once("id,size,colour,kind\n".to_owned()).chain((0..rows).map(row)).collect();
    fs::write(path, table).expect("a temporary folder is writable");
}

#[test]
fn the_default_training_gives_a_model_that_reads_digits() {
    let folder = folder();
    let output = chainrule().current_dir(folder.path()).arg("train").output().expect("the program starts");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    assert!(stdout.contains("digits: classification, 1797 rows"), "{stdout}");
    assert!(stdout.contains("model saved to digits.safetensors"), "{stdout}");
    assert!(stderr.contains("epoch 1: loss ") && stderr.contains("next, try"), "{stderr}");
    let evaluation = json(&run(folder.path(), &["evaluate", "digits.safetensors", "digits", "--json"]));
    assert!(evaluation["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.97), "{evaluation}");
}

#[test]
fn every_command_that_is_suggested_next_works() {
    let folder = folder();
    let output =
        chainrule().current_dir(folder.path()).args(["train", "iris"]).output().expect("the program starts");
    let stderr = text(&output.stderr);
    let (_, suggestions) = stderr.split_once("next, try\n").expect("suggestions");
    let mut tried = 0;
    for suggestion in suggestions.lines().map(str::trim).filter(|line| !line.contains("your-table")) {
        let arguments: Vec<&str> = suggestion.split(' ').skip(1).collect();
        run(folder.path(), &arguments);
        tried += 1;
    }
    assert_eq!(tried, 3);
    assert!(folder.path().join("predictions.csv").is_file());
}

#[test]
fn a_table_of_ones_own_goes_in_and_its_labels_come_out() {
    let folder = folder();
    write_table(&folder.path().join("table.csv"), 120);
    run(folder.path(), &["train", "table.csv", "--drop", "id", "--hidden", "8", "--epochs", "60", "--quiet"]);
    fs::write(folder.path().join("new.csv"), "colour,size\nred,1.5\nblue,\nviolet,2\n").expect("writable");
    let output = chainrule()
        .current_dir(folder.path())
        .args(["predict", "table.safetensors", "new.csv", "--proba"])
        .output()
        .expect("the program starts");
    let (csv, warnings) = (text(&output.stdout), text(&output.stderr));
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["prediction", "probability_=warm", "probability_cold"], "{warnings}");
    assert_eq!((rows[1][0], rows[2][0]), ("'=warm", "cold"));
    assert_eq!(rows.len(), 4);
    for row in &rows[1..] {
        let p: f64 = row[1..].iter().map(|p| p.parse::<f64>().expect("a number")).sum();
        assert!((p - 1.0).abs() < 1e-6, "{row:?}");
    }
    assert!(warnings.contains("warning: ") && warnings.contains("violet"), "{warnings}");
}

#[test]
fn the_same_training_writes_the_same_model_for_any_number_of_threads() {
    let folder = folder();
    let train = |threads: &str, out: &str| {
        run(
            folder.path(),
            &["train", "iris", "--epochs", "5", "--threads", threads, "--out", out, "--quiet"],
        );
        fs::read(folder.path().join(out)).expect("a model")
    };
    let one = train("1", "1.safetensors");
    assert!(one == train("1", "again.safetensors"), "two trainings differ");
    for threads in ["2", "3", "8"] {
        assert!(one == train(threads, "n.safetensors"), "{threads} threads give another model");
    }
}

#[test]
fn a_run_file_trains_as_its_options_do() {
    let folder = folder();
    let options = [
        "iris",
        "--hidden",
        "6",
        "--epochs",
        "3",
        "--optimizer",
        "nesterov",
        "--seed",
        "5",
        "--dropout",
        "0.1",
    ];
    let printed = run(folder.path(), &[&["train", "--print-config"], &options[..]].concat());
    fs::write(folder.path().join("run.toml"), printed).expect("a temporary folder is writable");
    run(folder.path(), &[&["train", "--quiet", "--out", "a.safetensors"], &options[..]].concat());
    run(folder.path(), &["train", "run.toml", "--quiet", "--out", "b.safetensors"]);
    let read = |name| fs::read(folder.path().join(name)).expect("a model");
    assert!(read("a.safetensors") == read("b.safetensors"), "the printed run file trains another model");
}

#[test]
fn the_report_is_the_same_in_a_file_and_on_stdout_but_for_the_clock() {
    let folder = folder();
    let train = ["train", "diabetes", "--epochs", "3", "--report", "report.json", "--json", "--quiet"];
    let printed = json(&run(folder.path(), &train));
    let written = json(&fs::read_to_string(folder.path().join("report.json")).expect("a report"));
    assert_eq!(printed, written);
    assert_eq!(written["task"], "regression");
    assert_eq!(written["rows"], serde_json::json!({ "train": 310, "validation": 44, "test": 88 }));
    for figure in ["loss", "rmse", "mae", "r2"] {
        assert!(written["test"][figure].is_f64(), "{written}");
    }
    assert_eq!(written["stopped_by"], "epochs");
    assert!(written["baselines"]["mean"]["rmse"].is_f64() && written["baselines"]["linear"]["rmse"].is_f64());
}

#[test]
fn the_log_has_one_line_of_json_per_epoch() {
    let folder = folder();
    run(folder.path(), &["train", "iris", "--epochs", "4", "--log", "log.jsonl", "--quiet"]);
    let log = fs::read_to_string(folder.path().join("log.jsonl")).expect("a log");
    let lines: Vec<Value> = log.lines().map(json).collect();
    assert_eq!(lines.iter().map(|line| line["epoch"].as_u64()).collect::<Vec<_>>(), [1, 2, 3, 4].map(Some));
    assert!(
        lines.iter().all(|line| line["train_loss"].is_f64() && line["validation_accuracy"].is_f64()),
        "{log}"
    );
}

#[test]
fn norms_and_weights_are_in_the_log_where_somebody_asks_for_them() {
    let folder = folder();
    let train =
        ["train", "iris", "--hidden", "5", "--epochs", "3", "--seeds", "2", "--quiet", "--log", "log.jsonl"];
    let more = ["--log-norms", "--log-weights", "layers.0.weight[4,1],layers.1.bias[2]"];
    run(folder.path(), &[&train[..], &more].concat());
    let log = fs::read_to_string(folder.path().join("log.jsonl")).expect("a log");
    for line in log.lines().map(json) {
        for norms in ["gradient_norms", "update_norms"] {
            let norms = line[norms].as_array().expect("norms");
            assert!(norms.len() == 2 && norms.iter().all(|norm| norm.as_f64() > Some(0.0)), "{line}");
        }
        let names: Vec<&String> = line["weights"].as_object().expect("weights").keys().collect();
        assert_eq!(names, ["layers.0.weight[4,1]", "layers.1.bias[2]"]);
    }
    assert_eq!(log.lines().count(), 6);
    for (arguments, words) in [
        (&["train", "iris", "--log-norms"][..], "--log-norms says what a log is to have"),
        (&["train", "iris", "--log-weights", "layers.0.bias[0]"], "--log-weights says what a log is to have"),
        (&["train", "iris", "--log", "l", "--log-weights", "layers.9.bias[0]"], "no tensor 'layers.9.bias'"),
    ] {
        let stderr = fails(folder.path(), 2, arguments);
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn every_seed_has_an_event_file_and_an_earlier_one_is_not_mixed_with() {
    let folder = folder();
    let train = ["train", "iris", "--epochs", "2", "--quiet", "--tensorboard", "runs/a", "--seeds", "2"];
    run(folder.path(), &train);
    for seed in ["runs/a/seed-0", "runs/a/seed-1"] {
        let files = fs::read_dir(folder.path().join(seed)).expect("a folder");
        let names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
        assert!(
            names.len() == 1 && names[0].to_string_lossy().starts_with("events.out.tfevents."),
            "{names:?}"
        );
    }
    let stderr = fails(folder.path(), 2, &train);
    assert!(stderr.contains("has events of an earlier training"), "{stderr}");
}

#[test]
fn the_page_of_a_training_needs_nothing_but_itself_and_names_are_text_in_it() {
    let folder = folder();
    let hostile = "<script>alert('x')</script>";
    let rows = (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, ["a&b", "<i>"][i % 2]));
    let table = format!("\"{hostile}\",b,\"c<d\"\n{}", rows.collect::<String>());
    fs::write(folder.path().join("t&.csv"), table).expect("room");
    let train =
        ["train", "t&.csv", "--hidden", "4", "--epochs", "3", "--seeds", "2", "--quiet", "--log-norms"];
    run(folder.path(), &[&train[..], &["--report-html", "r.html", "--report", "r.json"]].concat());
    let page = fs::read_to_string(folder.path().join("r.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    for there in [
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
        "<h1>Training on t&amp;.csv</h1>",
        "<h2>Results</h2>",
        "<th scope=\"row\">most frequent class</th>",
        "<th scope=\"col\">accuracy</th>",
        "2 seeds: mean (lowest to highest)",
        "<h2>Learning curves</h2>",
        "<h2>Gradients and steps</h2>",
        "<h2>Right and wrong, on the validation rows</h2>",
        "prefers-color-scheme: dark",
        "<code>chainrule train &#39;t&amp;.csv&#39; --hidden 4 --epochs 3",
        "hidden = [4]",
    ] {
        assert!(page.contains(there), "no '{there}' in\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("<i>"), "{page}");
    // The name of SVG is no address, and a clip path is a part of the same page.
    let loaded = page.replace("http://www.w3.org/2000/svg", "").replace("url(#", "");
    assert!(
        ["http:", "https:", "src=", "href=", "@import", "url("].iter().all(|sign| !loaded.contains(sign))
    );
    // Light and dark, wide and narrow, each with a title for those who do not see it.
    assert_eq!(page.matches("<svg ").count(), 12);
    let confusion = "Confusion matrix: true classes against predicted ones";
    for title in ["Learning curves of t&amp;.csv", "Gradients and steps of t&amp;.csv", confusion] {
        assert_eq!(page.matches(&format!("<title>{title}</title>")).count(), 4, "{title}");
    }
    let report = json(&fs::read_to_string(folder.path().join("r.json")).expect("a report"));
    let accuracy =
        format!("<td>{:.2} %</td>", 100.0 * report["train"]["accuracy"].as_f64().expect("a share"));
    assert!(page.contains(&accuracy), "{accuracy}");
}

#[test]
fn the_page_of_a_regression_shows_what_was_predicted() {
    let folder = folder();
    let train = ["train", "diabetes", "--epochs", "3", "--quiet", "--report-html", "r.html"];
    run(folder.path(), &train);
    let page = || fs::read_to_string(folder.path().join("r.html")).expect("a page");
    assert!(page().contains("<h2>Predicted and true, on all rows, those of the training among them</h2>"));
    write_table(&folder.path().join("t.csv"), 80);
    let target = ["--target", "id", "--task", "regression", "--test", "t.csv"];
    run(
        folder.path(),
        &[&["train", "t.csv", "--epochs", "2", "--quiet", "--report-html", "r.html"], &target[..]].concat(),
    );
    assert!(page().contains("<h2>Predicted and true, on the test rows</h2>"));
}

#[test]
fn a_page_that_cannot_be_written_or_would_replace_something_is_refused_before_the_training() {
    let folder = folder();
    run(folder.path(), &["train", "iris", "--epochs", "1", "--quiet", "--out", "m.safetensors"]);
    for (page, words) in [("no/such.html", "no/such.html"), ("m.safetensors", "--report-html")] {
        let output = chainrule()
            .current_dir(folder.path())
            .args(["train", "iris", "--epochs", "1", "--out", "n.safetensors", "--report-html", page])
            .output()
            .expect("it starts");
        assert!(!output.status.success() && text(&output.stderr).contains(words), "{output:?}");
        assert!(!folder.path().join("n.safetensors").exists());
    }
}

#[test]
fn several_seeds_are_reported_with_their_range_and_the_first_is_kept() {
    let folder = folder();
    let train = ["train", "iris", "--epochs", "3", "--seed", "7", "--quiet", "--out"];
    run(folder.path(), &[&train[..], &["one.safetensors"]].concat());
    let summary = run(
        folder.path(),
        &[&train[..], &["two.safetensors", "--seeds", "2", "--report", "r.json"]].concat(),
    );
    assert!(summary.contains("2 seeds, mean (lowest to highest)"), "{summary}");
    let report = json(&fs::read_to_string(folder.path().join("r.json")).expect("a report"));
    let seeds: Vec<_> =
        report["seeds"].as_array().expect("seeds").iter().map(|seed| seed["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(8)]);
    let read = |name| fs::read(folder.path().join(name)).expect("a model");
    assert!(read("one.safetensors") == read("two.safetensors"), "the kept model is not the first seed's");
}

#[test]
fn quiet_says_nothing_but_warnings() {
    let folder = folder();
    chainrule()
        .current_dir(folder.path())
        .args(["train", "iris", "--epochs", "2", "--quiet"])
        .assert()
        .success()
        .stderr("")
        .stdout(predicate::str::contains("accuracy"));
}

#[test]
fn only_a_chainrule_model_is_replaced() {
    let folder = folder();
    let train = ["train", "iris", "--epochs", "1", "--quiet"];
    run(folder.path(), &train);
    run(folder.path(), &train);
    let thesis = folder.path().join("thesis.txt");
    fs::write(&thesis, "all my work").expect("writable");
    let stderr = fails(folder.path(), 2, &[&train[..], &["--out", "thesis.txt"]].concat());
    assert!(stderr.contains("is no chainrule model"), "{stderr}");
    assert_eq!(fs::read_to_string(thesis).expect("it is there"), "all my work");
}

#[test]
fn what_cannot_be_written_is_refused_before_the_training() {
    let folder = folder();
    for (option, path) in
        [("--out", "no/such.safetensors"), ("--report", "no/such.json"), ("--log", "no/such.jsonl")]
    {
        let stderr = fails(folder.path(), 74, &["train", "iris", option, path]);
        assert!(stderr.contains(path) && !stderr.contains("epoch 1"), "{stderr}");
    }
    fails(folder.path(), 74, &["train", "iris", "--out", "."]);
}

#[test]
fn n1_a_training_that_diverges_leaves_the_old_model_alone() {
    let folder = folder();
    run(folder.path(), &["train", "iris", "--epochs", "1", "--quiet"]);
    let model = folder.path().join("iris.safetensors");
    let before = fs::read(&model).expect("a model");
    let stderr = fails(folder.path(), 65, &["train", "iris", "--learning-rate", "1e30"]);
    assert!(stderr.contains("diverged in epoch") && stderr.contains("learning rate"), "{stderr}");
    assert!(fs::read(&model).expect("a model") == before, "the model has changed");
}

#[test]
fn m1_a_network_that_would_not_fit_is_refused_with_its_size() {
    let folder = folder();
    let stderr = fails(folder.path(), 69, &["train", "iris", "--hidden", "10000000,1000000"]);
    assert!(stderr.contains("TiB"), "{stderr}");
}

#[test]
fn bad_data_is_told_with_its_place() {
    let folder = folder();
    for (name, content, code, expected) in [
        ("empty.csv", "", 65, "empty.csv"),
        ("header.csv", "a,b\n", 65, "0 data rows"),
        ("ragged.csv", "a,b\n1,2\n3\n", 65, "line 3"),
        ("text.csv", "a,b\n1,2\nx,3\n4,5\n", 65, "column 1 (a)"),
        ("numbers.csv", "1,2\n3,4\n", 65, "--no-header"),
    ] {
        fs::write(folder.path().join(name), content).expect("a temporary folder is writable");
        let stderr = fails(folder.path(), code, &["train", name]);
        assert!(stderr.contains(expected), "{name}: {stderr}");
    }
    fails(folder.path(), 74, &["train", "nowhere.csv"]);
    fails(folder.path(), 2, &["train", "iris", "--target", "nobody"]);
    fails(folder.path(), 2, &["train", "moons", "--target", "x"]);
}

#[test]
fn a_file_that_is_no_model_is_refused_by_every_command() {
    let folder = folder();
    fs::write(folder.path().join("x.safetensors"), "not a model").expect("a temporary folder is writable");
    for arguments in [
        &["inspect", "x.safetensors"][..],
        &["predict", "x.safetensors", "iris"],
        &["evaluate", "x.safetensors", "iris"],
    ] {
        fails(folder.path(), 65, arguments);
    }
    fails(folder.path(), 74, &["inspect", "nowhere.safetensors"]);
}

#[test]
fn columns_left_out_by_name_are_known_to_the_model_and_those_left_out_by_index_can_be_named() {
    let folder = folder();
    write_table(&folder.path().join("table.csv"), 60);
    run(folder.path(), &["train", "table.csv", "--drop", "id", "--epochs", "1", "--quiet"]);
    let by_name = run(folder.path(), &["predict", "table.safetensors", "table.csv"]);
    run(folder.path(), &["train", "table.csv", "--drop", "0", "--epochs", "1", "--quiet"]);
    let by_index = run(folder.path(), &["predict", "table.safetensors", "table.csv", "--drop", "0"]);
    assert_eq!(by_name, by_index);
}

#[test]
fn evaluate_measures_what_training_reported() {
    let folder = folder();
    let table = folder.path().join("table.csv");
    write_table(&table, 90);
    let options = ["--drop", "id", "--epochs", "5", "--validation", "0", "--quiet", "--report", "train.json"];
    run(folder.path(), &[&["train", "table.csv"], &options[..]].concat());
    let report = json(&fs::read_to_string(folder.path().join("train.json")).expect("a report"));
    assert_eq!((&report["validation"], &report["test"]), (&Value::Null, &Value::Null));
    let evaluation =
        run(folder.path(), &["evaluate", "table.safetensors", "table.csv", "--json", "--report", "e.json"]);
    let evaluation = json(&evaluation);
    assert_eq!(evaluation["accuracy"], report["train"]["accuracy"]);
    assert_eq!(evaluation["loss"], report["train"]["loss"]);
    assert_eq!(evaluation, json(&fs::read_to_string(folder.path().join("e.json")).expect("a report")));
}

#[test]
fn inspect_shows_layers_preprocessing_and_provenance() {
    let folder = folder();
    write_table(&folder.path().join("table.csv"), 90);
    run(folder.path(), &["train", "table.csv", "--drop", "id", "--hidden", "5", "--epochs", "2", "--quiet"]);
    let shown = run(folder.path(), &["inspect", "table.safetensors"]);
    for expected in
        ["classification", "relu", "softmax", "colour", "blue, green, red", "=warm", "optimizer", "adam"]
    {
        assert!(shown.contains(expected), "no '{expected}' in:\n{shown}");
    }
    let inspection = json(&run(folder.path(), &["inspect", "table.safetensors", "--json"]));
    assert_eq!(inspection["layers"].as_array().map(Vec::len), Some(2));
    assert_eq!(inspection["classes"], serde_json::json!(["=warm", "cold"]));
}

#[test]
fn d12_a_training_survives_readers_that_have_gone() {
    let folder = folder();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let both = writer.try_clone().expect("a second end");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_chainrule"))
        .current_dir(folder.path())
        .args(["train", "iris", "--epochs", "3"])
        .stdout(writer)
        .stderr(both)
        .status()
        .expect("the program starts");
    assert!(status.success());
    assert!(folder.path().join("iris.safetensors").is_file());
}

#[test]
fn t13_paths_with_spaces_and_letters_of_the_world_work() {
    let folder = folder();
    write_table(&folder.path().join("Tabelle für 東京.csv"), 60);
    run(folder.path(), &["train", "Tabelle für 東京.csv", "--drop", "id", "--epochs", "1", "--quiet"]);
    run(
        folder.path(),
        &["predict", "Tabelle für 東京.safetensors", "Tabelle für 東京.csv", "-o", "die antwort.csv"],
    );
    let csv = fs::read_to_string(folder.path().join("die antwort.csv")).expect("predictions");
    assert_eq!(csv.lines().count(), 61);
}

#[test]
fn outputs_never_replace_inputs_nor_each_other() {
    let folder = folder();
    let table = folder.path().join("table.csv");
    write_table(&table, 60);
    fs::write(folder.path().join("run.toml"), "data = { path = \"table.csv\" }\n").expect("writable");
    fs::write(folder.path().join("valid.csv"), fs::read(&table).expect("a table")).expect("writable");
    run(folder.path(), &["train", "table.csv", "--epochs", "1", "--quiet", "--out", "m.safetensors"]);
    let names = ["table.csv", "run.toml", "valid.csv", "m.safetensors"];
    let content = || names.map(|name| fs::read(folder.path().join(name)).expect("it is there"));
    let before = content();
    for (arguments, expected) in [
        (&["train", "table.csv", "--out", "table.csv"][..], ["--out", "the data"]),
        (&["train", "table.csv", "--report", "./table.csv"], ["--report", "the data"]),
        (&["train", "table.csv", "--log", "table.csv"], ["--log", "the data"]),
        (&["train", "run.toml", "--log", "run.toml"], ["--log", "the run file"]),
        (&["train", "run.toml", "--report", "table.csv"], ["--report", "the data"]),
        (
            &["train", "table.csv", "--validation", "valid.csv", "--log", "valid.csv"],
            ["--log", "--validation"],
        ),
        (&["train", "table.csv", "--report", "new", "--log", "./new"], ["--log", "--report"]),
        (&["train", "iris", "--report", "iris.safetensors"], ["--report", "--out"]),
        (&["train", "iris", "--log", "m.safetensors"], ["--log", "chainrule model"]),
        (&["predict", "m.safetensors", "table.csv", "-o", "table.csv"], ["--out", "the data"]),
        (&["predict", "m.safetensors", "table.csv", "-o", "m.safetensors"], ["--out", "MODEL"]),
        (&["evaluate", "m.safetensors", "table.csv", "--report", "table.csv"], ["--report", "the data"]),
        (&["evaluate", "m.safetensors", "table.csv", "--report", "m.safetensors"], ["--report", "MODEL"]),
    ] {
        let stderr = fails(folder.path(), 2, arguments);
        assert!(expected.iter().all(|word| stderr.contains(word)), "{arguments:?}: {stderr}");
    }
    assert!(content() == before, "an input has changed");
}

#[cfg(unix)]
#[test]
fn a_device_may_be_named_twice() {
    let folder = folder();
    run(
        folder.path(),
        &["train", "iris", "--epochs", "1", "--quiet", "--report", "/dev/null", "--log", "/dev/null"],
    );
}

#[test]
fn a_baseline_has_no_loss_where_the_models_is_another_measure() {
    let folder = folder();
    let report = |loss: &str| {
        json(&run(folder.path(), &["train", "iris", "--epochs", "1", "--quiet", "--json", "--loss", loss]))
    };
    let baselines = &report("cross-entropy")["baselines"];
    assert!(baselines["majority"]["loss"].is_f64() && baselines["linear"]["loss"].is_f64(), "{baselines}");
    let baselines = &report("mse")["baselines"];
    assert!(baselines["majority"]["loss"].is_null() && baselines["linear"]["loss"].is_null(), "{baselines}");
    assert!(baselines["majority"]["accuracy"].is_f64(), "{baselines}");
    let table = run(folder.path(), &["train", "iris", "--epochs", "1", "--quiet", "--loss", "mse"]);
    let line = table.lines().find(|line| line.contains("most frequent class")).expect("a baseline");
    assert!(line.contains('–'), "{table}");
}

/// A NPY file of numbers in rows.
fn write_npy(path: &Path, rows: &[[f64; 2]]) {
    let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 2), }}", rows.len());
    let header = format!("{dict:117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(rows.iter().flatten().flat_map(|x| x.to_le_bytes()));
    fs::write(path, bytes).expect("a temporary folder is writable");
}

#[test]
fn data_without_the_models_target_cannot_be_evaluated_and_are_named() {
    let folder = folder();
    fs::write(folder.path().join("a.csv"), "x,price\n1,2\n2,4\n3,6\n4,8\n5,9\n").expect("writable");
    run(folder.path(), &["train", "a.csv", "--epochs", "1", "--quiet", "--validation", "0"]);
    fs::write(folder.path().join("b.csv"), "x,z\n1,2\n").expect("writable");
    fs::write(folder.path().join("c.csv"), "x,Prices\n1,2\n").expect("writable");
    write_npy(&folder.path().join("d.npy"), &[[1.0, 2.0], [3.0, 4.0]]);
    for (name, hint) in [("b.csv", "predicted"), ("c.csv", "'Prices'"), ("d.npy", "--labels")] {
        let stderr = fails(folder.path(), 65, &["evaluate", "a.safetensors", name]);
        assert!(stderr.contains(&format!("{name}: the model's target 'price' is not there")), "{stderr}");
        assert!(stderr.contains(hint) && !stderr.contains("--target"), "{stderr}");
    }
}

#[test]
fn what_cannot_go_together_or_be_written_is_refused_before_anything_is_done() {
    let folder = folder();
    fs::write(folder.path().join("a.csv"), "x,y\n1,2\n2,4\n3,6\n4,8\n5,9\n").expect("writable");
    let labels = ["train", "a.csv", "--test", "0.2", "--test-labels", "l.npy"];
    let stderr = fails(folder.path(), 2, &labels);
    assert!(stderr.contains("--test-labels goes with a file of features: --test FILE"), "{stderr}");
    let stderr = fails(folder.path(), 2, &["train", "moons", "--sample-weight", "x"]);
    assert!(stderr.contains("--sample-weight does not go with the generated set 'moons'"), "{stderr}");
    run(folder.path(), &["train", "a.csv", "--epochs", "1", "--quiet", "--validation", "0"]);
    for command in [["predict", "-o"], ["evaluate", "--report"]] {
        let [command, option] = command;
        let stderr = fails(folder.path(), 74, &[command, "a.safetensors", "not read.csv", option, "no/o"]);
        assert!(stderr.contains("there is no folder no"), "{stderr}");
    }
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let folder = folder();
    fs::write(folder.path().join("a.csv"), "x\u{1b}[2J,y\n1,2\nz,3\n2,1\n").expect("writable");
    let stderr = fails(folder.path(), 65, &["train", "a.csv"]);
    assert!(stderr.contains("x\\u{1b}[2J") && !stderr.contains('\u{1b}'), "{stderr:?}");
    let stderr = fails(folder.path(), 2, &["train", "a.csv", "--target", "nobody"]);
    assert!(stderr.contains("x\\u{1b}[2J") && !stderr.contains('\u{1b}'), "{stderr:?}");
}

#[test]
fn a_misspelt_embedded_set_is_recognised_and_has_its_own_labels() {
    let folder = folder();
    let stderr = fails(folder.path(), 74, &["train", "digit"]);
    assert!(stderr.contains("did you mean 'digits'?") && stderr.contains("breast-cancer"), "{stderr}");
    fs::write(folder.path().join("a.csv"), "x,y\n1,2\n2,3\n3,4\n").expect("writable");
    for data in ["iris", "moons", "a.csv"] {
        let stderr = fails(folder.path(), 2, &["train", data, "--labels", "a.csv"]);
        assert!(stderr.contains("--labels"), "{stderr}");
    }
}

#[test]
fn a_model_in_the_place_of_the_data_is_told_from_it() {
    let folder = folder();
    run(folder.path(), &["train", "iris", "--epochs", "1", "--quiet"]);
    fs::write(folder.path().join("base.csv"), "x,y\n1,2\n").expect("writable");
    for command in ["predict", "evaluate"] {
        let stderr = fails(folder.path(), 2, &[command, "base.csv", "iris.safetensors"]);
        let right = format!("MODEL comes first: chainrule {command} iris.safetensors base.csv");
        assert!(stderr.contains(&right), "{stderr}");
    }
}
