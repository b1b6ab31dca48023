//! How much memory a training takes, before it takes it.

use super::{Precision, TrainingConfig};
use crate::error::bytes;
use crate::network::NetworkConfig;
use crate::optimizer::Rule;
use crate::{Error, ErrorKind, Result};

/// The large parts of a training's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// Rows of all splits as the network reads them.
    pub samples: u64,
    /// Parameters, gradients, optimizer state and the copy of the best weights.
    pub parameters: u64,
    /// Activations and derivatives of one batch.
    pub batch: u64,
    /// What writing a checkpoint takes.
    pub checkpoint: u64,
}

impl MemoryEstimate {
    /// The estimate for a network, so many rows and so many of them per batch.
    ///
    /// Sizes that no machine has saturate.
    pub fn new(network: &NetworkConfig, config: &TrainingConfig, n_rows: usize, batch_rows: usize) -> Self {
        let size = match config.precision {
            Precision::F32 => 4u64,
            Precision::F64 => 8,
        };
        let widths: u64 = network.layers.iter().map(|layer| layer.n_outputs as u64).sum();
        let inputs = network.n_inputs().map_or(u64::MAX, |n| n as u64);
        let n_parameters = network.n_parameters().map_or(u64::MAX, |n| n as u64);
        let codes = 4 * network.cardinalities.len() as u64;
        let row = (network.n_numeric as u64).saturating_mul(size).saturating_add(codes);
        // L-BFGS remembers in f64, whatever the network is made of.
        let of_state = if config.optimizer.rule == Rule::Lbfgs { 8 } else { size };
        let per_parameter = 3 * size + of_state * config.optimizer.rule.state_per_parameter() as u64;
        // Gradients, and the weights before a step; a second pass over its rows.
        let (per_parameter, passes) =
            if config.measures.norms { (per_parameter + 2 * size, 2) } else { (per_parameter, 1) };
        let activations = inputs.saturating_add(widths.saturating_mul(4)).saturating_mul(size);
        Self {
            samples: row.saturating_mul(n_rows as u64),
            parameters: n_parameters.saturating_mul(per_parameter),
            batch: activations.saturating_mul(batch_rows as u64).saturating_mul(passes),
            checkpoint: 0,
        }
    }

    /// The same with checkpoints: a copy of the state, its bytes, and the file that they become.
    #[must_use]
    pub fn with_checkpoints(self) -> Self {
        Self { checkpoint: self.parameters.saturating_mul(3), ..self }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        let parts = [self.samples, self.parameters, self.batch, self.checkpoint];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// Refuses a training that would take more than `limit` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Memory`] with the parts of the estimate.
    pub fn check(&self, limit: Option<u64>) -> Result<()> {
        let Some(limit) = limit.filter(|&limit| self.total() > limit) else { return Ok(()) };
        Err(Error::new(
            ErrorKind::Memory,
            format!(
                "training needs about {} of memory and {} are free: rows {}, parameters and optimizer {}, one batch {}{}\n\
                 try smaller layers, a smaller batch (--batch-size), or --precision f32",
                bytes(self.total()),
                bytes(limit),
                bytes(self.samples),
                bytes(self.parameters),
                bytes(self.batch),
                if self.checkpoint == 0 {
                    String::new()
                } else {
                    format!(", a checkpoint {}", bytes(self.checkpoint))
                }
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::network::LayerConfig;

    #[test]
    fn m1_a_training_beyond_the_limit_is_refused_with_its_parts() {
        let layers = vec![LayerConfig::new(1_000_000, Activation::Relu); 2];
        let network = NetworkConfig::new(784, layers);
        let estimate = MemoryEstimate::new(&network, &TrainingConfig::default(), 60_000, 32);
        assert_eq!(estimate.parameters, (785 * 1_000_000 + 1_000_001 * 1_000_000) * 4 * 5);
        assert_eq!(estimate.samples, 60_000 * 784 * 4);
        let error = estimate.check(Some(16 << 30)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory);
        assert!(error.message().contains("18.2 TiB") && error.message().contains("16.0 GiB"), "{error}");
        estimate.check(None).unwrap();
        estimate.check(Some(u64::MAX)).unwrap();
    }

    #[test]
    fn m1_checkpoints_and_the_memory_of_lbfgs_are_counted() {
        let network = NetworkConfig::new(1000, vec![LayerConfig::new(1000, Activation::Relu)]);
        let mut config = TrainingConfig::default();
        config.optimizer.rule = Rule::Lbfgs;
        let estimate = MemoryEstimate::new(&network, &config, 1, 1);
        // Three copies in f32; ten pairs, and five more vectors, in f64.
        assert_eq!(estimate.parameters, 1001 * 1000 * (3 * 4 + 25 * 8));
        let kept = estimate.with_checkpoints();
        assert_eq!(kept.total(), estimate.total() + 3 * estimate.parameters);
        estimate.check(Some(estimate.total())).unwrap();
        let error = kept.check(Some(estimate.total())).unwrap_err();
        assert!(error.message().contains("a checkpoint 607.1 MiB"), "{error}");
    }
}
