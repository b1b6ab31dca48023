//! The last phase of a step: sums over the batch, and the parameters moved by them.

use super::buffers::{Map, Rows};
use super::schedule::{GROUP, Share};
use super::{NextRows, Program};
use crate::Float;
use crate::cpu::memory::{CACHE_LINE, Memory, prefetch_far, prefetch_to_write};
use crate::cpu::passes::ColumnsOfSquares;
use crate::cpu::pool::Member;
use crate::cpu::products::panels::{Panel, even_parts};
use crate::cpu::products::slices;
use crate::cpu::products::tile::{DescentTile, Finish, Later, Tile};
use crate::cpu::update::{PreparedUpdate, UpdateTask};
use std::ops::Range;
use std::ptr;

/// A share of a map's weights, and what their gradient is made of.
struct Part<'a, F: Float> {
    map: &'a Map<F>,
    panel: Panel,
    inputs: Range<usize>,
    /// What the map read.
    x: &'a Rows<F>,
    /// Rows of the batch.
    rows: usize,
}

impl<F: Float> Program<F> {
    /// Moves the parameters of a thread's shares.
    pub(super) fn update(&self, member: Member<'_>, rows: usize, next: NextRows<'_, F>) {
        let (partial, place) = (self.schedule.partial(member), self.schedule.place(member, next.count, 0));
        let input = &self.input.copies[place.column];
        // SAFETY: the memory is this thread's.
        let partial = unsafe { std::slice::from_raw_parts_mut(partial.address(), partial.len()) };
        let mut ahead = Ahead::none(next);
        if next.count > 0 {
            let tiles = self.schedule.shares(member).map(|share| self.tiles(&share)).sum();
            ahead = Ahead::new(next, place.rows, tiles);
        }
        for Share { map: l, panel, inputs } in self.schedule.shares(member) {
            let map = &self.maps[l];
            let x = if l == 0 { input } else { self.maps[l - 1].outputs() };
            let part = Part { map, panel: map.forward.panel(panel), inputs, x, rows };
            if let Some(squares) = &map.squares {
                // SAFETY: the weights of the share and its places among the sums are this thread's.
                unsafe { self.square(map, &part, squares) };
            }
            let [weights, bias] = &self.updates[l];
            self.update_weights(&part, weights, partial, &mut ahead);
            if part.inputs.start == 0 && map.affine.bias {
                self.update_bias(&part, bias, partial);
            }
            if let Some(transposed) = &map.transposed {
                map.transpose(part.panel, &part.inputs, transposed);
            }
        }
    }

    /// Σ w² of each column of a share, by groups of inputs: however inputs and columns are shared out, the sums are the same.
    ///
    /// # Safety
    /// Nothing else touches these weights and these places of `squares`.
    unsafe fn square(&self, map: &Map<F>, part: &Part<'_, F>, squares: &Memory<f64>) {
        let Panel { start, column, width, .. } = part.panel;
        for first in part.inputs.clone().step_by(GROUP) {
            let count = GROUP.min(part.inputs.end - first);
            let (from, into) = (start + first * width, first / GROUP * map.padded_outputs() + column);
            assert!(into + width <= squares.len(), "a sum for each column of a group");
            // SAFETY: within both memories; the caller promises the rest.
            let (rows, sums) = unsafe {
                let weights = map.parameters.weights.as_ptr().add(from);
                (
                    std::slice::from_raw_parts(weights, count * width),
                    std::slice::from_raw_parts_mut(squares.address().add(into), width),
                )
            };
            self.isa.run(ColumnsOfSquares { rows, sums });
        }
    }

    /// Tile by tile: ∂L/∂Wᵀ = Xᵀ·δ into registers or the first cache, then the rule.
    fn update_weights(
        &self,
        part: &Part<'_, F>,
        update: &PreparedUpdate<F>,
        partial: &mut [F],
        ahead: &mut Ahead<'_, F>,
    ) {
        let Part { map, panel, rows, .. } = *part;
        let most = self.kernels.rows(panel.vectors);
        for inputs in strips(&part.inputs, part.x.width).flat_map(|inputs| even_parts(inputs, most)) {
            let size = inputs.len() * panel.width;
            let range = panel.start + inputs.start * panel.width..panel.start + inputs.end * panel.width;
            map.ask_for(range.clone());
            let tile = Tile { later: ahead.bring(rows), ..part.tile(inputs.start, partial) };
            let kernel = self.kernels.kernel(inputs.len(), panel.vectors);
            // A batch of one slice leaves the gradient in registers, and a rule of few operations moves the parameters
            // there.
            if let (PreparedUpdate::Descent(descent), true) = (*update, rows <= slices::SLICE) {
                let v = map.states.first().map_or(ptr::null_mut(), |v| v.weights.address());
                let (w, v) = (map.parameters.weights.address(), v.wrapping_add(range.start));
                let finish = Finish::Descend(DescentTile { descent, w: w.wrapping_add(range.start), v });
                // SAFETY: X and δ were written before threads met, for all rows of the batch, and these parameters and
                // velocities are this thread's.
                unsafe { kernel(&Tile { finish, ..tile }) };
                continue;
            }
            // SAFETY: as above.
            unsafe {
                slices::tile_over_batch(self.isa, kernel, tile, rows, size, partial);
                self.apply(update, map, |tensors| &tensors.weights, range, &partial[..size]);
            }
        }
    }

