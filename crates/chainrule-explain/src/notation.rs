//! Which symbol a quantity has, and which way round its matrices stand.
//!
//! Everything that the [conventions](crate::conventions) decide is decided here, so that what is written about a layer
//! can be written once. Layers, rows and units are counted from 0 by callers and from 1 by readers.

use chainrule::Matrix;

use crate::conventions::{Conventions, Delta, Indices, Layout, Product, Symbols};
use crate::expression::{Expr, Symbol};
use crate::step::Step;

/// The way a derivation is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notation<'a> {
    step: &'a Step,
    conventions: Conventions,
}

/// How the values of a layer's units stand in a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// One sample as a column; W is n_out × n_in: z = W·a.
    Column,
    /// Samples as rows; W is n_out × n_in: Z = A·Wᵀ.
    Rows,
    /// Samples as rows; W is n_in × n_out: Z = A·W.
    RowsInverted,
}

/// The letters of one kind of text.
struct Letters {
    preactivation: &'static str,
    preactivations: &'static str,
    activation: &'static str,
    activations: &'static str,
    output: &'static str,
    outputs: &'static str,
    target: &'static str,
    targets: &'static str,
    loss: &'static str,
}

impl<'a> Notation<'a> {
    pub(crate) fn new(step: &'a Step, conventions: Conventions) -> Self {
        Self { step, conventions }
    }

    /// The conventions in force.
    pub(crate) fn conventions(&self) -> Conventions {
        self.conventions
    }

    fn letters(&self) -> Letters {
        let one = self.is_single();
        let (z, zs, a, activations, output, outputs, target, loss) = match self.conventions.symbols {
            Symbols::Za => ("z", "Z", "a", "A", "ŷ", "Ŷ", "y", "L"),
            Symbols::HV => ("h", "H", "V", "V", "ŷ", "Ŷ", "y", "E"),
            Symbols::NetO => ("net", "net", "o", "O", "o", "O", "t", "E"),
        };
        let targets = if target == "t" { "T" } else { "Y" };
        Letters {
            preactivation: z,
            preactivations: if one { z } else { zs },
            activation: a,
            activations: if one { a } else { activations },
            output,
            outputs: if one { output } else { outputs },
            target,
            targets: if one { target } else { targets },
            loss,
        }
    }

    /// Whether there is one sample, so that rows need no index.
    pub(crate) fn is_single(&self) -> bool {
        self.step.n_rows() == 1
    }

    pub(crate) fn arrangement(&self) -> Arrangement {
        match self.conventions.product {
            Product::XW => Arrangement::RowsInverted,
            Product::Wa if self.is_single() => Arrangement::Column,
            Product::Wa => Arrangement::Rows,
        }
    }

    fn is_output(&self, layer: usize) -> bool {
        layer + 1 == self.step.layers.len()
    }

    fn indexed(&self, symbol: Symbol, row: usize, unit: usize) -> Symbol {
        if self.is_single() { symbol.at([unit + 1]) } else { symbol.at([row + 1, unit + 1]) }
    }

    // Numbers.

    pub(crate) fn z(&self, layer: usize, row: usize, unit: usize) -> Symbol {
        self.indexed(Symbol::new(self.letters().preactivation).layer(layer + 1), row, unit)
    }

    /// The activation of a unit; of the output layer, the output.
    pub(crate) fn a(&self, layer: usize, row: usize, unit: usize) -> Symbol {
        let symbol = if self.is_output(layer) {
            Symbol::new(self.letters().output)
        } else {
            Symbol::new(self.letters().activation).layer(layer + 1)
        };
        self.indexed(symbol, row, unit)
    }

    /// What a layer reads: an input, or an activation of the layer before.
    pub(crate) fn input(&self, layer: usize, row: usize, unit: usize) -> Symbol {
        if layer == 0 { self.indexed(Symbol::new("x"), row, unit) } else { self.a(layer - 1, row, unit) }
    }

    pub(crate) fn w(&self, layer: usize, unit: usize, input: usize) -> Symbol {
        let indices = match self.conventions.indices {
            Indices::DestinationFirst => [unit + 1, input + 1],
            Indices::SourceFirst => [input + 1, unit + 1],
        };
        Symbol::new("w").layer(layer + 1).at(indices)
    }

    pub(crate) fn b(layer: usize, unit: usize) -> Symbol {
        Symbol::new("b").layer(layer + 1).at([unit + 1])
    }

    pub(crate) fn delta(&self, layer: usize, row: usize, unit: usize) -> Symbol {
        self.indexed(Symbol::new("δ").layer(layer + 1), row, unit)
    }

    pub(crate) fn target(&self, row: usize, output: usize) -> Symbol {
        self.indexed(Symbol::new(self.letters().target), row, output)
    }

    /// The loss of the batch.
    pub(crate) fn loss(&self) -> Symbol {
        Symbol::new(self.letters().loss)
    }

