"""Depth to space in more orders, and back: Tiling, GSTiling, Dtow, MTranspose and others."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import at_least, check_four_axes, check_sizes, honour, within
from framework.ops.by_item import (
    blocks_to_channels,
    by_item,
    channels_to_blocks,
    pixel_shuffle,
    pixel_unshuffle,
)
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
        return pixel_shuffle(x, self.factor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("DepthToSpace", bottoms[0], blocksize=self.factor, mode="CRD")]


@layer
class GSTiling(Layer):
    """Space to depth, or with `reverse` depth to space, of blocks of stride x stride.

    Bottom: x (N, C, H * s, W * s), s = stride; in reverse of the top's shape.
    Top:    y (N, s * s * C, H, W): channel k * C + c is cell k of the block, row by row, of channel
            c. In reverse of the bottom's shape.
    Errors: SpecError without a stride, or for sizes that it does not divide.
    Source: GSTilingParameter; gs_tiling_layer.cpp of Xilinx's Caffe (Vitis AI).
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gs_tiling_param", "stride reverse")
        self.size = spec.proto.gs_tiling_param.stride
        self.is_reverse = spec.proto.gs_tiling_param.reverse
        at_least(spec, "gs_tiling_param.stride", (self.size,), 1)
        if self.is_reverse:
            _check_channels(spec, "gs_tiling_param.stride", x, self.size**2)
        elif len(x) != 4 or x[2] % self.size or x[3] % self.size:
            raise spec.error("bottom", f"has the shape {tuple(x)}; its height and width must be "
                             f"multiples of the stride, {self.size}")

    def forward(self, x: Tensor) -> Tensor:
        if self.is_reverse:
            return channels_to_blocks(x, self.size)
        return blocks_to_channels(x, self.size)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        kind = "DepthToSpace" if self.is_reverse else "SpaceToDepth"
        return [graph.add(kind, bottoms[0], blocksize=self.size)]


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
            return pixel_shuffle(parts.reshape(x.shape), size)
        parts = pixel_unshuffle(x, size)
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


