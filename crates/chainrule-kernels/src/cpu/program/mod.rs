//! A whole training step as one section of the thread pool.
//!
//! A step of a small network takes a few microseconds; what it costs beside its arithmetic decides its speed. A
//! [`Program`] therefore keeps everything between steps: the parameters and the optimizer's state in the order in which the
//! micro-kernels read them, the activations and derivatives of one batch, and who does what. A step is then
//!
//! 1. every thread takes rows of the batch through all affine maps and back: Z = X·Wᵀ + 1·bᵀ, σ, …, the loss and δ(L), …,
//!    δ·W ⊙ σ'. Rows do not know of each other, so that threads need not meet on the way;
//! 2. threads meet;
//! 3. every thread takes tiles of ∂L/∂W = δᵀ·X, sums them over the batch and moves the parameters by them while they are
//!    in the first cache: the gradient is never written to memory as a whole.
//!
//! Matrices are cut by shape and sums have the order of [`slices`](super::products::slices), so neither the number of
//! threads nor the instruction set changes a bit; the results are those of the separate operations of
//! [`Cpu`](super::Cpu).
//!
//! Where a batch has too few rows to go round among the threads, the columns of every product are shared out too, and threads
//! meet after each of them.

#![allow(unsafe_code, reason = "threads write to parts of the same buffers")]

mod buffers;
mod pass;
mod schedule;
mod update;

use super::arch::Isa;
use super::pool::Member;
use super::update::PreparedUpdate;
use super::{Cpu, products::tile::TileKernels};
use crate::{Activation, Decay, Float, MatrixMut, MatrixRef, Update};
use buffers::{Input, Map};
use schedule::Schedule;
use std::fmt;
use std::ops::Range;

/// One affine map with what follows it: A = dropout(σ(X·Wᵀ + 1·bᵀ)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineMap {
    /// Columns of Z.
    pub n_outputs: usize,
    /// Whether there is a b.
    pub bias: bool,
    /// σ; softmax only of the last map.
    pub activation: Activation,
    /// Share of the activations that a step sets to 0.
    pub dropout: f64,
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Forward only.
    Prediction,
    /// Steps of an update rule.
    Training {
        /// State arrays of the rule; see [`Update::states`].
        states: usize,
        /// Whether the loss reads A of the last map; where it is computed from Z alone, A is not made.
        reads_outputs: bool,
    },
}

/// What a thread hands to the loss: some rows of the batch.
#[derive(Debug)]
pub struct LossRows<'a, F> {
    /// Which rows of the batch.
    pub rows: Range<usize>,
    /// Z of the last map.
    pub z: MatrixRef<'a, F>,
    /// A of the last map; Z once more where the program makes none.
    pub a: MatrixRef<'a, F>,
    /// To be written: δ(L), rows `stride` numbers apart of which the first columns count.
    pub delta: &'a mut [F],
    /// The distance of the rows of `delta`.
    pub stride: usize,
    /// To be written: the loss of each row.
    pub losses: &'a mut [f64],
}

/// What a step calls: functions of parts of the batch, from any thread.
#[derive(Clone, Copy)]
pub struct StepCalls<'a, F> {
    /// Writes row i of the batch.
    pub input: &'a (dyn Fn(usize, &mut [F]) + Sync),
    /// Writes loss and δ(L) of some rows.
    pub loss: &'a (dyn Fn(LossRows<'_, F>) + Sync),
    /// Whether the step is to be made, from the losses of all rows: asked on every thread.
    pub accepts: &'a (dyn Fn(&[f64]) -> bool + Sync),
    /// The keys of the dropout masks, map by map; see [`Cpu::dropout`].
    pub dropout: &'a [u64],
    /// How the weights and the biases of each map move.
    pub updates: &'a [[(Update, Decay); 2]],
}

/// Parameters, state and memory of a chain of affine maps, for batches up to a number of rows.
pub struct Program<F: Float> {
    isa: Isa,
    kernels: &'static TileKernels<F>,
    purpose: Purpose,
    capacity: usize,
    input: Input<F>,
    maps: Vec<Map<F>>,
    losses: Vec<f64>,
    updates: Vec<[PreparedUpdate<F>; 2]>,
    schedule: Schedule<F>,
}

/// Which of the arrays that lie as the parameters do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The parameters themselves.
    Parameters,
    /// The first state array.
    First,
    /// The second state array.
    Second,
}

impl<F: Float> Program<F> {
    /// A program for a chain of maps from `n_inputs` columns on, and batches of up to `rows` rows. All parameters are 0.
    ///
    /// # Panics
    /// When there is no map, or a map without columns.
    pub fn new(cpu: &Cpu, n_inputs: usize, maps: &[AffineMap], rows: usize, purpose: Purpose) -> Self {
        assert!(!maps.is_empty() && n_inputs > 0, "a chain has inputs and a map");
        assert!(maps.iter().all(|map| map.n_outputs > 0), "every map has outputs");
        let (isa, kernels) = (cpu.isa(), F::kernels(cpu.isa()));
        let input = Input::new(kernels, n_inputs, rows);
        let mut width = n_inputs;
        let last = maps.len() - 1;
        let maps: Vec<Map<F>> = maps
            .iter()
            .enumerate()
            .map(|(l, map)| {
                let n_inputs = std::mem::replace(&mut width, map.n_outputs);
                Map::new(kernels, *map, n_inputs, rows, purpose, l == 0, l == last)
            })
            .collect();
        let schedule = Schedule::new(kernels, &maps, rows, cpu.threads(), purpose);
        let losses = vec![0.0; if purpose == Purpose::Prediction { 0 } else { rows }];
        let updates = Vec::with_capacity(maps.len());
        Self { isa, kernels, purpose, capacity: rows, input, maps, losses, updates, schedule }
    }

