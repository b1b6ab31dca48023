//! Rules and schedules against the numbers that `PyTorch` computed (`testdata/external/pytorch.py` made the file and
//! describes it). Whole networks are compared elsewhere; here each rule sees `PyTorch`'s own gradients.

use chainrule_kernels::cpu::Cpu;
use serde_json::Value;

use super::schedule::{Cosine, Exponential, OneCycle, Step, Unit};
use super::*;

/// Of each array's largest value.
const TOLERANCE: f64 = 1e-9;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../../testdata/external/pytorch.json")).unwrap()
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

fn assert_agree(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= TOLERANCE * scale, "{what}, entry {i}: {f}, PyTorch {e}");
    }
}

fn initial_parameters(network: &Value) -> Parameters<f64> {
    let mut parameters = Parameters::new();
    for (layer, values) in list(network, "layers").iter().enumerate() {
        for (kind, decay_factor) in [("weight", 1.0), ("bias", 0.0)] {
            let values = numbers(&values[kind]);
            parameters.push(format!("layers.{layer}.{kind}"), vec![values.len()], &values, decay_factor);
        }
    }
    parameters
}

/// The options of a run; those it does not name stay at their defaults, as the rule does not read them.
fn optimizer_config(options: &Value) -> OptimizerConfig {
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
fn twenty_steps_of_every_rule_agree_with_pytorch() {
    let document = document();
    let optimizers = &document["optimizers"];
    let mut rules_seen = Vec::new();
    for run in list(optimizers, "runs") {
        let name = text(run, "name");
        let config = optimizer_config(&run["optimizer"]);
        rules_seen.push(config.rule);
        let mut parameters = initial_parameters(&optimizers["network"]);
        let mut optimizer = Optimizer::new(&config, &parameters).unwrap();
        let mut compared = 0;
        for (step, gradients) in (1..).zip(list(run, "gradients")) {
            let mut gradients = numbers(gradients);
            optimizer.step(&Cpu::new(1), &mut parameters, &mut gradients, config.learning_rate);
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
