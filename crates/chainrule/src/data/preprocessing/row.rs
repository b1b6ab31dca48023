//! One row, given as values, as the inputs of the network: for whoever asks row by row.
//!
//! A table is looked up column by column, which for one row takes longer than the network. Here everything that can be
//! known beforehand is: where each feature's input lies, what stands in for what is missing, where a category is found.
//! A value becomes the input that the same value in a table becomes, by the same functions.

use super::transform::{code_of_missing, numeric_input};
use super::{Feature, FeatureKind, MissingPolicy, Preprocessing};
use crate::data::NO_CATEGORY;
use crate::data::printed::{Places, parsed};
use crate::data::scaler::Scaler;
use crate::{Error, Float, Result};

/// The value of one feature in one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nobody knows it.
    Missing,
    /// A number; NaN is missing. As a category it is the text that it is printed as: 3, 0.5.
    Number(f64),
    /// A category as it is written, or a number that is written as text.
    Text(&'a str),
    /// A category by its place in the [vocabulary](FeatureKind::Categorical) of its feature, from 0.
    Code(u32),
}

/// The features of a model, ready for rows of values.
#[derive(Debug)]
pub(crate) struct RowInputs<'a> {
    features: Vec<RowFeature<'a>>,
    missing: MissingPolicy,
    n_numeric: usize,
    n_codes: usize,
}

#[derive(Debug)]
struct RowFeature<'a> {
    name: &'a str,
    input: Input<'a>,
}

/// What a feature becomes.
#[derive(Debug)]
enum Input<'a> {
    Numeric {
        median: f64,
        scaler: Scaler,
        at: usize,
        /// Where 1 says that the value is missing, if anywhere.
        indicator: Option<usize>,
    },
    Categorical {
        places: Places<'a>,
        n_known: u32,
        for_missing: u32,
        at: usize,
    },
}

impl Preprocessing {
    /// Makes the features ready for rows of values.
    pub(crate) fn row_inputs<'a>(&'a self) -> RowInputs<'a> {
        let is_numeric = |feature: &&Feature| matches!(feature.kind, FeatureKind::Numeric { .. });
        // Indicators stand behind all numbers.
        let mut n_numeric = self.features.iter().filter(is_numeric).count();
        let (mut n_values, mut n_codes) = (0, 0);
        let next = |count: &mut usize| std::mem::replace(count, *count + 1);
        let mut input = |kind: &'a FeatureKind| match kind {
            FeatureKind::Numeric { median, scaler, missing_in_training } => Input::Numeric {
                median: *median,
                scaler: *scaler,
                at: next(&mut n_values),
                indicator: missing_in_training.then(|| next(&mut n_numeric)),
            },
            FeatureKind::Categorical { vocabulary, missing_in_training } => Input::Categorical {
                places: Places::new(vocabulary),
                n_known: vocabulary.len() as u32,
                for_missing: code_of_missing(vocabulary, *missing_in_training),
                at: next(&mut n_codes),
            },
        };
        let ready = |feature: &'a Feature| RowFeature { name: &feature.name, input: input(&feature.kind) };
        let features = self.features.iter().map(ready).collect();
        RowInputs { features, missing: self.missing, n_numeric, n_codes }
    }
}

