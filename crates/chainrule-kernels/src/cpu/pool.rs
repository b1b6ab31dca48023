//! A small pool of threads that shares out the tiles of one operation at a time.
//!
//! A training step is a long row of short parallel sections, some of them a few microseconds, so a section must
//! cost little: nothing is allocated, the calling thread works too, tasks are claimed from a counter, and a
//! helper waits for the next section by spinning for a moment before it goes to sleep. Where the machine has
//! fewer processors than the pool has threads, nobody spins.
//!
//! There are two kinds of sections. In one of tasks whoever is awake claims the next task; in one of a
//! [team](Pool::team) every thread has a part of its own, the same one in every section, so that what it works on
//! stays in its cache, and threads meet at a [`Barrier`] within the section: a whole training step is one section.
//!
//! A section of tasks does not wait for helpers that are still asleep. The [gate](Shared::gate) counts those who came in
//! while it was open; the caller closes it when no task is left and waits for these alone. A helper that wakes
//! up late finds the gate closed and never sees the tasks of a section that is over, which is why they may live
//! on the caller's stack.
//!
//! Helpers are started by the first section. A process forks with one thread: its copy of the pool has no
//! helpers, notices that it was forked, and starts its own.

#![allow(unsafe_code, reason = "tasks on the caller's stack are lent to other threads")]

use super::barrier::{Abandoned, Alone, Barrier};
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, Thread};

/// How often a helper looks at the gate before it goes to sleep: some 10 µs.
const SPINS: u32 = 1000;

/// The bit of [`Shared::gate`] that says whether helpers may come in.
const OPEN: u64 = 1 << 32;
/// The bits of [`Shared::gate`] that count the helpers inside or, in the section of a team, its members.
const INSIDE: u64 = OPEN - 1;
/// The bit of [`Shared::gate`] that says whether the section is a team's.
const TEAM: u64 = 1 << 33;
/// One section, in the bits of [`Shared::gate`] that count sections.
const SECTION: u64 = 1 << 34;

/// A pool of threads, the calling one among them.
pub(crate) struct Pool {
    threads: usize,
    team: Mutex<Option<Team>>,
}

/// The helpers of one process.
struct Team {
    /// How often the process had been forked off others when the team was started.
    forks: u64,
    shared: Arc<Shared>,
    helpers: Vec<Helper>,
}

struct Helper {
    asleep: Arc<AtomicBool>,
    handle: JoinHandle<()>,
}

/// What the caller and its helpers share.
struct Shared {
    /// Number of sections so far, whether the last is open and a team's, and how many helpers are inside.
    gate: Alone<AtomicU64>,
    /// The tasks of the section; written by the caller while the gate is closed and nobody is inside.
    section: UnsafeCell<Option<Section>>,
    /// The next task to be claimed.
    next: AtomicUsize,
    /// Tasks that helpers have done, in all sections so far.
    helped: AtomicU64,
    /// Members of a team, the caller left out, that are done with their part.
    done: Alone<AtomicUsize>,
    /// The caller, while it sleeps until others are done.
    caller: Mutex<Option<Thread>>,
    /// Whether it does.
    caller_sleeps: AtomicBool,
    /// Where the members of a team meet.
    barrier: Barrier,
    /// What the first panic of a task said.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// Whether there was one.
    panicked: AtomicBool,
    stop: AtomicBool,
    spins: u32,
}

/// The tasks of one section. In that of a team, task i is thread i's.
#[derive(Clone, Copy)]
struct Section {
    task: *const (dyn Fn(usize) + Sync),
    tasks: usize,
}

/// A thread of a team, as the work of the team sees it.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    /// Which one, from 0.
    pub(crate) index: usize,
    /// How many there are.
    pub(crate) count: usize,
    barrier: Option<&'a Barrier>,
}

impl Member<'_> {
    /// Waits until every member of the team is here.
    pub(crate) fn meet(self) {
        if let Some(barrier) = self.barrier {
            barrier.wait();
        }
    }
}

/// Says at the barrier that a member will not come any more, because it panicked.
struct Farewell<'a>(&'a Barrier);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.abandon();
        }
    }
}

