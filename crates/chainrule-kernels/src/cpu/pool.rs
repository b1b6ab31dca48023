//! A small pool of threads that shares out the tiles of one operation at a time.
//!
//! A training step is a long row of short parallel sections, some of them a few microseconds, so a section must
//! cost little: nothing is allocated, the calling thread works too, tasks are claimed from a counter, and a
//! helper waits for the next section by spinning for a moment before it goes to sleep. Where the machine has
//! fewer processors than the pool has threads, nobody spins.
//!
//! A section does not wait for helpers that are still asleep. The [gate](Shared::gate) counts those who came in
//! while it was open; the caller closes it when no task is left and waits for these alone. A helper that wakes
//! up late finds the gate closed and never sees the tasks of a section that is over, which is why they may live
//! on the caller's stack.
//!
//! Helpers are started by the first section. A process forks with one thread: its copy of the pool has no
//! helpers, notices by the process id, and starts its own.

#![allow(unsafe_code, reason = "tasks on the caller's stack are lent to other threads")]

use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, Thread};

/// How often a helper looks at the gate before it goes to sleep: some 10 µs.
const SPINS: u32 = 1000;

/// The bit of [`Shared::gate`] that says whether helpers may come in.
const OPEN: u64 = 1 << 32;
/// The bits of [`Shared::gate`] that count the helpers inside.
const INSIDE: u64 = OPEN - 1;
/// One section, in the bits of [`Shared::gate`] that count sections.
const SECTION: u64 = 1 << 33;

/// A pool of threads, the calling one among them.
pub(crate) struct Pool {
    threads: usize,
    /// What each helper does once, before its first task.
    prepare: fn(),
    team: Mutex<Option<Team>>,
}

/// The helpers of one process.
struct Team {
    process: u32,
    shared: Arc<Shared>,
    helpers: Vec<Helper>,
}

struct Helper {
    asleep: Arc<AtomicBool>,
    handle: JoinHandle<()>,
}

/// What the caller and its helpers share.
struct Shared {
    /// Number of sections so far, whether the last is open, and how many helpers are inside.
    gate: AtomicU64,
    /// The tasks of the section; written by the caller while the gate is closed and nobody is inside.
    section: UnsafeCell<Option<Section>>,
    /// The next task to be claimed.
    next: AtomicUsize,
    /// Tasks that helpers have done, in all sections so far.
    helped: AtomicU64,
    /// What the first panic of a task said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
    spins: u32,
}

/// The tasks of one section.
#[derive(Clone)]
struct Section {
    task: *const (dyn Fn(usize) + Sync),
    tasks: usize,
    caller: Thread,
}

