//! What must hold of preprocessing: statistics from the training rows alone, the same treatment of all other rows.

use proptest::prelude::*;

use super::*;
use crate::data::columns::{NO_CATEGORY, Targets};
use crate::data::dataset::{Column, Lines, MISSING, Numbers, Text, Values};
use crate::{Error, Matrix};

const NAN: f64 = f64::NAN;

fn numbers(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), values: Values::Numbers(Numbers::F64(values.to_vec())) }
}

/// A text column; an empty cell is missing.
fn text(name: &str, cells: &[&str]) -> Column {
    let mut text = Text::default();
    for &cell in cells {
        let known = text.vocabulary.iter().position(|entry| entry == cell);
        let code = known.unwrap_or(text.vocabulary.len()) as u32;
        text.codes.push(if cell.is_empty() { MISSING } else { code });
        if known.is_none() && !cell.is_empty() {
            text.vocabulary.push(cell.into());
        }
    }
    Column { name: name.into(), values: Values::Text(text) }
}

fn table(features: Vec<Column>, targets: Vec<Column>) -> Dataset {
    let n_rows = features.iter().chain(&targets).map(|column| column.values.len()).next().unwrap_or(0);
    Dataset {
        source: "table.csv".into(),
        features,
        targets,
        sample_weight: None,
        lines: Lines::default(),
        ignored: vec![],
        n_rows,
        warnings: vec![],
    }
}

fn rows(n: u32) -> Vec<u32> {
    (0..n).collect()
}

fn fit_all(dataset: &Dataset) -> Preprocessing {
    let config = PreprocessingConfig::default();
    Preprocessing::fit(dataset, &rows(dataset.n_rows as u32), &config).expect("a usable table").0
}

fn refused(dataset: &Dataset, config: &PreprocessingConfig) -> Error {
    Preprocessing::fit(dataset, &rows(dataset.n_rows as u32), config).expect_err("a table to refuse")
}

fn assert_says(error: &Error, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "expected '{part}' in: {message}");
    }
}

/// Age with a missing value, city with a missing value, height without.
fn people() -> Dataset {
    table(
        vec![
            numbers("age", &[20.0, NAN, 40.0, 60.0]),
            text("city", &["Rome", "Oslo", "", "Rome"]),
            numbers("height", &[1.0, 2.0, 1.0, 2.0]),
        ],
        vec![text("likes", &["no", "yes", "yes", "no"])],
    )
}

#[test]
fn inputs_are_scaled_values_then_indicators_and_category_codes() {
    let people = people();
    let preprocessing = fit_all(&people);
    assert_eq!(
        (preprocessing.n_numeric(), preprocessing.cardinalities(), preprocessing.n_outputs()),
        (3, vec![3], 2)
    );
    let (columns, warnings) = preprocessing.columns::<f64>(&people, None).expect("columns");
    assert!(warnings.is_empty(), "{warnings:?}");
    // Ages become 20, 40, 40, 60: mean 40, population variance 200.
    let scaled = 20.0 / 200f64.sqrt();
    let expected = [[-scaled, -1.0, 0.0], [0.0, 1.0, 1.0], [0.0, -1.0, 0.0], [scaled, 1.0, 0.0]];
    assert_eq!(columns.numeric, Matrix::from_fn(4, 3, |i, j| expected[i][j]));
    // Oslo 0, Rome 1, missing 2.
    assert_eq!(columns.codes.values(), [1, 0, 2, 1]);
    let Targets::Classes(classes) = preprocessing.targets::<f64>(&people, Some(&[3, 1])).expect("targets")
    else {
        panic!("classes")
    };
    assert_eq!(classes, [0, 1]);
}

#[test]
fn statistics_come_from_the_training_rows_alone() {
    let mut people = people();
    let config = PreprocessingConfig::default();
    let fit = |people: &Dataset| Preprocessing::fit(people, &[0, 1, 2], &config).expect("fit").0;
    let before = fit(&people);
    people.features[0] = numbers("age", &[20.0, NAN, 40.0, 1e9]);
    people.features[1] = text("city", &["Rome", "Oslo", "", "Bergen"]);
    let after = fit(&people);
    assert_eq!(before, after);
}

#[test]
fn t8_missing_values_are_filled_in_the_same_way_at_prediction() {
    let preprocessing = fit_all(&people());
    let unseen = table(vec![numbers("age", &[NAN]), text("city", &[""]), numbers("height", &[NAN])], vec![]);
    let (columns, _) = preprocessing.columns::<f64>(&unseen, None).expect("columns");
    // Height misses nothing in training: its median 1.5 stands in, without an indicator.
    assert_eq!(columns.numeric.values(), [0.0, 0.0, 1.0]);
    assert_eq!(columns.codes.values(), [2]);
}

