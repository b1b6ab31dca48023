//! Errors of the library as exceptions of Python, by their kind.
//!
//! `ValueError`: a configuration, data or a model that cannot be, or a feature that this build lacks. `OSError`, and of its own
//! subclasses the one for the cause: files. `MemoryError`: what would not fit. `FloatingPointError`: training left the
//! finite numbers.

use chainrule::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileNotFoundError, PyFloatingPointError, PyMemoryError, PyOSError, PyPermissionError, PyValueError,
};
use std::error::Error as _;

/// The exception for an error.
pub(crate) fn raised(error: Error) -> PyErr {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Memory => PyMemoryError::new_err(message),
        ErrorKind::Diverged => PyFloatingPointError::new_err(message),
        ErrorKind::Io => {
            let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
            match cause.map(std::io::Error::kind) {
                Some(std::io::ErrorKind::NotFound) => PyFileNotFoundError::new_err(message),
                Some(std::io::ErrorKind::PermissionDenied) => PyPermissionError::new_err(message),
                _ => PyOSError::new_err(message),
            }
        }
        _ => PyValueError::new_err(message),
    }
}
