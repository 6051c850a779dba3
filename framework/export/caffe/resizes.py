"""Exact rewrites of layers that change the size of a plane: transposed convolutions, matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from framework.export.caffe.chain import Chain, Rewrite, square_or_not
from framework.export.caffe.parts import Floats, Part, Parts
from framework.layers.resampling.interp import Interp
from framework.layers.resampling.resize import Upsample
from framework.layers.vision.padding import PixelShuffle


def upsample(parts: Parts, part: Part) -> list[Part] | None:
    """Nearest-neighbour upsampling as a transposed convolution of ones."""
    if len(part.proto.bottom) > 1:
        return None
    assert isinstance(part.layer, Upsample)
    factors = part.layer.size.scale
    channels = parts.shapes[part.proto.bottom[0]][1]
    return _deconvolution(parts, part, channels, np.ones((channels, 1, *factors)))


def pixel_shuffle(parts: Parts, part: Part) -> list[Part] | None:
    """Each channel of the top from its own group of channels, one for each cell of a square."""
    assert isinstance(part.layer, PixelShuffle)
    factor, channels = part.layer.factor, parts.shapes[part.top][1]
    cells = factor * factor
    weight = np.tile(np.eye(cells).reshape(cells, 1, factor, factor), (channels, 1, 1, 1))
    return _deconvolution(parts, part, channels, weight)


def _deconvolution(parts: Parts, part: Part, channels: int, weight: Floats) -> list[Part]:
    """A group for each channel of the top, windows beside each other."""
    sizes = weight.shape[2:]
    param: dict[str, Any] = {"num_output": channels, "group": channels, "bias_term": False,
                             **square_or_not("kernel", sizes, "kernel_size"),
                             **square_or_not("stride", sizes)}
    chain = Chain(parts, part)
    chain.add("Deconvolution", part.proto.bottom[0], blobs=[weight], convolution_param=param)
    return chain.finish()


def interpolation(parts: Parts, part: Part) -> list[Part] | None:
    """Interp as two fixed matrices: of an axis instead of the channels, a 1 x 1 convolution.

    Exact for any sizes and corners, which a bilinear Deconvolution is not.
    """
    assert isinstance(part.layer, Interp)
    chain, y = Chain(parts, part), part.proto.bottom[0]
    sizes, wanted = parts.shapes[y][2:], parts.shapes[part.top][2:]
    # (N, C, H, W) to (N, H, C, W), to (N, W, C, H'), to (N, C, H', W')
    for axis, order in ((0, [0, 2, 1, 3]), (1, [0, 3, 2, 1])):
        y = chain.add("Permute", y, permute_param={"order": order})
        y = chain.add("Convolution", y, blobs=[_matrix(part.layer, sizes[axis], wanted, axis)],
                      convolution_param={"num_output": wanted[axis], "kernel_size": [1],
                                         "bias_term": False})
    chain.add("Permute", y, permute_param={"order": [0, 2, 3, 1]})
    return chain.finish()


def _matrix(layer: Interp, size: int, wanted: tuple[int, ...], axis: int) -> Floats:
    """The weights (new, old, 1, 1) of the layer along an axis: its top for the unit vectors."""
    cells = torch.eye(size, dtype=torch.float64).reshape(1, size, size, 1)
    plane = cells.expand(1, size, size, layer.begin + layer.end + 1)
    like = torch.empty(1, 1, *wanted)
    found = layer(plane, like)[0, :, :, 0] if axis == 0 else \
        layer(plane.transpose(2, 3), like)[0, :, 0]
    weights: Floats = found.T.reshape(wanted[axis], size, 1, 1).numpy()
    return weights


RESIZES: Mapping[str, tuple[Rewrite, ...]] = {
    "Upsample": (upsample,), "PixelShuffle": (pixel_shuffle,), "Interp": (interpolation,),
}
