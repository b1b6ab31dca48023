"""Training."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy.typing

from chainrule import _choices, _native
from chainrule._dataset import Dataset
from chainrule._model import Model
from chainrule._types import Activation


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
    ) -> Model:
        """Train a model.

        The interpreter's lock is released meanwhile. Ctrl-C ends the training within the epoch, warns, and returns the
        model so far.

        Parameters
        ----------
        data : Dataset
            The rows to train on. Parts are held out as the configuration says.
        validation, test : Dataset, default=None
            Rows of their own for that.
        callback : callable, default=None
            Called after every epoch with a dict of ``epoch``, ``step``, ``train_loss``, ``validation_loss``,
            ``validation_score``, ``learning_rate``, ``seconds`` and ``best``. If it returns something true, training ends.

        Returns
        -------
        Model
            With ``history`` and ``results``.

        Raises
        ------
        ValueError
            For a configuration that cannot be and for data that cannot be trained on.
        FloatingPointError
            When the loss or the weights are no longer finite; the message names epoch, layer and learning rate.
        MemoryError
            When the network would not fit.
        """
        parts = (data, validation, test)
        for part in parts:
            if part is not None and not isinstance(part, Dataset):
                raise TypeError(f"expected a chainrule.Dataset, got {type(part).__name__}")
        native, told = _native.train(self._settings(), *(part and part._native for part in parts), callback)
        for warning in told.pop("warnings"):
            warnings.warn(warning, UserWarning, stacklevel=2)
        if told.pop("interrupted"):
            warnings.warn("Training interrupted by user.", UserWarning, stacklevel=2)
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
