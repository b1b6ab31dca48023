//! Processors whose instruction set is known when the program is compiled.

use super::{Isa, Task};

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
