//! What the operations run on, for the tests that compare.

use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::{Activation, Decay, Float, MatrixMut, MatrixRef, Update, reference};

/// Everything that computes the operations.
#[derive(Clone, Copy)]
pub(crate) enum Engine<'a> {
    /// The naive loops.
    Reference,
    /// A processor.
    Cpu(&'a Cpu),
}

impl Engine<'_> {
    /// For messages.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Reference => "reference".to_owned(),
            Self::Cpu(cpu) => format!("{}, {} threads", cpu.isa().name(), cpu.threads()),
        }
    }

    pub(crate) fn affine<F: Float>(
        self,
        function: Activation,
        x: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        b: Option<&[F]>,
        z: MatrixMut<'_, F>,
        a: MatrixMut<'_, F>,
    ) {
        match self {
            Self::Reference => reference::affine(function, x, w, b, z, a),
            Self::Cpu(cpu) => cpu.affine(function, x, w, b, z, a),
        }
    }

    pub(crate) fn input_gradient<F: Float>(
        self,
        function: Activation,
        delta: MatrixRef<'_, F>,
        w: MatrixRef<'_, F>,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        into: MatrixMut<'_, F>,
    ) {
        match self {
            Self::Reference => reference::input_gradient(function, delta, w, z, a, into),
            Self::Cpu(cpu) => cpu.input_gradient(function, delta, w, z, a, into),
        }
    }

    pub(crate) fn weight_gradient<F: Float>(
        self,
        delta: MatrixRef<'_, F>,
        x: MatrixRef<'_, F>,
        dw: MatrixMut<'_, F>,
        db: Option<&mut [F]>,
    ) {
        match self {
            Self::Reference => reference::weight_gradient(delta, x, dw, db),
            Self::Cpu(cpu) => cpu.weight_gradient(delta, x, dw, db),
        }
    }

    pub(crate) fn activate<F: Float>(self, function: Activation, z: MatrixRef<'_, F>, a: MatrixMut<'_, F>) {
        match self {
            Self::Reference => reference::activation::activate(function, z, a),
            Self::Cpu(cpu) => cpu.activate(function, z, a),
        }
    }

    pub(crate) fn activate_backward<F: Float>(
        self,
        function: Activation,
        z: MatrixRef<'_, F>,
        a: MatrixRef<'_, F>,
        delta: MatrixMut<'_, F>,
    ) {
        match self {
            Self::Reference => reference::activation::backward(function, z, a, delta),
            Self::Cpu(cpu) => cpu.activate_backward(function, z, a, delta),
        }
    }

    pub(crate) fn update<F: Float>(
        self,
        rule: Update,
        decay: Decay,
        parameters: &mut [F],
        gradients: &[F],
        [first, second]: [&mut [F]; 2],
    ) {
        match self {
            Self::Reference => {
                reference::update::update(rule, decay, parameters, gradients, first, second);
            }
            Self::Cpu(cpu) => cpu.update(rule, decay, parameters, gradients, first, second),
        }
    }

    pub(crate) fn dropout<F: Float>(self, key: u64, probability: f64, values: MatrixMut<'_, F>) {
        match self {
            Self::Reference => reference::dropout(key, probability, values),
            Self::Cpu(cpu) => cpu.dropout(key, probability, values),
        }
    }
}
