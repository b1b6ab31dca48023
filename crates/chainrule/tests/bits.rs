//! Training gives the same bits on every instruction set and every architecture.
//!
//! As for the kernels (`crates/chainrule-kernels/tests/bits.rs`), digests are stored in `testdata/bits`: of the loss of every
//! step and of the parameters at the end. Data and parameters at the start are made by integers alone, so that no library
//! of the system has a say in them.

#[path = "../../chainrule-kernels/tests/digests/mod.rs"]
mod digests;

use chainrule::data::{Batch, Columns, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::Plan;
use chainrule::{Activation, Float, Matrix};
use chainrule_kernels::cpu::{Cpu, Isa};
use digests::{Digests, assert_stored};

/// Rows of the data: more than are summed in one slice, and no multiple of anything.
const ROWS: usize = 301;
/// Steps of a training, over all rows and over some of them in turn.
const STEPS: usize = 4;

/// What a network learns: its layers' ends, and what it is measured by.
#[derive(Clone, Copy)]
struct Task {
    name: &'static str,
    inputs: usize,
    hidden: [(usize, Activation); 2],
    outputs: (usize, Activation),
    loss: Loss,
}

const TASKS: [Task; 3] = [
    Task {
        name: "classes",
        inputs: 7,
        hidden: [(33, Activation::Relu), (16, Activation::Gelu)],
        outputs: (5, Activation::Softmax),
        loss: Loss::CrossEntropy,
    },
    Task {
        name: "two classes",
        inputs: 20,
        hidden: [(18, Activation::Tanh), (65, Activation::Silu)],
        outputs: (1, Activation::Sigmoid),
        loss: Loss::BinaryCrossEntropy,
    },
    Task {
        name: "numbers",
        inputs: 3,
        hidden: [(130, Activation::Mish), (9, Activation::Elu { alpha: 1.0 })],
        outputs: (2, Activation::Identity),
        loss: Loss::HalfMse,
    },
];

/// Numbers in [−1, 1) that look random and depend on `seed`.
fn numbers<F: Float>(count: usize, seed: u64) -> Vec<F> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        F::from_f64((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    };
    std::iter::repeat_with(next).take(count).collect()
}

impl Task {
    fn samples<F: Float>(&self) -> Samples<F> {
        let numeric = Matrix::from_vec(numbers(ROWS * self.inputs, 1), ROWS, self.inputs);
        let columns = Columns { numeric, codes: Matrix::zeros(ROWS, 0) };
        let (outputs, _) = self.outputs;
        let targets = match self.loss {
            Loss::CrossEntropy => {
                Targets::Classes((0..ROWS).map(|row| (row * row % outputs) as u32).collect())
            }
            Loss::BinaryCrossEntropy => {
                Targets::Values(Matrix::from_fn(
                    ROWS,
                    outputs,
                    |i, _| if i % 3 == 0 { F::ONE } else { F::ZERO },
                ))
            }
            _ => Targets::Values(Matrix::from_vec(numbers(ROWS * outputs, 2), ROWS, outputs)),
        };
        Samples { columns, targets, weights: None }
    }

    fn network<F: Float>(&self) -> Network<F> {
        let dropout = 0.1;
        let hidden =
            self.hidden.map(|(n, activation)| LayerConfig { dropout, ..LayerConfig::new(n, activation) });
        let (outputs, activation) = self.outputs;
        let layers = hidden.into_iter().chain([LayerConfig::new(outputs, activation)]).collect();
        let mut network = Network::new(&NetworkConfig::new(self.inputs, layers), 0).unwrap();
        let values = &mut network.parameters.values;
        for (value, x) in values.iter_mut().zip(numbers::<F>(ROWS * ROWS, 3)) {
            *value = F::from_f64(0.25) * x;
        }
        network
    }

    /// Losses of the steps and, in their own precision, the parameters at the end.
    fn train<F: Float>(&self, optimizer: &OptimizerConfig, isa: Isa) -> (Vec<f64>, Vec<F>) {
        let (samples, objective) = (self.samples::<F>(), Objective::new(self.loss));
        let mut plan =
            Plan::new(self.network(), objective, optimizer, ROWS, 7, Cpu::with_isa(1, isa)).unwrap();
        let all: Vec<u32> = (0..ROWS as u32).collect();
        let losses = (0..STEPS).map(|step| {
            let rows = if step % 2 == 0 { &all[..] } else { &all[step..step + 64] };
            plan.step(&Batch { samples: &samples, rows }, optimizer.learning_rate).unwrap().unwrap()
        });
        (losses.collect(), plan.into_network().parameters.values)
    }
}

/// Digests of every task under every rule; clipping, which takes another form of the step, under one.
fn digests<F: Float>(isa: Isa) -> Digests {
    let mut digests = Digests::default();
    let rules = Rule::ALL.into_iter().filter(|&rule| rule != Rule::Lbfgs);
    let optimizers: Vec<_> = rules.map(|rule| (rule, 0.0)).chain([(Rule::Adam, 0.5)]).collect();
    for task in TASKS {
        for &(rule, clip_norm) in &optimizers {
            let (learning_rate, weight_decay) = (1e-2, 1e-3);
            let optimizer = OptimizerConfig {
                rule,
                learning_rate,
                weight_decay,
                clip_norm,
                ..OptimizerConfig::default()
            };
            let (losses, parameters) = task.train::<F>(&optimizer, isa);
            assert!(losses.iter().all(|loss| loss.is_finite()), "{} {rule}: {losses:?}", task.name);
            let clipped = if clip_norm > 0.0 { ", clipped" } else { "" };
            digests.add(&format!("parameters: {}, {rule}{clipped}", task.name), &parameters);
            digests.add(&format!("losses: {}, {rule}{clipped}", task.name), &losses);
        }
    }
    digests
}

fn assert_the_same_everywhere<F: Float>(file: &str) {
    let device = |&isa: &Isa| (isa.name().to_owned(), digests::<F>(isa));
    assert_stored(file, &Isa::available().iter().map(device).collect::<Vec<_>>());
}

#[test]
fn training_in_f32_has_the_same_bits_on_every_processor() {
    assert_the_same_everywhere::<f32>("training-f32.txt");
}

#[test]
fn training_in_f64_has_the_same_bits_on_every_processor() {
    assert_the_same_everywhere::<f64>("training-f64.txt");
}
