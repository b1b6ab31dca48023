//! The number at a rank, found in several passes over numbers that are not in memory.
//!
//! Each pass counts the numbers of a range in 256 equal parts of it, and goes on with the part in which the rank lies. The range is
//! one of bit patterns, in which numbers stand in the order of `f64::total_cmp`, so that it shrinks by 256 with every pass however
//! the numbers are spread; as soon as few enough are left they are taken together and sorted.

/// Parts of a range.
const PARTS: usize = 256;
/// Numbers that are taken together.
const FEW: u64 = 512;

/// A search under way.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// The rank among the numbers in the range, from 0.
    rank: u64,
    low: u64,
    high: u64,
    step: Step,
}

#[derive(Clone, Debug)]
enum Step {
    /// Counting the numbers of each part, `1 << shift` patterns wide.
    Counting {
        shift: u32,
        counts: Vec<u64>,
    },
    Collecting(Vec<u64>),
    Found(f64),
}

impl Search {
    /// For the number at a rank, from 0, among numbers from `low` to `high`, which occur.
    pub(super) fn new(rank: u64, low: f64, high: f64) -> Self {
        let (low, high) = (pattern(low), pattern(high));
        Self { rank, low, high, step: Step::over(low, high) }
    }

    /// What was found; none while passes are to be made.
    pub(super) fn found(&self) -> Option<f64> {
        match self.step {
            Step::Found(number) => Some(number),
            _ => None,
        }
    }

    /// Takes in a number of the pass at hand.
    pub(super) fn add(&mut self, number: f64) {
        let pattern = pattern(number);
        if pattern < self.low || pattern > self.high {
            return;
        }
        match &mut self.step {
            Step::Counting { shift, counts } => counts[((pattern - self.low) >> *shift) as usize] += 1,
            Step::Collecting(numbers) => numbers.push(pattern),
            Step::Found(_) => {}
        }
    }

    /// Ends a pass, in which every number came once.
    pub(super) fn pass_ends(&mut self) {
        self.step = match std::mem::replace(&mut self.step, Step::Collecting(Vec::new())) {
            Step::Counting { shift, counts } => self.narrow(shift, &counts),
            Step::Collecting(mut numbers) => {
                numbers.sort_unstable();
                let found = numbers.get(self.rank as usize);
                Step::Found(found.map_or(f64::NAN, |&pattern| number(pattern)))
            }
            found @ Step::Found(_) => found,
        };
    }

    /// Goes on with the part in which the rank lies.
    fn narrow(&mut self, shift: u32, counts: &[u64]) -> Step {
        let part = counts.iter().position(|&count| {
            let is_here = self.rank < count;
            self.rank -= if is_here { 0 } else { count };
            is_here
        });
        let Some(part) = part else { return Step::Found(f64::NAN) };
        self.low += (part as u64) << shift;
        self.high = self.high.min(self.low + ((1 << shift) - 1));
        match (self.low == self.high, counts[part] <= FEW) {
            (true, _) => Step::Found(number(self.low)),
            (false, true) => Step::Collecting(Vec::with_capacity(counts[part] as usize)),
            (false, false) => Step::over(self.low, self.high),
        }
    }
}

impl Step {
    /// Counts in the parts of a range.
    fn over(low: u64, high: u64) -> Self {
        let width = high - low;
        let bits = u64::BITS - width.leading_zeros();
        Self::Counting { shift: bits.saturating_sub(PARTS.ilog2()), counts: vec![0; PARTS] }
    }
}

const SIGN: u64 = 1 << 63;

/// The bits of a number, so that patterns stand in the order of numbers; −0 is 0.
fn pattern(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn number(pattern: u64) -> f64 {
    f64::from_bits(if pattern & SIGN == 0 { !pattern } else { pattern & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(numbers: &[f64], rank: usize) -> (f64, usize) {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut search = Search::new(rank as u64, low, high);
        let mut passes = 0;
        while search.found().is_none() {
            for &number in numbers {
                search.add(number);
            }
            search.pass_ends();
            passes += 1;
            assert!(passes <= 10, "{search:?}");
        }
        (search.found().expect("the loop has ended"), passes)
    }

    #[test]
    fn one_number_many_times_takes_one_pass() {
        assert_eq!(found(&vec![2.5; 5000], 4999), (2.5, 1));
    }

    #[test]
    fn numbers_of_any_spread_are_found_in_few_passes() {
        let mut numbers: Vec<f64> = (0..20_000).map(|i| (f64::from(i) * 0.7).sin() * 1e3).collect();
        numbers.extend([1e300, -1e300, 5e-324, 0.0]);
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        for rank in [0, 1, 777, 10_001, 20_003] {
            assert_eq!(found(&numbers, rank).0, sorted[rank]);
        }
    }

    proptest! {
        #[test]
        fn the_number_at_any_rank_is_that_of_the_sorted_numbers(
            numbers in prop::collection::vec(-1e6f64..1e6, 1..2000),
            place in 0.0f64..1.0,
        ) {
            let rank = (place * numbers.len() as f64) as usize;
            let mut sorted = numbers.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert_eq!(found(&numbers, rank).0, sorted[rank]);
        }
    }
}
