//! How long it takes two threads to meet, measured in cycles.
//!
//! Whether a step of some microseconds is worth sharing out depends on how far apart the processors are: a cache line
//! goes from one to the other in 40 ns within one cluster of cores and in 150 ns across a large chip, and no system tells
//! which. So two threads throw a ball: one writes a number and the other answers with it, which is what a meeting at a
//! barrier costs. The one that waits counts turns of a chain of multiplications, each of which takes three cycles
//! on every processor of the last fifteen years; the library asks no clock.

use super::barrier::Alone;
use super::pool::{Member, Pool};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Cycles of a meeting where they could not be measured, because other programs had the processors: those of a large
/// chip.
const USUAL: u64 = 600;
/// Throws of which the mean is taken.
const THROWS: u32 = 16;
/// How often it is taken; the fastest counts, since the others were disturbed.
const ROUNDS: u32 = 32;
/// Turns after which nobody waits any longer: some milliseconds.
const PATIENCE: u32 = 1 << 20;
/// Cycles of a turn: four multiplications, each of which waits for the one before.
const TURN: u64 = 4 * 3;

/// The ball, on its way there and back.
#[derive(Default)]
struct Ball {
    there: Alone<AtomicU32>,
    back: Alone<AtomicU32>,
}

/// Cycles that a meeting of two threads of the pool takes.
pub(super) fn cycles(pool: &Pool) -> u64 {
    let (ball, measured) = (Ball::default(), AtomicU64::new(USUAL));
    pool.team(2, &|member: Member<'_>| match (member.index, member.count) {
        (0, 2) => {
            if let Some(cycles) = ball.throw() {
                measured.store(cycles, Ordering::Relaxed);
            }
        }
        (1, 2) => ball.answer(),
        _ => {}
    });
    measured.into_inner()
}

impl Ball {
    /// Throws the ball and waits for it again and again; the cycles of one time, or none where it did not come back.
    fn throw(&self) -> Option<u64> {
        let mut least = u64::MAX;
        for round in 0..ROUNDS {
            let mut turns = 0;
            for throw in 1..=THROWS {
                let number = round * THROWS + throw;
                self.there.0.store(number, Ordering::Release);
                turns += u64::from(wait_for(&self.back.0, number)?);
            }
            least = least.min(turns);
        }
        Some(least * TURN / u64::from(THROWS))
    }

    /// Throws back whatever comes.
    fn answer(&self) {
        for number in 1..=ROUNDS * THROWS {
            if wait_for(&self.there.0, number).is_none() {
                return;
            }
            self.back.0.store(number, Ordering::Release);
        }
    }
}

/// Counts turns until a number is there; none when it does not come.
fn wait_for(place: &AtomicU32, number: u32) -> Option<u32> {
    let mut chain = black_box(3_u64);
    for turn in 0..PATIENCE {
        if place.load(Ordering::Acquire) == number {
            black_box(chain);
            return Some(turn);
        }
        for _ in 0..4 {
            chain = chain.wrapping_mul(chain);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_take_some_cycles_to_meet_and_one_takes_the_usual_ones() {
        assert_eq!(cycles(&Pool::new(1)), USUAL);
        for threads in [2, 3] {
            let cycles = cycles(&Pool::new(threads));
            assert!((1..TURN * u64::from(PATIENCE)).contains(&cycles), "{cycles} cycles");
        }
    }

    #[test]
    fn a_ball_that_does_not_come_back_is_not_waited_for() {
        assert_eq!(Ball::default().throw(), None);
    }
}
