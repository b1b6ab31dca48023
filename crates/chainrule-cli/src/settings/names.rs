//! Everything that is chosen by name, with all its names.
//!
//! A choice is a checked text: the library turns it into its own type. The lists stand here because three parties
//! need them before the library is asked: `--help`, the shell completions, and the "did you mean" of a run file,
//! which must still know the place of the name.

use crate::nearest::unknown;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParserFactory};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};

/// Defines a choice: what it chooses, and the names there are.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $what:literal, [$($known:literal),+ $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub(crate) struct $name(String);

        impl $name {
            /// All names, in the order in which help shows them.
            pub(crate) const KNOWN: &'static [&'static str] = &[$($known),+];

            /// The chosen name.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                if Self::KNOWN.contains(&text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(unknown($what, text, Self::KNOWN))
                }
            }
        }

        impl ValueParserFactory for $name {
            type Parser = clap::builder::MapValueParser<PossibleValuesParser, fn(String) -> Self>;

            fn value_parser() -> Self::Parser {
                PossibleValuesParser::new(Self::KNOWN).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(NameVisitor { what: $what, parse: Self::from_str })
            }
        }
    };
}

choice!(FormatName, "format", ["text", "latex", "html", "json"]);
choice!(ClaimFormatName, "format", ["text", "json"]);
choice!(PictureFormatName, "format", ["svg", "png", "text", "terminal"]);
choice!(StartName, "start", ["fresh", "model"]);
choice!(ShowName, "thing to show", ["losses", "learning-rate", "norms", "weights"]);
choice!(ShownName, "kind of numbers", ["weights", "activations", "gradients"]);
choice!(DirectionsName, "pair of directions", ["random", "path"]);
choice!(DescentExampleName, "example", ["local-minimum", "saddle"]);
choice!(ThemeName, "theme", ["light", "dark"]);
choice!(FormName, "form of a derivative", ["component", "matrix", "tensor"]);
choice!(TaskName, "task", ["auto", "classification", "regression"]);
choice!(MissingName, "way to treat missing values", ["impute", "error"]);
choice!(BadRowName, "way to treat bad rows", ["error", "skip"]);
choice!(
    ActivationName,
    "activation",
    [
        "identity",
        "sigmoid",
        "tanh",
        "relu",
        "leaky-relu",
        "elu",
        "selu",
        "gelu",
        "gelu-tanh",
        "silu",
        "mish",
        "softplus",
        "exp"
    ]
);
choice!(
    OutputName,
    "output activation",
    [
        "auto",
        "identity",
        "sigmoid",
        "tanh",
        "relu",
        "leaky-relu",
        "elu",
        "selu",
        "gelu",
        "gelu-tanh",
        "silu",
        "mish",
        "softplus",
        "exp",
        "softmax"
    ]
);
choice!(
    LossName,
    "loss",
    [
        "auto",
        "mse",
        "half-mse",
        "sse",
        "half-sse",
        "mae",
        "huber",
        "cross-entropy",
        "binary-cross-entropy",
        "poisson"
    ]
);
choice!(OptimizerName, "optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"]);
choice!(
    ScheduleName,
    "schedule",
    ["constant", "step", "exponential", "cosine", "one-cycle", "invscaling", "adaptive"]
);
choice!(UnitName, "unit", ["steps", "epochs"]);
choice!(PrecisionName, "precision", ["f32", "f64"]);

/// Reads a name where it stands, so that an error knows the place.
struct NameVisitor<T> {
    what: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

impl<T> de::Visitor<'_> for NameVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a {}, in quotes", self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}
