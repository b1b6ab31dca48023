#!/usr/bin/env python3
"""scikit-learn doing what `chainrule train` does: from the files of MNIST to a saved model.

    whole_run.py IMAGES.gz --labels LABELS.gz --hidden 128 --batch-size 64 --epochs 10 --learning-rate 0.01 --out MODEL
    whole_run.py IMAGES.gz --labels LABELS.gz --score MODEL

Features are standardised, as our program does by default; optimizer, batch, epochs, activation and loss are the same, rows are
shuffled every epoch. Written as a user of scikit-learn would. With `--score` it prints how many rows a model gets right.
"""
import argparse
import gzip
import json
import warnings

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def read(images, labels):
    with gzip.open(images) as file:
        X = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(labels) as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8)
    return X.reshape(len(y), -1).astype(np.float32), y


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("images")
    parser.add_argument("--labels", required=True)
    parser.add_argument("--hidden", type=lambda text: [int(size) for size in text.split(",")], default=[128])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--out")
    parser.add_argument("--score")
    given = parser.parse_args()
    X, y = read(given.images, given.labels)
    if given.score:
        return print(json.dumps({"accuracy": joblib.load(given.score).score(X, y)}))
    network = MLPClassifier(
        hidden_layer_sizes=given.hidden, batch_size=given.batch_size, solver="sgd", momentum=0.9, alpha=0,
        learning_rate_init=given.learning_rate, nesterovs_momentum=False, max_iter=given.epochs, tol=0,
        n_iter_no_change=given.epochs + 1, random_state=0,
    )
    joblib.dump(make_pipeline(StandardScaler(), network).fit(X, y), given.out)


if __name__ == "__main__":
    main()
