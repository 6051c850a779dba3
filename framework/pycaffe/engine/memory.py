"""Numbers that torch computes with and scripts write to through numpy, without copies between."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from framework.layers.python.blob import Array

Shape = tuple[int, ...]


class Memory:
    """An array of float32 on the net's device, and as numpy sees it.

    fill   the first value, and that after a change of shape
    given  the script gives the values (an input): they are never moved elsewhere

    New values come as the tensor in which they were computed. Only while a script holds an array
    that it was handed are they copied into that one, so that it goes on to show the blob, as in
    the original. On a GPU `look` copies to the host, and what was looked at is copied back.
    """

    def __init__(self, shape: Shape, device: torch.device, fill: float = 0.0,
                 given: bool = False):
        self.shape, self.device, self.fill, self.given = shape, device, fill, given
        self.tensor: Tensor | None = None
        self._host: Tensor | None = None        # on a GPU: the memory of the array handed out
        self._array: weakref.ref[Array] | None = None
        self._looked = self._stale = False      # on a GPU: who is newer, host or device

    @property
    def on_cpu(self) -> bool:
        return self.device.type == "cpu"

    def value(self) -> Tensor:
        """The numbers on the device, with what scripts wrote."""
        if self.tensor is None:
            self.tensor = torch.full(self.shape, self.fill, device=self.device)
        if self._looked and not self.on_cpu:
            assert self._host is not None
            if self.given:
                self.tensor.copy_(self._host)       # a data layer may give this very tensor
            else:
                self.tensor = self._host.to(self.device)
            self._looked = self._held() is not None
        return self.tensor

    def take(self, tensor: Tensor) -> None:
        """Let `tensor` be the numbers from here on; what scripts hold shows them."""
        same_shape = tuple(tensor.shape) == self.shape
        if self.on_cpu and same_shape and self._held() is not None:
            assert self.tensor is not None
            if tensor.data_ptr() != self.tensor.data_ptr():
                self.tensor.copy_(tensor)
            return
        if self.on_cpu or not same_shape:
            self._array = None
        self.tensor, self.shape = tensor, tuple(tensor.shape)
        self._looked, self._stale = False, True

    def look(self, is_shared: Callable[[Tensor], bool] = lambda tensor: False) -> Array:
        """The array to read and write. is_shared: whether another blob's numbers lie there too."""
        array = self._held()
        if array is not None and (self.on_cpu or not self._stale):
            self._looked = True
            return array
        tensor = self.value()
        if self.on_cpu:
            host = tensor.detach().to(torch.float32).contiguous()
            if host.data_ptr() == tensor.data_ptr() and not self.given and is_shared(tensor):
                host = host.clone()
            self.tensor = host
        elif array is not None:
            array[...] = tensor.detach().float().cpu().numpy()
            self._looked, self._stale = True, False
            return array
        else:
            self._host = host = tensor.detach().float().cpu().contiguous()
        made: Array = host.numpy()
        self._array, self._looked, self._stale = weakref.ref(made), True, False
        return made

    def reshape(self, shape: Shape) -> None:
        """Change the shape. As many numbers as before stay; else all are `fill`."""
        if shape == self.shape:
            return
        value = self.value() if self.tensor is not None else None
        self._array, self._looked, self._stale = None, False, True
        if value is not None and value.numel() == int(np.prod(shape)):
            self.tensor = value.reshape(shape)
        else:
            self.tensor = None
        self.shape = shape

    def _held(self) -> Array | None:
        return self._array() if self._array is not None else None