#[test]
fn t8_missing_values_are_an_error_where_they_are_not_allowed() {
    let config = PreprocessingConfig { missing: MissingPolicy::Error, ..PreprocessingConfig::default() };
    assert_says(
        &refused(&people(), &config),
        &["table.csv", "'age' misses 1 values", "data row 2", "--missing impute"],
    );
    let mut complete = people();
    complete.features.remove(0);
    complete.features[0] = text("city", &["Rome", "Oslo", "Oslo", "Rome"]);
    let preprocessing = Preprocessing::fit(&complete, &rows(4), &config).expect("complete").0;
    complete.features[0] = text("city", &["Rome", "Oslo", "Oslo", ""]);
    let error = preprocessing.columns::<f32>(&complete, None).expect_err("a missing value");
    assert_says(&error, &["'city' misses 1 values", "data row 4"]);
}

#[test]
fn t9_unseen_categories_are_none_and_are_counted_and_named() {
    let preprocessing = fit_all(&people());
    let unseen = table(
        vec![
            numbers("age", &[20.0; 4]),
            text("city", &["Bergen", "Rome", "Bergen", "Turin"]),
            numbers("height", &[1.0; 4]),
        ],
        vec![],
    );
    let (columns, warnings) = preprocessing.columns::<f32>(&unseen, None).expect("columns");
    assert_eq!(columns.codes.values(), [NO_CATEGORY, 1, NO_CATEGORY, NO_CATEGORY]);
    let expected = "column 'city': 3 rows hold a category that training did not see, taken for none: \
                    'Bergen' (2), 'Turin' (1)";
    assert_eq!(warnings, [expected]);
    let (_, warnings) = preprocessing.columns::<f32>(&unseen, Some(&[1])).expect("columns");
    assert!(warnings.is_empty(), "rows that are not used draw no warning: {warnings:?}");
}

#[test]
fn t10_constant_columns_are_0_in_training_and_named_in_one_warning() {
    let constant = table(
        vec![numbers("always", &[0.1; 3]), numbers("x", &[1.0, 2.0, 3.0]), text("one", &["a"; 3])],
        vec![numbers("y", &[1.0, 2.0, 4.0])],
    );
    let (preprocessing, warnings) =
        Preprocessing::fit(&constant, &rows(3), &PreprocessingConfig::default()).expect("fit");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("'always', 'one'"), "{warnings:?}");
    let (columns, _) = preprocessing.columns::<f64>(&constant, None).expect("columns");
    assert!((0..3).all(|i| columns.numeric.row(i)[0] == 0.0), "{columns:?}");
}

#[test]
fn t11_a_class_that_only_validation_has_is_named_with_the_file() {
    let preprocessing = fit_all(&people());
    let mut validation = people();
    validation.source = "validation.csv".into();
    validation.targets = vec![text("likes", &["no", "yes", "perhaps", "no"])];
    let error = preprocessing.targets::<f32>(&validation, None).expect_err("another class");
    assert_says(&error, &["validation.csv", "data row 3", "class 'perhaps'", "'no', 'yes'", "--map-label"]);
}

#[test]
fn t12_columns_are_found_by_name_in_any_order_and_targets_are_passed_over() {
    let people = people();
    let preprocessing = fit_all(&people);
    let mut other = people.clone();
    other.features.swap(0, 2);
    other.features.insert(1, other.targets.remove(0));
    let expected = preprocessing.columns::<f64>(&people, None).expect("columns");
    assert_eq!(preprocessing.columns::<f64>(&other, None).expect("columns"), expected);
    // The target is found among the features too: a file to evaluate may have been read without one.
    assert_eq!(
        preprocessing.targets::<f64>(&other, None).expect("targets"),
        preprocessing.targets::<f64>(&people, None).expect("targets")
    );
}

#[test]
fn t12_missing_extra_and_duplicate_columns_are_listed() {
    let preprocessing = fit_all(&people());
    let mut other = people();
    other.features[0].name = "Age".into();
    other.features.push(numbers("shoe", &[1.0; 4]));
    let error = preprocessing.columns::<f32>(&other, None).expect_err("other columns");
    assert_says(&error, &["missing: 'age'", "not known from training: 'Age', 'shoe'"]);
    let mut twice = people();
    twice.features[2].name = "age".into();
    assert_says(&preprocessing.columns::<f32>(&twice, None).expect_err("twice"), &["more than once: 'age'"]);
    assert_says(&refused(&twice, &PreprocessingConfig::default()), &["more than once: 'age'"]);
}

