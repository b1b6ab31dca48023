//! How a textbook writes: symbols, the order of indices and factors, signs.
//!
//! Books agree on the numbers and on nothing else. These switches change how a derivation is written down, never what is
//! true: a value that a convention defines otherwise (an error term of the other sign, a transposed matrix) is shown as
//! that convention has it. Stored files and JSON are always in our own conventions, the default.

/// The conventions of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conventions {
    /// Which unit a weight names first.
    pub indices: Indices,
    /// The sign of δ.
    pub delta: Delta,
    /// Whether weights stand left or right of what they multiply.
    pub product: Product,
    /// How a gradient lies beside its weights.
    pub layout: Layout,
    /// The letters.
    pub symbols: Symbols,
}

/// The order of a weight's indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indices {
    /// w_ij leads to unit i from input j.
    #[default]
    DestinationFirst,
    /// w_ij leads from input i to unit j.
    SourceFirst,
}

/// What δ is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delta {
    /// δ = ∂L/∂z.
    #[default]
    Gradient,
    /// δ = −∂L/∂z, an error to be added.
    Error,
}

/// What stands where in z = W·a.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Product {
    /// z = W·a, W is n_out × n_in. A batch is Z = A·Wᵀ.
    #[default]
    Wa,
    /// z = x·W, W is n_in × n_out, and so are claims and given weights.
    XW,
}

/// The shape of ∂L/∂W.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// That of W.
    #[default]
    Weights,
    /// That of Wᵀ.
    Transposed,
}

/// The letters for preactivation, activation, target and loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symbols {
    /// z, a, y, L.
    #[default]
    Za,
    /// h, V, y, E.
    HV,
    /// net, o, t, E.
    NetO,
}
