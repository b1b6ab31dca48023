//! What a backward pass computes.

use crate::network::{Network, Parameters};
use crate::{Float, Matrix};

/// The derivatives of one batch's loss.
///
/// It can be used again for any batch of at most as many rows without allocating.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients<F> {
    /// ∂L/∂θ for every parameter θ, in the places of the network's own table.
    pub parameters: Parameters<F>,
    /// δ(ℓ) = ∂L/∂Z(ℓ) of each dense layer, rows × outputs.
    pub deltas: Vec<Matrix<F>>,
}

impl<F: Float> Gradients<F> {
    /// Room for the gradients of batches of up to `rows` rows.
    pub fn new(network: &Network<F>, rows: usize) -> Self {
        let mut parameters = network.parameters.clone();
        parameters.values.fill(F::ZERO);
        Self {
            parameters,
            deltas: network.layers().map(|dense| Matrix::zeros(rows, dense.n_outputs)).collect(),
        }
    }
}
