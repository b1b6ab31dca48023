//! How fast this processor multiplies and adds at best, measured.
//!
//! A share of a peak says something only when the peak is one of this machine, at the clock that it holds under this
//! load, with as many threads at work. So the peak is measured, by a loop that does nothing but fused multiply-adds on
//! registers: as many independent chains as hide the latency of one, no memory, no shuffles. The loops are written
//! with intrinsics, because a loop of arrays is kept in registers by some compilers and not by others.
//!
//! The nominal peak is cores × lanes × pipes × 2 × clock, with a measured clock: a chain of dependent integer
//! operations, one per cycle on every processor of the last twenty years. How many registers of multiply-adds a core
//! takes per cycle is not something that a processor tells. Zen 4 is recognised: it has the instructions of AVX-512 and
//! units of 256 bits, so that each takes two passes, one register per cycle in all. Elsewhere the loop decides, as
//! Intel's manual recommends for its processors with one or two units of 512 bits: the nominal number is the smallest
//! usual one (1, 2, 4 or 6) that is not clearly below the measured. A machine so busy that no round of the loop ran
//! undisturbed can be taken for one with fewer units; then the measured peak is as wrong.
//!
//! Cores are counted as the processors that the process may use over the threads of a core that CPUID names; a machine
//! that shows the threads of one core as cores of their own, as virtual ones do, is believed. The clock is that of the
//! calling thread's core, while the others work as well.

#![allow(unsafe_code, reason = "code for an instruction set runs after the processor was asked for it")]

use super::Isa;
use crate::Float;
use std::hint::{self, black_box};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Seconds that a round should take at least: long beside the start of all threads, short beside the turns that a
/// system gives to programs, so that some rounds run undisturbed where others are at work too.
const ROUND: f64 = 1e-3;
/// Rounds of a loop, of which the fastest counts.
const ROUNDS: usize = 200;
/// Steps of the first round.
const FIRST_STEPS: u64 = 1 << 10;
/// How often the steps of a round are doubled at most: some milliseconds then, also by a clock that stands still.
const MOST_DOUBLINGS: usize = 9;
/// Operations of one step of the clock's chain.
const CHAIN: u64 = 64;

/// The best that a number of threads can do in one precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// 10⁹ additions and multiplications per second, all threads together, as measured.
    pub gflops: f64,
    /// The same as cores, lanes, pipes and clock would have it.
    pub nominal_gflops: f64,
    /// 10⁹ cycles per second of the core that the calling thread was on.
    pub clock_ghz: f64,
}

impl Peak {
    /// Measures for about half a second, by a `clock` that gives seconds, with `threads` threads at the same time.
    ///
    /// More threads than processors take turns and add nothing, so no more are started; what the system does not grant
    /// is left out. A clock that stands still gives infinities.
    pub fn measure<F: Float>(isa: Isa, threads: usize, clock: &dyn Fn() -> f64) -> Self {
        Self::in_rounds::<F>(ROUNDS, isa, threads.min(processors()), clock)
    }

    fn in_rounds<F: Float>(rounds: usize, isa: Isa, threads: usize, clock: &dyn Fn() -> f64) -> Self {
        let MultiplyAdds { run, registers, lanes } = MultiplyAdds::of::<F>(isa);
        // The clock before and after: it moves while one looks at it, and the multiply-adds had the faster of the two.
        let hertz = || CHAIN as f64 / fastest(rounds / 2, threads, clock, chain).1.own;
        let hertz_before = hertz();
        let (threads, step) = fastest(rounds, threads, clock, run);
        let hertz = hertz_before.max(hertz());
        let (cores, registers, per_register) =
            (threads.min(cores()) as f64, registers as f64, 2.0 * lanes as f64);
        let per_second = registers * threads as f64 / step.all;
        // One thread has a core for itself more often than all of them have all cores, but may share it with another.
        let pipes = pipes(isa, f64::max(per_second / cores, registers / step.own) / hertz);
        Self {
            gflops: per_second * per_register / 1e9,
            nominal_gflops: cores * pipes * per_register * hertz / 1e9,
            clock_ghz: hertz / 1e9,
        }
    }

