//! Who does what in a step.
//!
//! Threads share out the rows of a batch, or the columns of a map, or both: with c threads side by side and r above each
//! other a thread computes one c-th of the columns for one r-th of the rows. With rows of its own a thread needs nobody on the
//! way forward and back, but reads all weights, most of which others have moved in the step before: they come from other
//! processors' caches, and have to be taken away from there to be moved again. With columns of its own it reads only the
//! weights that it moves itself, and exchanges activations and derivatives instead. What is less to carry is chosen, map by
//! map; the last map goes by rows, since a loss reads whole rows.
//!
//! The same thread has the same part in every step, so that what it works on stays in its cache.

use super::Purpose;
use super::buffers::Map;
use crate::Float;
use crate::cpu::Cpu;
use crate::cpu::memory::Memory;
use crate::cpu::pool::Member;
use crate::cpu::products::slices;
use crate::cpu::products::tile::{MOST_ROWS, TileKernels};
use std::ops::Range;

/// Floating-point operations that a thread must have in a step for each cycle that a meeting takes: threads meet some
/// five times in a step, and carry about as much between processors as takes as long again.
const WORK_PER_CYCLE: usize = 550;
/// Floating-point operations of a thread in one step below which it is not worth waking, however near it is.
const LEAST_WORK: usize = 100_000;
/// Floating-point operations of a step, below which its threads must not sleep while they wait for each other.
const SHORT_WORK: usize = 5_000_000;
/// Rows below which a thread shares its rows with others and has columns of its own.
const THREAD_ROWS: usize = 8;
/// Inputs are shared out among threads in groups of so many.
pub(super) const GROUP: usize = 8;

/// A thread's part of one map's results.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) rows: Range<usize>,
    /// Panels of the map's columns.
    pub(super) panels: Range<usize>,
    /// Which of the threads side by side.
    pub(super) column: usize,
    /// Which of the threads above each other, and how many there are.
    row: (usize, usize),
}

/// Some inputs of a panel of Wᵀ: what a thread moves.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) map: usize,
    pub(super) panel: usize,
    pub(super) inputs: Range<usize>,
}

/// The threads that there are, and how much work makes one of them worth while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threads {
    count: usize,
    work: usize,
}

impl Threads {
    /// The threads of a device, for a chain of maps from `n_inputs` columns on and batches of so many rows.
    pub(super) fn new(
        cpu: &Cpu,
        n_inputs: usize,
        n_outputs: &[usize],
        rows: usize,
        purpose: Purpose,
    ) -> Self {
        let work = work_per_row(widths(n_inputs, n_outputs), purpose).saturating_mul(rows);
        let mut threads = Self { count: cpu.threads(), work: LEAST_WORK };
        // Where one thread will do, none is started to find out how far away it is.
        if threads.team(work) > 1 {
            threads.work = WORK_PER_CYCLE.saturating_mul(cpu.meeting() as usize).max(LEAST_WORK);
        }
        threads
    }

    /// How many threads so many floating-point operations are worth.
    fn team(self, work: usize) -> usize {
        (work / self.work).clamp(1, self.count)
    }
}

/// The plan of work.
pub(super) struct Schedule<F> {
    threads: Threads,
    /// Floating-point operations of a step per row.
    work_per_row: usize,
    maps: Vec<Shape>,
    /// Partial sums of a tile, for each thread.
    partial: Vec<Memory<F>>,
}

/// How a map is shared out.
struct Shape {
    n_inputs: usize,
    panels: usize,
    /// Threads side by side, where there are as many as planned for.
    side_by_side: usize,
}

impl<F: Float> Schedule<F> {
    pub(super) fn new(
        kernels: &TileKernels<F>,
        maps: &[Map<F>],
        rows: usize,
        threads: Threads,
        purpose: Purpose,
    ) -> Self {
        let widths = maps.iter().map(|map| (map.n_inputs, map.affine.n_outputs));
        let work_per_row = work_per_row(widths, purpose);
        let team = threads.team(work_per_row.saturating_mul(rows));
        let shape = |map: &Map<F>| Shape {
            n_inputs: map.n_inputs,
            panels: map.forward.count(),
            side_by_side: map.side_by_side.min(map.forward.count()),
        };
        let size = MOST_ROWS * kernels.width() * slices::most_open(rows);
        let partials = if purpose == Purpose::Prediction { 0 } else { team };
        Self {
            threads,
            work_per_row,
            maps: maps.iter().map(shape).collect(),
            partial: (0..partials).map(|_| Memory::zeros(size)).collect(),
        }
    }

