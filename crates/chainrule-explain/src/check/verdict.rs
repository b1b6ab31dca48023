//! Right, rounded or wrong: one claim's numbers, from the strictest question to the most lenient.
//!
//! Does the right value round to these digits? Do they come out of the author's earlier numbers as printed, with the wrong
//! ones among them put right? Were digits cut off, and do not simply follow from a wrong number? Is the number hardly
//! off, and no further than rounded inputs allow? Then it is not wrong. Everything else is, and mistakes are tried; only
//! where none fits is a number that rounded inputs allow taken for rounded, and one that the author's wrong inputs allow
//! for carried.

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
        Rounding::new(page, quantity, right).forgive(numbers, right, &mut judged);
    }
    if judged.iter().any(is_cut_off) && page.has_wrong() {
        take_back(page, quantity, numbers, right, &mut judged);
    }
    let wrong: Vec<bool> = judged.iter().map(|one| one.verdict == Verdict::Wrong).collect();
    if wrong.contains(&true) {
        let target = Target { page, quantity, numbers, wrong: &wrong, right };
        let explanations = explain(&target);
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

/// What becomes of a quantity when rounded numbers are fed forward.
struct Rounding<'a> {
    page: &'a Page<'a>,
    quantity: Quantity,
    known: Known,
    ways: Vec<(Route, Matrix<f64>)>,
}

impl<'a> Rounding<'a> {
    fn new(page: &'a Page<'a>, quantity: Quantity, right: &Matrix<f64>) -> Self {
        let known = page.known(Reading::Repaired);
        let way = |route| (route, Author::new(page.step, &known, route).compute(quantity, Slip::Nothing));
        let ways = [Route::Usual, Route::Other].into_iter().map(way);
        let ways = ways.filter(|(_, values)| values.values().len() == right.values().len()).collect();
        Self { page, quantity, known, ways }
    }

    /// Takes back what is wrong or cut off, where rounded inputs explain it.
    fn forgive(&self, numbers: &[Number], right: &Matrix<f64>, judged: &mut [Judged]) {
        for is_like in [|found| found == Match::Nearest, |found| found == Match::Cut] {
            for (route, values) in &self.ways {
                for (i, one) in judged.iter_mut().enumerate() {
                    let is_open = one.verdict == Verdict::Wrong
                        || (one.verdict == Verdict::Rounded && one.fed.is_empty() && is_like(Match::Nearest));
                    if is_open && numbers[i].comes_from(values.values()[i]).is_some_and(is_like) {
                        self.feed(*route, i, numbers[i], one, values.values()[i]);
                    }
                }
            }
        }
        let hardly_off =
            |number: &Number, right: f64| (number.value - right).abs() <= HARDLY_OFF * number.unit;
        let is_open = |i: usize, one: &Judged| {
            one.verdict == Verdict::Wrong && hardly_off(&numbers[i], right.values()[i])
        };
        if !judged.iter().enumerate().any(|(i, one)| is_open(i, one)) {
            return;
        }
        for (route, values) in &self.ways {
            let slack = self.page.slack(&self.known, *route, self.quantity);
            for (i, one) in judged.iter_mut().enumerate() {
                let room = slack.values()[i] + numbers[i].unit / 2.0;
                if is_open(i, one) && (numbers[i].value - values.values()[i]).abs() <= room {
                    self.feed(*route, i, numbers[i], one, numbers[i].value);
                }
            }
        }
    }

    /// Calls a number rounded, and names the claims that it comes from.
    fn feed(&self, route: Route, i: usize, number: Number, one: &mut Judged, meant: f64) {
        let fed = self.sources(route, i, number);
        if !fed.is_empty() {
            *one = Judged { verdict: Verdict::Rounded, causes: Vec::new(), fed, meant };
        }
    }

    /// The claims without whose rounding the digits would be others; all that move the value, if no single one does.
    fn sources(&self, route: Route, i: usize, number: Number) -> Vec<usize> {
        let without = self.page.without(&self.known, route, self.quantity, None, |_| true);
        let of = |is_source: &dyn Fn(f64) -> bool| -> Vec<usize> {
            without.iter().filter(|(_, v)| is_source(v.values()[i])).map(|(claim, _)| *claim).collect()
        };
        let needed = of(&|value| number.comes_from(value).is_none());
        if !needed.is_empty() {
            return needed;
        }
        let Some((_, values)) = self.ways.iter().find(|(other, _)| *other == route) else { return needed };
        of(&|value| value != values.values()[i])
    }
}

/// For numbers that no mistake explains: what the rounding of the author's own inputs allows.
fn allow(target: &Target<'_>, judged: &mut [Judged]) {
    let (page, quantity) = (target.page, target.quantity);
    let repaired = page.known(Reading::Repaired);
    let value = |known: &Known| Author::new(page.step, known, Route::Usual).compute(quantity, Slip::Nothing);
    let slack = |known: &Known| page.slack(known, Route::Usual, quantity);
    let (right, room) = (value(&repaired), slack(&repaired));
    let rounding = Rounding::new(page, quantity, target.right);
    for (i, one) in judged.iter_mut().enumerate().filter(|(_, one)| is_unexplained(one)) {
        let number = target.numbers[i];
        if (number.value - right.values()[i]).abs() <= room.values()[i] + number.unit / 2.0 {
            rounding.feed(Route::Usual, i, number, one, number.value);
        }
    }
    if !page.has_wrong() {
        return;
    }
    let printed = page.known(Reading::Printed);
    let (followed, room) = (value(&printed), slack(&printed));
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
