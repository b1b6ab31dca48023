//! The last phase of a step: sums over the batch, and the parameters moved by them.

use super::{NextRows, Program};
use super::buffers::{Map, Rows};
use super::schedule::Share;
use crate::Float;
use crate::cpu::memory::{CACHE_LINE, Memory, prefetch_far, prefetch_to_write};
use crate::cpu::pool::Member;
use crate::cpu::products::panels::{Panel, even_parts};
use crate::cpu::products::slices;
use crate::cpu::products::tile::{DescentTile, Finish, Tile};
use crate::cpu::update::{PreparedUpdate, UpdateTask};
use std::ops::Range;

impl<F: Float> Program<F> {
    /// Moves the parameters of a thread's shares.
    pub(super) fn update(&self, member: Member<'_>, rows: usize, next: NextRows<'_, F>) {
        let (partial, place) = (self.schedule.partial(member), self.schedule.place(member, next.count, 0));
        let input = &self.input.copies[place.column];
        // SAFETY: the memory is this thread's.
        let partial = unsafe { std::slice::from_raw_parts_mut(partial.address(), partial.len()) };
        let tiles = self.schedule.shares(member).map(|share| self.tiles(&share)).sum();
        let mut ahead = Ahead::new(next, place.rows, tiles);
        for share in self.schedule.shares(member) {
            let map = &self.maps[share.map];
            let panel = map.forward.panel(share.panel);
            let [weights, bias] = &self.updates[share.map];
            let x = if share.map == 0 { input } else { self.maps[share.map - 1].outputs() };
            self.update_weights(&share, map, panel, x, rows, weights, partial, &mut ahead);
            if share.inputs.start == 0 && map.affine.bias {
                self.update_bias(map, panel, rows, bias, partial);
            }
            if let Some(transposed) = &map.transposed {
                map.transpose(panel, &share.inputs, transposed);
            }
        }
    }

    /// Tile by tile: ∂L/∂Wᵀ = Xᵀ·δ into the first cache, then the rule.
    fn update_weights(
        &self,
        share: &Share,
        map: &Map<F>,
        panel: Panel,
        x: &Rows<F>,
        rows: usize,
        update: &PreparedUpdate<F>,
        partial: &mut [F],
        ahead: &mut Ahead<'_, F>,
    ) {
        let most = self.kernels.rows(panel.vectors);
        let parts = strips(&share.inputs, x.width).flat_map(|inputs| even_parts(inputs, most));
        for part in parts {
            let size = part.len() * panel.width;
            let range = panel.start + part.start * panel.width..panel.start + part.end * panel.width;
            self.ask_for(map, range.clone());
            ahead.bring();
            // SAFETY: X and δ were written before threads met, for all rows of the batch.
            unsafe {
                let tile = Tile {
                    a: x.at(0, part.start),
                    a_row: 1,
                    a_term: x.width,
                    a_segment: usize::MAX,
                    a_jump: 0,
                    a_ahead: AHEAD * x.width,
                    a_ahead_term: x.width,
                    b: map.delta.at(0, panel.column),
                    b_term: map.delta.width,
                    terms: rows,
                    c: partial.as_mut_ptr(),
                    c_row: panel.width,
                    continues: false,
                    finish: Finish::Store,
                };
                let kernel = self.kernels.kernel(part.len(), panel.vectors);
                // A batch of one slice leaves the gradient in registers, and a rule of few operations moves the parameters there.
                if let (PreparedUpdate::Descent(descent), true) = (*update, rows <= slices::SLICE) {
                    let v = map.states.first().map_or(std::ptr::null_mut(), |v| v.weights.address().add(range.start));
                    let w = map.parameters.weights.address().add(range.start);
                    kernel(&Tile { finish: Finish::Descend(DescentTile { descent, w, v }), ..tile });
                    continue;
                }
                slices::tile_over_batch(self.isa, kernel, tile, rows, size, partial);
            }
            // SAFETY: these parameters and their state are this thread's.
            unsafe { self.apply(update, map, |tensors| &tensors.weights, range, &partial[..size]) };
        }
    }

    /// About how many tiles a share has.
    fn tiles(&self, share: &Share) -> usize {
        let panel = self.maps[share.map].forward.panel(share.panel);
        share.inputs.len().div_ceil(self.kernels.rows(panel.vectors))
    }

