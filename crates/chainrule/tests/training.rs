//! What a training does when things go on, get worse, take too long, or go wrong.

mod common;

use chainrule::data::{Batch, Dataset, Samples, Standardize, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::metrics::baseline::ClassFrequencies;
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::schedule::Adaptive;
use chainrule::optimizer::{OptimizerConfig, Rule, Schedule, ScheduleKind};
use chainrule::training::{
    BatchSize, Callback, Clock, Continue, Epoch, Parts, Plan, Precision, Run, StoppedBy, Trainer,
    TrainingConfig,
};
use chainrule::{Activation, ErrorKind, Matrix};
use common::{cpu, embedded_table, numeric, parameters, table, train};
use std::sync::atomic::{AtomicU64, Ordering};

fn sgd(learning_rate: f64) -> OptimizerConfig {
    OptimizerConfig { rule: Rule::Sgd, learning_rate, ..OptimizerConfig::default() }
}

/// Thirty rows of y = 3x − 1.
fn line() -> Dataset {
    let x: Vec<f64> = (0..30).map(|row| f64::from(row) / 10.0).collect();
    let y = x.iter().map(|x| 3.0 * x - 1.0).collect();
    table(&[("x", x)], &[("y", y)])
}

/// A linear regression on all rows.
fn linear() -> TrainingConfig {
    let task = Some(chainrule::data::Task::Regression);
    TrainingConfig { task, hidden: Vec::new(), validation: 0.0, threads: 1, ..TrainingConfig::default() }
}

/// A network that is too large for its few rows: the validation loss falls, then rises.
fn overfits() -> (TrainingConfig, Dataset) {
    let optimizer = OptimizerConfig { learning_rate: 0.02, ..OptimizerConfig::default() };
    let config =
        TrainingConfig { optimizer, validation: 0.5, patience: 5, seed: 2, ..TrainingConfig::default() };
    (config, embedded_table("diabetes"))
}

/// The promise of the first page: no option given, and one digit in forty wrong at most.
#[test]
fn digits_are_learned_by_default_and_beat_the_baselines() {
    let digits = embedded_table("digits");
    let runs =
        (0..10).map(|seed| train(&TrainingConfig { seed, test: 0.2, ..TrainingConfig::default() }, &digits));
    let (mut model, mut linear) = (0.0, 0.0);
    for Run { results, notes, .. } in runs {
        let results = results.unwrap();
        assert!(notes[0].starts_with("classification"), "{notes:?}");
        assert_eq!(results.model.test.as_ref().unwrap().n_rows, 359);
        assert_eq!(results.baselines.measured_on, "test");
        let majority = results.baselines.constant.metrics.accuracy().unwrap();
        assert!(majority < 0.11, "one class of ten: {majority}");
        model += results.model.test.unwrap().accuracy().unwrap() / 10.0;
        linear += results.baselines.linear.unwrap().metrics.accuracy().unwrap() / 10.0;
    }
    assert!(model >= 0.975, "mean accuracy over ten seeds: {model}");
    assert!(linear > 0.9 && linear < model, "logistic regression: {linear}, the network: {model}");
}

#[test]
fn an_epoch_uses_every_row_and_the_short_last_batch_makes_a_step() {
    let config = TrainingConfig { epochs: 3, validation: 0.0, ..TrainingConfig::default() };
    let history = train(&config, &embedded_table("iris")).history;
    let steps: Vec<u64> = history.epochs.iter().map(|epoch| epoch.step).collect();
    assert_eq!(steps, [5, 10, 15], "150 rows by 32");
    assert_eq!((history.samples_seen, history.stopped_by), (450, Some(StoppedBy::Epochs)));
}

#[test]
fn patience_stops_a_training_and_the_best_weights_come_back() {
    let (config, data) = overfits();
    let Run { history, results, .. } = train(&config, &data);
    let losses: Vec<f64> = history.epochs.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(history.stopped_by, Some(StoppedBy::Patience));
    assert_eq!(losses[history.best_epoch - 1], best);
    assert!(history.best_epoch < losses.len() && *losses.last().unwrap() > best, "it went on for a while");
    assert_eq!(
        results.unwrap().model.validation.unwrap().loss,
        best,
        "the returned model's loss is the best epoch's"
    );
}

#[test]
fn without_patience_all_epochs_are_done_and_the_best_weights_still_come_back() {
    let (config, data) = overfits();
    let Run { history, results, .. } = train(&TrainingConfig { patience: 0, epochs: 60, ..config }, &data);
    assert_eq!((history.epochs.len(), history.stopped_by), (60, Some(StoppedBy::Epochs)));
    let best = history.epochs[history.best_epoch - 1].validation_loss.unwrap();
    assert!(best < history.epochs[59].validation_loss.unwrap());
    assert_eq!(results.unwrap().model.validation.unwrap().loss, best);
}

/// Rows so large that hidden units become infinite, and their sum no number.
#[test]
fn n2_a_validation_loss_that_is_no_number_counts_as_worst_and_patience_runs_out() {
    let validation = table(&[("x", vec![3e38, -3e38])], &[("y", vec![0.0, 1.0])]);
    let (epochs, standardize) = (50, Standardize::No);
    let config = TrainingConfig { hidden: vec![64], epochs, patience: 4, standardize, ..linear() };
    let data = line();
    let parts = Parts { data: &data, validation: Some(&validation), test: None };
    let run = Trainer::new(config.clone()).run(parts, &mut ()).unwrap();
    let history = &run.history;
    assert!(history.epochs.iter().all(|epoch| epoch.validation_loss.unwrap().is_nan() && !epoch.best));
    assert_eq!((history.epochs.len(), history.stopped_by), (4, Some(StoppedBy::Patience)));
    // There was no best epoch: the last weights are kept, and the history says so.
    assert_eq!(history.best_epoch, 4);
    assert_eq!(parameters(&run), parameters(&train(&TrainingConfig { epochs: 4, ..config }, &data)));
}

#[test]
fn a_training_stops_at_its_target_loss() {
    let config = TrainingConfig { target_loss: 0.01, optimizer: sgd(0.1), patience: 0, ..linear() };
    let history = train(&config, &line()).history;
    assert_eq!(history.stopped_by, Some(StoppedBy::TargetLoss));
    let (last, before) = history.epochs.split_last().unwrap();
    assert!(last.train_loss <= 0.01 && before.iter().all(|epoch| epoch.train_loss > 0.01), "{history:?}");
}

/// A clock that goes on by a second whenever it is looked at.
fn ticking() -> f64 {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    SECONDS.fetch_add(1, Ordering::Relaxed) as f64
}

#[test]
fn a_training_stops_when_its_seconds_are_over_even_within_an_epoch() {
    let config = TrainingConfig { max_seconds: 10.0, clock: Clock(ticking), ..TrainingConfig::default() };
    let history = train(&config, &embedded_table("digits")).history;
    assert_eq!((history.epochs.len(), history.stopped_by), (1, Some(StoppedBy::MaxSeconds)));
    let steps = history.epochs[0].step;
    assert!((1..=10).contains(&steps), "{steps} of the epoch's 51 steps");
    assert_eq!(history.samples_seen, 32 * steps);
    assert!(history.seconds >= 10.0);

    let standing = TrainingConfig { max_seconds: 10.0, clock: Clock(|| 7.0), epochs: 3, ..linear() };
    let history = train(&standing, &line()).history;
    assert_eq!((history.stopped_by, history.seconds), (Some(StoppedBy::Epochs), 0.0));
}

/// Stops a training after some epochs, and takes note of what it is told.
#[derive(Default)]
struct Stopper {
    after: usize,
    began_with: Vec<usize>,
    epochs: Vec<Epoch>,
}

impl Callback for Stopper {
    fn begins(&mut self, _: &TrainingConfig, notes: &[String], n_parameters: usize) {
        assert!(!notes.is_empty() && self.epochs.is_empty());
        self.began_with.push(n_parameters);
    }

    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        self.epochs.push(epoch.clone());
        if self.epochs.len() == self.after { Continue::No } else { Continue::Yes }
    }
}

