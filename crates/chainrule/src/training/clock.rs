//! Where training reads the time.

use std::fmt;

/// A function that gives seconds since some fixed moment.
///
/// Training asks it, and nothing else, for the time: where there is no clock, or time must stand still, another one
/// is given.
#[derive(Clone, Copy)]
pub struct Clock(pub fn() -> f64);

impl Default for Clock {
    /// The system's monotonic clock; on WebAssembly, which has none, a clock that stands still.
    fn default() -> Self {
        Self(monotonic)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl PartialEq for Clock {
    /// Configurations do not differ by where they read the time.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn monotonic() -> f64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64()
}

#[cfg(target_arch = "wasm32")]
fn monotonic() -> f64 {
    0.0
}
