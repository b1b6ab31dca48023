//! The mistakes that people make in a derivation, by name.
//!
//! The identifiers are part of the interface: other programs read them. The words beside them are for people.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a number is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The sign of the whole or of a term.
    Sign,
    /// Twice what it should be.
    Factor2,
    /// Half of what it should be.
    FactorHalf,
    /// 1/N is missing or too many, or each factor was averaged over the batch before they were multiplied.
    BatchMean,
    /// 1/K is missing or too many; K is the number of outputs.
    OutputsMean,
    /// A power of ten too large or too small.
    DecimalPoint,
    /// σ'(a) instead of σ'(z).
    DerivativeOfActivation,
    /// σ(z) instead of σ'(z).
    ActivationForDerivative,
    /// A matrix was taken for its transpose.
    Transposed,
    /// Two indices of an entry were exchanged, or one was written for both.
    SwappedIndex,
    /// An entry beside the one that was meant.
    Neighbour,
    /// The weights after the step where those before it belong.
    UpdatedWeights,
    /// η was left out.
    LearningRateMissing,
    /// η was applied twice.
    LearningRateTwice,
    /// A term of a sum was left out, or all but one.
    MissingPath,
    /// The bias was forgotten.
    MissingBias,
    /// The number follows from this claim, which is wrong.
    Carried(usize),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sign => "sign",
            Self::Factor2 => "factor-2",
            Self::FactorHalf => "factor-half",
            Self::BatchMean => "batch-mean",
            Self::OutputsMean => "outputs-mean",
            Self::DecimalPoint => "decimal-point",
            Self::DerivativeOfActivation => "derivative-of-activation",
            Self::ActivationForDerivative => "activation-for-derivative",
            Self::Transposed => "transposed",
            Self::SwappedIndex => "swapped-index",
            Self::Neighbour => "neighbour",
            Self::UpdatedWeights => "updated-weights",
            Self::LearningRateMissing => "learning-rate-missing",
            Self::LearningRateTwice => "learning-rate-twice",
            Self::MissingPath => "missing-path",
            Self::MissingBias => "missing-bias",
            Self::Carried(claim) => return write!(f, "carried({claim})"),
        })
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Cause {
    /// The cause in words, as the end of a sentence that says a number is wrong; `carried` names the claim by its place
    /// in the list only.
    pub fn words(self) -> String {
        match self {
            Self::Sign => "the sign, of the whole or of one term",
            Self::Factor2 => "a factor 2 too many",
            Self::FactorHalf => "a factor 2 is missing, or a ½ too many",
            Self::BatchMean => "the mean over the batch: 1/N missing, too many, or taken before the product",
            Self::OutputsMean => "the mean over the outputs: 1/K missing or too many",
            Self::DecimalPoint => "the decimal point, or a power of ten",
            Self::DerivativeOfActivation => "σ' was taken of a instead of z",
            Self::ActivationForDerivative => "σ was taken instead of σ'",
            Self::Transposed => "a matrix was taken for its transpose",
            Self::SwappedIndex => "two indices were swapped, or one was written twice",
            Self::Neighbour => "a neighbouring entry was taken",
            Self::UpdatedWeights => "the weights after the step were used, not those before it",
            Self::LearningRateMissing => "the learning rate was left out",
            Self::LearningRateTwice => "the learning rate was applied once too often",
            Self::MissingPath => "a term of the sum was left out, or all but one",
            Self::MissingBias => "the bias was forgotten",
            Self::Carried(claim) => {
                return format!("right for what was written before, which is wrong: claim {claim}");
            }
        }
        .into()
    }
}