#[test]
fn t12_columns_that_training_left_out_are_passed_over() {
    let mut other = people();
    other.ignored = vec!["id".into()];
    let preprocessing = Preprocessing::fit(&other, &rows(4), &PreprocessingConfig::default()).expect("fit").0;
    other.features.insert(0, numbers("id", &[1.0, 2.0, 3.0, 4.0]));
    assert!(preprocessing.columns::<f32>(&other, None).is_ok());
}

#[test]
fn t12_files_without_a_header_match_by_place() {
    let column = |place: usize, values: &[f64]| numbers(&format!("column {place}"), values);
    // The target stood first, so that training knows columns 1 and 2.
    let train = table(vec![column(1, &[1.0, 3.0]), column(2, &[5.0, 9.0])], vec![column(0, &[0.5, 1.5])]);
    let preprocessing = fit_all(&train);
    let expected = preprocessing.columns::<f64>(&train, None).expect("columns").0;
    let without_target = table(vec![column(0, &[1.0, 3.0]), column(1, &[5.0, 9.0])], vec![]);
    assert_eq!(preprocessing.columns::<f64>(&without_target, None).expect("columns").0, expected);
    let with_target =
        table(vec![column(0, &[0.5, 1.5]), column(1, &[1.0, 3.0]), column(2, &[5.0, 9.0])], vec![]);
    assert_eq!(preprocessing.columns::<f64>(&with_target, None).expect("columns").0, expected);
    let short = table(vec![column(0, &[1.0, 3.0])], vec![]);
    let error = preprocessing.columns::<f64>(&short, None).expect_err("a column too few");
    assert_says(&error, &["training had 2 feature columns, here are 1"]);
}

#[test]
fn t5_text_in_a_number_column_is_named_and_text_of_numbers_is_read() {
    let preprocessing = fit_all(&people());
    let mut other = people();
    other.features[2] = text("height", &["1", "2.0", "", "tall"]);
    let error = preprocessing.columns::<f32>(&other, None).expect_err("text");
    assert_says(&error, &["table.csv", "column 'height', data row 4", "expected a number", "'tall'"]);
    other.features[2] = text("height", &["1", "2.0", "1", "2"]);
    assert_eq!(
        preprocessing.columns::<f64>(&other, None).expect("columns"),
        preprocessing.columns::<f64>(&people(), None).expect("columns")
    );
}

#[test]
fn numbers_in_a_text_column_are_compared_as_printed() {
    let train = table(vec![text("month", &["1", "2", "12", "1"])], vec![numbers("y", &[1.0, 2.0, 3.0, 5.0])]);
    let preprocessing = fit_all(&train);
    let predict = table(vec![numbers("month", &[12.0, 1.0, 3.0])], vec![]);
    let (columns, warnings) = preprocessing.columns::<f32>(&predict, None).expect("columns");
    // The vocabulary stands in the order of text: 1, 12, 2.
    assert_eq!(columns.codes.values(), [1, 0, NO_CATEGORY]);
    assert!(warnings[0].contains("'3' (1)"), "{warnings:?}");
}

#[test]
fn t7_infinite_features_are_named_with_their_first_place() {
    let infinite = f64::INFINITY;
    let mut data = table(vec![numbers("x", &[1.0, infinite, 2.0])], vec![numbers("y", &[1.0, 2.0, 4.0])]);
    assert_says(&refused(&data, &PreprocessingConfig::default()), &["column 'x', data row 2", "got inf"]);
    let preprocessing = Preprocessing::fit(&data, &[0, 2], &PreprocessingConfig::default()).expect("fit").0;
    let error = preprocessing.columns::<f64>(&data, None).expect_err("infinite");
    assert_says(&error, &["column 'x', data row 2", "got inf"]);
    data.features[0] = numbers("x", &[1.0, 1e300, 2.0]);
    let error = preprocessing.columns::<f32>(&data, None).expect_err("beyond f32");
    assert_says(&error, &["column 'x', data row 2", "--precision f64"]);
    assert!(preprocessing.columns::<f64>(&data, None).is_ok());
}

#[test]
fn t7_targets_that_are_missing_or_infinite_are_always_errors() {
    for wrong in [NAN, f64::INFINITY] {
        let data = table(vec![numbers("x", &[1.0, 2.0, 3.0])], vec![numbers("y", &[1.5, wrong, 4.0])]);
        let config = PreprocessingConfig { task: Some(Task::Regression), ..PreprocessingConfig::default() };
        assert_says(&refused(&data, &config), &["target column 'y', data row 2", "a finite number"]);
    }
}

