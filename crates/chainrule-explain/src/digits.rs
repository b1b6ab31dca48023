//! Numbers as people print them: `0.217`, `0,5`, `−2/7`, `1e-3`.
//!
//! A number that was computed by hand can be judged only by the digits that were written down, so reading it keeps how
//! many there are: [`Printed::unit`] is one unit of the last of them. A fraction such as `1/3` is exact. A comma is a
//! decimal comma, never a separator of thousands: `1,000` is a one with three decimals.
//!
//! Zeros at the end of a large integer do not say whether they were computed or fill its places: whoever keeps four digits
//! writes 10013.94 as `10010`. From 1000 on they count as filling, and the unit is that of the last digit that is not 0;
//! a decimal point (`1000.`, `1000.0`) says that all digits are meant.

use crate::claim::Printed;
use crate::names::shortened;

/// From so many digits on, the zeros at the end of an integer may only fill its places.
const DIGITS_OF_LARGE: usize = 4;

/// Reads a number; spaces around it are left alone, and `−` is a minus.
///
/// ```
/// let printed = chainrule_explain::digits::printed("-0,22").unwrap();
/// assert_eq!((printed.value, printed.unit), (-0.22, 0.01));
/// ```
///
/// # Errors
/// What was expected and what came, for whatever is no number, for a division by 0 and for what no f64 can hold.
pub fn printed(text: &str) -> Result<Printed, String> {
    let trimmed = text.trim();
    let refused = || format!("expected a number such as 0.5, 0,5, 1/3 or 1e-3, got '{}'", shortened(trimmed));
    let (value, unit) = match trimmed.split_once('/') {
        Some((over, under)) => {
            let (over, under) = (decimal(over).ok_or_else(refused)?, decimal(under).ok_or_else(refused)?);
            if under.0 == 0.0 {
                return Err(format!("'{}' divides by 0", shortened(trimmed)));
            }
            (over.0 / under.0, 0.0)
        }
        None => decimal(trimmed).ok_or_else(refused)?,
    };
    if !value.is_finite() {
        return Err(format!("'{}' is too large for a number of 64 bits", shortened(trimmed)));
    }
    Ok(Printed { text: trimmed.into(), value, unit })
}

/// A number that was not printed but stored: its shortest form that reads as the same number says its digits, so that
/// 0.50 has one decimal like 0.5, and 1.0 has one as well.
///
/// # Errors
/// What came, where it is not finite.
pub fn stored(value: f64) -> Result<Printed, String> {
    if value.is_finite() {
        printed(&format!("{value:?}"))
    } else {
        Err(format!("expected a number, got {value}"))
    }
}

/// Value and last unit of `[sign] digits [point digits] [e [sign] digits]`, one of the digits around the point at least.
fn decimal(text: &str) -> Option<(f64, f64)> {
    let (negative, rest) = signed(text.trim());
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (rest, 0),
    };
    let point = mantissa.split_once(['.', ',']);
    let (whole, decimals) = point.unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(all_digits(whole) && all_digits(decimals)) || whole.len() + decimals.len() == 0 {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    // The text is put together anew for the standard library, whose result is the nearest f64.
    let value = format!("{sign}{whole}.{decimals}0e{exponent}").parse().ok()?;
    let is_integer = point.is_none() && rest.len() == mantissa.len();
    let filling = if is_integer { filling_zeros(whole) } else { 0 };
    let last = exponent.checked_sub(i64::try_from(decimals.len()).ok()?)?.checked_add(filling)?;
    Some((value, format!("1e{last}").parse().ok()?))
}

/// How many zeros at the end of an integer say nothing about its precision.
fn filling_zeros(digits: &str) -> i64 {
    let significant = digits.trim_start_matches('0');
    let zeros = significant.len() - significant.trim_end_matches('0').len();
    if significant.len() < DIGITS_OF_LARGE { 0 } else { i64::try_from(zeros).unwrap_or(0) }
}

/// The exponent, which has a sign and digits.
fn power(text: &str) -> Option<i64> {
    let (negative, digits) = signed(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = digits.parse().ok()?;
    Some(if negative { -exponent } else { exponent })
}

/// Whether a number is negative, and the rest of it behind the sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (f64, f64) {
        let printed = printed(text).unwrap();
        (printed.value, printed.unit)
    }

    #[test]
    fn the_unit_is_that_of_the_last_printed_digit() {
        let cases = [
            ("0.217", 0.217, 1e-3),
            ("0.2170", 0.217, 1e-4),
            ("12", 12.0, 1.0),
            ("1.2e-3", 1.2e-3, 1e-4),
            ("1.2E3", 1200.0, 100.0),
            ("-0,22", -0.22, 0.01),
            ("−0,5", -0.5, 0.1),
            ("+.5", 0.5, 0.1),
            ("5.", 5.0, 1.0),
            (" 1e−3 ", 1e-3, 1e-3),
            ("1,000", 1.0, 1e-3),
            ("100", 100.0, 1.0),
            ("10013", 10013.0, 1.0),
            ("10010", 10010.0, 10.0),
            ("-37000", -37000.0, 1000.0),
            ("1000.", 1000.0, 1.0),
            ("1000.0", 1000.0, 0.1),
            ("0000", 0.0, 1.0),
            ("0100", 100.0, 1.0),
            ("1000e0", 1000.0, 1.0),
        ];
        for (text, value, unit) in cases {
            assert_eq!(read(text), (value, unit), "{text}");
        }
    }

    #[test]
    fn a_fraction_is_exact() {
        assert_eq!(read("1/3"), (1.0 / 3.0, 0.0));
        assert_eq!(read("-2 / 7"), (-2.0 / 7.0, 0.0));
        assert_eq!(read("0,5/2"), (0.25, 0.0));
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_came() {
        for text in
            ["", "-", ".", "abc", "1.000,5", "1 000", "0x10", "1e", "e5", "--1", "1/2/3", "nan", "inf", "1/"]
        {
            let message = printed(text).unwrap_err();
            assert!(message.contains(&format!("got '{text}'")), "{message}");
        }
        assert_eq!(printed("1/0").unwrap_err(), "'1/0' divides by 0");
        assert!(printed("1e999").unwrap_err().contains("too large"));
        assert!(printed("1e99999999999999999999").is_err());
        for long in ["9".repeat(100_000), "x".repeat(100_000), format!("1/{}", "0".repeat(100_000))] {
            assert!(printed(&long).unwrap_err().chars().count() < 130);
        }
        assert!(stored(f64::NAN).is_err());
    }

    #[test]
    fn a_stored_number_has_the_digits_of_its_shortest_form() {
        for (value, unit) in [(0.5, 0.1), (1.0, 0.1), (0.217, 1e-3), (1e-7, 1e-7), (1.25e-9, 1e-11)] {
            assert_eq!(stored(value).unwrap().unit, unit, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_number_reads_as_itself_however_it_is_printed(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            for text in [format!("{value}"), format!("{value:e}"), format!("{value:?}").replace('.', ",")] {
                prop_assert_eq!(printed(&text.replace('-', "−")).unwrap().value.to_bits(), bits);
            }
        }

        #[test]
        fn rounding_to_some_decimals_moves_a_number_by_half_a_unit_at_most(value in -1e3..1e3_f64, decimals in 0_usize..9) {
            let printed = printed(&format!("{value:.decimals$}")).unwrap();
            prop_assert!((printed.value - value).abs() <= 0.500_001 * printed.unit);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}|[-−+0-9.,/eE ]{0,12}") {
            if let Ok(printed) = printed(&text) {
                prop_assert!(printed.value.is_finite() && printed.unit >= 0.0);
            }
        }
    }
}
