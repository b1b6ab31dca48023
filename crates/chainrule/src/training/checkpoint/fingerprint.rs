//! What a checkpoint and the training that goes on from it must have in common.
//!
//! Data are compared by the checksum of what the network sees of them, so that a file may move and be written anew. Of the
//! configuration all fields count that a result depends on. The number of epochs, unless the schedule is a function of it, and
//! the limit of seconds may change: to go on for longer is what one resumes for.

use crate::data::{Samples, Targets};
use crate::model::file::tensors::Stored;
use crate::optimizer::ScheduleKind;
use crate::training::TrainingConfig;
use crate::training::held::Held;
use crate::training::resolve::Resolved;
use std::collections::BTreeMap;

/// Names of fields with their values as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::training) struct Fingerprint(pub(super) BTreeMap<String, String>);

impl Fingerprint {
    pub(in crate::training) fn new<F: Stored>(
        config: &TrainingConfig,
        resolved: &Resolved,
        columns: &[&str],
        train: &Held<F>,
        validation: Option<&Held<F>>,
    ) -> Self {
        let mut fields = Self::default();
        fields.config(config);
        fields.set("batch_size", &resolved.batch_rows);
        fields.set("loss", &resolved.objective);
        fields.set("network", &resolved.network);
        let names = crc32c::crc32c(columns.join("\0").as_bytes());
        fields.0.insert(
            "columns".into(),
            format!("{} columns with names of checksum {names:08x}", columns.len()),
        );
        fields.0.insert("training rows".into(), told(train));
        fields.0.insert("validation rows".into(), validation.map_or_else(|| "none".into(), told));
        // The order of the rows is a function of the buffer too.
        if let Held::Disk { buffer_rows, .. } = train {
            fields.set("stream buffer", buffer_rows);
        }
        fields
    }

    fn set(&mut self, name: &str, value: &impl std::fmt::Debug) {
        self.0.insert(name.into(), format!("{value:?}"));
    }

    /// A field that is forgotten here does not compile.
    fn config(&mut self, config: &TrainingConfig) {
        let TrainingConfig {
            // What the data and `resolve` make of them is compared.
            task: _,
            hidden: _,
            activation: _,
            output: _,
            bias: _,
            dropout: _,
            loss: _,
            label_smoothing: _,
            batch_size: _,
            validation: _,
            test: _,
            standardize: _,
            missing: _,
            map_labels: _,
            class_weight: _,
            // They decide nothing but when the work is done, and where.
            max_seconds: _,
            threads: _,
            memory_limit: _,
            measures: _,
            clock: _,
            initializer,
            precision,
            optimizer,
            epochs,
            patience,
            tolerance,
            target_loss,
            seed,
        } = config;
        self.set("initializer", initializer);
        self.set("precision", precision);
        self.set("patience", patience);
        self.set("tolerance", tolerance);
        self.set("target_loss", target_loss);
        self.set("seed", seed);
        self.set("optimizer", &optimizer.rule);
        self.set("learning_rate", &optimizer.learning_rate);
        self.set("weight_decay", &optimizer.weight_decay);
        self.set("clip_norm", &optimizer.clip_norm);
        self.set("momentum", &optimizer.momentum);
        self.set("beta1, beta2", &(optimizer.beta1, optimizer.beta2));
        self.set("alpha, epsilon", &(optimizer.alpha, optimizer.epsilon));
        self.set("schedule", &optimizer.schedule);
        if matches!(optimizer.schedule.kind, ScheduleKind::Cosine(_) | ScheduleKind::OneCycle(_)) {
            self.set("epochs", epochs);
        }
    }

    /// The fields in which a checkpoint differs, in words.
    pub(super) fn differences(&self, there: &BTreeMap<String, String>) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(there.keys()).collect();
        let none = || "nothing".to_owned();
        let differs = |name: &&&String| self.0.get(**name) != there.get(**name);
        let told = |name: &String| {
            let [here, there] = [&self.0, there].map(|fields| fields.get(name).cloned().unwrap_or_else(none));
            format!("{name} was {there} and is {here}")
        };
        names.iter().filter(differs).map(|name| told(name)).collect()
    }
}

/// What the rows of a part are known by.
fn told<F: Stored>(held: &Held<F>) -> String {
    match held {
        Held::Memory { chunk, .. } => described(&chunk.samples),
        Held::Disk { records, .. } => records.described(),
    }
}

/// The number of some samples and the checksum of their numbers.
fn described<F: Stored>(samples: &Samples<F>) -> String {
    let mut sum = Sum::default();
    sum.add_all(samples.columns.numeric.values());
    sum.add_bytes(samples.columns.codes.values().iter().flat_map(|code| code.to_le_bytes()));
    match &samples.targets {
        Targets::Values(values) => sum.add_all(values.values()),
        Targets::Classes(classes) => sum.add_bytes(classes.iter().flat_map(|class| class.to_le_bytes())),
    }
    sum.add_all(samples.weights.as_deref().unwrap_or_default());
    format!("{} rows of checksum {:08x}", samples.columns.n_samples(), sum.finish())
}

/// A checksum over pieces.
#[derive(Default)]
struct Sum {
    crc: u32,
    buffer: Vec<u8>,
}

impl Sum {
    const FULL: usize = 1 << 16;

    fn add_all<F: Stored>(&mut self, values: &[F]) {
        for value in values {
            value.append_to(&mut self.buffer);
            self.flush(Self::FULL);
        }
    }

    fn add_bytes(&mut self, bytes: impl Iterator<Item = u8>) {
        for byte in bytes {
            self.buffer.push(byte);
            self.flush(Self::FULL);
        }
    }

    fn flush(&mut self, from: usize) {
        if self.buffer.len() >= from {
            self.crc = crc32c::crc32c_append(self.crc, &self.buffer);
            self.buffer.clear();
        }
    }

    fn finish(mut self) -> u32 {
        self.flush(1);
        self.crc
    }
}
