"""What the estimators have beyond scikit-learn's: off by default, and by keyword only."""

import time

import numpy as np
import pytest
from conftest import assert_same
from sklearn.datasets import make_multilabel_classification

from chainrule import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"])
def test_every_optimizer_learns(iris, optimizer):
    rate = {"sgd": 0.3, "momentum": 0.05, "nesterov": 0.05}.get(optimizer, 0.01)
    model = MLPClassifier(optimizer=optimizer, learning_rate_init=rate, max_iter=60, random_state=0)
    assert model.fit(*iris).score(*iris) > 0.9


def test_an_optimizer_by_name_is_pytorchs_and_a_solver_scikit_learns(iris):
    """Only epsilon tells them apart at a constant rate."""
    X, y = iris
    options = {"max_iter": 5, "random_state": 0}
    solver, optimizer = MLPClassifier(epsilon=1e-2, **options), MLPClassifier(epsilon=1e-2, optimizer="adam", **options)
    assert np.abs(solver.fit(X, y).coefs_[0] - optimizer.fit(X, y).coefs_[0]).max() > 1e-4
    solver, optimizer = MLPClassifier(epsilon=1e-300, **options), MLPClassifier(epsilon=1e-300, optimizer="adam", **options)
    assert_same(solver.fit(X, y).coefs_[0], optimizer.fit(X, y).coefs_[0], 1e-9)


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive", "step", "exponential", "cosine", "one-cycle"])
def test_every_schedule_learns_and_only_the_constant_one_changes_nothing(iris, schedule):
    X, y = iris
    options = {"learning_rate_init": 0.02, "max_iter": 100, "random_state": 0, "n_iter_no_change": np.inf}
    if schedule == "adaptive":
        options |= {"n_iter_no_change": 1, "tol": 0.2}
    with_schedule = MLPClassifier(schedule=schedule, **options).fit(X, y)
    without = MLPClassifier(**options).fit(X, y)
    assert with_schedule.score(X, y) > 0.6
    same = np.array_equal(with_schedule.coefs_[0], without.coefs_[0])
    assert same == (schedule == "constant")


def test_decoupled_decay_shrinks_weights_and_leaves_biases_alone(iris):
    X, y = iris
    options = {"alpha": 0.0, "max_iter": 30, "random_state": 0}
    free = MLPClassifier(**options).fit(X, y)
    held = MLPClassifier(weight_decay=100.0, **options).fit(X, y)
    assert np.linalg.norm(held.coefs_[0]) < 0.5 * np.linalg.norm(free.coefs_[0])


def test_clipping_bounds_the_first_step(diabetes):
    X, y = diabetes
    options = {"solver": "sgd", "momentum": 0, "learning_rate_init": 1.0, "alpha": 0.0, "random_state": 0, "batch_size": 442}
    model = MLPRegressor(clip_norm=0.01, **options)
    before = MLPRegressor(clip_norm=1e-12, **options).partial_fit(X, 1000 * y)
    model.partial_fit(X, 1000 * y)
    moved = [a - b for a, b in zip(model.coefs_ + model.intercepts_, before.coefs_ + before.intercepts_)]
    assert np.sqrt(sum((m**2).sum() for m in moved)) == pytest.approx(0.01, rel=1e-3)


def test_dropout_is_drawn_from_the_random_state(digits):
    X, y = digits
    options = {"max_iter": 10}
    models = [MLPClassifier(dropout=share, random_state=seed, **options).fit(X, y) for share, seed in ((0.5, 0), (0.5, 0), (0, 0))]
    np.testing.assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])
    assert np.abs(models[0].coefs_[0] - models[2].coefs_[0]).max() > 1e-3
    assert models[0].score(X, y) > 0.8
    with pytest.raises(ValueError, match="one dropout for each of 1 hidden layers"):
        MLPClassifier(dropout=[0.1, 0.2]).fit(X, y)


def test_class_weights_are_weights_of_the_rows(iris):
    X, y = iris
    options = {"max_iter": 10, "random_state": 0}
    weighted = MLPClassifier(class_weight={0: 1.0, 1: 5.0, 2: 0.5}, **options).fit(X, y)
    rows = MLPClassifier(**options).fit(X, y, sample_weight=np.array([1.0, 5.0, 0.5])[y])
    np.testing.assert_array_equal(weighted.coefs_[0], rows.coefs_[0])
    few = np.r_[0:50, 50:60, 100:105]
    balanced = MLPClassifier(class_weight="balanced", max_iter=100, random_state=0).fit(X[few], y[few])
    plain = MLPClassifier(max_iter=100, random_state=0).fit(X[few], y[few])
    assert (balanced.predict(X) == 2).sum() > (plain.predict(X) == 2).sum()


@pytest.mark.parametrize("activation", ["elu", "selu", "gelu", "silu", "mish", "softplus", "leaky-relu", ["relu", "tanh"]])
def test_other_activations_and_one_per_layer(iris, activation):
    model = MLPClassifier((12, 8), activation, learning_rate_init=0.01, max_iter=100, random_state=0).fit(*iris)
    assert model.score(*iris) > 0.9
    with pytest.raises(ValueError, match="one activation for each of 1 hidden layers"):
        MLPClassifier((12,), ["relu", "tanh"]).fit(*iris)
    with pytest.raises(ValueError, match="unknown activation 'step'"):
        MLPClassifier((12,), ["step"]).fit(*iris)


