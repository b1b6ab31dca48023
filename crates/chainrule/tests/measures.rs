//! What a training measures of itself: against gradients computed directly, against differences of weights, and without
//! an effect on anything.

mod common;

use chainrule::backprop::{Gradients, backward};
use chainrule::data::{Batch, Batches, Dataset, Weighting};
use chainrule::model::AnyNetwork;
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{
    BatchSize, Clock, LayerNorms, Measures, Plan, Precision, Run, Trainer, TrainingConfig,
};
use chainrule::{Activation, ErrorKind};
use common::{cpu, embedded_table, train};

/// Both numbers are computed in f64, from the same gradients in another order of summation.
const TOLERANCE: f64 = 1e-12;

const WATCHED: [&str; 2] = ["layers.0.weight[3,1]", "layers.1.bias[2]"];

fn measures() -> Measures {
    Measures { norms: true, weights: WATCHED.map(str::to_owned).to_vec() }
}

fn config(rule: Rule) -> TrainingConfig {
    TrainingConfig {
        hidden: vec![5, 4],
        activation: vec![Activation::Tanh],
        optimizer: OptimizerConfig { rule, learning_rate: 0.05, ..OptimizerConfig::default() },
        precision: Precision::F64,
        batch_size: BatchSize::Rows(32),
        epochs: 4,
        validation: 0.0,
        threads: 1,
        seed: 3,
        measures: measures(),
        clock: Clock(|| 0.0),
        ..TrainingConfig::default()
    }
}

fn network(run: &Run) -> &Network<f64> {
    match &run.model.network {
        AnyNetwork::F64(network) => network,
        AnyNetwork::F32(_) => panic!("trained in f64"),
    }
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|x| x * x).sum::<f64>().sqrt()
}

/// The norms of a step from `before` to `after` over a batch, computed the long way.
fn expected(
    before: &Network<f64>,
    after: &Network<f64>,
    run: &Run,
    batch: &Batch<'_, f64>,
) -> Vec<LayerNorms> {
    let mut pass = chainrule::network::ForwardPass::new(before, batch.rows.len());
    let mut gradients = Gradients::new(before, batch.rows.len());
    before.forward_rows(&cpu(), &batch.samples.columns, batch.rows, None, &mut pass);
    backward(before, &run.model.objective, batch, None, &pass, &cpu(), &mut gradients).expect("a gradient");
    let layer = |weight: usize| {
        let pairs = after.parameters.tensor(weight).iter().zip(before.parameters.tensor(weight));
        LayerNorms {
            gradient: norm(gradients.parameters.tensor(weight).iter().copied()),
            update: norm(pairs.map(|(after, before)| after - before)),
        }
    };
    before.layers().map(|dense| layer(dense.weight)).collect()
}

fn assert_near(found: &[LayerNorms], expected: &[LayerNorms]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        for (found, expected) in [(found.gradient, expected.gradient), (found.update, expected.update)] {
            assert!(expected > 0.0 && (found / expected - 1.0).abs() < TOLERANCE, "{found} {expected}");
        }
    }
}

fn iris() -> Dataset {
    embedded_table("iris")
}

#[test]
fn norms_are_those_of_the_last_step_of_an_epoch_under_every_rule() {
    for rule in [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::Adam, Rule::AdamW] {
        for (clip_norm, weight_decay) in [(0.0, 0.0), (0.01, 0.1)] {
            let mut config = config(rule);
            (config.optimizer.clip_norm, config.optimizer.weight_decay) = (clip_norm, weight_decay);
            let run = train(&config, &iris());
            let (samples, _) =
                run.model.preprocessing.samples::<f64>(&iris(), None, Weighting::Training).expect("rows");
            // The same training once more, step by step.
            let start = Network::new(&run.model.network.config(), config.seed).expect("a network");
            let objective = run.model.objective;
            let mut plan =
                Plan::new(start, objective, &config.optimizer, 32, config.seed, cpu()).expect("a plan");
            let mut batches = Batches::new(samples.n_samples(), 32);
            for (epoch, measured) in (1..).zip(&run.history.epochs) {
                batches.shuffle(config.seed, epoch);
                let mut before = plan.network().clone();
                for position in 0..batches.len() {
                    let batch = Batch { samples: &samples, rows: batches.get(position).expect("a batch") };
                    before = plan.network().clone();
                    plan.step(&batch, config.optimizer.learning_rate).expect("a step");
                }
                let batch =
                    Batch { samples: &samples, rows: batches.get(batches.len() - 1).expect("a batch") };
                assert_near(&measured.norms, &expected(&before, plan.network(), &run, &batch));
                let values = [(0, [3, 1]), (3, [0, 2])].map(|(tensor, [i, j])| {
                    let columns =
                        plan.network().parameters.tensors[tensor].shape.get(1).copied().unwrap_or(0);
                    plan.network().parameters.tensor(tensor)[i * columns + j]
                });
                assert_eq!(measured.weights, values, "epoch {epoch}");
            }
            assert_eq!(run.history.watched, WATCHED);
        }
    }
}

#[test]
fn an_iteration_of_lbfgs_is_a_step() {
    let config = TrainingConfig { batch_size: BatchSize::Auto, ..config(Rule::Lbfgs) };
    let runs = [3, 4].map(|epochs| train(&TrainingConfig { epochs, ..config.clone() }, &iris()));
    let (samples, _) =
        runs[0].model.preprocessing.samples::<f64>(&iris(), None, Weighting::Training).expect("rows");
    let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
    let batch = Batch { samples: &samples, rows: &rows };
    let expected = expected(network(&runs[0]), network(&runs[1]), &runs[1], &batch);
    assert_near(&runs[1].history.epochs[3].norms, &expected);
}

#[test]
fn what_is_measured_changes_no_bit_of_a_training() {
    for (rule, clip_norm) in [(Rule::Adam, 0.0), (Rule::Momentum, 0.1), (Rule::Lbfgs, 0.0)] {
        let mut with = TrainingConfig { precision: Precision::F32, validation: 0.2, ..config(rule) };
        with.optimizer.clip_norm = clip_norm;
        if rule == Rule::Lbfgs {
            with.batch_size = BatchSize::Auto;
        } else {
            with.dropout = vec![0.2];
        }
        let without = TrainingConfig { measures: Measures::default(), ..with.clone() };
        let [with, without] = [with, without].map(|config| train(&config, &iris()));
        assert_eq!(with.model.to_bytes().expect("a file"), without.model.to_bytes().expect("a file"));
        assert!(with.history.epochs.iter().all(|epoch| epoch.norms.len() == 3 && epoch.weights.len() == 2));
        for (with, without) in with.history.epochs.iter().zip(&without.history.epochs) {
            assert!(without.norms.is_empty() && without.weights.is_empty());
            assert_eq!(
                (with.train_loss, with.validation_loss),
                (without.train_loss, without.validation_loss)
            );
        }
    }
}

#[test]
fn weights_that_are_not_there_or_named_twice_are_refused() {
    let refused = |names: [&str; 2]| {
        let mut config = config(Rule::Adam);
        config.measures.weights = names.map(str::to_owned).to_vec();
        let error = Trainer::new(config).fit(&iris()).expect_err("no such weight");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.message().to_owned()
    };
    assert!(refused(["layers.0.weight[0,0]", "layers.0.weight[5,0]"]).contains("'layers.0.weight[5,0]'"));
    assert!(refused(["layers.0.bias[1]", " layers.0.bias[1]"]).contains("twice"));
}
