//! Whether short steps are better made alone.
//!
//! Two threads that meet four times in five microseconds must both be running all the time. Where other programs want the
//! processors too they are not, and a step takes as long as the system lets a thread wait: a hundred times longer than it
//! would on one thread. Nobody can ask the system beforehand; but a thread that goes to sleep at a meeting of a short step
//! has noticed. After a few such steps in a row the next ones are made by one thread, and then it is tried again. The
//! number of threads changes no bit of a result, so it may change at any time.

/// Restless runs of steps in a row before threads part.
const PATIENCE: u32 = 2;
/// Steps alone, at first and at most.
const ALONE: (u32, u32) = (2048, 1 << 17);
/// Calm steps in a row after which the first number counts again.
const CALM: u32 = 1024;

/// How threads got on with each other lately.
#[derive(Clone, Debug)]
pub(super) struct Company {
    restless: u32,
    calm: u32,
    /// Steps still to be made alone.
    alone: u32,
    /// Steps that threads part for the next time.
    parting: u32,
}

impl Default for Company {
    fn default() -> Self {
        Self { restless: 0, calm: 0, alone: 0, parting: ALONE.0 }
    }
}

impl Company {
    /// How many threads are to make the next `steps` steps, where `wanted` would be best on an idle machine.
    pub(super) fn team(&mut self, wanted: usize, steps: usize) -> usize {
        if self.alone == 0 {
            return wanted;
        }
        self.alone = self.alone.saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX));
        1
    }

    /// Takes note of a run of steps, and of whether a thread went to sleep in it.
    pub(super) fn note(&mut self, slept: bool, steps: usize) {
        if self.alone > 0 {
            return;
        }
        if !slept {
            self.restless = 0;
            self.calm = self.calm.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
            if self.calm >= CALM {
                self.parting = ALONE.0;
            }
            return;
        }
        (self.restless, self.calm) = (self.restless + 1, 0);
        if self.restless >= PATIENCE {
            self.restless = 0;
            self.alone = self.parting;
            self.parting = (2 * self.parting).min(ALONE.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_part_after_some_restless_steps_in_a_row_and_try_again_later() {
        let mut company = Company::default();
        let restless = |company: &mut Company| {
            for _ in 0..PATIENCE {
                assert_eq!(company.team(2, 1), 2);
                company.note(true, 1);
            }
            (0..2 * ALONE.1).take_while(|_| company.team(2, 1) == 1).count() as u32
        };
        assert_eq!(restless(&mut company), ALONE.0);
        // The step that ended the count above was made by both.
        company.note(false, 1);
        assert_eq!(restless(&mut company), 2 * ALONE.0);
        for _ in 0..CALM {
            company.note(false, 1);
        }
        assert_eq!(restless(&mut company), ALONE.0);
    }

    #[test]
    fn a_single_restless_step_changes_nothing() {
        let mut company = Company::default();
        for step in 0..1000 {
            assert_eq!(company.team(3, 1), 3);
            company.note(step % 2 == 0, 1);
        }
    }
}
