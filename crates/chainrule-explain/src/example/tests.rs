//! What is read, and where each refusal points.

use std::fmt::Write as _;

use super::*;
use crate::Trace;
use crate::conventions::{Delta, Indices, Layout, Product, Symbols};
use crate::step::LayerValues;
use chainrule::loss::Loss;
use chainrule::optimizer::Rule;
use chainrule::{Activation, ErrorKind, Matrix};

const NET: &str = "x = [[1, 2]]
y = [[1]]
loss = \"mse\"
[[layers]]
activation = \"relu\"
weights = [[0.5, 0.2], [-0.4, 0.1]]
bias = [0.1, -0.1]
[[layers]]
activation = \"identity\"
weights = [[0.7, -0.3]]
";

fn parsed(text: &str) -> Example {
    Example::parse(text, "net.toml").unwrap()
}

/// NET with one text in place of another.
fn changed(from: &str, to: &str) -> String {
    assert!(NET.contains(from), "{from}");
    NET.replacen(from, to, 1)
}

/// NET under cross-entropy, with two outputs and two rows; `y` is left to the test.
fn classifier(y: &str) -> String {
    let net = "loss = \"cross-entropy\"\nx = [[1, 2], [3, 4]]\n[[layers]]\nactivation = \"softmax\"\n\
               weights = [[0.5, 0.2], [-0.4, 0.1], [0, 1]]\n";
    format!("y = {y}\n{net}")
}

/// Agreement to all digits of the table in which a value was found.
fn assert_printed(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 0.500_001e-9, "{found} is not {expected}");
    }
}

#[test]
fn every_embedded_example_is_read_and_can_be_computed() {
    for name in NAMES {
        let example = Example::parse(embedded::text(name).unwrap(), name).unwrap();
        let trace = Trace::new(&example.step);
        assert!(trace.after.loss < trace.forward.loss, "{name}: a step downhill");
        assert_eq!(Example::named(name), Some(example));
    }
    assert_eq!(Example::named("b"), None);
}

#[test]
fn example_a_has_the_values_of_its_table() {
    let Trace { forward, backward, update, after, .. } = Trace::new(&Example::named("a").unwrap().step);
    assert_printed(forward.z[0].values(), &[1.1, 0.9]);
    assert_printed(forward.a[0].values(), &[0.750_260_106, 0.710_949_503]);
    assert_printed(forward.z[1].values(), &[0.217_215_911]);
    assert_printed(forward.a[1].values(), &[0.554_091_463]);
    // 0.198 834 423 52…: the table has its last digit from the rounded ŷ, (0.554091463 − 1)², and prints …423.
    assert_printed(&[forward.loss], &[0.198_834_424]);
    assert_printed(backward.slopes[0].values(), &[0.187_369_880, 0.205_500_307]);
    assert_printed(backward.slopes[1].values(), &[0.247_074_114]);
    assert_printed(backward.activations[1].values(), &[-0.891_817_074]);
    assert_printed(backward.deltas[1].values(), &[-0.220_344_913]);
    assert_printed(backward.gradients[1].weights.values(), &[-0.165_315_998, -0.156_654_106]);
    let expected = [0.0, -0.004_128_600, -0.008_257_200, 0.0, -0.009_056_189, -0.018_112_379];
    assert_printed(backward.gradients[0].weights.values(), &expected);
    assert_printed(update.parameters[1].weights.values(), &[0.116_531_600, 0.215_665_411]);
    let expected = [0.4, 0.500_412_860, 0.300_825_720, 0.2, 0.700_905_619, 0.101_811_238];
    assert_printed(update.parameters[0].weights.values(), &expected);
    assert_printed(after.z[0].values(), &[1.102_064_300, 0.904_528_095]);
    assert_printed(after.a[0].values(), &[0.750_646_693, 0.711_879_138]);
    assert_printed(after.z[1].values(), &[0.241_001_767]);
    assert_printed(after.a[1].values(), &[0.559_960_504]);
    assert_printed(&[after.loss], &[0.193_634_758]);
}

