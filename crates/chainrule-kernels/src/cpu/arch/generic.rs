//! Processors whose instruction set is known when the program is compiled.

use super::{Isa, Task, portable};
use crate::cpu::products::tile::TileKernels;

/// The only way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Generic,
}

pub(super) fn available() -> &'static [Isa] {
    &[Isa(Kind::Generic)]
}

pub(super) fn name(_: Kind) -> &'static str {
    "generic"
}

#[inline]
pub(super) fn run<T: Task>(_: Isa, task: T) -> T::Output {
    task.run()
}

/// The micro-kernels for `f32`.
pub(super) fn kernels_f32(_: Kind) -> &'static TileKernels<f32> {
    &portable::F32
}

/// The micro-kernels for `f64`.
pub(super) fn kernels_f64(_: Kind) -> &'static TileKernels<f64> {
    &portable::F64
}
