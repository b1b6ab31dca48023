//! The library's errors as Python's exceptions, by their kind.
//!
//! `ValueError`: a configuration, data or a model that cannot be, or a feature that this build lacks. `OSError`, or its own
//! subclass for the cause: files. `MemoryError`: what would not fit. `FloatingPointError`: training left the finite
//! numbers.

use chainrule::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileNotFoundError, PyFloatingPointError, PyMemoryError, PyOSError, PyPermissionError, PyValueError,
};
use std::error::Error as _;

/// An exception of the kind that says the same in Python, with the library's message and the place.
pub(crate) fn exception(error: &Error) -> PyErr {
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

/// [`exception`] for `map_err`.
#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
pub(crate) fn raised(error: Error) -> PyErr {
    exception(&error)
}
