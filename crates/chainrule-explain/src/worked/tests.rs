//! What claims are read as, and where each refusal points.

use std::fmt::Write as _;

use super::*;
use crate::Trace;
use crate::claim::{Kind, Nesting, Quantity, Written};
use crate::conventions::Symbols;
use chainrule::ErrorKind;

const NET: &str = "x = [[0, 1, 2]]
y = [[1]]
[[layers]]
activation = \"sigmoid\"
weights = [[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]]
bias = [0, 0]
[[layers]]
activation = \"sigmoid\"
weights = [[0.1, 0.2]]
";

fn text(conventions: &str, symbol: &str, value: &str) -> String {
    let head = if conventions.is_empty() { String::new() } else { format!("[conventions]\n{conventions}\n") };
    let net = NET.replacen("[[layers]]", &format!("{head}[[layers]]"), 1);
    format!("{net}[[claims]]\nsymbol = \"{symbol}\"\nvalue = {value}\nwhere = \"line 12\"\n")
}

fn claim(conventions: &str, symbol: &str, value: &str) -> Claim {
    Worked::parse(&text(conventions, symbol, value), "worked.toml").unwrap().claims.remove(0)
}

fn values(claim: &Claim) -> Vec<Vec<f64>> {
    claim.value.iter().map(|row| row.iter().map(|number| number.value).collect()).collect()
}

#[test]
fn every_symbol_of_a_network_is_read_as_what_it_names() {
    for n_layers in 1..4 {
        for quantity in symbols::all(n_layers) {
            assert_eq!(Quantity::parse(&quantity.name(), n_layers), Ok(quantity));
        }
    }
}

#[test]
fn the_spellings_of_textbooks_are_read_as_well() {
    let before = Quantity::before;
    let cases = [
        ("z₁", before(Kind::Preactivations(1))),
        ("a^(2)", before(Kind::Activations(2))),
        ("a^{[1]}", before(Kind::Activations(1))),
        ("W_{2}", before(Kind::Weights(2))),
        ("δ2", before(Kind::Delta(2))),
        ("δ^{(1)}", before(Kind::Delta(1))),
        ("∂L/∂z2", before(Kind::Delta(2))),
        ("σ'(z2)", before(Kind::Slopes(2))),
        ("f'(z_1)", before(Kind::Slopes(1))),
        ("ŷ", before(Kind::Prediction)),
        ("y\u{302}", before(Kind::Prediction)),
        ("y_hat", before(Kind::Prediction)),
        ("L", before(Kind::Loss)),
        ("E", before(Kind::Loss)),
        ("∂L/∂ŷ", before(Kind::OutputDerivative)),
        ("∂L/∂a2", before(Kind::OutputDerivative)),
        ("∂L/∂W2", before(Kind::WeightGradient(2))),
        ("dE/dW_1", before(Kind::WeightGradient(1))),
        ("dloss_db1", before(Kind::BiasGradient(1))),
        ("∇W1", before(Kind::WeightGradient(1))),
        ("W'_2", Quantity::after(Kind::Weights(2))),
        ("W2_new", Quantity::after(Kind::Weights(2))),
        ("W^{(1)}′", Quantity::after(Kind::Weights(1))),
        ("L'", Quantity::after(Kind::Loss)),
        ("ŷ'", Quantity::after(Kind::Prediction)),
    ];
    for (symbol, quantity) in cases {
        assert_eq!(Quantity::parse(symbol, 2), Ok(quantity), "{symbol}");
    }
    assert_eq!(Quantity::parse("W'", 1), Ok(Quantity::after(Kind::Weights(1))), "the only layer");
}

