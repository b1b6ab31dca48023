//! Elementary functions for the inside of vectorised loops.
//!
//! Each function is a straight line of multiplications, additions and selections without a branch or a table, so
//! that a loop over it becomes vector instructions of whatever width the loop is compiled for. There is one
//! polynomial for all instruction sets and every multiply-add is fused, so the bits are the same on each of them.
//!
//! What is the same for both kinds of numbers stands here, constants and coefficients in `f32.rs` and `f64.rs`.
//! The scheme is the classical one: reduce the argument (x = n·ln 2 + r for the exponential, x = 2ⁿ·m for the
//! logarithm), evaluate a polynomial on the short interval that is left, put the power of 2 back. The bounds of the
//! errors are tested over the whole range, in units of the last place (ULP): [`exp`] 1, [`exp_m1`] and [`ln`] 2,
//! [`ln_1p`], [`sigmoid`] and [`erf`] 3, [`tanh`] 4; denormal results are rounded once more.
//!
//! NaN passes through: a clamp is a comparison that fails for NaN and keeps it.

mod f32;
mod f64;

use crate::Float;

/// What the functions here need of a kind of number beyond [`Float`]; it also seals that trait.
pub trait Math: Sized {
    /// log₂ e.
    const LOG2_E: Self;
    /// ln 2 in two parts, the first with so few digits that n·`LN2_HIGH` is exact.
    const LN2_HIGH: Self;
    /// The rest of ln 2.
    const LN2_LOW: Self;
    /// 1.5·2ᵈ with d digits after the leading one: adding it rounds to an integer, which its low bits then hold.
    const ROUNDER: Self;
    /// eˣ is 0 from here downwards.
    const EXP_LOW: Self;
    /// eˣ is ∞ from here upwards.
    const EXP_HIGH: Self;
    /// erf x is 1 from here upwards. The others reach their limits later and go by multiples of it: 1 − e⁻ˣ is 1 from 8
    /// times it, tanh x from 4 times it.
    const SATURATION: Self;
    /// The smallest number that is not denormal.
    const SMALLEST_NORMAL: Self;

    /// (eʳ − 1 − r)/r² for |r| ≤ ½ ln 2.
    fn exp_rest(r: Self) -> Self;
    /// (ln(1+f) − 2s)/s as a function of s², with s = f/(2+f).
    fn ln_rest(s2: Self) -> Self;
    /// erf(x)/x − 1 as a function of x² ≤ 1.
    fn erf_near(x2: Self) -> Self;
    /// −ln(erfc(1+u))/(1+u) for 0 ≤ u ≤ `SATURATION` − 1.
    fn erf_far(u: Self) -> Self;
    /// The n of a sum n + `ROUNDER`, as two factors with the product 2ⁿ, neither of which over- or underflows.
    fn power_of_two(sum: Self) -> (Self, Self);
    /// n and m of x = 2ⁿ·m with √½ ≤ m < √2; x is positive and normal.
    fn split(x: Self) -> (Self, Self);
    /// |x| with the sign of `sign`.
    fn with_sign(x: Self, sign: Self) -> Self;
    /// 2ᵈ⁺², with which denormal numbers become normal, and its exponent.
    fn denormal_scale() -> (Self, Self);
}