#[test]
fn example_c_has_the_values_of_its_notes() {
    let example = Example::named("c").unwrap();
    assert_eq!(example.conventions.delta, Delta::Error);
    let Trace { forward, backward, update, .. } = Trace::new(&example.step);
    assert_printed(forward.z[0].values(), &[-0.02]);
    assert_printed(forward.a[0].values(), &[0.495_000_167]);
    assert_printed(forward.a[1].values(), &[0.512_372_478]);
    assert_printed(backward.deltas[1].values(), &[-0.121_832_235]);
    assert_printed(backward.deltas[0].values(), &[-0.003_045_501]);
    assert_printed(&[update.parameters[1].weights.values()[0] - 0.1], &[0.030_153_488]);
    let moved = update.parameters[0].weights.values();
    assert_printed(&[moved[0] - 0.4, moved[1] + 0.2], &[0.000_152_275, 0.000_456_825]);
}

#[test]
fn example_d_averages_products_and_not_errors() {
    let Trace { backward, .. } = Trace::new(&Example::named("d").unwrap().step);
    assert_eq!(backward.deltas[0].values(), [0.5, -0.5], "(1, −1) / N");
    assert_eq!(backward.gradients[0].weights.values(), [-1.0]);
}

#[test]
fn numbers_may_be_texts_in_every_place() {
    let text = changed("[[0.5, 0.2], [-0.4, 0.1]]", "[[\"1/2\", \"0,2\"], [\"−4e-1\", \" .1 \"]]");
    let text = text.replace("y = [[1]]", "y = [[\"1\"]]\nlearning_rate = \"1/4\"");
    let example = parsed(&text);
    assert_eq!(example.step.layers, parsed(NET).step.layers);
    assert_eq!(example.step.optimizer.learning_rate, 0.25);
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let Example { title, step, conventions } = parsed(&changed("loss = \"mse\"\n", ""));
    assert_eq!(title, "2-2-1, relu, mse");
    assert_eq!((step.loss, step.optimizer.rule, step.optimizer.learning_rate), (Loss::Mse, Rule::Sgd, 0.1));
    assert_eq!((step.sample_weights, conventions), (None, Conventions::default()));
    assert_eq!(step.layers[1].values.bias, None);
    let adam = parsed(&format!("optimizer = \"adam\"\n{NET}")).step;
    assert_eq!((adam.optimizer.learning_rate, adam.state.second.len()), (0.001, 2));
}

#[test]
fn a_single_sample_needs_no_second_brackets() {
    let flat = NET.replace("[[1, 2]]", "[1, 2]");
    assert_eq!(parsed(&flat), parsed(NET));
    assert_eq!(parsed(&flat.replace("y = [[1]]", "y = [1]")), parsed(NET));
    assert_eq!(parsed(&flat.replace("y = [[1]]", "y = 1")), parsed(NET));
}

#[test]
fn classes_are_numbers_from_0_or_rows_of_targets() {
    let rows = parsed(&classifier("[[0, 0, 1], [1, 0, 0]]"));
    assert_eq!(parsed(&classifier("[2, 0]")), rows);
    assert_eq!(parsed(&classifier("[[2], [0]]")), rows);
    let single = |y: &str| parsed(&classifier(y).replace("[[1, 2], [3, 4]]", "[[1, 2]]"));
    assert_eq!(single("[1]"), single("[0, 1, 0]"));
    assert_eq!(single("1"), single("[[0, 1, 0]]"));
}

#[test]
fn label_smoothing_moves_the_targets() {
    let smooth = parsed(&format!("label_smoothing = 0.3\n{}", classifier("[2, 0]"))).step;
    for (found, expected) in smooth.y.values().iter().zip([0.1, 0.1, 0.8, 0.8, 0.1, 0.1]) {
        assert!((found - expected).abs() < 1e-15, "{found}");
    }
}

