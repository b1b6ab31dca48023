"""Neural networks for tables and images, trained by gradient descent."""

from chainrule._dataset import Dataset
from chainrule._explain import Derivation, Judgement, check, explain
from chainrule._model import Model, load
from chainrule._native import instruction_set
from chainrule._network import Layer, Network
from chainrule._trainer import Trainer

__all__ = [
    "Dataset",
    "Derivation",
    "Judgement",
    "Layer",
    "Model",
    "Network",
    "Trainer",
    "check",
    "explain",
    "instruction_set",
    "load",
]
