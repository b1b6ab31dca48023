"""Pictures of trainings and of what descent does."""

import json
import math
import os
import pathlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from numpy.typing import ArrayLike

from chainrule import _native
from chainrule._dataset import table
from chainrule._model import Model
from chainrule._types import Path

_Theme: TypeAlias = Literal["light", "dark"]
_Shown: TypeAlias = Literal["losses", "learning-rate", "norms", "weights"]


class Picture:
    """A picture that needs nothing to be shown: no browser, no network, no font of the system.

    It shows itself in a notebook, and prints as the same in numbers and sentences.

    Examples
    --------
    >>> import chainrule
    >>> model = chainrule.Trainer(hidden=(8,), epochs=5).fit(chainrule.Dataset.embedded("iris"))
    >>> picture = chainrule.plot_curves(model)
    >>> picture
    <Picture: Learning curves of model>
    >>> picture.svg(theme="dark", width=400).startswith("<svg")
    True
    >>> print(picture.text().splitlines()[0])
    Learning curves of model
    """

    __slots__ = ("_native",)

    def __init__(self) -> None:
        raise TypeError("a Picture comes from chainrule.plot_curves, plot_surface, plot_confusion or plot_residuals")

    @classmethod
    def _of(cls, native: _native.Picture) -> "Picture":
        picture = object.__new__(cls)
        picture._native = native
        return picture

    def __repr__(self) -> str:
        return f"<Picture: {self.title}>"

    def __str__(self) -> str:
        return self.text()

    def _repr_svg_(self) -> str:
        return self.svg()

    @property
    def title(self) -> str:
        """What is seen."""
        return self._native.title

    def svg(self, *, theme: _Theme = "light", width: int = 800) -> str:
        """The picture as SVG; the same numbers give the same bytes.

        Parameters
        ----------
        theme : {"light", "dark"}, default="light"
            Dark on light, or light on dark.
        width : int, default=800
            Pixels, 240 to 4000. Texts keep a readable size, and none overlaps another.
        """
        return self._native.svg(theme, width)

    def png(self, *, theme: _Theme = "light", width: int = 800) -> bytes:
        """The picture as PNG.

        Parameters
        ----------
        theme : {"light", "dark"}, default="light"
            As for :meth:`svg`.
        width : int, default=800
            As for :meth:`svg`.
        """
        return self._native.png(theme, width)

    def text(self) -> str:
        """The same in tables and sentences."""
        return self._native.text()

    def save(self, path: Path, *, theme: _Theme = "light", width: int = 800) -> None:
        """Write the picture to a file, whole or not at all.

        Parameters
        ----------
        path : str or os.PathLike
            Its ending says what is written: ``.svg``, ``.png``, or ``.txt`` for the text.
        theme : {"light", "dark"}, default="light"
            As for :meth:`svg`.
        width : int, default=800
            As for :meth:`svg`.

        Raises
        ------
        ValueError
            For another ending.
        """
        match pathlib.Path(path).suffix.lower():
            case ".svg":
                content = self.svg(theme=theme, width=width).encode()
            case ".png":
                content = self.png(theme=theme, width=width)
            case ".txt":
                content = self.text().encode()
            case ending:
                raise ValueError(f"a picture ends in .svg, .png or .txt, and not in {ending!r}")
        _native.write_whole(path, content)


def plot_curves(
    *trainings: Any, names: Sequence[str] | None = None, show: Sequence[_Shown] | _Shown = ()
) -> Picture:
    """Draw loss and score over the epochs of trainings, with the best epoch and the last one marked.

    Parameters
    ----------
    *trainings : Model, fitted estimator, path, or list of dict
        A model as :meth:`Trainer.fit` returned it; an `MLPClassifier` or `MLPRegressor`; a log of ``chainrule train --log``, which
        may have several seeds; or dicts with the fields of such a log.
    names : sequence of str, default=None
        What to call them, one each. None: the file's name, or what kind of thing it is.
    show : str or sequence of str, default=()
        ``losses``, ``learning-rate``, ``norms``, ``weights``; empty for all that is there.

    Returns
    -------
    Picture
        A panel for each kind of number.

    Raises
    ------
    ValueError
        When there is nothing to draw.

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("iris")
    >>> slow, fast = (chainrule.Trainer(hidden=(8,), epochs=5, learning_rate=rate).fit(data) for rate in (0.001, 0.01))
    >>> chainrule.plot_curves(slow, fast, names=["0.001", "0.01"])
    <Picture: Learning curves of 2 trainings>
    """
    runs = [run for training in trainings for run in _runs(training)]
    if names is not None:
        if len(names) != len(runs):
            raise ValueError(f"{len(names)} names for {len(runs)} trainings")
        runs = [(str(name), epochs) for name, (_, epochs) in zip(names, runs, strict=True)]
    elif len({name for name, _ in runs}) < len(runs):
        runs = [(f"{name} {number}", epochs) for number, (name, epochs) in enumerate(runs, 1)]
    if not any(epochs for _, epochs in runs):
        raise ValueError("there is no epoch to draw: give a model that Trainer.fit returned, a fitted estimator, or a log")
    return Picture._of(_native.plot_curves(runs, [show] if isinstance(show, str) else list(show)))


