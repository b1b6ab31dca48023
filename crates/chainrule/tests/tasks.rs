//! What is learned from weights, labels, counts and units: each against a training whose outcome is known.

mod common;

use chainrule::data::{ClassWeight, Dataset, FeatureKind, Outputs, Scaler, Standardize, Task};
use chainrule::loss::Loss;
use chainrule::model::{Answers, Metrics};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{BatchSize, Precision, Run, TrainingConfig};
use chainrule::{Activation, ErrorKind, Purpose, Rng};
use common::{embedded_table, parameters, table, train};

/// A training of which nothing is left to chance but the weights at its start: every step sees every row as it is.
fn plain(rule: Rule) -> TrainingConfig {
    TrainingConfig {
        hidden: vec![6],
        activation: vec![Activation::Tanh],
        precision: Precision::F64,
        optimizer: OptimizerConfig { rule, learning_rate: 0.05, ..OptimizerConfig::default() },
        batch_size: BatchSize::Full,
        epochs: 200,
        patience: 0,
        validation: 0.0,
        standardize: Standardize::No,
        threads: 1,
        ..TrainingConfig::default()
    }
}

/// The minimum of a linear model, found by L-BFGS.
fn minimum() -> TrainingConfig {
    TrainingConfig { hidden: Vec::new(), ..plain(Rule::Lbfgs) }
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{what}: {found}, not {expected}");
    }
}

/// Twelve rows of two features and a target, those named `again` standing there twice.
fn rows(target: impl Fn(usize) -> f64, again: impl Fn(usize) -> bool) -> Dataset {
    let rows: Vec<usize> = (0..12).flat_map(|row| vec![row; 1 + usize::from(again(row))]).collect();
    let cells = |cell: &dyn Fn(usize) -> f64| rows.iter().map(|&row| cell(row)).collect();
    let (a, b) = (cells(&|row| (1.3 * row as f64).sin()), cells(&|row| (0.7 * row as f64).cos()));
    table(&[("a", a), ("b", b)], &[("y", cells(&target))])
}

fn third(row: usize) -> bool {
    row.is_multiple_of(3)
}

#[test]
fn a_row_of_weight_two_is_worth_two_rows_and_one_of_weight_zero_none() {
    let target = |row: usize| (row as f64).sqrt() + if third(row) { 1.0 } else { 0.0 };
    for rule in [Rule::Sgd, Rule::Adam, Rule::Lbfgs] {
        let config = TrainingConfig { task: Some(Task::Regression), epochs: 30, ..plain(rule) };
        let mut weighted = rows(target, |_| false);
        weighted.sample_weight = Some((0..12).map(|row| if third(row) { 2.0 } else { 1.0 }).collect());
        let once = parameters(&train(&config, &rows(target, |_| false)));
        let twice = parameters(&train(&config, &rows(target, third)));
        let found = parameters(&train(&config, &weighted));
        assert_close(&found, &twice, 1e-8, &format!("{rule}"));
        assert!(found.iter().zip(&once).any(|(a, b)| (a - b).abs() > 1e-3), "{rule}: the weights matter");
    }
    let config = TrainingConfig { task: Some(Task::Regression), ..plain(Rule::Sgd) };
    let mut without = rows(target, |_| false);
    without.sample_weight = Some((0..12).map(|row| if third(row) { 0.0 } else { 1.0 }).collect());
    let mut wrong = without.clone();
    wrong.targets = rows(|row| if third(row) { 1e3 } else { target(row) }, |_| false).targets;
    assert_eq!(parameters(&train(&config, &without)), parameters(&train(&config, &wrong)));
}

#[test]
fn a_class_of_weight_two_is_worth_its_rows_twice_and_balanced_classes_count_the_same() {
    let class = |row| f64::from(u8::from(third(row)));
    let classes = |class_weight| TrainingConfig {
        task: Some(Task::Classification),
        class_weight,
        epochs: 50,
        ..plain(Rule::Sgd)
    };
    let double = ClassWeight::PerClass(vec![("1".into(), 2.0)]);
    let found = train(&classes(double), &rows(class, |_| false));
    let twice = train(&classes(ClassWeight::None), &rows(class, third));
    assert_close(&parameters(&found), &parameters(&twice), 1e-10, "weight 2 and rows twice");
    // Four rows against eight: balanced, a rare row counts twice a frequent one.
    let balanced = train(&classes(ClassWeight::Balanced), &rows(class, |_| false));
    assert_close(&parameters(&balanced), &parameters(&twice), 1e-10, "balanced and rows twice");
    // What a mistake costs does not depend on what was weighted for learning.
    let unweighted = balanced.model.evaluate(&rows(class, |_| false)).unwrap();
    assert_eq!(balanced.results.as_ref().unwrap().model.train, unweighted);
    let frequent = train(&classes(ClassWeight::None), &rows(class, |_| false));
    let recall = |run: &Run| match &run.results.as_ref().unwrap().model.train.metrics {
        Metrics::Classification(metrics) => metrics.classes[1].recall,
        other => panic!("{other:?}"),
    };
    assert!(recall(&balanced) >= recall(&frequent));
}

