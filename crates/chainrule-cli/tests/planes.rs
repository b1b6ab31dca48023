//! `plot surface --directions`, `plot slice` and `plot descent` from the outside: the numbers of their text, and what is refused.

mod common;
mod runs;

use common::chainrule;
use runs::{fails, json, run};
use std::fs;
use tempfile::TempDir;

/// A folder with a trained model of the moons.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["train", "moons", "--hidden", "3", "--epochs", "4", "--seed", "3", "--precision", "f64"];
    chainrule()
        .current_dir(folder.path())
        .args(arguments)
        .args(["--quiet", "--out", "m.safetensors"])
        .assert()
        .success();
    folder
}

fn plot<'a>(picture: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["plot", picture, "m.safetensors", "moons"].into_iter().chain(more.iter().copied()).collect()
}

/// The numbers of a line of a table, as people write them there.
fn cells(line: &str) -> Vec<f64> {
    line.split_whitespace().filter_map(|cell| cell.replace('−', "-").parse().ok()).collect()
}

/// The rows of the table below a line with some words.
fn table(text: &str, words: &str) -> Vec<Vec<f64>> {
    let below = text.lines().skip_while(|line| !line.contains(words)).skip(1);
    let rows = below.take_while(|line| cells(line).len() == line.split_whitespace().count());
    rows.map(cells).take_while(|row| row.len() > 1).collect()
}

/// The number behind some words of a text.
fn behind(text: &str, words: &str) -> f64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no '{words}' in\n{text}"));
    let word = rest.split_whitespace().next().expect("a word").replace('−', "-");
    word.trim_end_matches(['.', ',', ':']).parse().unwrap_or_else(|_| panic!("'{word}' is no number"))
}

#[test]
fn the_plane_of_the_path_ends_at_0_and_says_how_much_of_the_path_it_shows() {
    let folder = folder();
    let arguments =
        plot("surface", &["--directions", "path", "--steps", "40", "--points", "5", "--learning-rate", "1"]);
    let text = run(folder.path(), &arguments);
    let shares: Vec<f64> =
        ["1", "2"].iter().map(|which| behind(&text, &format!("direction {which}: "))).collect();
    let both = behind(&text, "Both axes together have ");
    assert!((shares[0] + shares[1] - both).abs() < 0.11, "{text}");
    assert!(shares[0] > shares[1] && both > 80.0 && both <= 100.0, "{text}");
    assert!(text.contains("found from all 41 points"), "{text}");
    let path = table(&text, "  path");
    let (first, last) = (&path[0], &path[path.len() - 1]);
    assert!(first[0] < 0.0 && first[1] < 0.0 && last[0].abs() < 1e-6 && last[1].abs() < 1e-6, "{text}");
    // At its end the path is on the plane.
    let losses = table(&text, "loss at the true point");
    assert_eq!(losses.len(), 41, "{text}");
    assert!((losses[40][1] / losses[40][2] - 1.0).abs() < 1e-5, "{text}");
    let long =
        plot("surface", &["--directions", "path", "--steps", "500", "--points", "3", "--format", "text"]);
    let long = run(folder.path(), &long);
    assert!(long.contains("of the 501 points"), "{long}");
}

#[test]
fn random_directions_depend_on_the_seed_and_have_the_network_in_the_middle() {
    let folder = folder();
    let random = |more: &[&'static str]| {
        let arguments = ["--directions", "random", "--start", "model", "--steps", "0", "--points", "5"];
        run(folder.path(), &plot("surface", &[&arguments[..], more].concat()))
    };
    let text = random(&[]);
    assert_eq!(text, random(&["--seed", "3"]), "the seed of the model is that of its training");
    assert!(text != random(&["--seed", "4"]));
    let heights = table(&text, "loss (across");
    assert_eq!(heights[0], [-1.0, -0.5, 0.0, 0.5, 1.0], "{text}");
    let report = json(&run(folder.path(), &["evaluate", "m.safetensors", "moons", "--json"]));
    let loss = report["loss"].as_f64().expect("a loss");
    assert!((heights[3][3] / loss - 1.0).abs() < 1e-3, "{loss}: {text}");
    let middle = heights[3][3];
    assert!((behind(&text, "own weights it is ") / middle - 1.0).abs() < 1e-3, "{middle}: {text}");
}

