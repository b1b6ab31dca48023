//! Networks that are trained anew, to see how a model came about.

use crate::errors::Failure;
use crate::settings::numbers::Count;
use crate::settings::values::List;
use chainrule::Cpu;
use chainrule::analysis::Retraining;
use chainrule::data::Samples;
use chainrule::model::Model;
use chainrule::network::Network;

/// A network of the model's structure after so many epochs each, and what was done in a sentence.
pub(super) fn networks(
    model: &Model,
    samples: &Samples<f64>,
    epochs: &[usize],
    seed: Option<u64>,
    cpu: Cpu,
) -> Result<(Vec<Network<f64>>, String), Failure> {
    let mut retraining = Retraining::recorded(&model.training);
    retraining.seed = seed.unwrap_or(retraining.seed);
    let start = Network::new(&model.network.config(), retraining.seed)?;
    let networks = retraining.networks(start, &model.objective, samples, epochs, cpu)?;
    let Retraining { optimizer, batch_rows, seed } = &retraining;
    let note = format!(
        "Trained anew, from new weights (seed {seed}), on these {} rows: {}, learning rate {} throughout, batches of {} rows, as \
         the model file says where it does. The model itself may have seen other rows.",
        samples.n_samples(),
        optimizer.rule,
        optimizer.learning_rate,
        (*batch_rows).min(samples.n_samples())
    );
    Ok((networks, note))
}

/// The epochs as the library takes them.
pub(super) fn epochs(asked: &List<Count>) -> Vec<usize> {
    asked.0.iter().map(|epochs| usize::try_from(epochs.get()).unwrap_or(usize::MAX)).collect()
}

/// What a network after so many epochs is called.
pub(super) fn named(epochs: usize) -> String {
    match epochs {
        0 => "new weights".to_owned(),
        1 => "after 1 epoch".to_owned(),
        n => format!("after {n} epochs"),
    }
}