#[test]
fn a_callback_sees_every_epoch_and_stops_the_training() {
    let mut stopper = Stopper { after: 3, ..Stopper::default() };
    let config = TrainingConfig { hidden: vec![5], ..TrainingConfig::default() };
    let iris = embedded_table("iris");
    let run = Trainer::new(config).run(Parts::of(&iris), &mut stopper).unwrap();
    assert_eq!(stopper.began_with, [4 * 5 + 5 + 5 * 3 + 3]);
    assert_eq!(stopper.epochs, run.history.epochs);
    assert_eq!((run.history.epochs.len(), run.history.stopped_by), (3, Some(StoppedBy::Callback)));
}

/// Gives an answer after so many steps.
struct Steps(u64, Continue);

impl Callback for Steps {
    fn step_ends(&mut self) -> Continue {
        self.0 -= 1;
        if self.0 == 0 { self.1 } else { Continue::Yes }
    }
}

#[test]
fn a_callback_can_end_a_training_within_an_epoch() {
    let iris = embedded_table("iris");
    let stopped = |answer| {
        let mut steps = Steps(7, answer);
        Trainer::new(TrainingConfig::default()).run(Parts::of(&iris), &mut steps).unwrap()
    };
    // 135 rows to train on make five steps an epoch.
    let run = stopped(Continue::No);
    let last = run.history.epochs.last().unwrap();
    assert_eq!((last.epoch, last.step, run.history.stopped_by), (2, 7, Some(StoppedBy::Callback)));
    assert!(run.results.is_some());
    // Who cannot wait gets the model, and nothing that would take time.
    let run = stopped(Continue::Interrupted);
    let last = run.history.epochs.last().unwrap();
    assert_eq!((last.epoch, last.step, run.history.stopped_by), (1, 5, Some(StoppedBy::Interrupted)));
    assert!(run.results.is_none() && run.model.to_bytes().is_ok());
}