#[test]
fn letters_of_a_convention_are_read_under_that_convention_only() {
    let kind = |symbol, symbols| symbols::read(symbol, 2, symbols).map(|reading| reading.quantity.kind);
    assert_eq!(kind("h1", Symbols::HV), Ok(Kind::Preactivations(1)));
    assert_eq!(kind("V2", Symbols::HV), Ok(Kind::Activations(2)));
    assert_eq!(kind("f'(h2)", Symbols::HV), Ok(Kind::Slopes(2)));
    assert_eq!(kind("net2", Symbols::NetO), Ok(Kind::Preactivations(2)));
    assert_eq!(kind("∂E/∂net_1", Symbols::NetO), Ok(Kind::Delta(1)));
    assert!(kind("h1", Symbols::Za).is_err(), "in many books h is what others call a");
}

#[test]
fn a_vector_may_be_a_row_a_column_or_a_list() {
    let expected = vec![vec![1.1, 0.9]];
    for (value, nesting, transposed, index) in [
        ("[[1.1, 0.9]]", Nesting::Rows, false, vec![0, 1]),
        ("[[1.1], [0.9]]", Nesting::Rows, true, vec![1, 0]),
        ("[1.1, 0.9]", Nesting::List, false, vec![1]),
    ] {
        let claim = claim("", "z1", value);
        assert_eq!(values(&claim), expected);
        assert_eq!(claim.written, Written { nesting, transposed, negated: false }, "{value}");
        assert_eq!(claim.author_index(0, 1), index);
        assert_eq!(claim.place, "line 12");
    }
    let single = claim("", "z2", "\"0,217\"");
    assert_eq!((values(&single), single.author_index(0, 0)), (vec![vec![0.217]], vec![]));
    assert_eq!(claim("", "loss", "[0.2]").author_index(0, 0), [0]);
}

#[test]
fn a_matrix_lies_as_its_author_writes_products_and_gradients() {
    let ours = "[[1, 2, 3], [4, 5, 6]]";
    let other = "[[1, 4], [2, 5], [3, 6]]";
    let source = "product = \"xW\"";
    let layout = "layout = \"transposed\"";
    let both = &format!("{source}\n{layout}");
    let xw = NET.replace("[[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]]", "[[0.4, 0.2], [0.5, 0.7], [0.3, 0.1]]");
    let xw = xw.replace("[[0.1, 0.2]]", "[[0.1], [0.2]]");
    for (conventions, symbol, value, transposed) in [
        ("", "W1", ours, false),
        ("", "dW1", ours, false),
        (layout, "W1", ours, false),
        (layout, "dW1", other, true),
        (source, "W1'", other, true),
        (source, "dW1", other, true),
        (both, "W1", other, true),
        (both, "dW1", ours, false),
    ] {
        let text = text(conventions, symbol, value);
        let text = if conventions.contains("xW") {
            let (_, rest) = text.split_at(text.find("[conventions]").unwrap());
            let claims = rest.split_at(rest.find("[[claims]]").unwrap()).1;
            let head = format!("[conventions]\n{conventions}\n[[layers]]");
            format!("{}{claims}", xw.replacen("[[layers]]", &head, 1))
        } else {
            text
        };
        let claim = Worked::parse(&text, "worked.toml").unwrap().claims.remove(0);
        assert_eq!(values(&claim), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "{conventions} {symbol}");
        assert_eq!(claim.written.transposed, transposed);
        assert_eq!(claim.author_index(0, 2), if transposed { [2, 0] } else { [0, 2] });
    }
}

#[test]
fn an_error_term_has_the_other_sign_and_a_derivative_has_not() {
    let error = "delta = \"error\"";
    let claimed = claim(error, "delta2", "\"0.22\"");
    assert_eq!((claimed.value[0][0].value, claimed.written.negated), (-0.22, true));
    assert_eq!(claimed.value[0][0].text, "0.22", "as it was written");
    assert_eq!(claim(error, "∂L/∂z2", "0.22").value[0][0].value, 0.22);
    assert_eq!(claim("", "delta2", "0.22").value[0][0].value, 0.22);
}

#[test]
fn a_string_keeps_its_digits_and_a_float_has_those_of_its_shortest_form() {
    let unit = |value: &str| claim("", "z2", value).value[0][0].unit;
    assert_eq!([unit("\"0.500\""), unit("0.500"), unit("2"), unit("\"1/3\"")], [1e-3, 0.1, 1.0, 0.0]);
}

