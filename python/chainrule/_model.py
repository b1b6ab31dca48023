"""Models."""

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule import _columns, _native
from chainrule._dataset import table
from chainrule._network import Network
from chainrule._types import Path


class Model:
    """A trained network with its preprocessing and its labels.

    A model comes from :meth:`Trainer.fit` or :func:`load`. Pickle and joblib carry the bytes of its file and nothing else,
    in which nothing can run. `history` and `results` are of this process alone: they are not saved.

    Attributes
    ----------
    history : list of dict or None
        What happened, epoch by epoch; None of a model that was loaded.
    results : dict or None
        The figures on the parts of the training data (``train``, ``validation``, ``test``), ``best_epoch``, ``stopped_by``,
        ``seconds`` and ``notes``; None of a model that was loaded.

    Examples
    --------
    >>> import chainrule, pickle
    >>> data = chainrule.Dataset.embedded("wine")
    >>> model = chainrule.Trainer(epochs=20).fit(data)
    >>> model
    Model(classification: 13-128-64-3, relu relu softmax, f32)
    >>> same = pickle.loads(pickle.dumps(model))
    >>> bool((same.predict(data) == model.predict(data)).all())
    True
    """

    __slots__ = ("_native", "history", "results", "__weakref__")

    history: list[dict[str, Any]] | None
    results: dict[str, Any] | None

    def __init__(self) -> None:
        raise TypeError("a Model comes from Trainer.fit or chainrule.load")

    @classmethod
    def _of(cls, native, history=None, results=None) -> "Model":
        model = object.__new__(cls)
        model._native, model.history, model.results = native, history, results
        return model

    def __reduce__(self):
        return _from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        layers = self._native.layers
        widths = "-".join(map(str, [self.network.n_inputs, *(width for width, *_ in layers)]))
        names = " ".join(name for _, name, _ in layers)
        return f"Model({self.task}: {widths}, {names}, {self._native.precision})"

    @property
    def task(self) -> str:
        """``classification``, ``regression`` or ``multi-label``."""
        return self._native.task

    @property
    def classes(self) -> NDArray[Any] | None:
        """The classes of a classifier, in the order of its outputs; None of another model."""
        names = self._native.classes
        return None if names is None else self._labels(names)

    @property
    def feature_names(self) -> list[str]:
        """Names of the input columns."""
        return self._native.feature_names

    @property
    def target_names(self) -> list[str]:
        """Names of what is predicted."""
        return self._native.target_names

    @property
    def dtype(self) -> np.dtype[Any]:
        """What the network is made of: float32 or float64."""
        return np.dtype("float32" if self._native.precision == "f32" else "float64")

    @property
    def loss(self) -> str:
        """What was minimised."""
        return self._native.loss

    @property
    def training(self) -> dict[str, str]:
        """How the model came about, as its file says it: ``optimizer``, ``epochs``, ``seed``, …"""
        return self._native.training

    @property
    def network(self) -> Network:
        """A copy of the network."""
        return Network._of(self._native.network())

    def predict(self, data: Any, *, n_threads: int = 0) -> NDArray[Any]:
        """Answer for rows.

        Parameters
        ----------
        data : Dataset, path, DataFrame or array-like of shape (n_samples, n_features)
            Columns are found by name; those of an array by place. Targets in it are ignored.
        n_threads : int, default=0
            Threads; 0 for as many as the machine offers.

        Returns
        -------
        ndarray
            Classes (n_samples,), as integers or booleans where all are such; numbers in the target's unit, (n_samples,) or
            (n_samples, n_targets); or 0 and 1, (n_samples, n_targets), of a multi-label model.

        Raises
        ------
        ValueError
            When columns are missing or of another kind than in training.
        OSError
            When a file cannot be read.

        Warns
        -----
        UserWarning
            For categories that training did not see; they count as none.
        """
        answers, _ = self._said(data, n_threads)
        if self.task == "classification":
            return self.classes[answers]
        if self.task == "regression":
            answers = answers.astype(self.dtype, copy=False)
            return answers[:, 0] if answers.shape[1] == 1 else answers
        return answers.astype(np.int64)

    def predict_proba(self, data: Any, *, n_threads: int = 0) -> NDArray[Any]:
        """The probability of each class, or of each label of a multi-label model.

        Parameters
        ----------
        data, n_threads
            As of :meth:`predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_targets)

        Raises
        ------
        ValueError
            As :meth:`predict`, and for a model whose outputs are no probabilities.
        OSError
            When a file cannot be read.
        """
        _, probabilities = self._said(data, n_threads)
        if probabilities is None:
            raise ValueError("the outputs of this model are no probabilities")
        return probabilities.astype(self.dtype, copy=False)

    def evaluate(self, data: Any, y: ArrayLike | None = None, *, n_threads: int = 0) -> dict[str, Any]:
        """Measure the model on rows whose targets are known.

        Parameters
        ----------
        data : Dataset, path, DataFrame or array-like of shape (n_samples, n_features)
            With the targets in it, or without them where `y` is given.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            The targets.
        n_threads : int, default=0
            Threads; 0 for as many as the machine offers.

        Returns
        -------
        dict
            ``n_rows``, ``loss``, and ``accuracy``, ``log_loss``, ``auc``, ``confusion``, ``precision``, ``recall``, ``f1`` of
            a classifier; ``rmse``, ``mae``, ``r2`` of a regression; ``accuracy``, ``auc``, ``label_accuracy`` of several
            labels.

        Raises
        ------
        ValueError
            As :meth:`predict`, and for targets that are missing or are classes that training did not see.
        OSError
            When a file cannot be read.
        """
        measured, noticed = self._native.evaluate(table(data, self._native, y), n_threads)
        _warn(noticed)
        return measured

    def save(self, path: Path) -> None:
        """Save the model as a file that the command line reads too. An existing file is replaced as a whole.

        Parameters
        ----------
        path : str or os.PathLike
            Where to; the usual ending is ``.safetensors``.

        Raises
        ------
        OSError
            When the file cannot be written; the old one is then as it was.
        """
        self._native.save(path)

    def to_bytes(self) -> bytes:
        """The bytes of the model's file. Equal models give equal bytes."""
        return self._native.to_bytes()

    def to_onnx(self, path: Path | None = None) -> bytes:
        """The model as one ONNX graph, from raw columns to answers.

        Parameters
        ----------
        path : str or os.PathLike, default=None
            Where the graph is saved as well.

        Returns
        -------
        bytes
            The file. Its inputs are ``numbers`` and ``categories`` (texts), as far as the model has such columns; its outputs
            ``label`` and ``probabilities``, or ``prediction``.

        Raises
        ------
        ValueError
            For a model of more than 2 GiB.
        OSError
            When the file cannot be written.
        """
        if path is not None:
            self._native.save_onnx(path)
        return self._native.to_onnx()

    def _said(self, data, n_threads):
        answers, probabilities, noticed = self._native.predict(table(data, self._native), n_threads)
        _warn(noticed)
        return answers, probabilities

    def _labels(self, names):
        """Classes by their names, of the type that an estimator's file remembers."""
        kind = self.training.get("labels")
        if kind == "bool":
            return np.array([name == "True" for name in names])
        if kind == "float":
            return np.array([float(name) for name in names])
        return np.array(names) if kind == "text" else _columns.labels(names)


def _from_bytes(content) -> Model:
    """The model of a pickle."""
    return Model._of(_native.Model.from_bytes(content))


def _warn(noticed):
    for warning in noticed:
        warnings.warn(warning, UserWarning, stacklevel=4)


def load(path: Path) -> Model:
    """Load a model that :meth:`Model.save`, an estimator's ``save`` or ``chainrule train`` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    Model

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        When it is no model, is damaged, or comes from a newer version. Nothing in a file can run.

    Examples
    --------
    >>> import chainrule, pathlib, tempfile
    >>> model = chainrule.Trainer(epochs=1).fit(chainrule.Dataset.embedded("iris"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "iris.safetensors"
    ...     model.save(path)
    ...     chainrule.load(path).classes.tolist()
    ['setosa', 'versicolor', 'virginica']
    """
    return Model._of(_native.Model.load(os.fspath(path)))
