//! The products of a training step.
//!
//! One micro-kernel ([`tile`]) computes them all, on operands in the order in which it reads them ([`panels`]). The
//! fused step ([`crate::cpu::program`]) keeps its weights in that order for as long as a training lasts. The operations here
//! take matrices as they are: each task packs one panel of the operand that has to lie in panels into memory of its thread, and
//! multiplies a block of rows with it. Both give the same bits, since the order of each sum is the same ([`slices`]).

#![allow(unsafe_code, reason = "micro-kernels take addresses, and threads write to columns of one matrix")]

pub(crate) mod panels;
pub(crate) mod slices;
pub(crate) mod tile;

use super::arch::Isa;
use super::memory::Memory;
use super::{Cpu, chunks_or_none};
use crate::{Activation, Float, MatrixMut, MatrixRef};
use panels::{Panel, Panels, even_parts};
use std::cell::RefCell;
use std::ops::Range;
use tile::{Finish, Later, MOST_ROWS, Tile, TileKernels};

/// What products need of a kind of number.
pub trait Backend: Sized {
    /// The micro-kernels of an instruction set.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the trait is sealed by it")]
    fn kernels(isa: Isa) -> &'static TileKernels<Self>;

    /// Lends the memory of the calling thread, at least `length` numbers.
    #[doc(hidden)]
    fn with_scratch(length: usize, work: impl FnOnce(&mut [Self]));
}

macro_rules! implement_backend {
    ($kind:ident, $kernels:ident) => {
        impl Backend for $kind {
            #[expect(private_interfaces, reason = "the trait is sealed by it")]
            #[inline]
            fn kernels(isa: Isa) -> &'static TileKernels<Self> {
                isa.$kernels()
            }

            fn with_scratch(length: usize, work: impl FnOnce(&mut [Self])) {
                thread_local! {
                    static SCRATCH: RefCell<Memory<$kind>> = RefCell::new(Memory::zeros(0));
                }
                SCRATCH.with_borrow_mut(|scratch| {
                    if scratch.len() < length {
                        *scratch = Memory::zeros(length);
                    }
                    work(&mut scratch[..length]);
                });
            }
        }
    };
}

implement_backend!(f32, kernels_f32);
implement_backend!(f64, kernels_f64);

/// Operations with less floating-point work than this stay on the calling thread: waking another one costs more.
const PARALLEL_WORK: usize = 1 << 20;

/// Rows of a task: enough that packing a panel is little beside the product.
const TASK_ROWS: usize = 256;

/// See [`Cpu::affine`].
pub(crate) fn affine<F: Float>(
    cpu: &Cpu,
    function: Activation,
    x: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    bias: Option<&[F]>,
    z: MatrixMut<'_, F>,
    a: MatrixMut<'_, F>,
) {
    assert_eq!((z.rows(), z.columns(), x.columns()), (x.rows(), w.rows(), w.columns()), "shapes of X·Wᵀ");
    activated(cpu, function, (x, w, true), bias, z, a);
}

/// See [`Cpu::affine_nn`].
pub(crate) fn affine_nn<F: Float>(
    cpu: &Cpu,
    function: Activation,
    x: MatrixRef<'_, F>,
    b: MatrixRef<'_, F>,
    bias: Option<&[F]>,
    z: MatrixMut<'_, F>,
    a: MatrixMut<'_, F>,
) {
    assert_eq!((z.rows(), z.columns(), x.columns()), (x.rows(), b.columns(), b.rows()), "shapes of X·B");
    activated(cpu, function, (x, b, false), bias, z, a);
}

