//! Which rows are learned from, and which are held out.
//!
//! The parts are a function of the number of rows, the classes, the fractions and the seed. With classes, each class
//! is shared out in proportion: sizes are rounded by largest remainders, so that every class is within one row of its
//! exact share of every part, and every class keeps at least one training row. Fractions are of all rows: 0.1 for
//! validation and 0.2 for test leave 0.7 for training.

use crate::{Error, Purpose, Result, Rng};

/// Row numbers, each in exactly one part, ascending in each. (The order of training is a matter of each epoch.)
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Split {
    /// Rows to learn from.
    pub train: Vec<u32>,
    /// Rows on which training decides when to stop.
    pub validation: Vec<u32>,
    /// Rows that only the final measurement sees.
    pub test: Vec<u32>,
}

/// How rows are to be held out.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct SplitConfig {
    /// Share of all rows for validation, at least 0; 0 for none.
    pub validation: f64,
    /// Share of all rows for test, at least 0; 0 for none.
    pub test: f64,
    /// Seed of the choice.
    pub seed: u64,
}

impl SplitConfig {
    /// Checks that the fractions are at least 0 and leave something for training.
    ///
    /// # Errors
    /// When they do not; the message names the option.
    pub fn validate(&self) -> Result<()> {
        for (name, fraction) in [("validation", self.validation), ("test", self.test)] {
            if !(0.0..1.0).contains(&fraction) {
                let message = format!("--{name} must be at least 0 and below 1, got {fraction}");
                return Err(Error::configuration(message));
            }
        }
        if self.validation + self.test >= 1.0 {
            return Err(Error::configuration(format!(
                "--validation {} and --test {} leave no rows for training",
                self.validation, self.test
            )));
        }
        Ok(())
    }
}

/// Shares `n_rows` rows out; `classes` gives the class of each row where classes are to be shared out in proportion.
/// Also returns what the user should know: a part asked for that has no rows.
///
/// # Errors
/// When there are no rows, or more than 2³² − 1, or the fractions are impossible.
///
/// # Panics
/// When there is not one class per row.
///
/// # Example
/// ```
/// use chainrule::data::split::{SplitConfig, split};
///
/// let config = SplitConfig { validation: 0.1, test: 0.2, seed: 0 };
/// let (parts, warnings) = split(150, None, &config)?;
/// assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (105, 15, 30));
/// assert!(warnings.is_empty());
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn split(n_rows: usize, classes: Option<&[u32]>, config: &SplitConfig) -> Result<(Split, Vec<String>)> {
    config.validate()?;
    if n_rows == 0 {
        return Err(Error::data("0 data rows: there is nothing to learn from"));
    }
    let Ok(n) = u32::try_from(n_rows) else {
        return Err(Error::data(format!("{n_rows} rows are too many: at most {} can be split", u32::MAX)));
    };
    let one_class;
    let classes = if let Some(classes) = classes {
        assert_eq!(classes.len(), n_rows, "one class per row");
        classes
    } else {
        one_class = vec![0; n_rows];
        &one_class
    };
    let mut left = shares(classes, config);
    let mut order: Vec<u32> = (0..n).collect();
    Rng::new(config.seed, Purpose::Split, 0).shuffle(&mut order);
    let mut parts = Split::default();
    for row in order {
        let Share { test, validation } = &mut left[classes[row as usize] as usize];
        let part = if *test > 0 {
            *test -= 1;
            &mut parts.test
        } else if *validation > 0 {
            *validation -= 1;
            &mut parts.validation
        } else {
            &mut parts.train
        };
        part.push(row);
    }
    for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
        part.sort_unstable();
    }
    let warnings = empty_parts(&parts, n_rows, config);
    Ok((parts, warnings))
}

/// How many rows of a class are held out.
#[derive(Clone, Copy, Debug)]
struct Share {
    test: usize,
    validation: usize,
}

fn shares(classes: &[u32], config: &SplitConfig) -> Vec<Share> {
    let n_classes = classes.iter().max().map_or(0, |&largest| largest as usize + 1);
    let mut counts = vec![0usize; n_classes];
    for &class in classes {
        counts[class as usize] += 1;
    }
    let exact = |fraction: f64| -> Vec<f64> {
        let wanted = (fraction * classes.len() as f64).round();
        counts.iter().map(|&count| wanted * count as f64 / classes.len() as f64).collect()
    };
    let (exact_test, exact_validation) = (exact(config.test), exact(config.validation));
    let (test, validation) = (largest_remainders(&exact_test), largest_remainders(&exact_validation));
    let mut shares = vec![];
    for (class, &count) in counts.iter().enumerate() {
        let share = Share { test: test[class], validation: validation[class] };
        shares.push(keep_one(share, count, exact_test[class], exact_validation[class]));
    }
    shares
}

/// Takes rows back, one by one from the part that exceeds its exact share most, until training has one.
fn keep_one(mut share: Share, count: usize, exact_test: f64, exact_validation: f64) -> Share {
    while count > 0 && share.test + share.validation > count - 1 {
        let test_exceeds = share.test as f64 - exact_test >= share.validation as f64 - exact_validation;
        if share.validation == 0 || (share.test > 0 && test_exceeds) {
            share.test -= 1;
        } else {
            share.validation -= 1;
        }
    }
    share
}

