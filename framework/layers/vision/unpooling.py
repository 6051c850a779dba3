"""Unpooling: values back into a larger plane, by the mask of a pooling or spread over windows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import axis_sizes, choice, honour
from framework.layers.vision.resize import put
from framework.layers.vision.resize_onnx import put_onnx


@layer
@layer("UnPooling")
class Unpooling(Layer):
    """Max unpooling (DeconvNet): put the values of x into a larger plane of zeros; average
    unpooling: spread each over its window.

    Bottom: x (N, C, H, W); then, optional, a pooling mask in the shape of x, without gradient, of
            whose channels the first C count: the original reads no further in one item.
    Top:    y (N, C, unpool_h, unpool_w), or unpool_size for both; without them the larger of
            (n - 1) * stride + kernel and n * stride + 1, in the dialect "sal-ensemble" the first.
            MAX: values are where the mask says, or, without one, at row and column times the
            stride. AVE: sums of the values whose windows a cell is in, each over its window's cells
            that there are.
    UnPooling with these fields, as nets of ENet's form have it, is the same layer.
    Blobs:  none.
    Errors: SpecError for TILE and padding, AVE with a mask or windows beyond the top, and for
            shapes that do not fit.
    Source: unpooling_layer.cpp of HyeonwooNoh/caffe, whose AVE for processors adds to what its top
            held before; that of ArcherFMY/caffe-sal-ensemble.
    """

    num_bottoms = (1, 2)
    dialects = ("sal-ensemble",)

    def __init__(self, spec: LayerSpec, x: Shape, mask: Shape | None = None):
        super().__init__(spec)
        honour(spec, "unpooling_param", "unpool kernel_size stride kernel_h kernel_w stride_h "
               "stride_w unpool_size unpool_h unpool_w")
        param = spec.proto.unpooling_param
        if len(x) != 4 or (mask and not _fits(x, mask)):
            raise spec.error("bottom", f"has the shapes {x} and {mask}; Unpooling takes "
                             "(N, C, H, W), twice; the mask may have more channels")
        self.check = IndexCheck(spec, 1, x, what="cells in a plane of the top")
        self.averages = choice(spec, "unpooling_param", "unpool", ("MAX", "AVE")) == "AVE"
        if self.averages and mask:
            raise spec.error("bottom", "is given 2 times; AVE takes no mask")
        self.kernel = axis_sizes(spec, "unpooling_param.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, "unpooling_param.stride", 2, 1, 1)
        self.sizes = tuple(getattr(param, field) if param.HasField(field) else param.unpool_size
                           for field in ("unpool_h", "unpool_w"))
        for n, s, size in zip(x[2:], self.stride, self._top_sizes(x[2:]), strict=True):
            if self.averages and (n - 1) * s >= size:
                raise spec.error("unpooling_param.unpool_size", f"is {size}; the last of {n} "
                                 f"windows begins at {(n - 1) * s}")

    def _top_sizes(self, plane: Sequence[int]) -> tuple[int, ...]:
        """Height and width of the top of a plane."""
        if all(self.sizes):
            return self.sizes
        zipped = zip(plane, self.kernel, self.stride, strict=True)
        if self.spec.dialect == "sal-ensemble":
            return tuple((n - 1) * s + k for n, k, s in zipped)
        return tuple(max((n - 1) * s + k, n * s + 1) for n, k, s in zipped)

    def _spread(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """Each value over its window, whose cells beyond the top do not count."""
        rows, columns = (self._shares(x.shape[2 + axis], size, axis, x.device, x.dtype)
                         for axis, size in enumerate(sizes))
        return rows @ x @ columns.t()

    def _shares(self, n: int, size: int, axis: int, device: torch.device, dtype: torch.dtype
                ) -> Tensor:
        """What each cell of an axis of the top has of each of n values (size, n)."""
        starts = torch.arange(n, device=device) * self.stride[axis]
        cell = torch.arange(size, device=device)[:, None]
        inside = ((cell >= starts) & (cell < starts + self.kernel[axis])).to(dtype)
        return inside / inside.sum(0)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        height, width = self._top_sizes(x.shape[2:])
        if self.averages:
            return self._spread(x, (height, width))
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

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        if self.averages:
            sizes = self._top_sizes(shape[2:])
            rows, columns = (self._shares(n, size, axis, torch.device("cpu"), torch.float32)
                             for axis, (n, size) in enumerate(zip(shape[2:], sizes, strict=True)))
            y = graph.add("MatMul", graph.floats(rows, "rows"), bottoms[0])
            return [graph.add("MatMul", y, graph.floats(columns.t().contiguous(), "columns"))]
        if len(bottoms) == 1:
            raise self.spec.error("bottom", "is one; Unpooling has an ONNX form only with a mask")
        mask = bottoms[1]
        if graph.shape(mask)[1] > shape[1]:
            mask = graph.cut(mask, 1, 0, shape[1])
        return [put_onnx(graph, bottoms[0], mask, self._top_sizes(shape[2:]))]


def _fits(x: Shape, mask: Shape) -> bool:
    """Whether a mask has the shape of x, or more channels."""
    return len(mask) == 4 and mask[1] >= x[1] and (mask[0], *mask[2:]) == (x[0], *x[2:])
