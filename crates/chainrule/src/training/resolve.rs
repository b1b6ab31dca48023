//! What the data makes of a configuration: task → loss → output, and from there the network.

use super::{BatchSize, TrainingConfig};
use crate::data::{Outputs, Preprocessing, Task};
use crate::loss::{Loss, Objective};
use crate::network::{LayerConfig, NetworkConfig};
use crate::optimizer::Rule;
use crate::{Error, Result};

/// A configuration with nothing left open.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    pub(super) objective: Objective,
    pub(super) network: NetworkConfig,
    /// Rows of a full batch.
    pub(super) batch_rows: usize,
}

/// Decides loss, output and shapes for `n_train` training rows.
pub(super) fn resolve(
    config: &TrainingConfig,
    preprocessing: &Preprocessing,
    n_train: usize,
) -> Result<Resolved> {
    let loss = config.loss.unwrap_or(match preprocessing.task() {
        Task::Classification => Loss::CrossEntropy,
        Task::MultiLabel => Loss::BinaryCrossEntropy,
        Task::Regression => Loss::Mse,
    });
    let objective = Objective { loss, label_smoothing: config.label_smoothing };
    objective.validate()?;
    let output = loss.output_activation(config.output)?;
    let hidden = config.hidden.iter().enumerate().map(|(l, &n_outputs)| {
        let (activation, dropout) = config.hidden_layer(l);
        let (bias, initializer) = (config.bias, config.initializer);
        LayerConfig { n_outputs, activation, bias, dropout, initializer }
    });
    let output_layer = LayerConfig {
        n_outputs: n_outputs(loss, preprocessing)?,
        activation: output,
        bias: config.bias,
        dropout: 0.0,
        initializer: config.initializer,
    };
    let network = NetworkConfig {
        n_numeric: preprocessing.n_numeric(),
        cardinalities: preprocessing.cardinalities(),
        layers: hidden.chain([output_layer]).collect(),
    };
    network.validate()?;
    Ok(Resolved { objective, network, batch_rows: batch_rows(config, n_train)? })
}

/// Two classes under binary cross-entropy have one output, the probability of the second; else one output per class
/// or target.
fn n_outputs(loss: Loss, preprocessing: &Preprocessing) -> Result<usize> {
    let n = preprocessing.n_outputs();
    match (&preprocessing.outputs, loss) {
        (Outputs::Classes { .. }, Loss::Poisson) => {
            Err(Error::configuration("loss 'poisson' is for counts, and the targets are classes"))
        }
        (Outputs::Flags, Loss::Poisson | Loss::CrossEntropy) => Err(Error::configuration(format!(
            "loss '{loss}' does not go with several yes-or-no targets\ntheir loss is binary-cross-entropy"
        ))),
        (Outputs::Numbers { .. }, Loss::CrossEntropy | Loss::BinaryCrossEntropy) => {
            Err(Error::configuration(format!(
                "loss '{loss}' needs classes, and this is a regression\nsay --task classification if the targets are classes"
            )))
        }
        (Outputs::Classes { .. }, Loss::BinaryCrossEntropy) if n == 2 => Ok(1),
        _ => Ok(n),
    }
}

fn batch_rows(config: &TrainingConfig, n_train: usize) -> Result<usize> {
    const USUAL: usize = 32;
    let needs_all = config.optimizer.rule == Rule::Lbfgs;
    match config.batch_size {
        BatchSize::Rows(rows) if needs_all && rows < n_train => Err(Error::configuration(format!(
            "optimizer 'lbfgs' needs every row in each step, not batches of {rows}\nsay --batch-size full"
        ))),
        BatchSize::Rows(rows) => Ok(rows.min(n_train)),
        BatchSize::Auto if !needs_all => Ok(USUAL.min(n_train)),
        BatchSize::Auto | BatchSize::Full => Ok(n_train),
    }
}
