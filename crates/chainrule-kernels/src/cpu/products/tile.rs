//! The micro-kernel: one tile of a product, held in registers from its first term to its last.
//!
//! C[m, n] = Σₖ A[m, k]·B[k, n] for `MR` rows and `NV` registers of columns. In each step over k a row of B is loaded
//! and each of the `MR` numbers of A's column is multiplied by it, so that 24 multiply-adds (6 × 4 registers) need 10
//! loads. All three products of a training step are of this form, and differ only in where A and B lie:
//!
//! - Z = X·Wᵀ: A are rows of X, B is Wᵀ, kept in panels of columns;
//! - ∂L/∂A = δ·W: A are rows of δ, B is W, kept in panels likewise;
//! - ∂L/∂Wᵀ = Xᵀ·δ: A are columns of X, k runs over the rows of the batch, B are the rows of δ.
//!
//! Each entry of C is one chain of fused multiply-adds in the order of k. Nothing is ever added across lanes, so the
//! width of a register, and with it the instruction set, changes no bit.
//!
//! What happens to a tile before it is stored ([`Finish`]) is decided once per tile, behind the loop: a decision within
//! the loop makes the compiler spill accumulators.

#![allow(unsafe_code, reason = "operands are given by their addresses")]

use crate::Float;
use crate::cpu::arch::Vector;
use crate::cpu::descent::{Descent, DescentKind};
use crate::cpu::memory::{advance, prefetch};

/// The most rows of any kernel.
pub(crate) const MOST_ROWS: usize = 12;

/// Rows of A that share an address: a processor adds a stride once or twice to it as it reads.
const GROUP: usize = 3;
/// Addresses for the rows of the highest tile.
const GROUPS: usize = MOST_ROWS.div_ceil(GROUP);

/// Bytes of B up to which nothing is asked for ahead of its use: so little stays in the first cache from one tile to the
/// next, and asking takes the time of reading.
const NEAR: usize = 32 << 10;
/// Rows of B that are asked for ahead of their use.
const PREFETCH: usize = 8;

/// The operands of one tile.
///
/// Addresses are of the tile's first entries, strides count numbers.
#[derive(Clone, Copy)]
pub(crate) struct Tile<F> {
    /// A[0, 0].
    pub(crate) a: *const F,
    /// From A[m, k] to A[m + 1, k].
    pub(crate) a_row: usize,
    /// From A[m, k] to A[m, k + 1].
    pub(crate) a_term: usize,
    /// After so many terms A goes on elsewhere.
    pub(crate) a_segment: usize,
    /// How much further than one term that is.
    pub(crate) a_jump: usize,
    /// From A[0, 0], or where A goes on from there, to what is asked for ahead of its use.
    pub(crate) a_ahead: usize,
    /// How much further that is with every term.
    pub(crate) a_ahead_term: usize,
    /// B[0, 0].
    pub(crate) b: *const F,
    /// From B[k, n] to B[k + 1, n].
    pub(crate) b_term: usize,
    /// Number of terms: how far k runs.
    pub(crate) terms: usize,
    /// C[0, 0].
    pub(crate) c: *mut F,
    /// From C[m, n] to C[m + 1, n].
    pub(crate) c_row: usize,
    /// Whether the sums go on from what C holds, or begin at 0.
    pub(crate) continues: bool,
    /// What becomes of the sums.
    pub(crate) finish: Finish<F>,
    /// Memory that a later phase will read, brought nearer while this tile is computed.
    pub(crate) later: Later<F>,
}

/// A stretch of memory to be asked for, a little with every term: many requests at once would keep the tile's own waiting.
#[derive(Clone, Copy)]
pub(crate) struct Later<F> {
    /// Where it begins.
    pub(crate) start: *const F,
    /// Bytes per term; 0 where there is nothing to ask for.
    pub(crate) step: usize,
}

impl<F> Later<F> {
    /// Nothing to ask for.
    pub(crate) const NONE: Self = Self { start: std::ptr::null(), step: 0 };

    /// What is left after so many terms.
    pub(crate) fn behind(self, terms: usize) -> Self {
        Self { start: self.start.wrapping_byte_add(terms * self.step), ..self }
    }
}

