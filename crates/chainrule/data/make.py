"""Remakes the embedded tables from the files that scikit-learn's wheel carries.

    pip install scikit-learn==1.9.1 && python make.py

Every table: a header of scikit-learn's feature names, the features as its files write them, and `target` last, with
the names of the classes where scikit-learn has names. `diabetes` holds the raw values (scaled=False).
"""

import gzip
import io
import pathlib

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine


def shortest(number):
    """The shortest text that reads back as the number: 5.1, 127."""
    number = float(number)
    return str(int(number)) if number.is_integer() else repr(number)


def write(name, bunch, names):
    """One table, gzipped without a time so that the same table gives the same bytes."""
    text = io.StringIO()
    print(*bunch.feature_names, "target", sep=",", file=text)
    for row, target in zip(bunch.data, bunch.target):
        label = shortest(target) if names is None else names[target]
        print(*map(shortest, row), label, sep=",", file=text)
    packed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    (pathlib.Path(__file__).parent / f"{name}.csv.gz").write_bytes(packed)
    print(f"{name}: {len(bunch.data)} rows, {len(packed)} bytes")


for name, load in [("iris", load_iris), ("wine", load_wine), ("breast-cancer", load_breast_cancer)]:
    bunch = load()
    write(name, bunch, bunch.target_names)
write("digits", load_digits(), None)
write("diabetes", load_diabetes(scaled=False), None)
