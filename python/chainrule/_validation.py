"""Checks of what users pass: a short way for plain arrays, and scikit-learn's own for everything else."""

import numpy as np
import scipy.sparse
from sklearn import get_config
from sklearn.utils.validation import validate_data

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def is_plain(estimator, X):
    """Whether X is a matrix that nothing has to be done to.

    An array of numbers of the width that the estimator was fitted with, without names of columns on either side, and
    finite. All else goes through scikit-learn's validation, which converts, warns and raises.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype in FLOATS
        and X.shape[0] > 0
        and X.shape[1] == estimator.__dict__.get("n_features_in_")
        and "feature_names_in_" not in estimator.__dict__
        and (get_config()["assume_finite"] or bool(np.isfinite(X.sum())))
    )


def matrix(estimator, X):
    """The inputs of a prediction, validated against those of the fit."""
    if is_plain(estimator, X):
        return X
    return validate_data(estimator, X, accept_sparse=["csr", "csc"], reset=False)


def native_inputs(X, dtype):
    """X as the native module takes it: a matrix in C order, or the parts of a CSR matrix.

    Copied only where its layout or its kind of number asks for it.
    """
    if type(X) is np.ndarray:
        return np.ascontiguousarray(X, dtype=dtype)
    if scipy.sparse.issparse(X):
        X = X.tocsr()
        width = np.int32 if X.indices.dtype == np.int32 else np.int64
        places = [np.ascontiguousarray(part, dtype=width) for part in (X.indptr, X.indices)]
        return (*places, np.ascontiguousarray(X.data, dtype=dtype), X.shape[1])
    return np.ascontiguousarray(X, dtype=dtype)


def rows_of(X, rows):
    """Some rows of a validated matrix."""
    if scipy.sparse.issparse(X):
        return X.tocsr()[rows]
    return X[rows]
