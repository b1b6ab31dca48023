//! Naive loops: the specification that every other path is tested against.
//!
//! Nothing here is fast and nothing is clever. Each sum is one chain of fused multiply-adds in the order of its
//! index, as ARCHITECTURE.md fixes it for sums over inputs.

pub mod activation;
mod dropout;
mod products;
mod softmax;
pub mod update;

pub(crate) use dropout::hash as dropout_hash;
pub use dropout::{dropout, keeps};
pub use products::{
    affine, column_sums, input_gradient, product_nn, product_nt, product_tn, weight_gradient,
};
pub use softmax::{log_sum_exp, softmax, softmax_backward};
