//! x86-64: AVX-512, AVX2 with FMA, and the base set of 2003.
//!
//! The base set has no fused multiply-add; it goes through the C library's, which is slow and has the same bits.

#![allow(unsafe_code, reason = "code for an instruction set runs after the processor was asked for it")]

mod avx2;
mod avx512;

use super::{Isa, Task, portable};
use crate::cpu::products::tile::TileKernels;

/// What to compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Avx512,
    Avx2,
    Generic,
}

const ALL: [Isa; 3] = [Isa(Kind::Avx512), Isa(Kind::Avx2), Isa(Kind::Generic)];

pub(super) fn available() -> &'static [Isa] {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq");
    match (avx512, avx2) {
        (true, true) => &ALL,
        (false, true) => &ALL[1..],
        (_, false) => &ALL[2..],
    }
}

pub(super) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Avx512 => "avx512",
        Kind::Avx2 => "avx2",
        Kind::Generic => "generic",
    }
}

#[inline]
pub(super) fn run<T: Task>(isa: Isa, task: T) -> T::Output {
    match isa.0 {
        // SAFETY: an `Isa` of this kind is handed out only where the processor has these instructions.
        Kind::Avx512 => unsafe { avx512(task) },
        // SAFETY: as above.
        Kind::Avx2 => unsafe { avx2(task) },
        Kind::Generic => task.run(),
    }
}

/// The micro-kernels for `f32`.
pub(super) fn kernels_f32(kind: Kind) -> &'static TileKernels<f32> {
    match kind {
        Kind::Avx512 => &avx512::F32,
        Kind::Avx2 => &avx2::F32,
        Kind::Generic => &portable::F32,
    }
}

/// The micro-kernels for `f64`.
pub(super) fn kernels_f64(kind: Kind) -> &'static TileKernels<f64> {
    match kind {
        Kind::Avx512 => &avx512::F64,
        Kind::Avx2 => &avx2::F64,
        Kind::Generic => &portable::F64,
    }
}

#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn avx512<T: Task>(task: T) -> T::Output {
    task.run()
}

#[target_feature(enable = "avx2,fma")]
fn avx2<T: Task>(task: T) -> T::Output {
    task.run()
}
