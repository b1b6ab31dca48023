//! Steps of gradient descent that people published, done by hand: the right values, which are not always the printed
//! ones.
//!
//! The letters are those of the project's list of worked examples, and so are the numbers, which were found without
//! this program. They hold to a unit of their ninth decimal: some are cut off there, not rounded. Where a text is
//! wrong, a difference of the loss shows its mistake to be one.

mod common;

use chainrule::backprop::{backward, per_example_gradients};
use chainrule::data::{Batch, Batches, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{ForwardPass, LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::SeparatePlan;
use chainrule::{Activation, Matrix, Purpose, Rng};
use common::{all_rows, cpu, gradients, numeric};

/// A unit of the ninth decimal.
const NINE_DECIMALS: f64 = 1e-9;

fn assert_nine_decimals(found: &[f64], right: &[f64], what: &str) {
    assert_eq!(found.len(), right.len(), "{what}");
    for (found, right) in found.iter().zip(right) {
        assert!((found - right).abs() <= NINE_DECIMALS, "{what}: {found}, right is {right}");
    }
}

/// A network of given widths without biases, and its weights layer by layer.
fn without_biases(widths: &[usize], activation: Activation, weights: &[f64]) -> Network<f64> {
    let layer = |&n| LayerConfig { bias: false, ..LayerConfig::new(n, activation) };
    let config = NetworkConfig::new(widths[0], widths[1..].iter().map(layer).collect());
    let mut network = Network::new(&config, 0).unwrap();
    assert_eq!(network.parameters.len(), weights.len());
    network.parameters.values.copy_from_slice(weights);
    network
}

fn rows_of(x: &[&[f64]], y: &[&[f64]]) -> Samples<f64> {
    let matrix = |rows: &[&[f64]]| Matrix::from_vec(rows.concat(), rows.len(), rows[0].len());
    Samples { columns: numeric(matrix(x)), targets: Targets::Values(matrix(y)), weights: None }
}

fn sgd(learning_rate: f64) -> OptimizerConfig {
    OptimizerConfig { rule: Rule::Sgd, learning_rate, ..OptimizerConfig::default() }
}

fn plan(network: &Network<f64>, loss: Loss, optimizer: &OptimizerConfig, rows: usize) -> SeparatePlan<f64> {
    SeparatePlan::new(network.clone(), Objective::new(loss), optimizer, rows, 0, cpu()).unwrap()
}

/// One step of plain gradient descent over all rows; the parameters after it.
fn step(network: &Network<f64>, loss: Loss, samples: &Samples<f64>, learning_rate: f64) -> Vec<f64> {
    let rows = all_rows(samples);
    let mut plan = plan(network, loss, &sgd(learning_rate), rows.len());
    plan.step(&Batch { samples, rows: &rows }, learning_rate).unwrap().unwrap();
    plan.into_network().parameters.values
}

fn loss_of(network: &Network<f64>, loss: Loss, samples: &Samples<f64>) -> f64 {
    let rows = all_rows(samples);
    let pass = network.forward(&cpu(), &samples.columns);
    Objective::new(loss).value(&cpu(), pass.last(), &Batch { samples, rows: &rows }).unwrap()
}

/// σ'(Z) of a layer.
fn derivative(activation: Activation, pass: &ForwardPass<f64>, layer: usize) -> Vec<f64> {
    let layer = &pass.layers[layer];
    let mut ones = Matrix::from_fn(layer.activations.rows(), layer.activations.columns(), |_, _| 1.0);
    let (z, a) = (layer.preactivations.view(), layer.activations.view());
    cpu().activate_backward(activation, z, a, ones.view_mut());
    ones.into_values()
}

/// Central differences of the loss by every parameter.
fn differences(network: &Network<f64>, loss: Loss, samples: &Samples<f64>) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let at = |p: usize, shift: f64| {
        let mut moved = network.clone();
        moved.parameters.values[p] += shift;
        loss_of(&moved, loss, samples)
    };
    (0..network.parameters.len()).map(|p| (at(p, STEP) - at(p, -STEP)) / (2.0 * STEP)).collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |largest: f64, (a, b)| largest.max((a - b).abs()))
}

const A_WEIGHTS: [f64; 8] = [0.4, 0.5, 0.3, 0.2, 0.7, 0.1, 0.1, 0.2];