// SAFETY: `section` is written only by the thread that holds `Pool::team`, while the gate is closed and counts
// nobody inside; helpers read it only between coming in and leaving. The gate's atomic operations order the two.
// The pointer in a section is to a `Sync` closure that the caller keeps alive until the last helper has left.
unsafe impl Sync for Shared {}
// SAFETY: as for `Sync`; nothing in it belongs to one thread.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of `threads` threads, at least 1.
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), team: Mutex::new(None) }
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
        if tasks > 1 && self.with_team(|team| team.run(tasks, task)) {
            return;
        }
        (0..tasks).for_each(task);
    }

    /// Runs `work` on a team of up to `wanted` threads at the same time, the caller being the first member.
    ///
    /// A team inside a section, or from a second thread while the pool is busy, is its caller alone.
    ///
    /// Returns whether a thread had to wait for another so long that it went to sleep.
    ///
    /// # Panics
    /// When a member panics, with that panic; whoever waits for it stops too.
    pub(crate) fn team(&self, wanted: usize, work: &(dyn Fn(Member<'_>) + Sync)) -> bool {
        let slept = Cell::new(0);
        let together = |team: &Team| {
            let before = team.shared.barrier.slept();
            let panic = team.together(wanted, work);
            slept.set(team.shared.barrier.slept() - before);
            panic
        };
        if wanted > 1 && self.with_team(together) {
            return slept.get() > 0;
        }
        work(Member { index: 0, count: 1, barrier: None });
        false
    }

    /// Runs a section, unless the pool has one thread or is busy; returns whether it did.
    fn with_team(&self, section: impl FnOnce(&Team) -> Option<Box<dyn Any + Send>>) -> bool {
        if self.threads == 1 {
            return false;
        }
        let mut team = match self.team.try_lock() {
            Ok(team) => team,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let panic = section(self.current(&mut team));
        drop(team);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        true
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
        if team.as_ref().is_some_and(|team| team.forks != forks()) {
            // The helpers stayed in the parent process; there is nothing here to join.
            std::mem::forget(team.take());
        }
        team.get_or_insert_with(|| Team::start(self.threads))
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
            Some(team) if team.forks == forks() => team.stop(),
            other => std::mem::forget(other),
        }
    }
}

impl Team {
    /// Starts `threads − 1` helpers, or as many as the system grants: results do not depend on their number.
    fn start(threads: usize) -> Self {
        count_forks();
        let available = thread::available_parallelism().map_or(1, usize::from);
        let spins = if available < threads { 0 } else { SPINS };
        let shared = Arc::new(Shared {
            gate: Alone(AtomicU64::new(0)),
            section: UnsafeCell::new(None),
            next: AtomicUsize::new(0),
            helped: AtomicU64::new(0),
            done: Alone(AtomicUsize::new(0)),
            caller: Mutex::new(None),
            caller_sleeps: AtomicBool::new(false),
            barrier: Barrier::new(spins),
            panic: Mutex::new(None),
            panicked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            spins,
        });
        let mut helpers = Vec::with_capacity(threads - 1);
        for index in 1..threads {
            let asleep = Arc::new(AtomicBool::new(false));
            let (of_helper, its_sleep) = (Arc::clone(&shared), Arc::clone(&asleep));
            let body = move || of_helper.help(index, &its_sleep);
            match thread::Builder::new().name(format!("chainrule-{index}")).spawn(body) {
                Ok(handle) => helpers.push(Helper { asleep, handle }),
                Err(_) => break,
            }
        }
        Self { forks: forks(), shared, helpers }
    }

    /// Runs a section; returns the panic of a task, if there was one.
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) -> Option<Box<dyn Any + Send>> {
        let shared = &*self.shared;
        // SAFETY: `section` is dropped at the end of this function, behind the wait for those inside.
        let section = unsafe { self.open(tasks, 0, task) };
        shared.work(&section);
        shared.gate.0.fetch_and(!OPEN, Ordering::SeqCst);
        shared.wait_until(|| shared.gate.0.load(Ordering::SeqCst) & INSIDE == 0);
        shared.take_panic()
    }

    /// Runs `work` on up to `wanted` threads at once; returns the panic of a member, if there was one.
    fn together(&self, wanted: usize, work: &(dyn Fn(Member<'_>) + Sync)) -> Option<Box<dyn Any + Send>> {
        let shared = &*self.shared;
        let count = wanted.min(self.helpers.len() + 1);
        let barrier = &shared.barrier;
        barrier.begin(count);
        let part = |index| {
            let _farewell = Farewell(barrier);
            work(Member { index, count, barrier: Some(barrier) });
        };
        shared.done.0.store(0, Ordering::Relaxed);
        // SAFETY: `section` is dropped at the end of this function, behind the wait for all members.
        let section = unsafe { self.open(count, TEAM | count as u64, &part) };
        shared.attempt(&section, 0);
        shared.wait_until(|| shared.done.0.load(Ordering::SeqCst) + 1 == count);
        // No helper changes the gate in a team's section.
        let gate = shared.gate.0.load(Ordering::Relaxed);
        shared.gate.0.store(gate / SECTION * SECTION, Ordering::Release);
        shared.take_panic()
    }

    /// Opens a section, with these bits in the gate, and wakes the helpers it has use for.
    ///
    /// # Safety
    /// `task` must live until the gate is closed and no helper is inside or, in the section of a team, until all members
    /// are done.
    unsafe fn open(&self, tasks: usize, bits: u64, task: &(dyn Fn(usize) + Sync)) -> Section {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. The reference is used by helpers inside the gate and by members of the team
        // alone, for whom the caller waits.
        let task =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task) };
        let section = Section { task, tasks };
        // SAFETY: `Pool::team` is locked, the gate is closed, and the last section ended with nobody inside.
        unsafe { *shared.section.get() = Some(section) };
        shared.next.store(0, Ordering::Relaxed);
        let gate = shared.gate.0.load(Ordering::Relaxed) / SECTION * SECTION;
        // Sequentially consistent, like a helper's last look at the gate after it has said that it sleeps: either
        // it sees the open gate or it is seen asleep here.
        // An exchange and no store, here and below: emulators of other processors let a load overtake a store.
        shared.gate.0.swap(gate.wrapping_add(SECTION) | OPEN | bits, Ordering::SeqCst);
        // The caller is one of those who work, so there is use for one helper less than there are tasks.
        for helper in self.helpers.iter().take(tasks - 1) {
            if helper.asleep.load(Ordering::SeqCst) && helper.asleep.swap(false, Ordering::SeqCst) {
                helper.handle.thread().unpark();
            }
        }
        section
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
    fn help(&self, index: usize, asleep: &AtomicBool) {
        let mut seen = 0;
        while let Some(gate) = self.wait_for_section(seen, asleep) {
            seen = gate / SECTION;
            let is_team = gate & TEAM != 0;
            if is_team && index as u64 >= gate & INSIDE || !is_team && !self.enter(gate) {
                continue;
            }
            // SAFETY: this thread is inside the gate, or one of the team, so the caller neither writes the section nor
            // returns.
            let Some(section) = (unsafe { *self.section.get() }) else { continue };
            if is_team {
                self.attempt(&section, index);
                self.helped.fetch_add(1, Ordering::Relaxed);
                self.done.0.fetch_add(1, Ordering::SeqCst);
            } else {
                let tasks = self.work(&section);
                self.helped.fetch_add(tasks, Ordering::Relaxed);
                self.gate.0.fetch_sub(1, Ordering::SeqCst);
            }
            // Sequentially consistent, as where the caller goes to sleep: it has seen what was just done, or is seen asleep.
            if self.caller_sleeps.load(Ordering::SeqCst)
                && let Some(caller) = &*self.caller.lock().unwrap_or_else(PoisonError::into_inner)
            {
                caller.unpark();
            }
        }
    }

    /// Waits until a section after the `seen`-th is open, and returns the gate; `None` when the pool goes.
    fn wait_for_section(&self, seen: u64, asleep: &AtomicBool) -> Option<u64> {
        let mut spins = self.spins;
        loop {
            let gate = self.gate.0.load(Ordering::SeqCst);
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
            match self.gate.0.compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Acquire) {
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
            self.attempt(section, index);
            count += 1;
        }
    }

    /// Runs one task, and keeps its panic.
    fn attempt(&self, section: &Section, index: usize) {
        // SAFETY: the caller keeps the closure alive until every thread that works has left the section.
        let task = unsafe { &*section.task };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| task(index))) {
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            // That a member was left alone is not what went wrong.
            if first.as_ref().is_none_or(|first| first.is::<Abandoned>()) {
                *first = Some(panic);
            }
            self.panicked.store(true, Ordering::Release);
            self.next.store(section.tasks, Ordering::Relaxed);
        }
    }

    /// Has the caller wait until helpers have done something; they look whether it sleeps afterwards.
    fn wait_until(&self, is_over: impl Fn() -> bool) {
        for _ in 0..self.spins {
            if is_over() {
                return;
            }
            std::hint::spin_loop();
        }
        if is_over() {
            return;
        }
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        self.caller_sleeps.swap(true, Ordering::SeqCst);
        while !is_over() {
            thread::park();
        }
        self.caller_sleeps.store(false, Ordering::SeqCst);
    }

    /// The panic of a task of the section that is over, if there was one.
    fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        if !self.panicked.load(Ordering::Acquire) {
            return None;
        }
        self.panicked.store(false, Ordering::Relaxed);
        self.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How often this process was forked off another one since the first pool was made in its line.
fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

static FORKS: AtomicU64 = AtomicU64::new(0);

/// Has the system count forks from now on: asking it for the process id in every section would cost more than the section.
#[cfg(unix)]
fn count_forks() {
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: this is the signature of the system's function.
    unsafe extern "C" {
        fn pthread_atfork(
            prepare: Option<extern "C" fn()>,
            parent: Option<extern "C" fn()>,
            child: Option<extern "C" fn()>,
        ) -> i32;
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: the handler does nothing but count, which is allowed between fork and exec.
    ONCE.call_once(|| _ = unsafe { pthread_atfork(None, None, Some(in_child)) });
}

#[cfg(not(unix))]
fn count_forks() {}

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
        Pool::new(threads)
    }

    #[test]
    fn the_members_of_a_team_work_at_the_same_time_and_meet() {
        for threads in [1, 2, 3, 8] {
            let pool = pool(threads);
            for wanted in [1, 2, threads, threads + 1] {
                let count = wanted.min(threads);
                let counters: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                for _ in 0..300 {
                    pool.team(wanted, &|member| {
                        assert_eq!(member.count, count);
                        let before = counters[member.index].fetch_add(1, Ordering::Relaxed);
                        for round in 1..4 {
                            member.meet();
                            let others = counters.iter().map(|counter| counter.load(Ordering::Relaxed));
                            others.for_each(|other| assert!(other >= before + round));
                            member.meet();
                            counters[member.index].fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
                assert!(counters.iter().all(|counter| counter.load(Ordering::Relaxed) == 1200));
            }
        }
    }

    #[test]
    fn a_member_is_the_same_thread_in_every_section() {
        let pool = pool(3);
        let threads: Vec<Mutex<BTreeSet<String>>> = (0..3).map(|_| Mutex::default()).collect();
        for _ in 0..200 {
            pool.team(3, &|member| {
                threads[member.index].lock().unwrap().insert(format!("{:?}", thread::current().id()));
            });
        }
        assert!(threads.into_iter().all(|ids| ids.into_inner().unwrap().len() == 1));
    }

    #[test]
    fn a_member_that_panics_stops_those_who_wait_for_it() {
        for threads in [1, 2, 4] {
            let pool = pool(threads);
            for bad in 0..threads {
                let work = |member: Member<'_>| {
                    if member.index == bad {
                        std::panic::panic_any("the message");
                    }
                    member.meet();
                };
                let panic = catch_unwind(AssertUnwindSafe(|| pool.team(threads, &work))).unwrap_err();
                assert_eq!(panic.downcast_ref(), Some(&"the message"));
                _ = pool.team(threads, &|member| member.meet());
            }
        }
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
    fn a_forked_process_gets_helpers_of_its_own() {
        let pool = pool(2);
        pool.run(2, &|_| ());
        let team = pool.team.lock().unwrap().take().unwrap();
        let shared = Arc::clone(&team.shared);
        let helpers: Vec<Thread> = team.helpers.iter().map(|helper| helper.handle.thread().clone()).collect();
        *pool.team.lock().unwrap() = Some(Team { forks: team.forks + 1, ..team });
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