#[test]
fn the_adaptive_schedule_lowers_the_rate_while_the_loss_stalls_and_ends_the_training() {
    // No loss falls by a million, so every epoch after the first is stalled.
    let adaptive = Adaptive { epochs: 1, tolerance: 1e6, minimum: 1e-3, ..Adaptive::default() };
    let schedule = Schedule { kind: ScheduleKind::Adaptive(adaptive), warmup: 0 };
    let optimizer = OptimizerConfig { schedule, ..sgd(0.02) };
    let config = TrainingConfig { optimizer, patience: 1, ..linear() };
    let history = train(&config, &line()).history;
    let rates: Vec<f64> = history.epochs.iter().map(|epoch| epoch.learning_rate).collect();
    let (second, third) = (0.02 / 5.0, 0.02 / 5.0 / 5.0);
    assert_eq!(rates[..3], [0.02, 0.02, 0.02], "the first epoch, and two that stalled");
    assert_eq!(rates[3..], [second, second, third, third]);
    assert_eq!(history.stopped_by, Some(StoppedBy::LearningRate), "and not by patience, which was 1");
}

#[test]
fn lbfgs_trains_iris_to_a_low_loss_and_refuses_mini_batches_and_dropout() {
    let optimizer = OptimizerConfig { rule: Rule::Lbfgs, ..OptimizerConfig::default() };
    let config =
        TrainingConfig { hidden: vec![8], activation: vec![Activation::Tanh], optimizer, ..linear() };
    let config = TrainingConfig { task: None, precision: Precision::F64, patience: 0, epochs: 200, ..config };
    let iris = embedded_table("iris");
    let run = train(&config, &iris);
    let losses: Vec<f64> = run.history.epochs.iter().map(|epoch| epoch.train_loss).collect();
    assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]), "a line search only goes down: {losses:?}");
    assert!(*losses.last().unwrap() < 0.02, "{losses:?}");
    assert!(run.results.as_ref().unwrap().model.train.accuracy().unwrap() > 0.99);
    assert_eq!(run.history.stopped_by, Some(StoppedBy::Converged));

    let refused = |config: TrainingConfig| Trainer::new(config).fit(&iris).unwrap_err();
    let batches = refused(TrainingConfig { batch_size: BatchSize::Rows(32), ..config.clone() });
    assert_eq!(batches.kind(), ErrorKind::Configuration);
    assert!(batches.message().contains("--batch-size full"), "{batches}");
    let dropout = refused(TrainingConfig { dropout: vec![0.2], ..config });
    assert_eq!(dropout.kind(), ErrorKind::Configuration);
    assert!(dropout.message().contains("dropout"), "{dropout}");
}

