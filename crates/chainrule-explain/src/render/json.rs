//! JSON: every number of a step, unrounded, for programs.
//!
//! The numbers come from the [`Trace`](crate::Trace) and not from the lines, so they are all there whatever was selected
//! for writing out, and in our own conventions whatever a text looks like. A line's `symbol`, `formula` and `numbers` are
//! what the text form has; its `value` is unrounded as well. A layer, a row of examples and a line of the derivation each
//! have a line of their own in the file, so that a person finds them too. What JSON has no number for is `null`.
//!
//! | key            | what                                                                                        |
//! |----------------|---------------------------------------------------------------------------------------------|
//! | `title`        | what is explained                                                                           |
//! | `x`, `y`       | the inputs N × n₀ and the targets N × K, as the network and the loss see them               |
//! | `forward`      | per layer `z` and `a`, N × n_out                                                            |
//! | `loss`         | the loss of the batch                                                                       |
//! | `backward`     | per layer `delta` N × n_out, `weights` n_out × n_in, `bias` n_out or `null`                 |
//! | `per_example`  | per row, per layer the same of the row's own loss: as a batch of its own and of weight 1    |
//! | `update`       | per layer `weights` and `bias` after the step                                               |
//! | `state`        | the optimizer's memory after the step, named as in an example's `[state]`                   |
//! | `after`        | `prediction` and `loss` after the step, `predicted_change` Σ ∂L/∂θ·Δθ                       |
//! | `verification` | `finite_difference`, `forms_agree`, `engine`: whether each agrees; `errors`: by how much    |
//! | `lines`        | per line `id`, `symbol`, `formula`, `numbers`, `value`, `shape`, `form`                     |

use chainrule::Matrix;
use chainrule::optimizer::Rule;
use serde_json::{Value as Json, json};

use super::text::formula;
use crate::derivation::{Derivation, Form, Line, Value};
use crate::step::{LayerValues, State, Step};
use crate::trace::{Backward, Forward};
use crate::verify::{Comparison, Verification};

/// Writes a derivation as a JSON document. `digits` are those of the numbers within formulas; all others are unrounded.
pub fn render(derivation: &Derivation, digits: usize) -> String {
    let Derivation { step, trace, verification, .. } = derivation;
    let forward = trace.forward.z.iter().zip(&trace.forward.a);
    let entries = [
        ("title", json!(derivation.title).to_string()),
        ("x", matrix(&step.x).to_string()),
        ("y", matrix(&step.y).to_string()),
        ("forward", list(forward.map(|(z, a)| json!({ "z": matrix(z), "a": matrix(a) }).to_string()))),
        ("loss", json!(trace.forward.loss).to_string()),
        ("backward", list(gradients(&trace.backward).map(|layer| layer.to_string()))),
        ("per_example", list((0..step.n_rows()).map(|row| example(step, row)))),
        ("update", list(trace.update.parameters.iter().map(|layer| values(layer).to_string()))),
        ("state", state(step.optimizer.rule, &trace.update.state).to_string()),
        ("after", after(derivation).to_string()),
        ("verification", verified(verification).to_string()),
        ("lines", list(derivation.lines().map(|it| line(it, digits).to_string()))),
    ];
    let entries: Vec<String> = entries.map(|(key, value)| format!("\"{key}\": {value}")).into();
    format!("{{\n{}\n}}\n", entries.join(",\n"))
}

/// An array with a line for each of its items.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("  {item}")).collect();
    if items.is_empty() { "[]".into() } else { format!("[\n{}\n]", items.join(",\n")) }
}

/// Row after row.
fn matrix(matrix: &Matrix<f64>) -> Json {
    // Adding 0 turns −0 into 0, which is the same number to everybody else.
    let row = |i: usize| matrix.row(i).iter().map(|x| x + 0.0).collect::<Vec<f64>>();
    (0..matrix.rows()).map(|i| json!(row(i))).collect()
}

fn values(layer: &LayerValues) -> Json {
    json!({ "weights": matrix(&layer.weights), "bias": layer.bias })
}

/// δ and the gradient of each layer.
fn gradients(backward: &Backward) -> impl Iterator<Item = Json> {
    backward.deltas.iter().zip(&backward.gradients).map(|(delta, gradient)| {
        json!({ "delta": matrix(delta), "weights": matrix(&gradient.weights), "bias": gradient.bias })
    })
}

/// The layers of a row that is a batch of its own and of weight 1.
fn example(step: &Step, row: usize) -> String {
    let alone = |from: &Matrix<f64>| Matrix::from_vec(from.row(row).to_vec(), 1, from.columns());
    let step = Step { x: alone(&step.x), y: alone(&step.y), sample_weights: None, ..step.clone() };
    gradients(&Backward::new(&step, &Forward::new(&step))).collect::<Json>().to_string()
}