/// Under smoothing ε the best probability of a right class is 1 − ε + ε/K, and without it there is none: 1 is never
/// reached.
#[test]
fn label_smoothing_moves_the_best_probability_away_from_one() {
    let data = table(&[("x", vec![-1.0, 1.0])], &[("y", vec![0.0, 1.0])]);
    let task = Some(Task::Classification);
    for (loss, best) in [(Loss::CrossEntropy, 0.95), (Loss::BinaryCrossEntropy, 0.95)] {
        let config = TrainingConfig { task, loss: Some(loss), label_smoothing: 0.1, ..minimum() };
        let p = train(&config, &data).model.predict_proba(&data).unwrap();
        assert_close(&[p.row(0)[0], p.row(1)[1]], &[best, best], 1e-5, &format!("{loss}"));
        let sharp = TrainingConfig { label_smoothing: 0.0, ..config };
        assert!(train(&sharp, &data).model.predict_proba(&data).unwrap().row(1)[1] > 0.999, "{loss}");
    }
}

#[test]
fn several_columns_of_yes_and_no_are_learned_at_once() {
    let mut rng = Rng::new(0, Purpose::Synthetic, 0);
    let mut draw = || (0..400).map(|_| rng.uniform(-1.0, 1.0)).collect::<Vec<f64>>();
    let (a, b) = (draw(), draw());
    let flag = |of: &dyn Fn(f64, f64) -> bool| -> Vec<f64> {
        a.iter().zip(&b).map(|(&a, &b)| f64::from(u8::from(of(a, b)))).collect()
    };
    let (above, equal, large) = (flag(&|a, b| a > b), flag(&|a, b| a * b > 0.0), flag(&|a, _| a.abs() > 0.5));
    let targets = [("above", above.clone()), ("same sign", equal), ("large", large)];
    let data = table(&[("a", a), ("b", b)], &targets);
    let run =
        train(&TrainingConfig { epochs: 60, test: 0.25, threads: 1, ..TrainingConfig::default() }, &data);
    assert!(run.notes[0].starts_with("multi-label"), "{:?}", run.notes);
    let Metrics::MultiLabel(metrics) = &run.results.as_ref().unwrap().model.test.as_ref().unwrap().metrics
    else {
        panic!()
    };
    assert!(metrics.labels.iter().all(|label| label.accuracy > 0.9), "{metrics:?}");
    let all_right = metrics.accuracy;
    assert!(
        metrics.labels.iter().all(|label| label.accuracy >= all_right),
        "all three right is rarer than one"
    );
    let predictions = run.model.predict(&data).unwrap();
    let Answers::Flags(flags) = &predictions.answers else { panic!("{:?}", predictions.answers) };
    let agree = above.iter().enumerate().filter(|(row, y)| f64::from(flags.row(*row)[0]) == **y).count();
    assert!(agree > 360, "{agree} of 400");
    assert_eq!(predictions.probabilities.unwrap().columns(), 3);
}

#[test]
fn several_targets_are_predicted_each_in_its_own_unit() {
    let mut rng = Rng::new(1, Purpose::Synthetic, 0);
    let x: Vec<f64> = (0..300).map(|_| rng.uniform(-2.0, 2.0)).collect();
    let (small, large): (Vec<f64>, Vec<f64>) = x.iter().map(|x| (1e-3 * x.sin(), 1e6 + 1e4 * x * x)).unzip();
    let data = table(&[("x", x)], &[("small", small), ("large", large.clone())]);
    let run = train(&TrainingConfig { test: 0.2, threads: 1, ..TrainingConfig::default() }, &data);
    let Metrics::Regression(metrics) = &run.results.as_ref().unwrap().model.test.as_ref().unwrap().metrics
    else {
        panic!()
    };
    assert!(metrics.targets.iter().all(|target| target.r2.unwrap() > 0.97), "{metrics:?}");
    let [small_error, large_error] = [0, 1].map(|k| metrics.targets[k].rmse);
    assert!(small_error < 3e-4 && (10.0..3e3).contains(&large_error), "{small_error}, {large_error}");
    let Answers::Numbers(numbers) = run.model.predict(&data).unwrap().answers else { panic!() };
    assert!((0..300).all(|row| (numbers.row(row)[1] - large[row]).abs() < 1e4));
}

