//! The fast paths: vectorised passes over tiles, shared out over a pool of threads.

use crate::reference;
use crate::{Activation, Decay, Float, MatrixMut, MatrixRef, Update};

/// The processor as a device: instruction set and threads, chosen once.
#[derive(Debug)]
pub struct Cpu {
    threads: usize,
}

impl Cpu {
    /// A device of so many threads, the calling one among them; 0 takes as many as the machine offers.
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }

    /// How many threads work on an operation, the calling one among them.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Z = X·Wᵀ + 1·bᵀ and A = σ(Z); see [`reference::affine`].
    pub fn affine<F: Float>(
        &self,
        function: Activation,
        x: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        b: Option<&[F]>,
        z: MatrixMut<'_, F>,
        a: MatrixMut<'_, F>,
    ) {
        reference::affine(function, x, w, b, z, a);
    }

    /// (`delta`·`w`) ⊙ σ'(`z`); see [`reference::input_gradient`].
    pub fn input_gradient<F: Float>(
        &self,
        function: Activation,
        delta: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        into: MatrixMut<'_, F>,
    ) {
        reference::input_gradient(function, delta, w, z, a, into);
    }

    /// ∂L/∂W and ∂L/∂b; see [`reference::weight_gradient`].
    pub fn weight_gradient<F: Float>(
        &self,
        delta: MatrixRef<'_, F>,
        x: MatrixRef<'_, F>,
        dw: MatrixMut<'_, F>,
        db: Option<&mut [F]>,
    ) {
        reference::weight_gradient(delta, x, dw, db);
    }

    /// A = σ(Z); see [`reference::activation::activate`].
    pub fn activate<F: Float>(&self, function: Activation, z: MatrixRef<'_, F>, a: MatrixMut<'_, F>) {
        reference::activation::activate(function, z, a);
    }

    /// δ ← δ ⊙ σ'(Z); see [`reference::activation::backward`].
    pub fn activate_backward<F: Float>(
        &self,
        function: Activation,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        delta: MatrixMut<'_, F>,
    ) {
        reference::activation::backward(function, z, a, delta);
    }

    /// Inverted dropout; see [`reference::dropout`].
    pub fn dropout<F: Float>(&self, key: u64, probability: f64, values: MatrixMut<'_, F>) {
        reference::dropout(key, probability, values);
    }

    /// One step of an update rule; see [`reference::update::update`].
    pub fn update<F: Float>(
        &self,
        rule: Update,
        decay: Decay,
        parameters: &mut [F],
        gradients: &[F],
        first: &mut [F],
        second: &mut [F],
    ) {
        reference::update::update(rule, decay, parameters, gradients, first, second);
    }

    /// The sum of squares in f64, in an order that depends on the length alone.
    pub fn sum_of_squares<F: Float>(&self, values: &[F]) -> f64 {
        values.iter().map(|x| x.to_f64() * x.to_f64()).sum()
    }

    /// Whether every value is finite.
    pub fn all_finite<F: Float>(&self, values: &[F]) -> bool {
        values.iter().all(|x| x.is_finite())
    }
}