#[test]
fn weights_before_their_inputs_are_transposed_and_so_is_the_state() {
    let ours = changed(
        "[[layers]]",
        "[state]\nvelocity = [{ weights = [[1, 2], [3, 4]], bias = [5, 6] }, { weights = [[7, 8]] }]\n[[layers]]",
    );
    let ours = format!("optimizer = \"momentum\"\n{ours}");
    let theirs = ours
        .replace("[[0.5, 0.2], [-0.4, 0.1]]", "[[0.5, -0.4], [0.2, 0.1]]")
        .replace("[[0.7, -0.3]]", "[[0.7], [-0.3]]")
        .replace("[[1, 2], [3, 4]]", "[[1, 3], [2, 4]]")
        .replace("[[7, 8]]", "[[7], [8]]")
        .replace("[state]", "[conventions]\nproduct = \"xW\"\n[state]");
    let (ours, theirs) = (parsed(&ours), parsed(&theirs));
    assert_eq!(ours.step, theirs.step);
    assert_eq!(theirs.conventions.product, Product::XW);
    let first =
        LayerValues { weights: Matrix::from_vec(vec![1.0, 2.0, 3.0, 4.0], 2, 2), bias: Some(vec![5.0, 6.0]) };
    assert_eq!(ours.step.state.first[0], first);
}

#[test]
fn every_convention_is_read() {
    let table = "[conventions]\nindices = \"source-first\"\ndelta = \"error\"\nproduct = \"Wa\"\nlayout = \"transposed\"\nsymbols = \"net, o\"\n[[layers]]";
    let expected = Conventions {
        indices: Indices::SourceFirst,
        delta: Delta::Error,
        product: Product::Wa,
        layout: Layout::Transposed,
        symbols: Symbols::NetO,
    };
    assert_eq!(parsed(&changed("[[layers]]", table)).conventions, expected);
}

#[test]
fn the_memory_of_each_optimizer_has_its_own_names() {
    let of = |rule: &str, state: &str| {
        parsed(&format!(
            "optimizer = \"{rule}\"\n{}",
            changed("[[layers]]", &format!("[state]\n{state}\n[[layers]]"))
        ))
        .step
        .state
    };
    let buffer = "[{ weights = [[1, 2], [3, 4]], bias = [5, 6] }, { weights = [[7, 8]] }]";
    let sum = |layers: &[LayerValues]| layers.iter().flat_map(LayerValues::iter).sum::<f64>();
    let state = of("rmsprop", &format!("step = 2\nsquare = {buffer}"));
    assert_eq!((state.steps, sum(&state.first), state.second.len()), (2, 36.0, 0));
    let state = of("adamw", &format!("step = 7\nv = {buffer}"));
    assert_eq!((state.steps, sum(&state.first), sum(&state.second)), (7, 0.0, 36.0), "m is left out: zeros");
    assert_eq!(of("sgd", "step = 4").steps, 4);
}

#[test]
fn parameters_of_loss_activation_and_optimizer_are_read() {
    let text = changed(
        "\"mse\"",
        "\"huber\"\ndelta = 0.5\noptimizer = \"rmsprop\"\nalpha = 0.8\nepsilon = 1e-6\nweight_decay = 0.1\nclip_norm = 2\nmomentum = 0.5\nbeta1 = 0.6\nbeta2 = 0.7\nsample_weights = [2]",
    );
    let text = text
        .replace("\"relu\"", "{ name = \"leaky-relu\", slope = 0.2 }")
        .replace("\"identity\"", "{ name = \"elu\", alpha = \"3/2\" }");
    let step = parsed(&text).step;
    assert_eq!(step.loss, Loss::Huber { delta: 0.5 });
    assert_eq!(step.layers[0].activation, Activation::LeakyRelu { slope: 0.2 });
    assert_eq!(step.layers[1].activation, Activation::Elu { alpha: 1.5 });
    let optimizer = step.optimizer;
    assert_eq!(
        [optimizer.alpha, optimizer.epsilon, optimizer.weight_decay, optimizer.clip_norm],
        [0.8, 1e-6, 0.1, 2.0]
    );
    assert_eq!([optimizer.momentum, optimizer.beta1, optimizer.beta2], [0.5, 0.6, 0.7]);
    assert_eq!(step.sample_weights, Some(vec![2.0]));
}

