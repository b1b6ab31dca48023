//! What the rows of a batch should be: one class each.

use crate::Float;

/// The classes of some samples, and their weights, where they lie among those of all samples: nothing is gathered for a
/// batch.
#[derive(Clone, Copy, Debug)]
pub struct ClassTargets<'a, F> {
    /// The number of every sample's class, from 0.
    pub classes: &'a [u32],
    /// The weight of every sample; none where each is 1.
    pub weights: Option<&'a [F]>,
    /// The sample that each row is of.
    pub rows: &'a [u32],
}

impl<F: Float> ClassTargets<'_, F> {
    /// Class and weight of the sample that row `i` is of.
    #[inline(always)]
    pub(crate) fn of(self, i: usize) -> (u32, f64) {
        let sample = self.rows[i] as usize;
        (self.classes[sample], self.weights.map_or(1.0, |weights| weights[sample].to_f64()))
    }
}
