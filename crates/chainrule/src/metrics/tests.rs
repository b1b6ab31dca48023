//! What must hold of metrics, and the values that scikit-learn computed.

use chainrule_kernels::cpu::Cpu;
use proptest::prelude::*;
use serde_json::Value;

use super::baseline::{ClassFrequencies, LeastSquares, Mean};
use super::*;
use crate::Matrix;
use crate::data::{Columns, NO_CATEGORY};

/// Relative to the number, or absolute below 1.
const TOLERANCE_F64: f64 = 1e-12;

fn cases(kind: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/external/metrics.json");
    let text = std::fs::read_to_string(path).expect("metrics.json");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let cases = all[kind].as_array().expect("cases").clone();
    assert!(!cases.is_empty());
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn matrix(value: &Value) -> Matrix<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().expect("rows").iter().map(numbers).collect();
    Matrix::from_vec(rows.concat(), rows.len(), rows[0].len())
}

fn codes(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|x| x as u32).collect()
}

#[track_caller]
fn assert_close(case: &Value, what: &str, found: f64, expected: &Value) {
    let expected = expected.as_f64().expect("a number");
    let name = &case["name"];
    let near = (found - expected).abs() <= TOLERANCE_F64 * expected.abs().max(1.0);
    assert!(near, "{name}: {what} is {found} where scikit-learn has {expected}");
}

fn assert_scores(case: &Value, found: &[Scores]) {
    for (found, expected) in found.iter().zip(case["scores"].as_array().expect("scores")) {
        assert_close(case, "precision", found.precision, &expected[0]);
        assert_close(case, "recall", found.recall, &expected[1]);
        assert_close(case, "F1", found.f1, &expected[2]);
        if let Some(support) = expected.get(3) {
            assert_close(case, "support", found.support, support);
        }
    }
}

#[test]
fn classification_agrees_with_scikit_learn() {
    for case in cases("classification") {
        let weights = numbers(&case["weights"]);
        let classes = codes(&case["classes"]);
        let found = classification(matrix(&case["probabilities"]).view(), &classes, Some(&weights));
        assert_close(&case, "loss", found.loss, &case["loss"]);
        assert_close(&case, "accuracy", found.accuracy, &case["accuracy"]);
        for (found, expected) in found.confusion.values().iter().zip(matrix(&case["confusion"]).values()) {
            assert!((found - expected).abs() <= TOLERANCE_F64 * 40.0, "{}: {found} {expected}", case["name"]);
        }
        assert_scores(&case, &found.classes);
        assert_close(&case, "mean precision", found.macro_average.precision, &case["macro"][0]);
        assert_close(&case, "mean recall", found.macro_average.recall, &case["macro"][1]);
        assert_close(&case, "mean F1", found.macro_average.f1, &case["macro"][2]);
        match found.auc {
            Some(auc) => assert_close(&case, "AUC", auc, &case["auc"]),
            None => assert!(case["auc"].is_null(), "{}", case["name"]),
        }
    }
}

#[test]
fn regression_agrees_with_scikit_learn() {
    for case in cases("regression") {
        let weights = numbers(&case["weights"]);
        let (predicted, expected) = (matrix(&case["predicted"]), matrix(&case["expected"]));
        let found = regression(predicted.view(), expected.view(), Some(&weights));
        for (j, target) in found.targets.iter().enumerate() {
            assert_close(&case, "rmse", target.rmse, &case["rmse"][j]);
            assert_close(&case, "mae", target.mae, &case["mae"][j]);
            assert_close(&case, "r2", target.r2.expect("varying targets"), &case["r2"][j]);
        }
        let mean: f64 = numbers(&case["r2"]).iter().sum::<f64>() / found.targets.len() as f64;
        assert_close(&case, "mean r2", found.r2.expect("varying targets"), &mean.into());
    }
}

