//! Which mistakes give the printed digits, and which of them is the likeliest.
//!
//! Every hypothesis is a computation: a reading of the earlier claims, at most one slip in it, and the whole matrix that
//! comes out. A number's causes are the hypotheses whose entry has its digits. Digits are few, so several do, some by
//! accident; what tells them apart is the rest of the claim. A mistake that is made everywhere must explain all wrong
//! numbers and leave no right one, a mistake in one entry need not. So a score begins with how likely people make the
//! mistake, and falls with every number of the claim that speaks against it.

use chainrule::Matrix;

use crate::claim::{Kind, Quantity};

use super::author::{Author, Known, Route};
use super::cause::Cause;
use super::digits::{Match, Number};
use super::page::{Page, Past, Reading};
use super::slip::{Candidate, Reach, Slip, slips};

/// What following an earlier wrong claim starts with: above every slip.
const FOLLOWED: f64 = 6.0;
/// For an author who reads what no other reading needs.
const ODD_READING: f64 = -0.3;
/// For digits that were cut off as well.
const CUT: f64 = -1.5;
/// For each wrong number that is only nearly explained.
const INEXACT: f64 = 0.1;
/// For a slip in something that was not written down.
const UNWRITTEN: f64 = -2.0;
/// What a slip scores that needs no other explanation beside it.
const LIKELY: f64 = 0.0;
/// For a slip on top of an earlier wrong claim.
const COMPOUND: f64 = -3.0;

/// Some way to a claim's numbers.
struct Hypothesis {
    causes: Vec<Vec<Cause>>,
    values: Matrix<f64>,
    score: f64,
    reach: Reach,
}

/// One explanation of one number.
#[derive(Clone, Debug)]
pub(crate) struct Explanation {
    /// The causes together; more than one where a slip follows a wrong claim.
    pub causes: Vec<Cause>,
    /// What the author had before rounding.
    pub value: f64,
    score: f64,
}

/// A claim whose numbers are to be explained.
pub(crate) struct Target<'a> {
    /// What stands before it.
    pub page: &'a Page<'a>,
    /// What is claimed, under its first name.
    pub quantity: Quantity,
    /// The numbers, row after row, in our orientation.
    pub numbers: &'a [Number],
    /// Which of them are wrong.
    pub wrong: &'a [bool],
    /// What is right.
    pub right: &'a Matrix<f64>,
}

/// For every number of the claim its explanations, likeliest first; none for those that are not wrong.
///
/// With them the values of the likeliest way that explains all of the claim, if there is one.
pub(crate) fn explain(target: &Target<'_>) -> (Vec<Vec<Explanation>>, Option<Matrix<f64>>) {
    let mut hypotheses = following(target);
    hypotheses.extend(slipping(target));
    // Guesses about what nobody wrote down are many; they are not needed where something likelier explains all.
    if !hypotheses
        .iter()
        .any(|hypothesis| hypothesis.score >= LIKELY && Objections::new(target, hypothesis).none())
    {
        hypotheses.extend(slipping_unwritten(target));
    }
    let mut explanations = scored(target, &hypotheses);
    let whole = hypotheses.iter().filter(|hypothesis| target.come_from(hypothesis.values.values()));
    let whole = whole.max_by(|one, other| one.score.total_cmp(&other.score));
    let is_open = |(explanations, &wrong): (&Vec<Explanation>, &bool)| wrong && explanations.is_empty();
    for fallback in [following_replaced, both] {
        if !target.page.has_wrong() || !explanations.iter().zip(target.wrong).any(is_open) {
            break;
        }
        let more = scored(target, &fallback(target));
        for (explanations, more) in explanations.iter_mut().zip(more).filter(|(one, _)| one.is_empty()) {
            *explanations = more;
        }
    }
    (explanations, whole.map(|hypothesis| hypothesis.values.clone()))
}

impl Target<'_> {
    /// Whether all numbers have the digits of these values.
    fn come_from(&self, values: &[f64]) -> bool {
        values.len() == self.numbers.len()
            && self.numbers.iter().zip(values).all(|(number, &value)| number.comes_from(value).is_some())
    }
}

/// A reading of the page, with a claim that another one has replaced and is read all the same.
struct Read<'a> {
    known: Known,
    route: Route,
    instead: Option<&'a Past>,
    score: f64,
}

/// No slip of its own: what comes out of earlier wrong claims.
fn following(target: &Target<'_>) -> Vec<Hypothesis> {
    let mut reads = Vec::new();
    if target.page.has_wrong() {
        // Of readings that explain the same, the first says what the author went on with.
        for reading in [Reading::Meant, Reading::Printed, Reading::WrongOnly] {
            for route in [Route::Usual, Route::Other] {
                reads.push(Read { known: target.page.known(reading), route, instead: None, score: FOLLOWED });
            }
        }
    }
    followed(target, &reads)
}