@layer
class DepthToSpace(Layer):
    """Depth to space: channels become block_size x block_size cells of a finer plane.

    Bottom: x (N, H, W, b * b * C), or (N, b * b * C, H, W); b is block_size.
    Top:    y (N, H * b, W * b, C), or (N, C, H * b, W * b): cell (i, j) of each block is channel
            (i * b + j) * C + c, as in TensorFlow, or with `data_format: "CRD"` channel
            c * b * b + i * b + j.
    data_format "NHWC" has channels last; "NCHW", "DCR" and "CRD" before the plane.
    Errors: SpecError if b * b does not divide the channels, or for another data_format.
    Source: depth_to_space_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.size, self.order = _read_blocks(spec, "depth_to_space_param", x, ("DCR", "CRD"))
        channels = x[3 if self.order == "NHWC" else 1]
        if channels % self.size**2:
            raise spec.error("depth_to_space_param.block_size", f"is {self.size}; its square must "
                             f"divide the {channels} channels")

    def forward(self, x: Tensor) -> Tensor:
        size = self.size
        if self.order == "CRD":
            return pixel_shuffle(x, size)
        if self.order == "NHWC":
            num, height, width, depth = x.shape
            parts = x.reshape(num, height, width, size, size, depth // size**2)
            return by_item(parts.permute(0, 1, 3, 2, 4, 5), height * size, width * size, -1)
        return channels_to_blocks(x, size)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.order == "NHWC":
            x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
        y = graph.add("DepthToSpace", x, blocksize=self.size,
                      mode="CRD" if self.order == "CRD" else "DCR")
        if self.order == "NHWC":
            y = graph.add("Transpose", y, perm=[0, 2, 3, 1])
        return [y]


@layer
class SpaceToDepth(Layer):
    """Space to depth: each block_size x block_size cells of the plane become channels.

    Bottom: x (N, H * b, W * b, C), or (N, C, H * b, W * b) with `data_format: "NCHW"`.
    Top:    y (N, H, W, b * b * C), or (N, b * b * C, H, W): cell (i, j) of each block is channel
            (i * b + j) * C + c.
    Errors: SpecError if block_size does not divide the plane, or for another data_format.
    Source: space_to_depth_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.size, self.order = _read_blocks(spec, "space_to_depth_param", x, ())
        plane = x[1:3] if self.order == "NHWC" else x[2:]
        if any(side % self.size for side in plane):
            raise spec.error("space_to_depth_param.block_size", f"is {self.size}; it must divide "
                             f"the plane of {plane[0]} x {plane[1]}")

    def forward(self, x: Tensor) -> Tensor:
        size = self.size
        if self.order == "NHWC":
            num, height, width, depth = x.shape
            parts = x.reshape(num, height // size, size, width // size, size, depth)
            return by_item(parts.permute(0, 1, 3, 2, 4, 5), height // size, width // size, -1)
        return blocks_to_channels(x, size)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.order == "NHWC":
            x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
        y = graph.add("SpaceToDepth", x, blocksize=self.size)
        if self.order == "NHWC":
            y = graph.add("Transpose", y, perm=[0, 2, 3, 1])
        return [y]


def _read_blocks(spec: LayerSpec, field: str, x: Shape, more: tuple[str, ...]) -> tuple[int, str]:
    """block_size, and data_format, of which `more` than NHWC and NCHW are taken."""
    honour(spec, field, "block_size data_format")
    param = getattr(spec.proto, field)
    at_least(spec, f"{field}.block_size", (param.block_size,), 1)
    allowed = ("NHWC", "NCHW", *more)
    if param.data_format not in allowed:
        raise spec.error(f"{field}.data_format", f"is {param.data_format}; it must be "
                         f"{', '.join(allowed[:-1])} or {allowed[-1]}")
    if len(x) != 4:
        raise spec.error("bottom", f"has the shape {tuple(x)}; {spec.type} takes 4 axes")
    return param.block_size, param.data_format


def _check_channels(spec: LayerSpec, field: str, x: Shape, divisor: int) -> None:
    if len(x) != 4 or x[1] % divisor:
        raise spec.error(field, f"asks for channels in multiples of {divisor}; the bottom has the "
                         f"shape {tuple(x)}")


@layer
class MTranspose(Layer):
    """Rows of `groups` channels for each cell, and with `inverse` the map that they came from.

    Bottom: x (N, C, H, W); with inverse rows of as many values as N channel height width.
    Top:    (N C / groups H W, groups), a row for each cell of each group of channels, the groups of
            an item one after the other; with inverse (N, channel, height, width).
    With inverse no gradient goes to the bottom, as in the original.
    Errors: SpecError for channels, or values, that are not whole groups, or maps.
    Source: mtranspose_layer.cpp of the fork of sunnycia/CWIC's nets (its schema is not public: the
            fields are those that the layer reads); Li et al. 2018.
    """

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "mtranspose_param"
        honour(spec, field, "groups inverse width height channel")
        param = spec.proto.mtranspose_param
        self.groups, self.inverse = param.groups, param.inverse
        self.area = (param.channel, param.height, param.width)
        at_least(spec, f"{field}.groups", (self.groups,), 1)
        if self.inverse:
            check_sizes(spec, field, "channel height width")
        else:
            check_four_axes(spec, x)
        channels = param.channel if self.inverse else x[1]
        if channels % self.groups or self.inverse and math.prod(x) % math.prod(self.area):
            raise spec.error(f"{field}.groups", f"is {self.groups}; the bottom {tuple(x)} must be "
                             "whole groups of channels, and whole maps")

    def forward(self, x: Tensor) -> Tensor:
        if not self.inverse:
            rows = x.unflatten(1, (-1, self.groups)).permute(0, 1, 3, 4, 2)
            return rows.reshape(-1, self.groups)
        channel, height, width = self.area
        maps = x.detach().reshape(-1, channel // self.groups, height, width, self.groups)
        return maps.permute(0, 1, 4, 2, 3).reshape(-1, *self.area)


@layer
class Enlarge(Layer):
    """Space to depth: blocks of scale x scale cells to channels.

    Bottom: x (N, C, H, W).
    Top:    (N, C * scale^2, H / scale, W / scale), rounded down: channel c * scale^2 + i is cell i
            of the blocks of channel c, row by row. Rows and columns beyond the last block are left
            out.
    Errors: SpecError for a scale below 2, or above the height or width.
    Source: EnlargeParameter; enlarge_layer.cu of He-Zhenwei/MAF, whose code for processors counts
            another index than its loop does.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "enlarge_param", "scale")
        check_four_axes(spec, x)
        self.scale = spec.proto.enlarge_param.scale
        within(spec, "enlarge_param.scale", (self.scale,), 2, max(2, min(x[2:])))

    def forward(self, x: Tensor) -> Tensor:
        height, width = (size // self.scale * self.scale for size in x.shape[2:])
        return pixel_unshuffle(x[:, :, :height, :width], self.scale)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        size = self.scale
        _, channels, height, width = graph.shape(bottoms[0])
        rows, columns = height // size, width // size
        whole = graph.cut(graph.cut(bottoms[0], 2, 0, rows * size), 3, 0, columns * size)
        parts = graph.reshape(whole, [0, channels, rows, size, columns, size])
        parts = graph.add("Transpose", parts, perm=[0, 1, 3, 5, 2, 4])
        return [graph.reshape(parts, [0, channels * size**2, rows, columns])]