/// Those functions of [`Math`] that take a number for the integer with the same bits; `DIGITS`, `MANTISSA` and `BIAS`
/// stand where they are made.
macro_rules! functions_of_bits {
    ($kind:ident) => {
        #[inline(always)]
        fn power_of_two(sum: Self) -> (Self, Self) {
            let n = sum.to_bits().wrapping_sub(Self::ROUNDER.to_bits());
            let exponents = n.wrapping_add(2 * BIAS);
            let half = exponents >> 1;
            (Self::from_bits(half << DIGITS), Self::from_bits(exponents.wrapping_sub(half) << DIGITS))
        }

        #[inline(always)]
        fn split(x: Self) -> (Self, Self) {
            let root_half = std::$kind::consts::FRAC_1_SQRT_2.to_bits();
            let bits = x.to_bits().wrapping_add((BIAS << DIGITS) - root_half);
            // An integer below 2ᵈ becomes a float as the low bits of 2ᵈ.
            let two_to_digits = (BIAS + DIGITS) << DIGITS;
            let n = Self::from_bits(two_to_digits | (bits >> DIGITS))
                - (Self::from_bits(two_to_digits) + BIAS as $kind);
            (n, Self::from_bits((bits & MANTISSA).wrapping_add(root_half)))
        }

        #[inline(always)]
        fn with_sign(x: Self, sign: Self) -> Self {
            x.copysign(sign)
        }

        #[inline(always)]
        fn denormal_scale() -> (Self, Self) {
            let exponent = DIGITS + 2;
            (Self::from_bits((BIAS + exponent) << DIGITS), exponent as $kind)
        }
    };
}
use functions_of_bits;

/// c₀ + c₁x + c₂x² + … by Horner's rule.
#[inline(always)]
fn polynomial<F: Float, const N: usize>(x: F, coefficients: [F; N]) -> F {
    let mut sum = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, coefficients[i]);
    }
    sum
}

