//! Constants and coefficients for `f32`.

#![allow(clippy::excessive_precision, reason = "coefficients stand as their sources have them")]

use super::{Math, functions_of_bits, polynomial};

/// Bits after the leading one.
const DIGITS: u32 = f32::MANTISSA_DIGITS - 1;
const MANTISSA: u32 = (1 << DIGITS) - 1;
/// The exponent of 1 as stored.
const BIAS: u32 = 127;

impl Math for f32 {
    const LOG2_E: Self = std::f32::consts::LOG2_E;
    // ln 2 split as in FreeBSD's e_logf.c.
    const LN2_HIGH: Self = 6.931_381e-1;
    const LN2_LOW: Self = 9.058_001e-6;
    const ROUNDER: Self = 12_582_912.0;
    const EXP_LOW: Self = -104.0;
    const EXP_HIGH: Self = 89.0;
    const SATURATION: Self = 4.0;
    const SMALLEST_NORMAL: Self = f32::MIN_POSITIVE;

    /// Taylor's series; the first term left out is at most r⁸/8! < 6·10⁻⁹ of eʳ.
    #[inline(always)]
    fn exp_rest(r: Self) -> Self {
        polynomial(r, [1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0])
    }

    /// Coefficients of FreeBSD's `e_logf.c`.
    #[inline(always)]
    fn ln_rest(s2: Self) -> Self {
        s2 * polynomial(s2, [0.666_666_6, 0.400_009_72, 0.284_987_87, 0.242_790_79])
    }

    /// Coefficients from `scripts/erf_coefficients.py`.
    #[inline(always)]
    fn erf_near(x2: Self) -> Self {
        polynomial(
            x2,
            [
                0.128_379_165_7,
                -0.376_126_255_7,
                0.112_835_822_5,
                -0.026_853_691_1,
                0.005_188_098_889,
                -0.000_800_818_932_3,
                7.847_259_127e-5,
            ],
        )
    }

    /// Coefficients from `scripts/erf_coefficients.py`.
    #[inline(always)]
    fn erf_far(u: Self) -> Self {
        polynomial(
            u,
            [
                1.849_605_513,
                0.789_361_721_4,
                0.053_749_675_59,
                -0.012_209_289_21,
                0.002_217_951_839,
                -0.000_269_642_683_3,
                1.467_092_361e-5,
            ],
        )
    }

    functions_of_bits!(f32);
}
