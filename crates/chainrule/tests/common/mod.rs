//! What several test files need.
#![allow(dead_code, unreachable_pub)] // each file uses a part, and each is a crate of its own

use chainrule::backprop::{Gradients, backward};
use chainrule::data::{
    Batch, Column, Columns, Dataset, Lines, Numbers, ReadOptions, Samples, Targets, Values, embedded,
};
use chainrule::loss::{Loss, Objective};
use chainrule::model::AnyNetwork;
use chainrule::network::{Network, Parameters};
use chainrule::training::{Parts, Run, Trainer, TrainingConfig};
use chainrule::{Activation, Float, Matrix};
use chainrule_kernels::cpu::Cpu;

/// Every activation that a hidden layer can have.
pub const ACTIVATIONS: [Activation; 13] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Elu { alpha: 0.7 },
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::Softplus,
    Activation::Exp,
];

/// Every loss.
pub const LOSSES: [Loss; 9] = [
    Loss::Mse,
    Loss::HalfMse,
    Loss::Sse,
    Loss::HalfSse,
    Loss::Mae,
    Loss::Huber { delta: 0.8 },
    Loss::CrossEntropy,
    Loss::BinaryCrossEntropy,
    Loss::Poisson,
];

/// The output activations that go with a loss.
pub fn outputs_of(loss: Loss) -> Vec<Activation> {
    let all = ACTIVATIONS.into_iter().chain([Activation::Softmax]);
    all.filter(|&output| loss.output_activation(Some(output)).is_ok_and(|own| own == output)).collect()
}

/// One thread.
pub fn cpu() -> Cpu {
    Cpu::new(1)
}

/// Inputs without categories.
pub fn numeric<F: Float>(numeric: Matrix<F>) -> Columns<F> {
    let rows = numeric.rows();
    Columns { numeric, codes: Matrix::zeros(rows, 0) }
}

/// The numbers of all rows.
pub fn all_rows<F: Float>(samples: &Samples<F>) -> Vec<u32> {
    (0..samples.n_samples() as u32).collect()
}

/// Loss and gradients over all rows of samples.
pub fn gradients<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    samples: &Samples<F>,
) -> (f64, Parameters<F>) {
    let rows = all_rows(samples);
    let batch = Batch { samples, rows: &rows };
    let pass = network.forward(&cpu(), &samples.columns);
    let mut gradients = Gradients::new(network, rows.len());
    let loss = backward(network, objective, &batch, None, &pass, &cpu(), &mut gradients).unwrap();
    (loss, gradients.parameters)
}

/// The same network in single precision.
pub fn to_f32(network: &Network<f64>) -> Network<f32> {
    let values = network.parameters.values.iter().map(|&w| w as f32).collect();
    let parameters = Parameters { values, tensors: network.parameters.tensors.clone() };
    Network { stages: network.stages.clone(), parameters }
}

fn matrix_to_f32(matrix: &Matrix<f64>) -> Matrix<f32> {
    Matrix::from_fn(matrix.rows(), matrix.columns(), |i, j| matrix.row(i)[j] as f32)
}

/// The same samples in single precision.
pub fn samples_to_f32(samples: &Samples<f64>) -> Samples<f32> {
    Samples {
        columns: Columns {
            numeric: matrix_to_f32(&samples.columns.numeric),
            codes: samples.columns.codes.clone(),
        },
        targets: match &samples.targets {
            Targets::Values(values) => Targets::Values(matrix_to_f32(values)),
            Targets::Classes(classes) => Targets::Classes(classes.clone()),
        },
        weights: samples.weights.as_ref().map(|weights| weights.iter().map(|&w| w as f32).collect()),
    }
}

/// A table of numbers: names and cells of its features, then of its targets.
pub fn table(features: &[(&str, Vec<f64>)], targets: &[(&str, Vec<f64>)]) -> Dataset {
    let column = |(name, cells): &(&str, Vec<f64>)| Column {
        name: (*name).into(),
        values: Values::Numbers(Numbers::F64(cells.clone())),
    };
    Dataset {
        lines: Lines::default(),
        ignored: Vec::new(),
        source: "table".into(),
        features: features.iter().map(column).collect(),
        targets: targets.iter().map(column).collect(),
        sample_weight: None,
        n_rows: features[0].1.len(),
        warnings: Vec::new(),
    }
}

/// An embedded table.
pub fn embedded_table(name: &str) -> Dataset {
    embedded::read(name, &ReadOptions::default()).unwrap()
}

/// Trains on a table.
pub fn train(config: &TrainingConfig, data: &Dataset) -> Run {
    Trainer::new(config.clone()).run(Parts::of(data), &mut ()).unwrap()
}

/// The parameters of a trained network.
pub fn parameters(run: &Run) -> Vec<f64> {
    match &run.model.network {
        AnyNetwork::F32(network) => network.parameters.values.iter().map(|&w| f64::from(w)).collect(),
        AnyNetwork::F64(network) => network.parameters.values.clone(),
    }
}
