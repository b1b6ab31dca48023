//! The engine from Python: tables, training, models, networks, derivations, pictures. Each file has one native class or two, and the
//! class of the same name in `python/chainrule` is what users see.

mod arrays;
mod derivation;
mod layers;
mod model;
mod network;
mod picture;
mod settings;
mod table;
mod trainer;

pub(crate) use derivation::{Check, Derivation, check, explain_example, explain_model, toml_of_json};
pub(crate) use layers::model_of_layers;
pub(crate) use model::Model;
pub(crate) use network::Network;
pub(crate) use picture::{Picture, plot_confusion, plot_curves, plot_residuals, plot_surface, write_whole};
pub(crate) use table::Table;
pub(crate) use trainer::{defaults, train};
