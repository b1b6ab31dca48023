//! The arithmetic of chainrule: numbers only.
//!
//! This crate knows matrices and operations on them; it knows no networks, no files and no training. Every
//! operation exists twice. [`reference`] holds the naive loop, which is the specification: short, sequential, and
//! written as the formula reads. [`cpu`] holds the fast twin, vectorised and cut into tiles for a pool of threads.
//! One corpus of cases (`testdata/conformance`) runs against both.
//!
//! A matrix is row-major. Where a product mixes rows of a batch, its name says which operand is transposed:
//! `nt` is A·Bᵀ, `nn` is A·B, `tn` is Aᵀ·B.

mod activation;
pub mod cpu;
mod float;
mod matrix;
pub mod reference;
mod update;

pub use activation::Activation;
pub use float::Float;
pub use matrix::{Matrix, MatrixMut, MatrixRef};
pub use update::{Decay, Update};
