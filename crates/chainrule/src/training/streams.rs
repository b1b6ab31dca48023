//! What a training learns of streams before its first step, and where their rows then are.

use super::PerPart;
use super::held::Held;
use super::source::{Gathered, Source};
use super::trainer::Trainer;
use crate::data::{
    Dataset, Facts, Part, Preprocessing, Records, Share, Stream, StreamedTable, Weighting, facts,
};
use crate::model::file::tensors::Stored;
use crate::{Error, Result};
use std::path::PathBuf;

/// The data of a training that are never in memory as a whole. Without a stream of its own, validation or test takes about the
/// share of the rows that the configuration says.
#[derive(Clone, Copy, Debug)]
pub struct Streams<'a> {
    /// The rows to train on.
    pub data: &'a Stream,
    /// The rows to validate on.
    pub validation: Option<&'a Stream>,
    /// The rows to test on.
    pub test: Option<&'a Stream>,
    /// How they are read.
    pub config: &'a StreamConfig,
}

/// How streams are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// The folder on whose disk rows are put aside: about as much as the table takes in memory. Nothing is left there.
    pub folder: PathBuf,
    /// Rows that are in memory and shuffled together. `None`: as many as have 2 million numbers.
    ///
    /// Rows that fit are trained on as rows in memory are.
    pub buffer_rows: Option<usize>,
}

impl StreamConfig {
    /// Rows are put aside in this folder, and shuffled in a buffer of the usual size.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), buffer_rows: None }
    }

    fn validate(&self) -> Result<()> {
        match self.buffer_rows {
            Some(0) => Err(Error::configuration("the buffer of a stream has at least 1 row, not 0")),
            _ => Ok(()),
        }
    }
}

impl<'a> Streams<'a> {
    /// One stream, parts of which are held out as the configuration of the training says.
    pub fn of(data: &'a Stream, config: &'a StreamConfig) -> Self {
        Self { data, validation: None, test: None, config }
    }
}

/// The rows of streams, put aside on the disk.
pub(super) struct OnDisk {
    data: StreamedTable,
    share: Share,
    validation: Option<StreamedTable>,
    test: Option<StreamedTable>,
    buffer_rows: Option<usize>,
}

/// Numbers in a buffer of the usual size.
const USUAL_VALUES: usize = 1 << 21;

impl Trainer {
    /// What is learned of streams, which are read to their end.
    pub(super) fn streams<'a>(&self, streams: Streams<'_>) -> Result<Gathered<'a>> {
        let Streams { data, validation, test, config } = streams;
        config.validate()?;
        let aside = |stream: &Stream| StreamedTable::read(stream, &config.folder);
        let data = aside(data)?;
        let (validation, test) = (validation.map(aside).transpose()?, test.map(aside).transpose()?);
        let split = self.split(validation.is_some(), test.is_some());
        let Facts { task, reason, share, table, targets } =
            facts(&data, self.config().task, &self.config().map_labels, &split)?;
        let n_train = table.n_rows;
        let learned = Preprocessing::learn(&table, targets, &self.preprocessing(task));
        let (preprocessing, noticed) = learned.map_err(|error| error.in_file(&data.source))?;
        let warnings = [Some(&data), validation.as_ref(), test.as_ref()].into_iter().flatten();
        let warnings = warnings.flat_map(|table| table.warnings.clone()).chain(noticed).collect();
        let buffer_rows = config.buffer_rows;
        let source = Source::Disk(Box::new(OnDisk { data, share, validation, test, buffer_rows }));
        Ok(Gathered { source, preprocessing, n_train, notes: vec![reason], warnings })
    }
}

impl OnDisk {
    fn buffer_rows(&self, preprocessing: &Preprocessing) -> usize {
        let targets = preprocessing.targets.len();
        let values = preprocessing.n_numeric() + preprocessing.cardinalities().len() + targets;
        self.buffer_rows.unwrap_or((USUAL_VALUES / values).max(1))
    }

    /// Rows that will be in memory at a time, at most.
    pub(super) fn n_held(&self, preprocessing: &Preprocessing, batch_rows: usize) -> usize {
        let buffer = self.buffer_rows(preprocessing);
        let held_out =
            [&self.validation, &self.test].map(|table| table.as_ref().map_or(buffer, |t| t.n_rows));
        let training = self.data.n_rows.min(buffer.max(batch_rows));
        training + held_out.into_iter().map(|rows| rows.min(buffer).min(self.data.n_rows)).sum::<usize>()
    }

    /// Calls a function with each piece of each table.
    pub(super) fn each(&self, mut take: impl FnMut(&Dataset) -> Result<()>) -> Result<()> {
        let tables = [Some(&self.data), self.validation.as_ref(), self.test.as_ref()];
        tables.into_iter().flatten().try_for_each(|table| table.each(|_, piece| take(piece)))
    }

