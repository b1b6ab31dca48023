//! What a program keeps: parameters and state in panels, activations and derivatives row by row.
//!
//! The weights of a map lie as Wᵀ in panels, which is how the forward product reads them and how the weight gradient, computed
//! as Xᵀ·δ, writes them. The product with δ reads W in panels: a second copy, which the update keeps up to date. The first
//! map has none, since nothing asks for the derivative by the inputs.
//!
//! Activations and derivatives lie in strips of columns ([`Rows`]); those of the last map, which a loss reads row by row,
//! in one. Rows of a batch are padded to whole registers. What the padding of Z, A and δ holds is never part of a sum that
//! counts: products run over true columns only, and padded columns of a result are padding again.

use super::{AffineMap, Purpose, Which};
use crate::cpu::memory::Memory;
use crate::cpu::products::panels::Panels;
use crate::cpu::products::tile::TileKernels;
use crate::{Activation, Float, MatrixMut, MatrixRef, PaddedMut};
use std::ops::Range;

/// A matrix of one row per sample, which several threads write parts of.
///
/// Its columns are cut into strips, and each strip is stored row after row: a product over the batch then reads memory from
/// one end to the other, and one over columns has the rows of a tile close together.
pub(super) struct Rows<F> {
    values: Memory<F>,
    height: usize,
    columns: usize,
    /// Columns of a strip: the distance of two rows.
    pub(super) width: usize,
}

impl<F: Float> Rows<F> {
    /// A matrix in strips of `width` columns, or of as many as there are.
    pub(super) fn in_strips(kernels: &TileKernels<F>, rows: usize, columns: usize, width: usize) -> Self {
        let width = columns.next_multiple_of(kernels.lanes).min(width);
        Self { values: Memory::zeros(rows * columns.next_multiple_of(width)), height: rows, columns, width }
    }

    /// A matrix in one strip: its rows lie without gaps but for some padding at their ends.
    pub(super) fn in_rows(kernels: &TileKernels<F>, rows: usize, columns: usize) -> Self {
        let mut width = columns.next_multiple_of(kernels.lanes);
        // Rows that are a multiple of 1 KiB apart fall into the same few places of a cache.
        if (width * size_of::<F>()).is_multiple_of(1024) {
            width += 64 / size_of::<F>();
        }
        Self { values: Memory::zeros(rows * width), height: rows, columns, width }
    }

    /// The address of an entry.
    pub(super) fn at(&self, row: usize, column: usize) -> *mut F {
        let offset = if column < self.width {
            row * self.width + column
        } else {
            (column / self.width * self.height + row) * self.width + column % self.width
        };
        assert!(
            offset < self.values.len(),
            "row {row}, column {column} of {} x {}",
            self.height,
            self.columns
        );
        // SAFETY: within the memory.
        unsafe { self.values.address().add(offset) }
    }

    /// The address of the first entry of a row.
    pub(super) fn row(&self, row: usize) -> *mut F {
        assert!(row * self.width < self.values.len(), "row {row} of {}", self.height);
        // SAFETY: within the memory.
        unsafe { self.values.address().add(row * self.width) }
    }

    /// From the end of a row in one strip to its beginning in the next.
    pub(super) fn jump(&self) -> usize {
        self.height.saturating_sub(1) * self.width
    }

    /// Number of strips.
    pub(super) fn strips(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// Some rows of a strip with their padding, to write.
    ///
    /// # Safety
    /// Nothing else may touch them while the slice lives.
    #[expect(clippy::mut_from_ref, reason = "threads have rows and strips of their own")]
    pub(super) unsafe fn strip_mut(&self, strip: usize, rows: Range<usize>) -> &mut [F] {
        if rows.is_empty() {
            return &mut [];
        }
        assert!(rows.end <= self.height && strip < self.strips(), "rows of the batch");
        // SAFETY: within the memory; the caller promises the rest.
        unsafe {
            std::slice::from_raw_parts_mut(self.at(rows.start, strip * self.width), rows.len() * self.width)
        }
    }

    /// Rows of the only strip, to write.
    ///
    /// # Safety
    /// Nothing else may touch them while the view lives.
    pub(super) unsafe fn padded_mut(&self, rows: Range<usize>) -> PaddedMut<'_, F> {
        // SAFETY: the caller promises it.
        PaddedMut::new(unsafe { self.strip_mut(0, rows.clone()) }, rows.len(), self.columns, self.width)
    }

