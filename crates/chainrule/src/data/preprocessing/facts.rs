//! What is known of the columns of a table, as far as preprocessing depends on it.
//!
//! Of a table in memory it is found here; of a stream it is found piece by piece (`data/stream/statistics.rs`). What
//! follows from it is decided once, in `fit.rs`.

use std::collections::BTreeSet;

use super::refusal::looks_like_id;
use super::{MissingPolicy, PreprocessingConfig};
use crate::data::dataset::{Column, Dataset, MISSING, Numbers, Text, Values};
use crate::data::labels::{Labels, Task};
use crate::data::scaler::Summary;
use crate::{Error, Result};

/// The facts about the training rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct TableFacts {
    /// Number of training rows.
    pub(crate) n_rows: usize,
    pub(crate) features: Vec<ColumnFacts>,
    /// Names of the target columns.
    pub(crate) targets: Vec<String>,
    /// Names of the columns that are neither.
    pub(crate) ignored: Vec<String>,
}

/// The facts about a feature.
#[derive(Clone, Debug)]
pub(crate) struct ColumnFacts {
    pub(crate) name: String,
    pub(crate) kind: KindFacts,
}

#[derive(Clone, Debug)]
pub(crate) enum KindFacts {
    Numbers(NumberFacts),
    Text(TextFacts),
}

#[derive(Clone, Debug)]
pub(crate) struct NumberFacts {
    pub(crate) summary: Summary,
    pub(crate) are_bytes: bool,
    /// Whether each number is one more than that of the row before.
    pub(crate) count_rows: bool,
    /// Whether they are whole and all different.
    pub(crate) look_like_ids: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct TextFacts {
    /// The different texts, in their order.
    pub(crate) vocabulary: Vec<String>,
    /// Number of rows without one.
    pub(crate) missing: usize,
}

/// The facts about the targets of a task.
#[derive(Clone, Debug)]
pub(crate) enum TargetFacts {
    /// With the number of rows of each class.
    Classes {
        labels: Labels,
        counts: Vec<usize>,
    },
    Flags,
    Numbers(Vec<Summary>),
}

/// A column that counts from row to row is suspicious from so many rows on.
pub(crate) const COUNTING_ROWS: usize = 10;
/// Most columns that are no identifiers are told by a look at so many rows.
const LOOK: usize = 100;

impl ColumnFacts {
    pub(super) fn of(column: &Column, rows: &[u32], policy: MissingPolicy) -> Result<Self> {
        let (kind, missing) = match &column.values {
            Values::Numbers(numbers) => {
                let facts = NumberFacts::of(&column.name, numbers, rows)?;
                (KindFacts::Numbers(facts.clone()), facts.summary.missing)
            }
            Values::Text(text) => {
                let facts = TextFacts::of(text, rows);
                let missing = facts.missing;
                (KindFacts::Text(facts), missing)
            }
        };
        if missing > 0 && policy == MissingPolicy::Error {
            return Err(super::transform::missing_value(column, rows.iter().map(|&row| row as usize)));
        }
        Ok(Self { name: column.name.clone(), kind })
    }
}

impl NumberFacts {
    fn of(name: &str, numbers: &Numbers, rows: &[u32]) -> Result<Self> {
        let summary = Summary::of(numbers, rows);
        if summary.min.is_infinite() || summary.max.is_infinite() {
            let infinite = |row: &&u32| numbers.get(**row as usize).is_infinite();
            let row = rows.iter().find(infinite).copied().unwrap_or_default();
            return Err(super::transform::not_finite(name, row as usize, numbers.get(row as usize)));
        }
        let are_bytes = matches!(numbers, Numbers::U8(_));
        let count_rows = !are_bytes
            && numbers.len() >= COUNTING_ROWS
            && (1..numbers.len()).all(|row| numbers.get(row) - numbers.get(row - 1) == 1.0);
        let look_like_ids = !are_bytes && !count_rows && look_like_ids(numbers, rows);
        Ok(Self { summary, are_bytes, count_rows, look_like_ids })
    }
}

/// Tells id-like columns apart.
fn look_like_ids(numbers: &Numbers, rows: &[u32]) -> bool {
    let gathered = |rows: &[u32]| -> Vec<f64> {
        rows.iter().map(|&row| numbers.get(row as usize)).filter(|x| !x.is_nan()).collect()
    };
    (rows.len() <= 2 * LOOK || looks_like_id(&mut gathered(&rows[..LOOK])))
        && looks_like_id(&mut gathered(rows))
}

impl TextFacts {
    fn of(text: &Text, rows: &[u32]) -> Self {
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
        Self { vocabulary: texts.into_iter().cloned().collect(), missing }
    }
}

impl TargetFacts {
    pub(super) fn of(dataset: &Dataset, rows: &[u32], config: &PreprocessingConfig) -> Result<Self> {
        let (task, _) = Task::resolve(&dataset.targets, config.task)?;
        match task {
            Task::Classification => {
                let target = &dataset.targets[0];
                let labels = Labels::fit(target, rows, &config.map_labels)?;
                let mut counts = vec![0; labels.names.len()];
                labels.encode(target, Some(rows))?.iter().for_each(|&code| counts[code as usize] += 1);
                Ok(Self::Classes { labels, counts })
            }
            Task::MultiLabel => Ok(Self::Flags),
            Task::Regression => {
                let summaries = dataset.targets.iter().map(|target| target_summary(target, rows));
                Ok(Self::Numbers(summaries.collect::<Result<_>>()?))
            }
        }
    }
}

fn target_summary(target: &Column, rows: &[u32]) -> Result<Summary, Error> {
    let numbers = super::targets::numbers_of(target)?;
    super::targets::refuse_missing(target, &numbers, rows.iter().map(|&row| row as usize))?;
    Ok(Summary::of(&numbers, rows))
}
