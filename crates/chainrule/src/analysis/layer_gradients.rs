//! Where the error is lost, or grows, on its way back: the vanishing gradient, measured.
//!
//! **In words.** Backpropagation carries the error δ from the output to the inputs, and in each layer two things change its
//! size: the weights that it passes through, and the slope of the activation. A layer learns as fast as what arrives
//! there. Both changes are measured as factors of norms, so that a small gradient can be told apart by its cause.
//!
//! **Symbols.** δ(ℓ) = ∂L/∂Z(ℓ) of dense layer ℓ, W(ℓ) its weights, A(ℓ) its activations, σ' the derivative of its
//! activation; ‖·‖ the Frobenius norm, the root of the sum of all squared entries; r the root mean square, ‖X‖/√n of
//! a matrix of n entries, by which layers of different widths can be compared.
//!
//! **Equations.**
//!
//! - ∂L/∂A(ℓ) = δ(ℓ+1)·W(ℓ+1)
//! - W factor of layer ℓ: ‖∂L/∂A(ℓ)‖ / ‖δ(ℓ+1)‖
//! - σ' factor of layer ℓ: ‖δ(ℓ)‖ / ‖∂L/∂A(ℓ)‖, at most the largest |σ'|: ¼ for sigmoid, 1 for tanh and relu
//! - ‖δ(ℓ)‖ = ‖δ(L)‖ times both factors of every layer from L−1 down to ℓ
//!
//! **Shapes.** N rows; δ(ℓ) and ∂L/∂A(ℓ) are N × n_out, W(ℓ) and ∂L/∂W(ℓ) are n_out × n_in. Everything is computed in the
//! network's precision and measured in f64.
//!
//! **Errors.** None. The output layer has no layer above it, and so neither ∂L/∂A nor factors; a factor with 0 below
//! the line is none. A NaN in an error makes its sizes NaN. With dropout the masks of the pass count with σ'.
//!
//! **Example.** A network 3-2-1 of sigmoids; the first layer keeps a fifth of what the weights let through:
//!
//! ```
//! use chainrule::analysis::layer_gradients;
//! use chainrule::data::{Batch, Columns, Samples, Targets};
//! use chainrule::loss::{Loss, Objective};
//! use chainrule::network::{LayerConfig, Network, NetworkConfig};
//! use chainrule::{Activation, Cpu, Matrix};
//!
//! let layer = |n| LayerConfig { bias: false, ..LayerConfig::new(n, Activation::Sigmoid) };
//! let config = NetworkConfig::new(3, vec![layer(2), layer(1)]);
//! let network = Network::from_parameters(&config, vec![0.4, 0.5, 0.3, 0.2, 0.7, 0.1, 0.1, 0.2])?;
//! let columns = Columns { numeric: Matrix::from_vec(vec![0.0, 1.0, 2.0], 1, 3), codes: Matrix::zeros(1, 0) };
//! let targets = Targets::Values(Matrix::from_vec(vec![1.0], 1, 1));
//! let samples = Samples { columns, targets, weights: None };
//! let batch = Batch { samples: &samples, rows: &[0] };
//!
//! let layers = layer_gradients(&network, &Objective::new(Loss::Mse), &batch, &Cpu::new(1)).expect("rows count");
//! let [output, hidden] = &layers[..] else { panic!("two layers") };
//! let four = |x: Option<f64>| x.map(|x| format!("{x:.4}"));
//! assert_eq!((format!("{:.4}", output.delta.norm), output.slope_factor), ("0.2203".into(), None));
//! assert_eq!(format!("{:.4}", hidden.delta.norm), "0.0100");
//! assert_eq!(four(hidden.weight_factor), Some("0.2236".into())); // ‖W(2)‖ = √(0.1² + 0.2²)
//! assert_eq!(four(hidden.slope_factor), Some("0.2020".into())); // between σ'(1.1) and σ'(0.9)
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! **Source.** S. Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen", diploma thesis, TU München, 1991, and
//! X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010,
//! which measures standard deviations over units where this measures norms.

use crate::backprop::{Gradients, backward, norm};
use crate::data::Batch;
use crate::loss::Objective;
use crate::network::{ForwardPass, Network};
use crate::{Activation, Float, Matrix};
use chainrule_kernels::cpu::Cpu;

/// The error and the gradient of one dense layer, by their sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerGradients {
    /// The dense layer, from 0.
    pub layer: usize,
    /// δ(ℓ) = ∂L/∂Z(ℓ).
    pub delta: Size,
    /// ∂L/∂W(ℓ).
    pub weights: Size,
    /// ∂L/∂A(ℓ) = δ(ℓ+1)·W(ℓ+1); none at the output.
    pub activations: Option<Size>,
    /// ‖∂L/∂A(ℓ)‖ / ‖δ(ℓ+1)‖: what the weights above made of the error; none at the output and where that error is 0.
    pub weight_factor: Option<f64>,
    /// ‖δ(ℓ)‖ / ‖∂L/∂A(ℓ)‖: what σ' made of it; none at the output and where ∂L/∂A(ℓ) is 0.
    pub slope_factor: Option<f64>,
}

