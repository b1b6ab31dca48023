//! What the scikit-learn pair needs of the engine.

mod data;
mod network;
pub(crate) mod prediction;
mod trainer;

pub(crate) use data::Data;
pub(crate) use trainer::{DivergedError, FullLoss, Trainer};
