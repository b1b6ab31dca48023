//! Where an axis has labels, and how numbers are written.

use crate::figure::Scale;

/// At most so many round numbers between two others, about equally far apart on the scale, in ascending order.
pub(crate) fn ticks(scale: &Scale, [low, high]: [f64; 2], most: usize) -> Vec<f64> {
    match scale {
        Scale::Names(names) => (0..names.len()).map(|n| n as f64).collect(),
        Scale::Linear | Scale::Bare => linear([low, high], most, 0.0),
        Scale::Whole => linear([low, high], most, 1.0),
        Scale::Log => log([low, high], most),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear([low, high]: [f64; 2], most: usize, least_step: f64) -> Vec<f64> {
    let rough = ((high - low) / most.max(1) as f64).max(least_step);
    if !(rough.is_finite() && rough > 0.0) {
        return vec![low];
    }
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0].map(|factor| factor * power);
    let count = |step: f64| (high / step).floor() - (low / step).ceil() + 1.0;
    let fits = |step: &&f64| **step >= least_step && count(**step) <= most as f64;
    let step = steps.iter().find(fits).copied().unwrap_or(steps[4]);
    let first = (low / step).ceil();
    let found = ((high / step).floor() - first + 1.0).clamp(0.0, most.max(1) as f64) as usize;
    (0..found).map(|n| tidy((first + n as f64) * step, step)).collect()
}

/// The number without what binary fractions add to it.
fn tidy(value: f64, step: f64) -> f64 {
    let decimals = (-step.log10().floor()).clamp(0.0, 300.0);
    let factor = 10_f64.powf(decimals);
    let rounded = (value * factor).round() / factor;
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

/// Powers of ten; with 2 and 5 times them where there are few, and round numbers where there is none.
fn log([low, high]: [f64; 2], most: usize) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |x: &f64| *x >= low * (1.0 - 1e-9) && *x <= high * (1.0 + 1e-9);
    let power = |n: i32| format!("1e{n}").parse::<f64>().unwrap_or(0.0);
    let powers: Vec<f64> = (first..=last).map(power).filter(inside).collect();
    if powers.len() > most {
        let every = powers.len().div_ceil(most.max(1));
        return powers.into_iter().step_by(every).collect();
    }
    let finer = |factors: &[f64]| -> Vec<f64> {
        (first..=last).flat_map(|n| factors.iter().map(move |f| f * power(n))).filter(inside).collect()
    };
    let candidates = [finer(&[1.0, 2.0, 5.0]), finer(&[1.0, 3.0])];
    match candidates.into_iter().find(|found| found.len() <= most && found.len() > powers.len()) {
        Some(found) if powers.len() < 4 && found.len() >= 3 => found,
        _ if powers.len() >= 2 => powers,
        _ => linear([low, high], most, 0.0).into_iter().filter(|x| *x > 0.0).collect(),
    }
}

/// A number as people write it: four significant digits at most, a true minus, powers of ten where it is very large or
/// very small.
pub fn number(value: f64) -> String {
    rounded(value, 4)
}

/// A number with so many significant digits at most.
pub(crate) fn rounded(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        let name = if value.is_nan() { "not a number" } else { "∞" };
        return if value < 0.0 { format!("−{name}") } else { name.to_owned() };
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:.*e}", digits.saturating_sub(1), value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "−" } else { "" };
    if (-4..6).contains(&exponent) {
        // Beyond so many digits there are none.
        let digits = i32::try_from(digits).unwrap_or(17);
        let decimals = (digits - 1 - exponent).max(0) as usize;
        let plain = format!("{:.decimals$}", value.abs());
        let plain =
            if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { &plain };
        return format!("{sign}{plain}");
    }
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let power: String = exponent.to_string().chars().map(superscript).collect();
    let times = if mantissa == "1" { String::new() } else { format!("{mantissa}·") };
    format!("{sign}{times}10{power}")
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => c.to_digit(10).and_then(|digit| char::from_u32(0x2070 + digit)).unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_stand_at_round_numbers() {
        assert_eq!(ticks(&Scale::Linear, [0.03, 0.97], 6), [0.2, 0.4, 0.6, 0.8]);
        assert_eq!(ticks(&Scale::Whole, [1.0, 3.0], 9), [1.0, 2.0, 3.0]);
        assert_eq!(ticks(&Scale::Log, [0.002, 300.0], 8), [0.01, 0.1, 1.0, 10.0, 100.0]);
        assert_eq!(ticks(&Scale::Log, [0.15, 2.2], 6), [0.2, 0.5, 1.0, 2.0]);
        assert_eq!(ticks(&Scale::Log, [0.31, 0.36], 6), [0.31, 0.32, 0.33, 0.34, 0.35, 0.36]);
    }

    #[test]
    fn numbers_are_short_and_true() {
        let shown = [0.0, -0.25, 123_456.0, 1e-5, -2.5e9, 1e6, 0.333_333, 1.0].map(number);
        assert_eq!(shown, ["0", "−0.25", "123456", "10⁻⁵", "−2.5·10⁹", "10⁶", "0.3333", "1"]);
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(number), ["not a number", "∞", "−∞"]);
    }

    proptest! {
        #[test]
        fn there_are_never_more_labels_than_asked_for_and_all_are_inside(
            low in -1e12_f64..1e12, span in 1e-6_f64..1e12, most in 1_usize..12
        ) {
            for scale in [Scale::Linear, Scale::Whole, Scale::Log] {
                let low = if scale == Scale::Log { low.abs() + 1e-9 } else { low };
                let found = ticks(&scale, [low, low + span], most);
                prop_assert!(found.len() <= most.max(1), "{found:?}");
                prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
                let slack = 1e-6 * (low.abs() + span);
                prop_assert!(found.iter().all(|x| *x >= low - slack && *x <= low + span + slack), "{found:?}");
            }
        }
    }
}