    /// The columns of δ, summed over the batch, and the rule.
    fn update_bias(&self, part: &Part<'_, F>, update: &PreparedUpdate<F>, partial: &mut [F]) {
        let Part { map, panel, rows, .. } = *part;
        let columns = panel.column..panel.column + panel.columns;
        // SAFETY: δ was written before threads met.
        let delta = unsafe { map.delta.view_padded(panel.column / map.delta.width, 0..rows) };
        let first = panel.column % map.delta.width;
        slices::column_sums(self.isa, delta.column_range(first..first + panel.width), partial);
        let gradients = &partial[..columns.len()];
        // SAFETY: the biases of a panel belong to the thread that has its first inputs.
        unsafe { self.apply(update, map, |tensors| &tensors.bias, columns, gradients) };
    }

    /// About how many tiles a share has.
    fn tiles(&self, share: &Share) -> usize {
        let panel = self.maps[share.map].forward.panel(share.panel);
        share.inputs.len().div_ceil(self.kernels.rows(panel.vectors))
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
    /// Nothing to bring.
    fn none(next: NextRows<'a, F>) -> Self {
        Self { next, rows: 0..0, row: &[], lines: 0 }
    }

    /// The given rows, in about `tiles` parts.
    fn new(next: NextRows<'a, F>, rows: Range<usize>, tiles: usize) -> Self {
        let mut ahead = Self { rows, ..Self::none(next) };
        if let Some(row) = ahead.rows.next() {
            ahead.row = (next.row)(row);
            let lines = (ahead.rows.len() + 1) * size_of_val(ahead.row).div_ceil(CACHE_LINE);
            ahead.lines = lines.div_ceil(tiles.max(1));
        }
        ahead
    }

    /// The next few cache lines, for a tile of so many terms to ask for. What is left of a row that is too short is asked for
    /// at once.
    fn bring(&mut self, terms: usize) -> Later<F> {
        let mut left = self.lines * (CACHE_LINE / size_of::<F>());
        while left > 0 && !self.row.is_empty() {
            let (part, rest) = self.row.split_at(left.min(self.row.len()));
            self.row = rest;
            left -= part.len();
            if rest.is_empty()
                && let Some(row) = self.rows.next()
            {
                self.row = (self.next.row)(row);
            }
            if left == 0 || self.row.is_empty() {
                return Later { start: part.as_ptr(), step: size_of_val(part).div_ceil(terms.max(1)) };
            }
            part.iter().step_by(CACHE_LINE / size_of::<F>()).for_each(|first| prefetch_far(first));
        }
        Later::NONE
    }
}

/// A range of columns, cut where a new strip begins.
fn strips(columns: &Range<usize>, width: usize) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = *columns;
    let strips = if end <= width { 0..1 } else { start / width..end.div_ceil(width) };
    strips.map(move |strip| start.max(strip * width)..end.min((strip + 1) * width))
}

/// Rows of X that are asked for ahead of their use.
const AHEAD: usize = 16;

/// Numbers on a side of the squares that are turned over at a time.
const SQUARE: usize = 4;

impl<F: Float> Part<'_, F> {
    /// The tile of the gradient whose first input is given.
    fn tile(&self, input: usize, partial: &mut [F]) -> Tile<F> {
        let Self { map, panel, x, rows, .. } = self;
        Tile {
            a: x.at(0, input),
            a_row: 1,
            a_term: x.width,
            a_segment: usize::MAX,
            a_jump: 0,
            a_ahead: AHEAD * x.width,
            a_ahead_term: x.width,
            b: map.delta.at(0, panel.column),
            b_term: map.delta.width,
            terms: *rows,
            c: partial.as_mut_ptr(),
            c_row: panel.width,
            continues: false,
            finish: Finish::Store,
            later: Later::NONE,
        }
    }
}

impl<F: Float> Map<F> {
    /// Has a range of the weights and their state brought here while their gradient is computed.
    fn ask_for(&self, range: Range<usize>) {
        for tensors in std::iter::once(&self.parameters).chain(&self.states) {
            for start in range.clone().step_by(CACHE_LINE / size_of::<F>()) {
                prefetch_to_write(tensors.weights.address().wrapping_add(start));
            }
        }
    }

    /// Brings the other copy of the weights of some inputs up to date.
    fn transpose(&self, panel: Panel, inputs: &Range<usize>, transposed: &Memory<F>) {
        let Panel { start, column, columns, width, .. } = panel;
        let weights = self.parameters.weights.address().wrapping_add(start);
        for strip in strips(inputs, self.backward.full_width()) {
            let other = self.backward.panel_of(strip.start);
            // From W[output, 0] on, were its inputs to begin with those of the strip.
            let into = transposed
                .address()
                .wrapping_add(other.start + column * other.width)
                .wrapping_sub(other.column);
            let squares = strip.start..strip.start + strip.len() / SQUARE * SQUARE;
            for output in (0..columns / SQUARE * SQUARE).step_by(SQUARE) {
                for input in squares.clone().step_by(SQUARE) {
                    // SAFETY: both squares are within their memory, and these weights are this thread's.
                    unsafe {
                        let from = weights.add(input * width + output);
                        let rows = std::array::from_fn(|i| from.add(i * width).cast::<[F; SQUARE]>().read());
                        for (j, row) in F::transposed(rows).into_iter().enumerate() {
                            into.add((output + j) * other.width + input).cast::<[F; SQUARE]>().write(row);
                        }
                    }
                }
            }
            for output in 0..columns {
                let rest =
                    if output < columns / SQUARE * SQUARE { squares.end..strip.end } else { strip.clone() };
                for input in rest {
                    // SAFETY: as above, for one number.
                    unsafe { *into.add(output * other.width + input) = *weights.add(input * width + output) };
                }
            }
        }
    }
}
