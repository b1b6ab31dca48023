//! Judging a derivation made by hand.
//!
//! A number on paper has few digits, and its author had a reason for each of them. So nothing is compared with a
//! tolerance. A number is right when the right value rounds to its digits; it suffers from rounding when the digits come
//! out of the author's own earlier, rounded numbers; and it is wrong otherwise. Why it is wrong is found by making the
//! mistake: every mistake that is known ([`Cause`]) is carried out in the computation of that quantity, from exact inputs
//! and from the author's, and those whose result has the printed digits are named. A claim that follows from an earlier
//! wrong one is wrong too, but what it says is [`Cause::Carried`], and what comes after it is judged as the author went
//! on.

mod author;
mod cause;
mod digits;
mod hypotheses;
mod page;
pub mod report;
mod slip;
mod verdict;

pub use cause::Cause;
pub use verdict::Verdict;

use chainrule::Matrix;
use serde::Serialize;

use crate::claim::{Claim, Written};
use crate::step::Step;
use crate::trace::Trace;

use author::canonical;
use digits::numbers;
use page::{Page, Past};
use verdict::judge;

/// What is to be said about one number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The symbol as the author wrote it.
    pub symbol: String,
    /// The claim it belongs to, counted from 0.
    pub claim: usize,
    /// Its place in the value as the author wrote it, from 0: nothing, a place in a list, or row and column.
    pub index: Vec<usize>,
    /// Where it was written, in the author's words.
    #[serde(rename = "where")]
    pub place: String,
    /// As it was written.
    pub printed: String,
    /// What is right in this step, in our own signs.
    pub right: f64,
    /// Whether the printed number is.
    pub verdict: Verdict,
    /// What makes it wrong, likeliest first: everything known that gives the printed digits.
    pub causes: Vec<Cause>,
    /// The claims whose rounded numbers were fed forward; none where digits were cut off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fed: Vec<usize>,
    /// How the claim lay as its author wrote it.
    #[serde(skip)]
    pub written: Written,
}

/// Judges every number of every claim, in the author's order.
pub fn check(step: &Step, claims: &[Claim]) -> Vec<Judgement> {
    let trace = Trace::new(step);
    let mut past: Vec<Past> = Vec::new();
    let mut judgements = Vec::new();
    for (c, claim) in claims.iter().enumerate() {
        let right = claim.quantity.value(step, &trace);
        let Some(layout) = Layout::of(claim, &right) else {
            judgements.extend(unreadable(c, claim));
            continue;
        };
        let flat = claim.value.iter().flatten();
        let written = numbers(flat.clone());
        let ours: Vec<_> = (0..written.len()).map(|i| written[layout.place_of(i, &right)]).collect();
        let quantity = canonical(step, claim.quantity);
        let page = Page { step, past: &past };
        let judged = judge(&page, quantity, &ours, &right, layout == Layout::Transposed);
        for (i, printed) in flat.enumerate() {
            let columns = claim.value[0].len();
            let at = layout.index_of(i, columns, &right);
            let one = &judged[at];
            judgements.push(Judgement {
                symbol: claim.symbol.clone(),
                claim: c,
                index: claim.author_index(i / columns, i % columns),
                place: claim.place.clone(),
                printed: printed.text.clone(),
                right: right.values()[at],
                verdict: one.verdict,
                causes: one.causes.clone(),
                fed: one.fed.clone(),
                written: claim.written,
            });
        }
        let matrix = |f: &dyn Fn(usize) -> f64| {
            Matrix::from_vec((0..ours.len()).map(f).collect(), right.rows(), right.columns())
        };
        past.push(Past {
            claim: c,
            quantity,
            printed: matrix(&|i| ours[i].value),
            half_units: matrix(&|i| ours[i].unit / 2.0),
            meant: matrix(&|i| judged[i].meant),
            wrong: matrix(&|i| f64::from(u8::from(judged[i].verdict == Verdict::Wrong))),
            right,
        });
    }
    judgements
}

/// How a claim lies beside the matrix that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Same,
    /// A vector written as a column instead of a row, or the other way around: no mistake.
    Turned,
    /// A matrix of the transposed shape.
    Transposed,
}

impl Layout {
    /// None where the shapes have nothing to do with each other.
    fn of(claim: &Claim, right: &Matrix<f64>) -> Option<Self> {
        let (rows, columns) = (claim.value.len(), claim.value.first()?.len());
        if columns == 0 || claim.value.iter().any(|row| row.len() != columns) {
            return None;
        }
        if (rows, columns) == (right.rows(), right.columns()) {
            return Some(Self::Same);
        }
        let is_turned = (columns, rows) == (right.rows(), right.columns());
        is_turned.then_some(if rows == 1 || columns == 1 { Self::Turned } else { Self::Transposed })
    }

    /// Where in `right` the claim's number `i` belongs, both counted row after row.
    fn index_of(self, i: usize, columns: usize, right: &Matrix<f64>) -> usize {
        if self == Self::Same { i } else { (i % columns) * right.columns() + i / columns }
    }

    /// Where in the claim the number `i` of `right` stands.
    fn place_of(self, i: usize, right: &Matrix<f64>) -> usize {
        if self == Self::Same { i } else { (i % right.columns()) * right.rows() + i / right.columns() }
    }
}

/// A claim that fits nothing in the step: its numbers are wrong, and there is nothing to compare them with.
fn unreadable(c: usize, claim: &Claim) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    for (r, row) in claim.value.iter().enumerate() {
        for (column, printed) in row.iter().enumerate() {
            judgements.push(Judgement {
                symbol: claim.symbol.clone(),
                claim: c,
                index: claim.author_index(r, column),
                place: claim.place.clone(),
                printed: printed.text.clone(),
                right: f64::NAN,
                verdict: Verdict::Wrong,
                causes: Vec::new(),
                fed: Vec::new(),
                written: claim.written,
            });
        }
    }
    judgements
}