fn example_a() -> (Network<f64>, Samples<f64>) {
    let network = without_biases(&[3, 2, 1], Activation::Sigmoid, &A_WEIGHTS);
    (network, rows_of(&[&[0.0, 1.0, 2.0]], &[&[1.0]]))
}

#[test]
fn a_forward_backward_and_the_step_are_the_right_ones() {
    let (network, samples) = example_a();
    let pass = network.forward(&cpu(), &samples.columns);
    assert_nine_decimals(pass.layers[0].preactivations.values(), &[1.1, 0.9], "z1");
    assert_nine_decimals(pass.layers[0].activations.values(), &[0.750_260_106, 0.710_949_503], "a1");
    assert_nine_decimals(pass.layers[1].preactivations.values(), &[0.217_215_911], "z2");
    assert_nine_decimals(pass.output().values(), &[0.554_091_463], "ŷ");
    let slopes = derivative(Activation::Sigmoid, &pass, 0);
    assert_nine_decimals(&slopes, &[0.187_369_880, 0.205_500_307], "σ'(z1)");
    assert_nine_decimals(&derivative(Activation::Sigmoid, &pass, 1), &[0.247_074_114], "σ'(z2)");

    let batch = Batch { samples: &samples, rows: &[0] };
    let mut by_prediction = Matrix::zeros(1, 1);
    let objective = Objective::new(Loss::Mse);
    // As if the output were ŷ itself: what is left of δ is ∂L/∂ŷ.
    let loss = objective.backward(&cpu(), Activation::Identity, pass.last(), &batch, &mut by_prediction);
    assert_nine_decimals(&[loss.unwrap()], &[0.198_834_423], "loss");
    assert_nine_decimals(by_prediction.values(), &[-0.891_817_074], "∂L/∂ŷ");

    let mut plan = plan(&network, Loss::Mse, &sgd(0.1), 1);
    let loss = plan.step(&batch, 0.1).unwrap().unwrap();
    assert_nine_decimals(&[loss], &[0.198_834_423], "loss before the step");
    assert_nine_decimals(plan.gradients().deltas[1].values(), &[-0.220_344_913], "δ2");
    let gradients = &plan.gradients().parameters;
    let right = [0.0, -0.004_128_600, -0.008_257_200, 0.0, -0.009_056_189, -0.018_112_379];
    assert_nine_decimals(gradients.tensor(0), &right, "∂L/∂W1");
    assert_nine_decimals(gradients.tensor(1), &[-0.165_315_998, -0.156_654_106], "∂L/∂W2");

    let network = plan.into_network();
    let right = [0.4, 0.500_412_860, 0.300_825_720, 0.2, 0.700_905_619, 0.101_811_238];
    assert_nine_decimals(network.parameters.tensor(0), &right, "W1'");
    assert_nine_decimals(network.parameters.tensor(1), &[0.116_531_600, 0.215_665_411], "W2'");
    let pass = network.forward(&cpu(), &samples.columns);
    assert_nine_decimals(pass.layers[0].preactivations.values(), &[1.102_064_300, 0.904_528_095], "z1'");
    assert_nine_decimals(pass.layers[0].activations.values(), &[0.750_646_693, 0.711_879_138], "a1'");
    assert_nine_decimals(pass.layers[1].preactivations.values(), &[0.241_001_767], "z2'");
    assert_nine_decimals(pass.output().values(), &[0.559_960_504], "ŷ'");
    assert_nine_decimals(&[loss_of(&network, Loss::Mse, &samples)], &[0.193_634_758], "loss'");
}

/// The printed ∂L/∂W1 has the wrong sign. The step with it lowers the loss too: only a difference tells.
#[test]
fn a_a_falling_loss_does_not_prove_a_gradient_and_a_difference_disproves_it() {
    let (network, samples) = example_a();
    let printed = [0.0, 0.0015, 0.0031, 0.0, 0.0034, 0.0068, -0.165, -0.156];
    let mut after = network.clone();
    after.parameters.values.iter_mut().zip(printed).for_each(|(w, gradient)| *w -= 0.1 * gradient);
    assert!(loss_of(&after, Loss::Mse, &samples) < loss_of(&network, Loss::Mse, &samples));

    let differences = differences(&network, Loss::Mse, &samples);
    let (_, right) = gradients(&network, &Objective::new(Loss::Mse), &samples);
    assert!(largest_difference(&right.values, &differences) < 1e-10, "backward is right");
    for entry in [1, 2, 4, 5] {
        assert!(
            printed[entry] * differences[entry] < 0.0,
            "entry {entry} of the printed gradient points uphill"
        );
    }
}