/// The size of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// The Frobenius norm: √Σx².
    pub norm: f64,
    /// √(Σx²/n) of n entries.
    pub root_mean_square: f64,
}

/// The sizes of error and gradient in every layer for a batch, without dropout, from the output layer to the first.
///
/// None when the batch has weight 0: it then has no loss and no gradients.
///
/// # Panics
/// When the batch's columns or targets are not those of the network.
pub fn layer_gradients<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    batch: &Batch<'_, F>,
    cpu: &Cpu,
) -> Option<Vec<LayerGradients>> {
    let mut pass = ForwardPass::new(network, batch.rows.len());
    let mut gradients = Gradients::new(network, batch.rows.len());
    network.forward_rows(cpu, &batch.samples.columns, batch.rows, None, &mut pass);
    backward(network, objective, batch, None, &pass, cpu, &mut gradients)?;
    Some(LayerGradients::of(network, &gradients, cpu))
}

impl LayerGradients {
    /// The same from a backward pass that is done already, as in the middle of a training.
    ///
    /// # Panics
    /// When the gradients are not of this network.
    pub fn of<F: Float>(network: &Network<F>, gradients: &Gradients<F>, cpu: &Cpu) -> Vec<Self> {
        let mut measured = Vec::with_capacity(gradients.deltas.len());
        let mut above: Option<(usize, &Matrix<F>)> = None;
        let deltas = gradients.deltas.iter().enumerate().rev();
        for (dense, (layer, delta)) in network.layers().rev().zip(deltas) {
            let own = Size::of(delta.values());
            let carried = above.map(|(weight, delta_above)| {
                let (rows, columns) = (delta_above.rows(), dense.n_outputs);
                let mut into = Matrix::zeros(rows, columns);
                // The identity's σ' is 1 everywhere, so what comes out is the product alone.
                let none = Matrix::zeros(rows, columns);
                let weight = network.parameters.matrix(weight);
                let (z, a) = (none.view(), none.view());
                cpu.input_gradient(Activation::Identity, delta_above.view(), weight, z, a, into.view_mut());
                (Size::of(delta_above.values()), Size::of(into.values()))
            });
            measured.push(Self {
                layer,
                delta: own,
                weights: Size::of(gradients.parameters.tensor(dense.weight)),
                activations: carried.map(|(_, activations)| activations),
                weight_factor: carried.and_then(|(above, activations)| ratio(activations, above)),
                slope_factor: carried.and_then(|(_, activations)| ratio(own, activations)),
            });
            above = Some((dense.weight, delta));
        }
        measured
    }
}

impl Size {
    fn of<F: Float>(values: &[F]) -> Self {
        let norm = norm(values);
        Self { norm, root_mean_square: norm / (values.len().max(1) as f64).sqrt() }
    }
}

