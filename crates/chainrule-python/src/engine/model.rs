//! Models.

use super::{Network, Table, arrays};
use crate::errors::raised;
use chainrule::Cpu;
use chainrule::data::{FeatureKind, KnownColumns, Outputs};
use chainrule::model::{self, Answers, Evaluation, Metrics};
use chainrule::network::activation_name;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;

/// A trained model.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Model(pub(super) model::Model);

/// What a model says of rows: answers, probabilities, warnings.
type Said<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Vec<String>);

impl Model {
    pub(super) fn new(model: model::Model) -> Self {
        Self(model)
    }

    pub(super) fn known_columns(&self) -> KnownColumns {
        self.0.preprocessing.known_columns()
    }
}

#[pymethods]
impl Model {
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| model::Model::load(path)).map(Self).map_err(raised)
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        py.detach(|| model::Model::from_bytes(bytes, "the pickled model")).map(Self).map_err(raised)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.to_bytes()).map_err(raised)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(path)).map_err(raised)
    }

    fn to_onnx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.to_onnx()).map_err(raised)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn save_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save_onnx(path)).map_err(raised)
    }

    /// Class numbers, numbers, or flags; probabilities where there are some; warnings.
    fn predict<'py>(&self, py: Python<'py>, data: &Table, threads: usize) -> PyResult<Said<'py>> {
        let said = py.detach(|| self.0.predict_with(&Cpu::new(threads), &data.0)).map_err(raised)?;
        let answers = match said.answers {
            Answers::Classes(classes) => numpy::PyArray1::from_vec(py, classes).into_any(),
            Answers::Numbers(numbers) => arrays::array(py, numbers)?.into_any(),
            Answers::Flags(flags) => arrays::array(py, flags)?.into_any(),
        };
        let probabilities = said.probabilities.map(|p| arrays::array(py, p)).transpose()?;
        Ok((answers, probabilities.map(Bound::into_any), said.warnings))
    }

    /// What was measured, and warnings.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        data: &Table,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyDict>, Vec<String>)> {
        let (evaluation, warnings) =
            py.detach(|| self.0.evaluate_with(&Cpu::new(threads), &data.0)).map_err(raised)?;
        Ok((measured(py, &evaluation)?, warnings))
    }

    /// A copy of the network.
    fn network(&self) -> Network {
        Network::new(self.0.network.clone())
    }

    /// `classification`, `regression` or `multi-label`.
    #[getter]
    fn task(&self) -> &'static str {
        match self.0.preprocessing.outputs {
            Outputs::Classes { .. } => "classification",
            Outputs::Numbers { .. } => "regression",
            Outputs::Flags => "multi-label",
        }
    }

    /// Names of the classes; none of another task.
    #[getter]
    fn classes(&self) -> Option<Vec<&str>> {
        match &self.0.preprocessing.outputs {
            Outputs::Classes { labels, .. } => Some(labels.names.iter().map(String::as_str).collect()),
            Outputs::Numbers { .. } | Outputs::Flags => None,
        }
    }

    #[getter]
    fn feature_names(&self) -> Vec<&str> {
        self.0.preprocessing.features.iter().map(|feature| feature.name.as_str()).collect()
    }

    /// Names of the features that are categories.
    #[getter]
    fn categorical(&self) -> Vec<&str> {
        let features = self.0.preprocessing.features.iter();
        let categorical = features.filter(|feature| matches!(feature.kind, FeatureKind::Categorical { .. }));
        categorical.map(|feature| feature.name.as_str()).collect()
    }

    #[getter]
    fn target_names(&self) -> Vec<&str> {
        self.0.preprocessing.targets.iter().map(String::as_str).collect()
    }

    #[getter]
    fn precision(&self) -> &'static str {
        self.0.network.precision()
    }

    #[getter]
    fn loss(&self) -> String {
        self.0.objective.loss.to_string()
    }

    /// How the model came about.
    #[getter]
    fn training(&self) -> std::collections::BTreeMap<&str, &str> {
        self.0.training.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// Width, activation and its parameter of each layer.
    #[getter]
    fn layers(&self) -> Vec<(usize, &'static str, Option<f64>)> {
        let layers = self.0.network.config().layers.into_iter();
        let told = layers.map(|layer| (layer.n_outputs, activation_name(layer.activation)));
        told.map(|(n, (name, parameter))| (n, name, parameter)).collect()
    }
}

/// Figures as a dictionary.
pub(super) fn measured<'py>(py: Python<'py>, evaluation: &Evaluation) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    told.set_item("n_rows", evaluation.n_rows)?;
    told.set_item("loss", evaluation.loss)?;
    match &evaluation.metrics {
        Metrics::Classification(metrics) => {
            told.set_item("accuracy", metrics.accuracy)?;
            told.set_item("log_loss", metrics.loss)?;
            told.set_item("auc", metrics.auc)?;
            told.set_item("confusion", arrays::array(py, metrics.confusion.clone())?)?;
            let column = |f: fn(&chainrule::metrics::Scores) -> f64| -> Vec<f64> {
                metrics.classes.iter().map(f).collect()
            };
            told.set_item("precision", column(|scores| scores.precision))?;
            told.set_item("recall", column(|scores| scores.recall))?;
            told.set_item("f1", column(|scores| scores.f1))?;
        }
        Metrics::MultiLabel(metrics) => {
            told.set_item("accuracy", metrics.accuracy)?;
            told.set_item("auc", metrics.auc)?;
            let labels: Vec<f64> = metrics.labels.iter().map(|label| label.accuracy).collect();
            told.set_item("label_accuracy", labels)?;
        }
        Metrics::Regression(metrics) => {
            told.set_item("rmse", metrics.rmse)?;
            told.set_item("mae", metrics.mae)?;
            told.set_item("r2", metrics.r2)?;
        }
    }
    Ok(told)
}
