//! Fuzz targets: every reader of files, held against bytes that nobody would write.
//!
//! A target takes bytes, hands them to a reader, and panics where the reader breaks its promise: whatever the bytes are, what
//! comes back is either an [`Error`](chainrule::Error) of a kind that is the file's fault, at a place in that file, or something
//! that all later stages take without a panic. So a target does not stop at reading: a table is prepared for training, a model
//! predicts, a checkpoint is trained on from, a step by hand is explained and checked.
//!
//! Checksums keep bytes from getting any further than the checksum. Targets with some read the bytes twice, as they come and
//! with all [checksums made right](sealed), as somebody who means harm would make them.
//!
//! `tests/readers.rs` runs the targets: under `cargo test` over `corpus/`, under `cargo xtask fuzz` by libFuzzer.
#![forbid(unsafe_code)]
#![expect(clippy::missing_panics_doc, reason = "a panic is how every target says that it found something")]

mod containers;
mod expectations;
mod predictions;
pub mod sealed;
pub mod seeds;
mod tables;
mod texts;

pub use containers::{checkpoint, model};
pub use predictions::predict;
pub use tables::{csv, gzip, idx, npy, parquet};
pub use texts::{derivation, run_file};
