//! The file of a checkpoint: the container of model files, with another text and other tensors.
//!
//! | tensor | type | shape |
//! |---|---|---|
//! | `parameters.NAME`, for each tensor of the network | precision | as in the network |
//! | `first.NAME`, `second.NAME`, as far as the optimizer has them | precision | same |
//! | `best.NAME`, once there are best weights | precision | same |
//! | `lbfgs.position`, `lbfgs.gradient`, if that is the optimizer | f64 | parameters |
//! | `lbfgs.steps`, `lbfgs.changes` | f64 | pairs × parameters |
//! | `lbfgs.loss` | f64 | 1 |
//! | `history` | f64 | epochs × 7 |
//! | `numbers` | f64 | 8 |
//! | `norms`, if they are measured: of gradient and update, of every layer | f64 | (epochs + the one at hand) × 2·layers |
//! | `watched`, if there are watched weights | f64 | epochs × weights |
//!
//! Every number that is no count is a tensor, bit for bit, NaN and ∞ too: a validation loss may be NaN, the best loss
//! before the first epoch is ∞. An epoch without norms or values has a row of NaN. The text has the counts, the fingerprint, and the checksum of every tensor.

use super::Fingerprint;
use crate::model::file::container::{self, CHECKPOINT, Container};
use crate::model::file::manifest::{self, checked};
use crate::model::file::tensors::{Stored, TensorReader, TensorWriter};
use crate::network::Tensor;
use crate::optimizer::lbfgs::Pair;
use crate::optimizer::{AdaptiveState, LbfgsState, Progress};
use crate::training::snapshot::{EpochSums, Snapshot};
use crate::training::{EarlyStopping, Epoch, History, LayerNorms, OptimizerState};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version that this library writes and reads.
const VERSION: u32 = 1;
const NUMBERS: usize = 8;
const PER_EPOCH: usize = 7;

/// The text: all that is no floating-point number.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    /// The checksum of the text behind it; empty until it is written.
    crc32c: String,
    adaptive_stalled: u64,
    best_epoch: usize,
    epoch: u64,
    epochs_in_history: usize,
    #[serde(deserialize_with = "container::unique")]
    fingerprint: BTreeMap<String, String>,
    format_version: u32,
    has_best: bool,
    has_first: bool,
    has_second: bool,
    /// Pairs that L-BFGS remembers, if that is the optimizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lbfgs_pairs: Option<usize>,
    /// Layers whose norms are measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured_layers: Option<usize>,
    optimizer_steps: u64,
    position: usize,
    samples: u64,
    samples_seen: u64,
    stalled: usize,
    step: u64,
    #[serde(deserialize_with = "container::unique")]
    tensor_crc32c: BTreeMap<String, String>,
    /// Names of the watched weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    watched: Vec<String>,
}

pub(super) fn encode<F: Stored>(
    snapshot: &Snapshot<F>,
    table: &[Tensor],
    fingerprint: &Fingerprint,
) -> Result<Vec<u8>> {
    let Snapshot {
        parameters,
        optimizer,
        progress,
        position,
        sums,
        adaptive,
        stopping,
        history,
        best,
        norms,
        lbfgs,
    } = snapshot;
    let mut tensors = TensorWriter::default();
    push_arrays(&mut tensors, table, [parameters, &optimizer.first, &optimizer.second, best]);
    tensors.push_any("numbers", &[NUMBERS], &numbers(sums, adaptive, stopping, history.seconds));
    let measured_layers = push_history(&mut tensors, history, norms);
    if let Some(state) = lbfgs {
        push_lbfgs(&mut tensors, state);
    }
    let text = Text {
        crc32c: String::new(),
        adaptive_stalled: adaptive.stalled,
        best_epoch: history.best_epoch,
        epoch: progress.epoch,
        epochs_in_history: history.epochs.len(),
        fingerprint: fingerprint.0.clone(),
        format_version: VERSION,
        has_best: !best.is_empty(),
        has_first: !optimizer.first.is_empty(),
        has_second: !optimizer.second.is_empty(),
        lbfgs_pairs: lbfgs.as_ref().map(|state| state.pairs.len()),
        optimizer_steps: optimizer.steps,
        position: *position,
        samples: progress.samples,
        samples_seen: history.samples_seen,
        stalled: stopping.stalled,
        step: progress.step,
        tensor_crc32c: tensors.checksums(),
        measured_layers,
        watched: history.watched.clone(),
    };
    let text = serde_json::to_string(&text).map_err(|error| {
        Error::model(format!("the checkpoint cannot be described: {error}")).with_source(error)
    })?;
    tensors.into_file(CHECKPOINT, manifest::with_checksum(&text))
}

/// A checkpoint that is whole.
pub(super) struct Found<F> {
    differences: Vec<String>,
    snapshot: Result<Snapshot<F>>,
}

impl<F> Found<F> {
    /// Refuses a checkpoint of other data or another configuration, and names what differs.
    pub(super) fn refuse_differences(&self, name: &str) -> Result<()> {
        if self.differences.is_empty() {
            return Ok(());
        }
        Err(Error::configuration(format!(
            "{name} was written with other data or another configuration: {}\n\
             train with the same, or go on with the new ones by --force-resume",
            self.differences.join("; ")
        )))
    }