    /// Rows of the only strip, to read.
    ///
    /// # Safety
    /// Nothing may write to them while the view lives.
    pub(super) unsafe fn view(&self, rows: Range<usize>) -> MatrixRef<'_, F> {
        // SAFETY: the caller promises it.
        unsafe { self.view_padded(0, rows) }.column_range(0..self.columns)
    }

    /// Rows of a strip with the padding, to read.
    ///
    /// # Safety
    /// Nothing may write to them while the view lives.
    pub(super) unsafe fn view_padded(&self, strip: usize, rows: Range<usize>) -> MatrixRef<'_, F> {
        // SAFETY: the caller promises it.
        MatrixRef::new(unsafe { self.strip_mut(strip, rows.clone()) }, rows.len(), self.width)
    }
}

/// A(0): the batch as the first map reads it.
///
/// Threads that share out the columns have a copy each: taking the rows of a batch from another processor's cache takes
/// longer than bringing them twice.
pub(super) struct Input<F> {
    pub(super) n_inputs: usize,
    pub(super) copies: Vec<Rows<F>>,
}

impl<F: Float> Input<F> {
    pub(super) fn new(kernels: &TileKernels<F>, n_inputs: usize, rows: usize, copies: usize) -> Self {
        Self { n_inputs, copies: (0..copies).map(|_| Rows::in_rows(kernels, rows, n_inputs)).collect() }
    }
}

/// Parameters of a map, or a state that lies as they do.
pub(super) struct Tensors<F> {
    /// Wᵀ in panels.
    pub(super) weights: Memory<F>,
    /// b, padded.
    pub(super) bias: Memory<F>,
}

/// One affine map.
pub(super) struct Map<F> {
    pub(super) affine: AffineMap,
    /// Threads that the columns are shared out to.
    pub(super) side_by_side: usize,
    /// Whether this is the end of the chain.
    pub(super) last: bool,
    pub(super) n_inputs: usize,
    /// The layout of Wᵀ, `n_inputs` × `n_outputs`.
    pub(super) forward: Panels,
    /// The layout of W, `n_outputs` × `n_inputs`.
    pub(super) backward: Panels,
    pub(super) parameters: Tensors<F>,
    /// W in panels, where the derivative by the inputs is asked for.
    pub(super) transposed: Option<Memory<F>>,
    pub(super) states: Vec<Tensors<F>>,
    /// Σ w² of every column by groups of inputs before the last step, where somebody asked for it.
    pub(super) squares: Option<Memory<f64>>,
    /// Z; also A, where that is computed in place.
    pub(super) z: Rows<F>,
    /// A, where Z is kept beside it.
    a: Option<Rows<F>>,
    /// A after dropout.
    pub(super) dropped: Option<Rows<F>>,
    /// ∂L/∂Z.
    pub(super) delta: Rows<F>,
}

/// Where a map stands in its chain, and how it is shared out.
pub(super) struct Position {
    pub(super) n_inputs: usize,
    pub(super) first: bool,
    pub(super) last: bool,
    pub(super) side_by_side: usize,
    /// Width of the panels of its outputs.
    pub(super) width: usize,
    /// Width of the panels of its inputs, which are the outputs of the map below.
    pub(super) width_below: usize,
}

