"""Writes metrics.json: small cases with the metrics that scikit-learn gives for them.

    cargo xtask goldens metrics
"""
# requirements: scikit-learn==1.9.1

import json
import pathlib

import numpy as np
import sklearn
from sklearn import linear_model, metrics


def scores(y, predicted, k, w):
    """Precision, recall, F1 and weight of each class, and the means of the first three."""
    each = metrics.precision_recall_fscore_support(
        y, predicted, labels=range(k), sample_weight=w, zero_division=0
    )
    support = [float(w[np.asarray(y) == c].sum()) for c in range(k)]
    rows = [[float(x) for x in row] for row in zip(*each[:3])]
    return [[*row, s] for row, s in zip(rows, support)], [float(np.mean(column)) for column in each[:3]]


def classification(name, probabilities, y, w):
    probabilities, y, w = np.asarray(probabilities), np.asarray(y), np.asarray(w, float)
    k = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    each, means = scores(y, predicted, k, w)
    auc = None
    if len(set(y.tolist())) == k:
        score = probabilities[:, 1] if k == 2 else probabilities
        auc = metrics.roc_auc_score(y, score, sample_weight=w, multi_class="ovr")
    return {
        "name": name, "probabilities": probabilities.tolist(), "classes": y.tolist(), "weights": w.tolist(),
        "loss": metrics.log_loss(y, probabilities, sample_weight=w, labels=range(k)),
        "accuracy": metrics.accuracy_score(y, predicted, sample_weight=w),
        "confusion": metrics.confusion_matrix(y, predicted, labels=range(k), sample_weight=w).tolist(),
        "scores": each, "macro": means, "auc": auc,
    }


def regression(name, predicted, y, w):
    predicted, y, w = np.asarray(predicted), np.asarray(y), np.asarray(w, float)
    raw = {"sample_weight": w, "multioutput": "raw_values"}
    return {
        "name": name, "predicted": predicted.tolist(), "expected": y.tolist(), "weights": w.tolist(),
        "rmse": metrics.root_mean_squared_error(y, predicted, **raw).tolist(),
        "mae": metrics.mean_absolute_error(y, predicted, **raw).tolist(),
        "r2": metrics.r2_score(y, predicted, **raw).tolist(),
    }


def multi_label(name, probabilities, y, w):
    probabilities, y, w = np.asarray(probabilities), np.asarray(y), np.asarray(w, float)
    predicted = (probabilities > 0.5).astype(int)
    each = metrics.precision_recall_fscore_support(y, predicted, sample_weight=w, zero_division=0)
    columns = range(y.shape[1])
    return {
        "name": name, "probabilities": probabilities.tolist(), "labels": y.tolist(), "weights": w.tolist(),
        "loss": sum(metrics.log_loss(y[:, j], probabilities[:, j], sample_weight=w) for j in columns),
        "accuracy": metrics.accuracy_score(y, predicted, sample_weight=w),
        "label_accuracy": [metrics.accuracy_score(y[:, j], predicted[:, j], sample_weight=w) for j in columns],
        "scores": [[float(x) for x in row] for row in zip(*each[:3])],
        "auc": [metrics.roc_auc_score(y[:, j], probabilities[:, j], sample_weight=w) for j in columns],
    }


def least_squares(name, rng, n, cardinality, w):
    numeric = rng.normal(size=(n, 3)) * [1, 10, 0.1] + [0, 100, 5]
    codes = rng.integers(0, cardinality, size=n)
    one_hot = np.eye(cardinality)[codes]
    x = np.hstack([numeric, one_hot])
    y = x @ rng.normal(size=(x.shape[1], 2)) + rng.normal(size=(n, 2)) + [3, -7]
    predicted = linear_model.LinearRegression().fit(x, y, sample_weight=w).predict(x)
    return {
        "name": name, "numeric": numeric.tolist(), "codes": codes.tolist(), "cardinality": cardinality,
        "targets": y.tolist(), "weights": w.tolist(), "predicted": predicted.tolist(),
    }


def main():
    rng = np.random.default_rng(0)
    n = 40

    def probabilities(k):
        p = rng.dirichlet(np.ones(k), size=n).round(1)  # rounding makes ties
        p += 1e-3  # no zeros: scikit-learn clips them at another place than chainrule
        return p / p.sum(axis=1, keepdims=True)

    def three_decimals(values):
        return np.asarray(values).round(3)

    ones, uneven = np.ones(n), three_decimals(rng.uniform(0, 2, size=n))
    uneven[:3] = 0
    y2, y3 = rng.integers(0, 2, size=n), rng.integers(0, 3, size=n)
    never = np.where(y3 == 2, 0, y3)
    targets = three_decimals(rng.normal(size=(n, 2)) * [1, 50] + [0, 200])
    noisy = three_decimals(targets + rng.normal(size=(n, 2)) * [0.5, 20])
    labels = rng.integers(0, 2, size=(n, 3))
    label_probabilities = rng.uniform(size=(n, 3)).round(1) * 0.98 + 0.01
    cases = {
        "made_with": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "classification": [
            classification("two classes with ties", probabilities(2), y2, ones),
            classification("two classes, weighted", probabilities(2), y2, uneven),
            classification("three classes with ties", probabilities(3), y3, ones),
            classification("three classes, weighted", probabilities(3), y3, uneven),
            classification("a class that never occurs", probabilities(3), never, ones),
        ],
        "regression": [
            regression("one target", noisy[:, :1], targets[:, :1], ones),
            regression("two targets, weighted", noisy, targets, uneven),
        ],
        "multi_label": [
            multi_label("three labels", label_probabilities, labels, ones),
            multi_label("three labels, weighted", label_probabilities, labels, uneven),
        ],
        "least_squares": [
            least_squares("numbers and four categories", rng, n, 4, ones),
            least_squares("numbers and four categories, weighted", rng, n, 4, uneven),
        ],
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    fields = []
    for name, value in cases.items():
        lines = [json.dumps(case) for case in value] if isinstance(value, list) else None
        fields.append(f'"{name}": ' + (json.dumps(value) if lines is None else "[\n" + ",\n".join(lines) + "\n]"))
    path.write_text("{\n" + ",\n".join(fields) + "\n}\n")


if __name__ == "__main__":
    main()
