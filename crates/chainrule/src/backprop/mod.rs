//! Backpropagation: δ carried backwards, layer by layer.
//!
//! With δ(ℓ) = ∂L/∂Z(ℓ), rows being samples, the loss gives δ(L), and for every layer
//!
//! - ∂L/∂W(ℓ) = δ(ℓ)ᵀ·A(ℓ−1): one product, which sums over the batch whatever its size;
//! - ∂L/∂b(ℓ) = the column sums of δ(ℓ);
//! - δ(ℓ−1) = (δ(ℓ)·W(ℓ)) ⊙ σ'(Z(ℓ−1)).
//!
//! [`backward`] is that, over a whole batch. [`per_example_gradients`] says what each row contributes.
//! [`gradient_check`] trusts none of it and takes differences of the loss.

mod backward;
mod gradient_check;
mod gradients;
mod norm;
mod per_example;

pub use backward::backward;
pub use gradient_check::{GradientCheck, TensorCheck, gradient_check};
pub use gradients::Gradients;
pub(crate) use norm::norm;
pub use per_example::per_example_gradients;