    pub(super) fn snapshot(self, name: &str) -> Result<Snapshot<F>> {
        self.snapshot.map_err(|error| error.in_file(name))
    }
}

/// Takes a file apart. An error is about its bytes; a whole checkpoint that does not fit this training is a [`Found`] whose
/// snapshot is one.
pub(super) fn decode<F: Stored>(
    bytes: &[u8],
    table: &[Tensor],
    fingerprint: &Fingerprint,
) -> Result<Found<F>> {
    let container = Container::open_as(bytes, CHECKPOINT)?;
    let text = container.text(
        CHECKPOINT,
        "checkpoint",
        "checkpoints are made by `chainrule train --checkpoint DIR`",
    )?;
    let text: Text = checked(text, "checkpoint", VERSION)?;
    TensorReader::new(&container, &text.tensor_crc32c)?.verify_all()?;
    let differences = fingerprint.differences(&text.fingerprint);
    Ok(Found { differences, snapshot: snapshot(&container, &text, table) })
}

fn snapshot<F: Stored>(container: &Container<'_>, text: &Text, table: &[Tensor]) -> Result<Snapshot<F>> {
    let mut tensors = TensorReader::new(container, &text.tensor_crc32c)?;
    let mut array = |prefix: &str, has: bool| -> Result<Vec<F>> {
        let mut values = Vec::new();
        for tensor in table.iter().filter(|_| has) {
            values.extend(tensors.read_any::<F>(&format!("{prefix}.{}", tensor.name), &tensor.shape)?);
        }
        Ok(values)
    };
    let (parameters, best) = (array("parameters", true)?, array("best", text.has_best)?);
    let (first, second) = (array("first", text.has_first)?, array("second", text.has_second)?);
    let numbers = tensors.read_any::<f64>("numbers", &[NUMBERS])?;
    let epochs = tensors.read_any::<f64>("history", &[text.epochs_in_history, PER_EPOCH])?;
    let mut epochs: Vec<Epoch> =
        epochs.chunks_exact(PER_EPOCH).zip(1..).map(|(numbers, number)| epoch(number, numbers)).collect();
    let norms = read_measured(&mut tensors, text, &mut epochs)?;
    let n_parameters = parameters.len();
    let lbfgs = text.lbfgs_pairs.map(|pairs| read_lbfgs(&mut tensors, pairs, n_parameters)).transpose()?;
    tensors.finish()?;
    let history = History {
        epochs,
        best_epoch: text.best_epoch,
        stopped_by: None,
        seconds: numbers[7],
        samples_seen: text.samples_seen,
        watched: text.watched.clone(),
    };
    Ok(Snapshot {
        parameters,
        optimizer: OptimizerState { steps: text.optimizer_steps, first, second },
        progress: Progress { step: text.step, epoch: text.epoch, samples: text.samples, total_steps: 0 },
        position: text.position,
        sums: EpochSums {
            loss: crate::loss::LossSum { sum: numbers[0], weight: numbers[1] },
            learning_rate: numbers[2],
        },
        adaptive: AdaptiveState {
            learning_rate: numbers[3],
            best_loss: numbers[4],
            stalled: text.adaptive_stalled,
        },
        stopping: EarlyStopping { best: numbers[5], reference: numbers[6], stalled: text.stalled },
        history,
        best,
        norms,
        lbfgs,
    })
}

/// Writes what has a number per parameter, as far as it is there: parameters, both states of the optimizer, the best weights.
fn push_arrays<F: Stored>(tensors: &mut TensorWriter, table: &[Tensor], arrays: [&Vec<F>; 4]) {
    for (prefix, values) in ["parameters", "first", "second", "best"].into_iter().zip(arrays) {
        for tensor in table.iter().filter(|_| !values.is_empty()) {
            let name = format!("{prefix}.{}", tensor.name);
            tensors.push_any(name, &tensor.shape, &values[tensor.range.clone()]);
        }
    }
}

/// Writes the epochs, and what is measured beside the losses; the number of layers, if it is their norms.
fn push_history(tensors: &mut TensorWriter, history: &History, at_hand: &[LayerNorms]) -> Option<usize> {
    let (epochs, watched) = (&history.epochs, history.watched.len());
    let losses: Vec<f64> = epochs.iter().flat_map(epoch_numbers).collect();
    tensors.push_any("history", &[epochs.len(), PER_EPOCH], &losses);
    if watched > 0 {
        let values: Vec<f64> =
            epochs.iter().flat_map(|epoch| row(epoch.weights.iter().copied(), watched)).collect();
        tensors.push_any("watched", &[epochs.len(), watched], &values);
    }
    let all = || epochs.iter().map(|epoch| &epoch.norms[..]).chain([at_hand]);
    let layers = all().map(<[LayerNorms]>::len).max().filter(|&layers| layers > 0)?;
    let numbers =
        |norms: &[LayerNorms]| row(norms.iter().flat_map(|norms| [norms.gradient, norms.update]), 2 * layers);
    let values: Vec<f64> = all().flat_map(numbers).collect();
    tensors.push_any("norms", &[epochs.len() + 1, 2 * layers], &values);
    Some(layers)
}

