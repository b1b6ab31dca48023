"""The native half of the package: conversions between NumPy's arrays and the engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64] | NDArray[np.float32]
_Places = NDArray[np.int32] | NDArray[np.int64]
_Inputs = _Floats | tuple[_Places, _Places, _Floats, int]

class DivergedError(ValueError): ...

class Data:
    """Inputs, targets and weights of some samples."""

    def __new__(
        cls, inputs: _Inputs, targets: NDArray[np.uint32] | _Floats, weights: _Floats | None = None
    ) -> Data: ...
    @property
    def n_samples(self) -> int: ...

class Trainer:
    """A network while it is trained."""

    def __new__(cls, structure: dict[str, Any], settings: dict[str, Any], dtype: str) -> Trainer: ...
    def load(self, coefs: list[_Floats], intercepts: list[_Floats]) -> None: ...
    def store(self) -> tuple[list[_Floats], list[_Floats]]: ...
    def pass_over(
        self,
        data: Data,
        order: NDArray[np.int64] | None,
        batch_rows: int,
        learning_rate: float,
        l2: float,
        seconds: float | None = None,
        schedule: tuple[str, int] | None = None,
    ) -> tuple[float, int, bool]: ...
    def loss(self, data: Data) -> float: ...
    def state(self) -> tuple[int, _Floats, _Floats]: ...
    def restore(self, steps: int, first: _Floats, second: _Floats) -> None: ...

class FullLoss:
    """The loss of all rows as a function of the parameters, in float64."""

    def __new__(
        cls, structure: dict[str, Any], data: Data, l2: float, n_threads: int
    ) -> FullLoss: ...
    def __call__(
        self, coefs: list[NDArray[np.float64]], intercepts: list[NDArray[np.float64]]
    ) -> tuple[float, list[NDArray[np.float64]], list[NDArray[np.float64]]]: ...

def predict(
    coefs: list[_Floats],
    intercepts: list[_Floats],
    activations: Sequence[str],
    inputs: _Inputs,
    n_threads: int,
) -> _Floats: ...
def instruction_set() -> str: ...
