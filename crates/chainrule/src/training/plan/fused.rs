//! The fused form of a step: a [`Program`] of the kernels, which owns the parameters while steps are made.
//!
//! The network's own parameters are brought up to date when somebody asks for them: at an epoch's end, at a checkpoint.

use super::super::divergence::Divergence;
use super::OptimizerState;
use crate::data::{Batch, Inputs};
use crate::loss::{Objective, OutputRows, sum_of_losses};
use crate::network::{DropoutKey, ForwardPass, Network};
use crate::optimizer::{Optimizer, OptimizerConfig};
use crate::{Error, Float, Result};
use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::cpu::program::{LossRows, NextRows, Program, Purpose, StepCalls, Which};
use chainrule_kernels::{Decay, Update};
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
    /// How each layer's weights and biases move in the step at hand.
    updates: Vec<[(Update, Decay); 2]>,
    /// The keys of each layer's dropout masks in the step at hand.
    dropout: Vec<u64>,
    has_dropout: bool,
    /// The rows of the batch after the one at hand, as far as they are known.
    next: Vec<u32>,
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
        let layers = network.layers().count();
        let has_dropout = network.layers().any(|dense| dense.dropout > 0.0);
        Ok(Self {
            current: true,
            objective,
            optimizer,
            program,
            updates: Vec::with_capacity(layers),
            dropout: Vec::with_capacity(layers),
            has_dropout,
            next: Vec::with_capacity(batch_rows),
            floor: 0.0,
            network,
            cpu,
            seed,
        })
    }

    pub(super) fn step_on(
        &mut self,
        batch: &Batch<'_, F>,
        inputs: Inputs<'_, F>,
        learning_rate: f64,
    ) -> Result<Option<f64>, Divergence> {
        let Some(divisor) = self.objective.divisor(batch) else { return Ok(None) };
        self.prepare(learning_rate);
        let Self { network, objective, program, cpu, next, .. } = self;
        let (activation, floor) = (network.output_activation(), self.floor);
        let isa = cpu.isa();
        // Every thread finds the same loss.
        let found = AtomicU64::new(0);
        program.step(
            cpu,
            batch.rows.len(),
            &StepCalls {
                input: &|rows, into| network.write_rows(inputs, &batch.rows[rows], into),
                ahead: NextRows {
                    count: if inputs.size() < NEAR { 0 } else { next.len() },
                    row: &|i| inputs.stored_row(next[i] as usize),
                },
                reads_outputs: objective.reads_activations(&batch.samples.targets, network.n_outputs()),
                loss: &|LossRows { rows, z, a, delta, losses }| {
                    let part = Batch { rows: &batch.rows[rows], ..*batch };
                    objective.backward_rows(
                        isa,
                        &part,
                        divisor,
                        OutputRows { activation, z, a },
                        delta,
                        losses,
                    );
                    objective.floor_losses(&part, z, floor, losses);
                },
                accepts: &|losses| {
                    let loss = sum_of_losses(losses) / divisor;
                    found.store(loss.to_bits(), Ordering::Relaxed);
                    loss.is_finite()
                },
                dropout: &self.dropout,
                updates: &self.updates,
            },
        );
        let loss = f64::from_bits(found.into_inner());
        if !loss.is_finite() {
            return Err(self.diverged(batch, inputs, loss));
        }
        self.next.clear();
        self.current = false;
        self.optimizer.count_step();
        Ok(Some(loss))
    }

    pub(super) fn announce(&mut self, rows: &[u32]) {
        self.next.clear();
        self.next.extend(rows.iter().take(self.program.capacity()));
    }

    /// Updates and dropout keys of the step that comes next.
    fn prepare(&mut self, learning_rate: f64) {
        let Self { network, optimizer, updates, dropout, .. } = self;
        updates.clear();
        let update = |tensor: usize| optimizer.update_of(&network.parameters.tensors[tensor], learning_rate);
        updates.extend(
            network.layers().map(|dense| [update(dense.weight), update(dense.bias.unwrap_or(dense.weight))]),
        );
        dropout.clear();
        if self.has_dropout {
            let key = DropoutKey { seed: self.seed, step: optimizer.steps() };
            dropout.extend((0..network.layers().count()).map(|l| key.of_layer(l)));
        }
    }

    /// What was not finite first: the same step once more in the separate form.
    fn diverged(&mut self, batch: &Batch<'_, F>, inputs: Inputs<'_, F>, loss: f64) -> Divergence {
        let key = self.dropout_key();
        let (network, cpu) = self.network_and_cpu();
        let mut pass = ForwardPass::new(network, batch.rows.len());
        network.forward_rows(cpu, inputs, batch.rows, Some(key), &mut pass);
        Divergence::of_loss(loss, network, &pass)
    }

    pub(super) fn dropout_key(&self) -> DropoutKey {
        DropoutKey { seed: self.seed, step: self.optimizer.steps() }
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

    pub(super) fn optimizer_mut(&mut self) -> &mut Optimizer<F> {
        &mut self.optimizer
    }

    pub(super) fn floor_probabilities(&mut self, floor: f64) {
        self.floor = floor;
    }

    pub(super) fn watch_weights(&mut self) {
        self.program.watch_weights();
    }

    pub(super) fn squared_weights(&self) -> f64 {
        self.program.squared_weights()
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
