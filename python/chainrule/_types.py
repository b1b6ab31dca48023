"""Names of types that several signatures share."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, TypeAlias

Path: TypeAlias = str | PathLike[str]
Names: TypeAlias = str | Sequence[str]
# A name, with a parameter where an activation has one.
Activation: TypeAlias = str | tuple[str, float] | Mapping[str, Any]