impl<F: Float> Map<F> {
    pub(super) fn new(
        kernels: &TileKernels<F>,
        affine: AffineMap,
        position: &Position,
        rows: usize,
        purpose: Purpose,
    ) -> Self {
        let n_outputs = affine.n_outputs;
        let Position { n_inputs, first, last, side_by_side, width, width_below } = *position;
        let forward = Panels::new(n_inputs, n_outputs, kernels.lanes, width);
        let backward = Panels::new(n_outputs, n_inputs, kernels.lanes, width_below);
        let tensors = || Tensors {
            weights: Memory::zeros(forward.len()),
            bias: Memory::zeros(if affine.bias { n_outputs.next_multiple_of(kernels.lanes) } else { 0 }),
        };
        let (states, trains) = match purpose {
            Purpose::Prediction => (0, false),
            Purpose::Training { states } => (states, true),
        };
        let matrix = |wanted: bool| {
            let rows = if wanted { rows } else { 0 };
            if last {
                Rows::in_rows(kernels, rows, n_outputs)
            } else {
                Rows::in_strips(kernels, rows, n_outputs, width)
            }
        };
        let apart = keeps_both(affine.activation, last) && (last || trains);
        Self {
            affine,
            side_by_side,
            last,
            n_inputs,
            forward,
            backward,
            parameters: tensors(),
            transposed: (trains && !first).then(|| Memory::zeros(backward.len())),
            states: (0..states).map(|_| tensors()).collect(),
            squares: None,
            z: matrix(true),
            a: apart.then(|| matrix(true)),
            dropped: (trains && affine.dropout > 0.0).then(|| matrix(true)),
            delta: matrix(trains),
        }
    }

    /// A before dropout; Z of a last map whose A nobody asked for.
    pub(super) fn activations(&self) -> &Rows<F> {
        self.a.as_ref().unwrap_or(&self.z)
    }

    /// Whether A has memory of its own.
    pub(super) fn has_activations(&self) -> bool {
        self.a.is_some()
    }

    /// What the next map reads.
    pub(super) fn outputs(&self) -> &Rows<F> {
        self.dropped.as_ref().unwrap_or_else(|| self.activations())
    }

    /// Columns with those that fill the last register.
    pub(super) fn padded_outputs(&self) -> usize {
        self.forward.len() / self.n_inputs
    }

    fn tensors(&self, which: Which) -> &Tensors<F> {
        match which {
            Which::Parameters => &self.parameters,
            Which::First => &self.states[0],
            Which::Second => &self.states[1],
        }
    }

    pub(super) fn load(&mut self, which: Which, w: MatrixRef<'_, F>, b: Option<&[F]>) {
        let (forward, backward) = (self.forward, self.backward);
        if which == Which::Parameters
            && let Some(transposed) = &mut self.transposed
        {
            backward.pack(w, transposed);
        }
        let tensors = match which {
            Which::Parameters => &mut self.parameters,
            Which::First => &mut self.states[0],
            Which::Second => &mut self.states[1],
        };
        forward.pack_transposed(w, &mut tensors.weights);
        assert_eq!(
            b.map(<[F]>::len),
            self.affine.bias.then_some(self.affine.n_outputs),
            "one bias per output"
        );
        if let Some(b) = b {
            tensors.bias[..b.len()].copy_from_slice(b);
        }
    }

    pub(super) fn store(&self, which: Which, w: MatrixMut<'_, F>, b: Option<&mut [F]>) {
        let tensors = self.tensors(which);
        self.forward.unpack_transposed(&tensors.weights, w);
        assert_eq!(
            b.as_ref().map(|b| b.len()),
            self.affine.bias.then_some(self.affine.n_outputs),
            "one bias per output"
        );
        if let Some(b) = b {
            b.copy_from_slice(&tensors.bias[..b.len()]);
        }
    }
}

/// Whether Z and A are both kept: for a derivative that is had from Z, and at the end of the chain where a loss or a caller
/// may read both. `ReLU` is computed in place, in the product.
fn keeps_both(activation: Activation, last: bool) -> bool {
    match activation {
        Activation::Identity => false,
        Activation::Relu | Activation::Sigmoid | Activation::Tanh | Activation::Exp => last,
        _ => true,
    }
}
