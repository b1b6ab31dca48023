//! Preprocessing of real files, as their owners published them.
#![cfg(feature = "fs")]

use std::path::PathBuf;

use chainrule::data::{
    Dataset, MissingPolicy, Outputs, Preprocessing, PreprocessingConfig, ReadOptions, Target, Targets, Task,
    Weighting, csv, open, parse_renames,
};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("CHAINRULE_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("SKIPPED: needs CHAINRULE_DATA");
    }
    folder
}

fn all(dataset: &Dataset) -> Vec<u32> {
    (0..dataset.n_rows as u32).collect()
}

#[test]
fn adult_has_the_same_inputs_and_classes_in_its_test_file_after_renaming() {
    let Some(folder) = data() else { return };
    let options = ReadOptions { header: false, ..ReadOptions::default() };
    let read = |name| open(folder.join("adult").join(name), None, &options).expect("a table");
    let (train, test) = (read("adult-train.csv"), read("adult-test.csv"));
    let mut config = PreprocessingConfig::default();
    let plain = Preprocessing::fit(&train, &all(&train), &config).expect("preprocessing").0;
    let error = plain.targets::<f32>(&test, None).expect_err("labels end with a full stop there");
    assert!(error.message().contains("class '<=50K.' does not occur"), "{error}");

    for rename in ["<=50K.=<=50K", ">50K.=>50K"] {
        config.map_labels.extend(parse_renames(rename).expect("FROM=TO"));
    }
    let (preprocessing, warnings) = Preprocessing::fit(&train, &all(&train), &config).expect("preprocessing");
    assert!(warnings.is_empty(), "{warnings:?}");
    let Outputs::Classes { labels, .. } = &preprocessing.outputs else { panic!("classes") };
    assert_eq!(labels.names, ["<=50K", ">50K"]);
    // Six numeric columns; eight of text, of which workclass, occupation and country miss values.
    assert_eq!(preprocessing.n_numeric(), 6);
    assert_eq!(preprocessing.cardinalities(), [9, 16, 7, 15, 6, 5, 2, 42]);
    let (columns, warnings) = preprocessing.columns::<f32>(&test, None).expect("columns");
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!((columns.n_samples(), columns.codes.columns()), (16281, 8));
    let Targets::Classes(classes) = preprocessing.targets::<f32>(&test, None).expect("targets") else {
        panic!("classes")
    };
    assert_eq!(classes.iter().filter(|&&class| class == 1).count(), 3846);
}

#[test]
fn bike_sharing_refuses_its_date_column_and_takes_its_hours_as_categories() {
    let Some(folder) = data() else { return };
    let path = folder.join("bike-sharing/hour.csv");
    let names = |names: &str| names.split(',').map(String::from).collect::<Vec<_>>();
    let mut options = ReadOptions {
        drop: names("instant,casual,registered"),
        categorical: names("season,mnth,hr,weekday,weathersit"),
        ..ReadOptions::default()
    };
    let config = PreprocessingConfig::default();
    let dated = open(&path, None, &options).expect("a table");
    let error = Preprocessing::fit(&dated, &all(&dated), &config).expect_err("a date column");
    assert!(error.to_string().contains("--drop 'dteday'"), "{error}");

    options.drop.push("dteday".into());
    let table = open(&path, None, &options).expect("a table");
    let (preprocessing, _) = Preprocessing::fit(&table, &all(&table), &config).expect("preprocessing");
    assert_eq!(preprocessing.task(), Task::Regression);
    assert_eq!((preprocessing.n_numeric(), preprocessing.cardinalities()), (7, vec![4, 12, 24, 7, 4]));

    options.drop.retain(|name| name != "instant");
    let counted = open(&path, None, &options).expect("a table");
    let (_, warnings) = Preprocessing::fit(&counted, &all(&counted), &config).expect("preprocessing");
    assert!(warnings.iter().any(|warning| warning.contains("--drop instant")), "{warnings:?}");

    // To predict, the whole file may come as it is, its numbers as numbers.
    let raw =
        open(&path, None, &ReadOptions { target: Target::None, ..ReadOptions::default() }).expect("a table");
    assert_eq!(
        preprocessing.columns::<f64>(&raw, None).expect("columns"),
        preprocessing.columns::<f64>(&table, None).expect("columns")
    );
}

/// T5, T8 and T11 at prediction and evaluation: the line of the file, although lines are blank and quoted cells have several.
#[test]
fn t5_t8_t11_a_cell_that_a_model_cannot_take_is_named_with_its_line() {
    let read = |text: &str| {
        let options = ReadOptions { target: Target::Columns(vec!["y".into()]), ..ReadOptions::default() };
        csv::read(text.as_bytes(), "p.csv", &options).unwrap()
    };
    let trained = read("a,b,y\n1,u,yes\n2,v,no\n3,u,yes\n4,v,no\n");
    let config = PreprocessingConfig { missing: MissingPolicy::Error, ..Default::default() };
    let (preprocessing, _) = Preprocessing::fit(&trained, &[0, 1, 2, 3], &config).unwrap();
    let refused = |text: &str| {
        let data = read(text);
        preprocessing.samples::<f32>(&data, None, Weighting::Evaluation).unwrap_err().to_string()
    };
    let text = refused("a,b,y\n1,u,yes\n\n\"2\",\"v\nw\",no\nhello,u,yes\nx,u,no\nz,u,no\n");
    assert!(text.starts_with("p.csv, line 6: column 'a', data row 3: expected a number"), "{text}");
    let missing = refused("a,b,y\n\n1,u,yes\n,u,no\n");
    assert!(missing.starts_with("p.csv, line 4: column 'a' misses 1 values"), "{missing}");
    let unknown = refused("a,b,y\r\n1,u,yes\r\n\r\n2,v,maybe\r\n");
    assert!(unknown.starts_with("p.csv, line 4: target column 'y', data row 2: class 'maybe'"), "{unknown}");
}

/// Codes are text in training because the user says so; the model must remember, or 01 and 1 would be one category.
#[test]
fn t9_codes_are_the_same_categories_at_prediction_as_in_training() {
    let train = "code,y\n01,a\n1,b\n02,a\n2,b\n01,a\n1,b\n";
    let options = ReadOptions { categorical: vec!["code".into()], ..ReadOptions::default() };
    let trained = csv::read(train.as_bytes(), "t.csv", &options).unwrap();
    let config = PreprocessingConfig::default();
    let (preprocessing, _) = Preprocessing::fit(&trained, &all(&trained), &config).unwrap();
    let columns = |text: &str| {
        let known = preprocessing.known_columns();
        let options = ReadOptions { target: Target::None, known, ..ReadOptions::default() };
        let data = csv::read(text.as_bytes(), "p.csv", &options).unwrap();
        preprocessing.columns::<f64>(&data, None).unwrap()
    };
    let (codes, warnings) = columns("code\n01\n1\n02\n2\n1\n");
    assert_eq!(codes.codes.values(), [0, 2, 1, 3, 2]);
    assert!(warnings.is_empty(), "{warnings:?}");
    let (mixed, warnings) = columns("code\n1\n2\nA7\n");
    assert_eq!(mixed.codes.values(), [2, 3, chainrule::data::NO_CATEGORY]);
    assert!(warnings[0].contains("'A7' (1)"), "{warnings:?}");
}
