//! What the engine makes of the same step in its own precision.
//!
//! A trained f32 model is explained in f64, where every digit that is printed is right. This shows beside it what the
//! engine computes in f32, so that a reader sees how much of an f32 number to believe. Another precision is no mistake:
//! nothing here ever disagrees.

use chainrule::backprop::{Gradients, backward};
use chainrule::data::{Batch, Samples};
use chainrule::loss::Objective;
use chainrule::network::{ForwardPass, Network, Parameters};
use chainrule::optimizer::{Optimizer, OptimizerConfig};
use chainrule::{Cpu, Float, Matrix, Result};

use super::{LISTED, printable};
use crate::derivation::{Block, Section, Span};
use crate::step::LayerValues;
use crate::trace::Trace;
use crate::verify::Comparison;

/// What an engine computes for a step, widened to f64.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineValues {
    /// Z of each layer, N × n_out.
    pub z: Vec<Matrix<f64>>,
    /// A of each layer, N × n_out.
    pub a: Vec<Matrix<f64>>,
    /// The loss of the batch.
    pub loss: f64,
    /// δ of each layer, N × n_out.
    pub deltas: Vec<Matrix<f64>>,
    /// The gradients, before clipping.
    pub gradients: Vec<LayerValues>,
    /// The parameters after the step.
    pub parameters: Vec<LayerValues>,
}

impl EngineValues {
    /// Runs one step of the engine over all samples, on one thread.
    pub(super) fn new<F: Float>(
        network: &Network<F>,
        objective: &Objective,
        samples: &Samples<F>,
        optimizer: &OptimizerConfig,
    ) -> Result<Self> {
        let (cpu, rows): (_, Vec<u32>) = (Cpu::new(1), (0..samples.n_samples() as u32).collect());
        let batch = Batch { samples, rows: &rows };
        let mut pass = ForwardPass::new(network, rows.len());
        let mut gradients = Gradients::new(network, rows.len());
        network.forward_rows(&cpu, &samples.columns, &rows, None, &mut pass);
        let loss = backward(network, objective, &batch, None, &pass, &cpu, &mut gradients);
        let found = layer_values(network, &gradients.parameters);
        let mut moved = network.parameters.clone();
        let rate = optimizer.learning_rate;
        Optimizer::new(optimizer, &moved)?.step(&cpu, &mut moved, &mut gradients.parameters.values, rate);
        Ok(Self {
            z: pass.layers.iter().map(|layer| widen(&layer.preactivations)).collect(),
            a: pass.layers.iter().map(|layer| widen(&layer.activations)).collect(),
            loss: loss.unwrap_or(f64::NAN),
            deltas: gradients.deltas.iter().map(widen).collect(),
            gradients: found,
            parameters: layer_values(network, &moved),
        })
    }

    /// How far these values are from those of a trace of the same step, over the largest entry of each tensor.
    pub fn compare(&self, trace: &Trace) -> Comparison {
        let pairs = self.pairs(trace);
        let errors = pairs.iter().map(|(_, found, right)| {
            let (largest, error) = (largest(right.iter().copied()), difference(found, right));
            if largest > 0.0 { error / largest } else { error }
        });
        Comparison {
            compared: pairs.iter().map(|(_, found, _)| found.len()).sum(),
            largest_error: self::largest(errors),
            ..Comparison::default()
        }
    }

    /// The values beside those of a trace: loss and first row of outputs by their names, then every tensor by its size
    /// and its largest difference.
    pub fn section(&self, trace: &Trace, outputs: &[String]) -> Section {
        let (found, right) = (self.a.last(), trace.forward.a.last());
        let row = |a: Option<&Matrix<f64>>| a.map_or_else(Vec::new, |a| a.row(0).to_vec());
        let predicted = row(right).into_iter().zip(row(found)).zip(outputs).take(LISTED.0);
        let predicted =
            predicted.map(|((right, found), name)| (format!("output {}", printable(name)), right, found));
        let values = std::iter::once(("loss".to_owned(), trace.forward.loss, self.loss)).chain(predicted);
        let values = values.map(|(name, right, found)| (name, vec![Some(right), Some(found)]));
        let tensors = self.pairs(trace).into_iter().map(|(name, found, right)| {
            let sizes = [largest(right.iter().copied()), difference(found, right)];
            (name, sizes.map(Some).to_vec())
        });
        let header = |names: [&str; 3]| names.map(str::to_owned).to_vec();
        let text = "The model was trained in f32 and is explained in f64. This is what the engine computes for the same \
                    step in f32. A difference of some 1e-7 of a tensor's largest entry is rounding.";
        let blocks = vec![
            Block::Paragraph(vec![Span::Text(text.into())]),
            Block::Table { header: header(["value", "in f64", "in f32"]), rows: values.collect() },
            Block::Table {
                header: header(["tensor", "largest entry", "largest difference"]),
                rows: tensors.collect(),
            },
        ];
        Section { id: "engine-f32".into(), title: "The same step in f32".into(), blocks }
    }

    /// Every tensor: its name, these values, and those of the trace.
    fn pairs<'a>(&'a self, trace: &'a Trace) -> Vec<(String, &'a [f64], &'a [f64])> {
        let mut pairs: Vec<(String, &[f64], &[f64])> = vec![(
            "loss".into(),
            std::slice::from_ref(&self.loss),
            std::slice::from_ref(&trace.forward.loss),
        )];
        for (name, found, right) in [
            ("Z", &self.z, &trace.forward.z),
            ("A", &self.a, &trace.forward.a),
            ("δ", &self.deltas, &trace.backward.deltas),
        ] {
            let layers = (1..).zip(found.iter().zip(right));
            pairs.extend(
                layers.map(|(l, (found, right))| (format!("{name}{l}"), found.values(), right.values())),
            );
        }
        for (before, behind, found, right) in [
            ("∂L/∂", "", &self.gradients, &trace.backward.gradients),
            ("", " after the step", &self.parameters, &trace.update.parameters),
        ] {
            for (l, (found, right)) in (1..).zip(found.iter().zip(right)) {
                let (weights, bias) = (format!("{before}W{l}{behind}"), format!("{before}b{l}{behind}"));
                pairs.push((weights, found.weights.values(), right.weights.values()));
                if let (Some(found), Some(right)) = (&found.bias, &right.bias) {
                    pairs.push((bias, found, right));
                }
            }
        }
        pairs
    }
}

/// max |x|, and NaN where there is one.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |largest, x| if x.is_nan() || x.abs() > largest { x.abs() } else { largest })
}

/// max |a − b|.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    largest(a.iter().zip(b).map(|(a, b)| a - b))
}

/// A buffer that lies as the parameters do, layer by layer.
pub(super) fn layer_values<F: Float>(network: &Network<F>, buffer: &Parameters<F>) -> Vec<LayerValues> {
    let wide = |tensor: usize| buffer.tensor(tensor).iter().map(|value| value.to_f64()).collect();
    let layers = network.layers().map(|dense| LayerValues {
        weights: Matrix::from_vec(wide(dense.weight), dense.n_outputs, dense.n_inputs),
        bias: dense.bias.map(wide),
    });
    layers.collect()
}

fn widen<F: Float>(matrix: &Matrix<F>) -> Matrix<f64> {
    Matrix::from_fn(matrix.rows(), matrix.columns(), |i, j| matrix.row(i)[j].to_f64())
}