/// ∂L/∂W1 written as a sum over both hidden units: `Σ_k v_k T_k` with `T_k[i,j] = ∂z_k/∂W_ij = [k = i]·x_j`.
#[test]
fn a_the_tensor_form_is_the_matrix_form() {
    let (network, samples) = example_a();
    let rows = all_rows(&samples);
    let mut plan = plan(&network, Loss::Mse, &sgd(0.1), 1);
    plan.step(&Batch { samples: &samples, rows: &rows }, 0.1).unwrap();
    let (delta, x) = (plan.gradients().deltas[0].row(0), samples.columns.numeric.row(0));
    let tensor = |k: usize, i: usize, j: usize| if k == i { x[j] } else { 0.0 };
    let places = (0..2).flat_map(|i| (0..3).map(move |j| (i, j)));
    let summed: Vec<f64> = places.map(|(i, j)| (0..2).map(|k| delta[k] * tensor(k, i, j)).sum()).collect();
    assert_eq!(plan.gradients().parameters.tensor(0), summed);
}

/// Every network square, so that the text's boxed algorithm runs at all.
#[test]
fn b_backward_agrees_with_differences_and_the_boxed_algorithm_does_not() {
    const WIDTH: usize = 3;
    let mut uphill = 0;
    for seed in 0..20 {
        let mut rng = Rng::new(seed, Purpose::Synthetic, 0);
        let layers = vec![LayerConfig::new(WIDTH, Activation::Tanh); 3];
        let mut network = Network::<f64>::new(&NetworkConfig::new(WIDTH, layers), 0).unwrap();
        network.parameters.values.iter_mut().for_each(|w| *w = rng.uniform(-1.0, 1.0));
        let mut draw = || [(); WIDTH].map(|()| rng.uniform(-1.0, 1.0));
        let samples = rows_of(&[&draw()], &[&draw()]);
        let (_, right) = gradients(&network, &Objective::new(Loss::HalfSse), &samples);
        let differences = differences(&network, Loss::HalfSse, &samples);
        assert!(largest_difference(&right.values, &differences) < 1e-9, "seed {seed}: backward");

        let printed = boxed_algorithm(&network, &samples);
        let first = &network.parameters.tensors[0].range;
        let (printed, differences) = (&printed[first.clone()], &differences[first.clone()]);
        let largest = differences.iter().fold(0.0_f64, |largest, d| largest.max(d.abs()));
        let error = largest_difference(printed, differences);
        assert!(error > 0.1 * largest, "seed {seed}: the printed form is off by {error} of {largest}");
        let along: f64 = printed.iter().zip(differences).map(|(p, d)| p * d).sum();
        uphill += usize::from(along < 0.0);
    }
    assert!(uphill >= 5, "against the printed gradient the loss rises in {uphill} of 20 networks");
}

/// The gradient that the text's box gives: ∂C/∂a(ℓ) = W(ℓ)(σ̇(z(ℓ)) ⊙ ∂C/∂a(ℓ+1)), without the transpose, with the
/// wrong layer's weights and preactivations. The rest of the text's derivation, which is right, stands around it.
fn boxed_algorithm(network: &Network<f64>, samples: &Samples<f64>) -> Vec<f64> {
    let Targets::Values(y) = &samples.targets else { panic!("numbers") };
    let pass = network.forward(&cpu(), &samples.columns);
    let mut by_activation: Vec<f64> =
        pass.output().values().iter().zip(y.values()).map(|(a, y)| a - y).collect();
    let mut printed = vec![0.0; network.parameters.len()];
    let layers: Vec<_> = network.layers().enumerate().collect();
    for (l, dense) in layers.into_iter().rev() {
        let slopes = derivative(dense.activation, &pass, l);
        let by_bias: Vec<f64> = slopes.iter().zip(&by_activation).map(|(s, d)| s * d).collect();
        let weight = &network.parameters.tensors[dense.weight].range;
        let outer = by_bias.iter().flat_map(|d| pass.inputs_of(l).row(0).iter().map(move |a| d * a));
        printed[weight.clone()].iter_mut().zip(outer).for_each(|(to, from)| *to = from);
        if l > 0 {
            // The box stands at the layer below, and takes everything from there.
            let below = network.layers().nth(l - 1).unwrap();
            let slopes = derivative(below.activation, &pass, l - 1);
            let inner: Vec<f64> = slopes.iter().zip(&by_activation).map(|(s, d)| s * d).collect();
            let w = network.parameters.matrix(below.weight);
            let product = |i| w.row(i).iter().zip(&inner).map(|(w, d)| w * d).sum();
            by_activation = (0..w.rows()).map(product).collect();
        }
    }
    printed
}

