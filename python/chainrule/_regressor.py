"""The regressor."""

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from chainrule._base import BaseMLP, Rows
from chainrule._validation import is_plain

LOSSES = {"squared_error": "half-mse", "poisson": "poisson", "absolute_error": "mae", "huber": "huber"}


class MLPRegressor(RegressorMixin, BaseMLP):
    """@DOC@"""

    _parameter_constraints: dict = {**BaseMLP._parameter_constraints, "loss": [StrOptions(set(LOSSES))]}

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        optimizer=None,
        schedule=None,
        weight_decay=0,
        clip_norm=None,
        dropout=0,
        n_threads=None,
        device="auto",
        initial_weights=None,
        max_seconds=None,
        callbacks=None,
    ):
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.optimizer = optimizer
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.dropout = dropout
        self.n_threads = n_threads
        self.device = device
        self.initial_weights = initial_weights
        self.max_seconds = max_seconds
        self.callbacks = callbacks

    def _output(self):
        return ("exp" if self.loss == "poisson" else "identity"), LOSSES[self.loss]

    def _validate_input(self, X, y, incremental, reset, held_out=False):
        if not (incremental and self._is_short_way(X, y)):
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse=["csr", "csc"],
                multi_output=True,
                y_numeric=True,
                dtype=(np.float64, np.float32),
                reset=reset,
            )
            if y.ndim == 2 and y.shape[1] == 1:
                y = column_or_1d(y, warn=True)
        targets = y.reshape(-1, 1) if y.ndim == 1 else y
        return Rows(X, targets, targets.shape[1])

    def _is_short_way(self, X, y):
        """Whether X and y are plain arrays."""
        return (
            "coefs_" in self.__dict__
            and type(y) is np.ndarray
            and y.dtype.kind == "f"
            and y.ndim == (1 if self.n_outputs_ == 1 else 2)
            and (y.ndim == 1 or y.shape[1] == self.n_outputs_)
            and is_plain(self, X)
            and y.shape[0] == X.shape[0]
            and bool(np.isfinite(y.sum()))
        )

    def _score_rows(self, rows):
        outputs = self._outputs_of(rows.X)
        if not np.isfinite(outputs).all():
            return np.nan
        return r2_score(rows.targets, outputs, sample_weight=rows.weights)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Fit the model to data matrix X and targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs. A C-contiguous array of float64 or float32 is not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values; not negative under ``loss="poisson"``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; every row counts the same without them.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows of your own to validate on: their loss after each epoch is ``validation_loss_curve_``, and with
            ``early_stopping`` they take the place of a share of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their target values.

        Returns
        -------
        self : MLPRegressor
            The fitted model.

        Raises
        ------
        ValueError
            For data that cannot be trained on, and when the training diverges; the message names epoch, layer and
            learning rate.
        """
        return self._fit(X, y, sample_weight=sample_weight, validation=(X_val, y_val))

    @available_if(lambda est: est._check_solver())
    def partial_fit(self, X, y, sample_weight=None):
        """Update the model with a single pass over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : MLPRegressor
            The model after the pass.
        """
        if "coefs_" not in self.__dict__:
            self._validate_params()
        return self._fit(X, y, sample_weight=sample_weight, incremental=True)

    def predict(self, X):
        """Predict target values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted values.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