    /// The loss of a row by itself; of the only row, that of the batch.
    pub(crate) fn row_loss(&self, row: usize) -> Symbol {
        if self.is_single() { self.loss() } else { Symbol::new("ℓ").at([row + 1]) }
    }

    // Matrices.

    pub(crate) fn z_matrix(&self, layer: usize) -> Symbol {
        Symbol::new(self.letters().preactivations).layer(layer + 1).bold()
    }

    pub(crate) fn a_matrix(&self, layer: usize) -> Symbol {
        if self.is_output(layer) {
            Symbol::new(self.letters().outputs).bold()
        } else {
            Symbol::new(self.letters().activations).layer(layer + 1).bold()
        }
    }

    pub(crate) fn input_matrix(&self, layer: usize) -> Symbol {
        if layer > 0 {
            return self.a_matrix(layer - 1);
        }
        Symbol::new(if self.is_single() { "x" } else { "X" }).bold()
    }

    pub(crate) fn w_matrix(layer: usize) -> Symbol {
        Symbol::new("W").layer(layer + 1).bold()
    }

    pub(crate) fn b_matrix(layer: usize) -> Symbol {
        Symbol::new("b").layer(layer + 1).bold()
    }

    pub(crate) fn delta_matrix(&self, layer: usize) -> Symbol {
        Symbol::new(if self.is_single() { "δ" } else { "Δ" }).layer(layer + 1).bold()
    }

    pub(crate) fn target_matrix(&self) -> Symbol {
        Symbol::new(self.letters().targets).bold()
    }

    // Orientation and sign.

    /// Values of units, N × n, as the text shows them.
    pub(crate) fn shown(&self, values: &Matrix<f64>) -> Matrix<f64> {
        if self.arrangement() == Arrangement::Column { transposed(values) } else { values.clone() }
    }

    /// Weights, n_out × n_in, as the text shows them.
    pub(crate) fn shown_weights(&self, weights: &Matrix<f64>) -> Matrix<f64> {
        if self.conventions.product == Product::XW { transposed(weights) } else { weights.clone() }
    }

    /// Whether ∂L/∂W is shown n_in × n_out.
    pub(crate) fn gradient_is_inverted(&self) -> bool {
        (self.conventions.product == Product::XW) != (self.conventions.layout == Layout::Transposed)
    }

    /// A gradient of weights, n_out × n_in, as the text shows it.
    pub(crate) fn shown_gradient(&self, gradient: &Matrix<f64>) -> Matrix<f64> {
        if self.gradient_is_inverted() { transposed(gradient) } else { gradient.clone() }
    }

    /// A bias or its gradient as the text shows it.
    pub(crate) fn shown_bias(&self, bias: &[f64]) -> Matrix<f64> {
        self.oriented(bias)
    }

    /// One number per unit as the text shows it: a column for a single sample, else a row.
    fn oriented(&self, values: &[f64]) -> Matrix<f64> {
        match self.arrangement() {
            Arrangement::Column => Matrix::from_vec(values.to_vec(), values.len(), 1),
            _ => Matrix::from_vec(values.to_vec(), 1, values.len()),
        }
    }

    /// 1 where δ is ∂L/∂z, −1 where it is −∂L/∂z.
    pub(crate) fn delta_sign(&self) -> f64 {
        if self.delta_is_error() { -1.0 } else { 1.0 }
    }

    pub(crate) fn delta_is_error(&self) -> bool {
        self.conventions.delta == Delta::Error
    }

    /// What is a derivative, as the text has derivatives: where δ is an error, all that it is made of and all that is made of
    /// it are −∂L/∂….
    pub(crate) fn signed(&self, derivative: Expr) -> Expr {
        if self.delta_is_error() { derivative.as_factor().negated() } else { derivative }
    }

    /// ±∂L/∂symbol, with the sign of δ.
    pub(crate) fn descent(&self, symbol: Symbol) -> Expr {
        self.signed(self.loss_by(symbol))
    }

    /// Derivatives with the sign of δ.
    pub(crate) fn signed_values(&self, derivatives: &Matrix<f64>) -> Matrix<f64> {
        let sign = self.delta_sign();
        Matrix::from_fn(derivatives.rows(), derivatives.columns(), |i, j| sign * derivatives.row(i)[j])
    }

    /// The letters of preactivation, activation and output, for prose.
    pub(crate) fn prose_letters(&self) -> (&'static str, &'static str, &'static str) {
        let letters = self.letters();
        (letters.preactivation, letters.activation, letters.output)
    }

    /// ∂L/∂symbol.
    pub(crate) fn loss_by(&self, symbol: Symbol) -> Expr {
        Expr::partial(self.loss().into(), symbol.into())
    }
}

/// Rows become columns.
pub(crate) fn transposed(matrix: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(matrix.columns(), matrix.rows(), |i, j| matrix.row(j)[i])
}
