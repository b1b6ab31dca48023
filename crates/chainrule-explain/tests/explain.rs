//! What must hold of every derivation: its numbers, in all forms, are those of differences and of the engine.

mod random;

use std::collections::BTreeSet;

use chainrule::network::activation_name;
use chainrule_explain::conventions::{Conventions, Delta, Indices, Layout, Product, Symbols};
use chainrule_explain::{Example, Form, Options, Value, explain_step, render};
use random::{Source, step};

#[test]
fn forms_engine_and_differences_agree_on_random_networks() {
    let (mut compared, mut kinks) = (0, 0);
    let mut seen = BTreeSet::new();
    for seed in 0..400 {
        let step = step(&mut Source::new(seed));
        seen.insert(format!("{}", step.loss));
        seen.insert(step.optimizer.rule.name().to_owned());
        seen.extend(step.layers.iter().map(|layer| activation_name(layer.activation).0.to_owned()));
        let derivation = explain_step(&step, &Options::default()).expect("a derivation");
        let verification = &derivation.verification;
        assert_eq!(verification.first_difference(), None, "seed {seed}: {step:#?}");
        assert!(
            verification.forms_agree.largest_error <= 1e-12 && verification.engine.largest_error <= 1e-12
        );
        compared += verification.finite_difference.compared;
        kinks += verification.finite_difference.kinks;
    }
    assert_eq!(seen.len(), 9 + 6 + 14, "every loss, rule and activation: {seen:?}");
    assert!(compared > 20_000 && kinks * 50 < compared, "{compared} compared, {kinks} kinks");
}

#[test]
fn every_line_of_a_derivative_is_checked_and_agrees_under_any_conventions() {
    let mut source = Source::new(7);
    for seed in 0..60 {
        let step = step(&mut Source::new(1000 + seed));
        let conventions = Conventions {
            indices: source.one_of(&[Indices::DestinationFirst, Indices::SourceFirst]),
            delta: source.one_of(&[Delta::Gradient, Delta::Error]),
            product: source.one_of(&[Product::Wa, Product::XW]),
            layout: source.one_of(&[Layout::Weights, Layout::Transposed]),
            symbols: source.one_of(&[Symbols::Za, Symbols::HV, Symbols::NetO]),
        };
        let options = Options { conventions, ..Options::default() };
        let derivation = explain_step(&step, &options).expect("a derivation");
        let checked = derivation.lines().filter_map(|line| line.check.map(|check| (line, check)));
        let mut n_checked = 0;
        for (line, check) in checked {
            n_checked += 1;
            assert!(check.agrees, "seed {seed}, {}: {check:?}", line.id);
        }
        assert!(n_checked >= 3 * step.layers.len(), "{n_checked} lines are checked");
        let mut components = derivation.lines().filter(|line| line.form == Some(Form::Component));
        assert!(components.all(|line| line.check.is_some()));
    }
}

#[test]
fn lines_have_names_of_their_own() {
    for seed in 0..50 {
        let derivation =
            explain_step(&step(&mut Source::new(seed)), &Options::default()).expect("a derivation");
        let mut ids: Vec<&str> = derivation.lines().map(|line| line.id.as_str()).collect();
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n, "seed {seed}");
    }
}

#[test]
fn conventions_change_signs_and_shapes_and_no_size() {
    let step = step(&mut Source::new(11));
    let plain = explain_step(&step, &Options::default()).expect("a derivation");
    let conventions = Conventions { delta: Delta::Error, product: Product::XW, ..Conventions::default() };
    let other = explain_step(&step, &Options { conventions, ..Options::default() }).expect("a derivation");
    assert_eq!(plain.trace, other.trace);
    let sizes = |derivation: &chainrule_explain::Derivation, name: &str| -> Vec<f64> {
        let lines = derivation.lines().filter(|line| line.id.starts_with(name));
        lines.flat_map(|line| line.value.entries().iter().map(|x| x.abs()).collect::<Vec<_>>()).collect()
    };
    let delta = "u3b4-1_";
    assert!(!sizes(&plain, delta).is_empty());
    assert_eq!(sizes(&plain, delta), sizes(&other, delta));
}

#[test]
fn what_is_selected_is_written_and_the_rest_is_counted() {
    use chainrule_explain::{Block, Selection};
    let step = step(&mut Source::new(3));
    let selection = Selection { layer: Some(1), weight: Some((1, 1)), ..Selection::default() };
    let derivation = explain_step(&step, &Options { selection, ..Options::default() }).expect("a derivation");
    let weights = step.layers[0].n_outputs() * step.layers[0].n_inputs();
    let omitted =
        derivation.sections.iter().flat_map(|section| &section.blocks).find_map(|block| match block {
            Block::Omitted { what, count, .. } if what == "weights of layer 1" => Some(*count),
            _ => None,
        });
    assert_eq!(omitted.unwrap_or(0), weights - 1);
    let wrong = Selection { layer: Some(9), ..Selection::default() };
    let error =
        explain_step(&step, &Options { selection: wrong, ..Options::default() }).expect_err("no layer 9");
    assert!(error.to_string().contains("--layer 9: the network has the layers 1 to"), "{error}");
    let wrong = Selection { layer: Some(1), weight: Some((99, 1)), ..Selection::default() };
    let error =
        explain_step(&step, &Options { selection: wrong, ..Options::default() }).expect_err("no unit 99");
    let said = format!(
        "--weight names unit 99, which is not there: layer 1 has the units 1 to {}",
        step.layers[0].n_outputs()
    );
    assert_eq!(error.to_string(), said);
}

#[test]
fn values_of_a_line_have_the_shape_that_they_say() {
    let derivation = explain_step(&step(&mut Source::new(5)), &Options::default()).expect("a derivation");
    for line in derivation.lines() {
        match &line.value {
            Value::Scalar(_) => assert!(line.value.shape().is_empty()),
            Value::Matrix(matrix) => assert_eq!(line.value.shape(), [matrix.rows(), matrix.columns()]),
        }
    }
}

#[test]
fn the_weight_of_an_only_row_stands_in_its_loss() {
    let text = "loss = \"sse\"\nx = [[2]]\ny = [[1]]\nsample_weights = [2]\n\
                [[layers]]\nactivation = \"identity\"\nweights = [[0.75]]\n";
    let step = Example::parse(text, "weighted.toml").expect("a step").step;
    let derivation = explain_step(&step, &Options::default()).expect("a derivation");
    let text = render::text::render(&derivation, 6);
    assert!(text.contains("L = 2·(ŷ₁ − y₁)² = 2·(1.5 − 1)² = 0.5"), "{text}");
}