#[test]
fn the_claims_of_example_a_are_read_in_order_with_all_that_is_printed_twice() {
    let worked = Worked::named("a").unwrap();
    assert_eq!(worked.example.step, Example::named("a").unwrap().step);
    assert!(Worked::named("xor").is_none());
    let symbols: Vec<&str> = worked.claims.iter().map(|claim| claim.symbol.as_str()).collect();
    let expected = [
        "z1",
        "a1",
        "z2",
        "yhat",
        "delta2",
        "dW2",
        "W2'",
        "sigma'(z1)",
        "z2",
        "sigma'(z2)",
        "delta2",
        "dW1",
        "W1'",
        "W1'",
        "z1'",
        "a1'",
        "z2'",
        "yhat",
        "yhat'",
    ];
    assert_eq!(symbols, expected);
    let trace = Trace::new(&worked.example.step);
    for claim in &worked.claims {
        let value = claim.quantity.value(&worked.example.step, &trace);
        let shape = (claim.value.len(), claim.value[0].len());
        assert_eq!(shape, (value.rows(), value.columns()), "{}", claim.symbol);
        assert!(!claim.place.is_empty());
    }
}

#[test]
fn every_mistake_in_a_claim_is_told_with_its_line_and_column() {
    let mistakes = [
        ("an unknown symbol", text("", "zz2", "1")),
        ("a layer that is not there", text("", "z3", "1")),
        ("a layer without its number", text("", "z", "1")),
        ("a layer that counts from 0", text("", "W0", "1")),
        ("a derivative after the step", text("", "dW2'", "[[1, 2]]")),
        ("a derivative by what is inside", text("", "∂L/∂a1", "[[1, 2]]")),
        ("a bias that the layer has not", text("", "db2", "1")),
        ("a number for a vector", text("", "z1", "1")),
        ("a list that is too long", text("", "z1", "[1, 2, 3]")),
        ("a matrix that lies the other way round", text("", "dW1", "[[1, 2], [3, 4], [5, 6]]")),
        ("the same under another layout", text("layout = \"transposed\"", "dW1", "[[1, 2, 3], [4, 5, 6]]")),
        ("a list for a matrix", text("", "W1", "[1, 2, 3, 4, 5, 6]")),
        ("ragged rows", text("", "W1", "[[1, 2, 3], [4, 5]]")),
        ("no number", text("", "z1", "[[1.1, \"o.9\"]]")),
        ("a symbol that is no text", text("", "z1", "[1, 2]").replace("\"z1\"", "1")),
        ("no symbol", text("", "z1", "[1, 2]").replace("symbol = \"z1\"\n", "")),
        ("no value", text("", "z1", "[1, 2]").replace("value = [1, 2]\n", "")),
        ("an unknown key", text("", "z1", "[1, 2]").replace("where", "wher")),
        ("a place that is no text", text("", "z1", "[1, 2]").replace("\"line 12\"", "12")),
    ];
    let mut told = String::new();
    for (what, text) in mistakes {
        let error = Worked::parse(&text, "worked.toml").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{what}");
        let place = error.position().unwrap();
        let line = text.lines().nth(place.line.unwrap() as usize - 1).unwrap_or("");
        let mark = " ".repeat(place.column.as_ref().unwrap().0 as usize - 1);
        let _ = write!(told, "# {what}\n{error}\n| {line}\n| {mark}^\n\n");
    }
    insta::assert_snapshot!(told);
}

proptest::proptest! {
    #[test]
    fn no_symbol_makes_it_panic(symbol in "[zaWbdLEδσŷ∂/'()_^{}0-9₂ h]{0,9}|\\PC{0,9}", n_layers in 0_usize..4) {
        if let Ok(quantity) = Quantity::parse(&symbol, n_layers) {
            proptest::prop_assert!(symbols::all(n_layers).contains(&quantity));
        }
    }
}
