"""Tables."""

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from chainrule import _columns
from chainrule._native import Table
from chainrule._types import Names, Path


class Dataset:
    """Named, typed columns, some of them targets.

    Nothing is scaled, coded or filled in here: a :class:`Trainer` learns from its training rows how to do that, and the
    :class:`Model` keeps it. A dataset is made by one of the class methods, and is not changed afterwards.

    See Also
    --------
    Dataset.from_csv, Dataset.from_file, Dataset.from_arrays, Dataset.from_dataframe, Dataset.embedded

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("iris")
    >>> data
    Dataset(iris: 150 rows, 4 features, target target)
    >>> data.feature_names
    ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)']
    """

    __slots__ = ("_native",)

    def __init__(self) -> None:
        raise TypeError("a Dataset is made by from_csv, from_file, from_arrays, from_dataframe or embedded")

    @classmethod
    def _of(cls, native: Table) -> "Dataset":
        dataset = object.__new__(cls)
        dataset._native = native
        return dataset

    @classmethod
    def from_file(
        cls,
        path: Path,
        target: Names | None = None,
        *,
        labels: Path | None = None,
        drop: Names = (),
        categorical: Names = (),
        sample_weight: str | None = None,
        missing_values: Sequence[str] | None = None,
        missing: Literal["impute", "error"] = "impute",
        header: bool = True,
        delimiter: str | None = None,
        on_bad_row: Literal["error", "skip"] = "error",
    ) -> "Dataset":
        """Read a table from a file, in the format that its ending says.

        Parameters
        ----------
        path : str or os.PathLike
            A ``.csv`` or ``.tsv`` file (also ``.gz``), a ``.parquet`` file, a ``.npy`` file of features, or an IDX file.
        target : str or sequence of str, default=None
            The columns to predict, by name or by index ("-1"). None: the last column. An empty sequence: no column.
        labels : str or os.PathLike, default=None
            The file with the labels, for ``.npy`` and IDX files.
        drop, categorical : sequence of str, default=()
            Columns to leave out; columns whose cells are categories whatever they look like.
        sample_weight : str, default=None
            The column with the weights of the rows.
        missing_values : sequence of str, default=None
            Cells that mean "missing". None: the empty cell, NA, NaN, null and ?.
        missing : {"impute", "error"}, default="impute"
            Whether missing features are filled in or refused.
        header : bool, default=True
            Whether the first row of a text file holds names.
        delimiter : str, default=None
            What stands between the cells of a text file. None: a tabulator in ``.tsv`` files, else a comma.
        on_bad_row : {"error", "skip"}, default="error"
            What happens to rows with too few or too many cells.

        Returns
        -------
        Dataset

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it holds no such table; the message names line and column.

        Examples
        --------
        >>> import chainrule, pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name) / "flats.csv"
        >>> _ = path.write_text("area,kind,rent\\n50,old,700\\n80,new,1400\\n")
        >>> data = chainrule.Dataset.from_file(path, target="rent")
        >>> data.n_rows, data.feature_names, data.target_names
        (2, ['area', 'kind'], ['rent'])
        >>> folder.cleanup()
        """
        options = {
            "target": None if target is None else _names(target),
            "drop": _names(drop),
            "categorical": _names(categorical),
            "sample_weight": sample_weight,
            "missing_values": None if missing_values is None else list(missing_values),
            "missing": missing,
            "header": header,
            "delimiter": delimiter,
            "on_bad_row": on_bad_row,
        }
        return cls._of(Table.read(path, labels, options))

    @classmethod
    def from_csv(cls, path: Path, target: Names | None = None, **options: Any) -> "Dataset":
        """Read a table from a CSV or TSV file, plain or gzipped.

        Parameters
        ----------
        path : str or os.PathLike
            The file.
        target : str or sequence of str, default=None
            The columns to predict. None: the last column.
        **options
            As those of :meth:`from_file`.

        Returns
        -------
        Dataset

        Raises
        ------
        OSError, ValueError
            As :meth:`from_file`.
        """
        return cls.from_file(path, target, **options)

    @classmethod
    def from_arrays(
        cls,
        X: ArrayLike,
        y: "ArrayLike | None" = None,
        *,
        feature_names: Sequence[str] | None = None,
        target_names: Names | None = None,
        categorical: Sequence[str | int] = (),
        sample_weight: "ArrayLike | None" = None,
    ) -> "Dataset":
        """Make a table of arrays.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers (NaN where one is missing), or objects with texts in some columns. Booleans are 0 and 1.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Classes, numbers, or 0 and 1 in several columns.
        feature_names, target_names : sequence of str, default=None
            Names of the columns. None: ``feature 0``, … and ``label``; a model finds such columns by their place.
        categorical : sequence of str or int, default=()
            Columns of X that are categories whatever they look like, by name or index.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        Dataset

        Raises
        ------
        ValueError
            When lengths differ, a column holds dates or complex numbers, or integers that float64 cannot tell apart.

        Examples
        --------
        >>> import chainrule
        >>> chainrule.Dataset.from_arrays([[0.5, 1.0], [1.5, 2.0]], ["no", "yes"])
        Dataset(arrays: 2 rows, 2 features, target label)
        """
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X has {X.ndim} dimensions; expected 2: samples × features")
        n = X.shape[1]
        names = [f"feature {i}" for i in range(n)] if feature_names is None else list(map(str, feature_names))
        if len(names) != n:
            raise ValueError(f"there are {len(names)} feature names for {n} columns of X")
        texts = {names[one] if isinstance(one, (int, np.integer)) else one for one in categorical}
        unknown = sorted(texts.difference(names))
        if unknown:
            raise ValueError(f"there is no column '{unknown[0]}' that could be categorical")
        features = [(name, _columns.column(name, X[:, i], name in texts, True)) for i, name in enumerate(names)]
        targets = [] if y is None else _targets(y, target_names)
        return cls._of(Table.of_columns("arrays", features, targets, _weights(sample_weight)))

    @classmethod
    def from_dataframe(
        cls,
        frame: Any,
        target: Names | None = None,
        *,
        drop: Names = (),
        categorical: Names = (),
        sample_weight: "str | ArrayLike | None" = None,
    ) -> "Dataset":
        """Make a table of a pandas or polars data frame, or of anything with ``columns`` and columns by name.

        Parameters
        ----------
        frame : DataFrame
            Columns of numbers, texts and categories. Booleans are texts, as pandas writes them to files.
        target : str or sequence of str, default=None
            The columns to predict. None: the last column. An empty sequence: no column.
        drop, categorical : sequence of str, default=()
            Columns to leave out; columns whose cells are categories whatever they look like.
        sample_weight : str or array-like of shape (n_samples,), default=None
            How much each row counts; a text names a column.

        Returns
        -------
        Dataset

        Raises
        ------
        ValueError
            As :meth:`from_arrays`, and for names that no column has.
        """
        names = [str(name) for name in frame.columns]
        given = dict(zip(names, frame.columns))
        targets = names[-1:] if target is None else _names(target)
        left_out = _names(drop)
        weights = sample_weight
        if isinstance(sample_weight, str):
            left_out = [*left_out, sample_weight]
        for name in [*targets, *left_out, *_names(categorical)]:
            if name not in given:
                raise ValueError(f"there is no column '{name}'; the columns are {', '.join(names)}")
        if isinstance(sample_weight, str):
            weights = frame[given[sample_weight]]

        def column(name):
            values = frame[given[name]]
            is_category = "categor" in str(getattr(values, "dtype", "")).lower()
            return name, _columns.column(name, values, is_category or name in categorical)

        features = [column(name) for name in names if name not in targets and name not in left_out]
        native = Table.of_columns("data frame", features, [column(name) for name in targets], _weights(weights))
        return cls._of(native)

    @classmethod
    def embedded(cls, name: str) -> "Dataset":
        """Read a data set that comes with the program.

        Parameters
        ----------
        name : {"digits", "iris", "wine", "breast-cancer", "diabetes", "spirals", "moons", "circles", "xor"}
            The first five are scikit-learn's, the others are generated.

        Returns
        -------
        Dataset

        Raises
        ------
        ValueError
            For another name.
        """
        return cls._of(Table.embedded(name))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._native.n_rows

    @property
    def feature_names(self) -> list[str]:
        """Names of the inputs."""
        return self._native.feature_names

    @property
    def target_names(self) -> list[str]:
        """Names of what is to be predicted; empty in data to predict on."""
        return self._native.target_names

    @property
    def warnings(self) -> list[str]:
        """What the reader noticed: rows skipped, numbers that lose digits."""
        return self._native.warnings

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        targets = ", ".join(self.target_names)
        told = f"target {targets}" if len(self.target_names) == 1 else f"targets {targets}" if targets else "no target"
        features = f"{len(self.feature_names)} feature" + ("s" if len(self.feature_names) != 1 else "")
        return f"Dataset({self._native.source}: {self.n_rows} rows, {features}, {told})"