#[test]
fn the_tangents_of_a_slice_are_the_slopes_of_its_curve_and_steps_follow_them() {
    let folder = folder();
    let slice = ["--weight", "layers.1.weight[0,1]", "--steps", "4", "--learning-rate", "5", "--from", "-2"];
    let text =
        run(folder.path(), &plot("slice", &[&slice[..], &["--points", "401", "--format", "text"]].concat()));
    let slopes = table(&text, "slope ∂L/∂w");
    assert_eq!(slopes.len(), 5, "{text}");
    let steps = table(&text, "  steps");
    for (pair, slope) in steps.windows(2).zip(&slopes) {
        assert!((pair[1][0] - (pair[0][0] - 5.0 * slope[1])).abs() < 1e-4, "{text}");
        assert!(pair[1][1] < pair[0][1]);
    }
    let curve = table(&text, "  loss");
    assert_eq!(curve.len(), 401, "{text}");
    // Points of the curve on both sides, six digits of each: about a part in a hundred.
    for (step, slope) in steps.iter().zip(&slopes) {
        let place = curve
            .windows(2)
            .position(|pair| pair[0][0] <= step[0] && step[0] < pair[1][0])
            .expect("on the curve");
        let [a, b] = [&curve[place - 14], &curve[place + 15]];
        let difference = (b[1] - a[1]) / (b[0] - a[0]);
        assert!((difference - slope[1]).abs() < 0.02 * slopes[0][1].abs(), "{difference} {slope:?}\n{text}");
    }
    let drawn = run(folder.path(), &plot("slice", &slice));
    assert!(drawn.contains("── tangent"), "{drawn}");
}

#[test]
fn the_shipped_examples_show_what_they_are_there_for() {
    let folder = folder();
    let example = |more: &[&'static str]| {
        let arguments = ["plot", "descent", "--points", "4", "--format", "text", "--example"];
        run(folder.path(), &[&arguments[..], more].concat())
    };
    let text = example(&["local-minimum"]);
    let (plain, momentum) = (behind(&text, "to: sgd "), behind(&text, ", momentum "));
    assert!(plain > 0.2011 && plain < 0.2013 && momentum < 0.168, "{text}");
    assert!(text.contains("local minimum: w: layers.0.weight[0,0] 0.513914"), "{text}");
    assert!(text.contains("leaves nothing out"), "{text}");
    let text = example(&["saddle", "--optimizers", "sgd"]);
    let losses = table(&text, "   sgd");
    // The loss of the saddle itself is that of the answer 0: (1 + ¾² + 1¾²)/3.
    let saddle = (1.0 + 0.5625 + 3.0625) / 3.0;
    assert!((losses[25][1] / saddle - 1.0).abs() < 1e-2 && losses[100][1] < saddle / 4.0, "{text}");
}

