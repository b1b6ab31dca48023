//! Every network that can be trained has the gradients that differences say.

mod common;

use chainrule::backprop::{Gradients, backward, gradient_check, per_example_gradients};
use chainrule::data::{Batch, Columns, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{DropoutKey, ForwardPass, LayerConfig, Network, NetworkConfig};
use chainrule::{Activation, Matrix, Purpose, Rng};
use common::{ACTIVATIONS, LOSSES, cpu, numeric};

/// Largest error over largest gradient of a tensor, in f64.
const TOLERANCE: f64 = 1e-6;
/// How far from a kink every preactivation and every absolute error must lie.
const KINK: f64 = 1e-3;

/// A network, and samples for it, drawn at random.
struct Case {
    network: Network<f64>,
    objective: Objective,
    samples: Samples<f64>,
}

impl Case {
    fn draw(
        rng: &mut Rng,
        hidden: &[Activation],
        output: Activation,
        objective: Objective,
        bias: bool,
    ) -> Self {
        let mut width = |most| 1 + rng.below(most) as usize;
        let (n_inputs, n_rows) = (width(4), width(5));
        // Softmax of one output is constant: a gradient of 0 has no relative error.
        let n_outputs = width(3) + usize::from(output == Activation::Softmax);
        let mut layers: Vec<LayerConfig> = hidden.iter().map(|&a| LayerConfig::new(width(4), a)).collect();
        layers.push(LayerConfig::new(n_outputs, output));
        for layer in &mut layers {
            layer.bias = bias;
        }
        let config = NetworkConfig::new(n_inputs, layers);
        let mut network = Network::<f64>::new(&config, rng.bits()).unwrap();
        // Biases away from 0, so that they matter.
        network.parameters.values.iter_mut().for_each(|w| *w = rng.uniform(-0.8, 0.8));
        let columns = numeric(Matrix::from_fn(n_rows, n_inputs, |_, _| rng.uniform(-1.5, 1.5)));
        let targets = draw_targets(rng, objective.loss, n_rows, n_outputs);
        let weights = (rng.below(2) == 1).then(|| (0..n_rows).map(|_| rng.uniform(0.2, 2.0)).collect());
        Self { network, objective, samples: Samples { columns, targets, weights } }
    }

    fn rows(&self) -> Vec<u32> {
        (0..self.samples.n_samples() as u32).collect()
    }

    /// Whether nothing is near a kink, nothing so large that differences drown, and no gradient lost in rounding.
    fn is_well_conditioned(&self) -> bool {
        let pass = self.network.forward(&cpu(), &self.samples.columns);
        let tame =
            pass.layers.iter().all(|layer| layer.preactivations.values().iter().all(|z| z.abs() < 6.0));
        let far = self.network.layers().zip(&pass.layers).all(|(dense, layer)| {
            !dense.activation.has_kink() || layer.preactivations.values().iter().all(|z| z.abs() > KINK)
        });
        let absolute = self.objective.loss != Loss::Mae
            || match &self.samples.targets {
                Targets::Values(y) => {
                    pass.output().values().iter().zip(y.values()).all(|(a, y)| (a - y).abs() > KINK)
                }
                Targets::Classes(_) => false,
            };
        tame && far && absolute && self.gradients_exceed(1e-4)
    }

    fn gradients_exceed(&self, share: f64) -> bool {
        let rows = self.rows();
        let batch = Batch { samples: &self.samples, rows: &rows };
        let pass = self.network.forward(&cpu(), &self.samples.columns);
        let mut gradients = Gradients::new(&self.network, rows.len());
        let loss =
            backward(&self.network, &self.objective, &batch, None, &pass, &cpu(), &mut gradients).unwrap();
        let table = &gradients.parameters;
        (0..table.tensors.len())
            .all(|t| table.tensor(t).iter().any(|g| g.abs() > share * loss.abs().max(0.1)))
    }
}

fn draw_targets(rng: &mut Rng, loss: Loss, n_rows: usize, n_outputs: usize) -> Targets<f64> {
    match loss {
        Loss::CrossEntropy => {
            Targets::Classes((0..n_rows).map(|_| rng.below(n_outputs as u64) as u32).collect())
        }
        Loss::BinaryCrossEntropy => {
            Targets::Values(Matrix::from_fn(n_rows, n_outputs, |_, _| (rng.below(2)) as f64))
        }
        Loss::Poisson => Targets::Values(Matrix::from_fn(n_rows, n_outputs, |_, _| rng.below(5) as f64)),
        _ => Targets::Values(Matrix::from_fn(n_rows, n_outputs, |_, _| rng.uniform(-2.0, 2.0))),
    }
}

/// Draws until the case is well conditioned; smooth saturating stacks may need a few hundred draws.
fn draw_well_conditioned(rng: &mut Rng, mut draw: impl FnMut(&mut Rng) -> Case) -> Case {
    for _ in 0..2000 {
        let case = draw(rng);
        if case.is_well_conditioned() {
            return case;
        }
    }
    panic!("no well-conditioned case in 2000 draws");
}

fn assert_checks(case: &Case, dropout: Option<DropoutKey>, name: &str) {
    let rows = case.rows();
    let batch = Batch { samples: &case.samples, rows: &rows };
    let check = gradient_check(&case.network, &case.objective, &batch, dropout).unwrap();
    let kinks: usize = check.tensors.iter().map(|tensor| tensor.kinks).sum();
    assert_eq!(kinks, 0, "{name}: a kink within the step, although every unit is {KINK} away from its own");
    assert!(check.relative_error() < TOLERANCE, "{name}: {check:#?}");
}

#[test]
fn every_activation_loss_bias_and_depth_passes_the_gradient_check() {
    let mut rng = Rng::new(17, Purpose::Synthetic, 0);
    let mut checked = 0;
    for hidden in ACTIVATIONS {
        for loss in LOSSES {
            for output in common::outputs_of(loss) {
                for bias in [true, false] {
                    for depth in 0..4 {
                        let objective = Objective::new(loss);
                        let layers = vec![hidden; depth];
                        let case = draw_well_conditioned(&mut rng, |rng| {
                            Case::draw(rng, &layers, output, objective, bias)
                        });
                        let name = format!("{depth} × {hidden:?} → {output:?}, {loss}, bias {bias}");
                        assert_checks(&case, None, &name);
                        checked += 1;
                    }
                }
            }
        }
    }
    // 13 activations × (6 losses × 14 outputs + 3) × 2 × 4.
    assert_eq!(checked, 13 * (6 * 14 + 3) * 2 * 4);
}

#[test]
fn mixed_layers_label_smoothing_and_dropout_pass_the_gradient_check() {
    let mut rng = Rng::new(18, Purpose::Synthetic, 0);
    for round in 0..60 {
        let loss = [Loss::CrossEntropy, Loss::BinaryCrossEntropy][round % 2];
        let objective = Objective { loss, label_smoothing: 0.1 };
        let output = loss.output_activation(None).unwrap();
        let case = draw_well_conditioned(&mut rng, |rng| {
            let hidden: Vec<_> = (0..3).map(|_| ACTIVATIONS[rng.below(13) as usize]).collect();
            Case::draw(rng, &hidden, output, objective, true)
        });
        assert_checks(&case, None, &format!("round {round}"));
    }
    let hidden = |activation| LayerConfig { dropout: 0.3, ..LayerConfig::new(6, activation) };
    let layers =
        vec![hidden(Activation::Tanh), hidden(Activation::Gelu), LayerConfig::new(2, Activation::Identity)];
    let network = Network::new(&NetworkConfig::new(3, layers), 5).unwrap();
    let columns = numeric(Matrix::from_fn(4, 3, |_, _| rng.uniform(-1.0, 1.0)));
    let targets = draw_targets(&mut rng, Loss::Mse, 4, 2);
    let case = Case {
        network,
        objective: Objective::new(Loss::Mse),
        samples: Samples { columns, targets, weights: None },
    };
    for step in 0..5 {
        assert_checks(&case, Some(DropoutKey { seed: 1, step }), &format!("dropout, step {step}"));
    }
}

#[test]
fn kinks_are_reported_as_such_and_a_wrong_gradient_is_found() {
    let layers = vec![LayerConfig::new(2, Activation::Relu), LayerConfig::new(1, Activation::Identity)];
    let mut network = Network::<f64>::new(&NetworkConfig::new(1, layers), 0).unwrap();
    // The first unit sits on its kink for x = 1: 0.5·1 − 0.5; the second is far from its own.
    network.parameters.values = vec![0.5, 1.0, -0.5, 0.0, 1.0, 1.0, 0.0];
    let samples = Samples {
        columns: numeric(Matrix::from_vec(vec![1.0], 1, 1)),
        targets: Targets::Values(Matrix::from_vec(vec![3.0], 1, 1)),
        weights: None,
    };
    let batch = Batch { samples: &samples, rows: &[0] };
    let check = gradient_check(&network, &Objective::new(Loss::Mse), &batch, None).unwrap();
    let kinks: Vec<usize> = check.tensors.iter().map(|tensor| tensor.kinks).collect();
    assert_eq!(kinks, [1, 1, 0, 0]);
    assert!(check.relative_error() < TOLERANCE, "{check:#?}");
}

#[test]
fn the_gradient_of_a_batch_is_the_weighted_mean_of_its_examples_gradients() {
    let mut rng = Rng::new(19, Purpose::Synthetic, 0);
    for loss in LOSSES {
        let objective = Objective::new(loss);
        let output = loss.output_activation(None).unwrap();
        let case = Case::draw(&mut rng, &[Activation::Tanh, Activation::Sigmoid], output, objective, true);
        let rows = case.rows();
        let batch = Batch { samples: &case.samples, rows: &rows };
        let pass = case.network.forward(&cpu(), &case.samples.columns);
        let mut gradients = Gradients::new(&case.network, rows.len());
        backward(&case.network, &objective, &batch, None, &pass, &cpu(), &mut gradients).unwrap();
        let each = per_example_gradients(&case.network, &objective, &batch, &cpu());
        let weight = |n: usize| case.samples.weights.as_ref().map_or(1.0, |weights| weights[n]);
        let total: f64 = if loss.is_sum() { 1.0 } else { (0..rows.len()).map(weight).sum() };
        for (p, &gradient) in gradients.parameters.values.iter().enumerate() {
            let mean = (0..rows.len()).map(|n| weight(n) * each.row(n)[p]).sum::<f64>() / total;
            assert!(
                (gradient - mean).abs() <= 1e-12 * gradient.abs().max(1.0),
                "{loss}: {gradient} is not {mean}"
            );
        }
    }
}

#[test]
fn single_precision_agrees_with_double() {
    /// Largest difference over the tensor's largest gradient.
    const F32_TOLERANCE: f64 = 5e-4;
    let mut rng = Rng::new(20, Purpose::Synthetic, 0);
    for hidden in ACTIVATIONS {
        for loss in LOSSES {
            let objective = Objective::new(loss);
            let output = loss.output_activation(None).unwrap();
            let case = draw_well_conditioned(&mut rng, |rng| {
                Case::draw(rng, &[hidden, hidden], output, objective, true)
            });
            let double = common::gradients(&case.network, &objective, &case.samples);
            let single = common::gradients(
                &common::to_f32(&case.network),
                &objective,
                &common::samples_to_f32(&case.samples),
            );
            assert!((double.0 - single.0).abs() <= 1e-5 * double.0.abs().max(1.0), "{hidden:?} {loss}");
            for (t, tensor) in double.1.tensors.iter().enumerate() {
                let largest = double.1.tensor(t).iter().fold(0.0_f64, |m, g| g.abs().max(m));
                for (d, s) in double.1.tensor(t).iter().zip(single.1.tensor(t)) {
                    let error = (d - f64::from(*s)).abs();
                    assert!(error <= F32_TOLERANCE * largest, "{hidden:?} {loss} {}: {error}", tensor.name);
                }
            }
        }
    }
}

/// Likelihoods, absolute and Huber losses are finite for |z| ≤ 1e30, squares for |z| ≤ 1e18.
#[test]
fn n3_losses_are_finite_as_far_as_promised() {
    for (loss, reach) in [
        (Loss::CrossEntropy, 1e30_f32),
        (Loss::BinaryCrossEntropy, 1e30),
        (Loss::Mae, 1e30),
        (Loss::Huber { delta: 1.0 }, 1e30),
        (Loss::Mse, 1e18),
        (Loss::HalfMse, 1e18),
        (Loss::Sse, 1e18),
        (Loss::HalfSse, 1e18),
    ] {
        let output = loss.output_activation(None).unwrap();
        for size in [0.0, f32::MIN_POSITIVE / 4.0, 1.0, 100.0, 1e10, reach] {
            for (smoothing, signs) in [(0.0, [1.0, -1.0]), (0.1, [-1.0, 1.0]), (0.0, [-1.0, -1.0])] {
                let likelihood = matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy);
                let objective = Objective { loss, label_smoothing: if likelihood { smoothing } else { 0.0 } };
                let config = NetworkConfig::new(2, vec![LayerConfig::new(2, output)]);
                let mut network = Network::<f32>::new(&config, 0).unwrap();
                network.parameters.values = vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
                let columns = Columns {
                    numeric: Matrix::from_vec(vec![size * signs[0], size * signs[1]], 1, 2),
                    codes: Matrix::zeros(1, 0),
                };
                let targets = Targets::Classes(vec![1]);
                let samples = Samples { columns, targets, weights: None };
                let (value, gradients) = common::gradients(&network, &objective, &samples);
                assert!(value.is_finite() && value >= 0.0, "{loss} at {size}: {value}");
                let biases = gradients.tensor(1);
                assert!(biases.iter().all(|g| g.is_finite()), "{loss} at {size}: {biases:?}");
            }
        }
    }
}

#[test]
fn a_pass_can_be_used_again_for_a_shorter_batch() {
    let mut rng = Rng::new(21, Purpose::Synthetic, 0);
    let case =
        Case::draw(&mut rng, &[Activation::Tanh], Activation::Identity, Objective::new(Loss::Mse), true);
    let mut pass = ForwardPass::new(&case.network, case.rows().len());
    case.network.forward_rows(&cpu(), &case.samples.columns, &case.rows(), None, &mut pass);
    case.network.forward_rows(&cpu(), &case.samples.columns, &[0], None, &mut pass);
    let fresh = case.network.forward(&cpu(), &case.samples.columns.select(&[0]));
    assert_eq!(pass, fresh);
}
