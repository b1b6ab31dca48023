//! Statistics of a column of numbers, and the scaling made of them.
//!
//! Everything is computed in f64, whatever the network's precision, in a fixed order, from the training rows alone.
//! The mean is corrected by the mean of what is left over, so that a column such as 1 000 000 000.1, 1 000 000 000.2
//! keeps its variance; a column is constant when its smallest and largest values are equal, which no rounding blurs.

use super::dataset::Numbers;

/// Whether columns are brought to mean 0 and standard deviation 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Standardize {
    /// Subtract the mean, divide by the standard deviation.
    #[default]
    Yes,
    /// Leave numbers as they are.
    No,
}

/// An affine change of unit: x ↦ (x − `mean`) / `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaler {
    /// What is subtracted.
    pub mean: f64,
    /// What is divided by; never 0.
    pub scale: f64,
}

/// What is known of a column's training rows. Missing cells (NaN) count in `missing` and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) present: usize,
    pub(crate) missing: usize,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) median: f64,
    pub(crate) mean: f64,
    /// Population variance: Σ(x − mean)² / n.
    pub(crate) variance: f64,
}

impl Scaler {
    /// Changes nothing.
    pub const IDENTITY: Self = Self { mean: 0.0, scale: 1.0 };

    /// The scaled number.
    pub fn apply(self, x: f64) -> f64 {
        (x - self.mean) / self.scale
    }

    /// The number whose scaled form is `x`.
    pub fn invert(self, x: f64) -> f64 {
        x * self.scale + self.mean
    }
}

impl Summary {
    /// The statistics of the given rows. An empty column, or one of missing cells alone, has NaN everywhere.
    pub(super) fn of(numbers: &Numbers, rows: &[u32]) -> Self {
        match numbers {
            Numbers::U8(values) => Self::of_bytes(values, rows),
            Numbers::F32(values) => Self::of_floats(rows.iter().map(|&row| f64::from(values[row as usize]))),
            Numbers::F64(values) => Self::of_floats(rows.iter().map(|&row| values[row as usize])),
        }
    }

    /// Bytes have at most 256 different values: counting them gives everything, the median too, in one pass.
    fn of_bytes(values: &[u8], rows: &[u32]) -> Self {
        let mut counts = [0u64; 256];
        for &row in rows {
            counts[values[row as usize] as usize] += 1;
        }
        Self::of_counts(&counts)
    }

    /// The statistics of bytes, of which each occurs so many times.
    pub(super) fn of_counts(counts: &[u64; 256]) -> Self {
        let occurring = || (0..=u8::MAX).zip(counts.iter().copied()).filter(|&(_, count)| count > 0);
        let at_rank = |rank: usize| {
            let mut below = 0;
            let found = occurring().find(|&(_, count)| {
                below += count as usize;
                below > rank
            });
            found.map_or(f64::NAN, |(byte, _)| f64::from(byte))
        };
        let n = counts.iter().sum::<u64>() as usize;
        let (mean, variance) = moments(occurring().map(|(byte, count)| (f64::from(byte), count as f64)));
        Self {
            present: n,
            missing: 0,
            min: at_rank(0),
            max: at_rank(n.saturating_sub(1)),
            median: f64::midpoint(at_rank(n.saturating_sub(1) / 2), at_rank(n / 2)),
            mean,
            variance,
        }
    }

    fn of_floats(values: impl Iterator<Item = f64>) -> Self {
        let mut missing = 0;
        let mut present: Vec<f64> = values
            .filter(|x| {
                missing += usize::from(x.is_nan());
                !x.is_nan()
            })
            .collect();
        let (mean, variance) = moments(present.iter().map(|&x| (x, 1.0)));
        let min = present.iter().copied().fold(f64::NAN, f64::min);
        let max = present.iter().copied().fold(f64::NAN, f64::max);
        Self { present: present.len(), missing, min, max, median: median(&mut present), mean, variance }
    }

    /// Whether all present values are equal.
    pub(super) fn is_constant(&self) -> bool {
        self.min == self.max
    }

    /// The scaling of the column after its missing cells have become the median. A constant column keeps its unit.
    ///
    /// With p of n cells present, the mean is (p·mean + (n − p)·median) / n; the variance follows from the moments
    /// about that mean.
    pub(super) fn scaler(&self, standardize: Standardize) -> Scaler {
        if standardize == Standardize::No {
            return Scaler::IDENTITY;
        }
        if self.is_constant() {
            return Scaler { mean: self.min, scale: 1.0 };
        }
        let share = self.missing as f64 / (self.present + self.missing) as f64;
        let mean = self.mean + share * (self.median - self.mean);
        let variance = (1.0 - share) * (self.variance + (self.mean - mean).powi(2))
            + share * (self.median - mean).powi(2);
        Scaler { mean, scale: variance.sqrt() }
    }
}

