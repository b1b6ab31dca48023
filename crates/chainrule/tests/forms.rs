//! The fused and the separate form of a step have the same bits: for every instruction set, any number of threads, every
//! activation, loss and rule, with and without bias, dropout and sample weights, for batches of one slice and of several.
//! So have steps that are asked for one by one and those that are asked for together.

mod common;

use chainrule::data::{Batch, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{Plan, SeparatePlan, Step, StepEnd, Steps};
use chainrule::{Activation, Float, Matrix, Purpose, Rng};
use chainrule_kernels::cpu::{Cpu, Isa};
use common::numeric;

const HIDDEN: [Activation; 12] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::Elu { alpha: 1.0 },
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::Softplus,
];

const LOSSES: [Loss; 6] = [
    Loss::CrossEntropy,
    Loss::BinaryCrossEntropy,
    Loss::Mse,
    Loss::Huber { delta: 0.5 },
    Loss::Poisson,
    Loss::HalfMse,
];

const RULES: [Rule; 6] = [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::Adam, Rule::AdamW];

/// Steps of each training: enough for a state to matter.
const STEPS: u64 = 3;

/// How the steps of a case are made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Separate,
    FusedOneByOne,
    /// All in one run.
    Fused,
    /// All in one run, with the squares of the weights.
    FusedAndWatched,
}

/// What a training came to, as bits.
struct Trained {
    parameters: Vec<u64>,
    losses: Vec<u64>,
    squares: Vec<u64>,
}

/// A network, rows for it, and a way to train it, drawn at random.
struct Case {
    config: NetworkConfig,
    objective: Objective,
    optimizer: OptimizerConfig,
    batch: usize,
    weighted: bool,
    seed: u64,
}

impl Case {
    fn draw(seed: u64, widest: u64, most_rows: u64) -> Self {
        let mut rng = Rng::new(seed, Purpose::Synthetic, 0);
        let mut width = |most: u64| 1 + rng.below(most) as usize;
        let (n_inputs, hidden, n_outputs) = (width(widest), [width(widest), width(widest)], width(20));
        let batch = width(most_rows);
        let loss = LOSSES[rng.below(LOSSES.len() as u64) as usize];
        let depth = rng.below(3) as usize;
        let mut layers: Vec<LayerConfig> = hidden[..depth]
            .iter()
            .map(|&n| LayerConfig {
                dropout: if rng.below(3) == 0 { 0.3 } else { 0.0 },
                bias: rng.below(4) > 0,
                ..LayerConfig::new(n, HIDDEN[rng.below(HIDDEN.len() as u64) as usize])
            })
            .collect();
        let wanted = match loss {
            Loss::Mse => Some(Activation::Tanh),
            Loss::HalfMse => Some(Activation::Softmax),
            _ => None,
        };
        layers.push(LayerConfig {
            bias: rng.below(4) > 0,
            ..LayerConfig::new(n_outputs, loss.output_activation(wanted).unwrap())
        });
        Self {
            config: NetworkConfig::new(n_inputs, layers),
            objective: Objective {
                loss,
                label_smoothing: if loss == Loss::CrossEntropy && rng.below(2) == 0 { 0.1 } else { 0.0 },
            },
            optimizer: OptimizerConfig {
                rule: RULES[rng.below(RULES.len() as u64) as usize],
                learning_rate: 1e-3,
                weight_decay: if rng.below(2) == 0 { 0.01 } else { 0.0 },
                ..OptimizerConfig::default()
            },
            batch,
            weighted: rng.below(3) == 0,
            seed,
        }
    }

    fn samples<F: Float>(&self) -> Samples<F> {
        let mut rng = Rng::new(self.seed, Purpose::Synthetic, 1);
        let rows = self.batch + 3;
        let n_outputs = self.config.layers.last().unwrap().n_outputs;
        let mut matrix = |columns: usize, low: f64| {
            Matrix::from_fn(rows, columns, |_, _| F::from_f64(rng.uniform(low, 1.0)))
        };
        let (columns, values) = (numeric(matrix(self.config.n_numeric, -1.0)), matrix(n_outputs, 0.0));
        let weights = self.weighted.then(|| matrix(1, 0.0).into_values());
        let targets = if self.objective.loss == Loss::CrossEntropy && n_outputs > 1 {
            Targets::Classes((0..rows).map(|_| rng.below(n_outputs as u64) as u32).collect())
        } else {
            Targets::Values(values)
        };
        Samples { columns, targets, weights }
    }

