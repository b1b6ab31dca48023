"""Training."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy.typing

from chainrule import _choices, _native
from chainrule._dataset import Dataset
from chainrule._model import Model
from chainrule._types import Activation, Path


class Trainer:
    """Trains models by one configuration. What is None is chosen by the data.

    Parameters
    ----------
    hidden : sequence of int, default=(128, 64)
        Widths of the hidden layers; empty for a linear model.
    activation : str, tuple, dict or a list of these, default="relu"
        Activation of the hidden layers, one for all or a list of one for each: ``"tanh"``, ``("leaky-relu", 0.1)``,
        ``{"name": "elu", "alpha": 0.5}``.
    output : str or tuple, default=None
        Activation of the output layer. None: the one that goes with the loss.
    loss : str, default=None
        ``mse``, ``half-mse``, ``sse``, ``half-sse``, ``mae``, ``huber``, ``cross-entropy``, ``binary-cross-entropy`` or
        ``poisson``. None: ``cross-entropy``, ``binary-cross-entropy`` or ``mse`` by the task.
    task : {"classification", "regression", "multi-label"}, default=None
        None: by the targets.
    init : str, default=None
        How weights are drawn. None: by the activation.
    bias : bool, default=True
        Whether units have biases.
    dropout : float or list of float, default=0.0
        Share of each hidden layer's activations dropped while training.
    precision : {"f32", "f64"} or a NumPy dtype, default="f32"
        What the network is made of.
    delta : float, default=1.0
        Where ``huber`` turns from a square into a line.
    label_smoothing : float, default=0.0
        The share of a row's target that is spread over all classes.
    optimizer : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"}, default="adam"
        The rule that moves the weights, by PyTorch's definitions.
    learning_rate : float, default=None
        None: one that mostly works with the optimizer (adam: 0.001).
    momentum, beta1, beta2, alpha, epsilon : float
        What the optimizer's formula names so.
    weight_decay : float, default=0.0
        The pull of weights towards 0.
    clip_norm : float, default=0.0
        The largest norm of all gradients together; 0 for any.
    schedule : str or dict, default="constant"
        ``constant``, ``step``, ``exponential``, ``cosine``, ``one-cycle``, ``invscaling`` or ``adaptive``; as a dict with
        parameters: ``{"name": "step", "every": 10, "factor": 0.5}``.
    warmup : int, default=0
        Steps of linear warm-up.
    batch_size : int, "full" or None, default=None
        Rows per step. None: 32, or all for lbfgs.
    epochs : int, default=100
        The most passes over the training rows.
    patience : int, default=10
        Epochs without improvement after which training stops; 0 never stops it.
    tolerance : float, default=1e-4
        By how much the loss must fall to count as an improvement.
    target_loss : float, default=0.0
        Training loss at which training stops; 0 for none.
    max_seconds : float, default=0.0
        Seconds after which training stops; 0 for any number.
    seed : int, default=0
        Decides splits, initial weights, order of samples and dropout.
    n_threads : int, default=0
        Threads; 0 for as many as the machine offers. The result is the same for any number.
    validation, test : float, default=0.1 and 0.0
        Shares of the rows that are held out.
    standardize : bool, default=True
        Whether features, and the targets of a regression, are standardised.
    missing : {"impute", "error"}, default="impute"
        What happens to missing features.
    map_labels : dict, default=None
        Labels that are meant as others.
    class_weight : "balanced" or dict, default=None
        How much the rows of each class count.

    Raises
    ------
    ValueError
        From :meth:`fit`, for values that cannot be.

    Examples
    --------
    >>> import chainrule
    >>> data = chainrule.Dataset.embedded("iris")
    >>> model = chainrule.Trainer(hidden=(16,), learning_rate=0.01, seed=1).fit(data)
    >>> model.evaluate(data)["accuracy"] > 0.9
    True
    """

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (128, 64),
        activation: Activation | Sequence[Activation] = "relu",
        output: Activation | None = None,
        loss: str | None = None,
        task: Literal["classification", "regression", "multi-label"] | None = None,
        init: str | None = None,
        bias: bool = True,
        dropout: float | Sequence[float] = 0.0,
        precision: numpy.typing.DTypeLike = "f32",
        delta: float = 1.0,
        label_smoothing: float = 0.0,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float = 0.9,
        beta1: float = 0.9,
        beta2: float = 0.999,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        clip_norm: float = 0.0,
        schedule: str | Mapping[str, Any] = "constant",
        warmup: int = 0,
        batch_size: int | Literal["full"] | None = None,
        epochs: int = 100,
        patience: int = 10,
        tolerance: float = 1e-4,
        target_loss: float = 0.0,
        max_seconds: float = 0.0,
        seed: int = 0,
        n_threads: int = 0,
        validation: float = 0.1,
        test: float = 0.0,
        standardize: bool = True,
        missing: Literal["impute", "error"] = "impute",
        map_labels: Mapping[Any, Any] | None = None,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
    ) -> None:
        given = dict(locals())
        del given["self"]
        self._given = given

    def __repr__(self) -> str:
        defaults = Trainer.__init__.__kwdefaults__
        said = (f"{name}={value!r}" for name, value in self._given.items() if value != defaults[name])
        return f"Trainer({', '.join(said)})"

    def fit(
        self,
        data: Dataset,
        *,
        validation: Dataset | None = None,
        test: Dataset | None = None,
        callback: Callable[[dict[str, Any]], object] | None = None,
        checkpoint: Path | None = None,
        checkpoint_every: str = "30s",
        keep: int = 3,
        resume: Path | None = None,
        force_resume: bool = False,
        norms: bool = False,
        watch: Sequence[str] = (),
    ) -> Model:
        """Train a model.

        The interpreter's lock is released meanwhile. Ctrl-C ends the training within the epoch, warns, and returns the
        model so far, which is not measured: its ``results`` have None for ``train``, ``validation`` and ``test``.

        With `checkpoint` the training survives whatever ends the process: called again with ``resume="auto"``, it goes on
        where it was, and ends with the bits of a training that was never interrupted. The files are those of the command
        line's ``--checkpoint``; each may go on with the other's.

        Parameters
        ----------
        data : Dataset
            The rows to train on. Parts are held out as the configuration says.
        validation, test : Dataset, default=None
            Rows of their own for that.
        callback : callable, default=None
            Called after every epoch with a dict of ``epoch``, ``step``, ``train_loss``, ``validation_loss``,
            ``validation_score``, ``learning_rate``, ``seconds`` and ``best``. If it returns something true, training ends.
        checkpoint : path, default=None
            A folder for the state of the training; it is made if there is none.
        checkpoint_every : str, default="30s"
            Seconds, steps or epochs: ``"30s"``, ``"50steps"``, ``"1epoch"``.
        keep : int, default=3
            How many of the newest checkpoints stay.
        resume : "auto" or path, default=None
            ``"auto"``: go on from the newest valid checkpoint in `checkpoint`, or begin where there is none. A path: go on
            from the newest valid one in that folder, which must have one. None: a folder that has checkpoints is refused.
        force_resume : bool, default=False
            Go on although data or configuration are others than the checkpoint's.
        norms : bool, default=False
            Measure ``gradient_norms`` and ``update_norms`` of every layer too, in the last step of each epoch.
        watch : sequence of str, default=()
            Weights and biases, such as ``"layers.0.weight[0,1]"``, whose values after each epoch are told as ``weights``.

        Returns
        -------
        Model
            With ``history`` and ``results``; their ``resumed`` is the file and the step that it went on from, or None.

        Raises
        ------
        ValueError
            For a configuration that cannot be, for data that cannot be trained on, and for a checkpoint of other data or
            another configuration; the message names what differs.
        OSError
            When a checkpoint cannot be written, or its folder is in use by another training.
        FloatingPointError
            When the loss or the weights are no longer finite; the message names epoch, layer and learning rate.
        MemoryError
            When the network would not fit.
        """
        parts = (data, validation, test)
        for part in parts:
            if part is not None and not isinstance(part, Dataset):
                raise TypeError(f"expected a chainrule.Dataset, got {type(part).__name__}")
        tables = (part and part._native for part in parts)
        checkpoints = _checkpoints(checkpoint, checkpoint_every, keep, resume, force_resume)
        native, told = _native.train(self._settings(), *tables, callback, checkpoints, norms, list(watch))
        if told["resumed"] is not None:
            file, step, passed_over = told["resumed"]
            told["resumed"] = file, step
            told["warnings"] += [f"a checkpoint cannot be used: {file}" for file in passed_over]
        for warning in told.pop("warnings"):
            warnings.warn(warning, UserWarning, stacklevel=2)
        if told.pop("interrupted"):
            hint = "" if checkpoints is None else f" Its state is in {checkpoints['folder']}."
            warnings.warn(f"Training interrupted by user.{hint}", UserWarning, stacklevel=2)
        return Model._of(native, history=told.pop("epochs"), results=told)

    def _settings(self):
        """The configuration as the native module takes it."""
        settings = dict(self._given)
        schedule, weights = settings.pop("schedule"), settings.pop("class_weight")
        schedule = {"name": schedule} if isinstance(schedule, str) else dict(schedule)
        batch_size = settings["batch_size"]
        dropout = settings["dropout"]
        settings.update(
            hidden=list(settings["hidden"]),
            activation=_choices.per_layer(settings["activation"]),
            output=None if settings["output"] is None else _choices.activation(settings["output"]),
            precision=_choices.precision(settings["precision"]),
            dropout=[dropout] if isinstance(dropout, (int, float)) else list(dropout),
            batch_size="auto" if batch_size is None else str(batch_size),
            schedule=schedule.pop("name", "constant"),
            schedule_unit=schedule.pop("unit", None),
            schedule_numbers=schedule,
            map_labels=[(str(old), str(new)) for old, new in (settings["map_labels"] or {}).items()],
            balanced=weights == "balanced",
            class_weight=[(str(name), weight) for name, weight in weights.items()]
            if isinstance(weights, dict)
            else None,
        )
        if not (weights is None or weights == "balanced" or isinstance(weights, dict)):
            raise ValueError(f"class_weight is {weights!r}; expected None, 'balanced' or a dict")
        return settings


def _checkpoints(folder, every, keep, resume, force):
    """Where and when a training keeps its state, as the native module takes it; None for nowhere."""
    is_auto = isinstance(resume, str) and resume == "auto"
    source = None if resume is None or is_auto else os.fspath(resume)
    if folder is None and is_auto:
        raise ValueError("resume='auto' looks in the folder of checkpoint, and none is given")
    if force and resume is None:
        raise ValueError("force_resume goes with resume")
    if folder is None and source is None:
        return None
    return {
        "folder": source if folder is None else os.fspath(folder),
        "every": every,
        "keep": keep,
        "resume": resume is not None,
        "source": source,
        "force": force,
    }
