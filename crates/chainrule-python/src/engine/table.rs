//! Tables: files, and columns that Python has in memory.

use crate::errors::raised;
use chainrule::data::{
    Column, Dataset, KnownColumns, Lines, MISSING, MissingPolicy, Numbers, OnBadRow, ReadOptions, Target,
    Text, Values, embedded, open,
};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::path::PathBuf;

/// A table.
#[pyclass(frozen, module = "chainrule._native")]
pub(crate) struct Table(pub(super) Dataset);

/// How a file is read.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Reading {
    target: Option<Vec<String>>,
    drop: Vec<String>,
    categorical: Vec<String>,
    sample_weight: Option<String>,
    missing_values: Option<Vec<String>>,
    missing: String,
    header: bool,
    delimiter: Option<char>,
    on_bad_row: String,
}

impl Reading {
    fn options(self, known: KnownColumns) -> PyResult<ReadOptions> {
        let defaults = ReadOptions::default();
        Ok(ReadOptions {
            header: self.header,
            delimiter: self.delimiter,
            target: match self.target {
                None => Target::Last,
                Some(names) if names.is_empty() => Target::None,
                Some(names) => Target::Columns(names),
            },
            drop: self.drop,
            categorical: self.categorical,
            known,
            sample_weight: self.sample_weight,
            missing_values: self.missing_values.unwrap_or(defaults.missing_values),
            missing: missing_policy(&self.missing)?,
            on_bad_row: match &self.on_bad_row[..] {
                "error" => OnBadRow::Error,
                "skip" => OnBadRow::Skip,
                other => return Err(unknown("on_bad_row", other, "'error' or 'skip'")),
            },
        })
    }
}

pub(super) fn missing_policy(name: &str) -> PyResult<MissingPolicy> {
    match name {
        "impute" => Ok(MissingPolicy::Impute),
        "error" => Ok(MissingPolicy::Error),
        other => Err(unknown("missing", other, "'impute' or 'error'")),
    }
}

pub(super) fn unknown(what: &str, found: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{what} is '{found}'; expected {expected}"))
}

#[pymethods]
impl Table {
    /// Reads a file.
    #[staticmethod]
    #[pyo3(signature = (path, labels, options, model=None))]
    fn read(
        py: Python<'_>,
        path: PathBuf,
        labels: Option<PathBuf>,
        options: Reading,
        model: Option<&super::Model>,
    ) -> PyResult<Self> {
        let known = model.map_or_else(KnownColumns::default, super::Model::known_columns);
        let options = options.options(known)?;
        options.validate().map_err(raised)?;
        py.detach(|| open(path, labels.as_deref(), &options)).map(Self).map_err(raised)
    }

    /// A data set that comes with the program.
    #[staticmethod]
    fn embedded(py: Python<'_>, name: &str) -> PyResult<Self> {
        py.detach(|| embedded::read(name, &ReadOptions::default())).map(Self).map_err(raised)
    }

    /// Columns in memory: arrays of f64, f32 or u8, or lists of texts and None.
    #[staticmethod]
    #[pyo3(signature = (source, features, targets, sample_weight))]
    fn of_columns(
        source: String,
        features: Vec<(String, Bound<'_, PyAny>)>,
        targets: Vec<(String, Bound<'_, PyAny>)>,
        sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    ) -> PyResult<Self> {
        let columns = |named: Vec<(String, Bound<'_, PyAny>)>| -> PyResult<Vec<Column>> {
            named.into_iter().map(|(name, cells)| Ok(Column { name, values: values(&cells)? })).collect()
        };
        let (features, targets) = (columns(features)?, columns(targets)?);
        let n_rows = features.iter().chain(&targets).map(|column| column.values.len()).next().unwrap_or(0);
        let dataset = Dataset {
            source,
            features,
            targets,
            sample_weight: sample_weight.map(|weights| weights.as_array().to_vec()),
            ignored: vec![],
            lines: Lines::default(),
            n_rows,
            warnings: vec![],
        };
        dataset.validate().map_err(raised)?;
        Ok(Self(dataset))
    }

    #[getter]
    fn source(&self) -> &str {
        &self.0.source
    }

    #[getter]
    fn n_rows(&self) -> usize {
        self.0.n_rows
    }

    #[getter]
    fn feature_names(&self) -> Vec<&str> {
        self.0.features.iter().map(|column| column.name.as_str()).collect()
    }

    #[getter]
    fn target_names(&self) -> Vec<&str> {
        self.0.targets.iter().map(|column| column.name.as_str()).collect()
    }

    /// `numbers` or `text` for each feature, then for each target.
    #[getter]
    fn kinds(&self) -> Vec<&'static str> {
        let kind = |column: &Column| match column.values {
            Values::Numbers(_) => "numbers",
            Values::Text(_) => "text",
        };
        self.0.features.iter().chain(&self.0.targets).map(kind).collect()
    }

    #[getter]
    fn warnings(&self) -> Vec<&str> {
        self.0.warnings.iter().map(String::as_str).collect()
    }
}

/// The cells of a column, copied.
fn values(cells: &Bound<'_, PyAny>) -> PyResult<Values> {
    if let Ok(numbers) = cells.extract::<PyReadonlyArray1<'_, f64>>() {
        return Ok(Values::Numbers(Numbers::F64(numbers.as_array().to_vec())));
    }
    if let Ok(numbers) = cells.extract::<PyReadonlyArray1<'_, f32>>() {
        return Ok(Values::Numbers(Numbers::F32(numbers.as_array().to_vec())));
    }
    if let Ok(numbers) = cells.extract::<PyReadonlyArray1<'_, u8>>() {
        return Ok(Values::Numbers(Numbers::U8(numbers.as_array().to_vec())));
    }
    let cells: Vec<Option<String>> = cells.extract().map_err(|_| {
        PyTypeError::new_err("a column is an array of float64, float32 or uint8, or a list of texts and None")
    })?;
    Ok(Values::Text(text(cells)))
}

/// Texts, coded by the order of their first appearance.
fn text(cells: Vec<Option<String>>) -> Text {
    let mut text = Text::default();
    let mut places: HashMap<String, u32> = HashMap::new();
    for cell in cells {
        let code = match cell {
            None => MISSING,
            Some(cell) => *places.entry(cell).or_insert_with_key(|cell| {
                text.vocabulary.push(cell.clone());
                text.vocabulary.len() as u32 - 1
            }),
        };
        text.codes.push(code);
    }
    text
}
