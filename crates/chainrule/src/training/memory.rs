//! How much memory a training takes, before it takes it.

use super::{Precision, TrainingConfig};
use crate::network::NetworkConfig;
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
        let copies = 3 + config.optimizer.rule.state_per_parameter() as u64;
        let activations = inputs.saturating_add(widths.saturating_mul(4)).saturating_mul(size);
        Self {
            samples: row.saturating_mul(n_rows as u64),
            parameters: n_parameters.saturating_mul(size * copies),
            batch: activations.saturating_mul(batch_rows as u64),
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.samples.saturating_add(self.parameters).saturating_add(self.batch)
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
                "training needs about {} of memory and {} are free: rows {}, parameters and optimizer {}, one batch {}\n\
                 try smaller layers, a smaller batch (--batch-size), or --precision f32",
                bytes(self.total()),
                bytes(limit),
                bytes(self.samples),
                bytes(self.parameters),
                bytes(self.batch)
            ),
        ))
    }
}

/// A number of bytes as people read it.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut size = n as f64 / 1024.0;
    for unit in UNITS {
        if size < 1024.0 || unit == "PiB" {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    unreachable!("the last unit takes any size")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::network::LayerConfig;

    /// M1: refused before anything is allocated, with the sizes.
    #[test]
    fn a_training_beyond_the_limit_is_refused_with_its_parts() {
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
}
