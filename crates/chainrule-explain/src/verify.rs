//! What was held against what.
//!
//! Three questions, each answered over all entries of the step: does every derivative agree with a central difference,
//! do the three forms agree with each other, and does the engine that trains compute the same?

/// The outcome of all comparisons of a derivation.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Derivatives against central differences, to 1e-6 of the tensor's largest entry.
    pub finite_difference: Comparison,
    /// Component, matrix and tensor form against each other, to 1e-12.
    pub forms_agree: Comparison,
    /// Forward pass, gradients and update against the engine in f64, to 1e-12.
    pub engine: Comparison,
    /// The same against the engine in f32, where a trained f32 model is explained; it never fails.
    pub engine_f32: Option<Comparison>,
}

/// How far two computations of the same numbers are apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// How many numbers were compared.
    pub compared: usize,
    /// How many were left out, because a kink lies within the step of the difference.
    pub kinks: usize,
    /// The largest error over the largest entry of its tensor.
    pub largest_error: f64,
    /// The first entry whose error is too large, with both values: `layers.0.weight[1,2]: …`.
    pub first_difference: Option<String>,
}

impl Comparison {
    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.first_difference.is_none()
    }
}

impl Verification {
    /// Whether everything that must agree does.
    pub fn agrees(&self) -> bool {
        self.finite_difference.agrees() && self.forms_agree.agrees() && self.engine.agrees()
    }
}
