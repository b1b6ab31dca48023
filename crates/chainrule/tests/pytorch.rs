//! Networks and whole trainings against the numbers that `PyTorch` computed.
//!
//! `testdata/external/pytorch.py` made the file and documents every field. A case gives weights, inputs and targets, and
//! everything else has to come out; the rules are also compared one by one, fed with `PyTorch`'s own gradients, and the
//! schedules rate by rate.

mod common;

use chainrule::data::{Batch, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig, parse_activation};
use chainrule::optimizer::schedule::{Cosine, Exponential, OneCycle, Step, Unit};
use chainrule::optimizer::{Optimizer, OptimizerConfig, Progress, Rule, Schedule, ScheduleKind};
use chainrule::training::SeparatePlan;
use chainrule::{Activation, Matrix};
use common::{all_rows, cpu, gradients, numeric};
use serde_json::Value;

/// Of each array's largest value.
const TOLERANCE: f64 = 1e-9;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../testdata/external/pytorch.json")).unwrap()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number '{key}' in {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text '{key}' in {value}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list '{key}' in {value}"))
}

/// All numbers in a value, in reading order; nothing of null.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        Value::Null => Vec::new(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn matrix(value: &Value) -> Matrix<f64> {
    let rows = value.as_array().unwrap();
    Matrix::from_vec(numbers(value), rows.len(), rows[0].as_array().unwrap().len())
}

fn assert_agree(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= TOLERANCE * scale, "{what}, entry {i}: {f}, PyTorch {e}");
    }
}

fn activation(value: &Value) -> Activation {
    let Value::Object(options) = value else {
        return parse_activation(value.as_str().unwrap(), None).unwrap();
    };
    assert_eq!(options.len(), 2, "a name and one parameter: {value}");
    let parameter = options.iter().find(|(key, _)| *key != "name").and_then(|(_, value)| value.as_f64());
    parse_activation(text(value, "name"), parameter).unwrap()
}

fn objective(value: &Value) -> Objective {
    let mut objective = Objective::new(text(value, "name").parse().unwrap());
    for (key, value) in value.as_object().unwrap() {
        match (key.as_str(), &mut objective.loss) {
            ("name", _) => (),
            ("label_smoothing", _) => objective.label_smoothing = value.as_f64().unwrap(),
            ("delta", Loss::Huber { delta }) => *delta = value.as_f64().unwrap(),
            _ => panic!("unknown option {key}"),
        }
    }
    objective
}

/// The network of a case, with its weights.
fn network(case: &Value) -> Network<f64> {
    let layers = list(case, "layers");
    let config = |layer: &Value| LayerConfig {
        bias: !layer["bias"].is_null(),
        ..LayerConfig::new(list(layer, "weight").len(), activation(&layer["activation"]))
    };
    let n_inputs = list(case, "x")[0].as_array().unwrap().len();
    let config = NetworkConfig::new(n_inputs, layers.iter().map(config).collect());
    let mut network = Network::new(&config, 0).unwrap();
    let values =
        layers.iter().flat_map(|layer| [numbers(&layer["weight"]), numbers(&layer["bias"])].concat());
    network.parameters.values = values.collect();
    assert_eq!(network.parameters.len(), config.n_parameters().unwrap());
    network
}

fn samples(case: &Value) -> Samples<f64> {
    let targets = if list(case, "y")[0].is_array() {
        Targets::Values(matrix(&case["y"]))
    } else {
        Targets::Classes(numbers(&case["y"]).iter().map(|&class| class as u32).collect())
    };
    let weights = case["sample_weight"].is_array().then(|| numbers(&case["sample_weight"]));
    Samples { columns: numeric(matrix(&case["x"])), targets, weights }
}

#[test]
fn forward_loss_and_gradients_of_every_network_agree_with_pytorch() {
    let document = document();
    let cases = list(&document, "networks");
    assert_eq!(cases.len(), 60);
    for case in cases {
        let name = text(case, "name");
        let (network, objective, samples) = (network(case), objective(&case["loss"]), samples(case));
        let pass = network.forward(&cpu(), &samples.columns);
        let expected = list(case, "preactivations").iter().zip(list(case, "activations"));
        assert_eq!(pass.layers.len(), expected.len(), "{name}");
        for (l, (layer, (z, a))) in pass.layers.iter().zip(expected).enumerate() {
            assert_agree(layer.preactivations.values(), &numbers(z), &format!("{name}: Z of layer {l}"));
            assert_agree(layer.activations.values(), &numbers(a), &format!("{name}: A of layer {l}"));
        }
        let rows = all_rows(&samples);
        let value = objective.value(&cpu(), pass.last(), &Batch { samples: &samples, rows: &rows }).unwrap();
        assert_agree(&[value], &[number(case, "value")], &format!("{name}: loss"));
        let (value, found) = gradients(&network, &objective, &samples);
        assert_agree(&[value], &[number(case, "value")], &format!("{name}: loss of the backward pass"));
        let layers = list(case, "gradients");
        assert_eq!(network.layers().count(), layers.len(), "{name}");
        for (l, (dense, expected)) in network.layers().zip(layers).enumerate() {
            let weights = format!("{name}: ∂L/∂W of layer {l}");
            assert_agree(found.tensor(dense.weight), &numbers(&expected["weight"]), &weights);
            let bias = dense.bias.map_or(&[][..], |bias| found.tensor(bias));
            assert_agree(bias, &numbers(&expected["bias"]), &format!("{name}: ∂L/∂b of layer {l}"));
        }
    }
}