/// The memory under the names that an example has for it.
fn state(rule: Rule, state: &State) -> Json {
    let mut document = serde_json::Map::from_iter([("step".to_owned(), json!(state.steps))]);
    for (name, buffer) in buffer_names(rule).iter().zip([&state.first, &state.second]) {
        document.insert((*name).to_owned(), buffer.iter().map(values).collect());
    }
    document.into()
}

/// What a rule calls its buffers.
fn buffer_names(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::Momentum | Rule::Nesterov => &["velocity"],
        Rule::RmsProp => &["square"],
        Rule::Adam | Rule::AdamW => &["m", "v"],
        _ => &[],
    }
}

fn after(derivation: &Derivation) -> Json {
    let after = &derivation.trace.after;
    json!({
        "prediction": after.a.last().map(matrix),
        "loss": after.loss,
        "predicted_change": derivation.trace.predicted_change,
    })
}

fn verified(verification: &Verification) -> Json {
    let Verification { finite_difference, forms_agree, engine, engine_f32 } = verification;
    json!({
        "finite_difference": finite_difference.agrees(),
        "forms_agree": forms_agree.agrees(),
        "engine": engine.agrees(),
        "errors": {
            "finite_difference": comparison(finite_difference),
            "forms_agree": comparison(forms_agree),
            "engine": comparison(engine),
            "engine_f32": engine_f32.as_ref().map(comparison),
        },
    })
}

fn comparison(comparison: &Comparison) -> Json {
    json!({
        "compared": comparison.compared,
        "kinks": comparison.kinks,
        "largest_error": comparison.largest_error,
        "first_difference": comparison.first_difference,
    })
}

