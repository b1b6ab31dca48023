//! `chainrule export`: what it writes, what it says, and what it refuses. What the graphs compute is tested from Python
//! (`python/tests/test_onnx.py`).

mod common;

use common::{chainrule, text};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with a model of irises in it.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["train", "iris", "--epochs", "1", "--quiet", "--hidden", "4"];
    chainrule().current_dir(folder.path()).args(arguments).assert().success();
    folder
}

/// Runs `chainrule export` in a folder; returns what it says on stderr.
fn export(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = chainrule().current_dir(folder).arg("export").args(arguments).output().expect("it starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    said
}

#[test]
fn a_graph_is_what_the_library_makes_and_the_same_each_time() {
    let folder = folder();
    let said = export(folder.path(), &["iris.safetensors", "--onnx", "iris.onnx"], 0);
    assert!(said.contains("in   numbers"), "{said}");
    assert!(said.contains("out  probabilities  f32   rows × 3"), "{said}");
    let written = fs::read(folder.path().join("iris.onnx")).expect("it is there");
    let model = chainrule::model::Model::load(folder.path().join("iris.safetensors")).expect("a model");
    assert_eq!(written, model.to_onnx().expect("a graph"));
    export(folder.path(), &["iris.safetensors", "--onnx", "iris.onnx"], 0);
    assert_eq!(fs::read(folder.path().join("iris.onnx")).expect("it is there"), written);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "something was left beside");
}

#[test]
fn what_cannot_be_done_has_its_exit_code_and_leaves_files_alone() {
    let folder = folder();
    fs::write(folder.path().join("table.csv"), "a,b\n1,2\n").expect("a temporary folder is writable");
    let model = fs::read(folder.path().join("iris.safetensors")).expect("a model");
    for (arguments, code, words) in [
        (&["iris.safetensors"][..], 2, "--onnx <FILE>"),
        (&["none.safetensors", "--onnx", "a.onnx"], 74, "none.safetensors"),
        (&["table.csv", "--onnx", "a.onnx"], 65, "table.csv"),
        (&["iris.safetensors", "--onnx", "no/a.onnx"], 74, "there is no folder no"),
        (&["iris.safetensors", "--onnx", "."], 74, "it is a folder"),
        (&["iris.safetensors", "--onnx", "./iris.safetensors"], 2, "name the same file"),
    ] {
        let said = export(folder.path(), arguments, code);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    fs::copy(folder.path().join("iris.safetensors"), folder.path().join("b")).expect("a copy");
    let said = export(folder.path(), &["iris.safetensors", "--onnx", "b"], 2);
    assert!(said.contains("is a chainrule model"), "{said}");
    assert_eq!(fs::read(folder.path().join("b")).expect("it is there"), model);
    assert!(!folder.path().join("a.onnx").exists());
}