/// `x`, or the bound where it lies outside; NaN stays.
#[inline(always)]
pub(crate) fn clamp<F: Float>(x: F, low: F, high: F) -> F {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// x as n·ln 2 + r: n + `ROUNDER`, n and r.
#[inline(always)]
fn reduce<F: Float>(x: F) -> (F, F, F) {
    let sum = x.mul_add(F::LOG2_E, F::ROUNDER);
    let n = sum - F::ROUNDER;
    let r = (-n).mul_add(F::LN2_LOW, (-n).mul_add(F::LN2_HIGH, x));
    (sum, n, r)
}

/// eˣ.
#[inline(always)]
pub(crate) fn exp<F: Float>(x: F) -> F {
    let (sum, _, r) = reduce(clamp(x, F::EXP_LOW, F::EXP_HIGH));
    let (half, rest) = F::power_of_two(sum);
    ((r * r).mul_add(F::exp_rest(r), r) + F::ONE) * half * rest
}

/// eˣ for x ≤ 0, or NaN: as [`exp`] without the bound above.
#[inline(always)]
pub(crate) fn exp_of_negative<F: Float>(x: F) -> F {
    let (sum, _, r) = reduce(if x < F::EXP_LOW { F::EXP_LOW } else { x });
    let (half, rest) = F::power_of_two(sum);
    ((r * r).mul_add(F::exp_rest(r), r) + F::ONE) * half * rest
}

/// eˣ − 1, accurate near 0.
///
/// With q = eʳ − 1 this is 2ⁿ·(q + (1 − 2⁻ⁿ)); for n = 0 it is q itself.
#[inline(always)]
pub(crate) fn exp_m1<F: Float>(x: F) -> F {
    let low = -(F::SATURATION * F::from_f64(8.0));
    let (sum, n, r) = reduce(clamp(x, low, F::EXP_HIGH));
    let (half, rest) = F::power_of_two(sum);
    let q = (r * r).mul_add(F::exp_rest(r), r);
    // 2⁻ⁿ has no digit left in 1 − 2⁻ⁿ long before it would underflow.
    let (inverse, inverse_rest) = F::power_of_two(F::ROUNDER - F::min(n, F::SATURATION * F::from_f64(16.0)));
    F::with_sign((q + (F::ONE - inverse * inverse_rest)) * half * rest, x)
}

/// The natural logarithm of 2ⁿ·(1 + f); f is m − 1, in [`ln_1p`] with the digits that were lost.
///
/// ln(1+f) = f − f²/2 + s·(f²/2 + R(s²)) with s = f/(2+f), as in FreeBSD's `e_log.c`.
#[inline(always)]
fn ln_reduced<F: Float>(n: F, f: F) -> F {
    let s = f / (F::from_f64(2.0) + f);
    let half_square = F::from_f64(0.5) * f * f;
    let rest = s.mul_add(half_square + F::ln_rest(s * s), n * F::LN2_LOW);
    n.mul_add(F::LN2_HIGH, f - (half_square - rest))
}

/// The natural logarithm; −∞ of 0, NaN of negative numbers.
#[inline(always)]
pub(crate) fn ln<F: Float>(x: F) -> F {
    let (scale, exponent) = F::denormal_scale();
    let denormal = x < F::SMALLEST_NORMAL;
    let (n, m) = F::split(if denormal { x * scale } else { x });
    let result = ln_reduced(if denormal { n - exponent } else { n }, m - F::ONE);
    ln_of_special(x, result)
}

/// The natural logarithm of x ≥ 1, or NaN: as [`ln`] without what smaller numbers need.
#[inline(always)]
pub(crate) fn ln_from_one<F: Float>(x: F) -> F {
    let (n, m) = F::split(x);
    let result = ln_reduced(n, m - F::ONE);
    if x < F::ONE / F::ZERO { result } else { x }
}

/// ln(1 + x), accurate near 0.
///
/// The digits that 1 + x loses are added again to what is left after the power of 2 is taken out.
#[inline(always)]
pub(crate) fn ln_1p<F: Float>(x: F) -> F {
    let u = F::ONE + x;
    let lost = if x > F::ONE { F::ONE - (u - x) } else { x - (u - F::ONE) };
    let (n, m) = F::split(u);
    let f = (m - F::ONE) + lost * (m / u);
    let result = if x.abs() < F::EPSILON * F::from_f64(0.25) { x } else { ln_reduced(n, f) };
    ln_of_special(u, result)
}

/// The logarithm where the argument is not a positive finite number, `result` elsewhere.
#[inline(always)]
fn ln_of_special<F: Float>(x: F, result: F) -> F {
    let infinity = F::ONE / F::ZERO;
    let result = if x < infinity { result } else { x };
    let result = if x < F::ZERO { F::from_f64(f64::NAN) } else { result };
    if x == F::ZERO { -infinity } else { result }
}

/// tanh x = (e²ˣ − 1)/(e²ˣ + 1), from |x| so that nothing overflows.
#[inline(always)]
pub(crate) fn tanh<F: Float>(x: F) -> F {
    let x2 = x.abs() + x.abs();
    let limit = F::SATURATION * F::from_f64(8.0);
    let e = exp_m1(if x2 > limit { limit } else { x2 });
    F::with_sign(e / (e + F::from_f64(2.0)), x)
}

/// e^(−|z|) and 1/(1 + e^(−|z|)), of which the sigmoid and its derivative are made.
#[inline(always)]
pub(crate) fn logistic_parts<F: Float>(z: F) -> (F, F) {
    let e = exp_of_negative(-z.abs());
    (e, F::ONE / (F::ONE + e))
}

/// 1 / (1 + e⁻ᶻ); small results keep their digits.
#[inline(always)]
pub(crate) fn sigmoid<F: Float>(z: F) -> F {
    let e = exp_of_negative(-z.abs());
    (if z < F::ZERO { e } else { F::ONE }) / (F::ONE + e)
}

/// The error function: x + x·p(x²) up to 1, 1 − e^(−x·q(x−1)) beyond.
#[inline(always)]
pub(crate) fn erf<F: Float>(x: F) -> F {
    let size = x.abs();
    let near = size.mul_add(F::erf_near(size * size), size);
    let bounded = clamp(size, F::ONE, F::SATURATION);
    let far = F::ONE - exp_of_negative(-(bounded * F::erf_far(bounded - F::ONE)));
    F::with_sign(if size <= F::ONE { near } else { far }, x)
}

#[cfg(test)]
mod tests;