fn line(line: &Line, digits: usize) -> Json {
    let value = match &line.value {
        Value::Scalar(value) => json!(value),
        Value::Matrix(value) => matrix(value),
    };
    json!({
        "id": line.id,
        "symbol": formula(&line.symbol, digits),
        "formula": line.formula.as_ref().map(|expr| formula(expr, digits)),
        "numbers": line.numbers.as_ref().map(|expr| formula(expr, digits)),
        "value": value,
        "shape": line.value.shape(),
        "form": line.form.map(Form::name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derivation::{Block, Section};
    use crate::expression::{Expr, Symbol};
    use crate::step::Layer;
    use crate::{Options, explain_step};
    use chainrule::Activation;
    use chainrule::loss::Loss;
    use chainrule::optimizer::OptimizerConfig;

    /// Two rows, of which the second counts three times as much, through 2-1 with a bias in the first layer only.
    fn step(rule: Rule) -> Step {
        let layer = |weights: &[f64], n: usize, bias: Option<Vec<f64>>| Layer {
            activation: Activation::Sigmoid,
            values: LayerValues { weights: Matrix::from_vec(weights.to_vec(), n, weights.len() / n), bias },
        };
        let step = Step {
            x: Matrix::from_vec(vec![0.5, -1.0, 0.25, 2.0], 2, 2),
            y: Matrix::from_vec(vec![1.0, 0.0], 2, 1),
            sample_weights: Some(vec![1.0, 3.0]),
            layers: vec![
                layer(&[0.1, 0.2, -0.3, 0.4], 2, Some(vec![0.5, -0.5])),
                layer(&[0.7, -0.8], 1, None),
            ],
            loss: Loss::HalfMse,
            optimizer: OptimizerConfig { rule, learning_rate: 0.1, ..OptimizerConfig::default() },
            state: State::default(),
        };
        step.checked().expect("a step")
    }

    fn document(step: &Step, change: impl FnOnce(&mut Derivation)) -> Json {
        let mut derivation = explain_step(step, &Options::default()).expect("a derivation");
        change(&mut derivation);
        serde_json::from_str(&render(&derivation, 6)).expect("JSON")
    }

    fn numbers(value: &Json) -> Vec<f64> {
        match value {
            Json::Array(items) => items.iter().flat_map(numbers).collect(),
            Json::Number(number) => vec![number.as_f64().expect("a double")],
            Json::Null => vec![],
            other => panic!("{other} among numbers"),
        }
    }

    #[test]
    fn every_number_of_the_trace_is_there_bit_for_bit() {
        let step = step(Rule::Adam);
        let json = document(&step, |_| ());
        let trace = crate::Trace::new(&step);
        for l in 0..2 {
            assert_eq!(numbers(&json["forward"][l]["z"]), trace.forward.z[l].values());
            assert_eq!(numbers(&json["forward"][l]["a"]), trace.forward.a[l].values());
            assert_eq!(numbers(&json["backward"][l]["delta"]), trace.backward.deltas[l].values());
            for (part, values) in [
                (&json["backward"][l], &trace.backward.gradients[l]),
                (&json["update"][l], &trace.update.parameters[l]),
                (&json["state"]["m"][l], &trace.update.state.first[l]),
                (&json["state"]["v"][l], &trace.update.state.second[l]),
            ] {
                assert_eq!(part["weights"][0].as_array().map(Vec::len), Some(values.weights.columns()));
                assert_eq!(
                    [numbers(&part["weights"]), numbers(&part["bias"])].concat(),
                    values.iter().collect::<Vec<_>>()
                );
            }
        }
        assert_eq!(
            (numbers(&json["x"]), numbers(&json["y"])),
            (step.x.values().into(), step.y.values().into())
        );
        assert_eq!(json["backward"][1]["bias"], Json::Null);
        assert_eq!(json["loss"], json!(trace.forward.loss));
        assert_eq!(json["state"]["step"], json!(1));
        assert_eq!(numbers(&json["after"]["prediction"]), trace.after.a[1].values());
        assert_eq!(json["after"]["loss"], json!(trace.after.loss));
        assert_eq!(json["after"]["predicted_change"], json!(trace.predicted_change));
    }

    #[test]
    fn the_batch_has_the_weighted_mean_of_the_examples_gradients() {
        let json = document(&step(Rule::Sgd), |_| ());
        for l in 0..2 {
            for key in ["weights", "bias", "delta"] {
                let of = |row: usize| numbers(&json["per_example"][row][l][key]);
                let all = numbers(&json["backward"][l][key]);
                // A row's δ stands in a row of its own; gradients are summed over the rows.
                let expected: Vec<f64> = match key {
                    "delta" => of(0).iter().map(|d| d / 4.0).chain(of(1).iter().map(|d| d * 0.75)).collect(),
                    _ => {
                        of(0).iter().zip(of(1)).map(|(first, second)| (first + 3.0 * second) / 4.0).collect()
                    }
                };
                assert_eq!(all.len(), expected.len());
                assert!(all.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-16), "layer {l}, {key}");
            }
        }
    }

    #[test]
    fn memory_has_the_names_that_an_example_gives_it() {
        for (rule, names) in [
            (Rule::Sgd, vec!["step"]),
            (Rule::Momentum, vec!["step", "velocity"]),
            (Rule::Nesterov, vec!["step", "velocity"]),
            (Rule::RmsProp, vec!["square", "step"]),
            (Rule::AdamW, vec!["m", "step", "v"]),
        ] {
            let json = document(&step(rule), |_| ());
            let state = json["state"].as_object().expect("an object");
            assert_eq!(state.keys().collect::<Vec<_>>(), names, "{rule}");
        }
    }

    #[test]
    fn what_disagrees_is_false_and_what_is_no_number_is_null() {
        let json = document(&step(Rule::Sgd), |derivation| {
            derivation.trace.forward.loss = f64::NAN;
            derivation.verification.engine.first_difference = Some("layers.0.weight[1,0]: 1 and 2".into());
            derivation.verification.engine.largest_error = f64::INFINITY;
        });
        assert_eq!(json["loss"], Json::Null);
        let verification = &json["verification"];
        assert_eq!(
            (&verification["finite_difference"], &verification["engine"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(verification["errors"]["engine"]["largest_error"], Json::Null);
        assert_eq!(
            verification["errors"]["engine"]["first_difference"],
            json!("layers.0.weight[1,0]: 1 and 2")
        );
        assert_eq!(verification["errors"]["engine_f32"], Json::Null);
    }

    #[test]
    fn a_line_keeps_its_value_whole_and_says_its_shape_and_form() {
        let json = document(&step(Rule::Sgd), |derivation| {
            let line = |form, value| {
                Block::Line(Box::new(Line {
                    id: "z-1".into(),
                    form,
                    symbol: Symbol::new("z").layer(1).into(),
                    formula: None,
                    numbers: Some(Expr::Number(1.0 / 3.0)),
                    value,
                    check: None,
                }))
            };
            let blocks = vec![
                line(None, Value::Scalar(1.0 / 3.0)),
                line(Some(Form::Tensor), Value::Matrix(Matrix::from_vec(vec![0.1, 0.2], 1, 2))),
            ];
            derivation.sections = vec![Section { id: "forward".into(), title: String::new(), blocks }];
        });
        let [scalar, matrix] = [&json["lines"][0], &json["lines"][1]];
        assert_eq!((&scalar["id"], &scalar["formula"]), (&json!("z-1"), &Json::Null));
        assert_eq!((&scalar["numbers"], &scalar["value"]), (&json!("0.333333"), &json!(1.0 / 3.0)));
        assert_eq!((&scalar["shape"], &scalar["form"]), (&json!([]), &Json::Null));
        assert_eq!((&matrix["value"], &matrix["shape"]), (&json!([[0.1, 0.2]]), &json!([1, 2])));
        assert_eq!(matrix["form"], json!("tensor"));
    }
}
