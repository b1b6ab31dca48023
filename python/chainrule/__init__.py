"""Neural networks for tables and images, trained by gradient descent."""

from chainrule._native import instruction_set

__all__ = ["instruction_set"]
