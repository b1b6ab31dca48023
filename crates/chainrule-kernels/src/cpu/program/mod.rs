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
//! Matrices are cut by shape and sums have the order of `products/slices.rs`, so neither the number of
//! threads nor the instruction set changes a bit; the results are those of the separate operations of
//! [`Cpu`].
//!
//! Where a batch has too few rows to go round among the threads, the columns of every product are shared out too, and threads
//! meet after each of them.

#![allow(unsafe_code, reason = "threads write to parts of the same buffers")]

mod buffers;
mod company;
mod pass;
mod schedule;
mod update;

use super::arch::Isa;
use super::memory::Memory;
use super::passes::SumOfRows;
use super::pool::Member;
use super::update::PreparedUpdate;
use super::{Cpu, products::tile::TileKernels};
use crate::{Activation, Decay, Float, MatrixMut, MatrixRef, PaddedMut, Update};
use buffers::{Input, Map, Position};
use company::Company;
use schedule::{GROUP, Schedule, Threads};
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
    /// To be written: δ(L).
    pub delta: PaddedMut<'a, F>,
    /// To be written: the loss of each row.
    pub losses: &'a mut [f64],
}

/// Writes the inputs of some rows of a batch.
pub type InputRows<'a, F> = dyn Fn(Range<usize>, PaddedMut<'_, F>) + Sync + 'a;

/// Takes Z and A of the last map for some rows of a batch.
pub type ResultRows<'a, F> = dyn Fn(Range<usize>, MatrixRef<'_, F>, MatrixRef<'_, F>) + Sync + 'a;

/// The rows of the next batch, which a step brings nearer while it computes: main memory takes its time.
#[derive(Clone, Copy)]
pub struct NextRows<'a, F> {
    /// How many there are; 0 where nobody knows.
    pub count: usize,
    /// Where row i of them lies.
    pub row: &'a (dyn Fn(usize) -> &'a [F] + Sync),
}