// SAFETY: `section` is written only by the thread that holds `Pool::team`, while the gate is closed and counts
// nobody inside; helpers read it only between coming in and leaving. The gate's atomic operations order the two.
// The pointer in a section is to a `Sync` closure that the caller keeps alive until the last helper has left.
unsafe impl Sync for Shared {}
// SAFETY: as for `Sync`; nothing in it belongs to one thread.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of `threads` threads, at least 1; `prepare` runs once on every helper before its first task.
    pub(crate) fn new(threads: usize, prepare: fn()) -> Self {
        Self { threads: threads.max(1), prepare, team: Mutex::new(None) }
    }

    /// How many threads work, the calling one among them.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// How many tasks threads other than the caller have done so far.
    pub(crate) fn helped(&self) -> u64 {
        let team = self.team.lock().unwrap_or_else(PoisonError::into_inner);
        team.as_ref().map_or(0, |team| team.shared.helped.load(Ordering::Relaxed))
    }

    /// Runs `task(0)`, …, `task(tasks − 1)`, each once, in any order and on any thread.
    ///
    /// A section inside a section, or from a second thread while the pool is busy, runs on its caller alone.
    ///
    /// # Panics
    /// When a task panics, with that panic; tasks that nobody has begun are left out.
    pub(crate) fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if self.threads > 1 && tasks > 1 {
            let team = match self.team.try_lock() {
                Ok(team) => Some(team),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            if let Some(mut team) = team {
                let panic = self.current(&mut team).run(tasks, task);
                drop(team);
                if let Some(panic) = panic {
                    resume_unwind(panic);
                }
                return;
            }
        }
        (0..tasks).for_each(task);
    }

    /// Gives each of `count` items to `work`, on any thread: the safe way to share out parts of one slice.
    pub(crate) fn for_each<T>(
        &self,
        count: usize,
        items: impl Iterator<Item = T> + Send,
        work: impl Fn(T) + Sync,
    ) {
        if self.threads == 1 || count <= 1 {
            return items.for_each(work);
        }
        let items = Mutex::new(items);
        self.run(count, &|_| {
            let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
            if let Some(item) = item {
                work(item);
            }
        });
    }

    /// The team of this process, started where there is none yet.
    fn current<'a>(&self, team: &'a mut Option<Team>) -> &'a Team {
        if team.as_ref().is_some_and(|team| team.process != std::process::id()) {
            // The helpers stayed in the parent process; there is nothing here to join.
            std::mem::forget(team.take());
        }
        team.get_or_insert_with(|| Team::start(self.threads, self.prepare))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let team = self.team.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        match team {
            Some(team) if team.process == std::process::id() => team.stop(),
            other => std::mem::forget(other),
        }
    }
}

impl Team {
    /// Starts `threads − 1` helpers, or as many as the system grants: results do not depend on their number.
    fn start(threads: usize, prepare: fn()) -> Self {
        let available = thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            gate: AtomicU64::new(0),
            section: UnsafeCell::new(None),
            next: AtomicUsize::new(0),
            helped: AtomicU64::new(0),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
            spins: if available < threads { 0 } else { SPINS },
        });
        let mut helpers = Vec::with_capacity(threads - 1);
        for index in 1..threads {
            let asleep = Arc::new(AtomicBool::new(false));
            let (of_helper, its_sleep) = (Arc::clone(&shared), Arc::clone(&asleep));
            let body = move || {
                prepare();
                of_helper.help(&its_sleep);
            };
            match thread::Builder::new().name(format!("chainrule-{index}")).spawn(body) {
                Ok(handle) => helpers.push(Helper { asleep, handle }),
                Err(_) => break,
            }
        }
        Self { process: std::process::id(), shared, helpers }
    }

    /// Runs a section; returns the panic of a task, if there was one.
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) -> Option<Box<dyn Any + Send>> {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. The reference is used by helpers inside the gate alone, and this
        // function returns after the gate is closed and the last of them has left.
        let task =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task) };
        let section = Section { task, tasks, caller: thread::current() };
        // SAFETY: `Pool::team` is locked, the gate is closed, and the last section ended with nobody inside.
        unsafe { *shared.section.get() = Some(section.clone()) };
        shared.next.store(0, Ordering::Relaxed);
        let gate = shared.gate.load(Ordering::Relaxed);
        // Sequentially consistent, like a helper's last look at the gate after it has said that it sleeps: either
        // it sees the open gate or it is seen asleep here.
        shared.gate.store(gate.wrapping_add(SECTION) | OPEN, Ordering::SeqCst);
        // The caller is one of those who work, so there is use for one helper less than there are tasks.
        for helper in self.helpers.iter().take(tasks - 1) {
            if helper.asleep.swap(false, Ordering::SeqCst) {
                helper.handle.thread().unpark();
            }
        }
        shared.work(&section);
        shared.gate.fetch_and(!OPEN, Ordering::AcqRel);
        shared.wait_for_helpers();
        shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn stop(self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for helper in self.helpers {
            helper.handle.thread().unpark();
            // A helper catches the panics of tasks, so it has none to report.
            let _ = helper.handle.join();
        }
    }
}

