//! How a model does on rows whose targets are known.

use super::predict::Answers;
use super::score::run;
use super::{AnyNetwork, Model};
use crate::data::{Dataset, Samples, Targets, Weighting};
use crate::metrics::{
    ClassificationMetrics, MultiLabelMetrics, RegressionMetrics, classification, multi_label, regression,
    widen,
};
use crate::network::Network;
use crate::{Error, Float, Result};
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
        Ok((self.evaluate_samples(network, cpu, &samples, data, None)?, warnings))
    }

    /// Measures a network of this model on samples that were made of the given rows of a table.
    pub(crate) fn evaluate_samples<F: Float>(
        &self,
        network: &Network<F>,
        cpu: &Cpu,
        samples: &Samples<F>,
        data: &Dataset,
        rows: Option<&[u32]>,
    ) -> Result<Evaluation> {
        let (loss, outputs) = run(network, &self.objective, samples, cpu);
        let weights = samples.weights.as_deref();
        let (answers, probabilities) = self.answers(network, &outputs);
        let metrics = match (&samples.targets, answers) {
            (Targets::Classes(classes), _) => {
                let said = probabilities.unwrap_or_else(|| widen(&outputs));
                let weights: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.to_f64()).collect());
                Metrics::Classification(classification(said.view(), classes, weights.as_deref()))
            }
            (_, Answers::Numbers(predicted)) => {
                let targets = self.preprocessing.target_values(data, rows)?;
                Metrics::Regression(regression(predicted.view(), targets.view(), weights))
            }
            (Targets::Values(targets), _) => {
                Metrics::MultiLabel(multi_label(outputs.view(), targets.view(), weights))
            }
        };
        Ok(Evaluation { n_rows: samples.n_samples(), loss, metrics })
    }
}
