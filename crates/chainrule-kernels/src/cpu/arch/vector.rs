//! A register of several numbers, under one set of names.
//!
//! Only the products are written with registers: which value stays in which register is what decides their speed, and
//! no compiler is trusted with it. Everything else is a plain loop that the compiler vectorises ([`Task`](super::Task)).

#![allow(unsafe_code, reason = "registers are read from addresses")]

use crate::Float;

/// One number or a register of them: what formulas that serve both are written with. Methods are to be `#[inline(always)]`.
///
/// # Safety
/// Methods of a register may be called only where the processor has its instruction set; those of a number anywhere.
pub(crate) unsafe trait Arithmetic: Copy {
    /// `self · a + b`, rounded once.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn mul_add(self, a: Self, b: Self) -> Self;
    /// `self · other`.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn times(self, other: Self) -> Self;
}

// SAFETY: numbers need no instruction set.
unsafe impl<F: Float> Arithmetic for F {
    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        Float::mul_add(self, a, b)
    }
    #[inline(always)]
    unsafe fn times(self, other: Self) -> Self {
        self * other
    }
}

/// A register of [`LANES`](Self::LANES) numbers. Methods are to be `#[inline(always)]`.
///
/// # Safety
/// Every method may be called only where the processor has the instruction set that the type is of; `load` and `store`
/// take addresses of as many numbers as there are lanes, of any alignment.
pub(crate) unsafe trait Vector<F: Float>: Arithmetic {
    /// Numbers in a register.
    const LANES: usize;

    /// The same number in every lane.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn splat(x: F) -> Self;
    /// Reads a register from memory.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn load(from: *const F) -> Self;
    /// Writes a register to memory.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn store(self, to: *mut F);
    /// `self + other`.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn add(self, other: Self) -> Self;
    /// `self` where it is above 0 or NaN, else 0.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn relu(self) -> Self;
    /// `self` times 1 where `a` is above 0 or NaN, times 0 elsewhere.
    ///
    /// # Safety
    /// As the trait says.
    unsafe fn times_step(self, a: Self) -> Self;
}
