"""The classifier."""

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from chainrule._base import BaseMLP, Rows
from chainrule._validation import is_plain

LOSSES = ("cross-entropy", "binary-cross-entropy", "mse", "half-mse", "mae", "huber")


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A neural network that classifies: scikit-learn's ``MLPClassifier``, many times faster.

    Parameters, attributes, warnings and results are those of scikit-learn 1.9, to rounding; what has another loss, optimizer or rate is
    keyword-only and off by default.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of shape (n_hidden_layers,), default=(100,)
        Units of the hidden layers.
    activation : str or list of str, default="relu"
        Of the hidden layers: "identity", "logistic", "tanh", "relu", or one of chainrule's "leaky-relu", "elu", "selu",
        "gelu", "gelu-tanh", "silu", "mish", "softplus", "exp". A list has one for each hidden layer.
    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        How weights move, by scikit-learn's definitions. "lbfgs" is SciPy's and looks at all rows for each step.
    alpha : float, default=0.0001
        L2 penalty: half of it times the sum of squared weights, divided by the number (or weight) of the rows of a batch.
    batch_size : int or "auto", default="auto"
        Rows per step of "sgd" and "adam"; "auto" is 200, or all if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        How the rate of "sgd" changes from epoch to epoch: not at all, by ``learning_rate_init / t**power_t``, or divided by 5 when
        two epochs in turn do not improve by ``tol``.
    learning_rate_init : float, default=0.001
        The rate of the first step.
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        Epochs at most; for "lbfgs" iterations.
    shuffle : bool, default=True
        Whether each epoch visits the rows in another order.
    random_state : int, RandomState instance or None, default=None
        Draws initial weights, the rows held out, and the orders, as scikit-learn does.
    tol : float, default=1e-4
        An epoch that improves by less does not count as one that improves.
    verbose : bool, default=False
        Whether to print the loss of every epoch.
    warm_start : bool, default=False
        Whether a fit begins where the last one ended.
    momentum : float, default=0.9
        Share of the velocity of "sgd" that is kept.
    nesterovs_momentum : bool, default=True
        Whether that velocity looks ahead.
    early_stopping : bool, default=False
        Whether some rows are held out, and training ends when the score on them no longer improves. The best weights are
        kept.
    validation_fraction : float, default=0.1
        The share held out.
    beta_1, beta_2 : float, default=0.9, 0.999
        Shares of the means of "adam" that are kept.
    epsilon : float, default=1e-8
        What keeps the division of "adam" finite.
    n_iter_no_change : int, default=10
        Training ends after more epochs in turn than these that do not improve.
    max_fun : int, default=15000
        Evaluations of the loss at most, for "lbfgs".
    optimizer : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"}, default=None
        The engine's own optimizers, by PyTorch's definitions. Wins over ``solver``.
    schedule : {"constant", "invscaling", "adaptive", "step", "exponential", "cosine", "one-cycle"}, default=None
        How the rate changes, for every optimizer but "lbfgs". Wins over ``learning_rate``.
    weight_decay : float, default=0
        Decoupled decay: weights are multiplied by ``1 - rate * weight_decay`` in every step.
    clip_norm : float, default=None
        The largest norm that all gradients of a step together may have.
    dropout : float or list of float, default=0
        Share of the activations that a step sets to 0, in every hidden layer or one by one.
    class_weight : dict, list of dict, "balanced" or None, default=None
        What rows of a class count; "balanced" makes all classes count the same.
    loss : {"cross-entropy", "binary-cross-entropy", "mse", "half-mse", "mae", "huber"}, default=None
        Another loss than the usual one, which is the cross-entropy that fits the labels.
    n_threads : int, default=None
        Threads to compute with; as many as the machine offers by default. Their number changes no bit of a result.
    device : {"auto", "cpu"}, default="auto"
        Where to compute.
    initial_weights : tuple of two lists of arrays, default=None
        ``(coefs, intercepts)`` to begin with.
    max_seconds : float, default=None
        Training ends after so many seconds.
    callbacks : callable or list of callables, default=None
        Called as ``callback(estimator)`` after every epoch, with its weights as they are then. One that returns true ends the
        training.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of them
        The labels.
    loss_ : float
        The loss of the last epoch, with the L2 penalty.
    best_loss_ : float or None
        The least loss of an epoch; None with ``early_stopping``.
    loss_curve_ : list of float
        The loss of every epoch.
    validation_scores_ : list of float or None
        The accuracy on rows held out after every epoch, with ``early_stopping``.
    best_validation_score_ : float or None
        The largest of these.
    validation_loss_curve_ : list of float
        The loss on the rows held out after every epoch, without the penalty, where there are such rows.
    t_ : int
        Samples seen.
    coefs_ : list of ndarray
        Weights: of layer i, an array of shape (units of the layer before, units).
    intercepts_ : list of ndarray
        Biases: of layer i, an array of shape (units,).
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X has some.
    n_iter_ : int
        Epochs of the last fit.
    n_layers_ : int
        Layers, inputs and outputs among them.
    n_outputs_ : int
        Outputs.
    out_activation_ : str
        The activation of the output layer.

    See Also
    --------
    MLPRegressor : The regressor.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(max_iter=500, random_state=1).fit(X, y)
    >>> clf.predict(X[::50])
    array([0, 1, 2])
    >>> clf.predict_proba(X[:1]).round(2)
    array([[1., 0., 0.]])
    >>> clf.score(X, y) > 0.95
    True
    """

    _parameter_constraints: dict = {
        **BaseMLP._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
        "loss": [StrOptions(set(LOSSES)), None],
    }

    def __init__(
        self,
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
        class_weight=None,
        loss=None,
        n_threads=None,
        device="auto",
        initial_weights=None,
        max_seconds=None,
        callbacks=None,
    ):
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
        self.class_weight = class_weight
        self.loss = loss
        self.n_threads = n_threads
        self.device = device
        self.initial_weights = initial_weights
        self.max_seconds = max_seconds
        self.callbacks = callbacks

    def _output(self):
        several = self._label_binarizer.y_type_ == "multiclass"
        usual = "cross-entropy" if several else "binary-cross-entropy"
        loss = usual if self.loss is None else self.loss
        if loss in ("cross-entropy", "binary-cross-entropy") and loss != usual:
            raise ValueError(f"loss={loss!r} does not go with this y; expected {usual!r}, or None for the usual loss")
        return ("softmax" if several else "logistic"), loss

    def _validate_input(self, X, y, incremental, reset, held_out=False):
        if incremental and self._is_short_way(X, y):
            return self._rows_of_known_classes(X, y)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if "classes_" not in self.__dict__ or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y), all_of_them=self.warm_start and not held_out)
        return self._rows(X, y)

    def _check_classes(self, classes, all_of_them):
        if all_of_them:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit."
                    f" Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _is_multilabel(self):
        return self._label_binarizer.y_type_.startswith("multilabel")

    def _rows(self, X, y):
        """Rows of validated X and y."""
        if self._is_multilabel():
            targets = self._label_binarizer.transform(y)
            targets = targets.toarray() if hasattr(targets, "toarray") else targets
            return Rows(X, targets.astype(X.dtype), targets.shape[1])
        places = np.searchsorted(self.classes_, y)
        return Rows(X, places.astype(np.uint32), 1 if len(self.classes_) <= 2 else len(self.classes_))

    def _is_short_way(self, X, y):
        """Whether X and y are plain arrays, and all classes known."""
        return (
            "coefs_" in self.__dict__
            and not self.warm_start
            and type(y) is np.ndarray
            and y.ndim == 1
            and y.dtype == self.classes_.dtype
            and y.dtype.kind in "iub"
            and not self._is_multilabel()
            and is_plain(self, X)
            and y.shape[0] == X.shape[0]
        )

    def _rows_of_known_classes(self, X, y):
        places = np.searchsorted(self.classes_, y)
        if not (self.classes_.take(places, mode="clip") == y).all():
            self._check_classes(np.unique(y), all_of_them=False)
        return Rows(X, places.astype(np.uint32), self.n_outputs_)

    def _weigh_classes(self, rows):
        if self.class_weight is None:
            return
        if self._is_multilabel():
            weights = compute_sample_weight(self.class_weight, rows.targets.astype(int))
        else:
            weights = compute_sample_weight(self.class_weight, self.classes_[rows.targets])
        weights = weights.astype(rows.X.dtype, copy=False)
        rows.weights = weights if rows.weights is None else rows.weights * weights

    def _score_rows(self, rows):
        outputs = self._outputs_of(rows.X)
        if self._is_multilabel():
            right = ((outputs > 0.5) == (rows.targets > 0.5)).all(axis=1)
        elif self.n_outputs_ == 1:
            right = (outputs[:, 0] > 0.5) == rows.targets
        else:
            right = outputs.argmax(axis=1) == rows.targets
        return float(np.average(right, weights=rows.weights))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Fit the model to data matrix X and targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs. A C-contiguous array of float64 or float32 is not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The class labels; a matrix of 0 and 1 for several labels per row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; every row counts the same without them.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows of your own to validate on: their loss after each epoch is ``validation_loss_curve_``, and with
            ``early_stopping`` they take the place of a share of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their labels.

        Returns
        -------
        self : MLPClassifier
            The fitted model.

        Raises
        ------
        ValueError
            For data that cannot be trained on, and when the training diverges; the message names epoch, layer and
            learning rate.
        """
        return self._fit(X, y, sample_weight=sample_weight, validation=(X_val, y_val))

    @available_if(lambda est: est._check_solver())
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Update the model with a single pass over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        classes : array of shape (n_classes,), default=None
            All classes that any call will have; needed in the first call only.

        Returns
        -------
        self : MLPClassifier
            The model after the pass.
        """
        if "coefs_" not in self.__dict__:
            self._validate_params()
        if classes is not None or "classes_" not in self.__dict__:
            if _check_partial_fit_first_call(self, classes):
                multilabel = type_of_target(y).startswith("multilabel")
                self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
        return self._fit(X, y, sample_weight=sample_weight, incremental=True)

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The label of the most probable class of each row; for several labels per row, 0 or 1 for each.
        """
        outputs = self._outputs(X)
        if self._is_multilabel():
            return self._label_binarizer.inverse_transform(outputs)
        if self.n_outputs_ == 1:
            return self.classes_.take(outputs[:, 0] > 0.5, mode="clip")
        return self.classes_.take(outputs.argmax(axis=1), mode="clip")

    def predict_proba(self, X):
        """Probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        y_prob : ndarray of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``.
        """
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            outputs = outputs[:, 0]
            return np.vstack([1 - outputs, outputs]).T
        return outputs

    def predict_log_proba(self, X):
        """The logarithms of probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        log_y_prob : ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``.
        """
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
