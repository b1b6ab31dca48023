//! The native module `chainrule._native`: conversions between Python's objects and the library's, and nothing else.
//!
//! Every number is computed in the library. What users see is Python, in `python/chainrule`; nothing here is public.

#![allow(clippy::needless_pass_by_value, reason = "arguments come out of Python's objects as values")]
#![allow(clippy::too_many_arguments, reason = "functions have the arguments that Python's callers name")]

mod engine;
mod errors;
mod estimators;

use pyo3::prelude::*;

/// The native half of the package `chainrule`; private.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::engine::{
        Check, Derivation, Model, Network, Picture, Table, check, defaults, explain_example, explain_model,
        model_of_layers, plot_confusion, plot_curves, plot_residuals, plot_surface, toml_of_json, train,
        write_whole,
    };
    #[pymodule_export]
    use super::estimators::prediction::predict;
    #[pymodule_export]
    use super::estimators::{Data, DivergedError, FullLoss, Trainer};
    #[pymodule_export]
    use super::instruction_set;
}

/// The instruction set that the loops run in, by name.
#[pyfunction]
fn instruction_set() -> &'static str {
    chainrule::Cpu::new(1).isa().name()
}
