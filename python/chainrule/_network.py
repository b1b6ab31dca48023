"""Networks by themselves."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from chainrule import _choices, _native
from chainrule._types import Activation


class Layer(NamedTuple):
    """One dense layer: Z = A·Wᵀ + 1·bᵀ, then the activation."""

    n_inputs: int
    n_outputs: int
    activation: str
    parameter: float | None
    bias: bool


class Network:
    """A feed-forward network: numbers in, numbers out, and the derivatives of a loss.

    Weights are n_out × n_in; rows of a batch are samples. A network is not changed: :meth:`with_parameters` gives another.

    Parameters
    ----------
    widths : sequence of int
        From the inputs to the outputs: ``[784, 128, 10]``.
    activation : str, tuple, dict or a list of these, default="relu"
        Of the hidden layers, one for all or a list of one for each.
    output : str or tuple, default="identity"
        Activation of the output layer.
    bias : bool, default=True
        Whether units have biases.
    init : str, default=None
        How weights are drawn. None: by the activation.
    precision : {"f32", "f64"} or a NumPy dtype, default="f64"
        What the network is made of.
    seed : int, default=0
        Decides the weights.

    Raises
    ------
    ValueError
        For widths of 0, unknown names, and softmax elsewhere than at the output.

    Examples
    --------
    >>> import chainrule, numpy as np
    >>> network = chainrule.Network([2, 2, 1], activation="tanh")
    >>> network.layers[0]
    Layer(n_inputs=2, n_outputs=2, activation='tanh', parameter=None, bias=True)
    >>> network = network.with_parameters({
    ...     "layers.0.weight": [[1.0, 0.0], [0.0, 1.0]],
    ...     "layers.1.weight": [[2.0, -1.0]],
    ...     "layers.1.bias": [0.5],
    ... })
    >>> network.forward([[0.0, 0.0]])
    array([[0.5]])
    >>> loss, gradients = network.gradients([[0.0, 0.0]], [[0.0]], loss="mse")
    >>> loss, gradients["layers.1.bias"]
    (0.25, array([1.]))
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        widths: Sequence[int],
        *,
        activation: Activation | Sequence[Activation] = "relu",
        output: Activation = "identity",
        bias: bool = True,
        init: str | None = None,
        precision: DTypeLike = "f64",
        seed: int = 0,
    ) -> None:
        n_inputs, *others = widths
        choices = _choices.per_layer(activation)
        n_hidden = len(others) - 1
        if len(choices) not in (1, n_hidden):
            raise ValueError(f"there are {len(choices)} activations for {n_hidden} hidden layers")
        hidden = choices * n_hidden if len(choices) == 1 else choices
        layers = list(zip(others, [*hidden, _choices.activation(output)]))
        precision = _choices.precision(precision)
        self._native = _native.Network.fresh(n_inputs, layers, bias, init, precision, seed)

    @classmethod
    def _of(cls, native) -> "Network":
        network = object.__new__(cls)
        network._native = native
        return network

    def __repr__(self) -> str:
        widths = [self.n_inputs, *(layer.n_outputs for layer in self.layers)]
        names = " ".join(layer.activation for layer in self.layers)
        return f"Network({'-'.join(map(str, widths))}, {names}, {self._native.precision})"

    def __reduce__(self):
        layers = [(layer.n_outputs, (layer.activation, layer.parameter)) for layer in self.layers]
        return _again, (self.n_inputs, layers, [layer.bias for layer in self.layers], self.parameters)

    @property
    def dtype(self) -> np.dtype[Any]:
        """What the network is made of: float32 or float64."""
        return np.dtype("float32" if self._native.precision == "f32" else "float64")

    @property
    def n_inputs(self) -> int:
        """Columns that the first layer reads; behind the one-hot coding, where there are categories."""
        return self._native.n_inputs

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return self._native.n_parameters

    @property
    def layers(self) -> list[Layer]:
        """The dense layers in order."""
        layers, n_inputs = [], self.n_inputs
        for n_outputs, name, parameter, bias in self._native.layers:
            layers.append(Layer(n_inputs, n_outputs, name, parameter, bias))
            n_inputs = n_outputs
        return layers

    @property
    def parameters(self) -> dict[str, NDArray[Any]]:
        """Copies of all tensors: ``layers.0.weight`` (n_out × n_in), ``layers.0.bias`` (n_out), …"""
        return self._native.parameters()

    def with_parameters(self, parameters: Mapping[str, ArrayLike]) -> "Network":
        """The same network with some tensors replaced.

        Parameters
        ----------
        parameters : dict of str to array-like
            By the names that :attr:`parameters` has; each of the same shape.

        Returns
        -------
        Network

        Raises
        ------
        KeyError
            For a name that no tensor has.
        ValueError
            For another shape.
        """
        return Network._of(
            self._native.with_parameters({name: self._array(values) for name, values in parameters.items()})
        )

    def forward(self, X: ArrayLike, *, n_threads: int = 0) -> NDArray[Any]:
        """The outputs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_inputs)
            The inputs.
        n_threads : int, default=0
            Threads; 0 for as many as the machine offers.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)

        Raises
        ------
        ValueError
            For another number of columns.
        """
        return self.passes(X, n_threads=n_threads)[-1][1]

    def passes(self, X: ArrayLike, *, n_threads: int = 0) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Preactivations Z and activations A of every layer.

        Parameters
        ----------
        X, n_threads
            As of :meth:`forward`.

        Returns
        -------
        list of (ndarray, ndarray), each of shape (n_samples, n_outputs of the layer)

        Raises
        ------
        ValueError
            For another number of columns.
        """
        return self._native.forward(self._matrix(X, "X"), n_threads)

    def gradients(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str,
        delta: float = 1.0,
        label_smoothing: float = 0.0,
        sample_weight: ArrayLike | None = None,
        n_threads: int = 0,
    ) -> tuple[float, dict[str, NDArray[Any]]]:
        """The loss of a batch and its derivative by every weight and bias.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_inputs)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class numbers from 0 for ``cross-entropy`` and ``binary-cross-entropy``, where y has one dimension; else numbers.
        loss : str
            ``mse``, ``half-mse``, ``sse``, ``half-sse``, ``mae``, ``huber``, ``cross-entropy`` (of softmax),
            ``binary-cross-entropy`` (of sigmoid) or ``poisson`` (of exp); each has its own divisor.
        delta, label_smoothing : float
            Numbers of ``huber`` and the cross-entropies.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.
        n_threads : int, default=0
            Threads; 0 for as many as the machine offers.

        Returns
        -------
        loss : float
        gradients : dict of str to ndarray
            By the names, and of the shapes, of :attr:`parameters`.

        Raises
        ------
        ValueError
            For shapes and pairs of loss and output that do not fit.
        """
        y = np.asarray(y)
        if y.ndim == 1 and loss in ("cross-entropy", "binary-cross-entropy"):
            if y.size and (y.min() < 0 or (y != np.floor(y)).any()):
                raise ValueError("y is to hold class numbers from 0")
            targets = y.astype(np.uint32)
        else:
            targets = self._matrix(y[:, None] if y.ndim == 1 else y, "y")
        weights = None if sample_weight is None else self._array(sample_weight)
        return self._native.gradients(self._matrix(X, "X"), targets, loss, delta, label_smoothing, weights, n_threads)

    def _array(self, values):
        return np.asarray(values, dtype=self.dtype)

    def _matrix(self, values, name):
        array = self._array(values)
        if array.ndim != 2:
            raise ValueError(f"{name} has {array.ndim} dimensions; expected 2")
        return array


def _again(n_inputs, layers, biases, parameters) -> Network:
    """The network of a pickle."""
    precision = "f32" if next(iter(parameters.values())).dtype == np.float32 else "f64"
    native = _native.Network.fresh(n_inputs, layers, biases[0], "zeros", precision, 0)
    return Network._of(native.with_parameters(parameters))
