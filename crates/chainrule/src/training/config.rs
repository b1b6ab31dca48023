//! What a user says about training.

use super::{Clock, Measures};
use crate::data::{ClassWeight, MissingPolicy, Standardize, Task};
use crate::error::unknown_name;
use crate::loss::{Loss, Objective};
use crate::network::Initializer;
use crate::optimizer::OptimizerConfig;
use crate::{Activation, Error, Result};
use std::fmt;
use std::str::FromStr;

/// Everything that decides a training besides the data.
///
/// Plain values with defaults that suit a table of a few thousand rows; [`validate`](Self::validate) checks them.
/// What is `None` is chosen by the data: the task by the targets, the loss by the task, the output activation by the
/// loss, the initializer by the activation.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingConfig {
    /// What kind of answer is learned.
    pub task: Option<Task>,
    /// Widths of the hidden layers; none for a linear model.
    pub hidden: Vec<usize>,
    /// Activation of the hidden layers: one for all, or one for each.
    pub activation: Vec<Activation>,
    /// Activation of the output layer.
    pub output: Option<Activation>,
    /// How weights are drawn.
    pub initializer: Option<Initializer>,
    /// Whether units have biases.
    pub bias: bool,
    /// Share of each hidden layer's activations dropped while training: one for all, or one for each.
    pub dropout: Vec<f64>,
    /// The kind of numbers the network is made of.
    pub precision: Precision,
    /// What is minimised.
    pub loss: Option<Loss>,
    /// See [`Objective::label_smoothing`].
    pub label_smoothing: f64,
    /// How parameters move.
    pub optimizer: OptimizerConfig,
    /// Rows per step.
    pub batch_size: BatchSize,
    /// The most passes over the training rows.
    pub epochs: usize,
    /// Epochs without improvement after which training stops; 0 never stops it.
    pub patience: usize,
    /// By how much the loss must fall to count as an improvement.
    pub tolerance: f64,
    /// Training loss at which training stops; 0 for none.
    pub target_loss: f64,
    /// Seconds after which training stops; 0 for any number.
    pub max_seconds: f64,
    /// Decides the splits, the initial weights, the order of samples and the dropout masks.
    pub seed: u64,
    /// Threads, the calling one among them; 0 for as many as the machine offers.
    pub threads: usize,
    /// Share of the rows held out for validation; 0 for none.
    pub validation: f64,
    /// Share of the rows held out for a final test; 0 for none.
    pub test: f64,
    /// Whether features, and the targets of a regression other than Poisson's, are standardised.
    pub standardize: Standardize,
    /// What happens to missing features.
    pub missing: MissingPolicy,
    /// Pairs (from, to): a label that reads `from` is meant as `to`.
    pub map_labels: Vec<(String, String)>,
    /// How much the rows of each class count in training.
    pub class_weight: ClassWeight,
    /// Bytes that training may take; `None` for any number.
    pub memory_limit: Option<u64>,
    /// What is measured beside the losses.
    pub measures: Measures,
    /// Where time is read.
    pub clock: Clock,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            task: None,
            hidden: vec![128, 64],
            activation: vec![Activation::Relu],
            output: None,
            initializer: None,
            bias: true,
            dropout: vec![0.0],
            precision: Precision::F32,
            loss: None,
            label_smoothing: 0.0,
            optimizer: OptimizerConfig::default(),
            batch_size: BatchSize::Auto,
            epochs: 100,
            patience: 10,
            tolerance: 1e-4,
            target_loss: 0.0,
            max_seconds: 0.0,
            seed: 0,
            threads: 0,
            validation: 0.1,
            test: 0.0,
            standardize: Standardize::Yes,
            missing: MissingPolicy::Impute,
            map_labels: Vec::new(),
            class_weight: ClassWeight::None,
            memory_limit: None,
            measures: Measures::default(),
            clock: Clock::default(),
        }
    }
}

