//! Naive loops: the specification that every other path is tested against.
//!
//! Nothing here is fast and nothing is clever. Each sum is one chain of fused multiply-adds in the order of its
//! index, as ARCHITECTURE.md fixes it for sums over inputs.

pub mod activation;
mod cross_entropy;
mod dropout;
mod products;
mod softmax;
pub mod update;

pub use cross_entropy::{class_loss, softmax_cross_entropy};
pub use dropout::dropout;
pub(crate) use dropout::hash as dropout_hash;
pub use products::{affine, input_gradient, weight_gradient};
pub use softmax::{log_sum_exp, softmax, softmax_backward};
