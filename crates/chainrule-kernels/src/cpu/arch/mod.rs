//! Instruction sets: one generic loop, compiled once for each.
//!
//! A [`Task`] is a loop whose body is inlined into a function that is compiled for an instruction set, and which
//! the compiler then vectorises for it. What an instruction set is allowed to change is the speed: multiply-adds
//! are fused in the source and sums are split into lanes there, so that each gives the same bits.
//!
//! The micro-kernels of the products are the exception: they are written with registers ([`Vector`]), and each
//! instruction set has a table of them.
//!
//! On `x86_64` the choice is made at run time. `AArch64` has NEON and fused multiply-adds in its base set, so that loops
//! need no other way there and only the micro-kernels do. WebAssembly knows its set when it is compiled: there the
//! generic way is the only one.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod generic;
mod portable;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub(crate) use vector::{Arithmetic, Vector};

use crate::cpu::products::tile::TileKernels;
#[cfg(target_arch = "aarch64")]
use aarch64 as target;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use generic as target;
#[cfg(target_arch = "x86_64")]
use x86_64 as target;

/// An instruction set that this processor has.
///
/// Values are made only after the processor was asked, which is what makes running code for them sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(target::Kind);

/// A loop that is to be compiled for each instruction set; `run` must be `#[inline(always)]`, and so must
/// everything it calls for each element.
pub(crate) trait Task {
    type Output;
    fn run(self) -> Self::Output;
}

impl Isa {
    /// The instruction sets of this processor that there is code for, the fastest first.
    pub fn available() -> &'static [Self] {
        target::available()
    }

    /// The fastest, or the one that the environment variable `CHAINRULE_ISA` names (`avx512`, `avx2`, `neon`, `generic`)
    /// if this processor has it.
    pub fn detect() -> Self {
        let wanted = std::env::var("CHAINRULE_ISA").unwrap_or_default();
        let named = Self::available().iter().find(|isa| isa.name() == wanted);
        *named.unwrap_or(&Self::available()[0])
    }

    /// The name that `CHAINRULE_ISA` knows it by.
    pub fn name(self) -> &'static str {
        target::name(self.0)
    }

    /// The micro-kernels for `f32`.
    pub(crate) fn kernels_f32(self) -> &'static TileKernels<f32> {
        target::kernels_f32(self.0)
    }

    /// The micro-kernels for `f64`.
    pub(crate) fn kernels_f64(self) -> &'static TileKernels<f64> {
        target::kernels_f64(self.0)
    }

    /// Runs `task` as compiled for this instruction set.
    #[inline]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        target::run(self, task)
    }
}

#[cfg(test)]
mod tests {
    use super::Isa;

    #[test]
    fn there_is_always_a_generic_way_and_it_comes_last() {
        assert_eq!(Isa::available().last().map(|isa| isa.name()), Some("generic"));
    }
}
