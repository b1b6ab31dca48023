"""scikit-learn's own checks of estimators: every one of them, and none expected to fail."""

import pytest
import sklearn
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    estimator_checks_generator,
    parametrize_with_checks,
)

from chainrule import MLPClassifier, MLPRegressor

PAIRS = [(MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)]
# A suite that runs nothing is green as well.
COUNTS = {"1.9.1": {"MLPClassifier": 67, "MLPRegressor": 60}}

pytestmark = pytest.mark.filterwarnings("ignore")


def names(estimator):
    """The checks that scikit-learn has for an estimator."""
    return [getattr(check, "func", check).__name__ for _, check in estimator_checks_generator(estimator)]


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_no_check_is_missing(ours, theirs):
    found, expected = names(ours()), names(theirs())
    assert sorted(found) == sorted(expected) and len(found) > 50
    if sklearn.__version__ in COUNTS:
        assert len(found) == COUNTS[sklearn.__version__][ours.__name__]


@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("check", [check_dataframe_column_names_consistency, check_param_validation])
def test_checks_beside_the_battery(ours, check):
    check(ours.__name__, ours())
