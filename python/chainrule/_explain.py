"""Derivations of one step of gradient descent, and judgements of those made by hand."""

import html
import json
import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from chainrule import _columns, _native
from chainrule._dataset import table
from chainrule._model import Model

_FORMS = ("component", "matrix", "tensor")


class Derivation:
    """One step of gradient descent with the numbers in it: what :func:`explain` returns.

    It prints as text, and shows as a page of formulas in a notebook.
    """

    __slots__ = ("_native", "digits")

    def __init__(self, native: _native.Derivation, digits: int = 6) -> None:
        self._native, self.digits = native, digits
        if native.disagreement is not None:
            message = f"{native.disagreement}\nthat is a bug of chainrule: please report it"
            warnings.warn(message, RuntimeWarning, stacklevel=3)

    def __str__(self) -> str:
        return self._native.text(self.digits)

    def __repr__(self) -> str:
        return f"<Derivation: {self.title}>"

    @property
    def title(self) -> str:
        """What it is about."""
        return self._native.title

    def to_html(self) -> str:
        """A page that needs no network and no script."""
        return self._native.html(self.digits)

    def to_latex(self) -> str:
        """A document that compiles as it is."""
        return self._native.latex(self.digits)

    def to_json(self) -> str:
        """All numbers, unrounded, and all lines."""
        return self._native.json(self.digits)

    def _repr_html_(self) -> str:
        # A frame of its own: the page has its own looks, and must not change those of the notebook.
        page = html.escape(self.to_html(), quote=True)
        return f'<iframe title="{html.escape(self.title)}" srcdoc="{page}" style="width: 100%; height: 40em; border: 0"></iframe>'

    def _repr_latex_(self) -> str:
        sections = []
        for title, lines in self._native.formulas(self.digits):
            rows = " \\\\\n".join(f"& {line}" for line in [f"\\textbf{{{_escaped(title)}}}", *lines])
            sections.append(f"$$\\begin{{align*}}\n{rows}\n\\end{{align*}}$$")
        return "\n\n".join(sections)


