//! A step allocates nothing: one test alone in its process, so that nobody else's allocations count.

mod common;
#[path = "../../chainrule-kernels/tests/counting/mod.rs"]
mod counting;

use chainrule::data::{Batch, Batches, Columns, NO_CATEGORY, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::Plan;
use chainrule::{Activation, Float, Matrix, Purpose, Rng};
use chainrule_kernels::cpu::Cpu;
use counting::{allocations_of, assert_that_allocations_count};

/// Rows of every case; batches are shorter, so that the last of an epoch is short.
const ROWS: usize = 200;
const BATCH: usize = 64;

/// What a network is trained on.
struct Case {
    name: &'static str,
    network: NetworkConfig,
    objective: Objective,
    weighted: bool,
}

fn layers(hidden: &[usize], n_outputs: usize, output: Activation, dropout: f64) -> Vec<LayerConfig> {
    let hidden = hidden.iter().map(|&n| LayerConfig { dropout, ..LayerConfig::new(n, Activation::Gelu) });
    hidden.chain([LayerConfig::new(n_outputs, output)]).collect()
}

fn cases() -> Vec<Case> {
    let smoothed = Objective { loss: Loss::CrossEntropy, label_smoothing: 0.1 };
    vec![
        Case {
            name: "classes from numbers, with dropout",
            network: NetworkConfig::new(20, layers(&[32, 16], 5, Activation::Softmax, 0.3)),
            objective: smoothed,
            weighted: false,
        },
        Case {
            name: "numbers from numbers and categories, weighted",
            network: NetworkConfig {
                n_numeric: 3,
                cardinalities: vec![4, 7],
                layers: layers(&[24], 2, Activation::Identity, 0.0),
            },
            objective: Objective::new(Loss::Huber { delta: 1.0 }),
            weighted: true,
        },
        Case {
            name: "yes or no from categories, with dropout, weighted",
            network: NetworkConfig {
                n_numeric: 0,
                cardinalities: vec![9],
                layers: layers(&[8, 8, 8], 3, Activation::Sigmoid, 0.5),
            },
            objective: Objective::new(Loss::BinaryCrossEntropy),
            weighted: true,
        },
        Case {
            name: "the whole Jacobian of softmax",
            network: NetworkConfig::new(4, layers(&[], 3, Activation::Softmax, 0.0)),
            objective: Objective::new(Loss::Mse),
            weighted: false,
        },
        Case {
            name: "large enough to be shared out",
            network: NetworkConfig::new(300, layers(&[256, 200], 10, Activation::Softmax, 0.1)),
            objective: Objective::new(Loss::CrossEntropy),
            weighted: false,
        },
    ]
}

impl Case {
    fn samples<F: Float>(&self) -> Samples<F> {
        let mut rng = Rng::new(0, Purpose::Synthetic, 0);
        let network = &self.network;
        let n_outputs = network.layers.last().unwrap().n_outputs;
        let numeric = Matrix::from_fn(ROWS, network.n_numeric, |_, _| F::from_f64(rng.uniform(-1.0, 1.0)));
        let codes = Matrix::from_fn(ROWS, network.cardinalities.len(), |row, column| {
            if row % 10 == 0 { NO_CATEGORY } else { rng.below(network.cardinalities[column].into()) as u32 }
        });
        let targets = if self.objective.loss == Loss::CrossEntropy {
            Targets::Classes((0..ROWS).map(|_| rng.below(n_outputs as u64) as u32).collect())
        } else {
            Targets::Values(Matrix::from_fn(ROWS, n_outputs, |_, _| F::from_f64(rng.below(2) as f64)))
        };
        let weights = self.weighted.then(|| (0..ROWS).map(|_| F::from_f64(rng.uniform(0.0, 2.0))).collect());
        Samples { columns: Columns { numeric, codes }, targets, weights }
    }

    /// Allocations of each epoch after the first step: a shuffle, its steps, and the check of the parameters.
    fn epochs<F: Float>(&self, rule: Rule, threads: usize) -> impl Iterator<Item = usize> {
        let samples = self.samples::<F>();
        let network = Network::<F>::new(&self.network, 0).unwrap();
        let config =
            OptimizerConfig { rule, weight_decay: 0.01, clip_norm: 1.0, ..OptimizerConfig::default() };
        let cpu = Cpu::new(threads);
        let mut plan = Plan::new(network, self.objective, &config, BATCH, 0, cpu).unwrap();
        let mut batches = Batches::new(ROWS, BATCH);
        let rows = batches.iter().next().unwrap();
        plan.step(&Batch { samples: &samples, rows }, 1e-3).unwrap().unwrap();
        (0..).map(move |epoch| {
            allocations_of(|| {
                batches.shuffle(0, epoch);
                for rows in batches.iter() {
                    plan.step(&Batch { samples: &samples, rows }, 1e-3).unwrap().unwrap();
                }
                plan.check_parameters().unwrap();
            })
        })
    }

    fn assert_free_of_allocations<F: Float>(&self, rule: Rule) {
        let name = format!("{}, {rule}, {}", self.name, F::NAME);
        let alone: Vec<usize> = self.epochs::<F>(rule, 1).take(2).collect();
        assert_eq!(alone, [0, 0], "{name}, one thread");
        // A helper makes its memory when it is started, which the first steps do not wait for; a step that allocated
        // would do so in every epoch.
        assert!(self.epochs::<F>(rule, 2).take(30).any(|count| count == 0), "{name}, two threads");
    }
}

#[test]
fn steps_and_shuffles_allocate_nothing_after_the_first_step() {
    assert_that_allocations_count();
    for case in cases() {
        for rule in Rule::ALL.into_iter().filter(|&rule| rule != Rule::Lbfgs) {
            case.assert_free_of_allocations::<f32>(rule);
            case.assert_free_of_allocations::<f64>(rule);
        }
    }
}