    /// Sets the parameters, or a state, of map `l`: `w` is `n_outputs` × `n_inputs`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn load(&mut self, which: Which, l: usize, w: MatrixRef<'_, F>, b: Option<&[F]>) {
        self.maps[l].load(which, w, b);
    }

    /// Writes the parameters, or a state, of map `l` into `w` and `b`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn store(&self, which: Which, l: usize, w: MatrixMut<'_, F>, b: Option<&mut [F]>) {
        self.maps[l].store(which, w, b);
    }

    /// One step over `rows` rows; the losses of all of them.
    ///
    /// # Panics
    /// When there are more rows than the program was made for, the program is one for prediction, or `calls` does not have
    /// what each map needs.
    pub fn step(&mut self, cpu: &Cpu, rows: usize, calls: &StepCalls<'_, F>) -> &[f64] {
        assert!(rows <= self.capacity, "at most {} rows", self.capacity);
        assert!(self.purpose != Purpose::Prediction, "a program for training");
        assert!(calls.updates.len() == self.maps.len(), "one pair of updates per map");
        assert!(
            calls.dropout.len() == self.maps.len() || self.maps.iter().all(|map| map.affine.dropout == 0.0),
            "one key per map"
        );
        self.updates.clear();
        let prepare = |(update, decay)| PreparedUpdate::new(update, decay);
        self.updates.extend(calls.updates.iter().map(|updates| updates.map(prepare)));
        let team = self.schedule.team(rows);
        let losses = self.losses.as_mut_ptr();
        let step = Step { program: self, rows, calls, losses: Losses(losses) };
        cpu.pool.team(team, &|member| step.run(member));
        &self.losses[..rows]
    }

    /// Takes `rows` rows forward; `output` is given the rows of A of the last map, part by part, from any thread.
    ///
    /// # Panics
    /// When there are more rows than the program was made for.
    pub fn predict(
        &mut self,
        cpu: &Cpu,
        rows: usize,
        input: &(dyn Fn(usize, &mut [F]) + Sync),
        output: &(dyn Fn(Range<usize>, MatrixRef<'_, F>, MatrixRef<'_, F>) + Sync),
    ) {
        assert!(rows <= self.capacity, "at most {} rows", self.capacity);
        let team = self.schedule.team(rows);
        let this = &*self;
        cpu.pool.team(team, &|member| {
            let grid = this.schedule.grid(member, rows);
            this.forward(member, &grid, input, &[]);
            if grid.first_column {
                let last = &this.maps[this.maps.len() - 1];
                // SAFETY: this thread wrote these rows, or met those that did; nothing writes to them any more.
                let (z, a) = unsafe { (last.z.view(grid.rows.clone()), last.activations().view(grid.rows.clone())) };
                output(grid.rows.clone(), z, a);
            }
        });
    }

    /// Columns of the first map's X.
    pub fn n_inputs(&self) -> usize {
        self.input.n_inputs
    }

    /// The largest number of rows.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
}

impl<F: Float> fmt::Debug for Program<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = self.maps.iter().map(|map| map.affine.n_outputs).collect();
        write!(f, "Program from {} to {widths:?}, {} rows", self.input.n_inputs, self.capacity)
    }
}

/// Where threads write the losses of their rows.
struct Losses(*mut f64);

// SAFETY: every thread writes to rows of its own, and reads others only after it met their threads.
unsafe impl Sync for Losses {}

/// One step, as every thread sees it.
struct Step<'a, F: Float> {
    program: &'a Program<F>,
    rows: usize,
    calls: &'a StepCalls<'a, F>,
    losses: Losses,
}

impl<F: Float> Step<'_, F> {
    fn run(&self, member: Member<'_>) {
        let Self { program, rows, calls, .. } = *self;
        let grid = program.schedule.grid(member, rows);
        program.forward(member, &grid, calls.input, calls.dropout);
        if grid.first_column && !grid.rows.is_empty() {
            self.lose(&grid.rows);
        }
        program.backward(member, &grid, calls.dropout);
        member.meet();
        // SAFETY: all threads have met since the losses were written.
        let losses = unsafe { std::slice::from_raw_parts(self.losses.0, rows) };
        if (calls.accepts)(losses) {
            program.update(member, rows);
        }
    }

    /// Loss and δ(L) of some rows.
    fn lose(&self, rows: &Range<usize>) {
        let last = &self.program.maps[self.program.maps.len() - 1];
        let stride = last.z.width;
        // SAFETY: these rows are this thread's alone, and those of Z and A are written.
        unsafe {
            (self.calls.loss)(LossRows {
                rows: rows.clone(),
                z: last.z.view(rows.clone()),
                a: last.activations().view(rows.clone()),
                delta: last.delta.strip_mut(0, rows.clone()),
                stride,
                losses: std::slice::from_raw_parts_mut(self.losses.0.add(rows.start), rows.len()),
            });
        }
    }
}
