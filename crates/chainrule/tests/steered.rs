//! Trainings that somebody else steers: the same steps as a plan's, over inputs that lie elsewhere, and scikit-learn's objective.

use chainrule::data::{Batch, Columns, Inputs, Places, Samples, SparseRows, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{Definition, OptimizerConfig, Rule};
use chainrule::training::{FullLoss, MOST_AT_ONCE, Pass, Plan, Report, Steered, Step, Steps};
use chainrule::{Activation, Cpu, Matrix, Purpose, Rng};

const ROWS: usize = 300;
const WIDTHS: [usize; 3] = [5, 37, 3];

fn network(output: Activation) -> Network<f64> {
    let hidden = LayerConfig::new(WIDTHS[1], Activation::Tanh);
    let layers = vec![hidden, LayerConfig::new(WIDTHS[2], output)];
    Network::new(&NetworkConfig::new(WIDTHS[0], layers), 1).expect("a network")
}

fn inputs() -> Matrix<f64> {
    let mut rng = Rng::new(2, Purpose::Initialization, 9);
    Matrix::from_fn(ROWS, WIDTHS[0], |_, _| if rng.below(3) == 0 { 0.0 } else { rng.normal() })
}

/// Samples without columns: the inputs lie elsewhere.
fn samples(loss: Loss) -> Samples<f64> {
    let targets = match loss {
        Loss::CrossEntropy => Targets::Classes((0..ROWS).map(|i| (i % 3) as u32).collect()),
        _ => Targets::Values(Matrix::from_fn(ROWS, 3, |i, k| ((i * 7 + k) % 5) as f64)),
    };
    let weights = Some((0..ROWS).map(|i| 0.5 + (i % 4) as f64).collect());
    Samples { columns: Columns::default(), targets, weights }
}

fn plan(loss: Loss, optimizer: &OptimizerConfig, threads: usize) -> (Plan<f64>, Objective) {
    let objective = Objective::new(loss);
    let network = network(loss.output_activation(None).expect("a pair"));
    (Plan::new(network, objective, optimizer, 64, 0, Cpu::new(threads)).expect("a plan"), objective)
}

fn pass(l2: f64) -> Pass<'static> {
    Pass { order: None, batch_rows: 64, learning_rate: 0.01, schedule: None, l2 }
}

#[test]
fn dense_and_sparse_inputs_have_the_bits_of_columns() {
    let x = inputs();
    let starts: Vec<i64> = (0..=ROWS as u32).map(|i| i64::from(i * WIDTHS[0] as u32)).collect();
    let row = (0..).take(WIDTHS[0]);
    let places: Vec<i32> = (0..ROWS).flat_map(|_| row.clone()).collect();
    let sparse = SparseRows::new(Places::Wide(&starts), Places::Narrow(&places), x.values(), WIDTHS[0]);
    let columns = Columns { numeric: x.clone(), codes: Matrix::zeros(ROWS, 0) };
    let optimizer = OptimizerConfig { rule: Rule::Adam, ..OptimizerConfig::default() };
    let all: Vec<u32> = (0..ROWS as u32).rev().collect();
    let ends = [Inputs::Columns(&columns), Inputs::Dense(x.view()), Inputs::Sparse(sparse.expect("rows"))];
    let ends = ends.map(|inputs| {
        let (plan, objective) = plan(Loss::CrossEntropy, &optimizer, 2);
        let mut training = Steered::new(plan, objective, Report::Objective);
        let order = Pass { order: Some(&all), ..pass(0.0) };
        let end = training.pass(&samples(Loss::CrossEntropy), inputs, &order, &mut || true).expect("finite");
        (end.loss_sum, training.plan().network().parameters.values.clone())
    });
    assert!(ends[0] == ends[1] && ends[0] == ends[2]);
}

#[test]
fn the_penalty_is_that_of_the_weights_before_each_step_divided_by_the_weight_of_its_batch() {
    let (x, l2) = (inputs(), 0.7);
    for (loss, clip_norm) in [(Loss::CrossEntropy, 0.0), (Loss::HalfMse, 0.0), (Loss::HalfMse, 1e9)] {
        for rule in [Rule::Sgd, Rule::Nesterov, Rule::Adam] {
            let definition = Definition::ScikitLearn;
            let optimizer = OptimizerConfig { rule, definition, clip_norm, ..OptimizerConfig::default() };
            let samples = samples(loss);
            let (plan_by_hand, objective) = plan(loss, &optimizer, 1);
            let mut by_hand = plan_by_hand;
            let rows: Vec<u32> = (0..ROWS as u32).collect();
            let mut sum = 0.0;
            for rows in rows.chunks(64) {
                let batch = Batch { samples: &samples, rows };
                let lambda = l2 / objective.batch_weight(&batch);
                let network = by_hand.network();
                let weights = network.layers().flat_map(|dense| network.parameters.tensor(dense.weight));
                let penalty = 0.5 * lambda * weights.map(|w| w * w).sum::<f64>();
                let steps = &[Step { rows, learning_rate: 0.01, coupled_decay: lambda }];
                let steps = Steps { samples: &samples, inputs: Inputs::Dense(x.view()), steps, ahead: &[] };
                let mut found = None;
                by_hand.steps(&steps, &mut |end| found = end.loss).expect("finite");
                sum += (found.expect("a step") + penalty) * rows.len() as f64;
            }
            for threads in [1, 3] {
                let (plan, objective) = plan(loss, &optimizer, threads);
                let mut training = Steered::new(plan, objective, Report::Objective);
                let inputs = Inputs::Dense(x.view());
                let end = training.pass(&samples, inputs, &pass(l2), &mut || true).expect("finite");
                assert!((end.loss_sum / sum - 1.0).abs() < 1e-13, "{rule}: {} and {sum}", end.loss_sum);
                let (found, expected) = (training.plan().network(), by_hand.network());
                assert_eq!(found.parameters.values, expected.parameters.values, "{rule}");
            }
        }
    }
}

