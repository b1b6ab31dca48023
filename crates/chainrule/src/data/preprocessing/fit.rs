//! Learning the preprocessing from the training rows.

use std::collections::BTreeSet;

use super::refusal::{looks_like_id, refuse_text};
use super::{Feature, FeatureKind, MissingPolicy, Outputs, Preprocessing, PreprocessingConfig};
use crate::data::dataset::{Column, Dataset, MISSING, Numbers, Text, Values};
use crate::data::labels::{ClassWeight, Labels, Task};
use crate::data::printed::listed;
use crate::data::scaler::{Scaler, Standardize, Summary};
use crate::{Error, Result};

/// What columns have in common: a unit, and names that draw a warning together.
#[derive(Default)]
struct Notes<'a> {
    /// The unit of all columns of bytes.
    pixels: Option<Scaler>,
    constant: Vec<&'a str>,
    counting: Vec<&'a str>,
    id_like: Vec<&'a str>,
}

/// A column that counts from row to row is suspicious from so many rows on.
const COUNTING_ROWS: usize = 10;

pub(super) fn fit(
    dataset: &Dataset,
    rows: &[u32],
    config: &PreprocessingConfig,
) -> Result<(Preprocessing, Vec<String>)> {
    dataset.validate()?;
    if rows.is_empty() {
        return Err(Error::data("0 data rows: there is nothing to learn from"));
    }
    if dataset.features.is_empty() {
        return Err(Error::data(
            "no feature columns: every column is a target, a weight or dropped\nleave at least one column to predict from",
        ));
    }
    refuse_duplicates(dataset)?;
    let pixels = match config.standardize_features {
        Standardize::Yes => pixels(dataset, rows),
        Standardize::No => None,
    };
    let mut notes = Notes { pixels, ..Notes::default() };
    let features = dataset.features.iter().map(|column| feature(column, rows, config, &mut notes));
    let features = features.collect::<Result<Vec<_>>>()?;
    let (outputs, target_warnings) = outputs(dataset, rows, config)?;
    let preprocessing = Preprocessing {
        features,
        missing: config.missing,
        ignored: dataset.ignored.clone(),
        targets: dataset.targets.iter().map(|target| target.name.clone()).collect(),
        outputs,
    };
    Ok((preprocessing, notes.warnings(rows.len()).chain(target_warnings).collect()))
}

impl Notes<'_> {
    fn warnings(self, n: usize) -> impl Iterator<Item = String> {
        let constant = (!self.constant.is_empty()).then(|| {
            format!(
                "constant in the {n} training rows, so nothing is learned from it: {} of the columns: {}",
                self.constant.len(),
                listed(&self.constant)
            )
        });
        let id_like = (!self.id_like.is_empty()).then(|| {
            format!(
                "whole numbers that all differ, as order numbers do: {}; if they mean nothing, use --drop",
                listed(&self.id_like)
            )
        });
        let counting = self.counting.into_iter().map(|name| {
            format!("column '{name}' goes up by 1 from row to row, as a row number does; --drop {name} leaves it out")
        });
        constant.into_iter().chain(counting).chain(id_like)
    }
}

fn refuse_duplicates(dataset: &Dataset) -> Result<()> {
    let mut seen = BTreeSet::new();
    let columns = dataset.features.iter().chain(&dataset.targets);
    let twice: BTreeSet<&str> =
        columns.map(|column| column.name.as_str()).filter(|name| !seen.insert(*name)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    let message = format!(
        "column names must differ, but these occur more than once: {}\nrename the columns",
        listed(twice)
    );
    Err(Error::data(message))
}

/// The one scaling of all columns of bytes: those are the pixels of images, which share a unit.
///
/// Scaled by itself, a pixel at the rim that is dark but for a few images would become their loudest input.
fn pixels(dataset: &Dataset, rows: &[u32]) -> Option<Scaler> {
    let columns: Vec<Summary> = dataset
        .features
        .iter()
        .filter_map(|column| match &column.values {
            Values::Numbers(numbers @ Numbers::U8(_)) => Some(Summary::of(numbers, rows)),
            _ => None,
        })
        .collect();
    let n = columns.len() as f64;
    let mean = columns.iter().map(|column| column.mean).sum::<f64>() / n;
    let squares = |column: &Summary| column.variance + (column.mean - mean).powi(2);
    let scale = (columns.iter().map(squares).sum::<f64>() / n).sqrt();
    (scale > 0.0).then_some(Scaler { mean, scale })
}

fn feature<'a>(
    column: &'a Column,
    rows: &[u32],
    config: &PreprocessingConfig,
    notes: &mut Notes<'a>,
) -> Result<Feature> {
    let kind = match &column.values {
        Values::Numbers(numbers) => numeric(&column.name, numbers, rows, config, notes)?,
        Values::Text(text) => categorical(&column.name, text, rows, notes)?,
    };
    let (FeatureKind::Numeric { missing_in_training, .. }
    | FeatureKind::Categorical { missing_in_training, .. }) = kind;
    if missing_in_training && config.missing == MissingPolicy::Error {
        return Err(super::transform::missing_value(column, rows.iter().map(|&row| row as usize)));
    }
    Ok(Feature { name: column.name.clone(), kind })
}