impl Shared {
    /// The life of a helper: wait for a section, work, leave.
    fn help(&self, asleep: &AtomicBool) {
        let mut seen = 0;
        while let Some(gate) = self.wait_for_section(seen, asleep) {
            seen = gate / SECTION;
            if !self.enter(gate) {
                continue;
            }
            // SAFETY: this thread is inside the gate, so the caller neither writes the section nor returns.
            let section = unsafe { (*self.section.get()).clone() };
            if let Some(section) = section {
                let tasks = self.work(&section);
                self.helped.fetch_add(tasks, Ordering::Relaxed);
                let before = self.gate.fetch_sub(1, Ordering::AcqRel);
                if before & (OPEN | INSIDE) == 1 {
                    section.caller.unpark();
                }
            }
        }
    }

    /// Waits until a section after the `seen`-th is open, and returns the gate; `None` when the pool goes.
    fn wait_for_section(&self, seen: u64, asleep: &AtomicBool) -> Option<u64> {
        let mut spins = self.spins;
        loop {
            let gate = self.gate.load(Ordering::SeqCst);
            if self.stop.load(Ordering::SeqCst) {
                return None;
            }
            if gate & OPEN != 0 && gate / SECTION != seen {
                asleep.store(false, Ordering::Relaxed);
                return Some(gate);
            }
            if spins > 0 {
                spins -= 1;
                std::hint::spin_loop();
            } else if asleep.swap(true, Ordering::SeqCst) {
                thread::park();
            }
            // Else: asleep from now on as far as the caller knows, and one more look at the gate.
        }
    }

    /// Comes in, if the section that was seen in `gate` is still open.
    fn enter(&self, mut gate: u64) -> bool {
        let section = gate / SECTION;
        while gate & OPEN != 0 && gate / SECTION == section {
            match self.gate.compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => gate = now,
            }
        }
        false
    }

    /// Claims and runs tasks until none is left; returns how many it were.
    fn work(&self, section: &Section) -> u64 {
        let mut count = 0;
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= section.tasks {
                return count;
            }
            // SAFETY: the caller keeps the closure alive until every thread that works has left the section.
            let task = unsafe { &*section.task };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| task(index))) {
                self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
                self.next.store(section.tasks, Ordering::Relaxed);
            }
            count += 1;
        }
    }

    /// Waits, after the gate was closed, until nobody is inside.
    fn wait_for_helpers(&self) {
        let mut spins = self.spins;
        while self.gate.load(Ordering::Acquire) & INSIDE != 0 {
            if spins > 0 {
                spins -= 1;
                std::hint::spin_loop();
            } else {
                thread::park();
            }
        }
    }
}

/// As many threads as this process may use: the processors it is allowed (on Linux also by its control group), or
/// fewer where `OMP_NUM_THREADS` says so.
pub(crate) fn available_threads() -> usize {
    let available = thread::available_parallelism().map_or(1, usize::from);
    let wanted = std::env::var("OMP_NUM_THREADS").ok().and_then(|text| first_count(&text));
    wanted.map_or(available, |wanted| wanted.min(available))
}

