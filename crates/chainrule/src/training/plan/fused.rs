//! The fused form of a step: a [`Program`] of the kernels, which owns the parameters while steps are made.
//!
//! The network's own parameters are brought up to date when somebody asks for them: at an epoch's end, at a checkpoint.

use super::super::divergence::Divergence;
use super::{MOST_AT_ONCE, OptimizerState, Step, StepEnd, Steps};
use crate::data::{Batch, Inputs};
use crate::loss::{Objective, OutputRows, sum_of_losses};
use crate::network::{DropoutKey, ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::program::{self, LossRows, Program, Purpose, Which};
use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Decay, PaddedMut, Update};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fused form of a [`Plan`](super::Plan).
#[derive(Debug)]
pub(super) struct FusedPlan<F: Float> {
    network: Network<F>,
    /// Whether the network's parameters are those of the program.
    current: bool,
    objective: Objective,
    optimizer: Optimizer<F>,
    program: Program<F>,
    /// What the steps of the last run came to.
    ends: Vec<End>,
    /// See [`Plan::floor_probabilities`](super::Plan::floor_probabilities).
    floor: f64,
    cpu: Cpu,
    seed: u64,
}

impl<F: Float> FusedPlan<F> {
    pub(super) fn new(
        network: Network<F>,
        objective: Objective,
        optimizer: &OptimizerConfig,
        batch_rows: usize,
        seed: u64,
        cpu: Cpu,
    ) -> Result<Self> {
        let optimizer = Optimizer::without_state(optimizer, &network.parameters)?;
        let states = optimizer.config().rule.state_per_parameter();
        let purpose = Purpose::Training { states };
        let mut program = Program::new(&cpu, network.n_inputs(), &network.affine_maps(), batch_rows, purpose);
        network.load_into(&mut program);
        Ok(Self {
            current: true,
            objective,
            optimizer,
            program,
            ends: Vec::with_capacity(MOST_AT_ONCE),
            floor: 0.0,
            network,
            cpu,
            seed,
        })
    }

    pub(super) fn steps(
        &mut self,
        steps: &Steps<'_, F>,
        ended: &mut dyn FnMut(StepEnd),
    ) -> Result<(), Divergence> {
        let mut done = 0;
        while done < steps.steps.len() {
            let count = self.prepare(steps, done);
            if count == 0 {
                // A batch of weight 0.
                ended(StepEnd { loss: None, squared_weights: 0.0 });
                done += 1;
                continue;
            }
            let Self { network, objective, optimizer, program, ends, cpu, seed, .. } = self;
            let (seed, floor) = (*seed, self.floor);
            let ahead = steps.steps.get(done + count).map_or(steps.ahead, |step| step.rows);
            let steps_at_once = Steps { steps: &steps.steps[done..done + count], ahead, ..*steps };
            let run = Run {
                steps: steps_at_once,
                network,
                objective,
                optimizer,
                ends,
                floor,
                seed,
                isa: cpu.isa(),
            };
            let made = program.steps(cpu, count, &run);
            self.optimizer.count_steps(made as u64);
            self.current &= made == 0;
            for end in &self.ends[..made] {
                let squared_weights = f64::from_bits(end.squared_weights.load(Ordering::Relaxed));
                ended(StepEnd { loss: Some(end.loss()), squared_weights });
            }
            done += made;
            if made < count {
                let batch = Batch { samples: steps.samples, rows: steps.steps[done].rows };
                let loss = self.ends[made].loss();
                return Err(self.diverged(&batch, steps.inputs, loss));
            }
        }
        Ok(())
    }

    pub(super) fn steps_at_once(&self, batch_rows: usize) -> usize {
        let work = self.network.parameters.len().saturating_mul(batch_rows).max(1);
        (WORK_AT_ONCE / work).clamp(1, MOST_AT_ONCE)
    }

    /// Makes ready for the steps from `first` on that can be made at once; none where that one has no weight.
    fn prepare(&mut self, steps: &Steps<'_, F>, first: usize) -> usize {
        let divisors = steps.steps[first..]
            .iter()
            .take(MOST_AT_ONCE)
            .map_while(|step| self.objective.divisor(&Batch { samples: steps.samples, rows: step.rows }));
        self.ends.clear();
        self.ends.extend(divisors.map(|divisor| End { divisor, ..End::default() }));
        self.ends.len()
    }

    /// What was not finite first: the same step once more in the separate form.
    fn diverged(&mut self, batch: &Batch<'_, F>, inputs: Inputs<'_, F>, loss: f64) -> Divergence {
        let key = DropoutKey { seed: self.seed, step: self.optimizer.steps() };
        let (network, cpu) = self.network_and_cpu();
        let mut pass = ForwardPass::new(network, batch.rows.len());
        network.forward_rows(cpu, inputs, batch.rows, Some(key), &mut pass);
        Divergence::of_loss(loss, network, &pass)
    }

    pub(super) fn network_and_cpu(&mut self) -> (&Network<F>, &Cpu) {
        if !self.current {
            for (l, dense) in self.network.layers().cloned().enumerate().collect::<Vec<_>>() {
                let (w, b) = self.network.parameters.layer_mut(&dense);
                self.program.store(Which::Parameters, l, w, b);
            }
            self.current = true;
        }
        (&self.network, &self.cpu)
    }

    pub(super) fn into_network(mut self: Box<Self>) -> Network<F> {
        self.network_and_cpu();
        self.network
    }

    pub(super) fn set_parameters(&mut self, values: &[F]) {
        self.network.parameters.values.copy_from_slice(values);
        self.network.load_into(&mut self.program);
        self.current = true;
    }

