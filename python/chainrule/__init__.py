"""Neural networks for tables and images, trained by gradient descent.

`MLPClassifier` and `MLPRegressor` are drop-in twins of scikit-learn's estimators of these names: the same parameters, attributes and
results, many times faster.
"""

from chainrule._classifier import MLPClassifier
from chainrule._native import instruction_set
from chainrule._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "instruction_set"]
