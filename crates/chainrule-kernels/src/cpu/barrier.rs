//! Where threads that work on one step wait for each other.
//!
//! A step of a small network takes a few microseconds and its threads meet twice in it, so whoever waits looks again and
//! again for a while; only then does it go to sleep. With more threads than processors nobody looks twice, because the
//! one that is waited for needs the processor.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// What a thread panics with that waits for one that panicked.
pub(super) struct Abandoned;

/// A value on a cache line of its own, so that threads which wait for it disturb nobody else.
#[repr(align(128))]
struct Alone<T>(T);

/// A meeting place that can be used again and again.
pub(super) struct Barrier {
    /// Threads that are here.
    arrived: Alone<AtomicUsize>,
    /// Meetings so far.
    meetings: Alone<AtomicU32>,
    count: AtomicUsize,
    sleepers: AtomicUsize,
    /// How often a thread went to sleep here.
    slept: AtomicU64,
    abandoned: AtomicBool,
    sleep: Mutex<()>,
    wake: Condvar,
    spins: u32,
}

impl Barrier {
    /// A barrier at which threads look so many times before they sleep.
    pub(super) fn new(spins: u32) -> Self {
        Self {
            arrived: Alone(AtomicUsize::new(0)),
            meetings: Alone(AtomicU32::new(0)),
            count: AtomicUsize::new(1),
            sleepers: AtomicUsize::new(0),
            slept: AtomicU64::new(0),
            abandoned: AtomicBool::new(false),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
            spins,
        }
    }

    /// From now on `count` threads meet here; to be called while none of them is.
    pub(super) fn begin(&self, count: usize) {
        self.count.store(count, Ordering::Relaxed);
        self.arrived.0.store(0, Ordering::Relaxed);
        self.abandoned.store(false, Ordering::Relaxed);
    }

    /// Waits until all are here.
    ///
    /// # Panics
    /// With [`Abandoned`] when one of them panicked.
    pub(super) fn wait(&self) {
        if !self.passes() {
            resume_unwind(Box::new(Abandoned));
        }
    }

    /// How often a thread waited here so long that it went to sleep.
    pub(super) fn slept(&self) -> u64 {
        self.slept.load(Ordering::Relaxed)
    }

    /// Waits until all others have come here for the last time, or one of them panicked.
    pub(super) fn wait_for_rest(&self) {
        self.passes();
    }

    /// Waits until all are here; false when one of them will not come.
    fn passes(&self) -> bool {
        let meeting = self.meetings.0.load(Ordering::Acquire);
        if !self.arrives() {
            self.wait_for(meeting);
        }
        !self.abandoned.load(Ordering::Relaxed)
    }

    /// Comes here without waiting for the others.
    pub(super) fn arrive(&self) {
        self.arrives();
    }

    /// Lets everybody who waits, or will wait, go: one thread will not come.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.meet();
    }

    /// Counts this thread; true when it was the last, and the others were let go.
    fn arrives(&self) -> bool {
        let last = self.arrived.0.fetch_add(1, Ordering::AcqRel) + 1 == self.count.load(Ordering::Relaxed);
        if last {
            self.arrived.0.store(0, Ordering::Relaxed);
            self.meet();
        }
        last
    }

    fn meet(&self) {
        // Sequentially consistent, like the count of sleepers: either a thread that goes to sleep sees the meeting, or
        // it is seen here.
        self.meetings.0.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.sleep.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    fn wait_for(&self, meeting: u32) {
        let waits =
            || self.meetings.0.load(Ordering::SeqCst) == meeting && !self.abandoned.load(Ordering::Relaxed);
        for _ in 0..self.spins {
            if !waits() {
                return;
            }
            std::hint::spin_loop();
        }
        self.slept.fetch_add(1, Ordering::Relaxed);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let mut guard = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        while waits() {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        drop(guard);
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}
