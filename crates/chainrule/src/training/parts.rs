//! The three parts of a training's data.

use crate::Result;

/// Something for each part of the data: what is learned from, what decides when to stop, what decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct PerPart<T> {
    /// For the training rows.
    pub train: T,
    /// For the validation rows, where there are some.
    pub validation: Option<T>,
    /// For the test rows, where there are some.
    pub test: Option<T>,
}

impl<T> PerPart<T> {
    /// What is there, in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        [Some(&self.train), self.validation.as_ref(), self.test.as_ref()].into_iter().flatten()
    }

    /// The last that is there, with its name: what final measurements are made on.
    pub fn last(&self) -> (&T, &'static str) {
        match (&self.validation, &self.test) {
            (_, Some(test)) => (test, "test"),
            (Some(validation), None) => (validation, "validation"),
            (None, None) => (&self.train, "train"),
        }
    }

    /// The same of something else made of each, or the first error.
    pub(super) fn try_map<'a, U>(&'a self, mut f: impl FnMut(&'a T) -> Result<U>) -> Result<PerPart<U>> {
        Ok(PerPart {
            train: f(&self.train)?,
            validation: self.validation.as_ref().map(&mut f).transpose()?,
            test: self.test.as_ref().map(f).transpose()?,
        })
    }
}