    /// Writes the rows as the network sees them, and gives the room of the tables back.
    pub(super) fn hold<F: Stored>(
        self,
        preprocessing: &Preprocessing,
    ) -> Result<(PerPart<Held<F>>, Vec<String>)> {
        let buffer_rows = self.buffer_rows(preprocessing);
        let mut warnings = Vec::new();
        let mut part = |table: &StreamedTable, share: &Share, part: Part, weighting: Weighting| {
            let (records, noticed) = Records::write::<F>(table, preprocessing, share, part)?;
            for warning in noticed {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            if records.n_rows() == 0 {
                return Ok(None);
            }
            Held::on_disk(records, buffer_rows, weighting).map(Some)
        };
        let Self { data, share, validation, test, .. } = &self;
        let none = || Error::data("0 data rows: there is nothing to learn from");
        let train = part(data, share, Part::Train, Weighting::Training)?.ok_or_else(none)?;
        let mut held_out = |table: &Option<StreamedTable>, named: Part| match table {
            Some(table) => part(table, &Share::all(), Part::Train, Weighting::Evaluation),
            None => part(data, share, named, Weighting::Evaluation),
        };
        let validation = held_out(validation, Part::Validation)?;
        let test = held_out(test, Part::Test)?;
        Ok((PerPart { train, validation, test }, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::TrainingRows;
    use super::super::{Precision, TrainingConfig};
    use super::*;
    use crate::data::{ReadOptions, Standardize, Targets, Task};
    use chainrule_kernels::cpu::Cpu;
    use std::fmt::Write;

    const ROWS: usize = 1000;
    const BATCH: usize = 32;

    /// The rows of a table of x and 2x, x = 0, 1, …, in a buffer of 100.
    fn held() -> Held<f64> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = String::from("x,y\n");
        (0..ROWS).for_each(|x| writeln!(text, "{x},{}", 2 * x).expect("memory"));
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).expect("room");
        let config = TrainingConfig {
            task: Some(Task::Regression),
            standardize: Standardize::No,
            precision: Precision::F64,
            validation: 0.0,
            ..TrainingConfig::default()
        };
        let stream = Stream::open(&path, None, &ReadOptions::default()).expect("a stream");
        let how = StreamConfig { buffer_rows: Some(100), ..StreamConfig::new(folder.path()) };
        let gathered = Trainer::new(config).streams(Streams::of(&stream, &how)).expect("facts");
        gathered.source.hold(&gathered.preprocessing).expect("records").0.train
    }

    /// The rows of a batch, known by their x, each of which comes with its own y.
    fn batch(rows: &mut TrainingRows<'_, f64>, position: usize) -> Vec<usize> {
        let found = rows.batch(position, &Cpu::new(2)).expect("records");
        let Some((batch, _)) = found else { return Vec::new() };
        let Targets::Values(targets) = &batch.samples.targets else { panic!("a regression") };
        let x = |&row: &u32| {
            let x = batch.samples.columns.numeric.row(row as usize)[0];
            assert_eq!(targets.row(row as usize), [2.0 * x]);
            x as usize
        };
        batch.rows.iter().map(x).collect()
    }

    #[test]
    fn an_epoch_has_every_row_once_with_its_own_target_in_an_order_of_its_own() {
        let held = held();
        let mut rows = held.to_train_on(BATCH, 7).expect("batches");
        assert_eq!((rows.n_batches(), rows.rows_of(31), rows.rows_of(40)), (32, 992, ROWS));
        let mut epochs = Vec::new();
        for epoch in 1..4 {
            rows.begin(epoch);
            let batches: Vec<Vec<usize>> = (0..rows.n_batches()).map(|i| batch(&mut rows, i)).collect();
            assert!(batches.iter().rev().skip(1).all(|batch| batch.len() == BATCH));
            assert!(batch(&mut rows, batches.len()).is_empty());
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            assert!(!seen.is_sorted());
            seen.sort_unstable();
            assert_eq!(seen, (0..ROWS).collect::<Vec<_>>());
            epochs.push(batches);
        }
        assert_ne!(epochs[0], epochs[1]);
        // Whoever begins in the middle finds the same batches there.
        let mut later = held.to_train_on(BATCH, 7).expect("batches");
        later.begin(2);
        assert_eq!(batch(&mut later, 17), epochs[1][17]);
        assert_eq!(batch(&mut later, 5), epochs[1][5]);
    }

    #[test]
    fn chunks_that_are_measured_are_the_rows_in_their_order() {
        let mut seen = Vec::new();
        held()
            .each(&Cpu::new(3), |chunk| {
                let targets = chunk.targets.as_ref().expect("a regression").values();
                assert!(
                    chunk.samples.columns.numeric.values().iter().zip(targets).all(|(x, y)| 2.0 * x == *y)
                );
                seen.extend_from_slice(targets);
            })
            .expect("records");
        assert_eq!(seen, (0..ROWS).map(|x| 2.0 * x as f64).collect::<Vec<_>>());
    }
}
