"""What the two estimators have in common: parameters, the fit, and predictions.

The estimators are Python over a thin native core. NumPy draws all random numbers, in the order in which scikit-learn does, and hands
initial weights and orders of rows to the engine, so that results are the same to rounding.
"""

import time
import warnings
from abc import ABC, abstractmethod
from functools import lru_cache
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from chainrule import _lbfgs, _native
from chainrule._portable import PortableMixin
from chainrule._steps import Steps
from chainrule._validation import matrix, native_inputs, rows_of

STOCHASTIC_SOLVERS = ("sgd", "adam")
ACTIVATIONS = (
    "identity", "logistic", "tanh", "relu",
    "sigmoid", "leaky-relu", "elu", "selu", "gelu", "gelu-tanh", "silu", "mish", "softplus", "exp",
)  # fmt: skip
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs")
NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may"
    " contain large values and need to be preprocessed."
)


@lru_cache(maxsize=64)
def order_of_seed(seed, n_samples):
    """The first order of rows that a generator with this seed draws."""
    order = np.arange(n_samples)
    np.random.RandomState(seed).shuffle(order)
    order.flags.writeable = False
    return order


class Rows:
    """Validated rows: X, targets as the engine takes them, and one weight per row or None."""

    def __init__(self, X, targets, n_outputs, weights=None):
        self.X = X
        self.targets = targets
        self.n_outputs = n_outputs
        self.weights = weights

    def select(self, rows):
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Rows(rows_of(self.X, rows), self.targets[rows], self.n_outputs, weights)

    def native(self, dtype):
        """The rows as the native module takes them."""
        targets = self.targets
        if targets.ndim == 2:
            targets = np.ascontiguousarray(targets, dtype=dtype)
        weights = None if self.weights is None else np.ascontiguousarray(self.weights, dtype=dtype)
        return _native.Data(native_inputs(self.X, dtype), targets, weights)