#[test]
fn state_that_was_taken_out_goes_on_bit_for_bit() {
    let (x, samples) = (inputs(), samples(Loss::CrossEntropy));
    for (rule, clip_norm) in [(Rule::Adam, 0.0), (Rule::Momentum, 0.0), (Rule::Sgd, 0.0), (Rule::Adam, 1.0)] {
        let optimizer = OptimizerConfig { rule, clip_norm, ..OptimizerConfig::default() };
        let start = || {
            let (plan, objective) = plan(Loss::CrossEntropy, &optimizer, 1);
            Steered::new(plan, objective, Report::Objective)
        };
        let step = |training: &mut Steered<f64>| {
            training.pass(&samples, Inputs::Dense(x.view()), &pass(0.1), &mut || true).expect("finite");
            training.plan().network().parameters.values.clone()
        };
        let (mut one, mut two) = (start(), start());
        let values = step(&mut one);
        two.plan().set_parameters(&values);
        let state = one.plan().optimizer_state();
        two.plan().restore_optimizer(&state).expect("the same rule");
        assert_eq!(two.plan().optimizer_state(), state);
        assert_eq!(step(&mut one), step(&mut two), "{rule}");
        let wrong = chainrule::training::OptimizerState { first: vec![0.0; 2], ..state };
        assert!(two.plan().restore_optimizer(&wrong).is_err(), "{rule}");
    }
}

#[test]
fn the_loss_of_all_rows_is_that_of_one_step_and_its_gradient_what_differences_say() {
    let (x, l2) = (inputs(), 0.3);
    for loss in [Loss::CrossEntropy, Loss::HalfMse, Loss::Poisson] {
        let samples = samples(loss);
        let network = network(loss.output_activation(None).expect("a pair"));
        let objective = Objective::new(loss);
        let mut full = FullLoss::new(network.clone(), objective, Report::ScikitLearn, ROWS, Cpu::new(2));
        let inputs = Inputs::Dense(x.view());
        let at = full.evaluate(&samples, inputs, l2);
        let gradient = full.gradients().values.clone();

        let optimizer = OptimizerConfig { rule: Rule::Sgd, ..OptimizerConfig::default() };
        let plan = Plan::new(network, objective, &optimizer, ROWS, 0, Cpu::new(1)).expect("a plan");
        let mut training = Steered::new(plan, objective, Report::ScikitLearn);
        let order = Pass { batch_rows: ROWS, ..pass(l2) };
        let end = training.pass(&samples, inputs, &order, &mut || true).expect("finite");
        assert!((end.loss_sum / ROWS as f64 / at - 1.0).abs() < 1e-12, "{loss}");

        // Of half-mse the value is reported as a mean over outputs, the gradient is that of the sum.
        let factor = if loss == Loss::HalfMse { 3.0 } else { 1.0 };
        for index in [0, 17, 200, 240] {
            let mut side = |h: f64| {
                full.network_mut().parameters.values[index] += h;
                let value = full.evaluate(&samples, inputs, 0.0);
                full.network_mut().parameters.values[index] -= h;
                value
            };
            let difference = factor * (side(1e-5) - side(-1e-5)) / 2e-5;
            full.evaluate(&samples, inputs, 0.0);
            let found = full.gradients().values[index];
            assert!((found - difference).abs() < 1e-7, "{loss}, {index}: {found} and {difference}");
        }
        assert!(gradient.iter().any(|g| *g != 0.0));
    }
}

#[test]
fn a_pass_ends_early_when_the_caller_says_so_and_a_divergence_has_its_step() {
    let (x, samples) = (inputs(), samples(Loss::HalfMse));
    let optimizer = OptimizerConfig { rule: Rule::Sgd, ..OptimizerConfig::default() };
    let (plan, objective) = plan(Loss::HalfMse, &optimizer, 1);
    let mut training = Steered::new(plan, objective, Report::ScikitLearn);
    let mut asked = 0;
    let row_by_row = Pass { batch_rows: 1, ..pass(0.0) };
    let end = training.pass(&samples, Inputs::Dense(x.view()), &row_by_row, &mut || {
        asked += 1;
        asked < 2
    });
    assert_eq!(end.expect("finite").rows, 2 * MOST_AT_ONCE, "short steps are made several at a time");
    let far = Pass { learning_rate: 1e200, ..pass(0.0) };
    let diverged = training.pass(&samples, Inputs::Dense(x.view()), &far, &mut || true).unwrap_err();
    assert!(
        diverged.step > 2 && diverged.divergence.to_string().contains("the loss became inf"),
        "{diverged:?}"
    );
}