/// The best constant rate of a group of counts is their mean.
#[test]
fn poisson_learns_the_mean_count_of_each_group() {
    let group: Vec<f64> = (0..40).map(|row| f64::from(row % 2)).collect();
    let counts: Vec<f64> =
        (0..40).map(|row| f64::from(if row % 2 == 0 { row % 5 } else { 7 + row % 3 })).collect();
    let mean = |of: f64| {
        let of_group = group.iter().zip(&counts).filter(|(group, _)| **group == of);
        of_group.map(|(_, count)| count).sum::<f64>() / 20.0
    };
    let means = [mean(0.0), mean(1.0)];
    let data = table(&[("group", group)], &[("count", counts)]);
    let task = Some(Task::Regression);
    let standardize = Standardize::Yes;
    let run = train(&TrainingConfig { task, loss: Some(Loss::Poisson), standardize, ..minimum() }, &data);
    let Outputs::Numbers { scalers } = &run.model.preprocessing.outputs else { panic!() };
    assert_eq!(scalers[..], [Scaler::IDENTITY], "counts are not standardised");
    let Answers::Numbers(rates) = run.model.predict(&data).unwrap().answers else { panic!() };
    assert_close(&[rates.row(0)[0], rates.row(1)[0]], &means, 1e-4, "rates");
    let classes = TrainingConfig { loss: Some(Loss::Poisson), ..TrainingConfig::default() };
    let error = chainrule::training::Trainer::new(classes).fit(&embedded_table("iris")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn poisson_refuses_a_target_below_0_with_its_row() {
    let data = table(&[("x", vec![1.0, 2.0, 3.0, 4.0])], &[("count", vec![0.0, 2.5, -1.0, 7.0])]);
    let task = Some(Task::Regression);
    let config =
        TrainingConfig { task, loss: Some(Loss::Poisson), validation: 0.0, ..TrainingConfig::default() };
    let error = chainrule::training::Trainer::new(config).fit(&data).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.message().contains("'count' has -1 in data row 3"), "{error}");
}

#[test]
fn two_classes_under_binary_cross_entropy_have_one_output_and_two_probabilities() {
    let loss = Some(Loss::BinaryCrossEntropy);
    let config = TrainingConfig { loss, test: 0.2, threads: 1, ..TrainingConfig::default() };
    let (data, iris) = (embedded_table("breast-cancer"), embedded_table("iris"));
    let run = train(&config, &data);
    assert_eq!(run.model.network.config().layers.last().unwrap().n_outputs, 1);
    assert!(run.results.unwrap().model.test.unwrap().accuracy().unwrap() > 0.94);
    let p = run.model.predict_proba(&data).unwrap();
    assert_eq!(p.columns(), 2);
    assert!((0..p.rows()).all(|row| (p.row(row).iter().sum::<f64>() - 1.0).abs() < 1e-12));
    // Three classes: an output each.
    let three = train(&config, &iris);
    assert_eq!(three.model.network.config().layers.last().unwrap().n_outputs, 3);
    assert!(three.results.unwrap().model.test.unwrap().accuracy().unwrap() > 0.8);
}

/// A training on standardised numbers does not see in which unit they came.
#[test]
fn metrics_are_in_the_targets_unit_and_standardised_training_does_not_see_units() {
    let mut data = embedded_table("diabetes");
    let config =
        TrainingConfig { precision: Precision::F64, epochs: 20, threads: 1, ..TrainingConfig::default() };
    let in_metres = train(&config, &data).results.unwrap();
    let hundredfold = |column: &mut chainrule::data::Column| {
        let chainrule::data::Values::Numbers(numbers) = &mut column.values else { panic!() };
        let scaled = (0..numbers.len()).map(|row| 100.0 * numbers.get(row)).collect();
        *numbers = chainrule::data::Numbers::F64(scaled);
    };
    data.features.iter_mut().chain(&mut data.targets).for_each(hundredfold);
    let in_centimetres = train(&config, &data).results.unwrap();
    let (metres, centimetres) = (in_metres.model.train, in_centimetres.model.train);
    let (rmse, hundred) = (metres.rmse().unwrap(), centimetres.rmse().unwrap());
    assert!(
        (20.0..77.0).contains(&rmse),
        "better than the standard deviation, and no fraction of one: {rmse}"
    );
    assert!((hundred - 100.0 * rmse).abs() < 1e-6 * hundred, "{hundred} and {rmse}");
    assert!((metres.loss - centimetres.loss).abs() < 1e-8, "the loss has no unit");
}

#[test]
fn without_standardisation_numbers_reach_the_network_as_they_are() {
    let run = |standardize| {
        let task = Some(Task::Regression);
        let config = TrainingConfig { task, standardize, epochs: 3, ..plain(Rule::Sgd) };
        train(&config, &rows(|row| 50.0 + row as f64, |_| false)).model.preprocessing
    };
    let scalers = |standardize| {
        let preprocessing = run(standardize);
        let Outputs::Numbers { scalers } = preprocessing.outputs else { panic!() };
        let features = preprocessing.features.into_iter().map(|feature| match feature.kind {
            FeatureKind::Numeric { scaler, .. } => scaler,
            FeatureKind::Categorical { .. } => panic!("{} is a number", feature.name),
        });
        features.chain(scalers).collect::<Vec<_>>()
    };
    assert_eq!(scalers(Standardize::No), [Scaler::IDENTITY; 3]);
    let standardised = scalers(Standardize::Yes);
    assert!(
        (standardised[2].mean - 55.5).abs() < 1e-12 && standardised.iter().all(|s| *s != Scaler::IDENTITY)
    );
}
