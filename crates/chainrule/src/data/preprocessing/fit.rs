//! Learning the preprocessing from the training rows.

use std::collections::BTreeSet;

use super::facts::{ColumnFacts, KindFacts, NumberFacts, TableFacts, TargetFacts, TextFacts};
use super::refusal::refuse_text;
use super::{Feature, FeatureKind, Outputs, Preprocessing, PreprocessingConfig};
use crate::data::dataset::Dataset;
use crate::data::labels::ClassWeight;
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
    let features = dataset.features.iter().map(|column| ColumnFacts::of(column, rows, config.missing));
    let facts = TableFacts {
        n_rows: rows.len(),
        features: features.collect::<Result<_>>()?,
        targets: dataset.targets.iter().map(|target| target.name.clone()).collect(),
        ignored: dataset.ignored.clone(),
    };
    learn(&facts, config, || TargetFacts::of(dataset, rows, config))
}

/// Decides what the facts amount to. Those of the targets are asked for when the features are found to be usable.
pub(super) fn learn(
    facts: &TableFacts,
    config: &PreprocessingConfig,
    targets: impl FnOnce() -> Result<TargetFacts>,
) -> Result<(Preprocessing, Vec<String>)> {
    let pixels = match config.standardize_features {
        Standardize::Yes => pixels(&facts.features),
        Standardize::No => None,
    };
    let mut notes = Notes { pixels, ..Notes::default() };
    let features = facts.features.iter().map(|column| feature(column, config, facts.n_rows, &mut notes));
    let features = features.collect::<Result<Vec<_>>>()?;
    let (outputs, target_warnings) = outputs(facts, targets()?, config)?;
    let preprocessing = Preprocessing {
        features,
        missing: config.missing,
        ignored: facts.ignored.clone(),
        targets: facts.targets.clone(),
        outputs,
    };
    Ok((preprocessing, notes.warnings(facts.n_rows).chain(target_warnings).collect()))
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
fn pixels(columns: &[ColumnFacts]) -> Option<Scaler> {
    let columns = columns.iter().filter_map(|column| match &column.kind {
        KindFacts::Numbers(numbers) if numbers.are_bytes => Some(&numbers.summary),
        _ => None,
    });
    let columns: Vec<&Summary> = columns.collect();
    let n = columns.len() as f64;
    let mean = columns.iter().map(|column| column.mean).sum::<f64>() / n;
    let squares = |column: &&Summary| column.variance + (column.mean - mean).powi(2);
    let scale = (columns.iter().map(squares).sum::<f64>() / n).sqrt();
    (scale > 0.0).then_some(Scaler { mean, scale })
}

fn feature<'a>(
    column: &'a ColumnFacts,
    config: &PreprocessingConfig,
    n_rows: usize,
    notes: &mut Notes<'a>,
) -> Result<Feature> {
    let name = &column.name;
    let kind = match &column.kind {
        KindFacts::Numbers(facts) => numeric(name, facts, n_rows, config.standardize_features, notes)?,
        KindFacts::Text(facts) => categorical(name, facts, n_rows, notes)?,
    };
    Ok(Feature { name: name.clone(), kind })
}

fn numeric<'a>(
    name: &'a str,
    facts: &NumberFacts,
    n_rows: usize,
    standardize: Standardize,
    notes: &mut Notes<'a>,
) -> Result<FeatureKind> {
    let NumberFacts { summary, are_bytes, count_rows, look_like_ids } = facts;
    if summary.present == 0 {
        return Err(no_value(name, n_rows));
    }
    let scaler = match (are_bytes, notes.pixels) {
        (true, Some(shared)) => shared,
        _ => summary.scaler(standardize),
    };
    if !(scaler.mean.is_finite() && scaler.scale.is_finite()) {
        return Err(too_large(name, summary));
    }
    if summary.is_constant() && !are_bytes {
        notes.constant.push(name);
    } else if *count_rows {
        notes.counting.push(name);
    } else if *look_like_ids {
        notes.id_like.push(name);
    }
    Ok(FeatureKind::Numeric { median: summary.median, scaler, missing_in_training: summary.missing > 0 })
}

fn categorical<'a>(
    name: &'a str,
    facts: &TextFacts,
    n_rows: usize,
    notes: &mut Notes<'a>,
) -> Result<FeatureKind> {
    let TextFacts { vocabulary, missing } = facts;
    if vocabulary.is_empty() {
        return Err(no_value(name, n_rows));
    }
    refuse_text(name, vocabulary, n_rows - missing)?;
    if vocabulary.len() == 1 && *missing == 0 {
        notes.constant.push(name);
    }
    Ok(FeatureKind::Categorical { vocabulary: vocabulary.clone(), missing_in_training: *missing > 0 })
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

fn outputs(
    facts: &TableFacts,
    targets: TargetFacts,
    config: &PreprocessingConfig,
) -> Result<(Outputs, Vec<String>)> {
    if !matches!(targets, TargetFacts::Classes { .. }) && config.class_weight != ClassWeight::None {
        return Err(Error::configuration("class weights need one target column of classes"));
    }
    match targets {
        TargetFacts::Classes { labels, counts } => {
            let weights = config.class_weight.factors(&labels, &counts)?;
            Ok((Outputs::Classes { labels, weights }, vec![]))
        }
        TargetFacts::Flags => Ok((Outputs::Flags, vec![])),
        TargetFacts::Numbers(summaries) => {
            let mut warnings = vec![];
            let scalers = facts.targets.iter().zip(&summaries).map(|(name, summary)| {
                let (scaler, warning) = target_scaler(name, summary, config.standardize_targets)?;
                warnings.extend(warning);
                Ok(scaler)
            });
            let scalers = scalers.collect::<Result<_>>()?;
            Ok((Outputs::Numbers { scalers }, warnings))
        }
    }
}

fn target_scaler(
    name: &str,
    summary: &Summary,
    standardize: Standardize,
) -> Result<(Scaler, Option<String>)> {
    let scaler = summary.scaler(standardize);
    if !(scaler.mean.is_finite() && scaler.scale.is_finite()) {
        return Err(too_large(name, summary));
    }
    let constant =
        || format!("target '{name}' is {} in each of the {} training rows", summary.min, summary.present);
    Ok((scaler, summary.is_constant().then(constant)))
}