/// Whole numbers next to the exact shares, with the same sum: all are cut off, and the largest remainders (of equal
/// ones the first) are raised.
fn largest_remainders(exact: &[f64]) -> Vec<usize> {
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..exact.len()).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let wanted = exact.iter().sum::<f64>().round() as usize;
    let lacking = wanted.saturating_sub(shares.iter().sum());
    for &class in by_remainder.iter().take(lacking) {
        shares[class] += 1;
    }
    shares
}

fn empty_parts(parts: &Split, n_rows: usize, config: &SplitConfig) -> Vec<String> {
    let asked = [("validation", config.validation, &parts.validation), ("test", config.test, &parts.test)];
    asked
        .into_iter()
        .filter(|(_, fraction, rows)| *fraction > 0.0 && rows.is_empty())
        .map(|(name, fraction, _)| {
            format!("{n_rows} rows are too few for a {name} part of {fraction}: training goes without it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(validation: f64, test: f64) -> SplitConfig {
        SplitConfig { validation, test, seed: 3 }
    }

    /// Any change here changes which rows people's recorded results were measured on.
    #[test]
    fn the_choice_is_what_it_was() {
        let classes = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
        let (parts, _) = split(12, Some(&classes), &config(0.2, 0.3)).expect("split");
        insta::assert_debug_snapshot!((parts.train, parts.validation, parts.test));
    }

    #[test]
    fn t2_one_row_trains_without_the_other_parts_and_says_so() {
        let (parts, warnings) = split(1, None, &config(0.1, 0.8)).expect("one row");
        assert_eq!(parts, Split { train: vec![0], ..Split::default() });
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].contains("1 rows are too few for a validation part of 0.1"), "{warnings:?}");
        let (_, warnings) = split(1, None, &config(0.0, 0.0)).expect("one row");
        assert!(warnings.is_empty(), "nothing asked for, nothing missed: {warnings:?}");
    }

    #[test]
    fn t2_classes_of_one_row_each_stay_in_training() {
        let classes: Vec<u32> = (0..30).collect();
        let (parts, warnings) = split(30, Some(&classes), &config(0.1, 0.2)).expect("split");
        assert_eq!((parts.train.len(), warnings.len()), (30, 2));
    }

    #[test]
    fn t1_no_rows_are_an_error() {
        assert!(split(0, None, &config(0.1, 0.2)).expect_err("no rows").message().contains("0 data rows"));
    }

    #[test]
    fn impossible_fractions_are_refused() {
        for (validation, test) in [(-0.1, 0.0), (0.0, 1.0), (f64::NAN, 0.1), (0.5, 0.5), (0.0, f64::INFINITY)]
        {
            let error = split(10, None, &config(validation, test)).expect_err("impossible");
            assert_eq!(error.kind(), crate::ErrorKind::Configuration);
        }
    }

    #[test]
    fn seeds_choose_different_rows() {
        let choose =
            |seed| split(100, None, &SplitConfig { validation: 0.1, test: 0.2, seed }).expect("split").0;
        assert_eq!(choose(1), choose(1));
        assert_ne!(choose(1), choose(2));
    }

    #[test]
    fn a_part_that_rounds_to_all_rows_leaves_one_for_training() {
        for n in 2..8 {
            let held_out = |validation, test| {
                let (parts, _) = split(n, None, &SplitConfig { validation, test, seed: 0 }).expect("split");
                (parts.train.len(), parts.validation.len(), parts.test.len())
            };
            assert_eq!(held_out(0.95, 0.0), (1, n - 1, 0));
            assert_eq!(held_out(0.0, 0.95), (1, 0, n - 1));
        }
    }

    proptest! {
        #[test]
        fn parts_are_a_partition_proportional_within_one_row_per_class(
            classes in prop::collection::vec(0u32..6, 1..200),
            validation in 0.0f64..0.5,
            test in 0.0f64..0.5,
            seed in any::<u64>(),
        ) {
            let n = classes.len();
            let (parts, _) = split(n, Some(&classes), &SplitConfig { validation, test, seed }).expect("split");
            let mut all: Vec<u32> = [&parts.train[..], &parts.validation, &parts.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n as u32).collect::<Vec<_>>());
            for class in 0..6 {
                let count = |rows: &[u32]| rows.iter().filter(|&&row| classes[row as usize] == class).count();
                let total = classes.iter().filter(|&&other| other == class).count();
                prop_assert!(total == 0 || count(&parts.train) >= 1);
                for (fraction, rows) in [(validation, &parts.validation), (test, &parts.test)] {
                    // The part as a whole is rounded first, by up to half a row.
                    let exact = (fraction * n as f64).round() * total as f64 / n as f64;
                    let off = count(rows) as f64 - exact;
                    prop_assert!(off.abs() <= 1.0 + 1e-9, "{} rows for {}", count(rows), exact);
                }
            }
        }

        #[test]
        fn training_keeps_a_row_however_much_is_held_out(n in 1usize..12, validation in 0.0f64..0.99, share in 0.0f64..1.0) {
            let config = SplitConfig { validation, test: share * (0.99 - validation), seed: 0 };
            let (parts, _) = split(n, None, &config).expect("split");
            prop_assert!(!parts.train.is_empty());
            prop_assert_eq!(parts.train.len() + parts.validation.len() + parts.test.len(), n);
        }

        #[test]
        fn parts_without_classes_have_the_rounded_size(n in 2usize..500, test in 0.0f64..0.9) {
            let (parts, _) = split(n, None, &SplitConfig { test, ..SplitConfig::default() }).expect("split");
            prop_assert_eq!(parts.test.len(), ((test * n as f64).round() as usize).min(n - 1));
        }
    }
}
