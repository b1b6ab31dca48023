//! What the loops of a micro-kernel must look like.
//!
//! A micro-kernel holds a tile of MR × NV vectors of sums in registers while it goes through the terms. Its loop is
//! found by that: the innermost one that has a sum, which is a register that multiply-adds alone give new values.
//! (A polynomial in an epilogue starts from a number that something else has written, in each turn anew.) Such a loop
//!
//! - has MR·NV sums: none of them waits in memory;
//! - has MR·NV multiply-adds, or a multiple where it does several terms in a turn;
//! - moves no vector from or to the stack.

use super::listing::{Function, Instruction, Processor, functions};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How many offending lines a finding shows.
const SHOWN: usize = 6;

/// Which functions are micro-kernels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernels {
    pub(super) processor: Processor,
    /// The name of the function.
    pub(super) function: &'static str,
    /// Instruction sets, each of which is a part of some kernel's path.
    pub(super) sets: &'static [&'static str],
    /// Kinds of numbers, each of which is among the generics of some kernel of every set.
    pub(super) numbers: &'static [&'static str],
}

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) kernels: usize,
    pub(super) findings: Vec<String>,
}

impl Kernels {
    /// Checks all micro-kernels of a listing.
    pub(super) fn check(self, listing: &str) -> Report {
        let mut report = Report::default();
        let named = functions(listing, self.processor, |name| last_segment(name) == self.function);
        for set in self.sets {
            let in_set = named.iter().filter(|kernel| kernel.name.to_lowercase().contains(set));
            let kernels: Vec<_> = in_set.collect();
            for kernel in &kernels {
                let found = findings(kernel).into_iter();
                report.findings.extend(found.map(|text| format!("{}: {text}", kernel.name)));
            }
            report.kernels += kernels.len();
            for number in self.numbers {
                if !kernels.iter().any(|kernel| generics(kernel.name).any(|part| part == *number)) {
                    let missing = format!("…{set}…::{}::<{number}, …, MR, NV>", self.function);
                    report.findings.push(format!("expected a function `{missing}`, found none"));
                }
            }
        }
        report
    }
}

/// The name of a function without its path and generics: `tile_kernel` of `a::tile_kernel::<f32, 6, 4>`.
fn last_segment(name: &str) -> &str {
    let mut depth = 0_usize;
    let generics = name.char_indices().rev().take_while(|(_, c)| {
        match c {
            '>' => depth += 1,
            '<' => depth = depth.saturating_sub(1),
            _ => return depth > 0,
        }
        true
    });
    let path = generics.last().map_or(name, |(start, _)| &name[..start]);
    path.trim_end_matches("::").rsplit("::").next().unwrap_or(path)
}

/// The generics of a name's last segment: `f32`, `6` and `4` of `a::tile_kernel::<f32, 6, 4>`.
fn generics(name: &str) -> impl Iterator<Item = &str> {
    let list = name.rsplit_once("::<").map_or("", |(_, list)| list);
    list.split(',').map(|part| part.trim().trim_end_matches('>'))
}

/// MR·NV from the name: the first two numbers among its generics.
fn tile(name: &str) -> Option<usize> {
    let mut numbers = generics(name).filter_map(|part| part.trim_end_matches("usize").parse::<usize>().ok());
    Some(numbers.next()? * numbers.next()?)
}

/// What is wrong with one micro-kernel.
fn findings(kernel: &Function<'_>) -> Vec<String> {
    let Some(tile) = tile(kernel.name) else {
        return vec!["expected `…::<…, MR, NV>` at the end of the name, to know the size of its tile".into()];
    };
    let loops = loops_with_sums(kernel);
    if loops.is_empty() {
        return vec![format!(
            "expected a loop that keeps {tile} sums in registers, found none that keeps any"
        )];
    }
    let bases = stack_bases(kernel);
    loops.iter().flat_map(|lines| findings_in(lines, tile, &bases)).collect()
}

fn findings_in(lines: &[Instruction<'_>], tile: usize, bases: &[&str]) -> Vec<String> {
    let (first, last) = (lines[0].address, lines[lines.len() - 1].address);
    let place = format!("in the loop {first:x}…{last:x}");
    let mut findings = Vec::new();
    let (terms, sums) = (lines.iter().filter(|line| line.is_multiply_add()).count(), sums(lines).len());
    if terms < tile || !terms.is_multiple_of(tile) {
        findings.push(format!("expected a multiple of {tile} multiply-adds {place}, found {terms}"));
    }
    // In a loop that was unrolled, a sum may change its register from one term to the next.
    if sums != tile && terms == tile {
        findings.push(format!("expected {tile} sums that stay in registers {place}, found {sums}"));
    }
    let moves: Vec<_> = lines.iter().filter(|line| line.moves_vector(bases)).collect();
    if !moves.is_empty() {
        let mut text = format!("expected no vectors from or to the stack {place}, found {}:", moves.len());
        for line in moves.iter().take(SHOWN) {
            let _ = write!(text, "\n    {:x}: {}", line.address, line.text);
        }
        findings.push(text);
    }
    findings
}

/// Registers that may point to the stack.
fn stack_bases(kernel: &Function<'_>) -> Vec<&'static str> {
    let has_frame = kernel.instructions.iter().any(Instruction::sets_frame_pointer);
    if has_frame { vec!["rsp", "rbp", "sp", "x29"] } else { vec!["rsp", "sp"] }
}

/// The innermost loops that have sums: from the target of a jump backwards to that jump.
fn loops_with_sums<'a, 'b>(kernel: &'b Function<'a>) -> Vec<&'b [Instruction<'a>]> {
    let lines = &kernel.instructions;
    let index_of = |address| lines.binary_search_by_key(&address, |line| line.address).ok();
    let ranges = lines.iter().enumerate().filter_map(|(end, line)| {
        let start = index_of(line.jump()?)?;
        (start <= end).then_some((start, end))
    });
    let mut ranges: Vec<(usize, usize)> = ranges.collect();
    let has_terms =
        |&(start, end): &(usize, usize)| lines[start..=end].iter().any(Instruction::is_multiply_add);
    ranges.retain(has_terms);
    // What jumps back to a common end is no loop.
    ranges.retain(|&(start, end)| !lines[start..=end].iter().any(Instruction::returns));
    let is_innermost = |&&(start, end): &&(usize, usize)| {
        !ranges.iter().any(|&(from, to)| (from, to) != (start, end) && start <= from && to <= end)
    };
    let innermost = ranges.iter().filter(is_innermost).map(|&(start, end)| &lines[start..=end]);
    innermost.filter(|lines| !sums(lines).is_empty()).collect()
}

/// The registers that multiply-adds alone give new values.
fn sums(lines: &[Instruction<'_>]) -> BTreeSet<u8> {
    let written = |by_terms: bool| {
        let lines = lines.iter().filter(move |line| line.is_multiply_add() == by_terms);
        lines.flat_map(Instruction::written).collect::<BTreeSet<_>>()
    };
    &written(true) - &written(false)
}

#[cfg(test)]
mod tests;
