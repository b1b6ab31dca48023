//! How a model does on rows whose targets are known.

use super::predict::Answers;
use super::score::run;
use super::{AnyNetwork, Model};
use crate::data::{Dataset, Preprocessing, Samples, Targets, Task, Weighting};
use crate::loss::LossSum;
use crate::metrics::{
    ClassificationMetrics, ClassificationSum, MultiLabelMetrics, MultiLabelSum, RegressionMetrics,
    RegressionSum, classification, multi_label, regression, widen,
};
use crate::network::Network;
use crate::{Error, Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;

/// What was measured over some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Number of rows.
    pub n_rows: usize,
    /// The loss that training minimises, in the network's own units.
    pub loss: f64,
    /// What people ask for.
    pub metrics: Metrics,
}

/// The measures of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Metrics {
    /// Of a classifier. Where its outputs are no probabilities, loss and AUC say nothing.
    Classification(ClassificationMetrics),
    /// Of several yes-or-no answers.
    MultiLabel(MultiLabelMetrics),
    /// Of numbers, in the targets' own units.
    Regression(RegressionMetrics),
}

impl Evaluation {
    /// Share of right answers; none of a regression.
    pub fn accuracy(&self) -> Option<f64> {
        self.metrics.accuracy()
    }

    /// Root of the mean squared error, in the target's unit; none of a classifier.
    pub fn rmse(&self) -> Option<f64> {
        match &self.metrics {
            Metrics::Regression(metrics) => Some(metrics.rmse),
            _ => None,
        }
    }
}

impl Metrics {
    /// Share of right answers; none of a regression.
    pub fn accuracy(&self) -> Option<f64> {
        match self {
            Self::Classification(metrics) => Some(metrics.accuracy),
            Self::MultiLabel(metrics) => Some(metrics.accuracy),
            Self::Regression(_) => None,
        }
    }
}

impl Model {
    /// Measures the model on every row of a table that has the targets.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) as for [`predict`](Self::predict), when a target is missing or is a class that
    /// training did not see, and when there are no rows.
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        self.evaluate_with(&Cpu::new(0), data).map(|(evaluation, _)| evaluation)
    }

    /// [`evaluate`](Self::evaluate) on the given threads; also returns what the user should know.
    ///
    /// # Errors
    /// As there.
    pub fn evaluate_with(&self, cpu: &Cpu, data: &Dataset) -> Result<(Evaluation, Vec<String>)> {
        match &self.network {
            AnyNetwork::F32(network) => self.evaluate_by(network, cpu, data),
            AnyNetwork::F64(network) => self.evaluate_by(network, cpu, data),
        }
    }

    fn evaluate_by<F: Float>(
        &self,
        network: &Network<F>,
        cpu: &Cpu,
        data: &Dataset,
    ) -> Result<(Evaluation, Vec<String>)> {
        if data.n_rows == 0 {
            return Err(Error::data("0 data rows: there is nothing to evaluate").in_file(&data.source));
        }
        let (samples, warnings) = self.preprocessing.samples::<F>(data, None, Weighting::Evaluation)?;
        let targets = self.regression_targets(data, None)?;
        Ok((self.evaluate_samples(network, cpu, &samples, targets.as_ref()), warnings))
    }

    /// The targets of a regression in their own units, which the samples do not have.
    pub(crate) fn regression_targets(
        &self,
        data: &Dataset,
        rows: Option<&[u32]>,
    ) -> Result<Option<Matrix<f64>>> {
        let is_regression = self.preprocessing.task() == Task::Regression;
        is_regression.then(|| self.preprocessing.target_values(data, rows)).transpose()
    }

    /// Measures a network of this model on samples; `targets` are those of a regression.
    pub(crate) fn evaluate_samples<F: Float>(
        &self,
        network: &Network<F>,
        cpu: &Cpu,
        samples: &Samples<F>,
        targets: Option<&Matrix<f64>>,
    ) -> Evaluation {
        let mut loss = LossSum::default();
        let outputs = run(network, &self.objective, samples, cpu, &mut loss);
        let said = Said::of(self, network, &outputs);
        let metrics = match (&said, &samples.targets) {
            (Said::Classes(said), Targets::Classes(right)) => {
                let weights = wide_weights(samples);
                Metrics::Classification(classification(said.view(), right, weights.as_deref()))
            }
            (Said::Numbers(said), _) => {
                let right = targets.expect(TARGETS_ARE_GIVEN).view();
                Metrics::Regression(regression(said.view(), right, samples.weights.as_deref()))
            }
            (Said::Labels(said), Targets::Values(right)) => {
                Metrics::MultiLabel(multi_label(said.view(), right.view(), samples.weights.as_deref()))
            }
            _ => unreachable!("{ONE_KIND}"),
        };
        let loss = loss.of_all(&self.objective).unwrap_or(f64::NAN);
        Evaluation { n_rows: samples.n_samples(), loss, metrics }
    }
}