class BaseMLP(PortableMixin, BaseEstimator, ABC):
    """A feed-forward network as a scikit-learn estimator; not to be used itself."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), list, tuple],
        "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS)), None],
        "schedule": [StrOptions({"constant", "invscaling", "adaptive", "step", "exponential", "cosine", "one-cycle"}), None],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "device": [StrOptions({"auto", "cpu"})],
        "initial_weights": [list, tuple, None],
        "max_seconds": [Interval(Real, 0, None, closed="neither"), None],
        "callbacks": [list, tuple, callable, None],
    }

    @abstractmethod
    def _validate_input(self, X, y, incremental, reset, held_out=False):
        """X and y as `Rows`, without weights."""

    @abstractmethod
    def _output(self):
        """The activation of the output layer and the engine's name of the loss."""

    @abstractmethod
    def _score_rows(self, rows):
        """Accuracy or R² of the current weights on validated rows."""

    # The structure ----------------------------------------------------------------------------------------------------

    def _hidden_sizes(self):
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if np.any(np.array(sizes) <= 0):
            raise ValueError("hidden_layer_sizes must be > 0, got %s." % sizes)
        return [int(size) for size in sizes]

    def _per_layer(self, value, name, n_hidden):
        if isinstance(value, (str, Real)):
            return [value] * n_hidden
        values = list(value)
        if len(values) != n_hidden:
            raise ValueError(f"expected one {name} for each of {n_hidden} hidden layers, got {len(values)}: {values}")
        return values

    def _hidden_activations(self, n_hidden):
        activations = self._per_layer(self.activation, "activation", n_hidden)
        for name in activations:
            if name not in ACTIVATIONS:
                raise ValueError(f"unknown activation {name!r}; expected one of {', '.join(ACTIVATIONS)}")
        return activations

    def _layer_activations(self):
        """The names of the activations of all layers, output included."""
        return [*self._hidden_activations(len(self.coefs_) - 1), self.out_activation_]

    def _structure(self):
        n_hidden = len(self.coefs_) - 1
        dropout = [float(share) for share in self._per_layer(self.dropout, "dropout", n_hidden)]
        return {
            "widths": [self.coefs_[0].shape[0], *(int(b.shape[0]) for b in self.intercepts_)],
            "activations": self._layer_activations(),
            "dropout": dropout,
            "loss": self._output()[1],
            "scikit_learn": True,
        }

    def _initialize(self, rows, layer_units, dtype):
        self.n_iter_ = 0
        self.t_ = 0
        self.n_outputs_ = rows.n_outputs
        self.n_layers_ = len(layer_units)
        self.out_activation_ = self._output()[0]
        self.coefs_, self.intercepts_ = self._initial_weights(layer_units, dtype)
        self._keep_best()
        if self._is_stochastic():
            self.loss_curve_ = []
            self._no_improvement_count = 0
            if self.early_stopping:
                self.validation_scores_ = []
                self.best_validation_score_ = -np.inf
                self.best_loss_ = None
            else:
                self.best_loss_ = np.inf
                self.validation_scores_ = None
                self.best_validation_score_ = None

    def _initial_weights(self, layer_units, dtype):
        activations = self._hidden_activations(len(layer_units) - 2)
        coefs, intercepts = [], []
        for layer, (fan_in, fan_out) in enumerate(zip(layer_units[:-1], layer_units[1:])):
            name = activations[min(layer, len(activations) - 1)] if activations else self.activation
            factor = 2.0 if name in ("logistic", "sigmoid") else 6.0
            bound = np.sqrt(factor / (fan_in + fan_out))
            coefs.append(self._random_state.uniform(-bound, bound, (fan_in, fan_out)).astype(dtype, copy=False))
            intercepts.append(self._random_state.uniform(-bound, bound, fan_out).astype(dtype, copy=False))
        if self.initial_weights is not None:
            return self._given_weights(coefs, intercepts)
        return coefs, intercepts

    def _given_weights(self, coefs, intercepts):
        if len(self.initial_weights) != 2:
            raise ValueError("initial_weights must be a pair: a list of weight matrices and a list of bias vectors")
        given = []
        for name, drawn, values in zip(("weights", "biases"), (coefs, intercepts), self.initial_weights):
            shapes, found = [a.shape for a in drawn], [np.shape(a) for a in values]
            if shapes != found:
                raise ValueError(f"initial_weights: expected {name} of shapes {shapes}, got {found}")
            given.append([np.array(a, dtype=d.dtype, order="C") for a, d in zip(values, drawn)])
        return tuple(given)

    def _keep_best(self):
        self._best_coefs = [c.copy() for c in self.coefs_]
        self._best_intercepts = [b.copy() for b in self.intercepts_]

    # The fit ----------------------------------------------------------------------------------------------------------

    def _solver(self):
        return self.solver if self.optimizer is None else self.optimizer

    def _is_stochastic(self):
        return self._solver() != "lbfgs"

    def _check_solver(self):
        if not self._is_stochastic():
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. %s is not stochastic." % self._solver()
            )
        return True

    def _fit(self, X, y, sample_weight=None, incremental=False, validation=(None, None)):
        hidden_sizes = self._hidden_sizes()
        first_pass = "coefs_" not in self.__dict__ or (not self.warm_start and not incremental)
        rows = self._validate_input(X, y, incremental, reset=first_pass)
        if sample_weight is not None:
            rows.weights = _check_sample_weight(sample_weight, rows.X)
        self._weigh_classes(rows)
        self.n_outputs_ = rows.n_outputs
        layer_units = [rows.X.shape[1], *hidden_sizes, rows.n_outputs]
        if first_pass or not (incremental and isinstance(self.random_state, Integral)):
            self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._initialize(rows, layer_units, rows.X.dtype)
        held_out = self._validate_held_out(validation)
        try:
            if self._is_stochastic():
                self._fit_stochastic(rows, incremental, first_pass, held_out)
            else:
                _lbfgs.fit(self, rows)
                if not all(np.isfinite(w).all() for w in (*self.coefs_, *self.intercepts_)):
                    raise ValueError(NOT_FINITE)
        except _native.DivergedError as error:
            what, step = error.args
            epoch = self.n_iter_ + 1
            raise ValueError(
                f"{NOT_FINITE}\nTraining diverged in epoch {epoch} at step {step} of this fit: {what}; the learning rate"
                f" was {self._optimizer.learning_rate:g}."
            ) from None
        return self

    def _weigh_classes(self, rows):
        """Multiplies weights by those of the classes, where an estimator has them."""

    def _validate_held_out(self, validation):
        """The caller's own validation rows, or None."""
        X, y = validation
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val go together; only one of them was given")
        return self._validate_input(X, y, True, reset=False, held_out=True)

    def _settings(self):
        """The rule of the optimizer with its numbers, for the native module."""
        solver, definition = self._solver(), self.optimizer is None
        if definition and solver == "sgd":
            solver = "nesterov" if self.nesterovs_momentum else "momentum"
        if solver == "adamw":
            solver = "adam"  # its decay is the one that is decoupled anyway
        has_dropout = np.any(np.asarray(self.dropout) > 0)
        return {
            "rule": solver,
            "scikit_learn": definition,
            "momentum": float(self.momentum),
            "beta1": float(self.beta_1),
            "beta2": float(self.beta_2),
            "epsilon": float(self.epsilon),
            "decoupled_decay": float(self.weight_decay),
            "clip_norm": float(self.clip_norm or 0.0),
            "seed": int(self._random_state.randint(2**31 - 1)) if has_dropout else 0,
            "n_threads": int(self.n_threads or 0),
        }

    def _policy(self):
        if self.schedule is not None:
            return self.schedule
        return self.learning_rate if self._solver() == "sgd" and self.optimizer is None else "constant"

    def _batch_rows(self, n_samples):
        if isinstance(self.batch_size, str):
            return min(200, n_samples)
        if self.batch_size > n_samples:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
            )
        return int(np.clip(self.batch_size, 1, n_samples))

    def _fit_stochastic(self, rows, incremental, first_pass, held_out):
        if not incremental or "_optimizer" not in self.__dict__:
            self._optimizer = Steps(
                self._structure(),
                self._settings(),
                self.coefs_[0].dtype.name,
                self.learning_rate_init,
                self._policy(),
                self.power_t,
            )
        # A seed starts the generator anew in every call: what it draws is known after the first.
        again = incremental and not first_pass and isinstance(self.random_state, Integral)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        train, held_out = self._split(rows, held_out)
        n_samples = rows.X.shape[0] if train is None else len(train)
        batch_rows = self._batch_rows(n_samples)
        trainer = self._optimizer.native(batch_rows)
        trainer.load(self.coefs_, self.intercepts_)
        data = rows.native(self._optimizer.dtype)
        if held_out is not None:
            self.validation_loss_curve_ = []
        try:
            self._epochs(trainer, data, train, n_samples, batch_rows, held_out, incremental, again)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.")
        finally:
            self.coefs_, self.intercepts_ = trainer.store()
        if self.early_stopping:
            self.coefs_, self.intercepts_ = self._best_coefs, self._best_intercepts

    def _split(self, rows, held_out):
        """Numbers of the rows to train on, None for all, and the rows held out."""
        if not self.early_stopping or held_out is not None:
            return None, held_out
        stratify = rows.targets if is_classifier(self) and self.n_outputs_ == 1 else None
        train, validation = train_test_split(
            np.arange(rows.X.shape[0]),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=stratify,
        )
        if len(validation) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return train, rows.select(validation)

    def _epochs(self, trainer, data, train, n_samples, batch_rows, held_out, incremental, again):
        optimizer, started = self._optimizer, time.monotonic()
        order = np.arange(n_samples)
        validation_data = None if held_out is None else held_out.native(optimizer.dtype)
        # Those that a pass ends with are Python's; those of every step are the engine's.
        schedule = None
        if self.schedule in ("step", "exponential", "cosine", "one-cycle"):
            schedule = (self.schedule, self.max_iter * -(-n_samples // batch_rows))
        self.n_iter_ = 0
        for _ in range(self.max_iter):
            if self.shuffle and again:
                order = order_of_seed(int(self.random_state), n_samples)
            elif self.shuffle:
                places = np.arange(n_samples)
                self._random_state.shuffle(places)
                order = order[places]
            rows = order if train is None else train[order]
            if train is None and not self.shuffle:
                rows = None
            left = None if self.max_seconds is None else self.max_seconds - (time.monotonic() - started)
            loss_sum, seen, complete = trainer.pass_over(
                data, rows, batch_rows, optimizer.learning_rate, float(self.alpha), left, schedule
            )
            self.n_iter_ += 1
            self.loss_ = loss_sum / seen
            self.t_ += seen
            self.loss_curve_.append(self.loss_)
            if self.verbose:
                print("Iteration %d, loss = %.8f" % (self.n_iter_, self.loss_))
            if held_out is not None or self.callbacks:
                self.coefs_, self.intercepts_ = trainer.store()
            if held_out is not None:
                self.validation_loss_curve_.append(trainer.loss(validation_data))
            self._note_improvement(held_out)
            optimizer.pass_ends(self.t_)
            if self._stalls() or not complete or self._out_of_time(started) or self._called_off():
                break
            if incremental:
                break
            if self.n_iter_ == self.max_iter:
                warnings.warn(
                    "Stochastic Optimizer: Maximum iterations (%d) reached and the optimization hasn't converged yet."
                    % self.max_iter,
                    ConvergenceWarning,
                )

    def _note_improvement(self, held_out):
        if self.early_stopping:
            score = self._score_rows(held_out)
            self.validation_scores_.append(score)
            if self.verbose:
                print("Validation score: %f" % score)
            if score < self.best_validation_score_ + self.tol:
                self._no_improvement_count += 1
            else:
                self._no_improvement_count = 0
            if score > self.best_validation_score_:
                self.best_validation_score_ = score
                self._keep_best()
        else:
            loss = self.loss_curve_[-1]
            if loss > self.best_loss_ - self.tol:
                self._no_improvement_count += 1
            else:
                self._no_improvement_count = 0
            if loss < self.best_loss_:
                self.best_loss_ = loss

    def _stalls(self):
        """Whether there was no improvement for so long that training ends."""
        if self._no_improvement_count <= self.n_iter_no_change:
            return False
        what = "Validation score" if self.early_stopping else "Training loss"
        message = "%s did not improve more than tol=%f for %d consecutive epochs." % (
            what,
            self.tol,
            self.n_iter_no_change,
        )
        if self._optimizer.stops(message, self.verbose):
            return True
        self._no_improvement_count = 0
        return False

    def _out_of_time(self, started):
        return self.max_seconds is not None and time.monotonic() - started >= self.max_seconds

    def _called_off(self):
        """Calls the callbacks; whether one of them ends the training."""
        callbacks = [self.callbacks] if callable(self.callbacks) else self.callbacks or ()
        return any([bool(callback(self)) for callback in callbacks])

    # Predictions ------------------------------------------------------------------------------------------------------

    def _outputs(self, X):
        """The outputs of the network, (n_samples, n_outputs), for X as a user gives it."""
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        return self._outputs_of(matrix(self, X))

    def _outputs_of(self, X):
        """The outputs of the network for a validated X."""
        coefs, intercepts = self.coefs_, self.intercepts_
        dtype = np.result_type(X.dtype, *(c.dtype for c in coefs)) if X.dtype != coefs[0].dtype else X.dtype
        if dtype not in (np.float32, np.float64):
            dtype = np.dtype(np.float64)
        coefs = [w if w.dtype == dtype and w.flags.c_contiguous else np.ascontiguousarray(w, dtype) for w in coefs]
        intercepts = [b if b.dtype == dtype else np.ascontiguousarray(b, dtype) for b in intercepts]
        inputs = X if type(X) is np.ndarray and X.dtype == dtype and X.flags.c_contiguous else native_inputs(X, dtype)
        return _native.predict(coefs, intercepts, self._layer_activations(), inputs, self.n_threads or 0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
