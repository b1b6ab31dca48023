//! Signals that ask a training to stop.
//!
//! The first one is noticed at the end of a step, so that the state can be kept; a second one ends the process at once.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whether one came, and which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    came: Arc<AtomicBool>,
    last: Arc<AtomicUsize>,
}

impl Signals {
    /// Watches from now on. Signals that this process was started to ignore, as `nohup` does, stay ignored.
    pub(crate) fn watch() -> io::Result<Self> {
        let signals = Self::default();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored >> (signal - 1) & 1 == 1 {
                continue;
            }
            // In this order: the first signal finds the flag down.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.came))?;
            flag::register_usize(signal, Arc::clone(&signals.last), signal as usize)?;
            flag::register(signal, Arc::clone(&signals.came))?;
        }
        Ok(signals)
    }

    /// Whether one came.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }

    /// The number and the name of the last one.
    pub(crate) fn last(&self) -> (u8, &'static str) {
        match i32::try_from(self.last.load(Ordering::Relaxed)).unwrap_or(SIGINT) {
            SIGTERM => (SIGTERM as u8, "SIGTERM"),
            SIGHUP => (SIGHUP as u8, "SIGHUP"),
            _ => (SIGINT as u8, "Ctrl-C"),
        }
    }
}

/// The signals that a process ignores, by what Linux says of it; one bit each, that of signal 1 the lowest.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status_of_the_process() {
        assert_eq!(ignored("Name:\tx\nSigBlk:\t0f\nSigIgn:\t0000000000001001\nSigCgt:\t02\n"), 0x1001);
        assert_eq!(ignored("Name:\tx\n"), 0);
    }
}
