//! Tables that a model is used on.

use std::sync::LazyLock;

use chainrule::data::{ReadOptions, Target, csv};
use chainrule::model::Model;

use crate::expectations::assert_explains;
use crate::seeds::MODELS;

/// Models of every kind of output.
static STORED: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let load = |bytes: &&[u8]| {
        Model::from_bytes(bytes, "model").unwrap_or_else(|error| panic!("a stored model: {error}"))
    };
    MODELS.iter().map(load).collect()
});

/// A table of text to predict on and to measure by; the first byte chooses the model.
pub fn predict(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let model = &STORED[choice as usize % STORED.len()];
    let name = "file.csv";
    for target in [Target::None, Target::OfModel(model.preprocessing.targets.clone())] {
        let measured = target != Target::None;
        let known = model.preprocessing.known_columns();
        let data = match csv::read(text, name, &ReadOptions { target, known, ..ReadOptions::default() }) {
            Ok(data) => data,
            Err(error) => return assert_explains(&error, name),
        };
        let failed = if measured { model.evaluate(&data).err() } else { model.predict(&data).err() };
        if let Some(error) = failed {
            assert!(!error.message().is_empty());
        }
    }
}
