//! Right, rounded or wrong: one claim's numbers, from the strictest question to the most lenient.
//!
//! Does the right value round to these digits? Do they come out of the author's earlier numbers as printed, with the wrong
//! ones among them put right? Were digits cut off, and do not simply follow from a wrong number? Is the number hardly
//! off, and no further than rounded inputs allow? Then it is not wrong. Everything else is, and mistakes are tried; only
//! where none fits is a number that rounded inputs allow taken for rounded, and one that the author's wrong inputs allow
//! for carried.

use std::cell::OnceCell;

use chainrule::Matrix;
use serde::Serialize;

use crate::claim::Quantity;

use super::author::{Author, Known, Route};
use super::cause::Cause;
use super::digits::{Match, Number};
use super::hypotheses::{Explanation, Target, explain};
use super::page::{Page, Past, Reading};
use super::slip::Slip;

/// How a printed number stands to the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The right value rounds to its digits.
    Right,
    /// The digits were cut off, or come from rounded numbers that were fed forward.
    Rounded,
    /// Neither.
    Wrong,
}

/// What was found about one number.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// What makes it wrong, likeliest first.
    pub causes: Vec<Cause>,
    /// The claims whose rounded numbers were fed forward.
    pub fed: Vec<usize>,
    /// What the author had before rounding, as far as one can tell.
    pub meant: f64,
}

/// Units of the last digit by which rounded inputs put a number off without anybody asking why.
const HARDLY_OFF: f64 = 2.5;

/// Judges the numbers of a claim, given in our own orientation, row after row.
pub(crate) fn judge(
    page: &Page<'_>,
    quantity: Quantity,
    numbers: &[Number],
    right: &Matrix<f64>,
    is_transposed: bool,
) -> Vec<Judged> {
    let mut judged: Vec<Judged> =
        numbers.iter().zip(right.values()).map(|(number, &right)| by_digits(*number, right)).collect();
    if judged.iter().any(|one| one.verdict != Verdict::Right) {
        Rounding { page, quantity }.forgive(numbers, right, &mut judged);
    }
    if judged.iter().any(is_cut_off) && page.has_wrong() {
        take_back(page, quantity, numbers, right, &mut judged);
    }
    if page.has_wrong() {
        let known = page.known(Reading::Meant);
        let followed = Author::new(page.step, &known, Route::Usual).compute(quantity, Slip::Nothing);
        keep_meaning(numbers, &followed, &mut judged, |one| one.verdict == Verdict::Right);
    }
    let wrong: Vec<bool> = judged.iter().map(|one| one.verdict == Verdict::Wrong).collect();
    if wrong.contains(&true) {
        let target = Target { page, quantity, numbers, wrong: &wrong, right };
        let (explanations, whole) = explain(&target);
        if let Some(whole) = whole {
            // What looks rounded comes of the mistake too, if all that stands beside it does.
            keep_meaning(numbers, &whole, &mut judged, |one| one.verdict != Verdict::Wrong);
        }
        for ((one, explanations), &is_wrong) in judged.iter_mut().zip(&explanations).zip(&wrong) {
            if is_wrong {
                name_causes(one, explanations);
            }
        }
        if judged.iter().any(is_unexplained) {
            allow(&target, &mut judged);
        }
    }
    if is_transposed {
        for one in &mut judged {
            one.verdict = Verdict::Wrong;
            one.causes.insert(0, Cause::Transposed);
        }
    }
    judged
}

fn by_digits(number: Number, right: f64) -> Judged {
    let (verdict, meant) = match number.comes_from(right) {
        Some(Match::Nearest) => (Verdict::Right, right),
        Some(Match::Cut) => (Verdict::Rounded, right),
        None => (Verdict::Wrong, number.value),
    };
    Judged { verdict, causes: Vec::new(), fed: Vec::new(), meant }
}

fn is_unexplained(one: &Judged) -> bool {
    one.verdict == Verdict::Wrong && one.causes.is_empty()
}

fn is_cut_off(one: &Judged) -> bool {
    one.verdict == Verdict::Rounded && one.fed.is_empty()
}

