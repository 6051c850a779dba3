"""Blobs as numpy arrays: those that layers give to each other, and the learned parameters."""

from __future__ import annotations

import weakref
from numbers import Integral
from typing import Protocol

import torch
from torch import Tensor

from framework.layers.base import Layer
from framework.layers.python.blob import Array, Shaped
from framework.pycaffe.engine.memory import Memory, Shape
from framework.system.wording import shortened

MAX_AXES = 32       # kMaxBlobAxes of the original


class Owner(Protocol):
    """What a blob asks its net."""

    def absorb(self) -> None:
        """Take the values that a solver computed in the net since the last call."""

    def is_shared(self, tensor: Tensor) -> bool:
        """Whether two blobs have the memory of `tensor`."""


class NetBlob(Shaped):
    """A blob of a net: `data` and `diff` are arrays to be read and written in place.

    loss_weight  what `diff` begins with
    given        the script gives `data`: an input, or a constant of a data layer
    version      grows with each new `data` that the net computed
    """

    def __init__(self, shape: Shape, device: torch.device, owner: Owner, loss_weight: float,
                 given: bool):
        self.values = Memory(shape, device, given=given)
        self.gradients = Memory(shape, device, fill=loss_weight)
        self._owner = owner
        self.version = 0

    @property
    def data(self) -> Array:
        self._owner.absorb()
        return self.values.look(self._owner.is_shared)

    @property
    def diff(self) -> Array:
        self._owner.absorb()
        self.gradients.reshape(self.values.shape)
        return self.gradients.look(self._owner.is_shared)

    @property
    def shape(self) -> tuple[int, ...]:
        self._owner.absorb()
        return self.values.shape

    def reshape(self, *shape: int) -> None:
        """Change the shape; the next forward, or the net's `reshape`, tells the other blobs.

        Raises ValueError for sizes that are not whole numbers from 0 on, one for each axis.
        """
        if len(shape) > MAX_AXES or not all(isinstance(size, Integral) and size >= 0
                                            for size in shape):
            raise ValueError(f"reshape takes a whole number from 0 on for each axis, as in "
                             f"reshape(1, 3, 224, 224), and up to {MAX_AXES} axes; it is given "
                             f"{shortened(str(shape))}")
        self._owner.absorb()
        self.values.reshape(tuple(int(size) for size in shape))
        self.version += 1

    def take(self, tensor: Tensor) -> None:
        """Take new values, computed by the net."""
        self.values.take(tensor)
        self.version += 1


class ParamBlob(Shaped):
    """A learned blob: `data` is the memory of the parameter, `diff` that of its `.grad`.

    On a GPU both are copies on the host; `flush`, which the net calls, copies them back.
    """

    def __init__(self, layer: Layer, index: int):
        self._layer = layer
        self._index = index
        self._diff: Tensor | None = None
        self._data_copy: Array | None = None
        self._diff_copy: Array | None = None
        self.arrays: list[weakref.ref[Array]] = []      # those of `data` handed out
        self.looked = False     # whether a script read `data` since the net last asked

    @property
    def tensor(self) -> Tensor:
        return self._layer.blobs[self._index]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def data(self) -> Array:
        """The parameter's own memory; of a blob shared in another shape, that of its owner."""
        blob = self.tensor.detach()
        self.looked = True
        if blob.device.type != "cpu":
            if self._data_copy is None:
                self._data_copy = blob.cpu().numpy()
            return self._data_copy
        array: Array = blob.numpy()
        self.arrays = [ref for ref in self.arrays if ref() is not None]
        self.arrays.append(weakref.ref(array))
        return array

    @property
    def diff(self) -> Array:
        """The sum of the gradients since `clear_param_diffs`; after a solver's step, what it
        subtracted from `data`."""
        gradient = self.gradient()
        if gradient.device.type != "cpu":
            if self._diff_copy is None:
                self._diff_copy = gradient.cpu().numpy()
            return self._diff_copy
        array: Array = gradient.numpy()
        return array

    def gradient(self) -> Tensor:
        """The parameter's `.grad`, always in the same memory; zeros if it had none."""
        blob = self.tensor
        if not blob.is_leaf and blob._base is not None:       # a view: shared in another shape
            base = blob._base
            if base.grad is None:
                base.grad = torch.zeros_like(base)
            return base.grad.view(blob.shape)
        if self._diff is None or self._diff.shape != blob.shape:
            self._diff = torch.zeros_like(blob, requires_grad=False).contiguous()
        if blob.grad is not self._diff:
            if blob.grad is not None:
                self._diff.copy_(blob.grad)
            blob.grad = self._diff
        return self._diff

    def put(self, data: Array) -> None:
        """Do nothing: `data` is already the memory of the parameter."""

    def reshape(self, *shape: int) -> None:
        """Accept the shape it has. ValueError for another one, which its layer cannot use."""
        if tuple(shape) != self.shape:
            raise ValueError(f"a learned blob of shape {self.shape} cannot become {shape}")

    def flush(self) -> None:
        """Copy to the device what a script may have written into the copies on the host."""
        with torch.no_grad():
            if self._data_copy is not None:
                self.tensor.copy_(torch.from_numpy(self._data_copy))
            if self._diff_copy is not None:
                self.gradient().copy_(torch.from_numpy(self._diff_copy))
        self._data_copy = None
        self._diff_copy = None

    def is_held(self) -> bool:
        """Whether a script still has an array of `data`."""
        return any(ref() is not None for ref in self.arrays)
