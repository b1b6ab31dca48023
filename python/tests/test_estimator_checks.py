"""scikit-learn's own checks of estimators: every one of them, and none expected to fail."""

from collections import Counter

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
# A suite that runs nothing is green as well: how many checks scikit-learn has for its own estimators, and for ours those of class
# weights and of several outputs besides.
THEIRS = {"1.9.1": {"MLPClassifier": 67, "MLPRegressor": 60}}
ONLY_OURS = {"MLPClassifier": ["check_class_weight_classifiers"], "MLPRegressor": ["check_regressor_multioutput"]}

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
    more = Counter(found) - Counter(expected)
    assert not Counter(expected) - Counter(found)
    assert len(expected) > 50
    # Theirs take no weights before 1.7.
    assert {name for name in more if "sample_weight" not in name} <= set(ONLY_OURS[ours.__name__])
    if sklearn.__version__ in THEIRS:
        assert len(expected) == THEIRS[sklearn.__version__][ours.__name__]
        assert len(found) == len(expected) + len(ONLY_OURS[ours.__name__])


@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("check", [check_dataframe_column_names_consistency, check_param_validation])
def test_checks_beside_the_battery(ours, check):
    check(ours.__name__, ours())