/// A row of a table; where there are no numbers, of NaN.
fn row(numbers: impl Iterator<Item = f64>, length: usize) -> Vec<f64> {
    let mut row: Vec<f64> = numbers.collect();
    row.resize(length, f64::NAN);
    row
}

/// Puts what was measured into the epochs, and gives the norms of the epoch at hand.
fn read_measured(
    tensors: &mut TensorReader<'_>,
    text: &Text,
    epochs: &mut [Epoch],
) -> Result<Vec<LayerNorms>> {
    let has = |row: &[f64]| !row.iter().all(|number| number.is_nan());
    let watched = text.watched.len();
    if watched > 0 {
        let values = tensors.read_any::<f64>("watched", &[epochs.len(), watched])?;
        for (epoch, row) in epochs.iter_mut().zip(values.chunks_exact(watched)).filter(|(_, row)| has(row)) {
            epoch.weights = row.to_vec();
        }
    }
    let Some(width) = text.measured_layers.filter(|&layers| layers > 0).map(|n| n.saturating_mul(2)) else {
        return Ok(Vec::new());
    };
    let values = tensors.read_any::<f64>("norms", &[epochs.len() + 1, width])?;
    let mut rows = values.chunks_exact(width).map(|row| {
        let pairs = row.chunks_exact(2).filter(|_| has(row));
        pairs.map(|pair| LayerNorms { gradient: pair[0], update: pair[1] }).collect()
    });
    for (epoch, norms) in epochs.iter_mut().zip(&mut rows) {
        epoch.norms = norms;
    }
    Ok(rows.next().unwrap_or_default())
}

fn push_lbfgs(tensors: &mut TensorWriter, state: &LbfgsState) {
    let (pairs, parameters) = (state.pairs.len(), state.position.len());
    let all = |part: fn(&Pair) -> &Vec<f64>| state.pairs.iter().flat_map(part).copied().collect::<Vec<_>>();
    tensors.push_any("lbfgs.position", &[parameters], &state.position);
    tensors.push_any("lbfgs.gradient", &[parameters], &state.gradient);
    tensors.push_any("lbfgs.steps", &[pairs, parameters], &all(|pair| &pair.step));
    tensors.push_any("lbfgs.changes", &[pairs, parameters], &all(|pair| &pair.change));
    tensors.push_any("lbfgs.loss", &[1], &[state.loss]);
}

fn read_lbfgs(tensors: &mut TensorReader<'_>, pairs: usize, parameters: usize) -> Result<LbfgsState> {
    let position = tensors.read_any("lbfgs.position", &[parameters])?;
    let gradient = tensors.read_any("lbfgs.gradient", &[parameters])?;
    let steps = tensors.read_any::<f64>("lbfgs.steps", &[pairs, parameters])?;
    let changes = tensors.read_any::<f64>("lbfgs.changes", &[pairs, parameters])?;
    let loss = tensors.read_any::<f64>("lbfgs.loss", &[1])?[0];
    // A network has a parameter at least.
    let (steps, changes) = (steps.chunks_exact(parameters), changes.chunks_exact(parameters));
    let pairs = steps.zip(changes).map(|(step, change)| Pair { step: step.into(), change: change.into() });
    Ok(LbfgsState { position, loss, gradient, pairs: pairs.collect() })
}

fn numbers(
    sums: &EpochSums,
    adaptive: &AdaptiveState,
    stopping: &EarlyStopping,
    seconds: f64,
) -> [f64; NUMBERS] {
    let EpochSums { loss, learning_rate } = sums;
    let (rate, best) = (adaptive.learning_rate, adaptive.best_loss);
    [loss.sum, loss.weight, *learning_rate, rate, best, stopping.best, stopping.reference, seconds]
}

/// A row of `history`. What there is none of is a NaN, told from one that was measured by the flags.
fn epoch_numbers(epoch: &Epoch) -> [f64; PER_EPOCH] {
    let Epoch { step, train_loss, validation_loss, validation_score, learning_rate, seconds, best, .. } =
        *epoch;
    let flags = [validation_loss.is_some(), validation_score.is_some(), best];
    let flags = flags.iter().rev().fold(0, |bits, &flag| 2 * bits + u8::from(flag));
    let (loss, score) = (validation_loss.unwrap_or(f64::NAN), validation_score.unwrap_or(f64::NAN));
    [step as f64, train_loss, loss, score, learning_rate, seconds, f64::from(flags)]
}

fn epoch(number: usize, numbers: &[f64]) -> Epoch {
    let flags = numbers[6] as u8;
    let flag = |bit: u8| flags >> bit & 1 == 1;
    Epoch {
        epoch: number,
        step: numbers[0] as u64,
        train_loss: numbers[1],
        validation_loss: flag(0).then_some(numbers[2]),
        validation_score: flag(1).then_some(numbers[3]),
        learning_rate: numbers[4],
        seconds: numbers[5],
        best: flag(2),
        norms: Vec::new(),
        weights: Vec::new(),
    }
}
