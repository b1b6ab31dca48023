//! What is known of a column of numbers, as it grows from pass to pass.

use super::median::Search;
use crate::data::Numbers;
use crate::data::preprocessing::facts::{COUNTING_ROWS, NumberFacts};
use crate::data::scaler::Summary;

/// Fewer numbers than this look like nothing in particular.
const FEWEST_ROWS_FOR_ID: usize = 50;

/// The statistics of a column of numbers, as they grow.
pub(super) struct OfNumbers {
    /// How often each byte occurs, in a column of bytes. That is all there is to know of it.
    bytes: Option<Box<[u64; 256]>>,
    present: usize,
    missing: usize,
    min: f64,
    max: f64,
    sum: f64,
    rest: f64,
    squares: f64,
    /// The middle number, or the two of them.
    middle: Vec<Search>,
    count: Count,
    /// The last number of a training row, and whether all are whole and go up, or down.
    last_present: Option<f64>,
    whole: bool,
    up: bool,
    down: bool,
}

/// Whether the numbers of all rows, of any part, count the rows.
struct Count {
    last: Option<f64>,
    /// Each was one more than the one before.
    goes_on: bool,
}

impl Count {
    fn take(&mut self, x: f64) {
        self.goes_on &= self.last.is_none_or(|last| x - last == 1.0);
        self.last = Some(x);
    }
}

impl Default for OfNumbers {
    fn default() -> Self {
        Self {
            bytes: None,
            present: 0,
            missing: 0,
            min: f64::NAN,
            max: f64::NAN,
            // As a sum of nothing begins.
            sum: -0.0,
            rest: 0.0,
            squares: 0.0,
            middle: Vec::new(),
            count: Count { last: None, goes_on: true },
            last_present: None,
            whole: true,
            up: true,
            down: true,
        }
    }
}

impl OfNumbers {
    pub(super) fn count(&mut self, numbers: &Numbers, rows: &[u32]) {
        if let Numbers::U8(values) = numbers {
            let counts = self.bytes.get_or_insert_with(|| Box::new([0; 256]));
            for &row in rows {
                counts[values[row as usize] as usize] += 1;
            }
            return;
        }
        for row in 0..numbers.len() {
            self.count.take(numbers.get(row));
        }
        for &row in rows {
            let x = numbers.get(row as usize);
            if x.is_nan() {
                self.missing += 1;
                continue;
            }
            self.present += 1;
            (self.min, self.max) = (self.min.min(x), self.max.max(x));
            self.sum += x;
            self.whole &= x.fract() == 0.0;
            if let Some(last) = self.last_present.replace(x) {
                (self.up, self.down) = (self.up && x > last, self.down && x < last);
            }
        }
    }

    pub(super) fn each(&mut self, numbers: &Numbers, rows: &[u32], take: fn(&mut Self, f64)) {
        if self.bytes.is_some() {
            return;
        }
        for &row in rows {
            let x = numbers.get(row as usize);
            if !x.is_nan() {
                take(self, x);
            }
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.present as f64
    }

    pub(super) fn add_square(&mut self, x: f64) {
        let distance = x - self.mean();
        self.rest += distance;
        self.squares += distance * distance;
    }

    pub(super) fn begin_search(&mut self) {
        if self.bytes.is_some() || self.present == 0 {
            return;
        }
        let upper = self.present / 2;
        let lower = if self.present.is_multiple_of(2) { upper - 1 } else { upper };
        let search = |rank: usize| Search::new(rank as u64, self.min, self.max);
        self.middle = if lower == upper { vec![search(upper)] } else { vec![search(lower), search(upper)] };
    }

    pub(super) fn search(&mut self, x: f64) {
        self.middle.iter_mut().for_each(|search| search.add(x));
    }

    pub(super) fn pass_ends(&mut self) {
        self.middle.iter_mut().for_each(Search::pass_ends);
    }

    pub(super) fn is_found(&self) -> bool {
        let searched = !self.middle.is_empty() && self.middle.iter().all(|search| search.found().is_some());
        searched || self.bytes.is_some() || self.present == 0
    }

    pub(super) fn summary(&self) -> Summary {
        if let Some(counts) = &self.bytes {
            return Summary::of_counts(counts);
        }
        let found = |place: usize| self.middle.get(place).and_then(Search::found).unwrap_or(f64::NAN);
        let median = match self.middle.len() {
            2 => f64::midpoint(found(0), found(1)),
            _ => found(0),
        };
        let n = self.present as f64;
        let correction = self.rest / n;
        Summary {
            present: self.present,
            missing: self.missing,
            min: self.min,
            max: self.max,
            median,
            mean: self.mean() + correction,
            variance: (self.squares / n - correction * correction).max(0.0),
        }
    }

    pub(super) fn facts(&self, n_rows: usize) -> NumberFacts {
        let are_bytes = self.bytes.is_some();
        let count_rows = !are_bytes && self.count.goes_on && n_rows >= COUNTING_ROWS;
        let many = self.present >= FEWEST_ROWS_FOR_ID;
        let look_like_ids = !are_bytes && !count_rows && many && self.whole && (self.up || self.down);
        NumberFacts { summary: self.summary(), are_bytes, count_rows, look_like_ids }
    }
}