    /// The higher of two: what disturbs a measurement makes it lower.
    #[must_use]
    pub fn higher(self, other: Self) -> Self {
        if other.gflops > self.gflops { other } else { self }
    }
}

/// A loop of multiply-adds, and what one step of it does.
#[derive(Clone, Copy)]
struct MultiplyAdds {
    /// Runs so many steps.
    run: fn(u64),
    /// Registers that a step multiplies and adds.
    registers: usize,
    /// Numbers in a register.
    lanes: usize,
}

impl MultiplyAdds {
    fn of<F: Float>(isa: Isa) -> Self {
        // Without registers of several numbers, or on x86-64 without the instruction, one number at a time.
        registers::multiply_adds::<F>(isa).unwrap_or(Self {
            run: one_by_one::<F>,
            registers: CHAINS,
            lanes: 1,
        })
    }
}

/// Independent chains where there are 32 registers: four pipes with a latency of four need 16.
const CHAINS: usize = 24;

/// The two operands that all chains share. Chains tend to 1, or grow until a summand is lost beside them: nothing
/// becomes subnormal or infinite.
fn operands<F: Float>() -> (F, F) {
    black_box((F::from_f64(0.75), F::from_f64(0.25)))
}

/// The loop for any processor. On x86-64 each multiply-add is a call of the C library.
fn one_by_one<F: Float>(steps: u64) {
    let (x, y) = operands::<F>();
    let mut chains = [y; CHAINS];
    for _ in 0..steps {
        for chain in &mut chains {
            *chain = Float::mul_add(*chain, x, y);
        }
    }
    black_box(chains);
}

/// A chain of dependent operations of one cycle each. Additions and exclusive ors in turn cannot be drawn together.
fn chain(steps: u64) {
    let (a, b) = black_box((3_u64, 5_u64));
    let mut x = a;
    for _ in 0..steps {
        for _ in 0..CHAIN / 2 {
            x = x.wrapping_add(a) ^ b;
        }
    }
    black_box(x);
}

/// How many threads worked, and the seconds per step of `work` in the fastest of the rounds that all do at once.
fn fastest(rounds: usize, threads: usize, clock: &dyn Fn() -> f64, work: fn(u64)) -> (usize, Seconds) {
    let steps = steps_of_a_round(clock, work);
    let crew = Crew { steps, round: AtomicU64::new(0), done: AtomicU64::new(0) };
    thread::scope(|scope| {
        let helper = |_| thread::Builder::new().spawn_scoped(scope, || crew.help(work)).ok();
        let helpers = (1..threads).map_while(helper).count() as u64;
        let _dismissed_at_the_end = Dismissal(&crew);
        let mut best = crew.round(helpers, clock, work);
        let rounds = if best.all > 0.0 { rounds } else { 1 };
        for _ in 1..rounds {
            let seconds = crew.round(helpers, clock, work);
            best = Seconds { own: best.own.min(seconds.own), all: best.all.min(seconds.all) };
        }
        let steps = steps as f64;
        (helpers as usize + 1, Seconds { own: best.own / steps, all: best.all / steps })
    })
}

/// How many steps take [`ROUND`] seconds, found by the calling thread alone.
fn steps_of_a_round(clock: &dyn Fn() -> f64, work: fn(u64)) -> u64 {
    let mut steps = FIRST_STEPS;
    for _ in 0..MOST_DOUBLINGS {
        let seconds = |_| {
            let start = clock();
            work(steps);
            clock() - start
        };
        // Somebody else may have had the processor for a while, but not three times.
        if (0..3).map(seconds).fold(f64::INFINITY, f64::min) >= ROUND {
            break;
        }
        steps *= 2;
    }
    steps
}

