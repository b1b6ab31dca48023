//! When a number was written as these digits.
//!
//! A printed number stands for all that round to it, half a unit of its last digit to either side. Cutting digits off
//! is a way of rounding too, though not the right one.

use crate::claim::Printed;

/// Of half a unit: so that a tie, which no binary fraction hits, counts as rounded either way.
const TIE: f64 = 1e-6;
/// Of the value: what two ways of computing the same in f64 may differ by.
const EXACT: f64 = 1e-9;
/// Units of the last digit by which a sum of rounded numbers is readily off.
const NEARLY: f64 = 1.5;

/// A number with the precision by which it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    /// As printed.
    pub value: f64,
    /// One unit of the last digit; 0 of what is exact.
    pub unit: f64,
}

/// How digits come from a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// Rounded to the nearest.
    Nearest,
    /// Cut off.
    Cut,
}

impl Number {
    /// How the digits come from a value, if they do.
    pub(crate) fn comes_from(self, value: f64) -> Option<Match> {
        let noise = EXACT * value.abs().max(self.value.abs()) + f64::MIN_POSITIVE;
        let error = (value - self.value).abs();
        if error <= self.unit / 2.0 * (1.0 + TIE) + noise {
            return Some(Match::Nearest);
        }
        let is_towards_zero = self.value.abs() <= value.abs() && self.value * value >= 0.0;
        (is_towards_zero && error < self.unit).then_some(Match::Cut)
    }

    /// Whether the digits are within a unit or so of a value's: the same but for rounding on the way.
    pub(crate) fn is_near(self, value: f64) -> bool {
        self.comes_from(value).is_some() || (value - self.value).abs() <= NEARLY * self.unit
    }
}

/// The numbers of a claim as they are judged: a bare `0` among numbers with decimals says no digits of its own, and is
/// held to the coarsest of theirs.
pub(crate) fn numbers<'a>(printed: impl Iterator<Item = &'a Printed> + Clone) -> Vec<Number> {
    let is_bare = |printed: &Printed| printed.value == 0.0 && !printed.text.contains(['.', ',']);
    let others = printed.clone().filter(|printed| !is_bare(printed)).map(|printed| printed.unit);
    let coarsest = others.fold(0.0, f64::max);
    let unit = |printed: &Printed| {
        if is_bare(printed) && coarsest > 0.0 { printed.unit.min(coarsest) } else { printed.unit }
    };
    printed.map(|printed| Number { value: printed.value, unit: unit(printed) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64, unit: f64) -> Number {
        Number { value, unit }
    }

    #[test]
    fn digits_stand_for_half_a_unit_to_either_side_and_a_tie_for_both() {
        assert_eq!(number(0.217, 1e-3).comes_from(0.217_215_911), Some(Match::Nearest));
        assert_eq!(number(0.4999, 1e-4).comes_from(0.49985), Some(Match::Nearest));
        assert_eq!(number(0.4998, 1e-4).comes_from(0.49985), Some(Match::Nearest));
        assert_eq!(number(-0.156, 1e-3).comes_from(-0.156_654), Some(Match::Cut));
        assert_eq!(number(-0.158, 1e-3).comes_from(-0.156_654), None);
        assert_eq!(number(0.156, 1e-3).comes_from(-0.156_654), None);
    }

    #[test]
    fn an_exact_number_has_no_room() {
        assert_eq!(number(1.0 / 3.0, 0.0).comes_from(1.0 / 3.0 + 1e-15), Some(Match::Nearest));
        assert_eq!(number(1.0 / 3.0, 0.0).comes_from(0.3333), None);
    }

    #[test]
    fn a_bare_zero_is_as_precise_as_what_stands_beside_it() {
        let printed = |text: &str, value, unit| Printed { text: text.into(), value, unit };
        let claim = [printed("0", 0.0, 1.0), printed("0.0015", 0.0015, 1e-4)];
        assert_eq!(numbers(claim.iter())[0].unit, 1e-4);
        assert_eq!(numbers(claim[..1].iter())[0].unit, 1.0);
    }
}
