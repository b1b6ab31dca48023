//! The activation functions by name and parameter.
//!
//! The formulas stand in [`crate::reference::activation`], their vectorised twins in [`crate::cpu`].

/// A function a = σ(z) of a preactivation: of each entry by itself or, for softmax, of each row.
///
/// The fused passes of [`crate::cpu`] take the activation as a value and decide once per tile, not per entry.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// z.
    Identity,
    /// 1 / (1 + e⁻ᶻ).
    Sigmoid,
    /// (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ).
    Tanh,
    /// max(z, 0).
    Relu,
    /// z where z > 0, `slope`·z elsewhere.
    LeakyRelu {
        /// The slope left of 0.
        slope: f64,
    },
    /// z where z > 0, `alpha`·(eᶻ − 1) elsewhere.
    Elu {
        /// Minus the value at −∞.
        alpha: f64,
    },
    /// Scaled ELU with the two constants of Klambauer et al. (2017).
    Selu,
    /// z·Φ(z), Φ the standard normal distribution function.
    Gelu,
    /// GELU with Φ replaced by its usual tanh approximation.
    GeluTanh,
    /// z·sigmoid(z), also known as swish.
    Silu,
    /// z·tanh(softplus(z)).
    Mish,
    /// ln(1 + eᶻ).
    Softplus,
    /// eᶻ.
    Exp,
    /// eᶻʲ / Σₖ eᶻᵏ over the entries of a row.
    Softmax,
}

impl Activation {
    /// Whether the derivative has a jump at z = 0, where a central difference says nothing.
    pub fn has_kink(self) -> bool {
        match self {
            Self::Relu | Self::Selu => true,
            Self::LeakyRelu { slope } => slope != 1.0,
            Self::Elu { alpha } => alpha != 1.0,
            _ => false,
        }
    }
}
