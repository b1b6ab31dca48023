//! What an author wrote down: claims about the quantities of a step, with the digits as printed.

use chainrule::Matrix;

use crate::step::{LayerValues, Step};
use crate::trace::{Backward, Trace};

/// A quantity that was written down, as one number or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is claimed.
    pub quantity: Quantity,
    /// The symbol as the author wrote it.
    pub symbol: String,
    /// The numbers, in our own rows, columns and signs; a single number is one row of one.
    pub value: Vec<Vec<Printed>>,
    /// How they lay as the author wrote them.
    pub written: Written,
    /// Where it was written: free text, repeated in the answer.
    pub place: String,
}

/// How the value of a claim lay as its author wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// In how many brackets the numbers stood.
    pub nesting: Nesting,
    /// Whether the author's rows are our columns.
    pub transposed: bool,
    /// Whether the author's sign is the other one: δ as an error, −∂L/∂z. [`Printed::text`] keeps that sign.
    pub negated: bool,
}

/// In how many brackets numbers stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nesting {
    /// A number alone.
    Number,
    /// A list of numbers.
    List,
    /// A list of rows.
    #[default]
    Rows,
}

impl Claim {
    /// The place, in the value as the author wrote it, of the number that stands here at this row and column, all from 0:
    /// empty for a number alone.
    pub fn author_index(&self, row: usize, column: usize) -> Vec<usize> {
        match self.written.nesting {
            Nesting::Number => vec![],
            // A list is one row here or one column, so one of the two is 0.
            Nesting::List => vec![row + column],
            Nesting::Rows if self.written.transposed => vec![column, row],
            Nesting::Rows => vec![row, column],
        }
    }
}

/// A number with the digits it was printed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// As it was written: `0,5`, `-1.2e-3`, `1/3`.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// One unit of its last printed digit: 0.001 of `0.217`; 0 of what is exact (`1/3`); 10 of
    /// `10010`, whose last zero may only fill its place.
    pub unit: f64,
}

/// A quantity of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// What it is.
    pub kind: Kind,
    /// Whether it is meant after the step: `W2'`, `yhat'`.
    pub after: bool,
}

/// The kinds of quantities; layers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `z1`: the preactivations of a layer, N × n_out.
    Preactivations(usize),
    /// `a1`: the activations of a layer, N × n_out.
    Activations(usize),
    /// `yhat`: the activations of the last layer, N × K.
    Prediction,
    /// `loss`: the loss of the batch.
    Loss,
    /// `dloss_dyhat`: ∂L/∂ŷ, N × K.
    OutputDerivative,
    /// `sigma'(z1)`: the derivative of the activation at the preactivations of a layer, N × n_out.
    Slopes(usize),
    /// `delta1`: δ of a layer, N × n_out.
    Delta(usize),
    /// `dW1`: ∂L/∂W of a layer, n_out × n_in.
    WeightGradient(usize),
    /// `db1`: ∂L/∂b of a layer, 1 × n_out.
    BiasGradient(usize),
    /// `W1`: the weights of a layer, n_out × n_in.
    Weights(usize),
    /// `b1`: the bias of a layer, 1 × n_out.
    Bias(usize),
}

impl Quantity {
    /// The quantity before the step.
    pub fn before(kind: Kind) -> Self {
        Self { kind, after: false }
    }

    /// The quantity after the step.
    pub fn after(kind: Kind) -> Self {
        Self { kind, after: true }
    }

    /// Its value in a step, in our own orientation; a single number is one row of one. Without rows where the step has
    /// no such layer or the layer no bias.
    pub fn value(self, step: &Step, trace: &Trace) -> Matrix<f64> {
        let forward = if self.after { &trace.after } else { &trace.forward };
        let pick = |matrices: &[Matrix<f64>], layer: usize| {
            layer.checked_sub(1).and_then(|l| matrices.get(l)).cloned().unwrap_or_default()
        };
        // Derivatives at the new parameters are no part of a step; they are worked out when somebody claims them.
        let later;
        let backward = if self.after && self.is_derivative() {
            later = Backward::new(&step.with_parameters(&trace.update.parameters), &trace.after);
            &later
        } else {
            &trace.backward
        };
        let last = step.layers.len();
        match self.kind {
            Kind::Preactivations(l) => pick(&forward.z, l),
            Kind::Activations(l) => pick(&forward.a, l),
            Kind::Prediction => pick(&forward.a, last),
            Kind::Loss => Matrix::from_vec(vec![forward.loss], 1, 1),
            Kind::OutputDerivative => pick(&backward.activations, last),
            Kind::Slopes(l) => pick(&backward.slopes, l),
            Kind::Delta(l) => pick(&backward.deltas, l),
            Kind::WeightGradient(l) => weights_of(layer_values(&backward.gradients, l)),
            Kind::BiasGradient(l) => bias_of(layer_values(&backward.gradients, l)),
            Kind::Weights(l) => weights_of(self.parameters(step, trace, l)),
            Kind::Bias(l) => bias_of(self.parameters(step, trace, l)),
        }
    }

    /// The layer's parameters before or after the step.
    fn parameters<'a>(self, step: &'a Step, trace: &'a Trace, layer: usize) -> Option<&'a LayerValues> {
        if self.after {
            return layer_values(&trace.update.parameters, layer);
        }
        layer.checked_sub(1).and_then(|l| step.layers.get(l)).map(|layer| &layer.values)
    }

    fn is_derivative(self) -> bool {
        use Kind::{BiasGradient, Delta, OutputDerivative, Slopes, WeightGradient};
        matches!(self.kind, OutputDerivative | Slopes(_) | Delta(_) | WeightGradient(_) | BiasGradient(_))
    }
}

fn layer_values(values: &[LayerValues], layer: usize) -> Option<&LayerValues> {
    layer.checked_sub(1).and_then(|l| values.get(l))
}

fn weights_of(values: Option<&LayerValues>) -> Matrix<f64> {
    values.map(|values| values.weights.clone()).unwrap_or_default()
}

fn bias_of(values: Option<&LayerValues>) -> Matrix<f64> {
    let bias = values.and_then(|values| values.bias.clone());
    bias.map_or_else(Matrix::default, |bias| Matrix::from_vec(bias.clone(), 1, bias.len()))
}
