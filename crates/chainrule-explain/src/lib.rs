//! One step of gradient descent, worked out in full.
//!
//! A [`Step`] is a small network with numbers in it: inputs, targets, weights, an optimizer with what it remembers. A
//! [`Trace`] is every number that the step computes, each by the scalar loop that defines it. A [`Derivation`] writes
//! them down as a careful teacher would, line by line, `symbol = formula = numbers = value`, and is given to people by
//! one of four renderers.
//!
//! Nothing here calls the engine's backward pass to obtain what it derives. The three forms of a derivative (component,
//! matrix, tensor) are computed by three separate pieces of code, and at the end they are held against each other,
//! against central differences of the loss, and against the engine that trains: [`verify`].
#![forbid(unsafe_code)]

pub mod batch;
pub mod check;
pub mod claim;
mod component;
pub mod conventions;
pub mod derivation;
mod differences;
pub mod digits;
mod elide;
pub mod example;
pub mod explain;
pub mod expression;
mod formulas;
mod forward;
mod losses;
mod matrix_form;
mod names;
mod notation;
pub mod prose;
pub mod render;
pub mod step;
mod tensor;
pub mod trace;
mod update;
mod vanishing;
pub mod verify;
pub mod worked;
mod writer;

pub use check::{Cause, Judgement, Verdict, check};
pub use claim::{Claim, Kind, Quantity};
pub use conventions::Conventions;
pub use derivation::{Block, Derivation, Form, Line, Section, Span, Value};
pub use example::Example;
pub use explain::{Options, Selection, explain_step};
pub use expression::{Expr, Operator, Symbol};
pub use prose::{Prose, Skipped};
pub use step::{Layer, LayerValues, State, Step};
pub use trace::Trace;
pub use verify::Verification;
pub use worked::Worked;
