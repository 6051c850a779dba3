"""Upsampling, unpooling, reorg, channel shuffle and flip of community projects."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import at_least, check_four_axes, honour
from framework.layers.resampling.resize_onnx import put_onnx, resize_onnx
from framework.ops.by_item import blocks_to_channels, channels_to_blocks


@layer
class Upsample(Layer):
    """Upsampling: max unpooling, nearest or bilinear; three projects' layers, by the bottoms.

    SegNet's (alexgkendall/caffe-segnet, ENet, DeepDetect): x (N, C, H, W) and a mask of the same
            shape, the second top of MAX pooling. Top: y (N, C, H', W'), 0 but for x at the
            indices of the mask; H', W' are upsample_h, upsample_w, or `scale` (2), scale_h,
            scale_w times H, W, less 1 with pad_out_h, pad_out_w. The mask gets no gradient.
    eric612/MobileNet-YOLO's: x only. Top: each cell of x `scale` x `scale` times.
    Yuxi Li's: a large blob and a small one of another size. Top: the small one in the size of
            the large, bilinear, corners on corners; the large one gets no gradient.
    Blobs:  none.
    Errors: SpecError for shapes or sizes that do not fit.
    Source: upsample_layer.cpp of the projects named.
    """

    num_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "upsample_param", "scale scale_h scale_w pad_out_h pad_out_w upsample_h "
               "upsample_w")
        param = spec.proto.upsample_param
        for shape in bottoms:
            check_four_axes(spec, shape)
        self.by_mask = len(bottoms) == 2 and bottoms[0] == bottoms[1]
        if len(bottoms) == 2 and not self.by_mask and param.ListFields():
            raise spec.error("bottom[1]", f"has the shape {bottoms[1]}; a pooling mask must have "
                             f"that of the first bottom, {bottoms[0]}")
        self.size = read_upsampled_size(spec, self.by_mask)
        if self.by_mask:
            self.check = IndexCheck(spec, 1, bottoms[1], what="cells in a plane of the top")
        if len(bottoms) == 1 and not param.ListFields():
            raise spec.error("upsample_param.scale", "is missing")

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        if other is None:
            return self.repeated(x)
        return self.unpooled(x, other) if self.by_mask else self.enlarged(other, x)

    def repeated(self, x: Tensor) -> Tensor:
        """eric612's: nearest-neighbour upsampling."""
        rows, columns = self.size.scale
        return x.repeat_interleave(rows, 2).repeat_interleave(columns, 3)

    def unpooled(self, x: Tensor, mask: Tensor) -> Tensor:
        """SegNet's: max unpooling by the indices of the pooling before."""
        height, width = self.size.of_top(x)
        cells = height * width
        return put(x, self.check.require(mask.detach(), mask < cells, cells), height, width)

    def enlarged(self, small: Tensor, like: Tensor) -> Tensor:
        """Yuxi Li's: bilinear upsampling to the size of another blob."""
        return F.interpolate(small, tuple(like.shape[2:]), mode="bilinear", align_corners=True)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        if len(bottoms) == 1:
            factors = graph.floats([1.0, 1.0, *map(float, self.size.scale)])
            return [graph.add("Resize", x, "", factors, mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric")]
        if not self.by_mask:
            return [resize_onnx(graph, bottoms[1], bottoms[1], list(shape[2:]))]
        sizes = self.size.of_top(torch.empty(shape, device="meta"))
        return [put_onnx(graph, x, bottoms[1], sizes)]


@dataclass(frozen=True)
class UpsampledSize:
    """The size of an Upsample's top: fixed (height, width), or scale times the bottom's less some.

    fixed  0, 0 if it is not given
    less   1 for an axis whose last cell is cut off, else 0
    """

    fixed: tuple[int, int]
    scale: tuple[int, ...]
    less: tuple[int, int]

    def of_top(self, x: Tensor) -> tuple[int, int]:
        """Height and width of the top of x (N, C, H, W)."""
        if all(self.fixed):
            return self.fixed
        height, width = (n * scale - less for n, scale, less
                         in zip(x.shape[2:], self.scale, self.less, strict=True))
        return height, width


def read_upsampled_size(spec: LayerSpec, by_mask: bool) -> UpsampledSize:
    """Read and check the size fields of upsample_param; SpecError if they do not fit."""
    param = spec.proto.upsample_param
    scale = tuple(getattr(param, field) if param.HasField(field) else param.scale
                  for field in ("scale_h", "scale_w"))
    at_least(spec, "upsample_param.scale", scale, 1)
    less = (int(param.pad_out_h), int(param.pad_out_w))
    if any(cut and factor != 2 for cut, factor in zip(less, scale, strict=True)):
        raise spec.error("upsample_param.pad_out_h", "and pad_out_w need a scale of 2")
    fixed = (param.upsample_h, param.upsample_w)
    if any(fixed) and not (all(fixed) and by_mask):
        raise spec.error("upsample_param.upsample_h", "and upsample_w go together, with a "
                         "pooling mask as second bottom")
    return UpsampledSize(fixed, scale, less)


def put(x: Tensor, mask: Tensor, height: int, width: int) -> Tensor:
    """Max unpooling: zeros (N, C, height, width) but for the values of x (N, C, h, w) at `mask`.

    mask  in the shape of x, row-major indices in the plane as floats; below 0 puts nothing.
    """
    index = mask.detach().long().flatten(2)
    cells = height * width
    index = torch.where(index < 0, cells, index)  # one cell more, cut off at the end
    blank = x.new_zeros(*x.shape[:2], cells + 1)
    spread = blank.scatter(2, index, x.flatten(2))[:, :, :cells]
    return spread.reshape(*x.shape[:2], height, width)


@layer
class Reorg(Layer):
    """Reorg (space to depth): move cells of the plane into channels, in darknet's order.

    Bottom: x (N, C, H, W), C a multiple of stride^2.
    Top:    y (N, C * stride^2, H / stride, W / stride): the values of x read as if x were
            (N, C / stride^2, H * stride, W * stride), cut into stride x stride blocks.
            `reverse`: (N, C / stride^2, H * stride, W * stride), each block from its channels.
    Blobs:  none. The gradient is the derivative (the original's reads memory never written).
    Errors: SpecError without a stride, or for sizes that it does not divide.
    Source: reorg_layer.cpp and .hpp of eric612/MobileNet-YOLO and intel/caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "reorg_param", "stride reverse")
        param = spec.proto.reorg_param
        check_four_axes(spec, x)
        at_least(spec, "reorg_param.stride", (param.stride,), 1)
        self.stride = param.stride
        self.reverse = param.reverse
        if x[1] % self.stride**2:
            raise spec.error("reorg_param.stride", f"is {self.stride}; its square must divide the "
                             f"{x[1]} channels")
        if not self.reverse and (x[2] % self.stride or x[3] % self.stride):
            raise spec.error("reorg_param.stride", f"is {self.stride}; it must divide the sides of "
                             f"{x}")

    def forward(self, x: Tensor) -> Tensor:
        s = self.stride
        if self.reverse:
            return channels_to_blocks(x, s)
        num, channels, height, width = x.shape
        blocks = blocks_to_channels(x.reshape(num, channels // s**2, height * s, width * s), s)
        return blocks.reshape(num, channels * s**2, height // s, width // s)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, channels, height, width = graph.shape(bottoms[0])
        s = self.stride
        fewer = channels // s**2
        if self.reverse:
            blocks = graph.reshape(bottoms[0], [0, s, s, fewer, height, width])
            blocks = graph.add("Transpose", blocks, perm=[0, 3, 4, 1, 5, 2])
            return [graph.reshape(blocks, [0, fewer, height * s, width * s])]
        blocks = graph.reshape(bottoms[0], [0, fewer, height, s, width, s])
        blocks = graph.add("Transpose", blocks, perm=[0, 3, 5, 1, 2, 4])
        return [graph.reshape(blocks, [0, channels * s**2, height // s, width // s])]


@layer
class ShuffleChannel(Layer):
    """Channel shuffle (ShuffleNet): interleave the channels of `group` groups.

    Bottom: x (N, C, ...). Top: y in the shape of x, y[:, j * group + i] = x[:, i * C / group + j].
    Blobs:  none.
    Errors: SpecError if group does not divide C.
    Source: shuffle_channel_layer.cpp of farmingyard/ShuffleNet and jolibrain/caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "shuffle_channel_param", "group")
        self.group = spec.proto.shuffle_channel_param.group
        if self.group == 0 or x[1] % self.group:
            raise spec.error("shuffle_channel_param.group", f"is {self.group}; it must divide the "
                             f"{x[1]} channels")

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.group, -1)).transpose(1, 2).flatten(1, 2)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        groups = graph.reshape(bottoms[0], [0, self.group, shape[1] // self.group,
                                            math.prod(shape[2:])])
        dealt = graph.add("Transpose", groups, perm=[0, 2, 1, 3])
        return [graph.reshape(dealt, [0, *shape[1:]])]


@layer
class Flip(Layer):
    """Flip the plane: left to right with `flip_width` (default), upside down with `flip_height`.

    Bottom: x (N, C, H, W). Top: y in the shape of x.
    Errors: SpecError for a bottom without 4 axes.
    Source: flip_layer.cpp of happynear/caffe-windows.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.flip_param
        check_four_axes(spec, x)
        self.axes = [axis for axis, flips in ((2, param.flip_height), (3, param.flip_width))
                     if flips]

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(self.axes)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for axis in self.axes:
            x = graph.cut(x, axis, -1, -END)
        return [x]