#[test]
fn multi_label_agrees_with_scikit_learn() {
    for case in cases("multi_label") {
        let weights = numbers(&case["weights"]);
        let labels = matrix(&case["labels"]);
        let found = multi_label(matrix(&case["probabilities"]).view(), labels.view(), Some(&weights));
        assert_close(&case, "loss", found.loss, &case["loss"]);
        assert_close(&case, "accuracy", found.accuracy, &case["accuracy"]);
        for (j, label) in found.labels.iter().enumerate() {
            assert_close(&case, "label accuracy", label.accuracy, &case["label_accuracy"][j]);
            assert_close(&case, "label AUC", label.auc.expect("both answers"), &case["auc"][j]);
        }
        assert_scores(&case, &found.labels.iter().map(|label| label.scores).collect::<Vec<_>>());
    }
}

#[test]
fn least_squares_agrees_with_scikit_learn() {
    const TOLERANCE: f64 = 1e-6; // the ridge shifts the ninth digit
    for case in cases("least_squares") {
        let codes = codes(&case["codes"]);
        let n = codes.len();
        let columns = Columns { numeric: matrix(&case["numeric"]), codes: Matrix::from_vec(codes, n, 1) };
        let cardinality = codes_of(&case["cardinality"]);
        let (targets, weights) = (matrix(&case["targets"]), numbers(&case["weights"]));
        let fitted =
            LeastSquares::fit(&Cpu::new(1), &columns, &[cardinality], targets.view(), Some(&weights));
        let predicted = fitted.expect("few inputs").predict(&columns);
        for (found, expected) in predicted.values().iter().zip(matrix(&case["predicted"]).values()) {
            let near = (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
            assert!(near, "{}: {found} where scikit-learn has {expected}", case["name"]);
        }
    }
}

fn codes_of(value: &Value) -> u32 {
    value.as_u64().expect("a count") as u32
}

#[test]
fn n2_predictions_that_are_nan_count_as_worst_and_make_no_metric_nan() {
    let nan = f64::NAN;
    let good = Matrix::from_vec(vec![0.9, 0.1, 0.2, 0.8, 0.6, 0.4], 3, 2);
    let bad = Matrix::from_vec(vec![0.9, 0.1, nan, nan, 0.6, 0.4], 3, 2);
    let good = classification(good.view(), &[0, 1, 0], None);
    let bad = classification(bad.view(), &[0, 1, 0], None);
    assert_eq!((good.accuracy, good.auc), (1.0, Some(1.0)));
    assert_eq!((bad.accuracy, bad.auc, bad.loss), (2.0 / 3.0, Some(0.0), f64::INFINITY));
    assert_eq!((bad.classes[1].recall, bad.classes[1].support), (0.0, 1.0));

    let predicted = Matrix::from_vec(vec![1.0, nan], 2, 1);
    let expected = Matrix::from_vec(vec![1.0, 2.0], 2, 1);
    let metrics = regression::<f64>(predicted.view(), expected.view(), None);
    assert_eq!(
        (metrics.rmse, metrics.mae, metrics.r2),
        (f64::INFINITY, f64::INFINITY, Some(f64::NEG_INFINITY))
    );

    let labels = Matrix::from_vec(vec![1.0, 0.0], 2, 1);
    for (first, second) in [(nan, 0.1), (0.9, nan)] {
        let metrics = multi_label(Matrix::from_vec(vec![first, second], 2, 1).view(), labels.view(), None);
        assert_eq!((metrics.accuracy, metrics.loss, metrics.auc), (0.5, f64::INFINITY, Some(0.0)));
    }
}

#[test]
fn n3_a_sure_and_wrong_prediction_costs_a_finite_amount() {
    let sure = Matrix::from_vec(vec![1.0f32, 0.0], 1, 2);
    let loss = classification(sure.view(), &[1], None).loss;
    assert!((103.0..103.3).contains(&loss), "{loss}");
}

#[test]
fn metrics_without_a_meaning_are_none() {
    let probabilities = Matrix::from_vec(vec![0.5, 0.5, 0.9, 0.1], 2, 2);
    assert_eq!(classification(probabilities.view(), &[0, 0], None).auc, None);
    let constant = Matrix::from_vec(vec![0.1; 3], 3, 1);
    let predicted = Matrix::from_vec(vec![0.1, 0.2, 0.3], 3, 1);
    assert_eq!(regression::<f32>(predicted.view(), constant.view(), None).r2, None);
    let labels = Matrix::from_vec(vec![1.0, 1.0, 0.0, 1.0], 2, 2);
    let metrics = multi_label(probabilities.view(), labels.view(), None);
    assert_eq!((metrics.labels[0].auc, metrics.labels[1].auc, metrics.auc), (Some(0.0), None, None));
}

#[test]
fn baselines_are_the_class_shares_and_the_means() {
    let shares = ClassFrequencies::fit::<f64>(&[0, 2, 2, 2], 3, None);
    assert_eq!(shares.shares, [0.25, 0.0, 0.75]);
    let metrics = classification(shares.probabilities::<f64>(4).view(), &[2, 2, 0, 2], None);
    assert_eq!(metrics.accuracy, 0.75);
    let entropy = -(0.75 * 0.75f64.ln() + 0.25 * 0.25f64.ln());
    assert!((metrics.loss - entropy).abs() < 1e-15, "{} {entropy}", metrics.loss);

    let targets = Matrix::from_vec(vec![1.0, 10.0, 4.0, 20.0], 2, 2);
    let mean = Mean::fit(targets.view(), Some(&[2.0f32, 1.0]));
    assert!((mean.values[0] - 2.0).abs() < 1e-15 && (mean.values[1] - 40.0 / 3.0).abs() < 1e-14, "{mean:?}");
    let metrics = regression::<f32>(mean.predict(2).view(), targets.view(), Some(&[2.0, 1.0]));
    assert!(metrics.r2.expect("varying").abs() < 1e-14, "the mean explains nothing: {metrics:?}");
}

#[test]
fn least_squares_ignores_constant_inputs_and_takes_no_category_as_zeros() {
    let numeric = Matrix::from_vec(vec![1.0f64, 7.0, 2.0, 7.0, 3.0, 7.0, 4.0, 7.0], 4, 2);
    let codes = Matrix::from_vec(vec![0, 1, 0, NO_CATEGORY], 4, 1);
    let targets = Matrix::from_vec(vec![12.0, 24.0, 16.0, 8.0], 4, 1); // 2·x + 10·[0] + 20·[1]
    let columns = Columns { numeric, codes };
    let fitted =
        LeastSquares::fit(&Cpu::new(1), &columns, &[2], targets.view(), None::<&[f64]>).expect("few inputs");
    let predicted = fitted.predict(&columns);
    for (found, expected) in predicted.values().iter().zip(targets.values()) {
        assert!((found - expected).abs() < 1e-6, "{predicted:?}");
    }
    assert!(LeastSquares::fit(&Cpu::new(1), &columns, &[2000], targets.view(), None::<&[f64]>).is_none());
}

proptest! {
    #[test]
    fn a_row_of_weight_2_counts_as_two_rows(
        rows in prop::collection::vec((0.0f64..1.0, 0u32..2, 0u32..3), 1..40),
    ) {
        prop_assume!(rows.iter().any(|row| row.2 > 0));
        let expand = |repeat: &dyn Fn(u32) -> u32| -> (Matrix<f64>, Vec<u32>) {
            let repeated: Vec<(f64, u32)> =
                rows.iter().flat_map(|&(p, class, w)| vec![(p, class); repeat(w) as usize]).collect();
            let p = Matrix::from_fn(repeated.len(), 2, |i, j| if j == 1 { repeated[i].0 } else { 1.0 - repeated[i].0 });
            (p, repeated.iter().map(|&(_, class)| class).collect())
        };
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let (p, classes) = expand(&|_| 1);
        let weighted = classification(p.view(), &classes, Some(&weights));
        let (p, classes) = expand(&|w| w);
        let repeated = classification(p.view(), &classes, None);
        prop_assert!((weighted.loss - repeated.loss).abs() < 1e-10);
        prop_assert!((weighted.accuracy - repeated.accuracy).abs() < 1e-12);
        prop_assert_eq!(weighted.auc.is_some(), repeated.auc.is_some());
        if let (Some(a), Some(b)) = (weighted.auc, repeated.auc) {
            prop_assert!((a - b).abs() < 1e-12, "{} {}", a, b);
        }
        prop_assert_eq!(weighted.confusion, repeated.confusion);
    }
}
