//! Where threads that work on one step wait for each other.
//!
//! A step of a small network takes a few microseconds and its threads meet a few times in it, so whoever waits looks
//! again and again for a while; only then does it go to sleep. With more threads than processors nobody looks twice,
//! because the one that is waited for needs the processor. Who is here and which meeting it is stands in one word: what
//! a meeting costs is carrying cache lines from one processor to the other.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// What a thread panics with that waits for one that panicked.
pub(super) struct Abandoned;

/// A value on a cache line of its own, so that threads which wait for it disturb nobody else.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Alone<T>(pub(super) T);

/// One meeting, in [`Barrier::state`]; below it, how many threads have come to the present one.
const MEETING: u64 = 1 << 32;

/// A meeting place that can be used again and again.
pub(super) struct Barrier {
    /// Meetings so far, and threads that are here.
    state: Alone<AtomicU64>,
    count: AtomicU32,
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
            state: Alone(AtomicU64::new(0)),
            count: AtomicU32::new(1),
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
        if self.count.load(Ordering::Relaxed) != count as u32 {
            self.count.store(count as u32, Ordering::Relaxed);
        }
        if self.abandoned.swap(false, Ordering::Relaxed) {
            // Whoever came to the meeting that did not take place is forgotten.
            let state = self.state.0.load(Ordering::Relaxed);
            self.state.0.store((state / MEETING + 1) * MEETING, Ordering::Relaxed);
        }
    }

    /// Waits until all are here.
    ///
    /// # Panics
    /// With [`Abandoned`] when one of them panicked.
    pub(super) fn wait(&self) {
        let before = self.state.0.fetch_add(1, Ordering::AcqRel);
        let meeting = before / MEETING;
        if before % MEETING + 1 == u64::from(self.count.load(Ordering::Relaxed)) {
            // Sequentially consistent, like the count of sleepers: either a thread that goes to sleep sees the next meeting,
            // or it is seen here.
            // An exchange and no store: emulators of other processors let a load overtake a store.
            self.state.0.swap((meeting + 1) * MEETING, Ordering::SeqCst);
            self.wake_sleepers();
        } else {
            self.wait_for(|| self.state.0.load(Ordering::SeqCst) / MEETING != meeting);
        }
        if self.abandoned.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Abandoned));
        }
    }

    /// Lets everybody who waits, or will wait, go: one thread will not come.
    pub(super) fn abandon(&self) {
        self.abandoned.swap(true, Ordering::SeqCst);
        self.wake_sleepers();
    }

    /// How often a thread waited here so long that it went to sleep.
    pub(super) fn slept(&self) -> u64 {
        self.slept.load(Ordering::Relaxed)
    }

    fn wake_sleepers(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.sleep.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Waits until `is_over`, or a thread has abandoned the others.
    fn wait_for(&self, is_over: impl Fn() -> bool) {
        let waits = || !is_over() && !self.abandoned.load(Ordering::SeqCst);
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