#[test]
fn a_worked_example_can_be_explained_as_well() {
    let claims = "[[claims]]\nsymbol = \"z1\"\nvalue = [1, 2]\n";
    assert_eq!(parsed(&format!("{NET}{claims}")), parsed(NET));
}

/// What is wrong, and the text that has it.
fn mistakes() -> Vec<(&'static str, String)> {
    let state = |rule: &str, state: &str| {
        format!("optimizer = \"{rule}\"\n{}", changed("[[layers]]", &format!("[state]\n{state}\n[[layers]]")))
    };
    let first = |line: &str| format!("{line}\n{NET}");
    let conventions = |line: &str| changed("[[layers]]", &format!("[conventions]\n{line}\n[[layers]]"));
    vec![
        ("no TOML", changed("[[1]]", "[[1]")),
        ("a key twice", first("loss = \"sse\"")),
        ("an unknown key", first("learning-rate = 0.1")),
        ("an unknown key of a layer", changed("bias =", "biases =")),
        ("an unknown key of the conventions", conventions("index = 1")),
        ("an unknown convention", conventions("product = \"xw\"")),
        ("a convention that is no text", conventions("delta = 1")),
        ("a title that is no text", first("title = 1")),
        ("no x", changed("x = [[1, 2]]\n", "")),
        ("no y", changed("y = [[1]]\n", "")),
        ("no layers", "x = [1]\ny = [1]\n".into()),
        ("layers that are none", "x = [1]\ny = [1]\nlayers = 3\n".into()),
        ("an empty list of layers", "x = [1]\ny = [1]\nlayers = []\n".into()),
        ("no activation", changed("activation = \"identity\"\n", "")),
        ("no weights", changed("weights = [[0.7, -0.3]]\n", "")),
        ("ragged rows", changed("[-0.4, 0.1]", "[-0.4]")),
        ("a row that is a number", changed("[-0.4, 0.1]]", "-0.4]")),
        ("an empty row", changed("[[0.5, 0.2], [-0.4, 0.1]]", "[[], []]")),
        ("an empty list", changed("[[1, 2]]", "[]")),
        ("flat weights", changed("[[0.7, -0.3]]", "[0.7, -0.3]")),
        ("no number", changed("-0.4", "\"−0,4x\"")),
        ("a truth value", changed("-0.4", "true")),
        ("a division by 0", changed("-0.4", "\"1/0\"")),
        ("not a finite number", changed("-0.4", "nan")),
        ("an integer beyond all bounds", changed("-0.4", "99999999999999999999")),
        ("weights that do not fit x", changed("[[1, 2]]", "[[1, 2, 3]]")),
        (
            "weights that do not fit the layer before",
            changed("[[0.7, -0.3]]", "[[0.7, −0.3, 1]]").replace('−', "-"),
        ),
        (
            "weights that lie the other way round",
            conventions("product = \"xW\"").replace("[[0.5, 0.2], [-0.4, 0.1]]", "[[0.5, 0.2]]"),
        ),
        ("a bias that does not fit", changed("[0.1, -0.1]", "[0.1]")),
        ("a bias in rows", changed("[0.1, -0.1]", "[[0.1], [-0.1]]")),
        ("targets that do not fit", changed("[[1]]", "[[1, 2]]")),
        ("a class that is not there", classifier("[3, 0]")),
        ("a class that is none", classifier("[[1], [0.5]]")),
        ("too few classes", classifier("[1]")),
        ("an unknown activation", changed("\"relu\"", "\"rleu\"")),
        ("an activation that is none", changed("\"relu\"", "7")),
        ("a slope for another activation", changed("\"relu\"", "{ name = \"tanh\", slope = 0.1 }")),
        ("an activation without a name", changed("\"relu\"", "{ slope = 0.1 }")),
        ("softmax in between", changed("\"relu\"", "\"softmax\"")),
        ("an unknown loss", changed("\"mse\"", "\"msee\"")),
        (
            "a loss that does not go with its output",
            changed("\"mse\"", "\"poisson\"").replace("\"identity\"", "\"tanh\""),
        ),
        ("a delta for another loss", first("delta = 1")),
        ("a delta out of range", changed("\"mse\"", "\"huber\"\ndelta = 0")),
        ("smoothing for another loss", first("label_smoothing = 0.1")),
        ("an unknown optimizer", first("optimizer = \"adamm\"")),
        ("lbfgs", first("optimizer = \"lbfgs\"")),
        ("a learning rate out of range", first("learning_rate = -0.1")),
        ("a momentum out of range", first("optimizer = \"momentum\"\nmomentum = 1")),
        ("too many sample weights", first("sample_weights = [1, 2]")),
        ("a negative sample weight", first("sample_weights = [-1]")),
        ("no sample weight above 0", first("sample_weights = [0]")),
        ("a state that its rule has not", state("adam", "velocity = []")),
        ("a state that is no list", state("momentum", "velocity = 1")),
        (
            "a state for too few layers",
            state("momentum", "velocity = [{ weights = [[1, 2], [3, 4]], bias = [5, 6] }]"),
        ),
        (
            "a state of another shape",
            state("momentum", "velocity = [{ weights = [[1, 2]], bias = [5, 6] }, { weights = [[7, 8]] }]"),
        ),
        (
            "a state without its bias",
            state("momentum", "velocity = [{ weights = [[1, 2], [3, 4]] }, { weights = [[7, 8]] }]"),
        ),
        (
            "a negative mean square",
            state(
                "rmsprop",
                "square = [{ weights = [[1, 2], [3, -4]], bias = [5, 6] }, { weights = [[7, 8]] }]",
            ),
        ),
        ("half a step", state("adam", "step = 1.5")),
    ]
}