    pub(super) fn floor_probabilities(&mut self, floor: f64) {
        self.floor = floor;
    }

    pub(super) fn watch_weights(&mut self) {
        self.program.watch_weights();
    }

    pub(super) fn state(&self) -> OptimizerState<F> {
        let states = self.optimizer.config().rule.state_per_parameter();
        let read = |which: Which, there: bool| {
            if !there {
                return Vec::new();
            }
            let mut table = self.network.parameters.clone();
            for (l, dense) in self.network.layers().enumerate() {
                let (w, b) = table.layer_mut(dense);
                self.program.store(which, l, w, b);
            }
            table.values
        };
        let (first, second) = (read(Which::First, states > 0), read(Which::Second, states > 1));
        OptimizerState { steps: self.optimizer.steps(), first, second }
    }

    pub(super) fn restore(&mut self, state: &OptimizerState<F>) -> Result<()> {
        let states = self.optimizer.config().rule.state_per_parameter();
        let length = self.network.parameters.len();
        for (name, found, there) in
            [("first", &state.first, states > 0), ("second", &state.second, states > 1)]
        {
            let expected = if there { length } else { 0 };
            if found.len() != expected {
                let message = format!(
                    "the {name} state of the optimizer has {} numbers, expected {expected}",
                    found.len()
                );
                return Err(Error::model(message));
            }
        }
        let mut table = self.network.parameters.clone();
        for (which, values) in [(Which::First, &state.first), (Which::Second, &state.second)] {
            if values.is_empty() {
                continue;
            }
            table.values.copy_from_slice(values);
            for (l, dense) in self.network.layers().enumerate() {
                let bias = dense.bias.map(|bias| table.tensor(bias));
                self.program.load(which, l, table.matrix(dense.weight), bias);
            }
        }
        self.optimizer.set_steps(state.steps);
        Ok(())
    }

    pub(super) fn cpu(&self) -> &Cpu {
        &self.cpu
    }
}

/// Bytes of inputs that lie in a cache anyway.
const NEAR: usize = 1 << 19;
/// Parameters times rows in one run: a quarter of a millisecond's work or so.
const WORK_AT_ONCE: usize = 1 << 23;

/// What a step came to: every thread finds the same loss.
#[derive(Debug, Default)]
struct End {
    divisor: f64,
    loss: AtomicU64,
    squared_weights: AtomicU64,
}

impl End {
    fn loss(&self) -> f64 {
        f64::from_bits(self.loss.load(Ordering::Relaxed))
    }
}

/// Steps as a program of the kernels asks for them.
struct Run<'a, F: Float> {
    steps: Steps<'a, F>,
    network: &'a Network<F>,
    objective: &'a Objective,
    optimizer: &'a Optimizer<F>,
    ends: &'a [End],
    floor: f64,
    seed: u64,
    isa: Isa,
}

impl<F: Float> Run<'_, F> {
    fn rows(&self, step: usize) -> &[u32] {
        self.steps.steps[step].rows
    }

    fn rows_ahead(&self, step: usize) -> &[u32] {
        if self.steps.inputs.size() < NEAR {
            return &[];
        }
        self.steps.steps.get(step + 1).map_or(self.steps.ahead, |next| next.rows)
    }
}

impl<F: Float> program::Steps<F> for Run<'_, F> {
    fn n_rows(&self, step: usize) -> usize {
        self.rows(step).len()
    }

    fn write_inputs(&self, step: usize, rows: Range<usize>, into: PaddedMut<'_, F>) {
        self.network.write_rows(self.steps.inputs, &self.rows(step)[rows], into);
    }

    fn n_rows_ahead(&self, step: usize) -> usize {
        self.rows_ahead(step).len()
    }

    fn row_ahead(&self, step: usize, row: usize) -> &[F] {
        self.steps.inputs.stored_row(self.rows_ahead(step)[row] as usize)
    }

    fn dropout_key(&self, step: usize, map: usize) -> u64 {
        DropoutKey { seed: self.seed, step: self.optimizer.steps() + step as u64 }.of_layer(map)
    }

    fn reads_outputs(&self) -> bool {
        self.objective.reads_activations(&self.steps.samples.targets, self.network.n_outputs())
    }

    fn lose(&self, step: usize, part: LossRows<'_, F>) {
        let LossRows { rows, z, a, delta, losses } = part;
        let batch = Batch { samples: self.steps.samples, rows: &self.rows(step)[rows] };
        let outputs = OutputRows { activation: self.network.output_activation(), z, a };
        let divisor = self.ends[step].divisor;
        self.objective.backward_rows(self.isa, &batch, divisor, outputs, delta, losses);
        self.objective.floor_losses(&batch, z, self.floor, losses);
    }

    fn accepts(&self, step: usize, losses: &[f64]) -> bool {
        let end = &self.ends[step];
        let loss = sum_of_losses(losses) / end.divisor;
        end.loss.store(loss.to_bits(), Ordering::Relaxed);
        loss.is_finite()
    }

    fn updates(&self, step: usize, map: usize) -> [(Update, Decay); 2] {
        let Step { learning_rate, coupled_decay, .. } = self.steps.steps[step];
        let Some(dense) = self.network.layers().nth(map) else { unreachable!("a map is a layer") };
        [dense.weight, dense.bias.unwrap_or(dense.weight)].map(|tensor| {
            let tensor = &self.network.parameters.tensors[tensor];
            self.optimizer.update_of(tensor, step as u64, learning_rate, coupled_decay)
        })
    }

    fn note_squared_weights(&self, step: usize, sum: f64) {
        self.ends[step].squared_weights.store(sum.to_bits(), Ordering::Relaxed);
    }
}
