"""The solver ``lbfgs``: SciPy's minimiser on the engine's loss and gradient, so that its numbers are scikit-learn's."""

import numpy as np
import scipy
import scipy.optimize
from sklearn.utils.optimize import _check_optimize_result

from chainrule import _native


def pack(coefs, intercepts):
    """All parameters in one vector: weights layer by layer, then biases."""
    return np.hstack([part.ravel() for part in (*coefs, *intercepts)])


def unpack(vector, shapes):
    """The weights and biases that lie in a vector, as arrays of their own."""
    parts, start = [], 0
    for shape in shapes:
        end = start + int(np.prod(shape))
        parts.append(np.ascontiguousarray(vector[start:end]).reshape(shape))
        start = end
    half = len(parts) // 2
    return parts[:half], parts[half:]


def fit(estimator, rows):
    """Fits by SciPy's L-BFGS-B, in float64 whatever the kind of X."""
    if np.any(np.asarray(estimator.dropout) > 0):
        raise ValueError("lbfgs cannot train with dropout: its line search needs the same loss at the same weights")
    shapes = [part.shape for part in (*estimator.coefs_, *estimator.intercepts_)]
    loss = _native.FullLoss(
        estimator._structure(), rows.native("float64"), float(estimator.alpha), int(estimator.n_threads or 0)
    )

    def loss_and_gradient(vector):
        value, coef_grads, intercept_grads = loss(*unpack(vector, shapes))
        return value, pack(coef_grads, intercept_grads)

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    if tuple(int(part) for part in scipy.__version__.split(".")[:2]) < (1, 15):
        options["iprint"] = 1 if estimator.verbose is True or estimator.verbose >= 1 else -1
    result = scipy.optimize.minimize(
        loss_and_gradient,
        pack(estimator.coefs_, estimator.intercepts_).astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        options=options,
    )
    estimator.n_iter_ = _check_optimize_result("lbfgs", result, estimator.max_iter)
    estimator.loss_ = result.fun
    estimator.coefs_, estimator.intercepts_ = unpack(result.x, shapes)