/// What becomes of the sums of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Finish<F> {
    /// C = sums.
    Store,
    /// C = C + sums: two slices of a batch.
    Add,
    /// C = sums + b, b one number per column.
    Bias(*const F),
    /// C = max(sums + b, 0).
    BiasRelu(*const F),
    /// C = sums ⊙ step(a): the derivative of `ReLU` where its value was a. With the distance of a's rows.
    StepOf(*const F, usize),
    /// C is the gradient of parameters, which are moved by it; it is not stored.
    Descend(DescentTile<F>),
}

impl<F> Finish<F> {
    /// The same for a tile that begins so many rows further down.
    pub(crate) fn of_rows(self, rows: usize) -> Self {
        match self {
            Self::StepOf(a, a_row) => Self::StepOf(a.wrapping_add(rows * a_row), a_row),
            other => other,
        }
    }
}

/// The parameters of a tile and their velocities, whose rows are as far apart as those of C.
#[derive(Clone, Copy)]
pub(crate) struct DescentTile<F> {
    pub(crate) descent: Descent<F>,
    pub(crate) w: *mut F,
    pub(crate) v: *mut F,
}

/// A micro-kernel of some number of rows and registers.
///
/// # Safety
/// As for [`compute`].
pub(crate) type TileKernel<F> = unsafe fn(&Tile<F>);

/// The micro-kernels of an instruction set.
pub(crate) struct TileKernels<F: 'static> {
    /// Numbers in a register.
    pub(crate) lanes: usize,
    /// By number of registers, then by number of rows, both from 1.
    pub(crate) kernels: &'static [&'static [TileKernel<F>]],
}

impl<F> TileKernels<F> {
    /// Columns of the widest tile.
    pub(crate) fn width(&self) -> usize {
        self.lanes * self.kernels.len()
    }

    /// The most rows of a tile of so many registers of columns.
    pub(crate) fn rows(&self, vectors: usize) -> usize {
        self.kernels[vectors - 1].len()
    }

    /// The kernel for so many rows and registers.
    pub(crate) fn kernel(&self, rows: usize, vectors: usize) -> TileKernel<F> {
        self.kernels[vectors - 1][rows - 1]
    }
}

/// Computes one tile.
///
/// # Safety
/// The processor must have the instruction set of `V`, and the operands must lie where `tile` says, for `MR` rows and
/// `NV` registers of columns; nothing else may write to them, or read C, meanwhile.
#[inline(always)]
pub(crate) unsafe fn compute<F: Float, V: Vector<F>, const MR: usize, const NV: usize>(tile: &Tile<F>) {
    // SAFETY: every address below is within the operands by what the caller promises.
    unsafe {
        let mut sums = [[V::splat(F::ZERO); NV]; MR];
        if tile.continues {
            for (m, row) in sums.iter_mut().enumerate() {
                for (v, sum) in row.iter_mut().enumerate() {
                    *sum = V::load(tile.c.add(m * tile.c_row + v * V::LANES));
                }
            }
        }
        // Three loops, because a decision within one would be made for every term.
        let is_near = tile.terms * tile.b_term * size_of::<F>() <= NEAR;
        if !is_near {
            multiply_add::<F, V, MR, NV, true, true>(tile, &mut sums);
        } else if tile.later.step > 0 {
            multiply_add::<F, V, MR, NV, false, true>(tile, &mut sums);
        } else {
            multiply_add::<F, V, MR, NV, false, false>(tile, &mut sums);
        }
        finish(tile, sums);
    }
}

/// Adds the products of all terms to the sums; asks for operands ahead of their use where they are `FAR`, and for what comes
/// `LATER`.
///
/// # Safety
/// As for [`compute`].
#[inline(always)]
unsafe fn multiply_add<
    F: Float,
    V: Vector<F>,
    const MR: usize,
    const NV: usize,
    const FAR: bool,
    const LATER: bool,
