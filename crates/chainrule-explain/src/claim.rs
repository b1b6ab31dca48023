//! What an author wrote down: claims about the quantities of a step, with the digits as printed.

/// A quantity that was written down, as one number or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is claimed.
    pub quantity: Quantity,
    /// The symbol as the author wrote it.
    pub symbol: String,
    /// The numbers, in the author's rows and columns; a single number is one row of one.
    pub value: Vec<Vec<Printed>>,
    /// Where it was written: free text, repeated in the answer.
    pub place: String,
}

/// A number with the digits it was printed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// As it was written: `0,5`, `-1.2e-3`, `1/3`.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// One unit of its last printed digit: 0.001 of `0.217`; 0 of what is exact (`1/3`).
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
