//! `AArch64`: NEON, 32 registers of 128 bits.
//!
//! NEON and fused multiply-adds are in the base set, so loops compiled for it are compiled for NEON; only the
//! micro-kernels have a way of their own, and a generic one to compare it with.

#![allow(unsafe_code, reason = "registers are read from addresses")]

use super::{Arithmetic, Isa, Task, Vector, portable};
use crate::cpu::products::tile::{TileKernels, tile_kernels};
use std::arch::aarch64::{
    float32x4_t, float64x2_t, vaddq_f32, vaddq_f64, vbicq_u32, vbicq_u64, vcleq_f32, vcleq_f64, vdupq_n_f32,
    vdupq_n_f64, vfmaq_f32, vfmaq_f64, vld1q_f32, vld1q_f64, vmulq_f32, vmulq_f64, vreinterpretq_f32_u32,
    vreinterpretq_f64_u64, vreinterpretq_u32_f32, vreinterpretq_u64_f64, vst1q_f32, vst1q_f64,
};

/// What to compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Neon,
    Generic,
}

pub(super) fn available() -> &'static [Isa] {
    &[Isa(Kind::Neon), Isa(Kind::Generic)]
}

pub(super) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Neon => "neon",
        Kind::Generic => "generic",
    }
}

#[inline]
pub(super) fn run<T: Task>(_: Isa, task: T) -> T::Output {
    task.run()
}

/// The micro-kernels for `f32`.
pub(super) fn kernels_f32(kind: Kind) -> &'static TileKernels<f32> {
    match kind {
        Kind::Neon => &F32,
        Kind::Generic => &portable::F32,
    }
}

/// The micro-kernels for `f64`.
pub(super) fn kernels_f64(kind: Kind) -> &'static TileKernels<f64> {
    match kind {
        Kind::Neon => &F64,
        Kind::Generic => &portable::F64,
    }
}

macro_rules! implement_vector {
    ($kind:ident, $register:ident, $lanes:literal, $dup:ident, $load:ident, $store:ident, $fma:ident, $add:ident, $mul:ident,
     $le:ident, $bic:ident, $to_bits:ident, $from_bits:ident) => {
        // SAFETY: as for `Vector`.
        unsafe impl Arithmetic for $register {
            #[inline(always)]
            unsafe fn mul_add(self, a: Self, b: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $fma(b, self, a) }
            }
            #[inline(always)]
            unsafe fn times(self, other: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $mul(self, other) }
            }
        }

        // SAFETY: NEON is part of the base set.
        unsafe impl Vector<$kind> for $register {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(x: $kind) -> Self {
                // SAFETY: NEON is part of the base set, as for all methods here.
                unsafe { $dup(x) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $kind) -> Self {
                // SAFETY: the caller gives the address of as many numbers as there are lanes.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $kind) {
                // SAFETY: as for `load`.
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $from_bits($bic($to_bits(self), $le(self, $dup(0.0)))) }
            }
            #[inline(always)]
            unsafe fn times_step(self, a: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $mul(self, $from_bits($bic($to_bits($dup(1.0)), $le(a, $dup(0.0))))) }
            }
        }
    };
}

implement_vector!(
    f32,
    float32x4_t,
    4,
    vdupq_n_f32,
    vld1q_f32,
    vst1q_f32,
    vfmaq_f32,
    vaddq_f32,
    vmulq_f32,
    vcleq_f32,
    vbicq_u32,
    vreinterpretq_u32_f32,
    vreinterpretq_f32_u32
);
implement_vector!(
    f64,
    float64x2_t,
    2,
    vdupq_n_f64,
    vld1q_f64,
    vst1q_f64,
    vfmaq_f64,
    vaddq_f64,
    vmulq_f64,
    vcleq_f64,
    vbicq_u64,
    vreinterpretq_u64_f64,
    vreinterpretq_f64_u64
);

tile_kernels! {
    #[target_feature(enable = "neon")]
    f32: float32x4_t, f64: float64x2_t, rows [12, 8, 6, 6]
}
