"""Depth to space in two more orders: Tiling and Dtow."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, honour
from framework.proto import enum_name


@layer
class Tiling(Layer):
    """Depth to space: channels become tile_dim x tile_dim cells of a finer plane, row by row.

    Bottom: x (N, C * tile_dim^2, H, W).
    Top:    y (N, C, H * tile_dim, W * tile_dim).
    Errors: SpecError without tile_dim, or if its square does not divide the channels.
    Source: TilingParameter; tiling_layer.cpp of SeokjuLee/VPGNet, of Stanford's driving nets.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "tiling_param", "tile_dim")
        self.factor = spec.proto.tiling_param.tile_dim
        at_least(spec, "tiling_param.tile_dim", (self.factor,), 1)
        _check_channels(spec, "tiling_param.tile_dim", x, self.factor**2)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(x, self.factor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("DepthToSpace", bottoms[0], blocksize=self.factor, mode="CRD")]


@layer
class Dtow(Layer):
    """Depth to space (MDTOW, LDTOW) or space to depth (MWTOD, LWTOD) with blocks of psize x psize.

    Bottom: x (N, C * psize^2, H, W), or of the way back (N, C, H * psize, W * psize).
    Top:    of the other shape.
    M...    channel c * psize^2 + i is cell i of the block, row by row.
    L...    i counts along the antidiagonals, from upper right to lower left, as in a JPEG without
            turns; each of `ngroup` channels in a row has its i-th cell before any has the next.
    Errors: SpecError for sizes that psize, or ngroup, does not divide.
    Source: DtowParameter; dtow_layer.cpp of limuhit/CCN; Li et al. 2018.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "dtow_param", "psize method ngroup")
        param = spec.proto.dtow_param
        at_least(spec, "dtow_param.psize", (param.psize,), 1)
        at_least(spec, "dtow_param.ngroup", (param.ngroup,), 1)
        method = enum_name(param, "method")
        self.size = param.psize
        self.widens = method.endswith("DTOW")
        self.group = param.ngroup if method.startswith("L") else 1
        if self.widens:
            _check_channels(spec, "dtow_param.psize", x, self.size**2 * self.group)
        elif len(x) != 4 or x[1] % self.group or x[2] % self.size or x[3] % self.size:
            raise spec.error("bottom", f"has the shape {tuple(x)}; its height and width must be "
                             f"multiples of psize, {self.size}, and its channels of ngroup")
        cells = [(row, column) for row in range(self.size) for column in range(self.size)]
        if method.startswith("L"):
            cells.sort(key=sum)     # stable: by row within an antidiagonal
        self.cells = [row * self.size + column for row, column in cells]
        self.places = sorted(range(len(cells)), key=self.cells.__getitem__)

    def forward(self, x: Tensor) -> Tensor:
        size, group = self.size, self.group
        if self.widens:
            num, depth, height, width = x.shape
            parts = x.reshape(num, depth // (group * size**2), size**2, group, height, width)
            parts = parts[:, :, self.places].transpose(2, 3)
            return F.pixel_shuffle(parts.reshape(x.shape), size)
        parts = F.pixel_unshuffle(x, size)
        num, depth, height, width = parts.shape
        parts = parts.reshape(num, depth // (group * size**2), group, size**2, height, width)
        return parts[:, :, :, self.cells].transpose(2, 3).reshape(num, depth, height, width)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        size, group = self.size, self.group
        shape = graph.shape(bottoms[0])
        if self.widens:
            _, depth, height, width = shape
            parts = graph.reshape(bottoms[0], [0, depth // (group * size**2), size**2, group,
                                               height, width])
            parts = graph.add("Gather", parts, graph.integers(self.places), axis=2)
            parts = graph.add("Transpose", parts, perm=[0, 1, 3, 2, 4, 5])
            parts = graph.reshape(parts, [0, depth, height, width])
            return [graph.add("DepthToSpace", parts, blocksize=size, mode="CRD")]
        _, channels, height, width = shape
        rows, columns = height // size, width // size
        parts = graph.reshape(bottoms[0], [0, channels, rows, size, columns, size])
        parts = graph.add("Transpose", parts, perm=[0, 1, 3, 5, 2, 4])
        parts = graph.reshape(parts, [0, channels // group, group, size**2, rows, columns])
        parts = graph.add("Gather", parts, graph.integers(self.cells), axis=3)
        parts = graph.add("Transpose", parts, perm=[0, 1, 3, 2, 4, 5])
        return [graph.reshape(parts, [0, channels * size**2, rows, columns])]


def _check_channels(spec: LayerSpec, field: str, x: Shape, divisor: int) -> None:
    if len(x) != 4 or x[1] % divisor:
        raise spec.error(field, f"asks for channels in multiples of {divisor}; the bottom has the "
                         f"shape {tuple(x)}")