    /// How many threads to work on so many rows with.
    pub(super) fn team(&self, rows: usize) -> usize {
        self.threads.team(self.work_per_row.saturating_mul(rows))
    }

    /// Whether a step over so many rows takes less time than waking a thread.
    pub(super) fn is_short(&self, rows: usize) -> bool {
        self.work_per_row.saturating_mul(rows) < SHORT_WORK
    }

    /// The part of a thread in the results of map `l`.
    pub(super) fn place(&self, member: Member<'_>, rows: usize, l: usize) -> Place {
        let Shape { panels, .. } = self.maps[l];
        if member.count == 1 {
            return Place { rows: 0..rows, panels: 0..panels, column: 0, row: (0, 1) };
        }
        let columns = self.side_by_side(member, l);
        let above = member.count / columns;
        let (row, column) = (member.index / columns, member.index % columns);
        Place {
            rows: part(rows, row, above),
            panels: part(panels, column, columns),
            column,
            row: (row, above),
        }
    }

    /// Whether threads must meet between the results of map `l` and what is computed from them for the other map.
    pub(super) fn meets(&self, member: Member<'_>, l: usize, other: usize) -> bool {
        member.count > 1 && (self.side_by_side(member, l) > 1 || self.side_by_side(member, other) > 1)
    }

    fn side_by_side(&self, member: Member<'_>, l: usize) -> usize {
        let wanted = self.maps[l].side_by_side;
        // A team that came out smaller than planned may not be divisible.
        if member.count.is_multiple_of(wanted) { wanted } else { 1 }
    }

    /// What a thread moves: of each map its own columns, and its part of their inputs.
    pub(super) fn shares(&self, member: Member<'_>) -> impl Iterator<Item = Share> {
        (0..self.maps.len()).flat_map(move |map| {
            let place = self.place(member, 0, map);
            let groups = part(self.maps[map].n_inputs.div_ceil(GROUP), place.row.0, place.row.1);
            let inputs = groups.start * GROUP..(groups.end * GROUP).min(self.maps[map].n_inputs);
            let has_inputs = !inputs.is_empty();
            place.panels.filter(move |_| has_inputs).map(move |panel| Share {
                map,
                panel,
                inputs: inputs.clone(),
            })
        })
    }

    /// Memory for the partial sums of a thread.
    pub(super) fn partial(&self, member: Member<'_>) -> &Memory<F> {
        &self.partial[member.index]
    }
}

/// Part `index` of `count` equal parts of 0..`length`.
fn part(length: usize, index: usize, count: usize) -> Range<usize> {
    if count == 1 {
        return 0..length;
    }
    index * length / count..(index + 1) * length / count
}

/// Floating-point operations per row, from each map's inputs and outputs.
fn work_per_row(widths: impl Iterator<Item = (usize, usize)>, purpose: Purpose) -> usize {
    let products = |l: usize| if purpose == Purpose::Prediction { 1 } else { 2 + usize::from(l > 0) };
    widths.enumerate().map(|(l, (n_inputs, n_outputs))| 2 * n_inputs * n_outputs * products(l)).sum()
}

/// Each map's inputs and outputs.
fn widths(n_inputs: usize, n_outputs: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    std::iter::once(n_inputs).chain(n_outputs.iter().copied()).zip(n_outputs.iter().copied())
}

/// How many threads to place side by side, for each map of a chain from `n_inputs` columns on.
pub(super) fn side_by_side(
    n_inputs: usize,
    n_outputs: &[usize],
    rows: usize,
    threads: Threads,
    purpose: Purpose,
    lanes: usize,
) -> Vec<usize> {
    let widths = || widths(n_inputs, n_outputs);
    let team = threads.team(work_per_row(widths(), purpose).saturating_mul(rows));
    let weights: usize = widths().map(|(n_inputs, n_outputs)| n_inputs * n_outputs).sum();
    let exchanged: usize = n_outputs.iter().map(|n| 2 * rows * n).sum();
    let few_rows = rows / THREAD_ROWS < team;
    let trains = purpose != Purpose::Prediction;
    let last = n_outputs.len() - 1;
    let of_map = |(l, &n): (usize, &usize)| {
        let most = if l == last || !(few_rows || trains && exchanged < 2 * weights + rows * n_inputs) {
            1
        } else {
            n.div_ceil(lanes)
        };
        (1..=team.min(most)).rev().find(|&columns| team.is_multiple_of(columns)).unwrap_or(1)
    };
    n_outputs.iter().enumerate().map(of_map).collect()
}
