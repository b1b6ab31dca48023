//! Keys of dropout masks.

use crate::rng::{Purpose, Rng};

/// What the dropout masks of one training step are computed from.
///
/// A mask is a function of (seed, step, layer, row of the batch, column): no state is kept, so that a step can be
/// repeated, resumed or cut over threads with the same masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropoutKey {
    /// The training's seed.
    pub seed: u64,
    /// Number of the step, from 0.
    pub step: u64,
}

impl DropoutKey {
    /// The key of one layer's mask.
    pub fn of_layer(self, layer: usize) -> u64 {
        // The stream of a step has one draw per layer.
        let mut stream = Rng::new(self.seed, Purpose::Dropout, self.step);
        for _ in 0..layer {
            stream.bits();
        }
        stream.bits()
    }
}
