#!/usr/bin/env python3
"""The same script with either import: chainrule's estimators and scikit-learn's, by the same numbers.

    estimators.py chainrule|sklearn digits-fit|mnist-f32-fit|mnist-f64-fit|partial-fit|predict-one --seconds 3 --mnist FOLDER

What is timed is one call, as a user makes it: `fit`, `partial_fit` on 32 rows, `predict` of one row. The median is printed as one
line of JSON, with the last loss, which is the same for both but for rounding: faster must not mean another training.
"""
import argparse
import gzip
import json
import statistics
import time
import warnings
from pathlib import Path

import numpy as np

#: Epochs of a fit on MNIST: enough that what surrounds them does not count.
EPOCHS = 3
#: Rows of a `partial_fit`.
ROWS = 32


def digits():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16, y


def mnist(folder, dtype):
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        X = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8)
    return (X.reshape(len(y), -1) / 255).astype(dtype), y


def fit(make, X, y, **settings):
    """A call that fits, and one that tells the last loss."""
    last = []
    return lambda: last.append(make(random_state=0, **settings).fit(X, y)), lambda: last[-1].loss_


def calls(name, make, folder):
    if name == "digits-fit":
        return fit(make, *digits())
    if name in ("mnist-f32-fit", "mnist-f64-fit"):
        X, y = mnist(folder, np.float32 if "f32" in name else np.float64)
        return fit(make, X, y, hidden_layer_sizes=(128,), batch_size=200, max_iter=EPOCHS)
    X, y = digits()
    estimator = make(random_state=0, max_iter=5)
    if name == "partial-fit":
        estimator.partial_fit(X[:ROWS], y[:ROWS], classes=np.unique(y))
        turn = iter(range(10**9))

        def call():
            start = next(turn) * ROWS % (len(X) - ROWS)
            estimator.partial_fit(X[start : start + ROWS], y[start : start + ROWS])

        return call, lambda: estimator.loss_
    estimator.fit(X, y)
    return lambda: estimator.predict(X[:1]), lambda: estimator.loss_


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", choices=["chainrule", "sklearn"])
    parser.add_argument("case", choices=["digits-fit", "mnist-f32-fit", "mnist-f64-fit", "partial-fit", "predict-one"])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--mnist", type=Path)
    given = parser.parse_args()
    if given.program == "chainrule":
        from chainrule import MLPClassifier as make
    else:
        from sklearn.neural_network import MLPClassifier as make
    call, loss = calls(given.case, make, given.mnist)
    if given.case in ("partial-fit", "predict-one"):
        for _ in range(20):
            call()
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < given.seconds:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    print(json.dumps({"call_ns": statistics.median(times) * 1e9, "loss": loss(), "calls": len(times)}))


if __name__ == "__main__":
    main()