class Judgement:
    """What :func:`check` says of a derivation made by hand. It prints as text, and shows as a table in a notebook.

    Attributes
    ----------
    n_wrong : int
        How many numbers are wrong.
    skipped : list of str
        What was not understood in a text, a sentence each.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Check) -> None:
        self._native = native

    def __str__(self) -> str:
        return self._native.text()

    def __repr__(self) -> str:
        return f"<Judgement: {self.n_wrong} of {len(self.numbers)} numbers wrong>"

    @property
    def n_wrong(self) -> int:
        """How many numbers are wrong."""
        return self._native.n_wrong

    @property
    def skipped(self) -> list[str]:
        """What was not understood in a text, a sentence each."""
        return self._native.skipped

    @property
    def numbers(self) -> list[dict[str, Any]]:
        """One dict per number: ``symbol``, ``claim``, ``index``, ``where``, ``printed``, ``right``, ``verdict``, ``causes``."""
        return json.loads(self.to_json())

    def to_json(self) -> str:
        """A list with an object per number."""
        return self._native.json()

    def _rows(self):
        for one in self.numbers:
            index = ",".join(map(str, one["index"]))
            symbol = f"{one['symbol']}[{index}]" if index else one["symbol"]
            yield (
                symbol,
                one["where"],
                one["printed"],
                f"{one['right']:.6g}",
                one["verdict"],
                ", ".join(map(str, one["causes"])),
            )

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n" for row in self._rows()
        )
        header = "".join(f"<th>{name}</th>" for name in ("symbol", "where", "printed", "right", "verdict", "causes"))
        return f"<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{cells}</tbody>\n</table>"

    def _repr_latex_(self) -> str:
        rows = " \\\\\n".join(" & ".join(f"\\text{{{_escaped(cell)}}}" for cell in row) for row in self._rows())
        return f"$$\\begin{{array}}{{llrrll}}\n{rows}\n\\end{{array}}$$"


def explain(
    source: Any,
    data: Any = None,
    y: ArrayLike | None = None,
    *,
    rows: int | Sequence[int] | None = None,
    forms: Sequence[str] = _FORMS,
    layer: int | None = None,
    unit: int | None = None,
    weight: tuple[int, int] | None = None,
    digits: int = 6,
) -> Derivation:
    """Work out one step of gradient descent in full.

    Parameters
    ----------
    source : str, os.PathLike, dict, Model or a fitted estimator
        A step by hand (the text of an EXAMPLE.toml, its path, or the same as a dict), the name of an example that comes with
        the program, or what is trained.
    data : Dataset, path, DataFrame or array-like of shape (n_samples, n_features), default=None
        The rows that a model takes a step on.
    y : array-like, default=None
        Their targets, where they are not in `data`.
    rows : int or sequence of int, default=None
        Which rows, from 0. None: all.
    forms : sequence of {"component", "matrix", "tensor"}
        In which forms derivatives are written.
    layer, unit : int, default=None
        Write out this layer, or this unit of each, only; both from 1.
    weight : (int, int), default=None
        Write out this weight of each layer only: unit and input, from 1.
    digits : int, default=6
        Significant digits of printed numbers; nothing is computed from rounded ones.

    Returns
    -------
    Derivation

    Raises
    ------
    ValueError
        When there is no such step; the message names line and column.
    OSError
        When a file cannot be read.

    Warns
    -----
    RuntimeWarning
        When the derivation disagrees with central differences or with the engine: a bug, to be reported.

    Examples
    --------
    >>> import chainrule
    >>> step = {
    ...     "loss": "half-mse", "learning_rate": 0.1, "x": [[1.0, 2.0]], "y": [[1.0]],
    ...     "layers": [{"activation": "identity", "weights": [[0.5, -0.25]]}],
    ... }
    >>> derivation = chainrule.explain(step, forms=["component"])
    >>> derivation
    <Derivation: 2-1, half-mse>
    >>> "loss" in str(derivation)
    True
    """
    chosen = {"forms": list(forms), "layer": layer, "unit": unit, "weight": weight}
    if isinstance(source, Model):
        if data is None:
            raise TypeError("a model is explained on rows of data: explain(model, X, y)")
        native = table(data, source._native, y) if y is not None or not _columns.is_path(data) else _with_targets(data)
        wanted = range(native.n_rows) if rows is None else np.atleast_1d(rows).tolist()
        return Derivation(_native.explain_model(source._native, native, list(wanted), chosen), digits)
    if hasattr(source, "_to_model"):
        return explain(
            source._to_model(n_rows=len(data)),
            data,
            y,
            rows=rows,
            forms=forms,
            layer=layer,
            unit=unit,
            weight=weight,
            digits=digits,
        )
    if data is not None or y is not None or rows is not None:
        raise TypeError("a step by hand has its rows in it; leave data, y and rows out")
    text, name = _text(source)
    return Derivation(_native.explain_example(text, name, chosen), digits)


def check(source: Any, *, format: Literal["toml", "markdown", "latex"] | None = None) -> Judgement:
    """Judge a derivation made by hand: which numbers are right, which are wrong, and why.

    Parameters
    ----------
    source : str, os.PathLike or dict
        A WORKED.toml (its text, its path, or the same as a dict): a step with ``claims``. Or a text in Markdown or LaTeX.
    format : {"toml", "markdown", "latex"}, default=None
        None: by the ending of a path (``.md``, ``.tex``), else TOML.

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        When there is no such step, or no claim.
    OSError
        When a file cannot be read.

    Warns
    -----
    UserWarning
        For what was not understood in a text.

    Examples
    --------
    >>> import chainrule
    >>> worked = {
    ...     "loss": "half-mse", "learning_rate": 0.1, "x": [[1.0, 2.0]], "y": [[1.0]],
    ...     "layers": [{"activation": "identity", "weights": [[0.5, -0.25]]}],
    ...     "claims": [{"symbol": "z1", "value": [["0.0"]]}, {"symbol": "loss", "value": "1.0"}],
    ... }
    >>> judgement = chainrule.check(worked)
    >>> judgement
    <Judgement: 1 of 2 numbers wrong>
    >>> judgement.numbers[1]["causes"]
    ['factor-2']
    """
    formats = {".md": "markdown", ".markdown": "markdown", ".tex": "latex"}
    text, name = _text(source)
    if format is None:
        format = formats.get(pathlib.PurePath(name).suffix.lower(), "toml")
    elif format not in ("toml", "markdown", "latex"):
        raise ValueError(f"format is {format!r}; expected 'toml', 'markdown' or 'latex'")
    if text is None:
        raise FileNotFoundError(f"there is no file {name}")
    judgement = Judgement(_native.check(text, name, format))
    for skipped in judgement.skipped:
        warnings.warn(f"{name}, {skipped}", UserWarning, stacklevel=2)
    return judgement


def _text(source):
    """The text of a step and what messages call it; no text for the name of an example."""
    if isinstance(source, dict):
        return _native.toml_of_json(json.dumps(source, default=_plain)), "the dict"
    if isinstance(source, str) and ("\n" in source or "=" in source):
        return source, "the text"
    if isinstance(source, os.PathLike) or (isinstance(source, str) and os.path.exists(source)):
        return pathlib.Path(source).read_text(encoding="utf-8"), os.fspath(source)
    if isinstance(source, str):
        if pathlib.PurePath(source).suffix:
            raise FileNotFoundError(f"there is no file {source}")
        return None, source
    raise TypeError(f"expected a text, a path, a dict, a Model or a fitted estimator, got {type(source).__name__}")


def _plain(value):
    """Arrays and NumPy's numbers as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a step holds numbers and texts, not {type(value).__name__}")


def _with_targets(path):
    """The table of a file, with the targets among its columns; a model finds them by name."""
    options = dict(drop=[], categorical=[], sample_weight=None, missing_values=None, missing="impute")
    options.update(target=[], header=True, delimiter=None, on_bad_row="error")
    return _native.Table.read(os.fspath(path), None, options)


def _escaped(text):
    """A text within \\text{…}."""
    return "".join(f"\\{c}" if c in "#$%&_{}" else "" if c in "\\^~" else c for c in text)
