//! From a table to what a network takes, and back.
//!
//! [`Preprocessing`] is everything that must be known besides the weights to answer for a new row: which columns in
//! which order, what stands in for a missing number, units, vocabularies, classes. It is learned from the training
//! rows alone, so that a validation score is honest, and it is plain data, so that the model file can hold it. The
//! same code transforms training, validation, test and prediction rows: there is no second way to forget a step in.
//!
//! Columns are found by name, whatever their order in the file. A file without a header has only places.

pub(crate) mod facts;
mod fit;
mod matching;
mod refusal;
mod row;
mod targets;
mod transform;

#[cfg(test)]
mod tests;

use crate::Result;
use crate::data::KnownColumns;
use crate::data::dataset::Dataset;
use crate::data::labels::{ClassWeight, Labels, Task};
use crate::data::scaler::{Scaler, Standardize};
pub(crate) use row::RowInputs;
pub use row::Value;
pub(crate) use targets::numbers_of;
pub(crate) use transform::TableInputs;

/// How a table is to be prepared.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PreprocessingConfig {
    /// The task, or `None`: [detected](Task::detect).
    pub task: Option<Task>,
    /// Whether numeric features are standardised.
    pub standardize_features: Standardize,
    /// Whether the targets of a regression are standardised.
    pub standardize_targets: Standardize,
    /// What happens to missing features.
    pub missing: MissingPolicy,
    /// Pairs (from, to): a label that reads `from` is meant as `to`.
    pub map_labels: Vec<(String, String)>,
    /// How much the rows of each class count in training.
    pub class_weight: ClassWeight,
}

/// What happens to missing features, in training and at prediction alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingPolicy {
    /// Numbers become the training median, with an indicator column for columns that miss values in training;
    /// categories become a category of their own where training has them, else none.
    #[default]
    Impute,
    /// They are an error.
    Error,
}

/// Everything besides the weights that turns rows of a table into inputs, and outputs into answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessing {
    /// The input columns, in the order of the training file.
    pub features: Vec<Feature>,
    /// What happens to missing features.
    pub missing: MissingPolicy,
    /// Names of columns that data to predict on may have, and that are ignored there.
    pub ignored: Vec<String>,
    /// Names of the target columns.
    pub targets: Vec<String>,
    /// What the network's outputs mean.
    pub outputs: Outputs,
}

/// One input column.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// How it reaches the network.
    pub kind: FeatureKind,
}

/// How an input column reaches the network.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureKind {
    /// As a scaled number.
    Numeric {
        /// What stands in for a missing number: the median of the training rows.
        median: f64,
        /// The unit of the input; identity without standardisation.
        scaler: Scaler,
        /// Whether training rows miss it. Then a second input says 1 where it is missing, 0 elsewhere.
        missing_in_training: bool,
    },
    /// As a category: a place in a vocabulary.
    Categorical {
        /// The texts of the training rows, in the order of Unicode scalar values.
        vocabulary: Vec<String>,
        /// Whether training rows miss it. Then missing is a category of its own, after those of the vocabulary.
        missing_in_training: bool,
    },
}

/// What the network's outputs mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Outputs {
    /// One output per class.
    Classes {
        /// The classes.
        labels: Labels,
        /// How much a training row of each class counts; `None` if all count the same.
        weights: Option<Vec<f64>>,
    },
    /// One output per target: a number, in units of its own.
    Numbers {
        /// The unit of each target; identity without standardisation.
        scalers: Vec<Scaler>,
    },
    /// One output per target: 1 for yes, 0 for no.
    Flags,
}

/// What rows are weighted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Sample weights times class weights.
    Training,
    /// Sample weights alone: what a mistake costs does not depend on how the network was trained.
    Evaluation,
}

impl Preprocessing {
    /// Learns from the given rows of a table; also returns what the user should know.
    ///
    /// # Errors
    /// When no feature is left, a name occurs twice, a column is refused (dates, mostly different text, no value at
    /// all, infinite values), a missing value is not allowed, or the targets do not fit the task. Messages name the
    /// column and say what to do.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn fit(dataset: &Dataset, rows: &[u32], config: &PreprocessingConfig) -> Result<(Self, Vec<String>)> {
        fit::fit(dataset, rows, config).map_err(|error| dataset.locate(error))
    }

    /// As [`fit`](Self::fit), from facts that are known already.
    #[cfg(feature = "fs")]
    pub(crate) fn learn(
        facts: &facts::TableFacts,
        targets: facts::TargetFacts,
        config: &PreprocessingConfig,
    ) -> Result<(Self, Vec<String>)> {
        fit::learn(facts, config, || Ok(targets))
    }

    /// What a reader must know to read a table for this model: which columns are categories whatever they look like
    /// (codes such as 01 and 1 are two), and which need not be read.
    pub fn known_columns(&self) -> KnownColumns {
        let is_categorical = |feature: &&Feature| matches!(feature.kind, FeatureKind::Categorical { .. });
        KnownColumns {
            // A name that a reader made up tells a place, and a file without the column has another one there.
            ignored: self.ignored.iter().filter(|name| !matching::is_made_up(name)).cloned().collect(),
            categorical: self.features.iter().filter(is_categorical).map(|f| f.name.clone()).collect(),
        }
    }

    /// What kind of answers the outputs are.
    pub fn task(&self) -> Task {
        match self.outputs {
            Outputs::Classes { .. } => Task::Classification,
            Outputs::Numbers { .. } => Task::Regression,
            Outputs::Flags => Task::MultiLabel,
        }
    }

    /// Number of numeric inputs: value columns, then indicators of missing values.
    pub fn n_numeric(&self) -> usize {
        let inputs = |feature: &Feature| match feature.kind {
            FeatureKind::Numeric { missing_in_training, .. } => 1 + usize::from(missing_in_training),
            FeatureKind::Categorical { .. } => 0,
        };
        self.features.iter().map(inputs).sum()
    }

    /// Number of categories of each categorical input, a category for missing values included.
    pub fn cardinalities(&self) -> Vec<u32> {
        let cardinality = |feature: &Feature| match &feature.kind {
            FeatureKind::Numeric { .. } => None,
            FeatureKind::Categorical { vocabulary, missing_in_training } => {
                Some(vocabulary.len() as u32 + u32::from(*missing_in_training))
            }
        };
        self.features.iter().filter_map(cardinality).collect()
    }

    /// Number of outputs: classes, or targets.
    pub fn n_outputs(&self) -> usize {
        match &self.outputs {
            Outputs::Classes { labels, .. } => labels.names.len(),
            Outputs::Numbers { .. } | Outputs::Flags => self.targets.len(),
        }
    }
}
