//! Numbers as all renderers print them: so many significant digits, and no more than the number has.

/// The digits that are printed where nothing else is asked for.
pub const DIGITS: usize = 6;

/// A number with up to `digits` significant digits: trailing zeros are left out, a minus is `−`, and numbers far from 1
/// are in scientific notation as [`Printed::exponent`] has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Sign, digits, point: `−0.25`, `1.5`, `NaN`, `∞`.
    pub mantissa: String,
    /// The power of ten to multiply by, if any.
    pub exponent: Option<i32>,
}

/// Rounds a number for printing. A zero of either sign is `0`.
pub fn printed(value: f64, digits: usize) -> Printed {
    let plain = |mantissa: &str| Printed { mantissa: mantissa.into(), exponent: None };
    if value.is_nan() {
        return plain("NaN");
    }
    if value.is_infinite() {
        return plain(if value > 0.0 { "∞" } else { "−∞" });
    }
    if value == 0.0 {
        return plain("0");
    }
    let digits = digits.clamp(1, 17) as u8;
    let scientific = format!("{:.*e}", usize::from(digits) - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "−" } else { "" };
    if exponent < -5 || exponent >= i32::from(digits.max(6)) {
        return Printed { mantissa: format!("{sign}{}", trimmed(mantissa)), exponent: Some(exponent) };
    }
    let decimals = (i32::from(digits) - 1 - exponent).max(0) as usize;
    plain(&format!("{sign}{}", trimmed(&format!("{:.decimals$}", value.abs()))))
}

/// Without zeros behind the point, and without a point that nothing follows.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: f64, digits: usize) -> String {
        let Printed { mantissa, exponent } = printed(value, digits);
        exponent.map_or(mantissa.clone(), |exponent| format!("{mantissa}e{exponent}"))
    }

    #[test]
    fn digits_count_from_the_first_that_is_not_zero() {
        assert_eq!(plain(0.217_215_911, 6), "0.217216");
        assert_eq!(plain(-0.000_412_860_04, 3), "−0.000413");
        assert_eq!(plain(1234.5678, 6), "1234.57");
        assert_eq!(plain(0.1 + 0.2, 17), "0.30000000000000004");
    }

    #[test]
    fn nothing_is_printed_that_says_nothing() {
        assert_eq!([plain(0.5, 6), plain(100.0, 6), plain(-0.0, 6)], ["0.5", "100", "0"]);
        assert_eq!([plain(1e-12, 6), plain(-2.5e20, 6)], ["1e-12", "−2.5e20"]);
        assert_eq!([plain(f64::NAN, 6), plain(f64::NEG_INFINITY, 6)], ["NaN", "−∞"]);
    }
}