/// E = ½ΣΣ(y − ŷ)² is `half-sse`; the text's error terms δ are minus ours.
#[test]
fn c_the_step_with_half_the_sum_of_squares_is_the_right_one() {
    let network = without_biases(&[2, 1, 1], Activation::Sigmoid, &[0.4, -0.2, 0.1]);
    let samples = rows_of(&[&[0.1, 0.3]], &[&[1.0]]);
    let batch = Batch { samples: &samples, rows: &[0] };
    let mut plan = plan(&network, Loss::HalfSse, &sgd(0.5), 1);
    let error = plan.step(&batch, 0.5).unwrap().unwrap();
    let pass = plan.forward_pass();
    assert_nine_decimals(pass.layers[0].preactivations.values(), &[-0.02], "h");
    assert_nine_decimals(pass.layers[0].activations.values(), &[0.495_000_167], "a");
    assert_nine_decimals(pass.output().values(), &[0.512_372_478], "ŷ");
    assert_nine_decimals(&[error], &[0.5 * (1.0_f64 - 0.512_372_478).powi(2)], "E");
    let minus = |l: usize| -plan.gradients().deltas[l].row(0)[0];
    assert_nine_decimals(&[minus(1)], &[0.121_832_235], "δo");
    assert_nine_decimals(&[minus(0)], &[0.003_045_501], "δh");
    let steps: Vec<f64> =
        plan.network().parameters.values.iter().zip(&network.parameters.values).map(|(w, b)| w - b).collect();
    assert_nine_decimals(&steps, &[0.000_152_275, 0.000_456_825, 0.030_153_488], "Δw, ΔW");
}

/// "The weights shrink an output error by 75 %, a hidden one by 93.75 %": the bounds hold for weights up to 1, and a
/// weight above 4 undoes one factor.
#[test]
fn c_the_vanishing_bound_leaves_out_the_weights() {
    let shrinks = |output_weight: f64| {
        let network = without_biases(&[1, 1, 1], Activation::Sigmoid, &[0.0, output_weight]);
        // z(2) = W·σ(0) + …: the target of ½ keeps the error at hand, whatever the weight.
        let samples = rows_of(&[&[1.0]], &[&[0.25]]);
        let mut plan = plan(&network, Loss::HalfSse, &sgd(0.1), 1);
        plan.step(&Batch { samples: &samples, rows: &[0] }, 0.1).unwrap();
        let error = (plan.forward_pass().output().row(0)[0] - 0.25).abs();
        [1, 0].map(|l| plan.gradients().deltas[l].row(0)[0].abs() / error)
    };
    for weight in [-1.0, -0.5, 0.1, 1.0] {
        let [output, hidden] = shrinks(weight);
        assert!(output <= 0.25 && hidden <= 0.0625, "weight {weight}: {output}, {hidden}");
    }
    let [output, hidden] = shrinks(-4.5);
    assert!(
        hidden > 0.25 * output,
        "a weight of −4.5 more than undoes the hidden unit's ¼: {hidden} of {output}"
    );
}