def plot_confusion(model: Model, data: Any, y: ArrayLike | None = None, *, n_threads: int = 0) -> Picture:
    """Draw which classes a model takes for which.

    Parameters
    ----------
    model : Model
        A classifier.
    data : Dataset, path, DataFrame or array-like of shape (n_samples, n_features)
        The rows to measure on.
    y : array-like, default=None
        Their classes, where `data` does not have them.
    n_threads : int, default=0
        Threads; 0 for as many as the machine offers.

    Returns
    -------
    Picture
        The confusion matrix, with the most frequent mistakes.

    Raises
    ------
    ValueError
        For a model that does not answer with one class.

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("iris")
    >>> model = chainrule.Trainer(hidden=(8,), epochs=5).fit(data)
    >>> chainrule.plot_confusion(model, data)
    <Picture: Confusion matrix: true classes against predicted ones>
    """
    return _measured(_native.plot_confusion, model, data, y, n_threads)


def plot_residuals(model: Model, data: Any, y: ArrayLike | None = None, *, n_threads: int = 0) -> Picture:
    """Draw what a model predicts against what is true, and what is left.

    Parameters
    ----------
    model : Model
        A model of a regression.
    data : Dataset, path, DataFrame or array-like of shape (n_samples, n_features)
        The rows to measure on.
    y : array-like, default=None
        Their targets, where `data` does not have them.
    n_threads : int, default=0
        Threads; 0 for as many as the machine offers.

    Returns
    -------
    Picture
        Two panels for each target.

    Raises
    ------
    ValueError
        For a model that does not predict numbers.

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("diabetes")
    >>> model = chainrule.Trainer(hidden=(8,), epochs=5).fit(data)
    >>> chainrule.plot_residuals(model, data).title.startswith("Predictions of ")
    True
    """
    return _measured(_native.plot_residuals, model, data, y, n_threads)


def plot_surface(
    model: Model,
    data: Any,
    weights: tuple[str, str],
    *,
    points: int = 100,
    steps: int = 100,
    start: Literal["fresh", "model"] = "fresh",
    seed: int | None = None,
    optimizer: str = "sgd",
    learning_rate: float = 0.1,
    freeze_others: bool = False,
    n_threads: int = 0,
) -> Picture:
    """Draw the loss of a model's network over two of its weights, and the path that gradient descent takes there.

    Parameters
    ----------
    model : Model
        What is looked at.
    data : Dataset, path or DataFrame
        Rows with the model's features and targets. The loss, and every step, is over all of them.
    weights : tuple of two str
        Weights or biases: ``("layers.0.weight[0,1]", "layers.1.bias[0]")``; indices count from 0, output before input.
    points : int, default=100
        Points of the surface in each direction, 2 to 1000.
    steps : int, default=100
        Steps of the path; 0 for none.
    start : {"fresh", "model"}, default="fresh"
        Where the path begins: at weights drawn anew, or at the model's.
    seed : int, default=None
        What the new weights are drawn from. None: the seed of the model's training.
    optimizer : str, default="sgd"
        The rule that moves the weights.
    learning_rate : float, default=0.1
        The length of a step per unit of gradient.
    freeze_others : bool, default=False
        Let only the two weights move, so that the path lies on the surface.
    n_threads : int, default=0
        Threads; 0 for as many as the machine offers.

    Returns
    -------
    Picture
        The surface with the path, and the losses along it.

    Raises
    ------
    ValueError
        For weights that the network does not have; the message has those that it has.

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("iris")
    >>> model = chainrule.Trainer(hidden=(4,), epochs=5).fit(data)
    >>> chainrule.plot_surface(model, data, ("layers.0.weight[0,0]", "layers.1.weight[0,1]"), points=10)
    <Picture: Loss over layers.0.weight[0,0] and layers.1.weight[0,1]>
    """
    if not isinstance(model, Model):
        raise TypeError(f"expected a chainrule.Model, got {type(model).__name__}")
    if start not in ("fresh", "model"):
        raise ValueError(f"start is {start!r}; expected 'fresh' or 'model'")
    if steps < 0:
        raise ValueError(f"steps is {steps}; expected 0 or more")
    across, up = weights
    walk = {
        "weights": (across, up),
        "points": points,
        "steps": steps,
        "from_model": start == "model",
        "seed": seed,
        "optimizer": optimizer,
        "learning_rate": float(learning_rate),
        "freeze_others": freeze_others,
        "threads": n_threads,
    }
    native, noticed = _native.plot_surface(model._native, table(data, model._native), walk)
    for warning in noticed:
        warnings.warn(warning, UserWarning, stacklevel=2)
    return Picture._of(native)


