//! Model files and checkpoints.

use std::path::Path;

use chainrule::data::{
    Column, Dataset, FeatureKind, Lines, MISSING, Numbers, ReadOptions, Text, Values, embedded,
};
use chainrule::model::Model;
use chainrule::training::{
    Callback, CheckpointConfig, Clock, Continue, Differences, Interval, Parts, Resume, Resumed, Trainer,
    TrainingConfig,
};
use chainrule::{Error, ErrorKind, Result};

use crate::expectations::{NAME, assert_explains};
use crate::sealed::sealed;

/// A model file, as it comes and with its checksums made right.
pub fn model(bytes: &[u8]) {
    for bytes in [Some(bytes.to_vec()), sealed(bytes, "chainrule")].into_iter().flatten() {
        match Model::read(&bytes[..], NAME) {
            Ok(model) => assert_usable(&model),
            Err(error) => assert_explains(&error, NAME),
        }
    }
}

/// What was loaded predicts, is exported or refused, and is saved as it was loaded.
fn assert_usable(model: &Model) {
    let rows = rows(model);
    if let Err(error) = model.predict(&rows) {
        assert!(!error.message().is_empty());
    }
    if let Err(error) = model.to_onnx() {
        assert!(!error.message().is_empty());
    }
    let saved = model.to_bytes().unwrap_or_else(|error| panic!("loaded, but not saved: {error}"));
    let again =
        Model::from_bytes(&saved, NAME).unwrap_or_else(|error| panic!("saved, but not loaded: {error}"));
    assert_eq!(&again, model, "saving and loading changed the model");
}

/// Rows with numbers of all sizes, a known and an unknown category, and missing cells.
fn rows(model: &Model) -> Dataset {
    let numbers = [0.5, -1e30, f64::NAN, 1e300];
    let features = model.preprocessing.features.iter().map(|feature| Column {
        name: feature.name.clone(),
        values: match &feature.kind {
            FeatureKind::Numeric { .. } => Values::Numbers(Numbers::F64(numbers.to_vec())),
            FeatureKind::Categorical { vocabulary, .. } => {
                let vocabulary = vocabulary.iter().take(1).cloned().chain(["\u{0}new".into()]).collect();
                Values::Text(Text { codes: vec![0, 1, MISSING, 0], vocabulary })
            }
        },
    });
    Dataset {
        lines: Lines::default(),
        ignored: Vec::new(),
        source: "rows".into(),
        features: features.collect(),
        targets: Vec::new(),
        sample_weight: None,
        n_rows: numbers.len(),
        warnings: Vec::new(),
    }
}

/// A checkpoint, as it comes and with its checksums made right: a training goes on from it, or says why it does not.
pub fn checkpoint(bytes: &[u8]) {
    for bytes in [Some(bytes.to_vec()), sealed(bytes, "chainrule-checkpoint")].into_iter().flatten() {
        if let Err(error) = resume(&bytes) {
            let kinds = [
                ErrorKind::Model,
                ErrorKind::Configuration,
                ErrorKind::Diverged,
                ErrorKind::Data,
                ErrorKind::Memory,
            ];
            assert!(kinds.contains(&error.kind()), "a checkpoint cannot cause {:?}: {error}", error.kind());
        }
    }
}

/// Goes on with a small training from the bytes of a checkpoint, for a step or two.
fn resume(bytes: &[u8]) -> Result<()> {
    let (from, to) = (folder(), folder());
    write(&from.path().join("step-000000000001.safetensors"), bytes);
    let checkpoints = CheckpointConfig {
        resume: Resume::From(from.path().to_owned()),
        differences: Differences::Accept,
        every: Interval::Steps(u64::MAX),
        ..CheckpointConfig::new(to.path())
    };
    train(checkpoints, &mut Few::default())
}

/// The smallest training that has everything: three steps an epoch, validation, momentum, dropout.
pub(crate) fn train(checkpoints: CheckpointConfig, callback: &mut dyn Callback) -> Result<()> {
    let data = embedded::read("iris", &ReadOptions::default())?;
    let config = TrainingConfig {
        hidden: vec![2],
        dropout: vec![0.1],
        validation: 0.2,
        epochs: 2,
        threads: 1,
        clock: Clock(|| 0.0),
        ..TrainingConfig::default()
    };
    Trainer::new(config).with_checkpoints(checkpoints).run(Parts::of(&data), callback).map(drop)
}

/// Ends a training after a few steps.
#[derive(Default)]
struct Few {
    steps: usize,
}

impl Callback for Few {
    fn step_ends(&mut self) -> Continue {
        self.steps += 1;
        if self.steps < 3 { Continue::Yes } else { Continue::No }
    }

    fn resumes(&mut self, from: &Resumed) {
        assert!(!from.file.is_empty());
    }
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"))
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes)
        .unwrap_or_else(|error| panic!("a temporary file: {}", Error::io("write", error)));
}