/// How long a round took.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seconds {
    /// Until the calling thread was done.
    own: f64,
    /// Until all were.
    all: f64,
}

/// What threads that work in rounds share.
struct Crew {
    /// Steps of a round.
    steps: u64,
    /// The number of the round, from 1, or [`NO_MORE`].
    round: AtomicU64,
    /// Helpers that are done, over all rounds.
    done: AtomicU64,
}

/// In place of a round: helpers go home.
const NO_MORE: u64 = u64::MAX;

/// Sends the helpers home when it goes out of scope, also in a panic of the clock.
struct Dismissal<'a>(&'a Crew);

impl Drop for Dismissal<'_> {
    fn drop(&mut self) {
        self.0.round.store(NO_MORE, Ordering::Release);
    }
}

impl Crew {
    /// Lets everyone do the steps of a round.
    fn round(&self, helpers: u64, clock: &dyn Fn() -> f64, work: fn(u64)) -> Seconds {
        let round = self.round.load(Ordering::Relaxed) + 1;
        let start = clock();
        self.round.store(round, Ordering::Release);
        work(self.steps);
        let own = clock() - start;
        wait_until(|| self.done.load(Ordering::Acquire) == round * helpers);
        Seconds { own, all: clock() - start }
    }

    /// The life of a helper.
    fn help(&self, work: fn(u64)) {
        let mut seen = 0;
        loop {
            wait_until(|| self.round.load(Ordering::Acquire) != seen);
            seen = self.round.load(Ordering::Acquire);
            if seen == NO_MORE {
                return;
            }
            work(self.steps);
            self.done.fetch_add(1, Ordering::Release);
        }
    }
}

/// How often a thread looks before it offers its processor to others: longer than between two rounds.
const LOOKS: u32 = 10_000;

/// Waits for what another thread does. One that yields at once loses its turn where other programs are at work, and
/// the next round begins without it; one that never yields keeps the other from running where processors are few.
fn wait_until(done: impl Fn() -> bool) {
    let mut looks = 0;
    while !done() {
        if looks < LOOKS {
            looks += 1;
            hint::spin_loop();
        } else {
            thread::yield_now();
        }
    }
}

/// Cores that these processors are.
fn cores() -> usize {
    processors().div_ceil(threads_per_core())
}

/// Processors that the process may use.
fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Registers of multiply-adds that a core takes per cycle, where so many were `measured`.
fn pipes(isa: Isa, measured: f64) -> f64 {
    if isa.name() == "avx512" && is_zen_4() {
        return 1.0;
    }
    // What is measured is a little above the truth at most: by as much as the clock has risen since.
    [1.0, 2.0, 4.0].into_iter().find(|pipes| measured <= 1.1 * pipes).unwrap_or(6.0)
}

/// Defines a loop for an instruction set: chains of `multiply_add(chain, x, y)`, which is chain·x + y or chain + x·y.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! chains {
    ($name:ident, $features:literal, $kind:ty, $chains:expr, $splat:ident, $multiply_add:ident) => {
        #[target_feature(enable = $features)]
        fn $name(steps: u64) {
            let (x, y) = operands::<$kind>();
            let (x, y) = ($splat(x), $splat(y));
            let mut chains = [y; $chains];
            for _ in 0..steps {
                for chain in &mut chains {
                    *chain = $multiply_add(*chain, x, y);
                }
            }
            black_box(chains);
        }
    };
}

use registers::{is_zen_4, threads_per_core};

