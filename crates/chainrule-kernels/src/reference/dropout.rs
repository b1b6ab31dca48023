//! Inverted dropout with masks that are a function of (key, row, column).

use crate::{Float, MatrixMut};

/// Multiplies entries that are kept by 1/(1 − `probability`) and sets the others to 0; a hash of key, row and column alone
/// decides.
///
/// Forward this is applied to activations, backward to their derivatives, with the same key.
pub fn dropout<F: Float>(key: u64, probability: f64, mut values: MatrixMut<'_, F>) {
    let scale = F::from_f64(1.0 / (1.0 - probability));
    for row in 0..values.rows() {
        for (column, value) in values.row_mut(row).iter_mut().enumerate() {
            *value = if keeps(key, row, column, probability) { *value * scale } else { F::ZERO };
        }
    }
}

/// Whether the entry at (`row`, `column`) survives dropout with this `probability` of being dropped.
///
/// A counter-based hash (the finaliser of `SplitMix64`, twice) of key, row and column, compared with the probability:
/// no state, so any entry of any mask can be computed alone, in any order, on any thread.
fn keeps(key: u64, row: usize, column: usize, probability: f64) -> bool {
    // 32 bits against a threshold: 2³² steps of probability are plenty.
    (hash::entry(hash::row_key(key, row), column as u64) as f64) >= probability * 4_294_967_296.0
}

pub(crate) mod hash {
    /// What the entries of a row have in common.
    #[inline(always)]
    pub(crate) fn row_key(key: u64, row: usize) -> u64 {
        mix(key ^ (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// The 32 bits that decide about an entry.
    #[inline(always)]
    pub(crate) fn entry(row_key: u64, column: u64) -> u64 {
        mix(row_key ^ column) >> 32
    }

    /// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014).
    #[inline(always)]
    fn mix(mut x: u64) -> u64 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }
}