/// The same, reading claims that a later one has replaced.
fn following_replaced(target: &Target<'_>) -> Vec<Hypothesis> {
    let reads = target.page.replaced().map(|past| {
        let mut known = target.page.known(Reading::Printed);
        known.insert(past.quantity, past.printed.clone());
        Read { known, route: Route::Usual, instead: Some(past), score: FOLLOWED }
    });
    followed(target, &reads.collect::<Vec<_>>())
}

fn followed(target: &Target<'_>, reads: &[Read<'_>]) -> Vec<Hypothesis> {
    let mut hypotheses = Vec::new();
    for read in reads {
        let author = Author::new(target.page.step, &read.known, read.route);
        let values = author.compute(target.quantity, Slip::Nothing);
        let causes = carriers(target, read, &values);
        if causes.iter().any(|causes| !causes.is_empty()) {
            hypotheses.push(Hypothesis { causes, values, score: read.score, reach: Reach::Any });
        }
    }
    hypotheses
}

/// For every entry the wrong claims without which it would be another, the weightiest first.
fn carriers(target: &Target<'_>, read: &Read<'_>, values: &Matrix<f64>) -> Vec<Vec<Cause>> {
    let Read { known, route, instead, .. } = read;
    let repaired = target.page.without(known, *route, target.quantity, *instead, Past::is_wrong);
    let of_entry = |i: usize| {
        let (value, number) = (values.values()[i], target.numbers[i]);
        let mut moved: Vec<(f64, usize, bool)> = repaired
            .iter()
            .map(|(claim, without)| {
                let without = without.values()[i];
                ((without - value).abs(), *claim, !number.is_near(without))
            })
            .filter(|(change, ..)| *change > 0.0)
            .collect();
        if moved.iter().any(|(.., is_needed)| *is_needed) {
            moved.retain(|(.., is_needed)| *is_needed);
        }
        moved.sort_by(|one, other| other.0.total_cmp(&one.0));
        moved.into_iter().map(|(_, claim, _)| Cause::Carried(claim)).collect()
    };
    (0..target.numbers.len()).map(of_entry).collect()
}

/// One slip, all before it right.
fn slipping(target: &Target<'_>) -> Vec<Hypothesis> {
    let page = target.page;
    let mut ways = vec![(Reading::Exact, Route::Usual, 0.0)];
    if !page.past.is_empty() {
        ways.push((Reading::Repaired, Route::Usual, ODD_READING));
        ways.push((Reading::Repaired, Route::Other, 2.0 * ODD_READING));
    }
    let hypotheses = ways.into_iter().flat_map(|(reading, route, score)| {
        let known = page.known(reading);
        with_slips(target, &known, route, score)
    });
    hypotheses.collect()
}

/// One slip before the claim, in what is not on the page.
fn slipping_unwritten(target: &Target<'_>) -> Vec<Hypothesis> {
    let ways = [(Reading::Exact, 0.0), (Reading::Repaired, ODD_READING)];
    let is_of_use =
        |(reading, _): &(Reading, f64)| *reading == Reading::Exact || !target.page.past.is_empty();
    let ways = ways.into_iter().filter(is_of_use);
    ways.flat_map(|(reading, score)| {
        with_unwritten_slips(target, &target.page.known(reading), score + UNWRITTEN)
    })
    .collect()
}

fn with_slips(target: &Target<'_>, known: &Known, route: Route, score: f64) -> Vec<Hypothesis> {
    let author = Author::new(target.page.step, known, route);
    let candidates = slips(target.page.step, target.quantity, target.right.rows(), target.right.columns());
    let hypothesis = |candidate: &Candidate| Hypothesis {
        causes: vec![vec![candidate.cause]; target.numbers.len()],
        values: author.compute(target.quantity, candidate.slip),
        score: score + candidate.likelihood,
        reach: candidate.reach,
    };
    candidates.iter().map(hypothesis).collect()
}