/// The loops in intrinsics, and what the processor says about itself.
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::{CHAINS, MultiplyAdds, operands};
    use crate::Float;
    use crate::cpu::Isa;
    use std::arch::x86_64::{
        __cpuid, __cpuid_count, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_set1_pd, _mm256_set1_ps,
        _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_set1_pd, _mm512_set1_ps,
    };
    use std::hint::black_box;

    chains!(avx512_f32, "avx512f", f32, CHAINS, _mm512_set1_ps, _mm512_fmadd_ps);
    chains!(avx512_f64, "avx512f", f64, CHAINS, _mm512_set1_pd, _mm512_fmadd_pd);
    chains!(avx2_f32, "avx2,fma", f32, 12, _mm256_set1_ps, _mm256_fmadd_ps);
    chains!(avx2_f64, "avx2,fma", f64, 12, _mm256_set1_pd, _mm256_fmadd_pd);

    /// The loop for an instruction set with fused multiply-adds.
    pub(super) fn multiply_adds<F: Float>(isa: Isa) -> Option<MultiplyAdds> {
        let (run, registers, lanes): (fn(u64), _, _) = match (isa.name(), F::NAME) {
            // SAFETY: an `Isa` of this name is handed out only where the processor has these instructions.
            ("avx512", "f32") => (|steps| unsafe { avx512_f32(steps) }, CHAINS, 16),
            // SAFETY: as above.
            ("avx512", _) => (|steps| unsafe { avx512_f64(steps) }, CHAINS, 8),
            // SAFETY: as above.
            ("avx2", "f32") => (|steps| unsafe { avx2_f32(steps) }, 12, 8),
            // SAFETY: as above.
            ("avx2", _) => (|steps| unsafe { avx2_f64(steps) }, 12, 4),
            _ => return None,
        };
        Some(MultiplyAdds { run, registers, lanes })
    }

    /// AMD's family 25 in the models that Linux lists as Zen 4.
    pub(super) fn is_zen_4() -> bool {
        let vendor = __cpuid(0);
        let is_amd = [vendor.ebx, vendor.edx, vendor.ecx] == ["Auth", "enti", "cAMD"].map(word);
        let signature = __cpuid(1).eax;
        let family = (signature >> 8 & 0xf) + (signature >> 20 & 0xff);
        let model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
        is_amd && family == 25 && matches!(model, 0x10..=0x1f | 0x60..=0xaf)
    }

    /// The first level of the extended topology, where the processor has that leaf and the level is that of threads.
    pub(super) fn threads_per_core() -> usize {
        if __cpuid(0).eax < 0xb {
            return 1;
        }
        let level = __cpuid_count(0xb, 0);
        if level.ecx >> 8 & 0xff == 1 { (level.ebx as usize & 0xffff).max(1) } else { 1 }
    }

    /// Four letters as CPUID has them.
    fn word(letters: &str) -> u32 {
        letters.bytes().rev().fold(0, |word, letter| word << 8 | u32::from(letter))
    }
}

/// The loops in intrinsics. NEON is in the base set, whatever the instruction set is called.
#[cfg(target_arch = "aarch64")]
mod registers {
    use super::{CHAINS, MultiplyAdds, operands};
    use crate::Float;
    use crate::cpu::Isa;
    use std::arch::aarch64::{vdupq_n_f32, vdupq_n_f64, vfmaq_f32, vfmaq_f64};
    use std::hint::black_box;

    chains!(neon_f32, "neon", f32, CHAINS, vdupq_n_f32, vfmaq_f32);
    chains!(neon_f64, "neon", f64, CHAINS, vdupq_n_f64, vfmaq_f64);

    pub(super) fn multiply_adds<F: Float>(_: Isa) -> Option<MultiplyAdds> {
        let (run, lanes): (fn(u64), _) = match F::NAME {
            // SAFETY: every processor of this family that the standard library is made for has NEON.
            "f32" => (|steps| unsafe { neon_f32(steps) }, 4),
            // SAFETY: as above.
            _ => (|steps| unsafe { neon_f64(steps) }, 2),
        };
        Some(MultiplyAdds { run, registers: CHAINS, lanes })
    }

    pub(super) fn is_zen_4() -> bool {
        false
    }

    /// Processors of this family whose cores run several threads are rare, and do not say so.
    pub(super) fn threads_per_core() -> usize {
        1
    }
}