impl TrainingConfig {
    /// Checks every value that can be checked without the data.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) with the field, the value and what it must be.
    pub fn validate(&self) -> Result<()> {
        self.optimizer.validate()?;
        self.per_layer("activation", self.activation.len())?;
        self.per_layer("dropout", self.dropout.len())?;
        if let Some(loss) = self.loss {
            loss.output_activation(self.output)?;
            Objective { loss, label_smoothing: self.label_smoothing }.validate()?;
        }
        let check = |fine: bool, field: &str, value: f64, range: &str| {
            let message = || Error::configuration(format!("{field} is {value}; it must be {range}"));
            if fine { Ok(()) } else { Err(message()) }
        };
        let share =
            |field, value: f64| check((0.0..1.0).contains(&value), field, value, "at least 0 and below 1");
        share("label_smoothing", self.label_smoothing)?;
        share("validation", self.validation)?;
        share("test", self.test)?;
        let held_out = self.validation + self.test;
        check(held_out < 1.0, "validation + test", held_out, "below 1, as the rest is trained on")?;
        self.dropout.iter().try_for_each(|&dropout| share("dropout", dropout))?;
        let amount = |field, value: f64| {
            check(value >= 0.0 && value.is_finite(), field, value, "at least 0 and finite")
        };
        amount("tolerance", self.tolerance)?;
        amount("target_loss", self.target_loss)?;
        amount("max_seconds", self.max_seconds)?;
        check(self.epochs > 0, "epochs", 0.0, "at least 1")?;
        check(self.batch_size != BatchSize::Rows(0), "batch_size", 0.0, "at least 1, or full")
    }

    fn per_layer(&self, field: &str, given: usize) -> Result<()> {
        let layers = self.hidden.len();
        if given == 1 || given == layers {
            return Ok(());
        }
        Err(Error::configuration(format!(
            "{field} has {given} entries for {layers} hidden layers; it must have one for all, or one for each"
        )))
    }

    /// Activation and dropout of hidden layer `l`.
    pub(super) fn hidden_layer(&self, l: usize) -> (Activation, f64) {
        let activation = if self.activation.len() == 1 { self.activation[0] } else { self.activation[l] };
        let dropout = if self.dropout.len() == 1 { self.dropout[0] } else { self.dropout[l] };
        (activation, dropout)
    }
}

/// Rows per step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BatchSize {
    /// 32, or all for an optimizer that needs all.
    #[default]
    Auto,
    /// So many; the last batch of an epoch has what is left.
    Rows(usize),
    /// All: the gradient of every step is that of the whole training set.
    Full,
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Full => f.write_str("full"),
        }
    }
}

impl FromStr for BatchSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            ("full", _) => Ok(Self::Full),
            (_, Ok(rows)) if rows > 0 => Ok(Self::Rows(rows)),
            _ => Err(Error::configuration(format!(
                "batch size '{text}'; expected a number from 1, 'full' or 'auto'"
            ))),
        }
    }
}

/// The kind of numbers a network is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits: fast, and precise enough for training.
    #[default]
    F32,
    /// 64 bits.
    F64,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "f32" => Ok(Self::F32),
            "f64" => Ok(Self::F64),
            _ => Err(unknown_name("precision", text, ["f32", "f64"].into_iter())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_cannot_be_are_refused_by_field() {
        let refused = |change: fn(&mut TrainingConfig)| {
            let mut config = TrainingConfig::default();
            change(&mut config);
            config.validate().unwrap_err().message().to_owned()
        };
        TrainingConfig::default().validate().unwrap();
        assert!(refused(|c| c.activation = vec![Activation::Relu; 3]).contains("activation has 3 entries"));
        assert!(refused(|c| c.dropout = vec![1.0]).contains("dropout is 1"));
        assert!(refused(|c| c.validation = -0.1).contains("validation is -0.1"));
        assert!(refused(|c| (c.validation, c.test) = (0.5, 0.5)).contains("validation + test is 1"));
        assert!(refused(|c| c.tolerance = f64::NAN).contains("tolerance is NaN"));
        assert!(refused(|c| c.epochs = 0).contains("epochs"));
        assert!(refused(|c| c.batch_size = BatchSize::Rows(0)).contains("batch_size"));
        assert!(refused(|c| c.label_smoothing = 1.5).contains("label_smoothing is 1.5"));
        assert!(
            refused(|c| (c.loss, c.output) = (Some(Loss::Poisson), Some(Activation::Tanh)))
                .contains("does not go")
        );
    }

    #[test]
    fn batch_sizes_and_precisions_lead_back_to_their_names() {
        for text in ["auto", "full", "64"] {
            assert_eq!(text.parse::<BatchSize>().unwrap().to_string(), text);
        }
        for text in ["f32", "f64"] {
            assert_eq!(text.parse::<Precision>().unwrap().to_string(), text);
        }
        assert!("0".parse::<BatchSize>().is_err());
        assert!("f16".parse::<Precision>().is_err());
    }
}
