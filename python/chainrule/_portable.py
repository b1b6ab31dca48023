"""How fitted estimators travel: to model files, ONNX, derivations, and scikit-learn's own estimators."""

import copy
from typing import Any, Self

import numpy as np
import scipy.sparse
import sklearn.neural_network
from sklearn.base import is_classifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from chainrule import _choices, _columns, _native
from chainrule import _model as _models
from chainrule._explain import Derivation, explain
from chainrule._model import Model
from chainrule._types import Path

# The engine's names of what scikit-learn calls otherwise.
_ACTIVATIONS = {"logistic": "sigmoid"}
_LOSSES = {"squared_error": "half-mse", "poisson": "poisson", "absolute_error": "mae", "huber": "huber"}
_SKLEARN_LOSSES = ("squared_error", "poisson")
_SKLEARN_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")


class PortableMixin:
    """Methods of fitted estimators that lead elsewhere."""

    def save(self, path: Path) -> None:
        """Save the fitted network as a model file, which the command line and :func:`chainrule.load` read.

        The file keeps weights and their precision, the task, classes, and names of columns. An existing file is replaced as a
        whole.

        Parameters
        ----------
        path : str or os.PathLike
            Where to; the usual ending is ``.safetensors``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        OSError
            When the file cannot be written.
        ValueError
            For a classifier of a single class, and for weights that are not finite.
        """
        self._to_model().save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load what :meth:`save` wrote, as an estimator with the same predictions.

        Parameters of the training that play no part in predictions have their defaults.

        Parameters
        ----------
        path : str or os.PathLike
            The file.

        Returns
        -------
        estimator
            Of this class.

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it is no model, or one of another class; :func:`chainrule.load` loads any.
        """
        model = _models.load(path)
        saved = model.training.get("estimator")
        if saved != cls.__name__:
            kind = f"a {saved}" if saved else "a model of the engine"
            raise ValueError(f"{path} holds {kind}, no {cls.__name__}; chainrule.load(path) loads any model")
        return _of_model(cls, model)

    def to_onnx(self, path: Path | None = None) -> bytes:
        """The fitted network as an ONNX graph.

        Parameters
        ----------
        path : str or os.PathLike, default=None
            Where the graph is saved as well.

        Returns
        -------
        bytes
            The file. Its input is ``numbers`` of shape (n_samples, n_features) and of the precision of the fit; its outputs are
            ``label`` and ``probabilities``, or ``prediction``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        OSError
            When the file cannot be written.
        ValueError
            As of :meth:`save`.
        """
        return self._to_model().to_onnx(path)

    def explain(self, X: Any, y: Any, **options: Any) -> Derivation:
        """Work out the step of gradient descent that the fitted network would take on some rows.

        ``alpha`` is in it as the fit has it: divided by the number of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            A few rows; one is easiest to read.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        **options
            ``forms``, ``layer``, ``unit``, ``weight`` and ``digits`` of :func:`chainrule.explain`.

        Returns
        -------
        chainrule.Derivation

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            For rows that do not fit, and for a step that leaves the finite numbers.
        """
        X = X.toarray() if scipy.sparse.issparse(X) else X
        return explain(self._to_model(n_rows=len(X)), X, y, **options)

    def to_sklearn(self) -> Any:
        """The same fitted network as scikit-learn's estimator of the same name.

        Returns
        -------
        sklearn.neural_network.MLPClassifier or sklearn.neural_network.MLPRegressor
            With equal predictions. What the optimizer remembered is not in it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            For an activation that scikit-learn does not have.
        """
        check_is_fitted(self)
        kind = getattr(sklearn.neural_network, type(self).__name__)
        names = {_sklearn_name(name) for name in _hidden_activations(self)}
        if len(names) > 1 or not names <= set(_SKLEARN_ACTIVATIONS):
            raise ValueError(
                f"scikit-learn has one activation for all hidden layers, of {', '.join(_SKLEARN_ACTIVATIONS)};"
                f" this network has {', '.join(sorted(names))}"
            )
        known = kind().get_params()
        parameters = {name: value for name, value in self.get_params(deep=False).items() if name in known}
        parameters["activation"] = next(iter(names), "identity")
        if parameters.get("loss") not in _SKLEARN_LOSSES:
            parameters.pop("loss", None)  # one of ours alone; it plays no part in predictions
        estimator = kind(**copy.deepcopy(parameters))
        _take_fit(estimator, self)
        estimator.out_activation_ = _sklearn_output(self.out_activation_, estimator)
        return estimator

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """An estimator of this class with the fit of scikit-learn's.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPClassifier or sklearn.neural_network.MLPRegressor
            A fitted one.

        Returns
        -------
        estimator
            Of this class, with the same parameters and equal predictions. What the optimizer remembered is not in it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            When it is not fitted.
        TypeError
            When it is none of that kind.
        """
        kind = getattr(sklearn.neural_network, cls.__name__)
        if not isinstance(estimator, kind):
            raise TypeError(f"expected a sklearn.neural_network.{cls.__name__}, got {type(estimator).__name__}")
        check_is_fitted(estimator)
        twin = cls(**copy.deepcopy(estimator.get_params(deep=False)))
        _take_fit(twin, estimator)
        return twin

    def _to_model(self, n_rows=None) -> Model:
        """The fitted network as a model of the engine; with the decay of a batch of so many rows."""
        check_is_fitted(self)
        n_features = self.coefs_[0].shape[0]
        names = getattr(self, "feature_names_in_", None)
        names = [f"feature {i}" for i in range(n_features)] if names is None else [str(name) for name in names]
        task, classes, labels = _task(self)
        n_targets = 1 if task == "classification" else self.n_outputs_
        output = _ACTIVATIONS.get(self.out_activation_, self.out_activation_)
        hidden = [(_ACTIVATIONS.get(name, name), None) for name in _hidden_activations(self)]
        frame = {
            "activations": [*hidden, (output, None)],
            "loss": _loss(self, output),
            "feature_names": names,
            "target_names": ["label"] if n_targets == 1 else [f"label {k}" for k in range(n_targets)],
            "task": task,
            "classes": classes,
            "training": _record(self, labels, n_rows),
        }
        dtype = np.result_type(*self.coefs_, *self.intercepts_)
        layers = [
            (np.ascontiguousarray(weights.T, dtype=dtype), np.ascontiguousarray(biases, dtype=dtype))
            for weights, biases in zip(self.coefs_, self.intercepts_)
        ]
        return Model._of(_native.model_of_layers(layers, frame))


def _hidden_activations(estimator):
    """The name of each hidden layer's activation."""
    n_hidden = len(estimator.coefs_) - 1
    given = estimator.activation
    return [given] * n_hidden if isinstance(given, str) else [_choices.activation(one)[0] for one in given]


