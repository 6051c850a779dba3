"""From pixels to the input blob, as operators of the graph: channel order, mean, scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from framework.export.graph import Graph

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Preprocessing:
    """What is done with an image of the size that the net takes.

    blob     the input blob, (N, C, H, W)
    shape    (N, H, W, C) of the images, uint8
    reverse  the images' channels are in RGB order, the net's in BGR
    mean     (C,) or (1,) or (H, W, C), subtracted in the net's channel order
    scale    factor after the subtraction
    """

    blob: str
    shape: tuple[int, ...]
    reverse: bool
    mean: Floats
    scale: float

    def add_to(self, graph: Graph) -> None:
        """Put the operators before all others."""
        x = graph.add("Cast", self.blob, to=1)
        if self.reverse:
            order = graph.integers(list(reversed(range(self.shape[3]))))
            x = graph.add("Gather", x, order, axis=3)
        x = graph.add("Sub", x, graph.floats(torch.from_numpy(self.mean)))
        if self.scale != 1:
            x = graph.add("Mul", x, graph.floats(self.scale))
        x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
        graph.shapes[x] = graph.shapes[self.blob]
        graph.values[self.blob] = x

    def apply(self, images: NDArray[np.uint8]) -> Floats:
        """The same in numpy: images (N, H, W, C) as the input blob (N, C, H, W)."""
        pixels = images[..., ::-1] if self.reverse else images
        values = (pixels.astype(np.float32) - self.mean) * np.float32(self.scale)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