#[test]
fn t6_a_row_number_is_flagged_whatever_its_width() {
    let counting: Vec<f64> = (5..25).map(f64::from).collect();
    let narrow = Numbers::F32(counting.iter().map(|&x| x as f32).collect());
    for values in [Numbers::F64(counting.clone()), narrow] {
        let column = Column { name: "id".into(), values: Values::Numbers(values) };
        let y: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
        let data = table(vec![column], vec![numbers("y", &y)]);
        let (_, warnings) =
            Preprocessing::fit(&data, &rows(20), &PreprocessingConfig::default()).expect("usable");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("column 'id' goes up by 1 from row to row"), "{warnings:?}");
    }
}

#[test]
fn t6_whole_numbers_that_f32_cannot_tell_apart_draw_a_warning() {
    let values: Vec<f64> = (0..60).map(|i| f64::from(20_000_000 + i * i)).collect();
    let data = table(vec![numbers("order", &values)], vec![numbers("y", &values)]);
    let config = PreprocessingConfig {
        standardize_features: Standardize::No,
        task: Some(Task::Regression),
        ..PreprocessingConfig::default()
    };
    let (preprocessing, warnings) = Preprocessing::fit(&data, &rows(60), &config).expect("fit");
    assert!(warnings[0].contains("'order'") && warnings[0].contains("all differ"), "{warnings:?}");
    let (_, warnings) = preprocessing.columns::<f32>(&data, None).expect("columns");
    assert!(warnings[0].contains("'order'") && warnings[0].contains("f64"), "{warnings:?}");
    assert!(preprocessing.columns::<f64>(&data, None).expect("columns").1.is_empty());
}

