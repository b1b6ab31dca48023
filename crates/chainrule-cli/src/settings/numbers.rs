//! Numbers with a range, the same on the command line and in a run file.
//!
//! Each is a type of its own, so that the range is checked where the number is read: there the position in the run
//! file, or the name of the option, is still at hand.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};

/// Defines a number type: its inner type, what it accepts in words, and the test.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        pub(crate) struct $name(pub(crate) $inner);

        impl Ranged for $name {
            type Number = $inner;
            const EXPECTED: &'static str = $expected;

            fn new(number: $inner) -> Option<Self> {
                let check: fn($inner) -> bool = $check;
                check(number).then_some(Self(number))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let number = text.trim().parse().ok();
                number.and_then(Self::new).ok_or_else(|| format!("expected {}", Self::EXPECTED))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(NumberVisitor(std::marker::PhantomData))
            }
        }
    };
}

number!(
    /// A finite number.
    Finite(f64), "a number", f64::is_finite
);
number!(
    /// A step width, a threshold.
    Positive(f64), "a number above 0", |x| x > 0.0 && x.is_finite()
);
number!(
    /// A penalty; mostly 0 switches it off.
    AtLeastZero(f64), "a number of 0 or more", |x| x >= 0.0 && x.is_finite()
);
number!(
    /// A share of rows or units, a decay.
    BelowOne(f64), "a number from 0 up to, but not including, 1", |x| (0.0..1.0).contains(&x)
);
number!(
    /// A number of things that there must be at least one of.
    Size(i64), "a whole number of 1 or more", |n| n >= 1
);
number!(
    /// A number of things, or a seed. TOML's integers end at 2⁶³ − 1, so seeds do on the command line as well.
    Count(i64), "a whole number of 0 or more", |n| n >= 0
);

impl Size {
    /// As the library takes it.
    pub(crate) fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Count {
    /// As the library takes it.
    pub(crate) fn get(self) -> u64 {
        self.0.unsigned_abs()
    }
}

/// A number with a range that can be named.
trait Ranged: Sized {
    type Number: FromTomlNumber;
    const EXPECTED: &'static str;

    fn new(number: Self::Number) -> Option<Self>;
}

/// The two kinds of numbers in TOML: a whole number is a number too, but not the other way round.
trait FromTomlNumber: Sized {
    fn from_integer(integer: i64) -> Option<Self>;
    fn from_float(float: f64) -> Option<Self>;
}

impl FromTomlNumber for i64 {
    fn from_integer(integer: i64) -> Option<Self> {
        Some(integer)
    }

    fn from_float(_: f64) -> Option<Self> {
        None
    }
}

impl FromTomlNumber for f64 {
    fn from_integer(integer: i64) -> Option<Self> {
        Some(integer as Self)
    }

    fn from_float(float: f64) -> Option<Self> {
        Some(float)
    }
}

struct NumberVisitor<T>(std::marker::PhantomData<T>);

impl<T: Ranged> de::Visitor<'_> for NumberVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<T, E> {
        let number = T::Number::from_integer(integer).and_then(T::new);
        number.ok_or_else(|| E::custom(format!("expected {}, got {integer}", T::EXPECTED)))
    }

    /// What TOML hands over when it does not fit the 64 bits that it promises.
    fn visit_i128<E: de::Error>(self, integer: i128) -> Result<T, E> {
        Err(E::custom(format!("expected {}, got {integer}, which does not fit in 64 bits", T::EXPECTED)))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<T, E> {
        let number = T::Number::from_float(float).and_then(T::new);
        number.ok_or_else(|| E::custom(format!("expected {}, got {float:?}", T::EXPECTED)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_refused() {
        for text in ["-1", "0", "inf", "NaN", "1e999", "x", ""] {
            assert!(text.parse::<Positive>().is_err(), "{text}");
        }
        for text in ["-0.1", "1", "1.5", "NaN"] {
            assert!(text.parse::<BelowOne>().is_err(), "{text}");
        }
        for text in ["0", "-3", "1.5", "9223372036854775808"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_range_are_where_they_are_said_to_be() {
        assert_eq!("0".parse(), Ok(BelowOne(0.0)));
        assert_eq!("0".parse(), Ok(AtLeastZero(0.0)));
        assert_eq!("1".parse(), Ok(Size(1)));
        assert_eq!("9223372036854775807".parse(), Ok(Count(i64::MAX)));
    }
}
