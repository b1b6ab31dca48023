//! Random numbers that are a function of (seed, purpose, index) alone.
//!
//! Every use draws from a stream of its own: the shuffle of epoch 7 does not depend on how many numbers the shuffle
//! of epoch 6 took, so a run can be resumed at any epoch. The generator is `ChaCha8`, whose output is specified; the
//! conversions to floats, normals and permutations are our own, so that no update of a crate changes a result.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial parameters; the index is the tensor's place in the table.
    Initialization,
    /// Order of the training samples; the index is the epoch.
    Shuffle,
    /// Rows held out for validation and test.
    Split,
    /// Keys of dropout masks; the index is the step.
    Dropout,
    /// Generated data sets.
    Synthetic,
    /// Order in which the blocks of a stream are read; the index is the epoch.
    Blocks,
    /// Random directions in the space of all parameters; the index is the axis.
    Directions,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of a seed for a purpose; `index` counts the streams of one purpose.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform among 0, …, n − 1 without bias (Lemire's rejection).
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a number below 0 was asked for");
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if (product as u64) >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal (Box and Muller, 1958; the cosine branch).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts the items in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any change here changes every result that people have recorded.
    #[test]
    fn streams_are_what_they_were() {
        let mut rng = Rng::new(7, Purpose::Shuffle, 3);
        let mut order: Vec<u32> = (0..10).collect();
        rng.shuffle(&mut order);
        let numbers = [rng.unit(), rng.normal(), rng.uniform(-1.0, 1.0)];
        insta::assert_debug_snapshot!((order, numbers));
    }

    #[test]
    fn streams_of_different_purposes_and_indices_differ() {
        let first = |purpose, index| Rng::new(0, purpose, index).bits();
        assert_ne!(first(Purpose::Shuffle, 0), first(Purpose::Split, 0));
        assert_ne!(first(Purpose::Shuffle, 0), first(Purpose::Shuffle, 1));
        assert_eq!(first(Purpose::Shuffle, 1), first(Purpose::Shuffle, 1));
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut rng = Rng::new(1, Purpose::Initialization, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
    }
}
