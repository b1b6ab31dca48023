//! What the outputs of a network mean: classes, numbers in their own units, flags; and probabilities.

use super::score::class_of;
use super::{Answers, Model};
use crate::data::Outputs;
use crate::network::Network;
use crate::{Activation, Float, Matrix};

/// The answers of a model for rows of outputs, one after the other. It can be emptied, and then allocates nothing for as
/// many rows as it has held.
#[derive(Debug)]
pub(super) struct AnswerRows<'a> {
    model: &'a Model,
    activation: Activation,
    /// Columns of the probabilities, if there are any.
    n_probabilities: Option<usize>,
    n_rows: usize,
    /// Of a classifier, or flags.
    codes: Vec<u32>,
    /// Of a regression.
    numbers: Vec<f64>,
    probabilities: Vec<f64>,
}

impl<'a> AnswerRows<'a> {
    /// Room for so many rows.
    ///
    /// # Panics
    /// When a network of numbers or flags has not one output per target.
    pub(super) fn new<F: Float>(model: &'a Model, network: &Network<F>, rows: usize) -> Self {
        let (activation, n_outputs) = (network.output_activation(), network.n_outputs());
        let are_probabilities = matches!(activation, Activation::Sigmoid | Activation::Softmax);
        let (n_codes, n_numbers, n_probabilities) = match &model.preprocessing.outputs {
            Outputs::Classes { labels, .. } => {
                let of_two = n_outputs == 1 && labels.names.len() == 2;
                (1, 0, are_probabilities.then_some(if of_two { 2 } else { n_outputs }))
            }
            Outputs::Numbers { .. } => (0, n_outputs, None),
            Outputs::Flags => (n_outputs, 0, are_probabilities.then_some(n_outputs)),
        };
        let is_classifier = matches!(model.preprocessing.outputs, Outputs::Classes { .. });
        assert!(is_classifier || n_outputs == model.preprocessing.n_outputs(), "one column per output");
        Self {
            model,
            activation,
            n_probabilities,
            n_rows: 0,
            codes: Vec::with_capacity(rows * n_codes),
            numbers: Vec::with_capacity(rows * n_numbers),
            probabilities: Vec::with_capacity(rows * n_probabilities.unwrap_or(0)),
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.n_rows = 0;
        self.codes.clear();
        self.numbers.clear();
        self.probabilities.clear();
    }

    /// Takes in the outputs for the next row.
    pub(super) fn push<F: Float>(&mut self, outputs: &[F]) {
        self.n_rows += 1;
        let preprocessing = &self.model.preprocessing;
        match &preprocessing.outputs {
            Outputs::Numbers { .. } => {
                self.numbers.extend(outputs.iter().enumerate().map(|(k, &y)| preprocessing.unscaled(k, y)));
            }
            Outputs::Flags => {
                self.codes.extend(outputs.iter().map(|&p| u32::from(p.to_f64() > 0.5)));
                if self.n_probabilities.is_some() {
                    self.probabilities.extend(outputs.iter().map(|&p| p.to_f64()));
                }
            }
            Outputs::Classes { .. } => {
                self.codes.push(class_of(outputs));
                self.push_class_probabilities(outputs);
            }
        }
    }

    /// One probability per class that add up to 1: softmax's outputs; p and 1 − p of a single sigmoid; several sigmoids
    /// divided by their sum.
    fn push_class_probabilities<F: Float>(&mut self, outputs: &[F]) {
        let Some(n) = self.n_probabilities else { return };
        if let ([p], 2) = (outputs, n) {
            return self.probabilities.extend([1.0 - p.to_f64(), p.to_f64()]);
        }
        let start = self.probabilities.len();
        self.probabilities.extend(outputs.iter().map(|&p| p.to_f64()));
        if self.activation == Activation::Sigmoid {
            let row = &mut self.probabilities[start..];
            let total: f64 = row.iter().sum();
            let share = 1.0 / n as f64;
            for p in row {
                *p = if total > 0.0 { *p / total } else { share };
            }
        }
    }

    /// The classes, or the flags, row by row.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The numbers, row by row.
    pub(super) fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The probabilities, row by row.
    pub(super) fn probabilities(&self) -> Option<&[f64]> {
        self.n_probabilities.map(|_| &self.probabilities[..])
    }

    /// All rows.
    pub(super) fn finish(self) -> (Answers, Option<Matrix<f64>>) {
        let n = self.n_rows;
        let n_outputs = self.model.preprocessing.n_outputs();
        let answers = match &self.model.preprocessing.outputs {
            Outputs::Classes { .. } => Answers::Classes(self.codes),
            Outputs::Numbers { .. } => Answers::Numbers(Matrix::from_vec(self.numbers, n, n_outputs)),
            Outputs::Flags => Answers::Flags(Matrix::from_vec(self.codes, n, n_outputs)),
        };
        (answers, self.n_probabilities.map(|columns| Matrix::from_vec(self.probabilities, n, columns)))
    }
}
