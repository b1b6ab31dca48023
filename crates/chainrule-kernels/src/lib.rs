//! The arithmetic of chainrule: numbers only.
//!
//! This crate knows matrices and operations on them; it knows no networks, no files and no training. Every
//! operation exists twice. [`mod@reference`] holds the naive loop, which is the specification: short, sequential, and
//! written as the formula reads. [`cpu`] holds the fast twin, vectorised and cut into tiles for a pool of threads.
//! One corpus of cases (`testdata/conformance`) runs against both.
//!
//! Results are a function of the operands alone. Work is cut by shape, sums have a fixed order, every multiply-add is
//! fused, and one polynomial serves all instruction sets: the number of threads changes no bit of any result, the
//! instruction set none outside the products. Shapes are checked at the door of each operation; a wrong one is a
//! mistake of the caller and panics. Operations allocate nothing once every thread has worked.
//!
//! A matrix is row-major. Where a product mixes rows of a batch, its name says which operand is transposed:
//! `nt` is A·Bᵀ, `nn` is A·B, `tn` is Aᵀ·B.

#![allow(
    clippy::inline_always,
    reason = "loops are compiled for an instruction set by inlining them into it"
)]

mod activation;
mod class_targets;
pub mod cpu;
mod float;
mod matrix;
pub mod reference;
mod update;

pub use activation::Activation;
pub use class_targets::ClassTargets;
pub use float::Float;
pub use matrix::{Matrix, MatrixMut, MatrixRef, PaddedMut};
pub use update::{Decay, Update};
