//! Which rows of a stream are learned from, and which are held out.
//!
//! A table in memory is shared out exactly, class by class, which takes a list of its rows. Here each row is judged by
//! itself: a hash of (seed, row) decides, so that each part has about its share, whatever is in the rows. The first row of every
//! class is always learned from, so that no class is met that training has not seen.

use std::collections::BTreeSet;

use crate::data::split::SplitConfig;
use crate::{Purpose, Rng};

/// A part of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Train,
    Validation,
    Test,
}

/// How rows are shared out.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    key: u64,
    validation: f64,
    test: f64,
    /// Rows that are learned from whatever their hash.
    kept: BTreeSet<usize>,
}

impl Share {
    /// Shares rows out as the configuration says, but for those in `kept`, and the first.
    pub(crate) fn new(config: &SplitConfig, kept: impl IntoIterator<Item = usize>) -> Self {
        let key = Rng::new(config.seed, Purpose::Split, 1).bits();
        let kept = kept.into_iter().chain([0]).collect();
        Self { key, validation: config.validation, test: config.test, kept }
    }

    /// All rows are one part.
    pub(crate) fn all() -> Self {
        Self::new(&SplitConfig::default(), [])
    }

    /// The part of a row.
    pub(crate) fn part(&self, row: usize) -> Part {
        if self.validation + self.test == 0.0 || self.kept.contains(&row) {
            return Part::Train;
        }
        let place = (mixed(self.key ^ mixed(row as u64)) >> 11) as f64 / (1u64 << 53) as f64;
        match place {
            place if place < self.test => Part::Test,
            place if place < self.test + self.validation => Part::Validation,
            _ => Part::Train,
        }
    }

    /// The rows of a piece that belong to a part, counted within the piece.
    pub(crate) fn rows(&self, part: Part, first_row: usize, n_rows: usize) -> Vec<u32> {
        (0..n_rows as u32).filter(|&row| self.part(first_row + row as usize) == part).collect()
    }
}

/// A bijection of 64 bits in which each bit depends on all others (`SplitMix64`'s; Steele, Lea and Flood, 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(share: &Share, n: usize) -> [usize; 3] {
        [Part::Train, Part::Validation, Part::Test].map(|part| share.rows(part, 0, n).len())
    }

    #[test]
    fn parts_have_about_their_share_and_are_the_same_for_any_cut_into_pieces() {
        let config = SplitConfig { validation: 0.1, test: 0.2, seed: 3 };
        let share = Share::new(&config, [7, 8]);
        let [train, validation, test] = counts(&share, 100_000);
        assert_eq!(train + validation + test, 100_000);
        // Within five standard deviations.
        assert!(validation.abs_diff(10_000) < 475 && test.abs_diff(20_000) < 633, "{validation} {test}");
        let cut: Vec<u32> = [(0, 300), (300, 700)]
            .into_iter()
            .flat_map(|(first, n)| {
                share.rows(Part::Test, first, n).into_iter().map(move |row| row + first as u32)
            })
            .collect();
        assert_eq!(cut, share.rows(Part::Test, 0, 1000));
    }

    #[test]
    fn kept_rows_and_the_first_are_learned_from() {
        let config = SplitConfig { validation: 0.5, test: 0.49, seed: 0 };
        let share = Share::new(&config, 40..60);
        assert!((40..60).chain([0]).all(|row| share.part(row) == Part::Train));
        assert_eq!(counts(&Share::all(), 50), [50, 0, 0]);
    }

    #[test]
    fn seeds_choose_different_rows() {
        let rows = |seed| {
            Share::new(&SplitConfig { validation: 0.3, test: 0.0, seed }, []).rows(Part::Validation, 0, 200)
        };
        assert_eq!(rows(1), rows(1));
        assert_ne!(rows(1), rows(2));
    }
}
