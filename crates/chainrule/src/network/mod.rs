//! The network: plain data, and the forward pass.
//!
//! A [`Network`] is a list of [stages](Stage) and one buffer of [`Parameters`] with a table that says which range is
//! which tensor. The stages know their shapes and the places of their tensors in that table; optimizers, checkpoints
//! and the model file read the table and know no stages.

mod activation;
mod borrowed;
mod dense;
mod dropout;
mod forward;
mod initializer;
#[allow(clippy::module_inception)] // the type's own file, beside its parts
mod network;
mod parameters;
mod place;
mod predictor;
mod stage;

pub use activation::{activation_name, parse_activation};
pub use borrowed::{BorrowedLayer, predict_borrowed};
pub use chainrule_kernels::reference::activation::{
    derivative as activation_derivative, value as activation_value,
};
pub use dense::Dense;
pub use dropout::DropoutKey;
pub use forward::{ForwardPass, LayerPass};
pub use initializer::{Distribution, Initializer};
pub use network::{LayerConfig, Network, NetworkConfig};
pub use parameters::{Parameters, Tensor};
pub use place::parameter_place;
pub use predictor::Predictor;
pub use stage::Stage;
