//! EXAMPLE.toml: one step by hand, as a learner types it in.
//!
//! The file says what textbooks leave open, and nothing twice: there is no width that is not in the shape of a matrix.
//! Whatever is wrong is an error of kind [`Data`](chainrule::ErrorKind::Data) at its own line and column, counted from 1.
//!
//! ```toml
//! title = "…"                   # left out: 3-2-1, sigmoid, mse
//! loss = "mse"                  # the default; delta = 1.0 for huber, label_smoothing = 0.0 for the cross-entropies
//! learning_rate = 0.1           # left out: the optimizer's usual one, 0.1 for sgd
//! x = [[0, 1, 2]]               # rows are samples; a single sample needs no second brackets
//! y = [[1]]                     # under cross-entropy also class numbers from 0, one per row
//! # sample_weights = [1, 2]     # one per row
//! # optimizer = "sgd" (the default), "momentum", "nesterov", "rmsprop", "adam", "adamw"
//! # momentum, beta1, beta2, alpha, epsilon, weight_decay, clip_norm: as in a run file
//!
//! # [state]                     # what the optimizer remembers, an entry per layer; left out: zeros
//! # step = 3                    # the steps done before this one
//! # velocity = [{ weights = [[0, 0]], bias = [0] }]     # momentum, nesterov; rmsprop: square; adam, adamw: m and v
//!
//! # [conventions]               # indices, delta, product, layout, symbols
//!
//! [[layers]]
//! activation = "sigmoid"        # or { name = "leaky-relu", slope = 0.01 }, { name = "elu", alpha = 1.0 }
//! weights = [[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]]          # n_out × n_in; with product = "xW" n_in × n_out
//! # bias = [0, 0]               # left out: the layer has none
//! ```
//!
//! A number is an integer, a float, or a text such as `"1/3"`, `"0,5"`, `"−1e-3"`.

mod conventions;
mod embedded;
pub(crate) mod layers;
mod optimizer;
pub(crate) mod source;
mod step;
pub(crate) mod values;

#[cfg(test)]
mod tests;

use chainrule::Result;

pub use embedded::NAMES;
pub(crate) use embedded::worked_text;

use crate::conventions::Conventions;
use crate::step::Step;
use source::Table;

/// The keys of a file. Claims are for [`Worked`](crate::worked::Worked); an example may carry them.
const KEYS: [&str; 19] = [
    "title",
    "loss",
    "delta",
    "label_smoothing",
    "learning_rate",
    "x",
    "y",
    "sample_weights",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "alpha",
    "epsilon",
    "weight_decay",
    "clip_norm",
    "state",
    "conventions",
    "layers",
];

/// A step, and how its author writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What it is called.
    pub title: String,
    /// The step, in our own conventions.
    pub step: Step,
    /// The author's conventions.
    pub conventions: Conventions,
}

impl Example {
    /// Reads an EXAMPLE.toml; `name` is what messages call it. Claims of a WORKED.toml are passed over.
    ///
    /// ```
    /// use chainrule_explain::example::Example;
    ///
    /// let text = "x = [1]\ny = [0]\n[[layers]]\nactivation = \"tanh\"\nweights = [[\"1/3\", 2]]";
    /// let error = Example::parse(text, "net.toml").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "net.toml, line 5, column 11: the weights of layer 1 are 1 × 2, but x has 1 column: expected n × 1"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`Data`](chainrule::ErrorKind::Data) with line and column for whatever is no TOML, no key, no number, or does not fit.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        source::with_root(text, name, Self::read)
    }

    /// The embedded example of a name, or none.
    pub fn named(name: &str) -> Option<Self> {
        embedded::text(name).and_then(|text| Self::parse(text, name).ok())
    }

    /// Reads the step from the root of a file.
    pub(crate) fn read(root: &Table<'_>) -> Result<Self> {
        root.only(&[&KEYS[..], &["claims"]].concat())?;
        let conventions = conventions::read(root)?;
        let step = step::read(root, conventions)?;
        let title = match root.get("title") {
            Some(value) => root.source.text_of(value, "a title in quotes")?.to_owned(),
            None => step::description(&step),
        };
        Ok(Self { title, step, conventions })
    }
}