    fn train<F: Float>(&self, cpu: Cpu, way: Way) -> Trained {
        let network = Network::<F>::new(&self.config, self.seed).unwrap();
        let samples = self.samples::<F>();
        let (objective, optimizer, batch) = (self.objective, &self.optimizer, self.batch);
        let rows = |step: u64| -> Vec<u32> {
            // The last batch is short.
            let count = if step + 1 == STEPS { self.batch.div_ceil(2) } else { self.batch };
            (0..count as u32).map(|row| (row * 7 + step as u32) % (self.batch as u32 + 3)).collect()
        };
        let rows: Vec<Vec<u32>> = (0..STEPS).map(rows).collect();
        let mut ends = Vec::new();
        let network = if way == Way::Separate {
            let mut plan = SeparatePlan::new(network, objective, optimizer, batch, self.seed, cpu).unwrap();
            for rows in &rows {
                let loss = plan.step(&Batch { samples: &samples, rows }, 1e-3).unwrap();
                ends.push(StepEnd { loss, squared_weights: 0.0 });
            }
            plan.into_network()
        } else {
            let step = |rows| Step { rows, learning_rate: 1e-3, coupled_decay: 0.0 };
            let all: Vec<Step<'_>> = rows.iter().map(|rows| step(rows)).collect();
            let mut plan = Plan::new(network, objective, optimizer, batch, self.seed, cpu).unwrap();
            if way == Way::FusedAndWatched {
                plan.watch_weights();
            }
            for steps in all.chunks(if way == Way::FusedOneByOne { 1 } else { all.len() }) {
                let inputs = (&samples.columns).into();
                let steps = Steps { samples: &samples, inputs, steps, ahead: &rows[0] };
                plan.steps(&steps, &mut |end| ends.push(end)).unwrap();
            }
            plan.into_network()
        };
        Trained {
            parameters: network.parameters.values.iter().map(|x| x.to_f64().to_bits()).collect(),
            losses: ends.iter().map(|end| end.loss.unwrap().to_bits()).collect(),
            squares: ends.iter().map(|end| end.squared_weights.to_bits()).collect(),
        }
    }

    fn check<F: Float>(&self, devices: &[(Isa, usize)]) {
        let expected = self.train::<F>(Cpu::with_isa(1, Isa::available()[0]), Way::Separate);
        for &(isa, threads) in devices {
            let watched = self.train::<F>(Cpu::with_isa(1, isa), Way::FusedAndWatched);
            for way in [Way::Separate, Way::FusedOneByOne, Way::Fused, Way::FusedAndWatched] {
                let found = self.train::<F>(Cpu::with_isa(threads, isa), way);
                let (kind, isa, Self { config, objective, optimizer, seed, .. }) =
                    (F::NAME, isa.name(), self);
                let name = format!("case {seed} in {kind}, {isa}, {threads} threads, {way:?}");
                let Trained { losses, parameters, squares } = &found;
                assert_eq!(*losses, expected.losses, "losses of {name}: {config:?} {objective:?}");
                assert!(*parameters == expected.parameters, "parameters of {name}: {config:?} {optimizer:?}");
                if way == Way::FusedAndWatched {
                    assert_eq!(*squares, watched.squares, "squares of {name}: {config:?}");
                }
            }
        }
    }
}

#[test]
fn both_forms_of_small_steps_have_the_same_bits_everywhere() {
    let devices: Vec<(Isa, usize)> = Isa::available().iter().map(|&isa| (isa, 1)).collect();
    for seed in 0..150 {
        let case = Case::draw(seed, 40, 40);
        case.check::<f32>(&devices);
        case.check::<f64>(&devices);
    }
}

#[test]
fn both_forms_of_steps_over_several_slices_have_the_same_bits_for_any_number_of_threads() {
    let devices = [1, 2, 3, 8].map(|threads| (Isa::available()[0], threads));
    for seed in 1000..1030 {
        let case = Case::draw(seed, 200, 1100);
        case.check::<f32>(&devices);
        case.check::<f64>(&devices[1..2]);
    }
}

/// Fewer rows than threads have use for: they share out the columns.
#[test]
fn wide_networks_with_few_rows_have_the_same_bits_for_any_number_of_threads() {
    let devices = [1, 2, 3, 8].map(|threads| (Isa::available()[0], threads));
    for seed in 2000..2020 {
        let case = Case::draw(seed, 900, 12);
        case.check::<f32>(&devices);
    }
}