#[test]
fn n1_a_training_that_diverges_says_when_and_where_and_what_to_try() {
    let config = TrainingConfig { hidden: vec![16], optimizer: sgd(1e6), ..linear() };
    let error = Trainer::new(config.clone()).fit(&embedded_table("diabetes")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let (first, hint) = error.message().split_once('\n').unwrap();
    for part in ["diverged in epoch 1 at step ", "layer", "(learning rate 1000000)"] {
        assert!(first.contains(part), "'{part}' is not in: {first}");
    }
    assert!(hint.contains("--learning-rate 100000)") && hint.contains("--clip-norm"), "{hint}");
    assert!(std::error::Error::source(&error).is_some());
    // The hint is of use: the same training at a rate that is small enough.
    train(&TrainingConfig { optimizer: sgd(1e-2), ..config }, &embedded_table("diabetes"));
}

#[test]
fn a_step_into_infinity_is_not_made() {
    let layers = vec![LayerConfig::new(1, Activation::Exp)];
    let network = Network::<f64>::new(&NetworkConfig::new(1, layers), 0).unwrap();
    let before = network.parameters.values.clone();
    let objective = Objective::new(Loss::Poisson);
    let mut plan = Plan::new(network, objective, &sgd(0.1), 1, 0, cpu()).unwrap();
    let sample = |x: f64| Samples {
        columns: numeric(Matrix::from_vec(vec![x], 1, 1)),
        targets: Targets::Values(Matrix::from_vec(vec![1.0], 1, 1)),
        weights: None,
    };
    // e^z beyond f64 on one side of 0, and 0 on the other: one of them diverges.
    let found: Vec<_> =
        [1e5, -1e5].iter().map(|&x| plan.step(&Batch { samples: &sample(x), rows: &[0] }, 0.0)).collect();
    let divergence = found.into_iter().find_map(Result::err).expect("e^z overflows for one sign");
    assert_eq!(divergence.loss, Some(f64::INFINITY));
    assert!(divergence.place.contains("activations of layer 0"), "{divergence}");
    assert_eq!(plan.network().parameters.values, before);
}

/// A step whose loss is finite can still lead out of the finite numbers: the parameter is named, not a loss that was none.
#[test]
fn a_parameter_that_is_not_finite_is_named_with_what_it_became() {
    let network =
        Network::<f32>::new(&NetworkConfig::new(2, vec![LayerConfig::new(1, Activation::Identity)]), 0);
    let samples = Samples {
        columns: numeric(Matrix::from_vec(vec![0.0, 1.0], 1, 2)),
        targets: Targets::Values(Matrix::from_vec(vec![1000.0], 1, 1)),
        weights: None,
    };
    let objective = Objective::new(Loss::Mse);
    let mut plan = Plan::new(network.unwrap(), objective, &sgd(1e38), 1, 0, cpu()).unwrap();
    plan.check_parameters().unwrap();
    let loss = plan.step(&Batch { samples: &samples, rows: &[0] }, 1e38).unwrap().expect("a row of weight 1");
    assert!(loss.is_finite(), "{loss}");
    let infinite = plan.check_parameters().unwrap_err();
    assert_eq!(
        (infinite.loss, infinite.to_string().as_str()),
        (
            None,
            "the loss was still finite; \
        the first number not finite was the parameter layers.0.weight[0,1], which is infinite"
        )
    );
    plan.set_parameters(&[0.0, 0.0, f32::NAN]);
    let nan = plan.check_parameters().unwrap_err();
    assert_eq!(nan.place, "the parameter layers.0.bias[0], which is not a number (NaN)");
}

/// The loss of a thousand rows is summed in f64, their gradient in f32.
#[test]
fn lbfgs_names_a_gradient_that_is_not_finite_under_a_finite_loss() {
    let config = TrainingConfig {
        optimizer: OptimizerConfig { rule: Rule::Lbfgs, ..OptimizerConfig::default() },
        loss: Some(Loss::Sse),
        standardize: Standardize::No,
        ..linear()
    };
    let x = (0..1000).map(|row| 1e18 + 1e15 * f64::from(row)).collect();
    let error = Trainer::new(config).fit(&table(&[("x", x)], &[("y", vec![5e18; 1000])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(error.message().contains("the loss was still finite"), "{error}");
    assert!(error.message().contains("the gradient of layers.0.weight[0,0], which is infinite"), "{error}");
}

/// Had it been tried, this machine would not have had the memory.
#[test]
fn m1_a_training_that_would_not_fit_is_refused_with_its_size_before_it_begins() {
    let config =
        TrainingConfig { hidden: vec![1_000_000, 1_000_000], memory_limit: Some(1 << 30), ..linear() };
    let error = Trainer::new(config).run(Parts::of(&line()), &mut NeverBegins).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    for part in ["TiB", "1.0 GiB are free", "smaller layers"] {
        assert!(error.message().contains(part), "'{part}' is not in: {error}");
    }
}

struct NeverBegins;

impl Callback for NeverBegins {
    fn begins(&mut self, _: &TrainingConfig, _: &[String], _: usize) {
        panic!("a training that does not fit began");
    }
}

#[test]
fn t2_one_row_and_fewer_rows_than_a_batch_are_trained_on() {
    let config = TrainingConfig { validation: 0.1, test: 0.2, epochs: 5, ..linear() };
    let one = table(&[("x", vec![2.0])], &[("y", vec![5.0])]);
    let run = train(&config, &one);
    assert_eq!((run.results.as_ref().unwrap().model.train.n_rows, run.history.samples_seen), (1, 5));
    assert!(
        run.results.as_ref().unwrap().model.validation.is_none()
            && run.results.as_ref().unwrap().model.test.is_none()
    );
    assert!(
        run.warnings.iter().any(|warning| warning.contains("too few for a validation part")),
        "{:?}",
        run.warnings
    );
    assert!(
        run.results.as_ref().unwrap().model.train.rmse().unwrap() < 1e-2,
        "a constant target is learned at once"
    );

    let ten = table(&[("x", (0..10).map(f64::from).collect())], &[("y", (10..20).map(f64::from).collect())]);
    let history = train(&TrainingConfig { validation: 0.0, test: 0.0, ..config }, &ten).history;
    assert_eq!((history.epochs.len(), history.epochs[4].step, history.samples_seen), (5, 5, 50));
}

#[test]
fn tables_for_validation_and_test_replace_the_shares() {
    let (data, digits) = (line(), line());
    let config = TrainingConfig { validation: 0.3, test: 0.3, epochs: 2, ..linear() };
    let parts = Parts { data: &data, validation: None, test: Some(&digits) };
    let results = Trainer::new(config).run(parts, &mut ()).unwrap().results.unwrap();
    let rows = [Some(&results.model.train), results.model.validation.as_ref(), results.model.test.as_ref()];
    assert_eq!(rows.map(|part| part.unwrap().n_rows), [21, 9, 30]);
}

#[test]
fn baselines_are_the_frequencies_and_the_least_squares_of_the_training_rows() {
    let fitted = ClassFrequencies::fit(&[0, 1, 1, 1], 2, None::<&[f64]>);
    assert_eq!(fitted.probabilities::<f64>(1).values(), [0.25, 0.75]);
    let results =
        train(&TrainingConfig { test: 0.3, epochs: 1, precision: Precision::F64, ..linear() }, &line())
            .results
            .unwrap();
    let rmse = |metrics: &chainrule::model::Metrics| match metrics {
        chainrule::model::Metrics::Regression(metrics) => metrics.rmse,
        other => panic!("{other:?}"),
    };
    assert!(
        rmse(&results.baselines.linear.unwrap().metrics) < 1e-7,
        "a line is found exactly, but for the little ridge"
    );
    assert!(rmse(&results.baselines.constant.metrics) > 1.0, "which the mean is not");
}
