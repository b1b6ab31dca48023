//! The model.

use crate::Float;
use crate::data::Preprocessing;
use crate::loss::Objective;
use crate::network::{Network, NetworkConfig};
use std::collections::BTreeMap;

/// A trained network with its preprocessing, its labels and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The network.
    pub network: AnyNetwork,
    /// What it was trained to minimise.
    pub objective: Objective,
    /// From rows of a table to its inputs, and from its outputs to answers.
    pub preprocessing: Preprocessing,
    /// The training it came from, for people to read: `optimizer` → `adam`. No times, so that the same training gives
    /// the same model.
    pub training: BTreeMap<String, String>,
}

/// A network of either precision.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyNetwork {
    /// Of 32-bit numbers.
    F32(Network<f32>),
    /// Of 64-bit numbers.
    F64(Network<f64>),
}

impl AnyNetwork {
    /// Number of parameters.
    pub fn n_parameters(&self) -> usize {
        match self {
            Self::F32(network) => network.parameters.len(),
            Self::F64(network) => network.parameters.len(),
        }
    }

    /// The structure of the network.
    pub fn config(&self) -> NetworkConfig {
        match self {
            Self::F32(network) => network.config(),
            Self::F64(network) => network.config(),
        }
    }

    /// `f32` or `f64`.
    pub fn precision(&self) -> &'static str {
        match self {
            Self::F32(_) => f32::NAME,
            Self::F64(_) => f64::NAME,
        }
    }
}