    /// Has parameters and their state brought here while their gradient is computed.
    fn ask_for(&self, map: &Map<F>, range: Range<usize>) {
        for tensors in std::iter::once(&map.parameters).chain(&map.states) {
            for start in range.clone().step_by(CACHE_LINE / size_of::<F>()) {
                prefetch_to_write(tensors.weights.address().wrapping_add(start));
            }
        }
    }

    /// The columns of δ, summed over the batch, and the rule.
    fn update_bias(
        &self,
        map: &Map<F>,
        panel: Panel,
        rows: usize,
        update: &PreparedUpdate<F>,
        partial: &mut [F],
    ) {
        let columns = panel.column..panel.column + panel.columns;
        // SAFETY: δ was written before threads met.
        let delta = unsafe { map.delta.view_padded(panel.column / map.delta.width, 0..rows) };
        let first = panel.column % map.delta.width;
        slices::column_sums(self.isa, delta.column_range(first..first + panel.width), partial);
        // SAFETY: the biases of a panel belong to the thread that has its first inputs.
        unsafe { self.apply(update, map, |tensors| &tensors.bias, columns.clone(), &partial[..columns.len()]) };
    }

    /// Moves a range of parameters.
    ///
    /// # Safety
    /// Nothing else touches the range.
    unsafe fn apply(
        &self,
        update: &PreparedUpdate<F>,
        map: &Map<F>,
        which: impl Fn(&super::buffers::Tensors<F>) -> &Memory<F>,
        range: Range<usize>,
        gradients: &[F],
    ) {
        let part = |memory: &Memory<F>| {
            assert!(range.end <= memory.len(), "a range of the parameters");
            // SAFETY: within the memory; the caller promises the rest.
            unsafe { std::slice::from_raw_parts_mut(memory.address().add(range.start), range.len()) }
        };
        let state = |s: usize| map.states.get(s).map_or(&mut [] as &mut [F], |state| part(which(state)));
        let (parameters, first, second) = (part(which(&map.parameters)), state(0), state(1));
        self.isa.run(UpdateTask { update, parameters, gradients, first, second });
    }
}

/// Rows of the next batch that are brought nearer, a few cache lines with every tile.
struct Ahead<'a, F> {
    next: NextRows<'a, F>,
    rows: Range<usize>,
    row: &'a [F],
    /// Cache lines at a time.
    lines: usize,
}

impl<'a, F: Float> Ahead<'a, F> {
    /// The given rows, in about `tiles` parts.
    fn new(next: NextRows<'a, F>, rows: Range<usize>, tiles: usize) -> Self {
        let mut ahead = Self { next, rows, row: &[], lines: 0 };
        if let Some(row) = ahead.rows.next() {
            ahead.row = (next.row)(row);
            let lines = (ahead.rows.len() + 1) * size_of_val(ahead.row).div_ceil(CACHE_LINE);
            ahead.lines = lines.div_ceil(tiles.max(1));
        }
        ahead
    }

    /// Brings the next few cache lines.
    fn bring(&mut self) {
        for _ in 0..self.lines {
            let Some(first) = self.row.first() else { return };
            prefetch_far(first);
            self.row = self.row.get(CACHE_LINE / size_of::<F>()..).unwrap_or_default();
            if self.row.is_empty()
                && let Some(row) = self.rows.next()
            {
                self.row = (self.next.row)(row);
            }
        }
    }
}

/// A range of columns, cut where a new strip begins.
fn strips(columns: &Range<usize>, width: usize) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = *columns;
    (start / width..end.div_ceil(width)).map(move |strip| start.max(strip * width)..end.min((strip + 1) * width))
}

/// Rows of X that are asked for ahead of their use.
const AHEAD: usize = 16;

/// Outputs that are transposed at a time.
const BLOCK: usize = 16;

impl<F: Float> Map<F> {
    /// Brings the other copy of the weights of some inputs up to date.
    fn transpose(&self, panel: Panel, inputs: &Range<usize>, transposed: &Memory<F>) {
        let weights = self.parameters.weights.address();
        let mut start = inputs.start;
        while start < inputs.end {
            let other = self.backward.panel(self.backward.panel_of(start));
            let end = inputs.end.min(other.column + other.columns).min((start / BLOCK + 1) * BLOCK);
            for output in 0..panel.columns {
                let row = other.start + (panel.column + output) * other.width;
                for input in start..end {
                    // SAFETY: both are within their memory, and these weights are this thread's.
                    unsafe {
                        let w = *weights.add(panel.start + input * panel.width + output);
                        *transposed.address().add(row + input - other.column) = w;
                    }
                }
            }
            start = end;
        }
    }
}
