//! The fast paths: vectorised passes over tiles, shared out over a pool of threads.
//!
//! [`Cpu`] is the device. An operation is cut into tiles by its shape alone, each tile is computed by loops that are
//! compiled for the instruction set of the processor ([`Isa`]), and the tiles are handed to the threads of its pool.
//! Neither the number of threads nor the instruction set changes a bit of a result. After the first operation nothing
//! is allocated.

mod activation;
mod arch;
mod barrier;
mod descent;
mod elementwise;
mod likelihood;
pub(crate) mod math;
mod meeting;
mod memory;
mod passes;
mod peak;
mod pool;
pub(crate) mod products;
pub mod program;
mod softmax;
pub(crate) mod transpose;
mod update;

pub use arch::Isa;
pub use peak::Peak;

use crate::{Activation, Decay, Float, MatrixMut, MatrixRef, Update};
use passes::{AllFinite, Dropout, SumOfSquares};
use pool::Pool;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use update::{PreparedUpdate, UpdateTask};

/// Entries per tile of an operation on entries.
const TILE: usize = 1 << 13;
/// Operations on fewer entries than this stay on the calling thread.
const PARALLEL_ENTRIES: usize = 1 << 15;
/// Parts of a reduction over all parameters, whatever the number of threads.
const PARTS: usize = 64;

/// The processor as a device: instruction set and threads, chosen once.
///
/// Two devices have threads of their own, so two threads of a program can train at once. Where one device is used by
/// two threads at the same time, the second works without the pool.
#[derive(Debug)]
pub struct Cpu {
    pool: Pool,
    isa: Isa,
    /// Cycles that it takes two threads to meet, once somebody has asked.
    meeting: OnceLock<u64>,
}

impl Cpu {
    /// The most threads that a device starts: more would only use up the system's.
    pub const MOST_THREADS: usize = 1024;

    /// A device of so many threads, the calling one among them; 0 takes as many as the machine offers. More than
    /// [`MOST_THREADS`](Self::MOST_THREADS) are as good as that: results do not depend on their number.
    ///
    /// What the machine offers is what the process may use (affinity and, on Linux, control groups), lowered by
    /// `OMP_NUM_THREADS`. The instruction set is [`Isa::detect`]'s. No thread is started before there is work for it.
    pub fn new(threads: usize) -> Self {
        Self::with_isa(threads, Isa::detect())
    }

    /// As [`Cpu::new`], with this instruction set.
    pub fn with_isa(threads: usize, isa: Isa) -> Self {
        let threads = if threads == 0 { pool::available_threads() } else { threads };
        Self { pool: Pool::new(threads.min(Self::MOST_THREADS)), isa, meeting: OnceLock::new() }
    }

    /// How many threads work on an operation, the calling one among them.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// How many tiles threads other than the calling one have computed so far: whether they are of any use.
    ///
    /// Waits for an operation that another thread runs on this device.
    pub fn tiles_by_helpers(&self) -> u64 {
        self.pool.helped()
    }

    /// Gives each of `count` items to `work`, on any of the threads: for work that must keep their number, such as reading
    /// what they are about to compute with.
    pub fn for_each<T>(&self, count: usize, items: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
        self.pool.for_each(count, items, work);
    }

    /// The instruction set that loops run in.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Cycles that it takes two of the threads to meet, measured by the first call.
    fn meeting(&self) -> u64 {
        *self.meeting.get_or_init(|| meeting::cycles(&self.pool))
    }

    /// Z = X·Wᵀ + 1·bᵀ and A = σ(Z); see [`reference::affine`](crate::reference::affine).
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn affine<F: Float>(
        &self,
        function: Activation,
        x: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        b: Option<&[F]>,
        z: MatrixMut<'_, F>,
        a: MatrixMut<'_, F>,
    ) {
        products::affine(self, function, x, w, b, z, a);
    }