#[test]
fn every_mistake_is_told_with_its_line_and_column() {
    let mut told = String::new();
    for (what, text) in mistakes() {
        let error = Example::parse(&text, "net.toml").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{what}");
        let place = error.position().unwrap();
        let line = text.lines().nth(place.line.unwrap() as usize - 1).unwrap_or("");
        let column = place.column.as_ref().unwrap().0 as usize;
        let mark = " ".repeat(column - 1);
        let _ = write!(told, "# {what}\n{error}\n| {line}\n| {mark}^\n\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn columns_are_counted_in_characters() {
    let text = changed("x = [[1, 2]]", "x = [[\"½\", \"−1/2\", \"ö\"]]");
    let error = Example::parse(&text, "f").unwrap_err();
    assert_eq!(error.to_string().split(": ").next(), Some("f, line 1, column 7"));
    let text = changed("x = [[1, 2]]", "x = [[\"−1/2\", \"ö\"]]");
    let error = Example::parse(&text.replace('\n', "\r\n"), "f").unwrap_err();
    assert_eq!(error.to_string().split(": ").next(), Some("f, line 1, column 15"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(position in 0..NET.len(), inserted in "[\\[\\]{}=,.\"0-9a-z\n−é-]{0,6}", removed in 0_usize..9) {
        let mut text: Vec<char> = NET.chars().collect();
        let end = (position + removed).min(text.len());
        text.splice(position..end, inserted.chars());
        let text: String = text.into_iter().collect();
        if let Err(error) = Example::parse(&text, "net.toml") {
            proptest::prop_assert_eq!(error.kind(), ErrorKind::Data);
            proptest::prop_assert!(error.position().is_some());
        }
    }

    #[test]
    fn every_number_of_a_file_arrives_as_it_was_written(bits in proptest::collection::vec(proptest::num::f64::NORMAL, 6)) {
        let line = format!("[[{:?}, {:e}], [{:?}, \"{}\"]]", bits[0], bits[1], bits[2], bits[3]);
        let line = line.replace("inf", "0").replace("NaN", "0");
        let example = parsed(&changed("[[0.5, 0.2], [-0.4, 0.1]]", &line));
        proptest::prop_assert_eq!(example.step.layers[0].values.weights.values(), &bits[..4]);
    }
}
