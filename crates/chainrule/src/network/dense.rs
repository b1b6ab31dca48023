//! A dense layer.

use crate::Activation;

/// Z = A·Wᵀ + 1·bᵀ and σ(Z), with dropout behind it: `n_inputs` columns in, `n_outputs` out.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Columns of A.
    pub n_inputs: usize,
    /// Columns of Z.
    pub n_outputs: usize,
    /// σ.
    pub activation: Activation,
    /// Share of the activations that a training step sets to 0; the others grow by 1/(1 − dropout).
    pub dropout: f64,
    /// Place of W, `n_outputs` × `n_inputs`, in the table of tensors.
    pub weight: usize,
    /// Place of b, `n_outputs`, in the table of tensors; none without a bias.
    pub bias: Option<usize>,
}
