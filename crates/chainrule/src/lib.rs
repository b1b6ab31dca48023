//! Feed-forward neural networks, trained by gradient descent with backpropagation.
//!
//! The modules stand in the order in which data flows through them; each imports only from those above it:
//! a file becomes a [`data::Dataset`], its rows enter a [`network::Network`], a [`loss::Loss`] says how wrong the
//! result is, [`backprop`] carries that back to every weight, an [`optimizer::Optimizer`] moves the weights, a
//! [`model::Model`] is what remains, and [`training`] drives it all. [`analysis`] looks into what they do.
#![cfg_attr(not(feature = "fs"), allow(unused, reason = "what streams alone, which are on disks, ask for"))]
#![forbid(unsafe_code)]

mod bytes;
mod error;
mod rng;

pub mod analysis;
pub mod backprop;
pub mod data;
#[cfg(feature = "fs")]
pub mod files;
pub mod loss;
pub mod metrics;
pub mod model;
pub mod network;
pub mod optimizer;
pub mod training;

pub use chainrule_kernels::cpu::{Cpu, Peak};
pub use chainrule_kernels::{Activation, Float, Matrix, MatrixMut, MatrixRef};
pub use error::{Error, ErrorKind, Position, Result};
pub use rng::{Purpose, Rng};

/// The Rust in the documentation, compiled and run with the tests.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/concepts/losses.md")]
    struct Losses;
}