def _measured(draw: Any, model: Model, data: Any, y: ArrayLike | None, n_threads: int) -> Picture:
    """A picture of a model's answers beside the truth."""
    if not isinstance(model, Model):
        raise TypeError(f"expected a chainrule.Model, got {type(model).__name__}")
    native, noticed = draw(model._native, table(data, model._native, y), n_threads)
    for warning in noticed:
        warnings.warn(warning, UserWarning, stacklevel=3)
    return Picture._of(native)


def _runs(training: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """The trainings of something that has some, by their names."""
    if isinstance(training, Model):
        score = "validation_r2" if training.task == "regression" else "validation_accuracy"
        epochs = [{**epoch, score: epoch["validation_score"]} for epoch in training.history or ()]
        return [("model", [_numbers(epoch) for epoch in epochs])]
    if hasattr(training, "loss_curve_"):
        return [(type(training).__name__, _of_estimator(training))]
    if isinstance(training, (str, os.PathLike)):
        return _of_log(pathlib.Path(training))
    if isinstance(training, Iterable):
        epochs = list(training)
        if all(isinstance(epoch, Mapping) and "epoch" in epoch for epoch in epochs):
            return [("training", [_numbers(epoch) for epoch in epochs])]
    kind = type(training).__name__
    raise TypeError(f"expected a Model, a fitted estimator, the path of a log, or a list of epochs, got {kind}")


def _of_estimator(estimator: Any) -> list[dict[str, Any]]:
    """Curves as scikit-learn names them."""
    curves = {"train_loss": estimator.loss_curve_}
    curves["validation_loss"] = getattr(estimator, "validation_loss_curve_", None)
    score = "validation_accuracy" if hasattr(estimator, "classes_") else "validation_r2"
    curves[score] = getattr(estimator, "validation_scores_", None)
    there = {name: curve for name, curve in curves.items() if curve is not None}
    return [
        _numbers({"epoch": place + 1, **{name: curve[place] for name, curve in there.items() if place < len(curve)}})
        for place in range(len(estimator.loss_curve_))
    ]


def _of_log(path: pathlib.Path) -> list[tuple[str, list[dict[str, Any]]]]:
    """The trainings of a log, one per seed. Of a training that still runs the last line may be incomplete."""
    lines = path.read_text(encoding="utf-8").splitlines()
    seeds: dict[int, list[dict[str, Any]]] = {}
    for number, line in enumerate(lines, 1):
        try:
            epoch = json.loads(line)
            seeds.setdefault(epoch.get("seed", 0), []).append(_numbers(epoch))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            if number == len(lines):
                break
            raise ValueError(f"{path}, line {number}: expected an epoch as `train --log` writes it: {error}") from error
    several = len(seeds) > 1
    return [(f"{path.stem}, seed {seed}" if several else path.stem, epochs) for seed, epochs in seeds.items()]


def _numbers(epoch: Mapping[str, Any]) -> dict[str, Any]:
    """An epoch as the native module takes it."""
    names = ("train_loss", "validation_loss", "validation_accuracy", "validation_r2", "learning_rate")
    return {
        "epoch": int(epoch["epoch"]),
        **{name: _finite(epoch.get(name)) for name in names},
        **{name: [_finite(norm) for norm in epoch.get(name, ())] for name in ("gradient_norms", "update_norms")},
        "weights": [(name, _finite(value)) for name, value in epoch.get("weights", {}).items()],
    }


def _finite(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
