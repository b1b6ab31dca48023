//! What stands on the author's page when a number is written: the earlier claims, and in which sense they are read.
//!
//! Somebody may go on from the digits on the page or from the unrounded number in a calculator's memory, from a wrong
//! number or, where it was only a misprint, from the right one. Each is a [`Reading`] of the same claims.

use chainrule::Matrix;

use crate::claim::Quantity;
use crate::step::Step;

use super::author::{Author, Known, Route};
use super::slip::{Slip, entry};

/// A claim that has been judged.
pub(crate) struct Past {
    /// Its place in the list of claims.
    pub claim: usize,
    /// What was claimed, under its first name.
    pub quantity: Quantity,
    /// The digits as written.
    pub printed: Matrix<f64>,
    /// Half a unit of each.
    pub half_units: Matrix<f64>,
    /// What the author had before rounding, as far as one can tell.
    pub meant: Matrix<f64>,
    /// What is right.
    pub right: Matrix<f64>,
    /// 1 where it is wrong, 0 elsewhere.
    pub wrong: Matrix<f64>,
}

/// In which sense earlier claims are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Not at all: everything is computed from what the step gives.
    Exact,
    /// As printed, but right where they are wrong.
    Repaired,
    /// As they were before rounding, but right where they are wrong.
    Unrounded,
    /// As printed.
    Printed,
    /// As printed where they are wrong, exact elsewhere.
    WrongOnly,
    /// As the author had them before rounding.
    Meant,
}

/// The claims that an author looks back on.
pub(crate) struct Page<'a> {
    /// The step.
    pub step: &'a Step,
    /// The claims, oldest first.
    pub past: &'a [Past],
}

impl Past {
    /// Whether any of its numbers is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong.values().contains(&1.0)
    }

    fn read(&self, reading: Reading) -> Matrix<f64> {
        Matrix::from_fn(self.right.rows(), self.right.columns(), |r, c| {
            let is_wrong = entry(&self.wrong, r, c) == 1.0;
            let from = match reading {
                Reading::Exact => &self.right,
                Reading::Repaired | Reading::Unrounded if is_wrong => &self.right,
                Reading::WrongOnly if !is_wrong => &self.right,
                Reading::Repaired | Reading::Printed | Reading::WrongOnly => &self.printed,
                Reading::Unrounded | Reading::Meant => &self.meant,
            };
            entry(from, r, c)
        })
    }
}

impl<'a> Page<'a> {
    /// The latest claim of each quantity, in the order in which they stand.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &'a Past> + '_ {
        let last = |quantity| self.past.iter().rposition(|past| past.quantity == quantity);
        self.past
            .iter()
            .enumerate()
            .filter(move |(p, past)| last(past.quantity) == Some(*p))
            .map(|(_, past)| past)
    }

    /// Claims that a later one of the same quantity replaced.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = &'a Past> + '_ {
        self.past
            .iter()
            .enumerate()
            .filter(|(p, past)| self.past[p + 1..].iter().any(|later| later.quantity == past.quantity))
            .map(|(_, past)| past)
    }

    /// Whether anything on the page is wrong.
    pub(crate) fn has_wrong(&self) -> bool {
        self.past.iter().any(Past::is_wrong)
    }

    /// What is known in a reading.
    pub(crate) fn known(&self, reading: Reading) -> Known {
        if reading == Reading::Exact {
            return Known::new();
        }
        self.latest().map(|past| (past.quantity, past.read(reading))).collect()
    }

    /// By claim, what becomes of a quantity when that claim is read as right; only of the latest claims, and of those
    /// that `among` lets through. `instead` is an older claim that was read for its quantity.
    pub(crate) fn without(
        &self,
        known: &Known,
        route: Route,
        quantity: Quantity,
        instead: Option<&'a Past>,
        among: impl Fn(&Past) -> bool,
    ) -> Vec<(usize, Matrix<f64>)> {
        let read = Author::new(self.step, known, route).read_for(quantity);
        let is_replaced = |past: &Past| instead.is_some_and(|instead| instead.quantity == past.quantity);
        let claims = self.latest().filter(|past| !is_replaced(past)).chain(instead);
        let claims = claims.filter(|past| among(past) && read.contains(&past.quantity));
        let repaired = claims.map(|past| {
            let mut known = known.clone();
            known.insert(past.quantity, past.right.clone());
            (past.claim, Author::new(self.step, &known, route).compute(quantity, Slip::Nothing))
        });
        repaired.collect()
    }

    /// By how much a quantity moves when all that is read moves by half a unit of its last digit, each the worse way.
    pub(crate) fn slack(&self, known: &Known, route: Route, quantity: Quantity) -> Matrix<f64> {
        /// Above so many numbers on the page nobody computes by hand.
        const MOST_NUMBERS: usize = 2000;
        let author = Author::new(self.step, known, route);
        let read = author.read_for(quantity);
        let value = author.compute(quantity, Slip::Nothing);
        let mut slack = Matrix::zeros(value.rows(), value.columns());
        let relevant: Vec<&Past> = self.latest().filter(|past| read.contains(&past.quantity)).collect();
        if relevant.iter().map(|past| past.right.values().len()).sum::<usize>() > MOST_NUMBERS {
            return slack;
        }
        let mut moved = known.clone();
        for past in relevant {
            for i in 0..past.right.values().len() {
                let Some(matrix) = moved.get_mut(&past.quantity) else { continue };
                let before = matrix.values()[i];
                matrix.values_mut()[i] = before + past.half_units.values()[i];
                let after = Author::new(self.step, &moved, route).compute(quantity, Slip::Nothing);
                for (slack, (after, before)) in
                    slack.values_mut().iter_mut().zip(after.values().iter().zip(value.values()))
                {
                    *slack += (after - before).abs();
                }
                if let Some(matrix) = moved.get_mut(&past.quantity) {
                    matrix.values_mut()[i] = before;
                }
            }
        }
        slack
    }
}
