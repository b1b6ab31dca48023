//! Registers as arrays, for any processor.
//!
//! Where the processor has no fused multiply-add this goes through the C library's, which is slow and has the same bits;
//! WebAssembly has none at all and rounds twice.

#![allow(unsafe_code, reason = "the kernels of all instruction sets have one signature")]

use super::{Arithmetic, Vector};
use crate::Float;
use crate::cpu::products::tile::{TileKernels, tile_kernels};

/// Eight numbers, or as many registers as the compiler needs for them.
#[derive(Clone, Copy)]
pub(super) struct Array<F>([F; LANES]);

const LANES: usize = 8;

// SAFETY: nothing here needs an instruction set.
unsafe impl<F: Float> Arithmetic for Array<F> {
    #[inline(always)]
    unsafe fn mul_add(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|i| Float::mul_add(self.0[i], a.0[i], b.0[i])))
    }
    #[inline(always)]
    unsafe fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }
}

// SAFETY: as above.
unsafe impl<F: Float> Vector<F> for Array<F> {
    const LANES: usize = LANES;

    #[inline(always)]
    unsafe fn splat(x: F) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const F) -> Self {
        // SAFETY: the caller gives the address of as many numbers as there are lanes.
        Self(unsafe { from.cast::<[F; LANES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut F) {
        // SAFETY: as for `load`.
        unsafe { to.cast::<[F; LANES]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Self(self.0.map(|x| if x <= F::ZERO { F::ZERO } else { x }))
    }
    #[inline(always)]
    unsafe fn times_step(self, a: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * if a.0[i] <= F::ZERO { F::ZERO } else { F::ONE }))
    }
}

tile_kernels! {
    f32: Array<f32>, f64: Array<f64>, rows [6, 6]
}