#[test]
fn one_thing_is_compared_at_a_time() {
    let folder = folder();
    let weights = ["--weights", "layers.0.weight[0,1]", "layers.1.bias[0]", "--points", "4", "--steps", "12"];
    let descent =
        |more: &[&'static str]| run(folder.path(), &plot("descent", &[&weights[..], more].concat()));
    let text = descent(&[]);
    assert!(
        text.starts_with("5 optimizers compared over layers.0.weight[0,1] and layers.1.bias[0]"),
        "{text}"
    );
    let losses = table(&text, "sgd  momentum  nesterov");
    assert_eq!((losses.len(), losses[0].len()), (13, 6), "{text}");
    assert!(losses[0][1..].iter().all(|loss| *loss == losses[0][1]), "one start: {text}");
    // The same path as that of the surface.
    let surface =
        run(folder.path(), &plot("surface", &[&weights[..], &["--optimizer", "nesterov"]].concat()));
    let surface = table(&surface, "loss at the true point");
    assert!(losses.iter().zip(&surface).all(|(a, b)| (a[3] / b[1] - 1.0).abs() < 1e-5), "{text}");

    let text = descent(&["--learning-rates", "0.001,0.5,1e9", "--freeze-others"]);
    assert!(
        text.starts_with("3 learning rates compared") && text.contains("12 steps, sgd, full batches"),
        "{text}"
    );
    assert!(text.contains("Beyond what is shown go the paths of: learning rate 10⁹"), "{text}");
    assert!(text.contains("the paths lie on the surface"), "{text}");

    let text = descent(&["--batch-sizes", "full,32,1"]);
    assert!(text.contains("full batches  32 rows per step  1 row per step"), "{text}");
    assert_eq!(text, descent(&["--batch-sizes", "full,32,1", "--seed", "3"]));
    assert!(
        text.contains("the loss at the true point and that of the surface below differ by up to"),
        "{text}"
    );
}

#[test]
fn every_picture_is_written() {
    let folder = folder();
    for (name, arguments) in [
        ("a.svg", &["surface", "--directions", "path"][..]),
        ("b.png", &["surface", "--directions", "random", "--points", "10"]),
        ("c.svg", &["slice", "--weight", "layers.0.bias[0]"]),
        ("d.svg", &["descent", "--weights", "layers.0.bias[0]", "layers.0.bias[1]", "--points", "10"]),
    ] {
        let all = plot(arguments[0], &[&arguments[1..], &["--out", name]].concat())
            .iter()
            .map(|a| (*a).to_owned())
            .collect::<Vec<_>>();
        run(folder.path(), &all.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(fs::metadata(folder.path().join(name)).expect("a picture").len() > 1000, "{name}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_to_do() {
    let folder = folder();
    let refused = |picture: &str, arguments: &[&str], words: &str| {
        let stderr = fails(folder.path(), 2, &plot(picture, arguments));
        assert!(stderr.contains(words), "{stderr}");
    };
    refused("surface", &[], "--weights");
    refused("surface", &["--directions", "path", "--steps", "1"], "only 2");
    refused("surface", &["--directions", "path", "--freeze-others"], "--directions");
    refused("surface", &["--directions", "north"], "random, path");
    refused("slice", &["--weight", "layers.0.weight[9,0]"], "no place in that tensor");
    refused("slice", &["--weight", "layers.0.bias[0]", "--learning-rate", "inf"], "infinite");
    let weights = ["--weights", "layers.0.bias[0]", "layers.0.bias[1]"];
    let two = |more: &[&'static str]| [&weights[..], more].concat();
    refused("descent", &two(&["--learning-rates", "0.1,1", "--batch-sizes", "1,2"]), "only one of");
    refused("descent", &two(&["--learning-rates", "1,2,3,4,5,6,7,8"]), "at most 7");
    refused("descent", &two(&["--optimizers", "sgd,lbfgs"]), "lbfgs");
    refused("descent", &two(&["--batch-sizes", "0"]), "0");
    refused("descent", &two(&["--example", "saddle"]), "--example");
    refused("descent", &two(&["--format", "terminal"]), "--format text");
    // All numbers, and none: the picture says that a descent ended, and nothing panics.
    let slice =
        plot("slice", &["--weight", "layers.1.weight[0,0]", "--learning-rate", "1e308", "--format", "text"]);
    assert!(run(folder.path(), &slice).contains("There the descent ends"));
}

/// One row, two points, a constant target, numbers that run away: a picture, and no panic.
#[test]
fn awkward_inputs_are_pictures() {
    let folder = folder();
    fs::write(folder.path().join("one.csv"), "x,y\n1,2\n1,2\n1,2\n1,2\n1,2\n").expect("a file");
    let train =
        ["train", "one.csv", "--target", "y", "--hidden", "1", "--epochs", "2", "--task", "regression"];
    let files = ["--validation", "0", "--test", "0", "--quiet", "--out", "one.safetensors"];
    chainrule().current_dir(folder.path()).args(train).args(files).assert().success();
    let weights = ["--weights", "layers.0.weight[0,0]", "layers.1.weight[0,0]"];
    for subject in [["one.safetensors", "one.csv"], ["m.safetensors", "moons"]] {
        for (picture, arguments) in [
            ("surface", &["--directions", "random", "--points", "2"][..]),
            ("surface", &["--directions", "random", "--points", "2", "--learning-rate", "1e300"]),
            ("slice", &["--weight", "layers.0.weight[0,0]", "--points", "2", "--steps", "0"]),
            ("slice", &["--weight", "layers.0.bias[0]", "--learning-rate", "0"]),
            ("slice", &["--weight", "layers.0.bias[0]", "--from", "1e308", "--learning-rate", "1e308"]),
        ] {
            for rows in ["1", "5"] {
                let all = [&["plot", picture], &subject[..], arguments, &["--rows", rows, "--out", "x.png"]]
                    .concat();
                run(folder.path(), &all);
            }
        }
        for more in
            [&["--batch-sizes", "1,100"][..], &["--learning-rates", "1e-300,1e300"], &["--steps", "1"]]
        {
            let all = [&["plot", "descent"], &subject[..], &weights, more, &["--rows", "1", "--points", "2"]]
                .concat();
            assert!(run(folder.path(), &all).contains("over 1 row."), "{all:?}");
        }
    }
}
