"""What scikit-learn makes of the raw files that docs/results.md trains on: its MLP and its linear model.

Usage: sklearn_baseline.py bike-sharing|california DATA_FOLDER

Written as a user of scikit-learn would, and no better tuned than that: numbers through StandardScaler (missing ones first
through SimpleImputer, with indicator), categories through OneHotEncoder, then the model with its defaults. MLPRegressor does
not scale its targets and leaves the choice to the user, so it is run both ways. For each of five seeds a fifth of the rows, drawn by train_test_split with
that seed, is the test set: the same file and the same share as ours, but not the same rows.

Prints JSON: {model: {"rmse": [per seed], "r2": [per seed], "seconds": [per seed]}}.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SEEDS = range(5)
TEST_FRACTION = 0.2

DATA_SETS = {
    "bike-sharing": {
        "file": "bike-sharing/hour.csv",
        "target": "cnt",
        "drop": ["instant", "dteday", "casual", "registered"],
        "categorical": ["season", "mnth", "hr", "weekday", "weathersit"],
    },
    "california": {
        "file": "california-housing/housing.csv",
        "target": "median_house_value",
        "drop": [],
        "categorical": ["ocean_proximity"],
    },
}


def preprocessing(table, categorical):
    """Columns of any kind to standardised numbers."""
    numeric = [name for name in table.columns if name not in categorical]
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    return ColumnTransformer(
        [("numeric", numbers, numeric), ("categorical", OneHotEncoder(handle_unknown="ignore"), categorical)],
        sparse_threshold=0.0,
    )


def models(seed):
    """Name and regressor, as the page lists them."""
    mlp = MLPRegressor(random_state=seed)
    return {
        "scikit-learn MLPRegressor": mlp,
        "scikit-learn MLPRegressor, targets scaled": TransformedTargetRegressor(mlp, transformer=StandardScaler()),
        "scikit-learn LinearRegression": LinearRegression(),
    }


def main():
    data_set = DATA_SETS[sys.argv[1]]
    table = pd.read_csv(Path(sys.argv[2]) / data_set["file"]).drop(columns=data_set["drop"])
    target = table.pop(data_set["target"])
    results = {}
    for seed in SEEDS:
        x_train, x_test, y_train, y_test = train_test_split(table, target, test_size=TEST_FRACTION, random_state=seed)
        for name, model in models(seed).items():
            start = time.perf_counter()
            fitted = make_pipeline(preprocessing(table, data_set["categorical"]), model).fit(x_train, y_train)
            seconds = time.perf_counter() - start
            predicted = fitted.predict(x_test)
            result = results.setdefault(name, {"rmse": [], "r2": [], "seconds": []})
            result["rmse"].append(float(root_mean_squared_error(y_test, predicted)))
            result["r2"].append(float(r2_score(y_test, predicted)))
            result["seconds"].append(round(seconds, 2))
            print(f"seed {seed}, {name}: rmse {result['rmse'][-1]:.4f}, {seconds:.1f} s", file=sys.stderr)
    json.dump(results, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