/// Two rows with errors 1 and −1 and inputs 1 and 3, of a network that is one weight.
#[test]
fn d_the_gradient_of_a_batch_is_the_mean_of_products_not_the_product_of_means() {
    let network = without_biases(&[1, 1], Activation::Identity, &[0.0]);
    let samples = rows_of(&[&[1.0], &[3.0]], &[&[-1.0], &[1.0]]);
    let objective = Objective::new(Loss::HalfMse);
    let batch = Batch { samples: &samples, rows: &[0, 1] };
    let each = per_example_gradients(&network, &objective, &batch, &cpu());
    assert_eq!(each.values(), [1.0, -3.0], "δ·a of each row");
    let (_, found) = gradients(&network, &objective, &samples);
    assert_eq!(found.values, [-1.0], "the mean of the products");

    let mut plan = plan(&network, Loss::HalfMse, &sgd(1.0), 2);
    plan.step(&batch, 1.0).unwrap();
    // Rows of δ hold δ/N, so that their sum is the mean.
    let mean_delta: f64 = plan.gradients().deltas[0].values().iter().sum();
    let mean_input = samples.columns.numeric.values().iter().sum::<f64>() / 2.0;
    assert_eq!(mean_delta * mean_input, 0.0, "the product of the means");
}

#[test]
fn d_mean_of_products_and_product_of_means_differ_in_every_layer_of_a_network() {
    for seed in 0..10 {
        let (network, samples) = random_case(seed, 6);
        let objective = Objective::new(Loss::Mse);
        let rows = all_rows(&samples);
        let batch = Batch { samples: &samples, rows: &rows };
        let each = per_example_gradients(&network, &objective, &batch, &cpu());
        let means: Vec<f64> = (0..each.columns())
            .map(|p| (0..each.rows()).map(|n| each.row(n)[p]).sum::<f64>() / each.rows() as f64)
            .collect();
        let (pass, found) = passes(&network, &objective, &batch);
        assert!(largest_difference(&found.parameters.values, &means) < 1e-14, "seed {seed}");
        for (l, dense) in network.layers().enumerate() {
            let products = found.parameters.tensor(dense.weight);
            let of_means = product_of_means(&found.deltas[l], pass.inputs_of(l));
            let largest = products.iter().fold(0.0_f64, |largest, g| largest.max(g.abs()));
            let difference = largest_difference(products, &of_means);
            assert!(difference > 0.01 * largest, "seed {seed}, layer {l}: {products:?} and {of_means:?}");
        }
    }
}

/// The asker's experiment: two rows, the errors of both averaged first and carried back once. Training then ends where
/// the mean prediction is the mean target, (0.6, 0.2), and the rows are never told apart.
#[test]
fn d_averaged_errors_learn_only_the_mean_where_gradient_descent_learns_the_rows() {
    let y: [&[f64]; 2] = [&[0.2, 0.3], &[1.0, 0.1]];
    let samples = rows_of(&[&[0.1, 0.9], &[0.8, 0.2]], &y);
    let layers = vec![LayerConfig::new(4, Activation::Tanh), LayerConfig::new(2, Activation::Identity)];
    let start = Network::<f64>::new(&NetworkConfig::new(2, layers), 3).unwrap();
    let batch = Batch { samples: &samples, rows: &[0, 1] };

    let mut plan = plan(&start, Loss::Mse, &sgd(0.5), 2);
    for _ in 0..3000 {
        plan.step(&batch, 0.5).unwrap();
    }
    let right = plan.into_network();
    assert!(loss_of(&right, Loss::Mse, &samples) < 1e-6, "each row has its own prediction");

    let mut averaged = start;
    for _ in 0..3000 {
        let (pass, found) = passes(&averaged, &Objective::new(Loss::Mse), &batch);
        for (l, dense) in averaged.clone().layers().enumerate() {
            let gradient = product_of_means(&found.deltas[l], pass.inputs_of(l));
            let weights = averaged.parameters.tensor_mut(dense.weight).iter_mut();
            weights.zip(gradient).for_each(|(w, g)| *w -= 0.5 * g);
            let biases = averaged.parameters.tensor_mut(dense.bias.unwrap()).iter_mut();
            biases.zip(found.parameters.tensor(dense.bias.unwrap())).for_each(|(b, g)| *b -= 0.5 * g);
        }
    }
    let outputs = averaged.forward(&cpu(), &samples.columns).output().clone();
    let mean = [0, 1].map(|k| f64::midpoint(outputs.row(0)[k], outputs.row(1)[k]));
    assert!(
        largest_difference(&mean, &[0.6, 0.2]) < 1e-6,
        "the mean prediction is the mean target: {mean:?}"
    );
    assert!(loss_of(&averaged, Loss::Mse, &samples) > 1e-3, "and no row has its own: {:?}", outputs.values());
}