/// One norm over another; none over 0.
fn ratio(after: Size, before: Size) -> Option<f64> {
    (before.norm != 0.0).then(|| after.norm / before.norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Columns, Samples, Targets};
    use crate::loss::Loss;
    use crate::network::{LayerConfig, NetworkConfig, activation_derivative};

    /// Three layers and five rows, with the same numbers in both precisions.
    fn problem<F: Float>(activation: Activation) -> (Network<F>, Samples<F>) {
        let layer = |n| LayerConfig::new(n, activation);
        let config =
            NetworkConfig::new(3, vec![layer(4), layer(2), LayerConfig::new(2, Activation::Softmax)]);
        let network = Network::new(&config, 3).expect("a network");
        let numeric =
            Matrix::from_fn(5, 3, |i, j| F::from_f64((i as f64 - 2.0) * 0.3 + j as f64 * 0.7 - 0.5));
        let columns = Columns { numeric, codes: Matrix::zeros(5, 0) };
        (network, Samples { columns, targets: Targets::Classes(vec![0, 1, 1, 0, 1]), weights: None })
    }

    fn measured<F: Float>(activation: Activation) -> Vec<LayerGradients> {
        let (network, samples) = problem::<F>(activation);
        let batch = Batch { samples: &samples, rows: &[0, 1, 2, 4] };
        let objective = Objective::new(Loss::CrossEntropy);
        layer_gradients(&network, &objective, &batch, &Cpu::new(1)).expect("rows that count")
    }

    fn norm(values: impl Iterator<Item = f64>) -> f64 {
        values.map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Single precision, in which the engine computes; double, as far as a sum in another order is the same.
    fn tolerance<F: Float>() -> f64 {
        100.0 * F::EPSILON.to_f64()
    }

    fn agrees_with_loops<F: Float>() {
        let (network, samples) = problem::<F>(Activation::Tanh);
        let layers: Vec<_> = network.layers().collect();
        let pass = network.forward(&Cpu::new(1), &samples.columns.select(&[0, 1, 2, 4]));
        let classes = [0, 1, 1, 1];
        let mut delta: Vec<Vec<f64>> = (0..4)
            .map(|n| {
                let y = |k: usize| f64::from(u8::from(classes[n] == k));
                pass.output().row(n).iter().enumerate().map(|(k, p)| (p.to_f64() - y(k)) / 4.0).collect()
            })
            .collect();
        let close = |a: f64, b: f64| assert!((a - b).abs() <= tolerance::<F>() * b.abs(), "{a} and {b}");
        for (found, l) in measured::<F>(Activation::Tanh).iter().zip((0..3).rev()) {
            assert_eq!(found.layer, l);
            if l < 2 {
                let w = network.parameters.matrix(layers[l + 1].weight);
                let carried: Vec<Vec<f64>> = (0..4)
                    .map(|n| {
                        let path = |j: usize| (0..w.rows()).map(move |k| (k, j));
                        let entry = |j: usize| path(j).map(|(k, j)| delta[n][k] * w.row(k)[j].to_f64()).sum();
                        (0..w.columns()).map(entry).collect()
                    })
                    .collect();
                let (above, activations) =
                    (norm(delta.concat().into_iter()), norm(carried.concat().into_iter()));
                let z = &pass.layers[l].preactivations;
                let slope =
                    |n: usize, j: usize| activation_derivative(Activation::Tanh, z.row(n)[j].to_f64());
                delta = (0..4)
                    .map(|n| carried[n].iter().enumerate().map(|(j, g)| g * slope(n, j)).collect())
                    .collect();
                close(found.activations.expect("a layer above").norm, activations);
                close(found.weight_factor.expect("an error above"), activations / above);
                close(found.slope_factor.expect("an error"), norm(delta.concat().into_iter()) / activations);
            }
            close(found.delta.norm, norm(delta.concat().into_iter()));
            close(found.delta.root_mean_square, found.delta.norm / (delta.concat().len() as f64).sqrt());
            let inputs = pass.inputs_of(l);
            let entry = |i: usize, j: usize| (0..4).map(|n| delta[n][i] * inputs.row(n)[j].to_f64()).sum();
            let gradient = (0..delta[0].len()).flat_map(|i| (0..inputs.columns()).map(move |j| (i, j)));
            close(found.weights.norm, norm(gradient.map(|(i, j)| entry(i, j))));
        }
    }

    #[test]
    fn every_size_is_that_of_the_naive_loops_in_both_precisions() {
        agrees_with_loops::<f64>();
        agrees_with_loops::<f32>();
    }

    #[test]
    fn the_factors_lead_from_the_last_error_to_the_first() {
        let layers = measured::<f64>(Activation::Softplus);
        let factors = layers.iter().filter_map(|layer| Some(layer.weight_factor? * layer.slope_factor?));
        let reached = layers[0].delta.norm * factors.product::<f64>();
        assert!((reached / layers[2].delta.norm - 1.0).abs() < 1e-14, "{reached}");
    }

    #[test]
    fn the_slopes_of_sigmoids_let_at_most_a_quarter_through() {
        for layer in &measured::<f64>(Activation::Sigmoid)[1..] {
            let factor = layer.slope_factor.expect("an error");
            assert!(factor > 0.0 && factor <= 0.25, "{factor}");
        }
    }

    #[test]
    fn what_is_0_or_missing_has_no_factor() {
        let (mut network, samples) = problem::<f64>(Activation::Tanh);
        let last = network.layers().next_back().expect("layers").weight;
        network.parameters.tensor_mut(last).fill(0.0);
        let batch = Batch { samples: &samples, rows: &[0, 1, 2] };
        let objective = Objective::new(Loss::CrossEntropy);
        let layers = layer_gradients(&network, &objective, &batch, &Cpu::new(1)).expect("rows that count");
        assert_eq!(
            (layers[0].activations, layers[0].weight_factor, layers[0].slope_factor),
            (None, None, None)
        );
        assert_eq!((layers[1].weight_factor, layers[1].slope_factor), (Some(0.0), None));
        assert_eq!((layers[2].weight_factor, layers[2].slope_factor), (None, None));

        let weightless = Samples { weights: Some(vec![0.0; 5]), ..samples };
        let batch = Batch { samples: &weightless, rows: &[0, 1] };
        assert_eq!(layer_gradients(&network, &objective, &batch, &Cpu::new(1)), None);
    }

    #[test]
    fn sizes_neither_vanish_nor_overflow_before_their_numbers_do() {
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-15, "{a} and {b}");
        close(Size::of(&[3e-200, 4e-200]).norm, 5e-200);
        close(Size::of(&[3e200, 4e200]).norm, 5e200);
        assert_eq!(Size::of(&[0.0_f64, 0.0]).norm, 0.0);
        assert!(Size::of(&[f64::NAN, 0.0]).norm.is_nan() && Size::of(&[f64::NAN, 1.0]).norm.is_nan());
        assert_eq!(Size::of(&[f64::INFINITY, 1.0]).norm, f64::INFINITY);
        assert_eq!(Size::of::<f32>(&[]), Size { norm: 0.0, root_mean_square: 0.0 });
    }
}
