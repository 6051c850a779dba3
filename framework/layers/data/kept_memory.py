"""Memory for batch after batch of floats."""

from __future__ import annotations

import math
import weakref

import numpy as np
import torch
from torch import Tensor

from framework.data.augment.geometry import Floats


class KeptMemory:
    """Tensors of the CPU whose memory is used again once neither they nor views of them are held.

    Where batch follows batch, the kernel need not hand over and empty their pages each time: 32
    images of 300 x 300 become floats in 4.6 instead of 14 ms. What is held is not written over.
    """

    def __init__(self, most: int = 3):
        """most: pieces that are kept though nobody uses them."""
        self._most = most
        self._free: list[Floats] = []

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """A float32 tensor with anything in it."""
        size = math.prod(shape)
        piece = np.empty(0, np.float32)
        while self._free and piece.size != size:    # others may be given back meanwhile
            piece = self._free.pop()
        if piece.size != size:                      # batches have another size now
            piece = np.empty(size, np.float32)
        lent = piece.view()                     # the tensor's storage holds this very view
        weakref.finalize(lent, self._take_back, piece).atexit = False
        return torch.from_numpy(lent).view(shape)

    def _take_back(self, piece: Floats) -> None:
        self._free.append(piece)
        del self._free[:-self._most]