/// An epoch over ten rows by four: the last two move the weights, and move them as far as two rows of any batch would.
#[test]
fn d_the_last_short_batch_is_used() {
    let (network, samples) = random_case(4, 10);
    let batches = Batches::new(10, 4);
    let lengths: Vec<usize> = batches.iter().map(<[u32]>::len).collect();
    assert_eq!(lengths, [4, 4, 2]);
    let mut plan = plan(&network, Loss::Mse, &sgd(0.1), 4);
    let mut before_last = Vec::new();
    for rows in batches.iter() {
        before_last.clone_from(&plan.network().parameters.values);
        plan.step(&Batch { samples: &samples, rows }, 0.1).unwrap().unwrap();
    }
    let after = plan.into_network().parameters.values;
    let mut there = network;
    there.parameters.values = before_last.clone();
    let alone = step(&there, Loss::Mse, &samples.select(&[8, 9]), 0.1);
    assert_eq!(after, alone, "a short batch is a batch of its own size, whatever the plan's");
    assert!(largest_difference(&after, &before_last) > 1e-4, "and it moves the weights");
}

/// A batch in which each row stands k times makes the same step under a mean, a k-fold one under a sum.
#[test]
fn d_the_learning_rate_means_the_same_for_any_batch_size() {
    for seed in 0..5 {
        let (network, samples) = random_case(seed, 3);
        for k in [2, 5, 100] {
            let rows: Vec<u32> = (0..3 * k).map(|row| row % 3).collect();
            let repeated = samples.select(&rows);
            for loss in [Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber { delta: 0.5 }] {
                let once = step(&network, loss, &samples, 0.3);
                let many = step(&network, loss, &repeated, 0.3);
                assert!(largest_difference(&once, &many) < 1e-13, "{loss}, {k} times");
            }
            for loss in [Loss::Sse, Loss::HalfSse] {
                let far = step(&network, loss, &samples, 0.01 * f64::from(k));
                let many = step(&network, loss, &repeated, 0.01);
                assert!(largest_difference(&far, &many) < 1e-12, "{loss}, {k} times");
            }
        }
    }
}

/// A 3-4-2 network and rows for it.
fn random_case(seed: u64, n_rows: usize) -> (Network<f64>, Samples<f64>) {
    let mut rng = Rng::new(seed, Purpose::Synthetic, 1);
    let layers = vec![LayerConfig::new(4, Activation::Sigmoid), LayerConfig::new(2, Activation::Identity)];
    let mut network = Network::<f64>::new(&NetworkConfig::new(3, layers), seed).unwrap();
    network.parameters.values.iter_mut().for_each(|w| *w = rng.uniform(-1.0, 1.0));
    let columns = numeric(Matrix::from_fn(n_rows, 3, |_, _| rng.uniform(-1.0, 1.0)));
    let targets = Targets::Values(Matrix::from_fn(n_rows, 2, |_, _| rng.uniform(-1.0, 1.0)));
    (network, Samples { columns, targets, weights: None })
}

fn passes(
    network: &Network<f64>,
    objective: &Objective,
    batch: &Batch<'_, f64>,
) -> (ForwardPass<f64>, chainrule::backprop::Gradients<f64>) {
    let mut pass = ForwardPass::new(network, batch.rows.len());
    network.forward_rows(&cpu(), &batch.samples.columns, batch.rows, None, &mut pass);
    let mut found = chainrule::backprop::Gradients::new(network, batch.rows.len());
    backward(network, objective, batch, None, &pass, &cpu(), &mut found).unwrap();
    (pass, found)
}

/// (Σ δ/N) ⊗ (mean of a): what comes of averaging before multiplying. `delta` is divided by N already.
fn product_of_means(delta: &Matrix<f64>, a: &Matrix<f64>) -> Vec<f64> {
    let sums = |m: &Matrix<f64>| -> Vec<f64> {
        (0..m.columns()).map(|j| (0..m.rows()).map(|i| m.row(i)[j]).sum()).collect()
    };
    let inputs: Vec<f64> = sums(a).iter().map(|sum| sum / a.rows() as f64).collect();
    sums(delta).iter().flat_map(|d| inputs.iter().map(move |a| d * a)).collect()
}