/// A slip in what lies between the page and the claim, made in all of it. What confuses single entries is left out: there
/// are too many ways.
fn with_unwritten_slips(target: &Target<'_>, known: &Known, score: f64) -> Vec<Hypothesis> {
    let (step, trace_of) = (target.page.step, Author::new(target.page.step, known, Route::Usual));
    let mut hypotheses = Vec::new();
    let written: Vec<Quantity> = target.page.past.iter().map(|past| past.quantity).collect();
    let inputs = trace_of.unwritten(target.quantity).into_iter().filter(|input| {
        let is_given = !input.after && matches!(input.kind, Kind::Weights(_) | Kind::Bias(_));
        !is_given && !written.contains(input)
    });
    for input in inputs.collect::<Vec<_>>() {
        let plain = trace_of.compute(input, Slip::Nothing);
        let is_own = |candidate: &&Candidate| match candidate.slip {
            Slip::Times(_) => candidate.cause != Cause::DecimalPoint,
            Slip::Read(..) => candidate.cause == Cause::Transposed,
            Slip::Mixed(..) | Slip::SwappedTerm(_) | Slip::Gradient(_) => false,
            _ => true,
        };
        for candidate in slips(step, input, plain.rows(), plain.columns()).iter().filter(is_own) {
            let mut known = known.clone();
            known.insert(input, trace_of.compute(input, candidate.slip));
            hypotheses.push(Hypothesis {
                causes: vec![vec![candidate.cause]; target.numbers.len()],
                values: Author::new(step, &known, Route::Usual).compute(target.quantity, Slip::Nothing),
                score: score + candidate.likelihood,
                reach: Reach::All,
            });
        }
    }
    hypotheses
}

/// One slip, in a computation that follows a wrong claim.
fn both(target: &Target<'_>) -> Vec<Hypothesis> {
    let mut hypotheses = Vec::new();
    for reading in [Reading::Meant, Reading::Printed] {
        let read =
            Read { known: target.page.known(reading), route: Route::Usual, instead: None, score: COMPOUND };
        let plain =
            Author::new(target.page.step, &read.known, read.route).compute(target.quantity, Slip::Nothing);
        let carried = carriers(target, &read, &plain);
        for mut hypothesis in with_slips(target, &read.known, read.route, read.score) {
            for (causes, carried) in hypothesis.causes.iter_mut().zip(&carried) {
                let slip = std::mem::replace(causes, carried.clone());
                causes.extend(slip);
            }
            hypotheses.push(hypothesis);
        }
    }
    hypotheses
}

/// For every wrong number the hypotheses that give its digits, likeliest first.
fn scored(target: &Target<'_>, hypotheses: &[Hypothesis]) -> Vec<Vec<Explanation>> {
    let mut explanations = vec![Vec::new(); target.numbers.len()];
    for hypothesis in hypotheses {
        if hypothesis.values.values().len() != target.numbers.len() {
            continue;
        }
        let score = hypothesis.score - Objections::new(target, hypothesis).weight(hypothesis.reach);
        for (i, number) in target.numbers.iter().enumerate().filter(|(i, _)| target.wrong[*i]) {
            let (value, causes) = (hypothesis.values.values()[i], &hypothesis.causes[i]);
            let cut = match number.comes_from(value) {
                Some(Match::Nearest) => 0.0,
                // Where the right number gives the digits too when it is cut, a slip that changes nothing would do.
                Some(Match::Cut) if number.comes_from(target.right.values()[i]).is_none() => CUT,
                _ => continue,
            };
            if !causes.is_empty() {
                explanations[i].push(Explanation { causes: causes.clone(), value, score: score + cut });
            }
        }
    }
    for explanations in &mut explanations {
        explanations.sort_by(|one: &Explanation, other| other.score.total_cmp(&one.score));
    }
    explanations
}

/// What the numbers of the claim say against a hypothesis.
#[derive(Clone, Copy, Debug, Default)]
struct Objections {
    /// Wrong numbers that it does not give.
    unexplained: i32,
    /// Wrong numbers that it gives but for a unit or so.
    inexact: i32,
    /// Right numbers that would be wrong.
    contradicted: i32,
}

impl Objections {
    fn new(target: &Target<'_>, hypothesis: &Hypothesis) -> Self {
        let mut found = Self::default();
        let numbers = target.numbers.iter().zip(hypothesis.values.values());
        for ((number, &value), (&is_wrong, &right)) in
            numbers.zip(target.wrong.iter().zip(target.right.values()))
        {
            // Where the hypothesis says nothing, it cannot be contradicted.
            if value.is_nan() || number.comes_from(value).is_some() {
                continue;
            }
            if number.is_near(value) {
                found.inexact += i32::from(is_wrong);
            } else if is_wrong {
                found.unexplained += 1;
            } else if (value - right).abs() > number.unit {
                found.contradicted += 1;
            }
        }
        if hypothesis.reach == Reach::One {
            found.contradicted = 0;
        }
        found
    }

    fn none(self) -> bool {
        self.unexplained + self.inexact + self.contradicted == 0
    }

    /// By how much they make a hypothesis less likely.
    fn weight(self, reach: Reach) -> f64 {
        let (of_unexplained, of_contradicted, most) = match reach {
            Reach::One => (0.7, 0.0, 2.0),
            Reach::Any => (0.7, 0.5, 2.5),
            Reach::All => (1.2, 1.5, 4.0),
        };
        let sum = f64::from(self.unexplained) * of_unexplained
            + f64::from(self.inexact) * INEXACT
            + f64::from(self.contradicted) * of_contradicted;
        sum.min(most)
    }
}
