"""Neural networks for tables and images, trained by gradient descent.

`MLPClassifier` and `MLPRegressor` are drop-in twins of scikit-learn's estimators of these names: the same parameters, attributes and
results, many times faster. `Dataset`, `Trainer`, `Model` and `Network` are the engine itself; `explain` and `check` show and judge
every derivative of a step; `plot_curves`, `plot_surface`, `plot_confusion` and
`plot_residuals` draw.
"""

from chainrule._classifier import MLPClassifier
from chainrule._dataset import Dataset
from chainrule._explain import Derivation, Judgement, check, explain
from chainrule._model import Model, load
from chainrule._native import instruction_set
from chainrule._network import Layer, Network
from chainrule._picture import Picture, plot_confusion, plot_curves, plot_residuals, plot_surface
from chainrule._regressor import MLPRegressor
from chainrule._trainer import Trainer

__all__ = [
    "Dataset",
    "Derivation",
    "Judgement",
    "Layer",
    "MLPClassifier",
    "MLPRegressor",
    "Model",
    "Network",
    "Picture",
    "Trainer",
    "check",
    "explain",
    "instruction_set",
    "load",
    "plot_confusion",
    "plot_curves",
    "plot_residuals",
    "plot_surface",
]