def test_a_list_of_the_same_activation_is_that_activation(iris):
    X, y = iris
    one = MLPClassifier((6, 5), "logistic", max_iter=5, random_state=0).fit(X, y)
    per_layer = MLPClassifier((6, 5), ["logistic", "logistic"], max_iter=5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(one.coefs_[0], per_layer.coefs_[0])


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_other_losses_of_the_regressor(diabetes, loss):
    X, y = diabetes
    model = MLPRegressor(loss=loss, learning_rate_init=0.01, max_iter=50, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.3
    error = model.predict(X) - y
    final = np.abs(error).mean() if loss == "absolute_error" else np.where(abs(error) <= 1, error**2 / 2, abs(error) - 0.5).mean()
    assert model.loss_ == pytest.approx(final, rel=0.1)


def test_other_losses_of_the_classifier(iris):
    X, y = iris
    assert MLPClassifier(loss="mse", learning_rate_init=0.05, max_iter=100, random_state=0).fit(X, y).score(X, y) > 0.9
    with pytest.raises(ValueError, match="expected 'cross-entropy'"):
        MLPClassifier(loss="binary-cross-entropy").fit(X, y)


def test_own_validation_rows_have_a_curve_and_can_end_the_training(digits):
    X, y = digits
    train, held_out = slice(0, 1000), slice(1000, None)
    options = {"max_iter": 15, "random_state": 0, "alpha": 0.0}
    model = MLPClassifier(**options).fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    plain = MLPClassifier(**options).fit(X[train], y[train])
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
    probabilities = model.predict_proba(X[held_out])
    expected = -np.log(probabilities[np.arange(len(probabilities)), y[held_out]]).mean()
    assert len(model.validation_loss_curve_) == 15
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-12)
    stopped = MLPClassifier(early_stopping=True, tol=0.01, n_iter_no_change=2, max_iter=200, random_state=0)
    stopped.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert stopped.n_iter_ < 200
    assert stopped.best_validation_score_ == stopped.score(X[held_out], y[held_out])
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        model.fit(X, y, X_val=X)


def test_own_validation_rows_of_several_labels():
    X, y = make_multilabel_classification(300, 20, n_classes=4, random_state=0)
    model = MLPClassifier(max_iter=5, random_state=0).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    p = model.predict_proba(X[200:])
    expected = -np.where(y[200:] == 1, np.log(p), np.log(1 - p)).sum(axis=1).mean()
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-9)


def test_initial_weights_are_where_training_begins(iris):
    X, y = iris
    first = MLPClassifier(max_iter=5, random_state=0).fit(X, y)
    start = (first.coefs_, first.intercepts_)
    second = MLPClassifier(initial_weights=start, max_iter=1, learning_rate_init=1e-12, random_state=1).fit(X, y)
    assert_same(second.coefs_[0], first.coefs_[0], 1e-9)
    assert second.coefs_[0] is not first.coefs_[0]
    with pytest.raises(ValueError, match="initial_weights: expected weights of shapes"):
        MLPClassifier((7,), initial_weights=start).fit(X, y)


def test_callbacks_see_every_epoch_and_can_end_the_training(iris):
    seen = []

    def watch(model):
        seen.append((model.n_iter_, model.loss_, model.score(*iris)))
        return model.n_iter_ == 4

    model = MLPClassifier(callbacks=[watch], random_state=0).fit(*iris)
    assert model.n_iter_ == 4 and [n for n, _, _ in seen] == [1, 2, 3, 4]
    assert [loss for _, loss, _ in seen] == model.loss_curve_
    assert seen[-1][2] == model.score(*iris)


def test_a_training_ends_when_its_time_is_over(digits):
    X, y = digits
    start = time.monotonic()
    model = MLPClassifier((400, 400), max_iter=100_000, tol=0, n_iter_no_change=np.inf, max_seconds=0.3, random_state=0)
    model.fit(X, y)
    assert 1 <= model.n_iter_ < 100_000 and time.monotonic() - start < 60
    assert model.predict(X[:1]).shape == (1,)


def test_a_divergence_names_epoch_layer_and_learning_rate(diabetes):
    X, y = diabetes
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights") as error:
        MLPRegressor(solver="sgd", learning_rate_init=1e6, random_state=0).fit(X, y)
    for part in ("epoch", "layer", "learning rate was 1e+06"):
        assert part in str(error.value)


def test_the_number_of_threads_changes_no_bit(digits):
    X, y = digits
    for options in ({}, {"solver": "sgd"}):
        one, two = (MLPClassifier((64, 32), n_threads=n, max_iter=5, random_state=0, **options).fit(X, y) for n in (1, 2))
        for a, b in zip(one.coefs_, two.coefs_):
            np.testing.assert_array_equal(a, b)
