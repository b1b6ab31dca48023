//! A model made ready to answer, for services: a row in microseconds.
//!
//! What [`Model::predict`] makes in every call (the search for the columns, the weights in the order in which the products
//! read them, memory) is made once here.

use super::answers::AnswerRows;
use super::predict::BLOCK;
use super::{AnyNetwork, Model, Predictions};
use crate::data::{Columns, Dataset, Outputs, RowInputs, Value};
use crate::network::{self, Network};
use crate::{Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;

/// A model made ready to answer: for rows one by one, and for tables.
///
/// After the first row a row allocates nothing. The answers have the bits of [`Model::predict`].
///
/// ```
/// use chainrule::data::{ReadOptions, Value, csv};
/// use chainrule::model::RowAnswer;
/// use chainrule::training::{Trainer, TrainingConfig};
/// use chainrule::Cpu;
///
/// let mut text = String::from("size,colour,price\n");
/// for i in 0..20 {
///     text += &format!("{i},{},{}\n", ["red", "blue"][i % 2], 10 * i);
/// }
/// let data = csv::read(text.as_bytes(), "table.csv", &ReadOptions::default())?;
/// let model = Trainer::new(TrainingConfig { epochs: 2, ..TrainingConfig::default() }).fit(&data)?;
///
/// let cpu = Cpu::new(1);
/// let mut predictor = model.predictor(&cpu);
/// let said = predictor.predict_row(&[Value::Number(3.0), Value::Text("blue")])?;
/// assert!(matches!(said.answer, RowAnswer::Numbers([_])));
/// assert!(predictor.predict_row(&[Value::Text("large"), Value::Missing]).is_err());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'a> {
    network: Either<'a>,
}

/// What a model says of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowPrediction<'a> {
    /// The answer.
    pub answer: RowAnswer<'a>,
    /// One per class of a classifier, one per label of a multi-label one; none of a regression, and of a classifier whose
    /// outputs are no probabilities.
    pub probabilities: Option<&'a [f64]>,
    /// The places, from 0, of the features whose category training did not see: it was taken for none.
    pub unseen: &'a [usize],
}

/// The answer of a model for one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowAnswer<'a> {
    /// The number of the class.
    Class(u32),
    /// One number per target, in the targets' own units.
    Numbers(&'a [f64]),
    /// One per target: 1 for yes, 0 for no.
    Flags(&'a [u32]),
}

#[derive(Debug)]
enum Either<'a> {
    F32(Ready<'a, f32>),
    F64(Ready<'a, f64>),
}

/// The parts, for one kind of number.
#[derive(Debug)]
struct Ready<'a, F: Float> {
    model: &'a Model,
    network: &'a Network<F>,
    cpu: &'a Cpu,
    inputs: RowInputs<'a>,
    /// The inputs of one row.
    columns: Columns<F>,
    unseen: Vec<usize>,
    /// For one row.
    one: network::Predictor<'a, F>,
    /// For blocks of a table, made for the first of them.
    many: Option<network::Predictor<'a, F>>,
    said: AnswerRows<'a>,
}

impl Model {
    /// Makes the model ready to answer on the given threads.
    ///
    /// # Panics
    /// When the network does not take what the preprocessing gives, which a model that was trained or read never does.
    pub fn predictor<'a>(&'a self, cpu: &'a Cpu) -> Predictor<'a> {
        let network = match &self.network {
            AnyNetwork::F32(network) => Either::F32(Ready::new(self, network, cpu)),
            AnyNetwork::F64(network) => Either::F64(Ready::new(self, network, cpu)),
        };
        Predictor { network }
    }
}

impl Predictor<'_> {
    /// Predicts one row: one value per feature, in the order of the model's
    /// [features](crate::data::Preprocessing::features).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with the name of the feature and its value, when there is not one value per
    /// feature, a number was expected and another text came, a value is infinite or does not fit the precision, a code is
    /// that of no category, or a missing value is not allowed.
    pub fn predict_row(&mut self, values: &[Value<'_>]) -> Result<RowPrediction<'_>> {
        match &mut self.network {
            Either::F32(ready) => ready.predict_row(values),
            Either::F64(ready) => ready.predict_row(values),
        }
    }

    /// Predicts every row of a table, as [`Model::predict`].
    ///
    /// # Errors
    /// As there.
    pub fn predict(&mut self, data: &Dataset) -> Result<Predictions> {
        match &mut self.network {
            Either::F32(ready) => ready.predict(data),
            Either::F64(ready) => ready.predict(data),
        }
    }
}

impl<'a, F: Float> Ready<'a, F> {
    fn new(model: &'a Model, network: &'a Network<F>, cpu: &'a Cpu) -> Self {
        let inputs = model.preprocessing.row_inputs();
        network.assert_takes(inputs.n_inputs());
        let (n_numeric, n_codes) = inputs.n_inputs();
        Self {
            model,
            network,
            cpu,
            columns: Columns { numeric: Matrix::zeros(1, n_numeric), codes: Matrix::zeros(1, n_codes) },
            unseen: Vec::with_capacity(n_codes),
            inputs,
            one: network::Predictor::new(network, cpu, 1),
            many: None,
            said: AnswerRows::new(model, network, 1),
        }
    }

    fn predict_row(&mut self, values: &[Value<'_>]) -> Result<RowPrediction<'_>> {
        let Columns { numeric, codes } = &mut self.columns;
        self.inputs.write(values, numeric.row_mut(0), codes.row_mut(0), &mut self.unseen)?;
        self.said.clear();
        self.said.push(self.one.predict(&self.columns, &[0]).row(0));
        let answer = match &self.model.preprocessing.outputs {
            Outputs::Classes { .. } => RowAnswer::Class(self.said.codes()[0]),
            Outputs::Numbers { .. } => RowAnswer::Numbers(self.said.numbers()),
            Outputs::Flags => RowAnswer::Flags(self.said.codes()),
        };
        Ok(RowPrediction { answer, probabilities: self.said.probabilities(), unseen: &self.unseen })
    }

    fn predict(&mut self, data: &Dataset) -> Result<Predictions> {
        let Self { model, network, cpu, one, many, .. } = self;
        let predictor = match data.n_rows {
            0 | 1 => one,
            _ => many.get_or_insert_with(|| network::Predictor::new(network, cpu, BLOCK)),
        };
        model.predict_many(network, predictor, data)
    }
}
