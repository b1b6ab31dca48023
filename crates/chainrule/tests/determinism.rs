//! The same seed gives the same bits: for any number of threads, in memory and in the file.
//!
//! Compared are bits, not numbers that are close: one sum in another order would show.

mod common;

use chainrule::data::{Batch, Batches, Dataset, ReadOptions, Samples, Targets, csv};
use chainrule::loss::{Loss, Objective};
use chainrule::model::Model;
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{BatchSize, Plan, Precision, TrainingConfig};
use chainrule::{Activation, Float, Matrix, Purpose, Rng};
use chainrule_kernels::cpu::Cpu;
use common::{embedded_table, numeric, train};
use std::fmt::Write;

/// The numbers of threads that must agree.
const THREADS: [usize; 4] = [1, 2, 3, 8];

/// A network and rows for it, and how many of them a step takes.
struct Workload {
    widths: &'static [usize],
    dropout: f64,
    batch: usize,
    rows: usize,
    epochs: u64,
}

const TINY: Workload = Workload { widths: &[4, 16, 3], dropout: 0.0, batch: 32, rows: 150, epochs: 3 };
const DIGITS: Workload = Workload { widths: &[64, 64, 10], dropout: 0.2, batch: 32, rows: 300, epochs: 2 };
/// Few columns for the threads to share out, in panels that are narrower the more threads there are.
const NARROW: Workload = Workload { widths: &[900, 24, 10], dropout: 0.0, batch: 256, rows: 300, epochs: 1 };
/// Large enough for every operation of its steps to be shared out over threads.
const MEDIUM: Workload =
    Workload { widths: &[784, 512, 512, 10], dropout: 0.0, batch: 256, rows: 300, epochs: 1 };

impl Workload {
    fn network<F: Float>(&self, seed: u64) -> Network<F> {
        let (n_inputs, layers) = self.widths.split_first().unwrap();
        let (n_outputs, hidden) = layers.split_last().unwrap();
        let hidden = hidden
            .iter()
            .map(|&n| LayerConfig { dropout: self.dropout, ..LayerConfig::new(n, Activation::Relu) });
        let layers = hidden.chain([LayerConfig::new(*n_outputs, Activation::Softmax)]).collect();
        Network::new(&NetworkConfig::new(*n_inputs, layers), seed).unwrap()
    }

    fn samples<F: Float>(&self) -> Samples<F> {
        let mut rng = Rng::new(5, Purpose::Synthetic, 0);
        let n_inputs = self.widths[0];
        let columns =
            numeric(Matrix::from_fn(self.rows, n_inputs, |_, _| F::from_f64(rng.uniform(-1.0, 1.0))));
        let n_classes = *self.widths.last().unwrap() as u64;
        let targets = Targets::Classes((0..self.rows).map(|_| rng.below(n_classes) as u32).collect());
        Samples { columns, targets, weights: None }
    }

    /// Parameters at the end, and of every step the loss and the squares of the weights, as bits.
    fn train<F: Float>(
        &self,
        optimizer: &OptimizerConfig,
        threads: usize,
        seed: u64,
    ) -> (Vec<u64>, Vec<u64>) {
        let samples = self.samples::<F>();
        let objective = Objective::new(Loss::CrossEntropy);
        let cpu = Cpu::new(threads);
        assert_eq!(cpu.threads(), threads);
        let mut plan =
            Plan::new(self.network::<F>(seed), objective, optimizer, self.batch, seed, cpu).unwrap();
        plan.watch_weights();
        let mut batches = Batches::new(self.rows, self.batch);
        let mut losses = Vec::new();
        for epoch in 0..self.epochs {
            batches.shuffle(seed, epoch);
            for rows in batches.iter() {
                let loss = plan.step(&Batch { samples: &samples, rows }, optimizer.learning_rate);
                losses.extend([loss.unwrap().unwrap().to_bits(), plan.squared_weights().to_bits()]);
            }
        }
        // Widening keeps every bit of a number apart from every other.
        (bits(&plan.into_network().parameters.values), losses)
    }
}