/// Nothing is known of other processors.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod registers {
    use super::MultiplyAdds;
    use crate::cpu::Isa;

    pub(super) fn multiply_adds<F>(_: Isa) -> Option<MultiplyAdds> {
        None
    }

    pub(super) fn is_zen_4() -> bool {
        false
    }

    pub(super) fn threads_per_core() -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A clock by which every look at it takes a second.
    fn clock() -> impl Fn() -> f64 {
        let now = Cell::new(0.0);
        move || now.replace(now.get() + 1.0)
    }

    /// By that clock all have done [`FIRST_STEPS`] steps after two seconds, the caller after one: what comes out is
    /// counted, not timed.
    #[test]
    fn the_peak_counts_two_operations_per_lane_and_thread() {
        for &isa in Isa::available() {
            for threads in [1, 3] {
                let loops = [MultiplyAdds::of::<f32>(isa), MultiplyAdds::of::<f64>(isa)];
                let measured = [
                    Peak::in_rounds::<f32>(2, isa, threads, &clock()),
                    Peak::in_rounds::<f64>(2, isa, threads, &clock()),
                ];
                for (MultiplyAdds { registers, lanes, .. }, peak) in loops.into_iter().zip(measured) {
                    let numbers = (registers * lanes * threads) as f64 * FIRST_STEPS as f64;
                    let links = (CHAIN * FIRST_STEPS) as f64;
                    let near = |a: f64, b: f64| (a - b).abs() < 1e-12 * b;
                    assert!(near(peak.gflops, 2.0 * numbers / 2.0 / 1e9), "{isa:?}: {peak:?}");
                    assert!(near(peak.clock_ghz, links / 1e9), "{isa:?}: {peak:?}");
                }
            }
        }
    }

    #[test]
    fn the_nominal_peak_is_a_whole_number_of_registers_per_cycle_and_core() {
        for &isa in Isa::available() {
            let peak = Peak::in_rounds::<f32>(2, isa, 1, &clock());
            let lanes = MultiplyAdds::of::<f32>(isa).lanes as f64;
            let pipes = peak.nominal_gflops / (2.0 * lanes * peak.clock_ghz);
            assert!([1.0, 2.0, 4.0, 6.0].iter().any(|n| (n - pipes).abs() < 1e-9), "{isa:?}: {pipes}");
        }
    }

    #[test]
    fn pipes_are_the_fewest_that_explain_what_was_measured() {
        let generic = *Isa::available().last().unwrap();
        for (measured, expected) in [(0.3, 1.0), (1.02, 1.0), (1.2, 2.0), (2.05, 2.0), (3.6, 4.0), (5.9, 6.0)]
        {
            assert_eq!(pipes(generic, measured), expected, "{measured}");
        }
    }

    #[test]
    fn a_clock_that_stands_still_ends_all_the_same() {
        let (threads, seconds) = fastest(3, 2, &|| 0.0, |_| ());
        assert_eq!((threads, seconds), (2, Seconds { own: 0.0, all: 0.0 }));
    }

    #[test]
    fn every_thread_works_in_every_round() {
        // Three looks of the caller alone at how long it takes, then five rounds of three threads.
        static STEPS: AtomicU64 = AtomicU64::new(0);
        fastest(5, 3, &clock(), |steps| _ = STEPS.fetch_add(steps, Ordering::Relaxed));
        assert_eq!(STEPS.load(Ordering::Relaxed), (3 + 3 * 5) * FIRST_STEPS);
    }

    #[test]
    fn of_two_measurements_the_higher_counts() {
        let peak = |gflops| Peak { gflops, nominal_gflops: 2.0 * gflops, clock_ghz: 1.0 };
        assert_eq!(peak(1.0).higher(peak(2.0)), peak(2.0));
        assert_eq!(peak(2.0).higher(peak(1.0)), peak(2.0));
    }
}
