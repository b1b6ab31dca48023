//! Constants and coefficients for `f64`.

use super::{Math, polynomial};

/// Bits after the leading one.
const DIGITS: u32 = f64::MANTISSA_DIGITS - 1;
const MANTISSA: u64 = (1 << DIGITS) - 1;
/// The exponent of 1 as stored.
const BIAS: u64 = 1023;

impl Math for f64 {
    const LOG2_E: Self = std::f64::consts::LOG2_E;
    // ln 2 split as in FreeBSD's e_log.c.
    const LN2_HIGH: Self = 6.931_471_803_691_238_164_90e-1;
    const LN2_LOW: Self = 1.908_214_929_270_587_700_02e-10;
    const ROUNDER: Self = 6_755_399_441_055_744.0;
    const EXP_LOW: Self = -746.0;
    const EXP_HIGH: Self = 710.0;
    const SATURATION: Self = 6.0;
    const SMALLEST_NORMAL: Self = f64::MIN_POSITIVE;

    /// Taylor's series; the first term left out is at most r¹⁴/14! < 5·10⁻¹⁸ of eʳ.
    #[inline(always)]
    fn exp_rest(r: Self) -> Self {
        polynomial(
            r,
            [
                1.0 / 2.0,
                1.0 / 6.0,
                1.0 / 24.0,
                1.0 / 120.0,
                1.0 / 720.0,
                1.0 / 5_040.0,
                1.0 / 40_320.0,
                1.0 / 362_880.0,
                1.0 / 3_628_800.0,
                1.0 / 39_916_800.0,
                1.0 / 479_001_600.0,
                1.0 / 6_227_020_800.0,
            ],
        )
    }

    /// Coefficients of FreeBSD's `e_log.c`.
    #[inline(always)]
    fn ln_rest(s2: Self) -> Self {
        s2 * polynomial(
            s2,
            [
                6.666_666_666_666_735_130e-1,
                3.999_999_999_940_941_908e-1,
                2.857_142_874_366_239_149e-1,
                2.222_219_843_214_978_396e-1,
                1.818_357_216_161_805_012e-1,
                1.531_383_769_920_937_332e-1,
                1.479_819_860_511_658_591e-1,
            ],
        )
    }

    /// Coefficients from `scripts/erf_coefficients.py`.
    #[inline(always)]
    fn erf_near(x2: Self) -> Self {
        polynomial(
            x2,
            [
                0.12837916709551256,
                -0.37612638903183515,
                0.1128379167094405,
                -0.026866170643090832,
                0.005223977605955977,
                -0.0008548325921832884,
                0.0001205529336178994,
                -1.4924708324571507e-05,
                1.6447084274239356e-06,
                -1.6205964194101388e-07,
                1.3709519207384055e-08,
                -7.77682913736281e-10,
            ],
        )
    }

    /// Coefficients from `scripts/erf_coefficients.py`.
    #[inline(always)]
    fn erf_far(u: Self) -> Self {
        polynomial(
            u,
            [
                1.8496055099332482,
                0.78936200430155,
                0.053745252056567376,
                -0.012184154002639601,
                0.0021503284929449973,
                -0.0001724250266755129,
                -6.4901318171131e-05,
                3.8634807256907076e-05,
                -1.1499409827120358e-05,
                1.926485982484198e-06,
                9.299187634119342e-08,
                -2.022814659001862e-07,
                8.388118652809135e-08,
                -2.226354546517397e-08,
                4.148875863335877e-09,
                -5.288746301670068e-10,
                4.1545455242695646e-11,
                -1.5157862761029747e-12,
            ],
        )
    }

    #[inline(always)]
    fn power_of_two(sum: Self) -> (Self, Self) {
        let n = sum.to_bits().wrapping_sub(Self::ROUNDER.to_bits());
        let exponents = n.wrapping_add(2 * BIAS);
        let half = exponents >> 1;
        (Self::from_bits(half << DIGITS), Self::from_bits(exponents.wrapping_sub(half) << DIGITS))
    }

    #[inline(always)]
    fn split(x: Self) -> (Self, Self) {
        let root_half = std::f64::consts::FRAC_1_SQRT_2.to_bits();
        let bits = x.to_bits().wrapping_add((BIAS << DIGITS) - root_half);
        // An integer below 2⁵² becomes a float as the low bits of 2⁵².
        let two_to_digits = (BIAS + u64::from(DIGITS)) << DIGITS;
        let n = Self::from_bits(two_to_digits | (bits >> DIGITS))
            - (Self::from_bits(two_to_digits) + BIAS as f64);
        (n, Self::from_bits((bits & MANTISSA).wrapping_add(root_half)))
    }

    #[inline(always)]
    fn with_sign(x: Self, sign: Self) -> Self {
        x.copysign(sign)
    }

    #[inline(always)]
    fn denormal_scale() -> (Self, Self) {
        (18_014_398_509_481_984.0, 54.0)
    }
}
