"""Blob of pycaffe: a numpy array of values and one of gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.system.wording import counted

Array = NDArray[Any]


def _old_axis(index: int) -> property:
    """A property: the length of axis `index`, 1 if the blob has fewer axes."""
    def length(self: Shaped) -> int:
        return self.shape[index] if index < len(self.shape) else 1
    return property(length)


class Shaped:
    """The shape properties of all blobs; `num` to `width` are 1 for axes that it does not have."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of all axes."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    num, channels, height, width = map(_old_axis, range(4))


class Blob(Shaped):
    """Values `data` and gradients `diff`, numpy arrays of one shape to be written in place."""

    def __init__(self, shape: tuple[int, ...] = (), dtype: Any = np.float32):  # Any: numpy's
        self._data: Array = np.zeros(shape, dtype)
        self._diff: Array | None = None

    @property
    def data(self) -> Array:
        """The values."""
        return self._data

    @property
    def diff(self) -> Array:
        """The gradients; made when first asked for."""
        if self._diff is None or self._diff.shape != self._data.shape:
            self._diff = np.zeros_like(self._data)
        return self._diff

    def put(self, data: Array) -> None:
        """Take `data` itself as the values, without a copy, and drop the gradients."""
        self._data = data
        self._diff = None

    def reshape(self, *shape: int) -> None:
        """Change the shape. Values stay if there are as many as before; else they are zeros."""
        size = tuple(int(length) for length in shape)
        if size != shape:       # 3.0, which Python 2's / made of 6 and 2 a whole number, is one
            raise TypeError(f"reshape takes whole numbers; it is given {tuple(shape)}")
        if size != self._data.shape:
            same = math.prod(size) == self._data.size
            self._data = self._data.reshape(size) if same else np.zeros(size, self._data.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of all axes."""
        return self._data.shape


class BlobVector(list[Any]):    # Any: blobs of one's own, or those that show a net's parameters
    """The learned blobs of a layer."""

    def __getitem__(self, index: Any) -> Any:       # Any: an index or a slice, a blob or several
        try:
            return super().__getitem__(index)
        except IndexError:
            raise IndexError(f"there is no blob {index}; the layer has "
                             f"{counted(len(self), 'blob')}") from None

    def add_blob(self, *shape: int) -> Blob:
        """Add a blob of zeros."""
        blob = Blob(tuple(int(length) for length in shape))
        self.append(blob)
        return blob
