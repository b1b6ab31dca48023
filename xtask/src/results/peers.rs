//! What scikit-learn makes of the same raw files, by `sklearn_baseline.py` in an environment of its own.

use crate::goldens::python_with;
use crate::process::{Project, Result, output_of};
use serde_json::Value;
use std::path::Path;

const SCRIPT: &str = "xtask/results/sklearn_baseline.py";
const PACKAGES: [&str; 3] = ["scikit-learn==1.9.1", "pandas==2.3.3", "numpy==2.3.5"];

/// The script's answer for a data set, as it is: model → measure → one number per seed.
pub(super) fn measure(project: &Project, data: &Path, data_set: &str) -> Result<Value> {
    let python = python_with(project, &PACKAGES)?;
    let text = output_of(project.command(python).arg(SCRIPT).arg(data_set).arg(data))?;
    serde_json::from_str(&text).map_err(|error| format!("{SCRIPT} {data_set}: {error}"))
}