def _sklearn_name(name):
    return "logistic" if name == "sigmoid" else name


def _sklearn_output(name, estimator):
    """The output activation as scikit-learn names it; an exponential only where it knows Poisson's loss."""
    if name == "exp" and "loss" not in estimator.get_params():
        raise ValueError("this version of scikit-learn has no loss='poisson'")
    return _sklearn_name(name)


def _is_multilabel(estimator):
    return estimator._label_binarizer.y_type_.startswith("multilabel")


def _task(estimator):
    """The task, the names of the classes, and of what type they are."""
    if not is_classifier(estimator):
        return "regression", [], None
    if _is_multilabel(estimator):
        return "multi-label", [], None
    classes = np.asarray(estimator.classes_)
    if classes.dtype.kind == "b":
        return "classification", [str(bool(one)) for one in classes], "bool"
    names = [_columns.text(one) for one in classes.tolist()]
    kind = {"i": "integer", "u": "integer", "f": "float"}.get(classes.dtype.kind, "text")
    return "classification", names, kind


def _loss(estimator, output):
    if is_classifier(estimator):
        usual = "cross-entropy" if output == "softmax" else "binary-cross-entropy"
        # Two classes share an output under this loss alone; a file says so, whatever the fit minimised.
        is_shared = estimator.n_outputs_ == 1 and not _is_multilabel(estimator)
        return usual if is_shared else getattr(estimator, "loss", None) or usual
    return _LOSSES[getattr(estimator, "loss", "squared_error")]


def _record(estimator, labels, n_rows):
    """How the fit came about, for people and for a later explanation."""
    rule = getattr(estimator, "optimizer", None) or estimator.solver
    if rule == "sgd" and getattr(estimator, "optimizer", None) is None:
        rule = "nesterov" if estimator.nesterovs_momentum else "momentum"
    record = {
        "estimator": type(estimator).__name__,
        "optimizer": rule,
        "learning_rate": repr(float(estimator.learning_rate_init)),
        "alpha": repr(float(estimator.alpha)),
        "epochs": str(getattr(estimator, "n_iter_", "")),
    }
    if labels is not None:
        record["labels"] = labels
    if n_rows:
        record["weight_decay"] = repr(float(estimator.alpha) / n_rows)
    return record


def _take_fit(to, fitted):
    """Copy what was fitted, but for the optimizer, whose memory is another class's."""
    parameters = fitted.get_params(deep=False)
    for name, value in vars(fitted).items():
        if (name.startswith("_") or name.endswith("_")) and name not in parameters and name != "_optimizer":
            setattr(to, name, copy.deepcopy(value))


def _of_model(cls, model):
    """An estimator of the layers of a model that one was saved as."""
    parameters, layers = model.network.parameters, model.network.layers
    hidden = [_sklearn_name(layer.activation) for layer in layers[:-1]]
    activation = hidden[0] if len(set(hidden)) == 1 else hidden or "relu"
    estimator = cls(hidden_layer_sizes=tuple(layer.n_outputs for layer in layers[:-1]), activation=activation)
    estimator.solver = {"adam": "adam", "lbfgs": "lbfgs"}.get(model.training["optimizer"], "sgd")
    estimator.learning_rate_init = float(model.training["learning_rate"])
    estimator.alpha = float(model.training["alpha"])
    if not is_classifier(estimator):
        estimator.loss = next(name for name, loss in _LOSSES.items() if loss == model.loss)
    estimator.coefs_ = [np.ascontiguousarray(parameters[f"layers.{i}.weight"].T) for i in range(len(layers))]
    estimator.intercepts_ = [parameters[f"layers.{i}.bias"] for i in range(len(layers))]
    estimator.n_features_in_, estimator.n_layers_ = model.network.n_inputs, len(layers) + 1
    estimator.n_outputs_ = layers[-1].n_outputs
    estimator.out_activation_ = _sklearn_name(layers[-1].activation)
    estimator.n_iter_, estimator.t_ = int(model.training["epochs"] or 0), 0
    names = model.feature_names
    if names != [f"feature {i}" for i in range(len(names))]:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    if is_classifier(estimator):
        multilabel = np.eye(estimator.n_outputs_, dtype=int) if model.task == "multi-label" else None
        estimator._label_binarizer = LabelBinarizer().fit(model.classes if multilabel is None else multilabel)
        estimator.classes_ = estimator._label_binarizer.classes_
    return estimator
