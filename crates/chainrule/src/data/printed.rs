//! Numbers as people print them, so that numbers and text can name the same class or category.
//!
//! The class 3 may be a byte in one file, `3` in a second and `3.0` in a third. Names of classes and categories are
//! text; a number's name is its shortest decimal form in its own width, without a fraction where it has none. All
//! three files then name the class `3`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::dataset::{MISSING, Numbers, Text, Values};

/// The text of the number in a row; `None` where it is missing.
pub(super) fn text_of(numbers: &Numbers, row: usize) -> Option<String> {
    match numbers {
        Numbers::U8(values) => Some(values[row].to_string()),
        // Adding 0 turns −0 into 0, which is the same class.
        Numbers::F32(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_string()),
        Numbers::F64(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_string()),
    }
}

/// The cells as coded text, numbers printed.
pub(super) fn coded(values: &Values) -> Cow<'_, Text> {
    let numbers = match values {
        Values::Text(text) => return Cow::Borrowed(text),
        Values::Numbers(numbers) => numbers,
    };
    let mut text = Text::default();
    let mut seen = BTreeMap::new();
    for row in 0..numbers.len() {
        let number = numbers.get(row) + 0.0;
        let code = if number.is_nan() {
            MISSING
        } else {
            *seen.entry(number.to_bits()).or_insert_with(|| {
                text.vocabulary.extend(text_of(numbers, row));
                text.vocabulary.len() as u32 - 1
            })
        };
        text.codes.push(code);
    }
    Cow::Owned(text)
}

/// A column's texts, and where each of them stands in a vocabulary that training knew.
pub(super) struct Lookup<'a> {
    pub(super) text: Cow<'a, Text>,
    /// For each entry of `text.vocabulary` its place in the trained vocabulary.
    pub(super) places: Vec<Option<u32>>,
}

/// Looks the column's different values up.
pub(super) fn look_up<'a>(values: &'a Values, vocabulary: &[String]) -> Lookup<'a> {
    let (text, places) = (coded(values), Places::new(vocabulary));
    let places = text.vocabulary.iter().map(|entry| places.of_text(entry)).collect();
    Lookup { text, places }
}

/// Where a value stands in a vocabulary that training knew. It finds itself as it is written or printed; or else, if it
/// reads as a number, the entry that reads as the same number (`3` finds `3.0`), unless there are several (`03` and
/// `3.0`), which training told apart by more than their value.
#[derive(Debug)]
pub(super) struct Places<'a> {
    by_text: BTreeMap<&'a str, u32>,
    by_number: BTreeMap<u64, SameNumber>,
}

/// The entries that read as one number.
#[derive(Clone, Copy, Debug)]
struct SameNumber {
    /// One of them: that which is written as the number is printed, where there is one.
    entry: u32,
    /// Whether it is written so.
    printed: bool,
    /// Whether there are others.
    several: bool,
}

impl<'a> Places<'a> {
    /// The places in a vocabulary.
    pub(super) fn new(vocabulary: &'a [String]) -> Self {
        let by_text = (0..).zip(vocabulary).map(|(i, entry)| (entry.as_str(), i)).collect();
        let mut by_number: BTreeMap<u64, SameNumber> = BTreeMap::new();
        for (entry, text) in (0..).zip(vocabulary) {
            let Some(number) = parsed(text) else { continue };
            let printed = *text == number.to_string();
            let found = SameNumber { entry, printed, several: false };
            let same =
                by_number.entry(number.to_bits()).and_modify(|same| same.several = true).or_insert(found);
            if printed {
                *same = SameNumber { several: same.several, ..found };
            }
        }
        Self { by_text, by_number }
    }

    /// The place of a text.
    pub(super) fn of_text(&self, text: &str) -> Option<u32> {
        let as_number = || {
            let same = self.by_number.get(&parsed(text)?.to_bits())?;
            (!same.several).then_some(same.entry)
        };
        self.by_text.get(text).copied().or_else(as_number)
    }

    /// The place of a number that is not missing: that of the text that it is printed as, which is not made here.
    pub(super) fn of_number(&self, number: f64) -> Option<u32> {
        if number.is_infinite() {
            return self.by_text.get(if number > 0.0 { "inf" } else { "-inf" }).copied();
        }
        // Adding 0 turns −0 into 0, as where numbers are printed.
        let same = self.by_number.get(&(number + 0.0).to_bits())?;
        (same.printed || !same.several).then_some(same.entry)
    }
}

/// The finite number that a text reads as; −0 is 0.
pub(super) fn parsed(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}

/// `'a', 'b', 'c'`, and how many more beyond the first ten.
pub(super) fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 10;
    let names: Vec<String> = names.into_iter().map(|name| format!("'{}'", name.as_ref())).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_class_has_the_same_name_in_every_width() {
        let widths = [Numbers::U8(vec![3]), Numbers::F32(vec![3.0]), Numbers::F64(vec![3.0])];
        for numbers in widths {
            assert_eq!(text_of(&numbers, 0).as_deref(), Some("3"));
        }
        assert_eq!(text_of(&Numbers::F32(vec![0.1]), 0).as_deref(), Some("0.1"));
        assert_eq!(text_of(&Numbers::F64(vec![-0.0]), 0).as_deref(), Some("0"));
        assert_eq!(text_of(&Numbers::F64(vec![f64::NAN]), 0), None);
    }

    #[test]
    fn a_value_finds_itself_or_the_only_entry_that_reads_as_the_same_number() {
        let vocabulary = ["1.0".to_string(), "2".into(), "02".into(), "x".into()];
        let numbers = Values::Numbers(Numbers::F64(vec![1.0, 2.0, 7.0, f64::NAN]));
        let found = look_up(&numbers, &vocabulary);
        assert_eq!(found.places, [Some(0), Some(1), None]);
        assert_eq!(found.text.codes, [0, 1, 2, MISSING]);
        let entries = ["1", "02", "2.0", "y"].map(String::from).to_vec();
        let text = Values::Text(Text { codes: vec![0, 1, 2, 3], vocabulary: entries });
        assert_eq!(look_up(&text, &vocabulary).places, [Some(0), Some(2), None, None]);
    }

    #[test]
    fn a_number_finds_what_its_printed_form_finds() {
        let entries = ["1.0", "2", "02", "2.00", "03", "3.0", "0", "inf", "x", "0.5", "1e3"];
        let vocabulary = entries.map(String::from);
        let places = Places::new(&vocabulary);
        let others = [0.25, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1000.0, -1.0];
        for number in (0..5).map(f64::from).chain([0.5]).chain(others) {
            assert_eq!(places.of_number(number), places.of_text(&(number + 0.0).to_string()), "{number}");
        }
        let found = [1.0, 2.0, 3.0, -0.0, 1000.0].map(|number| places.of_number(number));
        assert_eq!(found, [Some(0), Some(1), None, Some(6), Some(10)]);
    }

    #[test]
    fn a_list_of_names_ends_after_ten() {
        assert_eq!(listed(["a", "b"]), "'a', 'b'");
        let names: Vec<String> = (0..12).map(|i| i.to_string()).collect();
        assert!(listed(&names).ends_with("'9' and 2 more"));
    }
}
