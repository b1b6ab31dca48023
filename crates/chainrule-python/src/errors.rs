//! The library's errors as Python's exceptions.

use chainrule::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};

/// An exception of the kind that says the same in Python, with the library's message.
pub(crate) fn exception(error: &Error) -> PyErr {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::Memory => PyMemoryError::new_err(message),
        ErrorKind::Io => PyOSError::new_err(message),
        _ => PyValueError::new_err(message),
    }
}