fn numeric<'a>(
    name: &'a str,
    numbers: &Numbers,
    rows: &[u32],
    config: &PreprocessingConfig,
    notes: &mut Notes<'a>,
) -> Result<FeatureKind> {
    let summary = Summary::of(numbers, rows);
    if summary.present == 0 {
        return Err(no_value(name, rows.len()));
    }
    if summary.min.is_infinite() || summary.max.is_infinite() {
        let infinite = |row: &&u32| numbers.get(**row as usize).is_infinite();
        let row = rows.iter().find(infinite).copied().unwrap_or_default();
        return Err(super::transform::not_finite(name, row as usize, numbers.get(row as usize)));
    }
    let scaler = match (numbers, notes.pixels) {
        (Numbers::U8(_), Some(shared)) => shared,
        _ => summary.scaler(config.standardize_features),
    };
    if !(scaler.mean.is_finite() && scaler.scale.is_finite()) {
        return Err(too_large(name, &summary));
    }
    let is_pixel = matches!(numbers, Numbers::U8(_));
    if summary.is_constant() && !is_pixel {
        notes.constant.push(name);
    } else if counts_rows(numbers) {
        notes.counting.push(name);
    } else if may_be_id(numbers, rows) {
        notes.id_like.push(name);
    }
    Ok(FeatureKind::Numeric { median: summary.median, scaler, missing_in_training: summary.missing > 0 })
}

/// Tells id-like columns apart; bytes are none, and most columns are sorted out by a look at a few rows.
fn may_be_id(numbers: &Numbers, rows: &[u32]) -> bool {
    let gathered = |rows: &[u32]| -> Vec<f64> {
        rows.iter().map(|&row| numbers.get(row as usize)).filter(|x| !x.is_nan()).collect()
    };
    !matches!(numbers, Numbers::U8(_))
        && (rows.len() <= 200 || looks_like_id(&mut gathered(&rows[..100])))
        && looks_like_id(&mut gathered(rows))
}

/// Whether the numbers only count the rows of the file.
fn counts_rows(numbers: &Numbers) -> bool {
    !matches!(numbers, Numbers::U8(_))
        && numbers.len() >= COUNTING_ROWS
        && (1..numbers.len()).all(|row| numbers.get(row) - numbers.get(row - 1) == 1.0)
}

fn categorical<'a>(name: &'a str, text: &Text, rows: &[u32], notes: &mut Notes<'a>) -> Result<FeatureKind> {
    let mut seen = vec![false; text.vocabulary.len()];
    let mut missing = 0;
    for &row in rows {
        match text.codes[row as usize] {
            MISSING => missing += 1,
            code => seen[code as usize] = true,
        }
    }
    let texts: BTreeSet<&String> =
        text.vocabulary.iter().zip(seen).filter(|&(_, seen)| seen).map(|(text, _)| text).collect();
    let vocabulary: Vec<String> = texts.into_iter().cloned().collect();
    if vocabulary.is_empty() {
        return Err(no_value(name, rows.len()));
    }
    refuse_text(name, &vocabulary, rows.len() - missing)?;
    if vocabulary.len() == 1 && missing == 0 {
        notes.constant.push(name);
    }
    Ok(FeatureKind::Categorical { vocabulary, missing_in_training: missing > 0 })
}

fn no_value(name: &str, n: usize) -> Error {
    Error::data(format!(
        "column '{name}' has no value in any of the {n} training rows\nleave it out with --drop '{name}'"
    ))
}

fn too_large(name: &str, summary: &Summary) -> Error {
    Error::data(format!(
        "column '{name}' holds numbers from {} to {}: too large to be standardised\nbring it to a smaller unit",
        summary.min, summary.max
    ))
}

fn outputs(dataset: &Dataset, rows: &[u32], config: &PreprocessingConfig) -> Result<(Outputs, Vec<String>)> {
    let (task, _) = Task::resolve(&dataset.targets, config.task)?;
    if task != Task::Classification && config.class_weight != ClassWeight::None {
        return Err(Error::configuration("class weights need one target column of classes"));
    }
    match task {
        Task::Classification => {
            let target = &dataset.targets[0];
            let labels = Labels::fit(target, rows, &config.map_labels)?;
            let codes = labels.encode(target, Some(rows))?;
            let weights = config.class_weight.factors(&labels, &codes)?;
            Ok((Outputs::Classes { labels, weights }, vec![]))
        }
        Task::MultiLabel => Ok((Outputs::Flags, vec![])),
        Task::Regression => {
            let mut warnings = vec![];
            let scalers = dataset.targets.iter().map(|target| {
                let (scaler, warning) = target_scaler(target, rows, config.standardize_targets)?;
                warnings.extend(warning);
                Ok(scaler)
            });
            let scalers = scalers.collect::<Result<_>>()?;
            Ok((Outputs::Numbers { scalers }, warnings))
        }
    }
}

fn target_scaler(
    target: &Column,
    rows: &[u32],
    standardize: Standardize,
) -> Result<(Scaler, Option<String>)> {
    let numbers = super::targets::numbers_of(target)?;
    super::targets::refuse_missing(target, &numbers, rows.iter().map(|&row| row as usize))?;
    let summary = Summary::of(&numbers, rows);
    let scaler = summary.scaler(standardize);
    if !(scaler.mean.is_finite() && scaler.scale.is_finite()) {
        return Err(too_large(&target.name, &summary));
    }
    let constant = || {
        format!(
            "target '{}' is {} in each of the {} training rows",
            target.name, summary.min, summary.present
        )
    };
    Ok((scaler, summary.is_constant().then(constant)))
}
