//! What preprocessing needs to know of a table on the disk, in passes over it.
//!
//! The numbers are those that a table in memory has, to the bit: the same sums in the same order (`scaler.rs`), and medians that
//! are exact. One question is put differently, because its answer would take all rows at once: numbers look like identifiers where
//! they are whole and go strictly up or down, not wherever they all differ.

use std::collections::BTreeMap;

use super::numbers::OfNumbers;
use super::share::{Part, Share};
use super::table::{StreamedColumn, StreamedTable};
use crate::data::labels::{Integers, flags, renamed};
use crate::data::numbers_of;
use crate::data::preprocessing::facts::{ColumnFacts, KindFacts, TableFacts, TargetFacts, TextFacts};
use crate::data::split::SplitConfig;
use crate::data::{Column, Dataset, Labels, MISSING, Numbers, Task, Text, Values};
use crate::{Error, Result};

/// The most classes.
const MAX_CLASSES: usize = 1 << 16;

/// What is known of a table on the disk.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) task: Task,
    /// Why it is this task, in a sentence.
    pub(crate) reason: String,
    pub(crate) share: Share,
    pub(crate) table: TableFacts,
    pub(crate) targets: TargetFacts,
}

/// Finds out what is known of a table; `asked` is the task that the user wants.
pub(crate) fn facts(
    table: &StreamedTable,
    asked: Option<Task>,
    renames: &[(String, String)],
    split: &SplitConfig,
) -> Result<Facts> {
    split.validate()?;
    let survey = Survey::of(table, renames)?;
    let (task, reason) = survey.task(table, asked)?;
    let classes = match task {
        Task::Classification => survey.classes(table)?,
        _ => BTreeMap::new(),
    };
    let share = Share::new(split, classes.values().copied());
    let labels = match task {
        Task::Classification => {
            let names = classes.into_keys().collect();
            Some(Labels::of_names(&table.targets[0].name, names, table.n_rows, renames)?)
        }
        _ => None,
    };
    let statistics = Statistics::of(table, &share, task, labels.as_ref())?;
    let (table, targets) = statistics.facts(table, task, labels);
    Ok(Facts { task, reason, share, table, targets })
}

/// What the targets look like, in all rows.
#[derive(Default)]
struct Survey {
    integers: Integers,
    /// What keeps several targets from being yes or no.
    no_flag: Option<Error>,
    /// The classes of a single target, with the first row of each; too many to be classes end it.
    classes: BTreeMap<String, usize>,
}