impl RowInputs<'_> {
    /// Number of numeric inputs and of categorical ones.
    pub(crate) fn n_inputs(&self) -> (usize, usize) {
        (self.n_numeric, self.n_codes)
    }

    /// Writes the inputs of a row, and which features hold a category that training did not see. Allocates nothing, once
    /// `unseen` has room.
    ///
    /// # Errors
    /// When there is not one value per feature, or one is not what its feature needs.
    pub(crate) fn write<F: Float>(
        &self,
        values: &[Value<'_>],
        numeric: &mut [F],
        codes: &mut [u32],
        unseen: &mut Vec<usize>,
    ) -> Result<()> {
        if values.len() != self.features.len() {
            return Err(self.wrong_length(values.len()));
        }
        unseen.clear();
        for (i, (feature, &value)) in self.features.iter().zip(values).enumerate() {
            match &feature.input {
                Input::Numeric { median, scaler, at, indicator } => {
                    let x = feature.number(value)?;
                    if x.is_nan() {
                        self.check_missing(feature)?;
                    }
                    numeric[*at] = numeric_input(x, *median, *scaler);
                    if !numeric[*at].is_finite() {
                        return Err(feature.not_finite(x));
                    }
                    if let Some(indicator) = *indicator {
                        numeric[indicator] = if x.is_nan() { F::ONE } else { F::ZERO };
                    }
                }
                Input::Categorical { places, n_known, for_missing, at } => {
                    let category = feature.category(value, places, *n_known)?;
                    match category {
                        Category::Known(_) => {}
                        Category::Unseen => unseen.push(i),
                        Category::Missing => self.check_missing(feature)?,
                    }
                    codes[*at] = category.code(*for_missing);
                }
            }
        }
        Ok(())
    }

    fn check_missing(&self, feature: &RowFeature<'_>) -> Result<()> {
        if self.missing == MissingPolicy::Impute {
            return Ok(());
        }
        Err(Error::data(format!(
            "feature '{}': expected a value, got a missing one\na training with --missing impute fills it in",
            feature.name
        )))
    }

    #[cold]
    fn wrong_length(&self, found: usize) -> Error {
        let (first, last) = match &self.features[..] {
            [first, .., last] => (first.name, last.name),
            [only] => (only.name, only.name),
            [] => ("", ""),
        };
        Error::data(format!(
            "a row has one value per feature, {}, from '{first}' to '{last}', got {found}\n\
             give the values in the order of the model's features",
            self.features.len()
        ))
    }
}

/// What a value says of a category.
enum Category {
    Known(u32),
    Unseen,
    Missing,
}

impl Category {
    /// The code in the input; a missing one has that of its feature.
    fn code(&self, for_missing: u32) -> u32 {
        match self {
            Self::Known(code) => *code,
            Self::Unseen => NO_CATEGORY,
            Self::Missing => for_missing,
        }
    }
}

impl RowFeature<'_> {
    /// The value as a number, NaN where it is missing.
    fn number(&self, value: Value<'_>) -> Result<f64> {
        match value {
            Value::Number(x) => Ok(x),
            Value::Missing => Ok(f64::NAN),
            Value::Text(text) => parsed(text).ok_or_else(|| self.no_number(&format!("'{text}'"))),
            Value::Code(code) => Err(self.no_number(&format!("the code {code} of a category"))),
        }
    }

    fn category(&self, value: Value<'_>, places: &Places<'_>, n_known: u32) -> Result<Category> {
        let found = |place: Option<u32>| place.map_or(Category::Unseen, Category::Known);
        match value {
            Value::Missing => Ok(Category::Missing),
            Value::Number(x) if x.is_nan() => Ok(Category::Missing),
            Value::Number(x) => Ok(found(places.of_number(x))),
            Value::Text(text) => Ok(found(places.of_text(text))),
            Value::Code(code) if code < n_known => Ok(Category::Known(code)),
            Value::Code(code) => Err(Error::data(format!(
                "feature '{}': expected the code of one of {n_known} categories, from 0, got {code}\n\
                 a missing value has a form of its own, and a category that is not known is given as text",
                self.name
            ))),
        }
    }

    #[cold]
    fn no_number(&self, found: &str) -> Error {
        Error::data(format!("feature '{}': expected a number, as in training, got {found}", self.name))
    }

    #[cold]
    fn not_finite(&self, found: f64) -> Error {
        if found.is_infinite() {
            return Error::data(format!("feature '{}': expected a finite number, got {found}", self.name));
        }
        Error::data(format!(
            "feature '{}': {found} becomes infinite in single precision\n\
             train with --precision f64 or --standardize, or bring the feature to a smaller unit",
            self.name
        ))
    }
}