/// What a step calls: functions of parts of the batch, from any thread.
#[derive(Clone, Copy)]
pub struct StepCalls<'a, F> {
    /// Writes the inputs.
    pub input: &'a InputRows<'a, F>,
    /// What will be read next.
    pub ahead: NextRows<'a, F>,
    /// Whether the loss reads A of the last map; else it is not made.
    pub reads_outputs: bool,
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
    company: Company,
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
        let n_outputs: Vec<usize> = maps.iter().map(|map| map.n_outputs).collect();
        let threads = Threads::new(cpu, n_inputs, &n_outputs, rows, purpose);
        let columns = schedule::side_by_side(n_inputs, &n_outputs, rows, threads, purpose, kernels.lanes);
        // Panels are as wide as the widest tile, or narrower where every thread is to have one.
        let width =
            |l: usize| n_outputs[l].div_ceil(columns[l]).next_multiple_of(kernels.lanes).min(kernels.width());
        let last = maps.len() - 1;
        let position = |l: usize| Position {
            n_inputs: if l == 0 { n_inputs } else { n_outputs[l - 1] },
            first: l == 0,
            last: l == last,
            side_by_side: columns[l],
            width: width(l),
            width_below: if l == 0 { kernels.width() } else { width(l - 1) },
        };
        let maps: Vec<Map<F>> = maps
            .iter()
            .enumerate()
            .map(|(l, map)| Map::new(kernels, *map, &position(l), rows, purpose))
            .collect();
        let schedule = Schedule::new(kernels, &maps, rows, threads, purpose);
        let input = Input::new(kernels, n_inputs, rows, columns[0]);
        let losses = vec![0.0; if purpose == Purpose::Prediction { 0 } else { rows }];
        let updates = Vec::with_capacity(maps.len());
        Self {
            isa,
            kernels,
            purpose,
            capacity: rows,
            input,
            maps,
            losses,
            updates,
            schedule,
            company: Company::default(),
        }
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

    /// Has the steps that follow find the squares of the weights, each thread those that it is about to move.
    pub fn watch_weights(&mut self) {
        for map in &mut self.maps {
            map.squares = Some(Memory::zeros(map.n_inputs.div_ceil(GROUP) * map.padded_outputs()));
        }
    }

    /// The sum of the squares of all weights, without biases, in f64, as they were before the last step that moved them; 0 where
    /// [`watch_weights`](Self::watch_weights) was not asked for. No thread count changes a bit of it.
    pub fn squared_weights(&self) -> f64 {
        let of_map = |map: &Map<F>| {
            let (values, columns) = (map.squares.as_deref()?, map.affine.n_outputs);
            Some(self.isa.run(SumOfRows { values, width: map.padded_outputs(), columns }))
        };
        self.maps.iter().filter_map(of_map).sum()
    }

    /// One step over `rows` rows.
    ///
    /// # Panics
    /// When there are more rows than the program was made for, the program is one for prediction, or `calls` does not have
    /// what each map needs.
    pub fn step(&mut self, cpu: &Cpu, rows: usize, calls: &StepCalls<'_, F>) {
        assert!(rows <= self.capacity, "at most {} rows", self.capacity);
        assert!(self.purpose != Purpose::Prediction, "a program for training");
        assert!(calls.updates.len() == self.maps.len(), "one pair of updates per map");
        assert!(
            calls.dropout.len() == self.maps.len() || self.maps.iter().all(|map| map.affine.dropout == 0.0),
            "one key per map"
        );
        self.updates.clear();
        for [(weights, weight_decay), (bias, bias_decay)] in calls.updates {
            self.updates.push([
                PreparedUpdate::new(*weights, *weight_decay),
                PreparedUpdate::new(*bias, *bias_decay),
            ]);
        }
        let team = self.company.team(self.schedule.team(rows));
        let losses = self.losses.as_mut_ptr();
        let step = Step { program: self, rows, calls, losses: Losses(losses) };
        let slept = cpu.pool.team(team, &|member| step.run(member));
        if self.schedule.is_short(rows) {
            self.company.note(slept);
        }
    }

    /// Takes `rows` rows forward; `output` is given the results, part by part, from any thread.
    ///
    /// # Panics
    /// When there are more rows than the program was made for.
    pub fn predict(&mut self, cpu: &Cpu, rows: usize, input: &InputRows<'_, F>, output: &ResultRows<'_, F>) {
        assert!(rows <= self.capacity, "at most {} rows", self.capacity);
        let team = self.schedule.team(rows);
        let this = &*self;
        cpu.pool.team(team, &|member| {
            let rows = this.forward(member, rows, input, &[], true);
            let last = &this.maps[this.maps.len() - 1];
            // SAFETY: this thread wrote these rows, and nothing writes to them any more.
            let (z, a) = unsafe { (last.z.view(rows.clone()), last.activations().view(rows.clone())) };
            output(rows, z, a);
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
struct Step<'a, 'c, F: Float> {
    program: &'a Program<F>,
    rows: usize,
    calls: &'a StepCalls<'c, F>,
    losses: Losses,
}

impl<F: Float> Step<'_, '_, F> {
    fn run(&self, member: Member<'_>) {
        let Self { program, rows, calls, .. } = *self;
        let own = program.forward(member, rows, calls.input, calls.dropout, calls.reads_outputs);
        if !own.is_empty() {
            self.lose(&own);
        }
        program.backward(member, rows, calls.dropout);
        member.meet();
        // SAFETY: all threads have met since the losses were written.
        let losses = unsafe { std::slice::from_raw_parts(self.losses.0, rows) };
        if (calls.accepts)(losses) {
            program.update(member, rows, calls.ahead);
        }
    }

    /// Loss and δ(L) of some rows.
    fn lose(&self, rows: &Range<usize>) {
        let last = &self.program.maps[self.program.maps.len() - 1];
        // SAFETY: these rows are this thread's alone, and those of Z and A are written.
        unsafe {
            (self.calls.loss)(LossRows {
                rows: rows.clone(),
                z: last.z.view(rows.clone()),
                a: last.activations().view(rows.clone()),
                delta: last.delta.padded_mut(rows.clone()),
                losses: std::slice::from_raw_parts_mut(self.losses.0.add(rows.start), rows.len()),
            });
        }
    }
}
