"""The same numbers as scikit-learn's, to rounding."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from conftest import SKLEARN, assert_same, assert_same_model, needs
from sklearn.datasets import make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from chainrule import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Rounding differs: sums have another order. After 20 epochs nothing may be left of it but this.
ROUNDING = 1e-9
# Inputs of thousands amplify what differs.
AMPLIFIED = 1e-6
# A quasi-Newton step amplifies what differs.
LBFGS = 1e-6

SOLVERS = {
    "adam": {},
    "adam-tanh-alpha": {"activation": "tanh", "alpha": 0.1, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4},
    "adam-two-layers": {"hidden_layer_sizes": (30, 20), "activation": "logistic", "batch_size": 77},
    "adam-in-order": {"shuffle": False, "hidden_layer_sizes": 17},
    "adam-early-stopping": {"early_stopping": True, "validation_fraction": 0.2},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd-plain": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.05},
    "sgd-momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.02},
    "sgd-invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "power_t": 0.3},
    "sgd-adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.1,
        "tol": 0.05,
        "n_iter_no_change": 2,
    },
    "sgd-early-stopping": {"solver": "sgd", "early_stopping": True, "learning_rate_init": 0.05},
    "identity": {"activation": "identity", "hidden_layer_sizes": (5,)},
}
EPOCHS = {"max_iter": 20, "random_state": 3}


def compare(ours, theirs, X, y, tolerance=ROUNDING, **options):
    """Fits both and compares all that they have."""
    mine, other = ours(**EPOCHS | options), theirs(**EPOCHS | options)
    assert_same_model(mine.fit(X, y), other.fit(X, y), X, tolerance)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_digits(digits, options):
    X, y = digits
    compare(MLPClassifier, TheirClassifier, X, y, **options)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_iris_with_names_of_classes(iris, options):
    if options.get("early_stopping") and SKLEARN < (1, 7):
        pytest.skip("scikit-learn 1.6 cannot score classes that are text while it trains")
    X, y = iris
    compare(MLPClassifier, TheirClassifier, X, np.array(["setosa", "versicolor", "virginica"])[y], **options)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_two_classes(iris, options):
    X, y = iris
    compare(MLPClassifier, TheirClassifier, X, y == 1, **options)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_diabetes(diabetes, options):
    X, y = diabetes
    compare(MLPRegressor, TheirRegressor, X, y, **options)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_several_labels(options):
    X, y = make_multilabel_classification(300, 20, n_classes=4, random_state=0)
    compare(MLPClassifier, TheirClassifier, X / X.std(), y, **options)


@pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS.keys())
def test_several_outputs(options):
    X, y = make_regression(300, 12, n_targets=3, random_state=0)
    compare(MLPRegressor, TheirRegressor, X, y / y.std(axis=0), **options)


@pytest.mark.parametrize("form", ["csr_matrix", "csc_matrix", "csr_array", "coo_array"])
def test_sparse(digits, form):
    X, y = digits
    sparse = getattr(scipy.sparse, form)(np.where(X > 0.5, X, 0.0))
    for options in ({}, {"solver": "sgd", "early_stopping": True}):
        compare(MLPClassifier, TheirClassifier, sparse, y, **options)


def test_inputs_that_are_not_scaled(digits):
    """Probabilities that round to 0 cost -ln of the rounding unit there."""
    X, y = digits
    compare(MLPClassifier, TheirClassifier, X * 1000, y, AMPLIFIED, max_iter=2)
    X, y = make_multilabel_classification(300, 20, n_classes=4, random_state=0)
    compare(MLPClassifier, TheirClassifier, X * 1000, y, AMPLIFIED, max_iter=2)


@needs(1, 7, "loss='poisson'")
def test_poisson():
    random = np.random.RandomState(0)
    X = random.uniform(-1, 1, (400, 6))
    y = random.poisson(np.exp(X @ random.uniform(-1, 1, 6) + 1)).astype(float)
    for options in ({}, {"solver": "sgd", "learning_rate_init": 0.01}):
        compare(MLPRegressor, TheirRegressor, X, y, loss="poisson", **options)
        compare(MLPRegressor, TheirRegressor, X, np.stack([y, y + 1], axis=1), loss="poisson", **options)


@needs(1, 7, "sample_weight")
@pytest.mark.parametrize("options", [{}, {"solver": "sgd", "early_stopping": True}, {"solver": "lbfgs"}])
def test_sample_weights(digits, diabetes, options):
    tolerance = LBFGS if "lbfgs" in options.values() else ROUNDING
    pairs = (MLPClassifier, TheirClassifier, digits), (MLPRegressor, TheirRegressor, diabetes)
    for ours, theirs, (X, y) in pairs:
        weights = np.random.RandomState(1).uniform(0, 3, len(y))
        mine = ours(**EPOCHS | options).fit(X, y, sample_weight=weights)
        other = theirs(**EPOCHS | options).fit(X, y, sample_weight=weights)
        assert_same_model(mine, other, X, tolerance)


@pytest.mark.parametrize("options", [{}, {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1}])
def test_partial_fit(digits, diabetes, options):
    pairs = (
        (MLPClassifier, TheirClassifier, digits, {"classes": np.arange(10)}),
        (MLPRegressor, TheirRegressor, diabetes, {}),
    )
    for ours, theirs, (X, y), first in pairs:
        mine, other = ours(random_state=5, **options), theirs(random_state=5, **options)
        for start in range(0, 320, 32):
            rows = slice(start, start + 32)
            more = first if start == 0 else {}
            mine.partial_fit(X[rows], y[rows], **more)
            other.partial_fit(X[rows], y[rows], **more)
        assert_same_model(mine, other, X, ROUNDING)


def test_warm_start(digits):
    X, y = digits
    options = {"warm_start": True, "random_state": 3, "max_iter": 5}
    mine, other = MLPClassifier(**options), TheirClassifier(**options)
    for _ in range(3):
        mine.fit(X, y)
        other.fit(X, y)
    assert len(mine.loss_curve_) == 15
    assert_same_model(mine, other, X, ROUNDING)


def test_a_random_state_that_is_shared_goes_on_as_theirs(iris):
    X, y = iris
    one, two = np.random.RandomState(7), np.random.RandomState(7)
    for _ in range(2):
        mine = MLPClassifier(random_state=one, max_iter=3).fit(X, y)
        other = TheirClassifier(random_state=two, max_iter=3).fit(X, y)
        assert_same_model(mine, other, X, ROUNDING)


def test_lbfgs(digits, iris, diabetes):
    pairs = (
        (MLPClassifier, TheirClassifier, digits),
        (MLPClassifier, TheirClassifier, iris),
        (MLPRegressor, TheirRegressor, diabetes),
    )
    for ours, theirs, (X, y) in pairs:
        compare(ours, theirs, X, y, LBFGS, solver="lbfgs", hidden_layer_sizes=(20,))


def test_lbfgs_in_single_precision_has_the_kinds_of_theirs(diabetes):
    X, y = diabetes
    X = X.astype(np.float32)
    options = {"solver": "lbfgs", "hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 10}
    mine, other = MLPRegressor(**options).fit(X, y), TheirRegressor(**options).fit(X, y)
    assert [c.dtype for c in mine.coefs_] == [c.dtype for c in other.coefs_]
    assert mine.predict(X).dtype == other.predict(X).dtype
    assert_same(mine.loss_, other.loss_, 1e-2)


def test_lbfgs_to_the_end_is_as_good_as_theirs(diabetes):
    X, y = diabetes
    losses = []
    for seed in range(10):
        options = {"solver": "lbfgs", "hidden_layer_sizes": (10,), "random_state": seed, "max_iter": 300}
        losses.append([est(**options).fit(X, y).loss_ for est in (MLPRegressor, TheirRegressor)])
    ours, theirs = np.median(losses, axis=0)
    assert ours <= 1.01 * theirs


def test_single_precision_follows_theirs(digits):
    """In f32 rounding is seen after a few epochs: Adam divides by the size of gradients that are nearly nothing else."""
    X, y = digits
    options = {"random_state": 3, "max_iter": 5}
    mine = MLPClassifier(**options).fit(X.astype(np.float32), y)
    other = TheirClassifier(**options).fit(X.astype(np.float32), y)
    for a, b in zip(mine.coefs_, other.coefs_):
        assert a.dtype == b.dtype == np.float32
        assert_same(a, b, 1e-2)
    assert mine.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert_same(mine.loss_curve_, other.loss_curve_, 1e-4)


def test_training_ends_when_theirs_does(iris):
    X, y = iris
    for options in ({"tol": 0.01}, {"tol": 0.01, "early_stopping": True}, {"solver": "sgd", "learning_rate_init": 0.2}):
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            mine = MLPClassifier(random_state=1, max_iter=1000, **options).fit(X, y)
            other = TheirClassifier(random_state=1, max_iter=1000, **options).fit(X, y)
        assert mine.n_iter_ == other.n_iter_ < 1000
