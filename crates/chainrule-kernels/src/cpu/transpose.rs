//! Four rows of four numbers, turned over in registers.
//!
//! The compiler makes of the plain assignment a walk over single numbers or, worse, gathers and scatters. On `x86_64`
//! the shuffles of its base set are named therefore; numbers are only moved, so no bit depends on it.

/// Kinds of numbers whose squares of sixteen can be turned over.
pub trait Transpose: Sized {
    /// Entry `[i][j]` of the result is entry `[j][i]` of `m`.
    fn transposed(m: [[Self; 4]; 4]) -> [[Self; 4]; 4];
}

#[cfg(not(target_arch = "x86_64"))]
mod plain {
    macro_rules! plainly {
        ($kind:ident) => {
            impl super::Transpose for $kind {
                #[inline(always)]
                fn transposed(m: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
                    let column = |j: usize| [m[0][j], m[1][j], m[2][j], m[3][j]];
                    [column(0), column(1), column(2), column(3)]
                }
            }
        };
    }

    plainly!(f32);
    plainly!(f64);
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "arrays become registers and registers arrays, bit for bit")]
mod x86_64 {
    use super::Transpose;
    use std::arch::x86_64::{
        __m128, __m128d, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_pd, _mm_unpackhi_ps, _mm_unpacklo_pd,
        _mm_unpacklo_ps,
    };
    use std::mem::transmute;

    impl Transpose for f32 {
        #[inline(always)]
        fn transposed(m: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
            // SAFETY: four numbers of 32 bits are as many bits as a register has, and every pattern of bits is a number
            // here and there. Every processor of this kind has the instructions.
            unsafe {
                let [a, b, c, d]: [__m128; 4] = transmute(m);
                let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
                let (ab_high, cd_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
                transmute([
                    _mm_movelh_ps(ab, cd),
                    _mm_movehl_ps(cd, ab),
                    _mm_movelh_ps(ab_high, cd_high),
                    _mm_movehl_ps(cd_high, ab_high),
                ])
            }
        }
    }

    impl Transpose for f64 {
        #[inline(always)]
        fn transposed(m: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
            // SAFETY: as above, with two numbers of 64 bits in a register.
            unsafe {
                let [[a, a2], [b, b2], [c, c2], [d, d2]]: [[__m128d; 2]; 4] = transmute(m);
                transmute([
                    [_mm_unpacklo_pd(a, b), _mm_unpacklo_pd(c, d)],
                    [_mm_unpackhi_pd(a, b), _mm_unpackhi_pd(c, d)],
                    [_mm_unpacklo_pd(a2, b2), _mm_unpacklo_pd(c2, d2)],
                    [_mm_unpackhi_pd(a2, b2), _mm_unpackhi_pd(c2, d2)],
                ])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Transpose;

    #[test]
    fn rows_become_columns() {
        fn check<F: Transpose + From<u8> + PartialEq + std::fmt::Debug + Copy>() {
            let at = |i: usize, j: usize| F::from((10 * i + j) as u8);
            let square =
                |at: &dyn Fn(usize, usize) -> F| [0, 1, 2, 3].map(|i| [0, 1, 2, 3].map(|j| at(i, j)));
            assert_eq!(F::transposed(square(&at)), square(&|i, j| at(j, i)));
        }
        check::<f32>();
        check::<f64>();
    }
}