/// Digits that look cut off, but are what the author's wrong numbers round to, are wrong.
fn take_back(
    page: &Page<'_>,
    quantity: Quantity,
    numbers: &[Number],
    right: &Matrix<f64>,
    judged: &mut [Judged],
) {
    let known = page.known(Reading::Printed);
    let followed = Author::new(page.step, &known, Route::Usual).compute(quantity, Slip::Nothing);
    let pairs = numbers.iter().zip(followed.values().iter().zip(right.values()));
    for (one, (number, (&followed, &right))) in
        judged.iter_mut().zip(pairs).filter(|(one, _)| is_cut_off(one))
    {
        // Only where the wrong numbers move the value by more than their own rounding could.
        let is_moved = (followed - right).abs() > number.unit / 2.0;
        if is_moved && number.comes_from(followed) == Some(Match::Nearest) {
            *one = Judged { verdict: Verdict::Wrong, meant: followed, ..one.clone() };
        }
    }
}

/// A number may come of a mistake that does not show in its digits; what follows from it shows it.
fn keep_meaning(
    numbers: &[Number],
    values: &Matrix<f64>,
    judged: &mut [Judged],
    is_open: fn(&Judged) -> bool,
) {
    for (one, (number, &value)) in judged.iter_mut().zip(numbers.iter().zip(values.values())) {
        if is_open(one) && number.comes_from(value) == Some(Match::Nearest) {
            one.meant = value;
        }
    }
}

fn name_causes(one: &mut Judged, explanations: &[Explanation]) {
    for explanation in explanations {
        for &cause in &explanation.causes {
            if !one.causes.contains(&cause) {
                one.causes.push(cause);
            }
        }
    }
    if let Some(first) = explanations.first() {
        one.meant = first.value;
    }
}

/// What becomes of a quantity when rounded numbers are fed forward, in one way.
struct Way {
    route: Route,
    known: Known,
    values: Matrix<f64>,
    /// What it would be with one claim exact instead; by claim.
    without: OnceCell<Vec<(usize, Matrix<f64>)>>,
}

/// The ways in which rounded numbers may have been fed forward.
struct Rounding<'a> {
    page: &'a Page<'a>,
    quantity: Quantity,
}

/// So many claims that are read at once are tried in all combinations of rounded and exact.
const MOST_MIXED: usize = 5;

