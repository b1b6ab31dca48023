//! Constants and coefficients for `f64`.

#![allow(clippy::excessive_precision, reason = "coefficients stand as their sources have them")]

use super::{Math, functions_of_bits, polynomial};

/// Bits after the leading one.
const DIGITS: u64 = f64::MANTISSA_DIGITS as u64 - 1;
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
                0.128_379_167_095_512_56,
                -0.376_126_389_031_835_15,
                0.112_837_916_709_440_5,
                -0.026_866_170_643_090_832,
                0.005_223_977_605_955_977,
                -0.000_854_832_592_183_288_4,
                0.000_120_552_933_617_899_4,
                -1.492_470_832_457_150_7e-5,
                1.644_708_427_423_935_6e-6,
                -1.620_596_419_410_138_8e-7,
                1.370_951_920_738_405_5e-8,
                -7.776_829_137_362_81e-10,
            ],
        )
    }

    /// Coefficients from `scripts/erf_coefficients.py`.
    #[inline(always)]
    fn erf_far(u: Self) -> Self {
        polynomial(
            u,
            [
                1.849_605_509_933_248_2,
                0.789_362_004_301_55,
                0.053_745_252_056_567_376,
                -0.012_184_154_002_639_601,
                0.002_150_328_492_944_997_3,
                -0.000_172_425_026_675_512_9,
                -6.490_131_817_113_1e-5,
                3.863_480_725_690_707_6e-5,
                -1.149_940_982_712_035_8e-5,
                1.926_485_982_484_198e-6,
                9.299_187_634_119_342e-8,
                -2.022_814_659_001_862e-7,
                8.388_118_652_809_135e-8,
                -2.226_354_546_517_397e-8,
                4.148_875_863_335_877e-9,
                -5.288_746_301_670_068e-10,
                4.154_545_524_269_564_6e-11,
                -1.515_786_276_102_974_7e-12,
            ],
        )
    }

    functions_of_bits!(f64);
}
