"""The estimators among what people use them with."""

import copy
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from conftest import SKLEARN, assert_same
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0}


def test_grid_search_finds_what_it_finds_for_theirs(iris):
    X, y = iris
    grid = {"alpha": [1e-4, 1.0], "hidden_layer_sizes": [(4,), (8, 4)], "activation": ["relu", "tanh"]}
    found = [GridSearchCV(est(max_iter=10, random_state=0), grid, cv=3).fit(X, y) for est in (MLPClassifier, TheirClassifier)]
    assert_same(*(search.cv_results_["mean_test_score"] for search in found), 1e-12)
    assert found[0].best_params_ == found[1].best_params_


def test_cross_validation_in_two_processes(digits):
    X, y = digits
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    one, two = (cross_val_score(model, X, y, cv=3, n_jobs=n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert one.min() > 0.05


def test_set_output_and_names_of_columns(iris):
    X, y = iris
    names = ["a", "b", "c", "d"]
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), MLPClassifier(**SMALL))
    pipeline.fit(pd.DataFrame(X, columns=names), y)
    assert list(pipeline[-1].feature_names_in_) == names
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        pipeline[-1].predict(X)
    with pytest.raises(ValueError, match="feature names should match"):
        pipeline[-1].predict(pd.DataFrame(X, columns=names[::-1]))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_data_frames(iris, frame):
    X, y = iris
    table = frame({name: X[:, i] for i, name in enumerate("abcd")})
    model = MLPClassifier(**SMALL).fit(table, y)
    np.testing.assert_array_equal(model.predict(table), MLPClassifier(**SMALL).fit(X, y).predict(X))
    assert list(model.feature_names_in_) == list("abcd")


def test_sample_weights_are_routed(iris):
    X, y = iris
    weights = np.random.RandomState(0).uniform(size=len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**SMALL).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        routed = cross_validate(model, X, y, params={"sample_weight": weights}, return_estimator=True)
    plain = cross_validate(MLPClassifier(**SMALL), X, y, return_estimator=True)
    assert not np.allclose(routed["estimator"][0].coefs_[0], plain["estimator"][0].coefs_[0])


def test_clone_has_the_parameters_and_nothing_else(iris):
    model = MLPClassifier(**SMALL, optimizer="rmsprop", dropout=0.1).fit(*iris)
    other = clone(model)
    assert other.get_params() == model.get_params()
    assert not hasattr(other, "coefs_") and "_optimizer" not in vars(other)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_as_the_original(digits, copied):
    X, y = digits
    for options in ({}, {"solver": "sgd", "learning_rate": "invscaling"}):
        model = MLPClassifier(random_state=0, **options)
        for start in (0, 40):
            model.partial_fit(X[start : start + 40], y[start : start + 40], classes=np.arange(10))
        other = copied(model)
        for each in (model, other):
            each.partial_fit(X[80:200], y[80:200])
        for a, b in zip(model.coefs_, other.coefs_):
            np.testing.assert_array_equal(a, b)


def test_h7_a_pickle_holds_plain_arrays(digits):
    X, y = digits
    text = pickle.dumps(MLPClassifier(**SMALL).fit(X, y))
    assert b"_native" not in text


def test_memory_maps_that_may_not_be_written(digits, tmp_path):
    X, y = digits
    joblib.dump((X, y, MLPClassifier(**SMALL).fit(X, y)), tmp_path / "all")
    mapped_X, mapped_y, model = joblib.load(tmp_path / "all", mmap_mode="r")
    assert not mapped_X.flags.writeable and not model.coefs_[0].flags.writeable
    np.testing.assert_array_equal(model.predict(mapped_X), MLPClassifier(**SMALL).fit(X, y).predict(X))
    again = MLPClassifier(**SMALL).fit(mapped_X, mapped_y)
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])
    model.partial_fit(mapped_X, mapped_y)
    assert np.abs(model.coefs_[0] - again.coefs_[0]).max() > 0


def test_weights_that_a_user_replaces_are_what_is_used(digits):
    X, y = digits
    model = MLPClassifier(random_state=0)
    other = TheirClassifier(random_state=0)
    for each in (model, other):
        each.partial_fit(X[:50], y[:50], classes=np.arange(10))
        each.coefs_[0][:] *= 0.5
        each.intercepts_[1][3] = 1.0
        each.partial_fit(X[50:100], y[50:100])
    assert_same(model.predict_proba(X), other.predict_proba(X), 1e-10)
    model.coefs_ = [np.asfortranarray(w) for w in model.coefs_]
    assert_same(model.predict_proba(X), other.predict_proba(X), 1e-10)


@pytest.mark.parametrize("ours, theirs", [(MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)])
def test_parameters_stand_where_theirs_do(ours, theirs):
    import inspect

    mine, other = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    names = [name for name in other if ours is MLPClassifier or name != "loss"]
    start = 0 if ours is MLPClassifier else 1
    assert list(mine)[start : start + len(names)] == names
    for name in names:
        assert (mine[name].default, mine[name].kind) == (other[name].default, other[name].kind)
    more = list(mine.values())[start + len(names) :]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in more)
    assert repr(ours(alpha=0.1)) == repr(theirs(alpha=0.1))


def test_what_is_refused_is_refused_as_theirs(iris):
    X, y = iris
    attempts = [
        lambda est: est().predict(X),
        lambda est: est(hidden_layer_sizes=(0,)).fit(X, y),
        lambda est: est(alpha=-1).fit(X, y),
        lambda est: est(solver="newton").fit(X, y),
        lambda est: est(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2]),
        lambda est: est().partial_fit(X, y),
        lambda est: est(max_iter=1).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y + 1),
        lambda est: est(max_iter=1).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y, classes=[0, 1]),
        lambda est: est(warm_start=True, max_iter=1).fit(X, y).fit(X, y % 2),
        lambda est: est(early_stopping=True, validation_fraction=0.01).fit(X[:50], y[:50]),
        lambda est: est().fit(X, X[:, 0]),
        lambda est: est().fit(X, y[:-1]),
        lambda est: est(max_iter=1).fit(X, y).predict(X[:, :2]),
        lambda est: est().fit(X, y, sample_weight=np.ones(3)),
        lambda est: est(max_iter=1).fit(np.where(X > 2, np.nan, X), y),
    ]
    # What earlier versions do not notice yet is refused here all the same.
    estimators = (MLPClassifier, TheirClassifier) if SKLEARN >= (1, 9) else (MLPClassifier,)
    for attempt in attempts:
        messages = []
        for estimator in estimators:
            with pytest.raises((ValueError, TypeError, NotFittedError)) as error:
                attempt(estimator)
            messages.append((error.type, " ".join(str(error.value).split())))
        assert messages[0] == messages[-1]
    for estimator in (MLPClassifier, TheirClassifier):
        assert not hasattr(estimator(solver="lbfgs"), "partial_fit")
        assert not hasattr(estimator(), "decision_function")


def test_what_is_warned_of_and_printed_is_what_theirs_say(iris, capsys):
    X, y = iris
    for options in (
        {"max_iter": 2},
        {"max_iter": 30, "tol": 1.0, "verbose": True},
        {"max_iter": 30, "tol": 1.0, "verbose": True, "early_stopping": True},
        {"max_iter": 60, "tol": 1.0, "verbose": True, "solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1},
        {"max_iter": 3, "batch_size": 500},
    ):
        said = []
        for estimator in (MLPClassifier, TheirClassifier):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                estimator(random_state=0, **options).fit(X, y)
            said.append(([(w.category, str(w.message)) for w in caught], capsys.readouterr().out))
        assert said[0] == said[1]
        assert any(said[0])
