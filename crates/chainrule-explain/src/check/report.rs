//! Judgements for people and for programs.
//!
//! The text names every claim, so that a reader sees that nothing was passed over, but spends words only on numbers that
//! are not right. The JSON is one object per number, with the keys of the interface.

use std::fmt::Write as _;

use chainrule::{Error, Result};

use super::{Cause, Judgement, Verdict};
use crate::render::number::{DIGITS, printed};

/// Columns of the text.
const WIDTH: usize = 80;

/// The judgements as a list to be read, 80 columns wide.
pub fn text(judgements: &[Judgement]) -> String {
    let mut out = String::new();
    let mut rest = judgements;
    while let Some(first) = rest.first() {
        let n = rest.iter().take_while(|one| one.claim == first.claim).count();
        let (claim, later) = rest.split_at(n);
        claim_text(&mut out, claim, judgements);
        rest = later;
    }
    let count = |verdict| judgements.iter().filter(|one| one.verdict == verdict).count();
    let (right, rounded, wrong) = (count(Verdict::Right), count(Verdict::Rounded), count(Verdict::Wrong));
    let _ = writeln!(out, "\n{} numbers: {right} right, {rounded} rounded, {wrong} wrong", judgements.len());
    out
}

/// The judgements as a JSON array.
///
/// # Errors
/// None that a judgement can cause; what the serializer says is passed on.
pub fn json(judgements: &[Judgement]) -> Result<String> {
    serde_json::to_string_pretty(judgements)
        .map_err(|error| Error::configuration(format!("the judgements cannot be written as JSON: {error}")))
}

/// One claim: a line when all of it is right, otherwise a line for each number that is not.
fn claim_text(out: &mut String, claim: &[Judgement], all: &[Judgement]) {
    let Some(first) = claim.first() else { return };
    let place = if first.place.is_empty() { String::new() } else { format!(" ({})", first.place) };
    let heading = format!("{:>3}  {}{place}", first.claim, first.symbol);
    let bad: Vec<&Judgement> = claim.iter().filter(|one| one.verdict != Verdict::Right).collect();
    if bad.is_empty() {
        let numbers: Vec<&str> = claim.iter().map(|one| one.printed.as_str()).collect();
        wrapped(out, &format!("{heading}: right: {}", numbers.join(", ")), 5);
        return;
    }
    if let [one] = claim {
        wrapped(out, &format!("{heading}: {}", said(one)), 5);
    } else {
        wrapped(out, &format!("{heading}: {} of {} right", claim.len() - bad.len(), claim.len()), 5);
    }
    for (i, one) in bad.iter().enumerate() {
        if claim.len() > 1 {
            wrapped(out, &format!("     [{}] {}", at(one), said(one)), 9);
        }
        // What several numbers have in common is said once, below the last of them.
        let why = reasons(one, all);
        if bad.get(i + 1).is_some_and(|next| reasons(next, all) == why) {
            continue;
        }
        for line in why {
            wrapped(out, &format!("       {line}"), 9);
        }
    }
}

fn said(one: &Judgement) -> String {
    let verdict = if one.verdict == Verdict::Wrong { "wrong" } else { "rounded" };
    // Beside what the author wrote, in the author's sign.
    let right = if one.written.negated { -one.right } else { one.right };
    format!("{} is {verdict}, right is {}", one.printed, as_text(right))
}

fn at(one: &Judgement) -> String {
    let places: Vec<String> = one.index.iter().map(|place| (place + 1).to_string()).collect();
    places.join(",")
}

fn as_text(value: f64) -> String {
    let number = printed(value, DIGITS);
    number.exponent.map_or(number.mantissa.clone(), |exponent| format!("{}·10^{exponent}", number.mantissa))
}

/// Why, one reason a line.
fn reasons(one: &Judgement, all: &[Judgement]) -> Vec<String> {
    let named = |claim: usize| {
        let found = all.iter().find(|other| other.claim == claim);
        found.map_or_else(|| format!("claim {claim}"), |found| format!("{} of claim {claim}", found.symbol))
    };
    let list = |claims: &[usize]| claims.iter().map(|&claim| named(claim)).collect::<Vec<_>>().join(", ");
    match one.verdict {
        Verdict::Right => Vec::new(),
        Verdict::Rounded if one.fed.is_empty() => vec!["digits were cut off instead of rounded".into()],
        Verdict::Rounded => vec![format!("it follows from the rounded {}", list(&one.fed))],
        Verdict::Wrong if one.right.is_nan() => vec!["this step has no such quantity of this shape".into()],
        Verdict::Wrong if one.causes.is_empty() => vec!["no mistake that is known gives these digits".into()],
        Verdict::Wrong => {
            let claim = |cause: &Cause| if let Cause::Carried(claim) = cause { Some(*claim) } else { None };
            let carried: Vec<usize> = one.causes.iter().filter_map(claim).collect();
            let follows =
                (!carried.is_empty()).then(|| format!("it follows from the wrong {}", list(&carried)));
            let others = one.causes.iter().filter(|cause| claim(cause).is_none()).map(|cause| cause.words());
            follows
                .into_iter()
                .chain(others)
                .enumerate()
                .map(|(i, why)| format!("{}{why}", if i == 0 { "" } else { "or: " }))
                .collect()
        }
    }
}

/// Writes words in lines of at most 80 columns; those after the first are indented.
fn wrapped(out: &mut String, line: &str, indent: usize) {
    let lead = line.chars().take_while(|c| *c == ' ').count();
    let mut current = " ".repeat(lead);
    let mut is_begun = false;
    for word in line.split_whitespace() {
        if is_begun && current.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{current}");
            current = " ".repeat(indent);
            is_begun = false;
        }
        if is_begun {
            current.push(' ');
        }
        current.push_str(word);
        is_begun = true;
    }
    let _ = writeln!(out, "{current}");
}
