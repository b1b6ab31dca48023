//! The two kinds of numbers, behind one trait.

use crate::cpu::math::Math;
use crate::cpu::products::Backend;
use crate::cpu::transpose::Transpose;
use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A number that networks are made of: `f32` or `f64`.
///
/// The trait is sealed: three of its parents are private. Its functions are those of the standard library; the vectorised ones that training uses
/// stand in [`crate::cpu`] and are tested against these.
pub trait Float:
    Math
    + Backend
    + Transpose
    + Copy
    + Default
    + Debug
    + Display
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Send
    + Sync
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// `f32` or `f64`.
    const NAME: &'static str;

    /// The nearest number of this kind.
    fn from_f64(x: f64) -> Self;
    /// The same number as `f64`, exactly.
    fn to_f64(self) -> f64;
    /// `self · a + b`, rounded once; WebAssembly has no such instruction and rounds twice.
    #[must_use]
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// |x|.
    #[must_use]
    fn abs(self) -> Self;
    /// √x.
    #[must_use]
    fn sqrt(self) -> Self;
    /// eˣ.
    #[must_use]
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near 0.
    #[must_use]
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near 0.
    #[must_use]
    fn ln_1p(self) -> Self;
    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
    /// The error function.
    #[must_use]
    fn erf(self) -> Self;
    /// The larger of two numbers; the other one if one is NaN.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of two numbers; the other one if one is NaN.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// 0 for a number that is below the least normal one; processors take a hundred cycles for each of these.
    #[must_use]
    fn or_zero(self) -> Self;
}

macro_rules! implement_float {
    ($kind:ident, $erf:path) => {
        impl Float for $kind {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $kind::EPSILON;
            const NAME: &'static str = stringify!($kind);

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $kind
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                if cfg!(target_arch = "wasm32") { self * a + b } else { self.mul_add(a, b) }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            fn exp(self) -> Self {
                self.exp()
            }
            fn exp_m1(self) -> Self {
                self.exp_m1()
            }
            fn ln(self) -> Self {
                self.ln()
            }
            fn ln_1p(self) -> Self {
                self.ln_1p()
            }
            fn tanh(self) -> Self {
                self.tanh()
            }
            fn erf(self) -> Self {
                $erf(self)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.max(other)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.min(other)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }
            #[inline(always)]
            fn or_zero(self) -> Self {
                if self.abs() < $kind::MIN_POSITIVE { 0.0 } else { self }
            }
        }
    };
}

implement_float!(f32, libm::erff);
implement_float!(f64, libm::erf);