>(
    tile: &Tile<F>,
    sums: &mut [[V; NV]; MR],
) {
    // SAFETY: every address below is within the operands by what the caller promises, or only asked for.
    unsafe {
        let (mut b, mut left) = (tile.b, tile.terms);
        // Asked for again and again, an operand costs nothing; no address at all would be looked up each time.
        let mut later = if tile.later.step > 0 { tile.later.start } else { b };
        let mut a: [*const F; GROUPS] =
            std::array::from_fn(|group| tile.a.wrapping_add(GROUP * group * tile.a_row));
        while left > 0 {
            let terms = left.min(tile.a_segment);
            let mut ahead = a[0].wrapping_add(tile.a_ahead);
            for _ in 0..terms {
                if LATER {
                    prefetch(later);
                    later = later.wrapping_byte_add(tile.later.step);
                }
                if FAR {
                    prefetch(ahead);
                    ahead = ahead.wrapping_add(tile.a_ahead_term);
                }
                let mut columns = [V::splat(F::ZERO); NV];
                for (v, column) in columns.iter_mut().enumerate() {
                    *column = V::load(b.add(v * V::LANES));
                    if FAR {
                        prefetch(b.wrapping_add(PREFETCH * tile.b_term + v * V::LANES));
                    }
                }
                for (m, row) in sums.iter_mut().enumerate() {
                    let x = V::splat(*a[m / GROUP].wrapping_add(m % GROUP * tile.a_row));
                    for (sum, &column) in row.iter_mut().zip(&columns) {
                        *sum = x.mul_add(column, *sum);
                    }
                }
                a = a.map(|a| advance(a, tile.a_term * size_of::<F>()));
                b = b.wrapping_add(tile.b_term);
            }
            left -= terms;
            a = a.map(|a| a.wrapping_add(tile.a_jump));
        }
    }
}

/// Stores the sums as the tile's [`Finish`] says.
///
/// # Safety
/// As for [`compute`].
#[inline(always)]
unsafe fn finish<F: Float, V: Vector<F>, const MR: usize, const NV: usize>(
    tile: &Tile<F>,
    sums: [[V; NV]; MR],
) {
    // SAFETY: every address below is within the operands by what the caller promises.
    unsafe {
        match tile.finish {
            Finish::Store => store(tile, sums, |sum, _, _| sum),
            Finish::Add => {
                store(tile, sums, |sum, m, v| V::load(tile.c.add(m * tile.c_row + v * V::LANES)).add(sum));
            }
            Finish::Bias(bias) => store(tile, sums, |sum, _, v| sum.add(V::load(bias.add(v * V::LANES)))),
            Finish::BiasRelu(bias) => {
                store(tile, sums, |sum, _, v| sum.add(V::load(bias.add(v * V::LANES))).relu());
            }
            Finish::StepOf(a, a_row) => {
                store(tile, sums, |sum, m, v| sum.times_step(V::load(a.add(m * a_row + v * V::LANES))));
            }
            Finish::Descend(parameters) => descend(tile.c_row, &parameters, sums),
        }
    }
}

/// Moves parameters by the sums.
///
/// # Safety
/// As for [`compute`], for the parameters in place of C.
#[inline(always)]
unsafe fn descend<F: Float, V: Vector<F>, const MR: usize, const NV: usize>(
    row: usize,
    parameters: &DescentTile<F>,
    gradients: [[V; NV]; MR],
) {
    let DescentTile { descent, w, v } = *parameters;
    // SAFETY: the tile has `MR` rows of `NV` registers of parameters and, where the rule has them, velocities.
    unsafe {
        let rule = descent.map(|x| V::splat(x));
        macro_rules! for_each {
            (|$w:ident, $v:ident, $g:ident| $step:expr) => {
                for (m, gradients) in gradients.into_iter().enumerate() {
                    for (n, $g) in gradients.into_iter().enumerate() {
                        let ($w, $v) =
                            (w.add(m * row + n * V::LANES), v.wrapping_add(m * row + n * V::LANES));
                        $step;
                    }
                }
            };
        }
        macro_rules! with_velocity {
            ($formula:ident) => {
                for_each!(|w, v, g| {
                    let (moved, velocity) = rule.$formula(V::load(w), g, V::load(v));
                    moved.store(w);
                    velocity.store(v);
                })
            };
        }
        match descent.kind {
            DescentKind::Plain => for_each!(|w, _v, g| rule.plain(V::load(w), g).store(w)),
            DescentKind::Momentum => with_velocity!(momentum),
            DescentKind::Nesterov => with_velocity!(nesterov),
            DescentKind::RateInVelocity => with_velocity!(rate_in_velocity),
            DescentKind::NesterovRateInVelocity => with_velocity!(nesterov_rate_in_velocity),
        }
    }
}

