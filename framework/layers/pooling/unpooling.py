"""Unpooling: values back into a larger plane, by the mask of a pooling or over windows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import conv_transpose2d, pad

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, axis_sizes, choice, honour
from framework.layers.resampling.resize import put
from framework.layers.resampling.resize_onnx import put_onnx


@layer
@layer("UnPooling")
class Unpooling(Layer):
    """Max unpooling (DeconvNet): put the values of x into a larger plane of zeros.

    Bottom: x (N, C, H, W); then, optional, a pooling mask in the shape of x, without gradient, of
            whose channels the first C count: the original reads no further in one item.
    Top:    y (N, C, unpool_h, unpool_w), or unpool_size for both; without them the larger of
            (n - 1) * stride + kernel - 2 pad and n * stride - pad + 1, in the dialect
            "sal-ensemble" the first. Values are where the mask says, or, without one, at row and
            column times the stride.
    With AVE each value is divided evenly among the cells of its window, with TILE each cell of it
    gets the value; what several windows give a cell is added, and a mask is not read.
    UnPooling with these fields, as nets of ENet's form have it, is the same layer.
    Blobs:  none.
    Errors: SpecError for padding but with MAX and a mask, and for shapes that do not fit.
    Source: unpooling_layer.cpp of HyeonwooNoh/caffe; its padding in niuchuangnn/Caffe-TD; that of
            ArcherFMY/caffe-sal-ensemble.
    """

    num_bottoms = (1, 2)
    dialects = ("sal-ensemble",)

    def __init__(self, spec: LayerSpec, x: Shape, mask: Shape | None = None):
        super().__init__(spec)
        param = spec.proto.unpooling_param
        self.method = choice(spec, "unpooling_param", "unpool", ("MAX", "AVE", "TILE"))
        by_mask = mask is not None and self.method == "MAX"
        honour(spec, "unpooling_param", "unpool kernel_size stride kernel_h kernel_w stride_h "
               "stride_w unpool_size unpool_h unpool_w" + " pad pad_h pad_w" * by_mask)
        if len(x) != 4 or (mask and not _fits(x, mask)):
            raise spec.error("bottom", f"has the shapes {x} and {mask}; Unpooling takes "
                             "(N, C, H, W), twice; the mask may have more channels")
        self.check = IndexCheck(spec, 1, x, what="cells in a plane of the top")
        self.kernel = axis_sizes(spec, "unpooling_param.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, "unpooling_param.stride", 2, 1, 1)
        self.pad = axis_sizes(spec, "unpooling_param.pad", 2, 0, 0)
        self.sizes = tuple(getattr(param, field) if param.HasField(field) else param.unpool_size
                           for field in ("unpool_h", "unpool_w"))
        at_least(spec, "unpooling_param.pad", self._top_sizes(x[2:]), 1)

    def _top_sizes(self, plane: Sequence[int]) -> tuple[int, ...]:
        """Height and width of the top of a plane."""
        if all(self.sizes):
            return self.sizes
        zipped = zip(plane, self.kernel, self.stride, self.pad, strict=True)
        if self.spec.dialect == "sal-ensemble":
            return tuple((n - 1) * s + k - 2 * p for n, k, s, p in zipped)
        return tuple(max((n - 1) * s + k - 2 * p, n * s - p + 1) for n, k, s, p in zipped)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        height, width = self._top_sizes(x.shape[2:])
        if self.method != "MAX":
            return self._spread(x, height, width)
        if mask is None:
            row = torch.arange(x.shape[2], device=x.device) * self.stride[0]
            column = torch.arange(x.shape[3], device=x.device) * self.stride[1]
            row = row.clamp(max=height - 1)
            column = column.clamp(max=width - 1)
            mask = (row[:, None] * width + column).expand(x.shape)
        else:
            mask = mask.detach()[:, :x.shape[1]]
            mask = self.check.require(mask, mask < height * width, height * width)
        return put(x, mask, height, width)

    def _spread(self, x: Tensor, height: int, width: int) -> Tensor:
        """AVE and TILE: the windows' values in a top of that size."""
        if self.method == "AVE":
            x = x / self._counts(x.shape[2:], (height, width)).to(x)
        ones = x.new_ones(1, 1, *self.kernel)
        spread = conv_transpose2d(x.reshape(-1, 1, *x.shape[2:]), ones, stride=self.stride)
        spread = pad(spread, (0, width - spread.shape[3], 0, height - spread.shape[2]))
        return spread.reshape(*x.shape[:2], height, width)

    def _counts(self, plane: Sequence[int], sizes: Sequence[int]) -> Tensor:
        """How many cells of the top the window of each value has."""
        high, wide = ((size - torch.arange(cells) * stride).clamp(1, kernel)
                      for size, cells, stride, kernel
                      in zip(sizes, plane, self.stride, self.kernel, strict=True))
        return high[:, None] * wide

    def _spread_onnx(self, graph: OnnxGraph, x: str) -> str:
        _, channels, *plane = graph.shape(x)
        sizes = self._top_sizes(plane)
        if self.method == "AVE":
            x = graph.add("Div", x, graph.floats(self._counts(plane, sizes)))
        ones = graph.floats(torch.ones(channels, 1, *self.kernel))
        top = graph.add("ConvTranspose", x, ones, group=channels, strides=list(self.stride))
        spread = [(cells - 1) * stride + kernel
                  for cells, stride, kernel in zip(plane, self.stride, self.kernel, strict=True)]
        for axis, (size, made) in enumerate(zip(sizes, spread, strict=True), 2):
            if made > size:
                top = graph.cut(top, axis, 0, size)
        more = [max(size - made, 0) for size, made in zip(sizes, spread, strict=True)]
        if any(more):
            top = graph.add("Pad", top, graph.integers([0] * 6 + more))
        return top

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.method != "MAX":
            return [self._spread_onnx(graph, bottoms[0])]
        shape = graph.shape(bottoms[0])
        if len(bottoms) == 1:
            raise self.spec.error("bottom", "is one; Unpooling has an ONNX form only with a mask")
        mask = bottoms[1]
        if graph.shape(mask)[1] > shape[1]:
            mask = graph.cut(mask, 1, 0, shape[1])
        return [put_onnx(graph, bottoms[0], mask, self._top_sizes(shape[2:]))]


def _fits(x: Shape, mask: Shape) -> bool:
    """Whether a mask has the shape of x, or more channels."""
    return len(mask) == 4 and mask[1] >= x[1] and (mask[0], *mask[2:]) == (x[0], *x[2:])