/// The options of a run; those it does not name stay at their defaults, as the rule does not read them.
fn optimizer(options: &Value) -> OptimizerConfig {
    let mut config = OptimizerConfig { rule: text(options, "name").parse().unwrap(), ..Default::default() };
    for (key, value) in options.as_object().unwrap() {
        let field = match key.as_str() {
            "name" => continue,
            "learning_rate" => &mut config.learning_rate,
            "momentum" => &mut config.momentum,
            "beta1" => &mut config.beta1,
            "beta2" => &mut config.beta2,
            "alpha" => &mut config.alpha,
            "epsilon" => &mut config.epsilon,
            "weight_decay" => &mut config.weight_decay,
            "clip_norm" => &mut config.clip_norm,
            other => panic!("unknown option {other}"),
        };
        *field = value.as_f64().unwrap();
    }
    config
}

#[test]
fn twenty_steps_of_a_plan_under_every_optimizer_agree_with_pytorch() {
    let document = document();
    let start = &document["optimizers"]["network"];
    let samples = samples(start);
    let rows = all_rows(&samples);
    let batch = Batch { samples: &samples, rows: &rows };
    let runs = list(&document["optimizers"], "runs");
    assert_eq!(runs.len(), 3 * (Rule::ALL.len() - 1), "plain, with decay, clipped; all but L-BFGS");
    for run in runs {
        let name = text(run, "name");
        let config = optimizer(&run["optimizer"]);
        let mut plan =
            SeparatePlan::new(network(start), objective(&start["loss"]), &config, rows.len(), 0, cpu())
                .unwrap();
        let mut compared = 0;
        for (step, expected) in (1..=20).zip(list(run, "gradients")) {
            plan.step(&batch, config.learning_rate).unwrap().unwrap();
            // Clipping works in place, and PyTorch's are from before it.
            if config.clip_norm == 0.0 {
                let found = &plan.gradients().parameters.values;
                assert_agree(found, &numbers(expected), &format!("{name}: gradient of step {step}"));
            }
            if let Some(expected) = run["parameters"].get(step.to_string()) {
                let found = &plan.network().parameters.values;
                assert_agree(found, &numbers(expected), &format!("{name}: parameters after step {step}"));
                compared += 1;
            }
        }
        assert_eq!((plan.optimizer().steps(), compared), (20, 3), "{name}: parameters after 1, 5 and 20");
    }
}

#[test]
fn twenty_steps_of_every_rule_agree_with_pytorch() {
    let document = document();
    let optimizers = &document["optimizers"];
    let mut rules_seen = Vec::new();
    for run in list(optimizers, "runs") {
        let name = text(run, "name");
        let config = optimizer(&run["optimizer"]);
        rules_seen.push(config.rule);
        let mut parameters = network(&optimizers["network"]).parameters;
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        let mut compared = 0;
        for (step, gradients) in (1..).zip(list(run, "gradients")) {
            let mut gradients = numbers(gradients);
            optimizer.step(&cpu(), &mut parameters, &mut gradients, config.learning_rate);
            if let Some(expected) = run["parameters"].get(step.to_string()) {
                assert_agree(&parameters.values, &numbers(expected), &format!("{name}, step {step}"));
                compared += 1;
            }
        }
        assert_eq!((optimizer.steps(), compared), (20, 3), "{name}");
    }
    for rule in Rule::ALL {
        let runs = rules_seen.iter().filter(|seen| **seen == rule).count();
        assert_eq!(runs, if rule == Rule::Lbfgs { 0 } else { 3 }, "{rule}");
    }
}

fn schedule(options: &Value) -> Schedule {
    let unit = || match text(options, "unit") {
        "steps" => Unit::Steps,
        "epochs" => Unit::Epochs,
        other => panic!("unknown unit {other}"),
    };
    let kind = match text(options, "name") {
        "constant" => ScheduleKind::Constant,
        "step" => ScheduleKind::Step(Step {
            every: number(options, "every") as u64,
            unit: unit(),
            factor: number(options, "factor"),
        }),
        "exponential" => {
            ScheduleKind::Exponential(Exponential { factor: number(options, "factor"), unit: unit() })
        }
        "cosine" => ScheduleKind::Cosine(Cosine { minimum: number(options, "minimum") }),
        "one-cycle" => ScheduleKind::OneCycle(OneCycle {
            rise: number(options, "rise"),
            initial_divisor: number(options, "initial_divisor"),
            final_divisor: number(options, "final_divisor"),
        }),
        other => panic!("unknown schedule {other}"),
    };
    Schedule { kind, warmup: number(options, "warmup") as u64 }
}

#[test]
fn the_rate_of_every_step_agrees_with_pytorchs_schedulers() {
    let document = document();
    let cases = list(&document, "schedules");
    assert_eq!(cases.len(), 11);
    for case in cases {
        let schedule = schedule(&case["schedule"]);
        schedule.validate().unwrap();
        let steps_per_epoch = number(case, "steps_per_epoch") as u64;
        let expected = numbers(&case["rates"]);
        let found: Vec<f64> = (0..expected.len() as u64)
            .map(|step| {
                let total_steps = expected.len() as u64;
                let progress = Progress { step, epoch: step / steps_per_epoch, samples: 0, total_steps };
                schedule.learning_rate(number(case, "base"), &progress)
            })
            .collect();
        // Rates span orders of magnitude: each is compared by itself.
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_agree(&[*found], &[*expected], &format!("{}, step {step}", text(case, "name")));
        }
    }
}