/// # Safety
/// As for [`compute`].
#[inline(always)]
unsafe fn store<F: Float, V: Vector<F>, const MR: usize, const NV: usize>(
    tile: &Tile<F>,
    sums: [[V; NV]; MR],
    value: impl Fn(V, usize, usize) -> V,
) {
    for (m, row) in sums.into_iter().enumerate() {
        for (v, sum) in row.into_iter().enumerate() {
            // SAFETY: the tile has `MR` rows of `NV` registers in C.
            unsafe { value(sum, m, v).store(tile.c.add(m * tile.c_row + v * V::LANES)) };
        }
    }
}

/// Makes the kernels of an instruction set: a function `tile_kernel` compiled for it, and the tables `F32` and `F64` of its
/// instances for 1, 2, … registers of columns, each with up to so many rows.
macro_rules! tile_kernels {
    ($(#[$attribute:meta])* f32: $f32:ty, f64: $f64:ty, rows [$($rows:tt),+]) => {
        $(#[$attribute])*
        // SAFETY: as for `compute`, of which this is an instance.
        unsafe fn tile_kernel<F: crate::Float, V: Vector<F>, const MR: usize, const NV: usize>(
            tile: &crate::cpu::products::tile::Tile<F>,
        ) {
            // SAFETY: what the caller of a kernel promises is what `compute` asks for.
            unsafe { crate::cpu::products::tile::compute::<F, V, MR, NV>(tile) }
        }

        /// The kernels for `f32`.
        pub(crate) static F32: TileKernels<f32> = TileKernels {
            lanes: <$f32 as Vector<f32>>::LANES,
            kernels: crate::cpu::products::tile::instances!(f32, $f32, $($rows),+),
        };
        /// The kernels for `f64`.
        pub(crate) static F64: TileKernels<f64> = TileKernels {
            lanes: <$f64 as Vector<f64>>::LANES,
            kernels: crate::cpu::products::tile::instances!(f64, $f64, $($rows),+),
        };
    };
}
pub(crate) use tile_kernels;

/// The instances of `tile_kernel` for 1, 2, … registers of columns.
macro_rules! instances {
    ($kind:ident, $register:ty, $one:tt, $two:tt) => {
        &[
            crate::cpu::products::tile::by_rows!($kind, $register, 1, $one),
            crate::cpu::products::tile::by_rows!($kind, $register, 2, $two),
        ]
    };
    ($kind:ident, $register:ty, $one:tt, $two:tt, $three:tt, $four:tt) => {
        &[
            crate::cpu::products::tile::by_rows!($kind, $register, 1, $one),
            crate::cpu::products::tile::by_rows!($kind, $register, 2, $two),
            crate::cpu::products::tile::by_rows!($kind, $register, 3, $three),
            crate::cpu::products::tile::by_rows!($kind, $register, 4, $four),
        ]
    };
}
pub(crate) use instances;

/// The instances of `tile_kernel` for 1, 2, … rows.
macro_rules! by_rows {
    ($kind:ident, $register:ty, $vectors:literal, 6) => {
        crate::cpu::products::tile::by_rows!($kind, $register, $vectors; 1 2 3 4 5 6)
    };
    ($kind:ident, $register:ty, $vectors:literal, 8) => {
        crate::cpu::products::tile::by_rows!($kind, $register, $vectors; 1 2 3 4 5 6 7 8)
    };
    ($kind:ident, $register:ty, $vectors:literal, 12) => {
        crate::cpu::products::tile::by_rows!($kind, $register, $vectors; 1 2 3 4 5 6 7 8 9 10 11 12)
    };
    ($kind:ident, $register:ty, $vectors:literal; $($rows:literal)+) => {
        &[$(tile_kernel::<$kind, $register, $rows, $vectors>),+]
    };
}
pub(crate) use by_rows;