const TARGETS_ARE_GIVEN: &str = "the targets of a regression come with its samples";
const ONE_KIND: &str = "outputs and targets are of one kind";

/// The outputs for some rows in the form in which they are measured.
enum Said<'a, F: Float> {
    /// The probability of each class.
    Classes(Matrix<f64>),
    /// In the targets' own units.
    Numbers(Matrix<f64>),
    /// The probability of each label.
    Labels(&'a Matrix<F>),
}

impl<'a, F: Float> Said<'a, F> {
    fn of(model: &Model, network: &Network<F>, outputs: &'a Matrix<F>) -> Self {
        match model.answers(network, outputs) {
            (Answers::Classes(_), probabilities) => {
                Self::Classes(probabilities.unwrap_or_else(|| widen(outputs)))
            }
            (Answers::Numbers(numbers), _) => Self::Numbers(numbers),
            (Answers::Flags(_), _) => Self::Labels(outputs),
        }
    }
}

fn wide_weights<F: Float>(samples: &Samples<F>) -> Option<Vec<f64>> {
    samples.weights.as_ref().map(|weights| weights.iter().map(|w| w.to_f64()).collect())
}

/// Measures a network on samples that come in pieces: all but rankings, for which every row is needed at once.
pub(crate) struct PiecewiseEvaluation<'a, F: Float> {
    model: &'a Model,
    network: &'a Network<F>,
    cpu: &'a Cpu,
    n_rows: usize,
    loss: LossSum,
    metrics: MetricsSum,
}

/// The metrics of the rows so far.
#[derive(Clone, Debug)]
pub(crate) enum MetricsSum {
    Classification(ClassificationSum),
    MultiLabel(MultiLabelSum),
    Regression(RegressionSum),
}

impl MetricsSum {
    /// No rows yet.
    pub(crate) fn new(preprocessing: &Preprocessing) -> Self {
        let n = preprocessing.n_outputs();
        match preprocessing.task() {
            Task::Classification => Self::Classification(ClassificationSum::new(n)),
            Task::MultiLabel => Self::MultiLabel(MultiLabelSum::new(n)),
            Task::Regression => Self::Regression(RegressionSum::new(n)),
        }
    }

    /// The metrics of all rows.
    pub(crate) fn finish(self) -> Metrics {
        match self {
            Self::Classification(sum) => Metrics::Classification(sum.finish()),
            Self::MultiLabel(sum) => Metrics::MultiLabel(sum.finish()),
            Self::Regression(sum) => Metrics::Regression(sum.finish()),
        }
    }
}

impl<'a, F: Float> PiecewiseEvaluation<'a, F> {
    /// No rows yet.
    pub(crate) fn new(model: &'a Model, network: &'a Network<F>, cpu: &'a Cpu) -> Self {
        let metrics = MetricsSum::new(&model.preprocessing);
        Self { model, network, cpu, n_rows: 0, loss: LossSum::default(), metrics }
    }

    /// Takes in samples; `targets` are those of a regression.
    pub(crate) fn add(&mut self, samples: &Samples<F>, targets: Option<&Matrix<f64>>) {
        let outputs = run(self.network, &self.model.objective, samples, self.cpu, &mut self.loss);
        self.n_rows += samples.n_samples();
        let weights = samples.weights.as_deref();
        match (&mut self.metrics, Said::of(self.model, self.network, &outputs), &samples.targets) {
            (MetricsSum::Classification(sum), Said::Classes(said), Targets::Classes(right)) => {
                sum.add(said.view(), right, wide_weights(samples).as_deref());
            }
            (MetricsSum::Regression(sum), Said::Numbers(said), _) => {
                sum.add(said.view(), targets.expect(TARGETS_ARE_GIVEN).view(), weights);
            }
            (MetricsSum::MultiLabel(sum), Said::Labels(said), Targets::Values(right)) => {
                sum.add(said.view(), right.view(), weights);
            }
            _ => unreachable!("{ONE_KIND}"),
        }
    }

    /// The measures of all rows.
    pub(crate) fn finish(self) -> Evaluation {
        let loss = self.loss.of_all(&self.model.objective).unwrap_or(f64::NAN);
        Evaluation { n_rows: self.n_rows, loss, metrics: self.metrics.finish() }
    }
}
