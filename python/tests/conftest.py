"""What several tests share."""

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_diabetes, load_digits, load_iris

SKLEARN = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def needs(major, minor, what):
    """Skips where scikit-learn, which results are compared with, does not have something yet."""
    return pytest.mark.skipif((major, minor) > SKLEARN, reason=f"scikit-learn {sklearn.__version__} has no {what}")


@pytest.fixture(scope="session")
def digits():
    """Images of digits, pixels from 0 to 1."""
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


@pytest.fixture(scope="session")
def iris():
    """Three kinds of flowers, standardized."""
    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


@pytest.fixture(scope="session")
def diabetes():
    """A regression, standardized on both sides."""
    X, y = load_diabetes(return_X_y=True)
    return X / X.std(axis=0), (y - y.mean()) / y.std()


def assert_same(found, expected, tolerance):
    """Agreement relative to the largest value of the array."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape
    if expected.size:
        size = np.abs(expected).max()
        error = np.abs(found - expected).max()
        assert error <= tolerance * size, f"off by {error / size:.3g} of the largest value, {tolerance:g} allowed"


def assert_same_model(ours, theirs, X, tolerance):
    """Everything that a fit leaves behind."""
    assert vars(theirs).keys() - vars(ours).keys() <= {"loss", "_coef_indptr", "_intercept_indptr"}
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_", "t_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            assert a.dtype == b.dtype
            assert_same(a, b, tolerance)
    assert_same(ours.loss_, theirs.loss_, tolerance)
    for name in ("loss_curve_", "validation_scores_"):
        if getattr(theirs, name, None) is not None:
            assert_same(getattr(ours, name), getattr(theirs, name), tolerance)
    for name in ("best_loss_", "best_validation_score_"):
        if getattr(theirs, name, None) is not None:
            assert_same(getattr(ours, name), getattr(theirs, name), tolerance)
    for name in ("predict_proba", "predict"):
        if hasattr(theirs, name):
            a, b = getattr(ours, name)(X), getattr(theirs, name)(X)
            assert a.dtype == b.dtype
            if b.dtype.kind == "f":
                assert_same(a, b, tolerance)
            else:
                np.testing.assert_array_equal(a, b)
