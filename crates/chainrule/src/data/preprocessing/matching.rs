//! Finding the columns of training in another file.
//!
//! Names decide. Only where one of the two files has no header, and so no names but those that its reader made up
//! from places (`column 3`), do places decide.

use std::collections::{BTreeMap, BTreeSet};

use super::Preprocessing;
use crate::data::dataset::{Column, Dataset};
use crate::data::printed::listed;
use crate::{Error, Result};

/// The columns of the file that the inputs are made of, in the order of training. Target columns and columns that
/// training left out may be there too and are passed over.
pub(super) fn features<'a>(trained: &Preprocessing, dataset: &'a Dataset) -> Result<Vec<&'a Column>> {
    // Most tables have the columns of training and no others. To look each of them up costs more than to predict a row.
    let names = trained.features.iter().map(|feature| &feature.name);
    if names.eq(dataset.features.iter().map(|column| &column.name)) {
        return Ok(dataset.features.iter().collect());
    }
    let found = by_name(dataset)?;
    let by_name: Vec<Option<&Column>> =
        trained.features.iter().map(|feature| found.get(feature.name.as_str()).copied()).collect();
    let features = trained.features.iter().map(|feature| &feature.name);
    let known: BTreeSet<&String> = features.chain(&trained.targets).chain(&trained.ignored).collect();
    let names = dataset.features.iter().map(|column| &column.name);
    let unknown: Vec<&str> = names.filter(|name| !known.contains(name)).map(String::as_str).collect();
    if unknown.is_empty()
        && let Some(columns) = by_name.iter().copied().collect()
    {
        return Ok(columns);
    }
    let all_made_up = |mut names: std::slice::Iter<'_, Column>| names.all(|column| is_made_up(&column.name));
    let no_header = all_made_up(dataset.features.iter())
        || trained.features.iter().all(|feature| is_made_up(&feature.name));
    if no_header && dataset.features.len() == trained.features.len() {
        return Ok(dataset.features.iter().collect());
    }
    if no_header {
        let message = format!(
            "without a header columns are matched by place: training had {} feature columns, here are {}",
            trained.features.len(),
            dataset.features.len()
        );
        return Err(Error::data(message));
    }
    let missing = trained.features.iter().zip(&by_name).filter(|(_, found)| found.is_none());
    Err(differences(missing.map(|(feature, _)| feature.name.as_str()).collect(), unknown))
}

/// The target columns, in the order of training: among the targets of the file, or among its features.
pub(super) fn targets<'a>(trained: &Preprocessing, dataset: &'a Dataset) -> Result<Vec<&'a Column>> {
    let find = |name: &String| named(&dataset.targets, name).or_else(|| named(&dataset.features, name));
    if let Some(columns) = trained.targets.iter().map(find).collect() {
        return Ok(columns);
    }
    let no_header = dataset.targets.iter().all(|column| is_made_up(&column.name))
        || trained.targets.iter().all(|name| is_made_up(name));
    if no_header && dataset.targets.len() == trained.targets.len() {
        return Ok(dataset.targets.iter().collect());
    }
    let expected = listed(&trained.targets);
    let found = match dataset.targets.as_slice() {
        [] => "no target column".to_string(),
        targets => listed(targets.iter().map(|target| &target.name)),
    };
    Err(Error::data(format!(
        "expected the target {expected} of training, got {found}\nthe column needs the name that it had in training"
    )))
}

fn named<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name == name)
}

/// Whether a reader made the name up: a word, a space and the place, or `label` for labels in a file of their own.
pub(super) fn is_made_up(name: &str) -> bool {
    match name.split_once(' ') {
        Some(("column" | "feature" | "pixel", number)) => {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        Some(_) => false,
        None => name == "label",
    }
}

fn by_name(dataset: &Dataset) -> Result<BTreeMap<&str, &Column>> {
    let mut columns = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for column in &dataset.features {
        if columns.insert(column.name.as_str(), column).is_some() {
            twice.insert(column.name.as_str());
        }
    }
    if twice.is_empty() {
        return Ok(columns);
    }
    Err(Error::data(format!("column names occur more than once: {}\nrename the columns", listed(twice))))
}

fn differences(missing: Vec<&str>, unknown: Vec<&str>) -> Error {
    let mut parts = vec!["the columns are not those of training".to_string()];
    let mut hints = vec![];
    if !missing.is_empty() {
        parts.push(format!("missing: {}", listed(missing)));
        hints.push("add the missing columns (their cells may be empty)");
    }
    if !unknown.is_empty() {
        parts.push(format!("not known from training: {}", listed(unknown)));
        hints.push("drop the unknown ones");
    }
    Error::data(format!("{}\n{}", parts.join("; "), hints.join(", ")))
}
