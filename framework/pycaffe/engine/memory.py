"""Synchronized memory: an array that torch computes with and scripts read and write by numpy.

Source: SyncedMemory of BVLC's syncedmem.cpp, whose states these are.
"""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from framework.layers.python.blob import Array

Shape = tuple[int, ...]


class State(enum.Enum):
    """Where the newest values are, for a net on a GPU. On a CPU host and device are one memory."""

    AT_DEVICE = "the net computed them since a script last looked"
    AT_HOST = "a script has the array, and may have written to it"
    SYNCED = "both are equal, and no script has the array any more"


class Memory:
    """An array of float32 on the net's device, and as numpy sees it.

    fill   the first value, and that after a change of shape
    given  the script gives the values (an input): they are never moved elsewhere

    On a CPU nothing is copied as long as no script holds an array: new values come as the tensor
    in which they were computed. If a script holds one, they are copied into it, so that it goes on
    to show the blob, as in the original. On a GPU `look` copies to the host, and `value` back.
    """

    def __init__(self, shape: Shape, device: torch.device, fill: float = 0.0,
                 given: bool = False):
        self.shape = shape
        self.device = device
        self.fill = fill
        self.given = given
        self.tensor: Tensor | None = None
        self.state = State.AT_DEVICE
        self._host: Tensor | None = None        # on a GPU: the memory of the array handed out
        # Weak: the array lives as long as a script holds it, and only then are copies needed.
        self._array: weakref.ref[Array] | None = None

    @property
    def on_cpu(self) -> bool:
        return self.device.type == "cpu"

    def value(self) -> Tensor:
        """The values on the device, with what scripts wrote."""
        if self.tensor is None:
            self.tensor = torch.full(self.shape, self.fill, device=self.device)
        if self.state is State.AT_HOST:
            self.tensor = self._on_device(self.tensor)
        return self.tensor

    def _on_device(self, tensor: Tensor) -> Tensor:
        """The host's values on the GPU; of an input in `tensor`, which a data layer gives."""
        assert self._host is not None
        if self.given:
            tensor.copy_(self._host)
        else:
            tensor = self._host.to(self.device)
        # A script that still holds the array can write to it unseen: it is copied again next time.
        self.state = State.SYNCED if self._held() is None else State.AT_HOST
        return tensor

    def take(self, tensor: Tensor) -> None:
        """Make `tensor` the values from now on; arrays that scripts hold show them."""
        shape = tuple(tensor.shape)
        same_shape = shape == self.shape
        if self.on_cpu and same_shape and self._held() is not None:
            assert self.tensor is not None
            if tensor.data_ptr() != self.tensor.data_ptr():
                self.tensor.copy_(tensor)
            return
        if self.on_cpu or not same_shape:
            self._array = None
        self.tensor = tensor
        self.shape = shape
        self.state = State.AT_DEVICE

    def look(self, is_shared: Callable[[Tensor], bool] = lambda tensor: False) -> Array:
        """The array to read and write. is_shared: whether another blob has the same memory."""
        return self._look_on_cpu(is_shared) if self.on_cpu else self._look_on_gpu()

    def _look_on_cpu(self, is_shared: Callable[[Tensor], bool]) -> Array:
        array = self._held()
        if array is not None:
            return array
        tensor = self.value()
        host = tensor.detach().to(torch.float32).contiguous()
        # What a script writes must not change other blobs: those of in-place layers, views. An
        # input stays where it is, since a data layer may give this very tensor again.
        if host.data_ptr() == tensor.data_ptr() and not self.given and is_shared(tensor):
            host = host.clone()
        self.tensor = host
        return self._hand_out(host)

    def _look_on_gpu(self) -> Array:
        array = self._held()
        if array is None:
            self._host = self.value().detach().float().cpu().contiguous()
            array = self._hand_out(self._host)
        elif self.state is State.AT_DEVICE:
            array[...] = self.value().detach().float().cpu().numpy()
        self.state = State.AT_HOST
        return array

    def _hand_out(self, host: Tensor) -> Array:
        array: Array = host.numpy()
        self._array = weakref.ref(array)
        return array

    def reshape(self, shape: Shape) -> None:
        """Change the shape. The values stay if their number does; else all are `fill`."""
        if shape == self.shape:
            return
        value = self.value() if self.tensor is not None else None
        self._array = None
        self.state = State.AT_DEVICE
        if value is not None and value.numel() == int(np.prod(shape)):
            self.tensor = value.reshape(shape)
        else:
            self.tensor = None
        self.shape = shape

    def _held(self) -> Array | None:
        """The array handed out, if a script still holds it."""
        return self._array() if self._array is not None else None