/// Z = X·B + 1·bᵀ, where B may be given as its transpose, and σ(Z).
fn activated<F: Float>(
    cpu: &Cpu,
    function: Activation,
    (x, b, b_transposed): (MatrixRef<'_, F>, MatrixRef<'_, F>, bool),
    bias: Option<&[F]>,
    mut z: MatrixMut<'_, F>,
    a: MatrixMut<'_, F>,
) {
    let (rows, columns) = (z.rows(), z.columns());
    assert_eq!((rows, columns), (a.rows(), a.columns()), "shapes of σ(Z)");
    assert!(bias.is_none_or(|bias| bias.len() == columns), "one bias per output");
    let terms = x.columns();
    let product = Product { a: x, a_transposed: false, b, b_transposed, bias, rows, columns, terms };
    product.compute(cpu, z.reborrow());
    cpu.activate(function, z.as_ref(), a);
}

/// See [`Cpu::input_gradient`].
pub(crate) fn input_gradient<F: Float>(
    cpu: &Cpu,
    function: Activation,
    delta: MatrixRef<'_, F>,
    w: MatrixRef<'_, F>,
    z: MatrixRef<'_, F>,
    a: MatrixRef<'_, F>,
    mut into: MatrixMut<'_, F>,
) {
    let (rows, columns) = (into.rows(), into.columns());
    assert_eq!((rows, columns, delta.columns()), (delta.rows(), w.columns(), w.rows()), "shapes of δ·W");
    let product = Product {
        a: delta,
        a_transposed: false,
        b: w,
        b_transposed: false,
        bias: None,
        rows,
        columns,
        terms: w.rows(),
    };
    product.compute(cpu, into.reborrow());
    cpu.activate_backward(function, z, a, into);
}

/// See [`Cpu::weight_gradient`].
pub(crate) fn weight_gradient<F: Float>(
    cpu: &Cpu,
    delta: MatrixRef<'_, F>,
    x: MatrixRef<'_, F>,
    dw: MatrixMut<'_, F>,
    db: Option<&mut [F]>,
) {
    let (rows, columns) = (dw.rows(), dw.columns());
    assert_eq!((rows, columns, delta.rows()), (delta.columns(), x.columns(), x.rows()), "shapes of δᵀ·X");
    if let Some(db) = db {
        assert_eq!(db.len(), rows, "one bias per output");
        let parts = chunks_or_none(db, TASK_ROWS).take(rows.div_ceil(TASK_ROWS)).enumerate();
        let worth_while = rows * x.rows() >= PARALLEL_WORK;
        cpu.share(worth_while, rows.div_ceil(TASK_ROWS), parts, |(i, db)| {
            let columns = i * TASK_ROWS..i * TASK_ROWS + db.len();
            F::with_scratch(db.len() * slices::most_open(x.rows()), |partial| {
                slices::column_sums(cpu.isa(), delta.column_range(columns), partial);
                db.copy_from_slice(&partial[..db.len()]);
            });
        });
    }
    let product = Product {
        a: delta,
        a_transposed: true,
        b: x,
        b_transposed: false,
        bias: None,
        rows,
        columns,
        terms: x.rows(),
    };
    product.compute(cpu, dw);
}

/// C = A·B + 1·bᵀ, where A or B may be given as its transpose. Where A is, the terms are the rows of a batch and are added
/// in [`slices`].
#[derive(Clone, Copy)]
struct Product<'a, F> {
    a: MatrixRef<'a, F>,
    a_transposed: bool,
    b: MatrixRef<'a, F>,
    b_transposed: bool,
    bias: Option<&'a [F]>,
    rows: usize,
    columns: usize,
    terms: usize,
}

/// A matrix that several tasks write parts of.
struct Target<F>(*mut F);

// SAFETY: every task writes to rows and columns of its own.
unsafe impl<F: Send> Sync for Target<F> {}

