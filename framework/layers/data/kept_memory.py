"""Reusable buffers for batches of floats."""

from __future__ import annotations

import math
import weakref

import numpy as np
import torch
from torch import Tensor

from framework.system.arrays import Floats


class KeptMemory:
    """CPU tensors whose memory is reused once neither they nor views of them are referenced.

    The kernel then need not map and zero new pages for each batch: 32 images of 300 x 300 become
    floats in 4.6 instead of 14 ms. Memory that is referenced is never overwritten.
    """

    def __init__(self, most: int = 3):
        """most: the largest number of unused pieces that are kept."""
        self._most = most
        self._free: list[Floats] = []

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """A float32 tensor whose values are arbitrary."""
        size = math.prod(shape)
        piece = np.empty(0, np.float32)
        while self._free and piece.size != size:    # a finalizer may return others meanwhile
            piece = self._free.pop()
        if piece.size != size:                      # batches have another size now
            piece = np.empty(size, np.float32)
        # The tensor's storage holds a reference to this view object. When the last tensor on it is
        # gone the view is freed, and its finalizer, which holds the memory, returns that.
        lent = piece.view()
        weakref.finalize(lent, self._take_back, piece).atexit = False
        return torch.from_numpy(lent).view(shape)

    def _take_back(self, piece: Floats) -> None:
        self._free.append(piece)
        del self._free[:-self._most]