fn bits<F: Float>(values: &[F]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

fn optimizer(rule: Rule) -> OptimizerConfig {
    OptimizerConfig { rule, learning_rate: 1e-3, weight_decay: 1e-3, ..OptimizerConfig::default() }
}

/// Every rule whose steps a plan makes.
fn rules() -> impl Iterator<Item = Rule> {
    Rule::ALL.into_iter().filter(|&rule| rule != Rule::Lbfgs)
}

fn assert_same_for_any_threads<F: Float>(workload: &Workload, optimizer: &OptimizerConfig) {
    let alone = workload.train::<F>(optimizer, 1, 7);
    for threads in THREADS {
        let name = format!("{:?}, {}, {}, {threads} threads", workload.widths, optimizer.rule, F::NAME);
        let found = workload.train::<F>(optimizer, threads, 7);
        assert_eq!(found.1, alone.1, "{name}: losses");
        assert!(found.0 == alone.0, "{name}: parameters");
    }
    assert_ne!(workload.train::<F>(optimizer, 1, 8), alone, "another seed is another training");
}

#[test]
fn n4_small_networks_train_to_the_same_bits_on_any_number_of_threads_under_every_optimizer() {
    for workload in [TINY, DIGITS, NARROW] {
        for rule in rules() {
            assert_same_for_any_threads::<f32>(&workload, &optimizer(rule));
            assert_same_for_any_threads::<f64>(&workload, &optimizer(rule));
        }
    }
}

#[test]
fn a_large_network_trains_to_the_same_bits_on_any_number_of_threads_under_every_optimizer() {
    for rule in rules() {
        assert_same_for_any_threads::<f32>(&MEDIUM, &optimizer(rule));
    }
    assert_same_for_any_threads::<f64>(&MEDIUM, &optimizer(Rule::AdamW));
}

/// How fast they are is a benchmark's affair; that the second one takes its part can be counted.
#[test]
fn two_threads_are_really_used_and_one_is_alone() {
    /// The system may let the second thread wait, but not for ever.
    const MOST_STEPS: usize = 1000;
    let helped = |threads, steps| {
        let samples = MEDIUM.samples::<f32>();
        let rows: Vec<u32> = (0..MEDIUM.batch as u32).collect();
        let (network, objective) = (MEDIUM.network::<f32>(0), Objective::new(Loss::CrossEntropy));
        let cpu = Cpu::new(threads);
        let mut plan = Plan::new(network, objective, &optimizer(Rule::Sgd), rows.len(), 0, cpu).unwrap();
        (0..steps).any(|_| {
            plan.step(&Batch { samples: &samples, rows: &rows }, 1e-3).unwrap();
            plan.cpu().tiles_by_helpers() > 0
        })
    };
    assert!(helped(2, MOST_STEPS));
    assert!(!helped(1, 3));
}

#[test]
fn the_order_of_samples_depends_on_seed_and_epoch_alone() {
    let order = |seed, epochs: &[u64]| {
        let mut batches = Batches::new(1000, 32);
        for &epoch in epochs {
            batches.shuffle(seed, epoch);
        }
        batches.iter().flatten().copied().collect::<Vec<u32>>()
    };
    assert_eq!(order(3, &[9]), order(3, &[0, 1, 2, 9, 9]));
    assert_ne!(order(3, &[9]), order(3, &[8]));
    assert_ne!(order(3, &[9]), order(4, &[9]));
    // In a training: what comes later, and how it is computed, does not reach back.
    let losses = |epochs, threads| {
        let config = TrainingConfig { epochs, threads, patience: 0, ..digits_config() };
        let run = train(&config, &digits());
        run.history.epochs.iter().map(|epoch| epoch.train_loss.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(losses(2, 1), losses(4, 3)[..2]);
}

fn digits() -> Dataset {
    embedded_table("digits")
}

fn digits_config() -> TrainingConfig {
    let (hidden, dropout) = (vec![32, 16], vec![0.1, 0.0]);
    TrainingConfig { hidden, dropout, epochs: 3, seed: 11, threads: 1, ..TrainingConfig::default() }
}

/// Numbers and categories, some of each missing, and weights: everything that a model file can hold for a table.
fn mixed() -> Dataset {
    let mut text = String::from("size,colour,weight,price\n");
    let mut rng = Rng::new(1, Purpose::Synthetic, 3);
    for row in 0..120 {
        let size = if row % 10 == 3 { String::new() } else { format!("{:.3}", rng.uniform(1.0, 9.0)) };
        let colour = ["red", "green", "blue", ""][rng.below(4) as usize];
        let (weight, price) = (rng.uniform(0.5, 2.0), 100.0 + 10.0 * rng.normal());
        writeln!(text, "{size},{colour},{weight:.2},{price:.4}").unwrap();
    }
    let options = ReadOptions { sample_weight: Some("weight".into()), ..ReadOptions::default() };
    csv::read(text.as_bytes(), "mixed.csv", &options).unwrap()
}

/// Trainings of different kinds, with their data.
fn trainings() -> Vec<(TrainingConfig, Dataset)> {
    let digits_f64 = TrainingConfig { precision: Precision::F64, ..digits_config() };
    let regression = TrainingConfig { hidden: vec![8], epochs: 5, test: 0.2, ..TrainingConfig::default() };
    let mut lbfgs = TrainingConfig { batch_size: BatchSize::Full, ..regression.clone() };
    lbfgs.optimizer.rule = Rule::Lbfgs;
    vec![(digits_config(), digits()), (digits_f64, digits()), (regression, mixed()), (lbfgs, mixed())]
}

#[test]
fn n4_the_same_training_writes_the_same_file_whatever_the_threads_and_another_seed_another() {
    for (config, data) in trainings() {
        let file = |seed, threads| {
            let config = TrainingConfig { seed, threads, ..config.clone() };
            train(&config, &data).model.to_bytes().unwrap()
        };
        let name = format!("{} {}", data.source, config.optimizer.rule);
        let first = file(0, 1);
        assert!(file(0, 1) == first, "{name}: again");
        assert!(file(0, 3) == first, "{name}: three threads");
        assert!(file(1, 1) != first, "{name}: another seed");
    }
}

/// The history but for its times.
#[test]
fn n4_the_same_training_has_the_same_history_whatever_the_threads() {
    for (config, data) in trainings() {
        let history = |threads| {
            let mut history = train(&TrainingConfig { threads, ..config.clone() }, &data).history;
            history.seconds = 0.0;
            history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
            history
        };
        assert_eq!(history(1), history(2), "{}", data.source);
    }
}

#[test]
fn a_saved_and_loaded_model_predicts_and_measures_the_same_bits() {
    for (config, data) in trainings() {
        let model = train(&config, &data).model;
        let loaded = Model::from_bytes(&model.to_bytes().unwrap(), "model").unwrap();
        let (before, after) = (model.predict(&data).unwrap(), loaded.predict(&data).unwrap());
        assert_eq!(before, after, "{}", data.source);
        if let (Some(before), Some(after)) = (before.probabilities, after.probabilities) {
            assert_eq!(bits(before.values()), bits(after.values()), "{}", data.source);
        }
        assert_eq!(model.evaluate(&data).unwrap(), loaded.evaluate(&data).unwrap(), "{}", data.source);
        assert_eq!(loaded.to_bytes().unwrap(), model.to_bytes().unwrap(), "{}: saved again", data.source);
    }
}