impl<F: Float> Product<'_, F> {
    fn compute(self, cpu: &Cpu, c: MatrixMut<'_, F>) {
        if self.rows == 0 || self.columns == 0 {
            return;
        }
        let kernels = F::kernels(cpu.isa());
        let panels = Panels::new(self.terms, self.columns, kernels.lanes, kernels.width());
        let blocks = self.rows.div_ceil(TASK_ROWS);
        let target = Target(c.into_values().as_mut_ptr());
        let target = &target;
        let tasks = panels.count() * blocks;
        let work = 2 * self.rows * self.columns * self.terms;
        cpu.share(work >= PARALLEL_WORK, tasks, 0..tasks, |task| {
            let (panel, block) = (panels.panel(task / blocks), task % blocks);
            let rows = block * TASK_ROWS..self.rows.min((block + 1) * TASK_ROWS);
            // SAFETY: tasks have different panels or different blocks of rows, so no two write to the same entry, and
            // `c`, which was taken apart above, is borrowed until `share` returns.
            unsafe { self.block(cpu.isa(), kernels, panel, rows, target.0) };
        });
    }

    /// Computes a block of rows of one panel of columns.
    ///
    /// # Safety
    /// `c` is the first entry of a matrix of the product's shape, in which nothing else touches this block.
    unsafe fn block(self, isa: Isa, kernels: &TileKernels<F>, panel: Panel, rows: Range<usize>, c: *mut F) {
        let columns = panel.column..panel.column + panel.columns;
        let largest = MOST_ROWS * kernels.width();
        // A few rows read a panel but once: where it lies without padding, they read it there.
        let in_place = !self.b_transposed
            && self.terms > 0
            && panel.columns == panel.width
            && rows.len() <= kernels.rows(panel.vectors);
        let packed = if in_place { 0 } else { self.terms * panel.width };
        F::with_scratch(packed + panel.width + largest * slices::most_open(self.terms), |scratch| {
            let (b, rest) = scratch.split_at_mut(packed);
            let (b, b_term) = if in_place {
                (self.b.values()[panel.column..].as_ptr(), self.b.stride())
            } else {
                if self.b_transposed {
                    panels::pack_transposed(self.b.row_range(columns.clone()), panel.width, b);
                } else {
                    panels::pack(self.b.column_range(columns.clone()), panel.width, b);
                }
                (b.as_ptr(), panel.width)
            };
            let (bias, partial) = rest.split_at_mut(panel.width);
            bias.fill(F::ZERO);
            let finish = self.bias.map_or(Finish::Store, |given| {
                bias[..panel.columns].copy_from_slice(&given[columns.clone()]);
                Finish::Bias(bias.as_ptr())
            });
            for part in even_parts(rows, kernels.rows(panel.vectors)) {
                let tile = Tile {
                    a: self.first_of_a(part.start),
                    a_row: if self.a_transposed { 1 } else { self.a.stride() },
                    a_term: if self.a_transposed { self.a.stride() } else { 1 },
                    a_segment: usize::MAX,
                    a_jump: 0,
                    a_ahead: 0,
                    a_ahead_term: 0,
                    b,
                    b_term,
                    terms: self.terms,
                    c: partial.as_mut_ptr(),
                    c_row: panel.width,
                    continues: false,
                    finish,
                    later: Later::NONE,
                };
                let kernel = kernels.kernel(part.len(), panel.vectors);
                // SAFETY: A has the rows of the part; B and the result lie in the memory of this thread, or B in that of the
                // operand, whose rows have the panel's columns.
                unsafe {
                    if self.a_transposed {
                        let size = part.len() * panel.width;
                        slices::tile_over_batch(isa, kernel, tile, self.terms, size, partial);
                    } else {
                        kernel(&tile);
                    }
                }
                for (row, sums) in part.zip(partial.chunks(panel.width)) {
                    let start = row * self.columns + panel.column;
                    // SAFETY: these are entries of the block.
                    let into = unsafe { std::slice::from_raw_parts_mut(c.add(start), panel.columns) };
                    into.copy_from_slice(&sums[..panel.columns]);
                }
            }
        });
    }

    /// The address of the first number of a row of A.
    fn first_of_a(&self, row: usize) -> *const F {
        if self.terms == 0 {
            return self.a.values().as_ptr();
        }
        let start = if self.a_transposed { row } else { row * self.a.stride() };
        self.a.values()[start..].as_ptr()
    }
}