#[test]
fn columns_that_cannot_be_learned_from_are_refused_by_name() {
    let y: Vec<f64> = (0..50).map(|i| f64::from(i) / 3.0).collect();
    let names: Vec<String> = (0..50).map(|i| format!("name {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let days: Vec<&str> = (0..50).map(|i| if i % 2 == 0 { "2011-01-01" } else { "2011-01-02" }).collect();
    let with = |column: Column| table(vec![column], vec![numbers("y", &y)]);
    let config = PreprocessingConfig::default();
    assert_says(
        &refused(&with(text("name", &names)), &config),
        &["'name' holds 50 different texts", "--drop 'name'"],
    );
    assert_says(&refused(&with(text("day", &days)), &config), &["'day' holds dates", "--drop 'day'"]);
    assert_says(&refused(&with(numbers("x", &[NAN; 50])), &config), &["'x' has no value", "--drop 'x'"]);
    assert_says(&refused(&table(vec![], vec![numbers("y", &y)]), &config), &["no feature columns"]);
    assert_says(
        &refused(
            &with(numbers("x", &y)),
            &PreprocessingConfig { class_weight: ClassWeight::Balanced, ..PreprocessingConfig::default() },
        ),
        &["class weights need"],
    );
}

#[test]
fn t1_no_training_row_is_an_error() {
    let error = Preprocessing::fit(&people(), &[], &PreprocessingConfig::default()).expect_err("no rows");
    assert_says(&error, &["0 data rows"]);
}

#[test]
fn regression_targets_are_standardised_and_predictions_come_back_in_their_unit() {
    let data = table(
        vec![numbers("x", &[1.0, 2.0, 3.0])],
        vec![numbers("price", &[100.0, 200.0, 600.0]), numbers("time", &[1.0, 1.5, 2.0])],
    );
    let preprocessing = fit_all(&data);
    assert_eq!((preprocessing.task(), preprocessing.n_outputs()), (Task::Regression, 2));
    let Targets::Values(scaled) = preprocessing.targets::<f64>(&data, None).expect("targets") else {
        panic!("numbers")
    };
    let sum: f64 = (0..3).map(|i| scaled.row(i)[0]).sum();
    let squares: f64 = (0..3).map(|i| scaled.row(i)[0].powi(2)).sum();
    assert!(sum.abs() < 1e-12 && (squares - 3.0).abs() < 1e-12, "{scaled:?}");
    let values = preprocessing.target_values(&data, None).expect("values");
    assert_eq!(values.row(2), [600.0, 2.0]);
    let back = preprocessing.unscale(scaled.view());
    assert!(back.values().iter().zip(values.values()).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?}");
    let config =
        PreprocessingConfig { standardize_targets: Standardize::No, ..PreprocessingConfig::default() };
    let raw = Preprocessing::fit(&data, &rows(3), &config).expect("fit").0;
    assert_eq!(raw.targets::<f64>(&data, None).expect("targets"), Targets::Values(values));
}

#[test]
fn a_regression_on_text_says_what_came_and_what_to_do() {
    let config = PreprocessingConfig { task: Some(Task::Regression), ..PreprocessingConfig::default() };
    assert_says(&refused(&people(), &config), &["target column 'likes'", "'no'", "--task classification"]);
}

#[test]
fn several_yes_or_no_targets_become_0_and_1() {
    let mut data = people();
    data.targets = vec![text("a", &["true", "false", "true", "true"]), numbers("b", &[0.0, 0.0, 1.0, 1.0])];
    let preprocessing = fit_all(&data);
    assert_eq!((preprocessing.task(), preprocessing.n_outputs()), (Task::MultiLabel, 2));
    let Targets::Values(flags) = preprocessing.targets::<f32>(&data, None).expect("targets") else {
        panic!("numbers")
    };
    assert_eq!(flags.values(), [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn weights_are_products_in_training_and_sample_weights_in_evaluation() {
    let mut data = people();
    data.targets = vec![text("likes", &["no", "yes", "no", "no"])];
    data.sample_weight = Some(vec![1.0, 2.0, 3.0, 0.0]);
    let config =
        PreprocessingConfig { class_weight: ClassWeight::Balanced, ..PreprocessingConfig::default() };
    let preprocessing = Preprocessing::fit(&data, &rows(4), &config).expect("fit").0;
    let weights = |weighting| {
        let (samples, _) = preprocessing.samples::<f64>(&data, Some(&[1, 2]), weighting).expect("samples");
        samples.weights.expect("weights")
    };
    assert_eq!(weights(Weighting::Training), [4.0, 3.0 * (4.0 / 6.0)]);
    assert_eq!(weights(Weighting::Evaluation), [2.0, 3.0]);
    for wrong in [vec![0.0; 4], vec![1.0, -1.0, 1.0, 1.0], vec![1.0, NAN, 1.0, 1.0]] {
        data.sample_weight = Some(wrong);
        assert!(preprocessing.samples::<f64>(&data, None, Weighting::Evaluation).is_err());
    }
}

/// The conversion as the definition reads, without tiles.
fn naive(preprocessing: &Preprocessing, dataset: &Dataset, row: usize) -> Vec<f64> {
    let mut values = vec![];
    let mut indicators = vec![];
    for (feature, column) in preprocessing.features.iter().zip(&dataset.features) {
        let (FeatureKind::Numeric { median, scaler, missing_in_training }, Values::Numbers(numbers)) =
            (&feature.kind, &column.values)
        else {
            continue;
        };
        let x = numbers.get(row);
        values.push(scaler.apply(if x.is_nan() { *median } else { x }));
        if *missing_in_training {
            indicators.push(f64::from(u8::from(x.is_nan())));
        }
    }
    values.extend(indicators);
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn tiles_give_what_the_definition_gives(
        n_rows in 2usize..150,
        n_columns in 1usize..40,
        picked in prop::collection::vec(any::<prop::sample::Index>(), 0..150),
        seed in any::<u64>(),
    ) {
        let mut rng = crate::Rng::new(seed, crate::Purpose::Synthetic, 0);
        let columns: Vec<Column> = (0..n_columns).map(|j| {
            let mut cell = || if rng.below(5) == 0 { NAN } else { rng.normal() };
            let mut values: Vec<f64> = (0..n_rows).map(|_| cell()).collect();
            values[0] = 1.0;
            let values = match j % 3 {
                0 => Numbers::F64(values),
                1 => Numbers::F32(values.iter().map(|&x| x as f32).collect()),
                _ => Numbers::U8(values.iter().map(|&x| (x * 40.0) as u8).collect()),
            };
            Column { name: format!("x{j}"), values: Values::Numbers(values) }
        }).collect();
        let y: Vec<f64> = (0..n_rows).map(|i| i as f64 + 0.5).collect();
        let data = table(columns, vec![numbers("y", &y)]);
        let preprocessing = fit_all(&data);
        let rows: Vec<u32> = picked.iter().map(|index| index.index(n_rows) as u32).collect();
        let (columns, _) = preprocessing.columns::<f64>(&data, Some(&rows)).expect("columns");
        prop_assert_eq!(columns.numeric.columns(), preprocessing.n_numeric());
        for (i, &row) in rows.iter().enumerate() {
            prop_assert_eq!(columns.numeric.row(i), &naive(&preprocessing, &data, row as usize)[..]);
        }
    }
}
