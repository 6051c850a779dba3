"""Round as C does, halves away from zero; Python and numpy round halves to even."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", np.float32, np.float64)


def c_round(number: float) -> int:
    """The nearest whole number, as C's `round`."""
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


def c_rounded(numbers: NDArray[Float]) -> NDArray[Float]:
    """`c_round` of each number, in an array of their type."""
    rounded: NDArray[Float] = np.sign(numbers) * np.floor(np.abs(numbers) + 0.5)
    return rounded