def table(data, model=None, y=None) -> Table:
    """The native table of whatever a model is used on; with targets where `y` gives them."""
    if isinstance(data, Dataset) and y is None:
        return data._native
    if isinstance(data, Dataset):
        raise TypeError("a Dataset has its targets in it; leave y out")
    categorical = [] if model is None else model.categorical
    if _columns.is_path(data):
        if y is not None:
            raise TypeError("a file has its targets in it; leave y out")
        options = dict(drop=[], categorical=[], sample_weight=None, missing_values=None, missing="impute")
        options.update(target=[], header=True, delimiter=None, on_bad_row="error")
        return Table.read(os.fspath(data), None, options, model)
    names = None if model is None or y is None else model.target_names
    if _columns.is_frame(data):
        known = [name for name in categorical if name in [str(column) for column in data.columns]]
        frame = Dataset.from_dataframe(data, target=(), categorical=known)
        if y is None:
            return frame._native
        columns = [(str(name), _columns.column(str(name), data[name], str(name) in known)) for name in data.columns]
        return Table.of_columns("data frame", columns, _targets(y, names), None)
    known = [] if model is None else [i for i, name in enumerate(model.feature_names) if name in categorical]
    return Dataset.from_arrays(data, y, target_names=names, categorical=known)._native


def _targets(y, names):
    y = y if hasattr(y, "to_numpy") and getattr(y, "ndim", 1) == 1 else np.asarray(y)
    if getattr(y, "ndim", 1) == 1:
        names = ["label"] if names is None else _names(names)
        columns = [y]
    elif y.ndim == 2:
        names = [f"label {k}" for k in range(y.shape[1])] if names is None else _names(names)
        columns = [y[:, k] for k in range(y.shape[1])]
    else:
        raise ValueError(f"y has {y.ndim} dimensions; expected 1 or 2")
    if len(names) != len(columns):
        raise ValueError(f"there are {len(names)} target names for {len(columns)} columns of y")
    return [(name, _columns.column(name, values)) for name, values in zip(names, columns)]


def _weights(weights):
    return None if weights is None else np.ascontiguousarray(weights, dtype=np.float64)


def _names(names) -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]