impl Survey {
    fn of(table: &StreamedTable, renames: &[(String, String)]) -> Result<Self> {
        let mut survey = Self::default();
        table.each(|first_row, piece| {
            match &piece.targets[..] {
                [target] => survey.take(first_row, target, renames),
                several if survey.no_flag.is_none() => {
                    let error = several.iter().find_map(|target| flags(target).err());
                    survey.no_flag = error.map(|error| error.shifted(first_row));
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(survey)
    }

    fn take(&mut self, first_row: usize, target: &Column, renames: &[(String, String)]) {
        if let Values::Numbers(numbers) = &target.values {
            (0..numbers.len()).take_while(|&row| self.integers.add(numbers.get(row))).count();
        }
        if self.classes.len() > MAX_CLASSES {
            return;
        }
        let text = renamed(&target.values, renames);
        let mut is_known = vec![false; text.vocabulary.len()];
        for (row, &code) in text.codes.iter().enumerate().filter(|&(_, &code)| code != MISSING) {
            if !std::mem::replace(&mut is_known[code as usize], true) {
                self.classes.entry(text.vocabulary[code as usize].clone()).or_insert(first_row + row);
            }
        }
    }

    fn task(&self, table: &StreamedTable, asked: Option<Task>) -> Result<(Task, String)> {
        match (&table.targets[..], asked, &self.no_flag) {
            ([StreamedColumn { name, texts: None }], None, _) => Ok(self.integers.task(name)),
            ([_, _, ..], Some(Task::Classification | Task::MultiLabel), Some(error)) => {
                Err(Error::data(error.message()).in_file(&table.source))
            }
            (targets, asked, no_flag) => {
                let stand_in = |target| stand_in(target, no_flag.is_none());
                Task::resolve(&targets.iter().map(stand_in).collect::<Vec<_>>(), asked)
            }
        }
    }

    fn classes(&self, table: &StreamedTable) -> Result<BTreeMap<String, usize>> {
        if self.classes.len() <= MAX_CLASSES {
            return Ok(self.classes.clone());
        }
        let message = format!(
            "target column '{}' has more than {MAX_CLASSES} different values, which are too many classes\n\
             say --task regression if it holds numbers",
            table.targets[0].name
        );
        Err(Error::data(message).in_file(&table.source))
    }
}

/// A small column that looks like a target as a whole.
fn stand_in(target: &StreamedColumn, are_flags: bool) -> Column {
    let values = match (&target.texts, are_flags) {
        (_, true) if target.texts.is_none() => Values::Numbers(Numbers::U8(vec![0, 1])),
        (Some(texts), _) => {
            let codes = (0..texts.len() as u32).collect();
            Values::Text(Text { codes, vocabulary: texts.clone() })
        }
        (None, _) => Values::Numbers(Numbers::F64(vec![2.0])),
    };
    Column { name: target.name.clone(), values }
}

/// The statistics of all columns that have some.
struct Statistics {
    n_rows: usize,
    features: Vec<OfColumn>,
    /// Of a regression.
    targets: Vec<OfNumbers>,
    /// Rows of each class.
    classes: Vec<usize>,
}

enum OfColumn {
    Numbers(Box<OfNumbers>),
    /// Which texts occur in training rows, and how many rows have none.
    Text {
        seen: Vec<bool>,
        missing: usize,
    },
}

impl Statistics {
    fn of(table: &StreamedTable, share: &Share, task: Task, labels: Option<&Labels>) -> Result<Self> {
        let new = |column: &StreamedColumn| match &column.texts {
            Some(texts) => OfColumn::Text { seen: vec![false; texts.len()], missing: 0 },
            None => OfColumn::Numbers(Box::default()),
        };
        let n_targets = if task == Task::Regression { table.targets.len() } else { 0 };
        let mut all = Self {
            n_rows: 0,
            features: table.features.iter().map(new).collect(),
            targets: (0..n_targets).map(|_| OfNumbers::default()).collect(),
            classes: vec![0; labels.map_or(0, |labels| labels.names.len())],
        };
        table.each(|first_row, piece| {
            let rows = share.rows(Part::Train, first_row, piece.n_rows);
            all.count(piece, &rows, labels)
        })?;
        all.each_number(table, share, OfNumbers::add_square)?;
        all.numbers_mut().for_each(OfNumbers::begin_search);
        while all.numbers_mut().any(|numbers| !numbers.is_found()) {
            all.each_number(table, share, OfNumbers::search)?;
            all.numbers_mut().for_each(OfNumbers::pass_ends);
        }
        Ok(all)
    }

    /// The first pass.
    fn count(&mut self, piece: &Dataset, rows: &[u32], labels: Option<&Labels>) -> Result<()> {
        self.n_rows += rows.len();
        for (of, column) in self.features.iter_mut().zip(&piece.features) {
            match (of, &column.values) {
                (OfColumn::Numbers(of), Values::Numbers(numbers)) => of.count(numbers, rows),
                (OfColumn::Text { seen, missing }, Values::Text(text)) => {
                    for &row in rows {
                        match text.codes[row as usize] {
                            MISSING => *missing += 1,
                            code => seen[code as usize] = true,
                        }
                    }
                }
                _ => unreachable!("a column is numbers or text in all pieces"),
            }
        }
        for (of, target) in self.targets.iter_mut().zip(&piece.targets) {
            let numbers = numbers_of(target)?;
            of.count(&numbers, rows);
        }
        if let Some(labels) = labels {
            let codes = labels.encode(&piece.targets[0], Some(rows))?;
            for &code in &codes {
                self.classes[code as usize] += 1;
            }
        }
        Ok(())
    }

    /// A further pass: over the numbers that are present in training rows.
    fn each_number(
        &mut self,
        table: &StreamedTable,
        share: &Share,
        take: fn(&mut OfNumbers, f64),
    ) -> Result<()> {
        if self.numbers_mut().all(|numbers| numbers.is_found()) {
            return Ok(());
        }
        table.each(|first_row, piece| {
            let rows = share.rows(Part::Train, first_row, piece.n_rows);
            for (of, column) in self.features.iter_mut().zip(&piece.features) {
                if let (OfColumn::Numbers(of), Values::Numbers(numbers)) = (of, &column.values) {
                    of.each(numbers, &rows, take);
                }
            }
            for (of, target) in self.targets.iter_mut().zip(&piece.targets) {
                let numbers = numbers_of(target)?;
                of.each(&numbers, &rows, take);
            }
            Ok(())
        })
    }

    fn numbers_mut(&mut self) -> impl Iterator<Item = &mut OfNumbers> {
        let features = self.features.iter_mut().filter_map(|of| match of {
            OfColumn::Numbers(numbers) => Some(&mut **numbers),
            OfColumn::Text { .. } => None,
        });
        features.chain(&mut self.targets)
    }

    fn facts(self, table: &StreamedTable, task: Task, labels: Option<Labels>) -> (TableFacts, TargetFacts) {
        let features = self.features.into_iter().zip(&table.features).map(|(of, column)| {
            let kind = match of {
                OfColumn::Numbers(numbers) => KindFacts::Numbers(numbers.facts(table.n_rows)),
                OfColumn::Text { seen, missing } => {
                    let texts = column.texts.iter().flatten().zip(seen).filter(|&(_, seen)| seen);
                    let mut vocabulary: Vec<String> = texts.map(|(text, _)| text.clone()).collect();
                    vocabulary.sort_unstable();
                    KindFacts::Text(TextFacts { vocabulary, missing })
                }
            };
            ColumnFacts { name: column.name.clone(), kind }
        });
        let facts = TableFacts {
            n_rows: self.n_rows,
            features: features.collect(),
            targets: table.targets.iter().map(|target| target.name.clone()).collect(),
            ignored: table.ignored.clone(),
        };
        let targets = match (task, labels) {
            (Task::Classification, Some(labels)) => TargetFacts::Classes { labels, counts: self.classes },
            (Task::MultiLabel, _) => TargetFacts::Flags,
            _ => TargetFacts::Numbers(self.targets.into_iter().map(|of| of.summary()).collect()),
        };
        (facts, targets)
    }
}