impl Rounding<'_> {
    /// Takes back what is wrong or cut off, where rounded inputs explain it.
    fn forgive(&self, numbers: &[Number], right: &Matrix<f64>, judged: &mut [Judged]) {
        let known = self.page.known(Reading::Repaired);
        let ways = [Route::Usual, Route::Other].map(|route| self.way(route, known.clone()));
        for is_like in [|found| found == Match::Nearest, |found| found == Match::Cut] {
            for way in &ways {
                self.forgive_digits(way, is_like, numbers, judged);
            }
        }
        if judged.iter().any(|one| one.verdict == Verdict::Wrong) {
            for way in self.mixed() {
                self.forgive_digits(&way, |found| found == Match::Nearest, numbers, judged);
            }
        }
        let is_open = |i: usize, one: &Judged| {
            let off = (numbers[i].value - right.values()[i]).abs();
            one.verdict == Verdict::Wrong && off <= HARDLY_OFF * numbers[i].unit
        };
        if judged.iter().enumerate().any(|(i, one)| is_open(i, one)) {
            for way in &ways {
                self.forgive_room(way, numbers, judged, is_open);
            }
        }
    }

    fn way(&self, route: Route, known: Known) -> Way {
        let values = Author::new(self.page.step, &known, route).compute(self.quantity, Slip::Nothing);
        Way { route, known, values, without: OnceCell::new() }
    }

    /// Some of the claims read as printed, the others as they were before rounding.
    fn mixed(&self) -> Vec<Way> {
        let (page, known) = (self.page, self.page.known(Reading::Repaired));
        let read = Author::new(page.step, &known, Route::Usual).read_for(self.quantity);
        if read.len() > MOST_MIXED {
            return Vec::new();
        }
        let unrounded = page.known(Reading::Unrounded);
        let all = (1_usize << read.len()) - 1;
        let mixture = |exact: usize| {
            let mut known = known.clone();
            let is_exact = |(p, _): &(usize, &Quantity)| exact >> p & 1 == 1;
            for (_, quantity) in read.iter().enumerate().filter(is_exact) {
                known.extend(unrounded.get(quantity).map(|value| (*quantity, value.clone())));
            }
            self.way(Route::Usual, known)
        };
        (1..all.max(1)).map(mixture).collect()
    }

    /// Where the digits come out of this way.
    fn forgive_digits(
        &self,
        way: &Way,
        is_like: fn(Match) -> bool,
        numbers: &[Number],
        judged: &mut [Judged],
    ) {
        let pairs = numbers.iter().zip(way.values.values());
        for (i, (one, (number, &value))) in judged.iter_mut().zip(pairs).enumerate() {
            let is_open = one.verdict == Verdict::Wrong || (is_cut_off(one) && is_like(Match::Nearest));
            if is_open && number.comes_from(value).is_some_and(is_like) {
                self.feed(way, i, *number, one, value);
            }
        }
    }

    /// Where the number is no further from this way than rounded inputs allow.
    fn forgive_room(
        &self,
        way: &Way,
        numbers: &[Number],
        judged: &mut [Judged],
        is_open: impl Fn(usize, &Judged) -> bool,
    ) {
        let slack = self.page.slack(&way.known, way.route, self.quantity);
        let room = slack.values().iter().zip(numbers).map(|(slack, number)| slack + number.unit / 2.0);
        for (i, (one, room)) in judged.iter_mut().zip(room).enumerate() {
            let number = numbers[i];
            if is_open(i, one) && (number.value - way.values.values()[i]).abs() <= room {
                self.feed(way, i, number, one, number.value);
            }
        }
    }

    /// Calls a number rounded, and names the claims that it comes from.
    fn feed(&self, way: &Way, i: usize, number: Number, one: &mut Judged, meant: f64) {
        let fed = self.sources(way, i, number);
        if !fed.is_empty() {
            *one = Judged { verdict: Verdict::Rounded, causes: Vec::new(), fed, meant };
        }
    }

    /// The claims without whose rounding the digits would be others; all that move the value, if no single one does.
    fn sources(&self, way: &Way, i: usize, number: Number) -> Vec<usize> {
        let without = way
            .without
            .get_or_init(|| self.page.without(&way.known, way.route, self.quantity, None, |_| true));
        let of = |is_source: &dyn Fn(f64) -> bool| -> Vec<usize> {
            without.iter().filter(|(_, v)| is_source(v.values()[i])).map(|(claim, _)| *claim).collect()
        };
        let needed = of(&|value| number.comes_from(value).is_none());
        if needed.is_empty() { of(&|value| value != way.values.values()[i]) } else { needed }
    }
}

/// For numbers that no mistake explains: what the rounding of the author's own inputs allows.
fn allow(target: &Target<'_>, judged: &mut [Judged]) {
    let (page, quantity) = (target.page, target.quantity);
    let rounding = Rounding { page, quantity };
    let way = rounding.way(Route::Usual, page.known(Reading::Repaired));
    rounding.forgive_room(&way, target.numbers, judged, |_, one| is_unexplained(one));
    if !page.has_wrong() {
        return;
    }
    let printed = page.known(Reading::Printed);
    let followed = rounding.way(Route::Usual, printed.clone()).values;
    let room = page.slack(&printed, Route::Usual, quantity);
    let repaired = page.without(&printed, Route::Usual, quantity, None, Past::is_wrong);
    for (i, one) in judged.iter_mut().enumerate().filter(|(_, one)| is_unexplained(one)) {
        let (number, value) = (target.numbers[i], followed.values()[i]);
        let room = room.values()[i] + number.unit / 2.0;
        // Enough for what follows from it; what is no larger than the rounding says nothing.
        let is_carried = |without: f64| (without - value).abs() > 2.0 * room;
        if (number.value - value).abs() <= room {
            let carriers = repaired.iter().filter(|(_, without)| is_carried(without.values()[i]));
            one.causes.extend(carriers.map(|(claim, _)| Cause::Carried(*claim)));
        }
    }
}
