//! AVX2 with fused multiply-adds: 16 registers of 256 bits.

use crate::cpu::arch::{Arithmetic, Vector};
use crate::cpu::products::tile::{TileKernels, tile_kernels};
use std::arch::x86_64::{
    __m256, __m256d, _CMP_NLE_UQ, _mm256_add_pd, _mm256_add_ps, _mm256_and_pd, _mm256_and_ps, _mm256_cmp_pd,
    _mm256_cmp_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps,
};

macro_rules! implement_vector {
    ($kind:ident, $register:ident, $lanes:literal, $set1:ident, $zero:ident, $load:ident, $store:ident, $fmadd:ident,
     $add:ident, $mul:ident, $compare:ident, $mask:ident) => {
        // SAFETY: as for `Vector`.
        unsafe impl Arithmetic for $register {
            #[inline(always)]
            unsafe fn mul_add(self, a: Self, b: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $fmadd(self, a, b) }
            }
            #[inline(always)]
            unsafe fn times(self, other: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $mul(self, other) }
            }
        }

        // SAFETY: the methods are inlined into the kernels below, which are compiled for AVX2.
        unsafe impl Vector<$kind> for $register {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(x: $kind) -> Self {
                // SAFETY: the caller is compiled for AVX2, as for all methods here.
                unsafe { $set1(x) }
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
                unsafe { $mask($compare::<_CMP_NLE_UQ>(self, $zero()), self) }
            }
            #[inline(always)]
            unsafe fn times_step(self, a: Self) -> Self {
                // SAFETY: as for `splat`.
                unsafe { $mul(self, $mask($compare::<_CMP_NLE_UQ>(a, $zero()), $set1(1.0))) }
            }
        }
    };
}

implement_vector!(
    f32,
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_mul_ps,
    _mm256_cmp_ps,
    _mm256_and_ps
);
implement_vector!(
    f64,
    __m256d,
    4,
    _mm256_set1_pd,
    _mm256_setzero_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_mul_pd,
    _mm256_cmp_pd,
    _mm256_and_pd
);

tile_kernels! {
    #[target_feature(enable = "avx2,fma")]
    f32: __m256, f64: __m256d, rows [8, 6]
}