/// The first number of a list such as `4,2`, as OpenMP writes it; none for 0 or text.
fn first_count(text: &str) -> Option<usize> {
    text.split(',').next()?.trim().parse().ok().filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicU32;

    fn pool(threads: usize) -> Pool {
        Pool::new(threads, || ())
    }

    #[test]
    fn every_task_runs_once_for_any_number_of_threads_and_tasks() {
        for threads in [1, 2, 3, 8] {
            let pool = pool(threads);
            for tasks in [0, 1, 2, 3, 7, 64, 1000] {
                let runs: Vec<AtomicU32> = (0..tasks).map(|_| AtomicU32::new(0)).collect();
                pool.run(tasks, &|i| _ = runs[i].fetch_add(1, Ordering::Relaxed));
                assert!(runs.iter().all(|runs| runs.load(Ordering::Relaxed) == 1), "{threads} × {tasks}");
            }
        }
    }

    #[test]
    fn many_short_sections_lose_no_task() {
        let pool = pool(3);
        let sum = AtomicUsize::new(0);
        for _ in 0..20_000 {
            pool.run(4, &|i| _ = sum.fetch_add(i + 1, Ordering::Relaxed));
        }
        assert_eq!(sum.into_inner(), 20_000 * 10);
    }

    #[test]
    fn items_are_handed_out_once_each() {
        let pool = pool(4);
        let mut values = vec![0_u32; 1003];
        let chunks = values.chunks_mut(10).enumerate();
        pool.for_each(101, chunks, |(i, chunk)| chunk.iter_mut().for_each(|x| *x += i as u32 + 1));
        assert!(values.iter().enumerate().all(|(i, &x)| x == i as u32 / 10 + 1));
    }

    #[test]
    fn one_thread_starts_no_thread_and_others_really_work() {
        let here = thread::current().id();
        let alone = pool(1);
        alone.run(100, &|_| assert_eq!(thread::current().id(), here));
        assert!(alone.team.lock().unwrap().is_none());
        assert_eq!(alone.helped(), 0);

        let pair = pool(2);
        let barrier = std::sync::Barrier::new(2);
        let who = Mutex::new(BTreeSet::new());
        // Each task waits for the other, so one thread alone would never end.
        pair.run(2, &|_| {
            barrier.wait();
            who.lock().unwrap().insert(format!("{:?}", thread::current().id()));
        });
        assert_eq!(who.into_inner().unwrap().len(), 2);
        assert_eq!(pair.helped(), 1);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_stays_usable() {
        for threads in [1, 2, 4] {
            let pool = pool(threads);
            for bad in [0, 5, 63] {
                let task = |i| {
                    if i == bad {
                        std::panic::panic_any("the message");
                    }
                };
                let run = || pool.run(64, &task);
                let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
                assert_eq!(panic.downcast_ref(), Some(&"the message"));
                let runs = AtomicU32::new(0);
                pool.run(10, &|_| _ = runs.fetch_add(1, Ordering::Relaxed));
                assert_eq!(runs.into_inner(), 10);
            }
        }
    }

    #[test]
    fn a_section_within_a_section_and_two_callers_at_once_both_end() {
        let pool = pool(2);
        let runs = AtomicU32::new(0);
        pool.run(4, &|_| pool.run(4, &|_| _ = runs.fetch_add(1, Ordering::Relaxed)));
        assert_eq!(runs.load(Ordering::Relaxed), 16);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    (0..500).for_each(|_| pool.run(8, &|_| _ = runs.fetch_add(1, Ordering::Relaxed)));
                });
            }
        });
        assert_eq!(runs.into_inner(), 16 + 3 * 500 * 8);
    }

    #[test]
    fn another_process_id_gets_helpers_of_its_own() {
        let pool = pool(2);
        pool.run(2, &|_| ());
        let team = pool.team.lock().unwrap().take().unwrap();
        let shared = Arc::clone(&team.shared);
        let helpers: Vec<Thread> = team.helpers.iter().map(|helper| helper.handle.thread().clone()).collect();
        *pool.team.lock().unwrap() = Some(Team { process: team.process ^ 1, ..team });
        let barrier = std::sync::Barrier::new(2);
        pool.run(2, &|_| _ = barrier.wait());
        assert!(!Arc::ptr_eq(&shared, &pool.team.lock().unwrap().as_ref().unwrap().shared));
        // The threads that play the helpers of the other process must not outlive the test.
        shared.stop.store(true, Ordering::SeqCst);
        helpers.iter().for_each(Thread::unpark);
    }

    #[test]
    fn the_thread_variable_is_read_as_openmp_writes_it() {
        assert_eq!(first_count("4"), Some(4));
        assert_eq!(first_count(" 3, 2"), Some(3));
        for wrong in ["", "0", "many", "-1"] {
            assert_eq!(first_count(wrong), None, "{wrong:?}");
        }
    }
}
