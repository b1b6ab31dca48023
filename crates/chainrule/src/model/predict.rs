//! Answers for new rows.

use super::score::{class_of, outputs};
use super::{AnyNetwork, Model};
use crate::data::{Dataset, Outputs};
use crate::metrics::widen;
use crate::network::Network;
use crate::{Activation, Error, Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;

/// What a model says of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The answers.
    pub answers: Answers,
    /// Rows × classes of a classifier, rows × labels of a multi-label one; none of a regression, and of a classifier whose
    /// outputs are no probabilities.
    pub probabilities: Option<Matrix<f64>>,
    /// What the user should know: categories that training did not see.
    pub warnings: Vec<String>,
}

/// The answers of a model, one row per row of the data.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// The number of each row's class.
    Classes(Vec<u32>),
    /// Rows × targets, in the targets' own units.
    Numbers(Matrix<f64>),
    /// Rows × targets: 1 for yes, 0 for no.
    Flags(Matrix<u32>),
}

impl Model {
    /// Predicts every row of a table. Its features are found by name; a target column in it is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when features are missing, or of another type than in training.
    pub fn predict(&self, data: &Dataset) -> Result<Predictions> {
        self.predict_with(&Cpu::new(0), data)
    }

    /// [`predict`](Self::predict) on the given threads.
    ///
    /// # Errors
    /// As there.
    pub fn predict_with(&self, cpu: &Cpu, data: &Dataset) -> Result<Predictions> {
        match &self.network {
            AnyNetwork::F32(network) => self.predict_by(network, cpu, data),
            AnyNetwork::F64(network) => self.predict_by(network, cpu, data),
        }
    }

    /// The probability of every class for every row: rows × classes.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and for a model whose outputs are no probabilities.
    pub fn predict_proba(&self, data: &Dataset) -> Result<Matrix<f64>> {
        let none = || Error::configuration("the outputs of this model are no probabilities");
        self.predict(data)?.probabilities.ok_or_else(none)
    }

    fn predict_by<F: Float>(&self, network: &Network<F>, cpu: &Cpu, data: &Dataset) -> Result<Predictions> {
        let (columns, warnings) = self.preprocessing.columns::<F>(data, None)?;
        let outputs = outputs(network, &columns, cpu);
        let (answers, probabilities) = self.answers(network, &outputs);
        Ok(Predictions { answers, probabilities, warnings })
    }

    /// What the outputs of a network, rows × outputs, mean.
    pub(super) fn answers<F: Float>(
        &self,
        network: &Network<F>,
        outputs: &Matrix<F>,
    ) -> (Answers, Option<Matrix<f64>>) {
        let rows = 0..outputs.rows();
        match &self.preprocessing.outputs {
            Outputs::Numbers { .. } => (Answers::Numbers(self.preprocessing.unscale(outputs.view())), None),
            Outputs::Flags => {
                let flag = |i: usize, k: usize| u32::from(outputs.row(i)[k].to_f64() > 0.5);
                let flags = Matrix::from_fn(outputs.rows(), outputs.columns(), flag);
                (Answers::Flags(flags), probabilities(network.output_activation(), outputs))
            }
            Outputs::Classes { labels, .. } => {
                let classes = rows.map(|i| class_of(outputs.row(i))).collect();
                (Answers::Classes(classes), class_probabilities(network, outputs, labels.names.len()))
            }
        }
    }
}

/// The outputs as they are, where their activation makes them probabilities.
fn probabilities<F: Float>(activation: Activation, outputs: &Matrix<F>) -> Option<Matrix<f64>> {
    matches!(activation, Activation::Sigmoid | Activation::Softmax).then(|| widen(outputs))
}

/// One probability per class that add up to 1: softmax's outputs; p and 1 − p of a single sigmoid; several sigmoids
/// divided by their sum.
fn class_probabilities<F: Float>(network: &Network<F>, outputs: &Matrix<F>, n: usize) -> Option<Matrix<f64>> {
    let mut p = probabilities(network.output_activation(), outputs)?;
    if p.columns() == 1 && n == 2 {
        return Some(Matrix::from_fn(
            p.rows(),
            2,
            |i, k| if k == 1 { p.row(i)[0] } else { 1.0 - p.row(i)[0] },
        ));
    }
    if network.output_activation() == Activation::Sigmoid {
        for i in 0..p.rows() {
            let total: f64 = p.row(i).iter().sum();
            let share = 1.0 / n as f64;
            p.row_mut(i).iter_mut().for_each(|p| *p = if total > 0.0 { *p / total } else { share });
        }
    }
    Some(p)
}
