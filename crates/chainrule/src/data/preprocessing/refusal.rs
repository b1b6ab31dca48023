//! Columns that no network can learn from as they stand, told apart before an hour of training is lost on them.
//!
//! A text column becomes one input per different text. With dates, names or free text nearly every row has an input
//! of its own: the network learns the rows by heart and knows nothing about a new one. Such a column is refused.
//! Whole numbers that are all different look like order numbers; as they may be a measurement, they only draw a warning.

use crate::{Error, Result};

/// Text with more different values than this may be refused…
const MOST_HARMLESS_TEXTS: usize = 20;
/// …in at least as many rows as this, numbers that all differ draw a warning.
const FEWEST_ROWS_FOR_ID: usize = 50;

/// Refuses a column of dates, and one with more than 20 different texts in which more than half of the rows differ.
///
/// # Errors
/// As said; the message names the column, an example, and `--drop`.
pub(super) fn refuse_text(name: &str, different: &[String], present: usize) -> Result<()> {
    let Some(example) = different.first() else { return Ok(()) };
    let reason = if different.iter().all(|text| looks_like_date(text)) {
        format!("column '{name}' holds dates, such as '{example}': a network takes numbers and categories")
    } else if different.len() > MOST_HARMLESS_TEXTS && 2 * different.len() > present {
        format!(
            "column '{name}' holds {} different texts in {present} rows, such as '{example}': too few rows share a \
             text to learn from it",
            different.len()
        )
    } else {
        return Ok(());
    };
    Err(Error::data(format!(
        "{reason}\nleave it out with --drop '{name}', or turn it into numbers beforehand"
    )))
}

/// Whether the numbers are whole and all different, in at least 50 rows. Reorders them.
pub(super) fn looks_like_id(numbers: &mut [f64]) -> bool {
    if numbers.len() < FEWEST_ROWS_FOR_ID || numbers.iter().any(|x| x.fract() != 0.0) {
        return false;
    }
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.windows(2).all(|pair| pair[0] < pair[1])
}

/// Whether a text is a calendar date in one of the common forms, perhaps with a time of day behind it.
///
/// Known are year-month-day and day-month-year or month-day-year with `-`, `/` or `.`, and the month as a word
/// (`3 Mar 2024`, `Mar 3, 2024`, `03-MAR-2024`). A year has four digits.
fn looks_like_date(text: &str) -> bool {
    let separator = |c: char| matches!(c, '-' | '/' | '.' | ' ' | ',' | 'T' | 't');
    let parts: Vec<&str> = text.splitn(4, separator).map(str::trim).collect();
    let with_comma: Vec<&str>; // in `Mar 3, 2024` an empty part stands between comma and space
    let parts = if parts.contains(&"") {
        with_comma = text.split(separator).filter(|part| !part.is_empty()).take(4).collect();
        &with_comma
    } else {
        &parts
    };
    let [a, b, c, time @ ..] = parts.as_slice() else { return false };
    let between = |text: &str, digits: [usize; 2], range: std::ops::RangeInclusive<u32>| {
        digits.contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number| range.contains(&number))
    };
    let year = |text: &str| between(text, [4, 4], 1000..=2999);
    let month = |text: &str| between(text, [1, 2], 1..=12);
    let day = |text: &str| between(text, [1, 2], 1..=31);
    let date = (year(a) && month(b) && day(c))
        || (year(c) && ((day(a) && month(b)) || (month(a) && day(b))))
        || (year(c) && ((day(a) && is_month_name(b)) || (is_month_name(a) && day(b))));
    date && time.first().is_none_or(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_month_name(text: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    text.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_known_in_their_common_forms_and_other_text_is_not() {
        let dates = [
            "2011-01-01",
            "2011/1/3",
            "31.12.1999",
            "12/31/1999",
            "2024-02-03T10:00:00Z",
            "2024-02-03 10:00",
            "3 Mar 2024",
            "Mar 3, 2024",
            "03-MAR-2024",
        ];
        for date in dates {
            assert!(looks_like_date(date), "{date}");
        }
        let others = [
            "",
            "a",
            "192.168.0.1",
            "1.2.3",
            "2011",
            "2011-01",
            "2011-13-01",
            "HS-grad-x",
            "10-20-30",
            "1-2-3-4",
            "United-States",
            "Mar the 3",
            "5 to 2000",
        ];
        for other in others {
            assert!(!looks_like_date(other), "{other}");
        }
    }

    #[test]
    fn text_is_refused_from_21_different_values_in_half_of_the_rows() {
        let texts = |n: usize| (0..n).map(|i| format!("name {i}")).collect::<Vec<_>>();
        assert!(refuse_text("name", &texts(20), 20).is_ok());
        assert!(refuse_text("name", &texts(21), 42).is_ok());
        let error = refuse_text("name", &texts(21), 41).expect_err("mostly different");
        assert!(error.message().contains("'name' holds 21 different texts in 41 rows"), "{error}");
        assert!(error.message().contains("--drop 'name'"), "{error}");
        let error = refuse_text("day", &["2011-01-01".into(), "2011-01-02".into()], 1000).expect_err("dates");
        assert!(error.message().contains("'day' holds dates"), "{error}");
    }

    #[test]
    fn whole_numbers_that_all_differ_look_like_order_numbers() {
        let mut ids: Vec<f64> = (0..50).map(|i| f64::from(i * 7 % 50)).collect();
        assert!(looks_like_id(&mut ids));
        assert!(!looks_like_id(&mut ids[..49]));
        ids[3] = ids[4];
        assert!(!looks_like_id(&mut ids));
        let mut lengths: Vec<f64> = (0..50).map(|i| f64::from(i) + 0.5).collect();
        assert!(!looks_like_id(&mut lengths));
    }
}