/// Mean and population variance of values that each occur so many times.
fn moments(values: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let n: f64 = values.clone().map(|(_, count)| count).sum();
    let mean = values.clone().map(|(x, count)| x * count).sum::<f64>() / n;
    let mut rest = 0.0;
    let mut squares = 0.0;
    for (x, count) in values {
        rest += count * (x - mean);
        squares += count * (x - mean) * (x - mean);
    }
    let correction = rest / n;
    (mean + correction, (squares / n - correction * correction).max(0.0))
}

/// The middle value, or the mean of the two middle ones; NaN of nothing. Reorders the values.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if even { f64::midpoint(lower, upper) } else { upper }
}

/// Whether some whole number beyond 2²⁴ falls together with its neighbour once it is scaled and kept as `f32`.
///
/// An `f32` has 24 binary digits. Scaling happens in f64 before them, so that what counts is not the number's size
/// but its distance from the mean: order numbers 10 000 000 to 10 001 000 survive standardisation, not without it.
pub fn loses_digits_in_f32(numbers: &Numbers, scaler: Scaler) -> bool {
    let lost = |x: f64| {
        x.abs() > 16_777_216.0
            && x.is_finite()
            && x.fract() == 0.0
            && (scaler.invert(f64::from(scaler.apply(x) as f32)) - x).abs() >= 0.5
    };
    match numbers {
        Numbers::U8(_) | Numbers::F32(_) => false,
        Numbers::F64(values) => values.iter().copied().any(lost),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(n: usize) -> Vec<u32> {
        (0..n as u32).collect()
    }

    #[test]
    fn statistics_of_a_column_by_hand() {
        // 1, 2, 4, 9: mean 4, squares 9 + 4 + 0 + 25 = 38, median (2 + 4) / 2.
        let summary = Summary::of(&Numbers::F64(vec![4.0, f64::NAN, 1.0, 9.0, 2.0, -100.0]), &all(5));
        assert_eq!((summary.present, summary.missing, summary.min, summary.max), (4, 1, 1.0, 9.0));
        assert_eq!((summary.mean, summary.variance, summary.median), (4.0, 9.5, 3.0));
        // The missing cell becomes 3: mean 19/5, variance (1 + 4 + 9 + 16 + 81)/5 − 3.8² = 22.2 − 14.44.
        let scaler = summary.scaler(Standardize::Yes);
        assert!(
            (scaler.mean - 3.8).abs() < 1e-15 && (scaler.scale.powi(2) - 7.76).abs() < 1e-14,
            "{scaler:?}"
        );
        assert_eq!(summary.scaler(Standardize::No), Scaler::IDENTITY);
    }

    #[test]
    fn variance_survives_a_mean_a_billion_times_larger() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 2)).collect();
        let summary = Summary::of(&Numbers::F64(values), &all(1000));
        assert_eq!((summary.mean, summary.variance), (1e9 + 0.5, 0.25));
    }

    #[test]
    fn t10_a_constant_column_keeps_scale_1_although_its_mean_is_rounded() {
        let summary = Summary::of(&Numbers::F64(vec![0.1; 77]), &all(77));
        assert_eq!(summary.scaler(Standardize::Yes), Scaler { mean: 0.1, scale: 1.0 });
    }

    #[test]
    fn order_numbers_lose_digits_only_without_standardisation() {
        let orders = Numbers::F64((0..1000).map(|i| f64::from(20_000_000 + i)).collect());
        assert!(loses_digits_in_f32(&orders, Scaler::IDENTITY));
        assert!(!loses_digits_in_f32(&orders, Summary::of(&orders, &all(1000)).scaler(Standardize::Yes)));
        let small = Numbers::F64((0..1000).map(f64::from).collect());
        assert!(!loses_digits_in_f32(&small, Scaler::IDENTITY));
    }

    proptest! {
        #[test]
        fn bytes_and_doubles_have_the_same_statistics(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
            let rows = all(bytes.len());
            let doubles = Numbers::F64(bytes.iter().map(|&byte| f64::from(byte)).collect());
            let (a, b) = (Summary::of(&Numbers::U8(bytes), &rows), Summary::of(&doubles, &rows));
            prop_assert_eq!((a.min, a.max, a.median, a.present), (b.min, b.max, b.median, b.present));
            prop_assert!((a.mean - b.mean).abs() <= 1e-12 * 256.0);
            prop_assert!((a.variance - b.variance).abs() <= 1e-12 * 65536.0);
        }

        #[test]
        fn invert_undoes_apply(x in -1e6f64..1e6, mean in -1e3f64..1e3, scale in 1e-3f64..1e3) {
            let scaler = Scaler { mean, scale };
            prop_assert!((scaler.invert(scaler.apply(x)) - x).abs() <= 1e-9);
        }
    }
}
