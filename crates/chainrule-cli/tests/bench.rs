//! `bench` from the outside: what it measures differs from run to run, what its figures have to do with each other not.

mod common;
mod runs;

use runs::{fails, json, run};
use std::path::Path;

/// A benchmark of a moment.
const SMALL: [&str; 9] =
    ["bench", "--layers", "4,16,3", "--rows", "100", "--batch-size", "32", "--seconds", "0"];

fn small(options: &[&str]) -> String {
    run(Path::new("."), &[&SMALL[..], options].concat())
}

#[test]
fn the_figures_fit_together() {
    let speed = json(&small(&["--threads", "2", "--json"]));
    let figure = |name: &str| speed[name].as_f64().unwrap_or_else(|| panic!("no {name} in {speed}"));
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    let flops = 2.0 * 32.0 * (3.0 * (4.0 * 16.0 + 16.0 * 3.0) - 4.0 * 16.0);
    assert!(near(figure("gflops"), flops / figure("step_ns")), "{speed}");
    assert!(near(figure("samples_per_second"), 32.0 / figure("step_ns") * 1e9), "{speed}");
    assert!(near(figure("share_of_peak"), figure("gflops") / figure("fma_peak_gflops")), "{speed}");
    assert!(figure("nominal_peak_gflops") > 0.0 && figure("clock_ghz") > 0.0, "{speed}");
}

#[test]
fn the_json_says_what_was_timed() {
    let speed = json(&small(&["--precision", "f64", "--optimizer", "adam", "--threads", "1", "--json"]));
    assert_eq!(speed["layers"], serde_json::json!([4, 16, 3]));
    assert_eq!((&speed["batch_size"], &speed["rows"]), (&32.into(), &96.into()), "whole batches alone");
    assert_eq!((&speed["precision"], &speed["optimizer"]), (&"f64".into(), &"adam".into()));
    assert_eq!((&speed["threads"], &speed["epochs"]), (&1.into(), &3.into()));
    assert!(speed["isa"].is_string());
}

#[test]
fn people_get_a_table() {
    let shown = small(&["--threads", "1"]);
    assert!(shown.starts_with("network 4-16-3, relu softmax, f32, "), "{shown}");
    assert!(shown.contains("96 rows in batches of 32, momentum, median of 3 epochs"), "{shown}");
    for (line, unit) in [("one step", "s"), ("share of the measured peak", "%"), ("clock", "GHz")] {
        let found = shown.lines().find(|shown| shown.trim_start().starts_with(line));
        assert!(found.is_some_and(|found| found.ends_with(unit)), "no {line} in {shown}");
    }
}

#[test]
fn what_cannot_be_timed_is_a_usage_error() {
    for (wrong, part) in [
        (&["--layers", "784"][..], "at least two layers, found 1"),
        (&["--layers", ""], "at least two layers, found 0"),
        (&["--layers", "4,0,3"], "a whole number of 1 or more"),
        (&["--layers", "4,x,3"], "a whole number of 1 or more"),
        (&["--rows", "0"], "a whole number of 1 or more"),
        (&["--rows", "9000000000"], "not 9000000000"),
        (&["--rows", "63"], "a batch must have from 1 row to all 63, not 64"),
        (&["--batch-size", "0"], "a whole number of 1 or more"),
        (&["--batch-size", "60001"], "not 60001"),
        (&["--seconds", "-1"], "a number of 0 or more"),
        (&["--precision", "f16"], "f16"),
        (&["--optimizer", "adan"], "adan"),
        (&["--optimizer", "lbfgs"], "lbfgs takes steps over all rows at once"),
        (&["--layers", "1000000000000,1000000000000"], "more parameters than memory can address"),
        (&["data.csv"], "data.csv"),
    ] {
        let stderr = fails(Path::new("."), 2, &[&["bench"], wrong].concat());
        assert!(stderr.contains(part), "{wrong:?}: no '{part}' in {stderr}");
    }
}

#[cfg(target_os = "linux")] // elsewhere nobody says how much memory is free
#[test]
fn what_would_not_fit_is_refused() {
    let stderr = fails(Path::new("."), 69, &["bench", "--layers", "1000000,1000000,10"]);
    assert!(stderr.contains("smaller layers"), "{stderr}");
}
