//! Who does what in a step.
//!
//! On the way forward and back a thread has rows of the batch; in the update it has tiles of the parameters. Both are
//! contiguous and the same in every step, so that what a thread works on stays in its cache.

use super::Purpose;
use super::buffers::Map;
use crate::Float;
use crate::cpu::memory::Memory;
use crate::cpu::pool::Member;
use crate::cpu::products::slices;
use crate::cpu::products::tile::{MOST_ROWS, TileKernels};
use std::ops::Range;

/// Floating-point operations of a thread in one step, below which it is not worth waking.
const THREAD_WORK: usize = 200_000;
/// Rows below which a thread shares its rows with others and has columns of its own.
const THREAD_ROWS: usize = 8;
/// Inputs are shared out among threads in groups of so many.
const GROUP: usize = 8;

/// Rows and columns of a thread on the way forward and back.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) rows: Range<usize>,
    /// Which of the threads with the same rows.
    pub(super) column: usize,
    /// How many threads have the same rows.
    pub(super) columns: usize,
    /// Whether this is the one of them that does what concerns whole rows.
    pub(super) first_column: bool,
}

impl Grid {
    /// Which of `count` panels are this thread's.
    pub(super) fn panels(&self, count: usize) -> Range<usize> {
        self.column * count / self.columns..(self.column + 1) * count / self.columns
    }
}

/// Some rows of a panel of Wᵀ: inputs of a map, and outputs.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) map: usize,
    pub(super) panel: usize,
    pub(super) inputs: Range<usize>,
}

/// The plan of work.
pub(super) struct Schedule<F> {
    threads: usize,
    /// Floating-point operations of a step per row.
    work_per_row: usize,
    /// By number of threads less 1, then by thread.
    shares: Vec<Vec<Vec<Share>>>,
    /// Partial sums of a tile, for each thread.
    partial: Vec<Memory<F>>,
}

impl<F: Float> Schedule<F> {
    pub(super) fn new(
        kernels: &TileKernels<F>,
        maps: &[Map<F>],
        rows: usize,
        threads: usize,
        purpose: Purpose,
    ) -> Self {
        let trains = purpose != Purpose::Prediction;
        let products = |l: usize| if trains { 2 + usize::from(l > 0) } else { 1 };
        let work_per_row =
            maps.iter().enumerate().map(|(l, map)| 2 * map.n_inputs * map.affine.n_outputs * products(l)).sum();
        let mut schedule =
            Self { threads, work_per_row, shares: Vec::new(), partial: Vec::new() };
        let most = schedule.team(rows);
        if trains {
            // A pool that is busy, or short of threads, gives a smaller team.
            schedule.shares = (1..=most).map(|count| shares(maps, count)).collect();
            let size = MOST_ROWS * kernels.width() * slices::most_open(rows);
            schedule.partial = (0..most).map(|_| Memory::zeros(size)).collect();
        }
        schedule
    }

    /// How many threads to work on so many rows with.
    pub(super) fn team(&self, rows: usize) -> usize {
        (self.work_per_row.saturating_mul(rows) / THREAD_WORK).clamp(1, self.threads)
    }

    /// The part of a thread on the way forward and back.
    pub(super) fn grid(&self, member: Member<'_>, rows: usize) -> Grid {
        let by_rows = (rows / THREAD_ROWS).clamp(1, member.count);
        let columns = member.count / by_rows;
        let (row, column) = (member.index / columns, member.index % columns);
        if row >= by_rows {
            // One of those that are left over: it only meets the others.
            return Grid { rows: 0..0, column: 0, columns, first_column: false };
        }
        let rows = row * rows / by_rows..(row + 1) * rows / by_rows;
        Grid { rows, column, columns, first_column: column == 0 }
    }

    /// What a thread updates.
    pub(super) fn shares(&self, member: Member<'_>) -> &[Share] {
        &self.shares[member.count - 1][member.index]
    }

    /// Memory for the partial sums of a thread.
    pub(super) fn partial(&self, member: Member<'_>) -> &Memory<F> {
        &self.partial[member.index]
    }
}

/// The tiles of all maps, in order, in `count` parts of about equal work.
fn shares<F: Float>(maps: &[Map<F>], count: usize) -> Vec<Vec<Share>> {
    let groups = || {
        maps.iter().enumerate().flat_map(|(l, map)| {
            map.forward.iter().enumerate().flat_map(move |(p, panel)| {
                (0..map.n_inputs).step_by(GROUP).map(move |start| {
                    let inputs = start..map.n_inputs.min(start + GROUP);
                    let work = inputs.len() * panel.vectors;
                    (Share { map: l, panel: p, inputs }, work)
                })
            })
        })
    };
    let total: usize = groups().map(|(_, work)| work).sum();
    let mut parts: Vec<Vec<Share>> = vec![Vec::new(); count];
    let mut before = 0;
    for (share, work) in groups() {
        // The part in which the middle of this group's work lies.
        let part = &mut parts[((2 * before + work) * count / (2 * total)).min(count - 1)];
        before += work;
        match part.last_mut() {
            Some(last) if (last.map, last.panel) == (share.map, share.panel) => last.inputs.end = share.inputs.end,
            _ => part.push(share),
        }
    }
    parts
}
