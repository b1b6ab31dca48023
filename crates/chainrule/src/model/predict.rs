//! Answers for new rows.
//!
//! A few rows are multiplied by the weights as they lie, on the calling thread. Many rows go through the network block by
//! block: each thread turns its rows of the table into inputs where the products read them, so that the inputs of the
//! whole table are nowhere. Whatever the number of rows, each has the same bits.

use super::answers::AnswerRows;
use super::{AnyNetwork, Model};
use crate::data::{Dataset, TableInputs};
use crate::network::{self, Network};
use crate::{Error, Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows of a block: enough for the products to run at full speed, few enough to stay in the cache.
pub(super) const BLOCK: usize = 1024;
/// Up to so many rows it takes longer to make weights ready than to multiply with them.
const FEW_ROWS: usize = 64;
/// Multiply-adds of a call, below which it is not worth asking how many threads the machine offers.
const CALL_WORK: usize = 1 << 18;

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
    /// To ask for single rows, again and again, a [`predictor`](Self::predictor) is many times faster.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when features are missing, or of another type than in training.
    pub fn predict(&self, data: &Dataset) -> Result<Predictions> {
        let is_short = self.network.n_parameters().saturating_mul(data.n_rows) < CALL_WORK;
        self.predict_with(&Cpu::new(usize::from(is_short)), data)
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
        if data.n_rows > FEW_ROWS {
            let mut predictor = network::Predictor::new(network, cpu, BLOCK.min(data.n_rows));
            return self.predict_many(network, &mut predictor, data);
        }
        let (columns, warnings) = self.preprocessing.columns::<F>(data, None)?;
        let outputs = network.outputs_of_few(cpu, &columns);
        let (answers, probabilities) = self.answers(network, &outputs);
        Ok(Predictions { answers, probabilities, warnings })
    }

    /// Predicts a table block by block.
    pub(super) fn predict_many<F: Float>(
        &self,
        network: &Network<F>,
        predictor: &mut network::Predictor<'_, F>,
        data: &Dataset,
    ) -> Result<Predictions> {
        let (inputs, warnings) = self.preprocessing.table_inputs::<F>(data, None)?;
        network.assert_takes(inputs.n_inputs());
        let mut said = AnswerRows::new(self, network, data.n_rows);
        let all: Vec<u32> = (0..data.n_rows as u32).collect();
        for rows in all.chunks(predictor.capacity()) {
            let outputs = outputs_of_block(network, predictor, &inputs, rows)?;
            (0..outputs.rows()).for_each(|i| said.push(outputs.row(i)));
        }
        let (answers, probabilities) = said.finish();
        Ok(Predictions { answers, probabilities, warnings })
    }

    /// What the outputs of a network, rows × outputs, mean.
    pub(super) fn answers<F: Float>(
        &self,
        network: &Network<F>,
        outputs: &Matrix<F>,
    ) -> (Answers, Option<Matrix<f64>>) {
        let mut said = AnswerRows::new(self, network, outputs.rows());
        (0..outputs.rows()).for_each(|i| said.push(outputs.row(i)));
        said.finish()
    }
}

/// The outputs for a block of rows of a table, whose inputs each thread makes for its own rows.
fn outputs_of_block<'a, F: Float>(
    network: &Network<F>,
    predictor: &'a mut network::Predictor<'_, F>,
    inputs: &TableInputs<'_>,
    rows: &[u32],
) -> Result<&'a Matrix<F>> {
    let finite = AtomicBool::new(true);
    let outputs = predictor.run_on(rows.len(), &|part, mut into| {
        let rows = &rows[part];
        if !inputs.write_numeric(rows, &mut into) {
            finite.store(false, Ordering::Relaxed);
        }
        for (i, &row) in rows.iter().enumerate() {
            network.write_codes(inputs.codes(row), into.row_mut(i));
        }
    });
    if finite.into_inner() { Ok(&outputs.activations) } else { Err(inputs.not_finite::<F>(rows)) }
}
