"""The estimators as parts of a process: signals, threads, forks, memory."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from chainrule import MLPClassifier, MLPRegressor

LONG = {"max_iter": 10**9, "tol": 0, "n_iter_no_change": np.inf, "random_state": 0}
SMALL = {"hidden_layer_sizes": (16,), "max_iter": 3, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_d11_an_interruption_stops_within_a_second_and_leaves_a_model(digits):
    X, y = digits
    X, y = np.tile(X, (50, 1)), np.tile(y, 50)
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    model = MLPClassifier((512, 512), max_seconds=60, **LONG)
    timer = threading.Timer(1.0, interrupt)
    # A process that was started in the background may be deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.warns(UserWarning, match="Training interrupted by user."):
            model.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - sent[0] < 1.0
    assert model.predict(X[:3]).shape == (3,)
    assert np.isfinite(model.coefs_[0]).all()


def test_other_threads_run_while_a_model_is_trained(digits):
    X, y = digits
    stop, counts = threading.Event(), []

    def count():
        while not stop.is_set():
            counts.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    started = time.monotonic()
    # One call of the engine: one pass over many rows.
    MLPClassifier((300, 300), random_state=0).partial_fit(np.tile(X, (20, 1)), np.tile(y, 20), classes=np.arange(10))
    ended = time.monotonic()
    stop.set()
    thread.join()
    during = [t for t in counts if started < t < ended]
    assert len(during) > 20


def test_two_threads_fit_at_once(digits):
    X, y = digits
    models = [MLPClassifier((50,), max_iter=20, random_state=i) for i in range(2)]
    threads = [threading.Thread(target=model.fit, args=(X, y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, model in enumerate(models):
        alone = MLPClassifier((50,), max_iter=20, random_state=i).fit(X, y)
        np.testing.assert_array_equal(model.coefs_[0], alone.coefs_[0])


def _fit_in_child(X, y, pipe):
    pipe.send(MLPClassifier((300,), max_iter=3, random_state=0).fit(X, y).coefs_[0])


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_has_trained_can_fork_and_the_child_can_train(digits):
    X, y = digits
    ours = MLPClassifier((300,), max_iter=3, random_state=0).fit(X, y)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_fit_in_child, args=(X, y, there))
    child.start()
    assert here.poll(60), "the child does not end its training"
    np.testing.assert_array_equal(here.recv(), ours.coefs_[0])
    child.join(10)
    assert child.exitcode == 0


MEASURE = """
import resource, sys, warnings
import numpy as np
from chainrule import MLPClassifier, MLPRegressor
warnings.simplefilter("ignore")
rows, columns = 300_000, 100
X = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32)
y = (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)
if sys.argv[1] == "regressor":
    y = X[:, 0].copy()
X.flags.writeable = False
# All that is loaded and started once.
Estimator = MLPRegressor if sys.argv[1] == "regressor" else MLPClassifier
Estimator(max_iter=1).fit(X[:1000], y[:1000])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = Estimator(max_iter=1, random_state=0, early_stopping=sys.argv[2] == "stop").fit(X, y)
model.predict(X)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * (1 if sys.platform == "darwin" else 1024) / X.nbytes)
"""


@pytest.mark.parametrize("estimator", ["classifier", "regressor"])
def test_a_fit_adds_a_fifth_of_x_at_most(estimator):
    command = [sys.executable, "-c", MEASURE, estimator, "-"]
    added = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert added <= 0.2, f"{added:.2f} times the size of X"


def test_rows_that_are_trained_on_are_not_changed(digits):
    X, y = digits
    X = X.astype(np.float32)
    before = X.copy()
    MLPClassifier(**SMALL).fit(X, y)
    MLPRegressor(**SMALL).fit(X, y)
    np.testing.assert_array_equal(X, before)


def test_an_array_in_another_order_is_as_good(digits):
    X, y = digits
    models = [MLPClassifier(**SMALL).fit(form, y) for form in (X, np.asfortranarray(X), X[:, ::-1].copy()[:, ::-1])]
    for model in models[1:]:
        np.testing.assert_array_equal(model.coefs_[0], models[0].coefs_[0])


def test_nothing_is_warned_of_in_an_ordinary_fit(digits):
    X, y = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(tol=0.5, random_state=0).fit(X, y).predict(X)