    /// As [`affine`](Self::affine), with W given as its transpose, inputs × outputs: Z = X·B + 1·bᵀ, with the same bits.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn affine_nn<F: Float>(
        &self,
        function: Activation,
        x: MatrixRef<'_, F>,
        b: MatrixRef<'_, F>,
        bias: Option<&[F]>,
        z: MatrixMut<'_, F>,
        a: MatrixMut<'_, F>,
    ) {
        products::affine_nn(self, function, x, b, bias, z, a);
    }

    /// (`delta`·`w`) ⊙ σ'(`z`); see [`reference::input_gradient`](crate::reference::input_gradient).
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn input_gradient<F: Float>(
        &self,
        function: Activation,
        delta: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        into: MatrixMut<'_, F>,
    ) {
        products::input_gradient(self, function, delta, w, z, a, into);
    }

    /// ∂L/∂W and ∂L/∂b; see [`reference::weight_gradient`](crate::reference::weight_gradient).
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn weight_gradient<F: Float>(
        &self,
        delta: MatrixRef<'_, F>,
        x: MatrixRef<'_, F>,
        dw: MatrixMut<'_, F>,
        db: Option<&mut [F]>,
    ) {
        products::weight_gradient(self, delta, x, dw, db);
    }

    /// A = σ(Z); see [`reference::activation::activate`](crate::reference::activation::activate).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn activate<F: Float>(&self, function: Activation, z: MatrixRef<'_, F>, a: MatrixMut<'_, F>) {
        assert_eq!((z.rows(), z.columns()), (a.rows(), a.columns()), "shapes of σ(Z)");
        self.by_rows(a, |rows, a| activation::activate(self.isa, function, z.row_range(rows), a));
    }

    /// δ ← δ ⊙ σ'(Z); see [`reference::activation::backward`](crate::reference::activation::backward).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn activate_backward<F: Float>(
        &self,
        function: Activation,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        delta: MatrixMut<'_, F>,
    ) {
        assert_eq!((z.rows(), z.columns()), (delta.rows(), delta.columns()), "shapes of δ ⊙ σ'(Z)");
        assert_eq!((a.rows(), a.columns()), (delta.rows(), delta.columns()), "shapes of δ ⊙ σ'(Z)");
        self.by_rows(delta, |rows, delta| {
            activation::backward(self.isa, function, z.row_range(rows.clone()), a.row_range(rows), delta);
        });
    }

    /// Inverted dropout; see [`reference::dropout`](crate::reference::dropout).
    pub fn dropout<F: Float>(&self, key: u64, probability: f64, values: MatrixMut<'_, F>) {
        let columns = values.columns();
        self.by_rows(values, |rows, values| {
            let (row, values) = (rows.start, values.into_values());
            self.isa.run(Dropout { key, probability, row, columns, first: 0, values });
        });
    }

    /// One step of an update rule; see [`reference::update::update`](crate::reference::update::update).
    ///
    /// # Panics
    /// When a slice the rule needs differs in length from `parameters`.
    pub fn update<F: Float>(
        &self,
        rule: Update,
        decay: Decay,
        parameters: &mut [F],
        gradients: &[F],
        first: &mut [F],
        second: &mut [F],
    ) {
        let length = parameters.len();
        assert_eq!(gradients.len(), length, "one gradient per parameter");
        assert!(rule.states() < 1 || first.len() == length, "one entry of the first state per parameter");
        assert!(rule.states() < 2 || second.len() == length, "one entry of the second state per parameter");
        let update = PreparedUpdate::new(rule, decay);
        let tiles = parameters
            .chunks_mut(TILE)
            .zip(gradients.chunks(TILE))
            .zip(chunks_or_none(first, TILE).zip(chunks_or_none(second, TILE)));
        self.share(length >= PARALLEL_ENTRIES, length.div_ceil(TILE), tiles, |tile| {
            let ((parameters, gradients), (first, second)) = tile;
            self.isa.run(UpdateTask { update: &update, parameters, gradients, first, second });
        });
    }

    /// The sum of squares in f64, in an order that depends on the length alone.
    pub fn sum_of_squares<F: Float>(&self, values: &[F]) -> f64 {
        let sums = [const { AtomicU64::new(0) }; PARTS];
        self.by_parts(values, |part, values| {
            sums[part].store(self.isa.run(SumOfSquares(values)).to_bits(), Ordering::Relaxed);
        });
        sums.into_iter().map(|sum| f64::from_bits(sum.into_inner())).sum()
    }

    /// Whether every value is finite.
    pub fn all_finite<F: Float>(&self, values: &[F]) -> bool {
        let finite = AtomicBool::new(true);
        self.by_parts(values, |_, values| {
            if !self.isa.run(AllFinite(values)) {
                finite.store(false, Ordering::Relaxed);
            }
        });
        finite.into_inner()
    }

    /// Shares out an operation on the entries of `values` by tiles of whole rows.
    fn by_rows<F: Float>(
        &self,
        values: MatrixMut<'_, F>,
        work: impl Fn(std::ops::Range<usize>, MatrixMut<'_, F>) + Sync,
    ) {
        let (rows, columns) = (values.rows(), values.columns());
        if rows == 0 || columns == 0 {
            return;
        }
        let tile = TILE.div_ceil(columns);
        let parts = values.into_values().chunks_mut(tile * columns).enumerate();
        self.share(rows * columns >= PARALLEL_ENTRIES, rows.div_ceil(tile), parts, |(i, part)| {
            let range = i * tile..i * tile + part.len() / columns;
            let part = MatrixMut::new(part, range.len(), columns);
            work(range, part);
        });
    }

    /// Shares out a reduction of `values` in at most [`PARTS`] numbered parts.
    fn by_parts<F: Float>(&self, values: &[F], work: impl Fn(usize, &[F]) + Sync) {
        let size = values.len().div_ceil(PARTS).max(TILE / 2);
        let parts = values.chunks(size).enumerate();
        self.share(values.len() >= PARALLEL_ENTRIES, values.len().div_ceil(size), parts, |(i, part)| {
            work(i, part);
        });
    }

    /// Gives each of `count` tiles to `work`: on the pool if that is worth while, else one after the other.
    fn share<T>(
        &self,
        worth_while: bool,
        count: usize,
        tiles: impl Iterator<Item = T> + Send,
        work: impl Fn(T) + Sync,
    ) {
        if worth_while {
            self.pool.for_each(count, tiles, work);
        } else {
            tiles.for_each(work);
        }
    }
}

/// The chunks of `values`, then empty ones without end: for what an operation may or may not have.
fn chunks_or_none<F: Float>(values: &mut [F], size: usize) -> impl Iterator<Item = &mut [F]> + Send {
    let none = std::iter::repeat_with(|| -> &mut [F] { &mut [] });
    values.chunks_mut(size).chain(none)
}
