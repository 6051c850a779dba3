"""Pooling of single projects: sums (SumPooling), and a fixed grid of maxima (GRIDPooling)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, axis_sizes, check_four_axes, honour
from framework.layers.pooling.pooling import pool, whole_plane
from framework.layers.pooling.pooling_onnx import pool_onnx
from framework.ops.pooling import PoolWindow
from framework.proto import enum_name

FIELDS = ("pool kernel_size kernel_h kernel_w stride stride_h stride_w pad pad_h pad_w "
          "global_pooling")


@layer
class SumPooling(Layer):
    """Sum pooling (`pool: SUM`) of each window of each channel; the other methods are Pooling's.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, top_h, top_w), sizes as in Pooling. A window at the end of the plane has the
            sum of the cells that there are.
    Errors: SpecError where the original aborts: no kernel, a kernel beside global_pooling, padding
            in SUM and STOCHASTIC.
    Source: SumPoolingParameter; sum_pooling_layer.cpp of ChaojianYu/Hierarchical-Bilinear-Pooling.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "sum_pooling_param", FIELDS)
        param = spec.proto.sum_pooling_param
        self.method = enum_name(param, "pool")
        check_four_axes(spec, x)
        self.whole = param.global_pooling
        default = 1 if self.whole else None
        kernel, stride, pad = (
            axis_sizes(spec, f"sum_pooling_param.{field}", 2, value, least)
            for field, value, least in (("kernel_size", default, 1), ("stride", 1, 1),
                                        ("pad", 0, 0)))
        if self.whole and (*kernel, *stride, *pad) != (1, 1, 1, 1, 0, 0):
            raise spec.error("sum_pooling_param.global_pooling", "is true, so that the window is "
                             "the whole plane; kernel, stride and pad must not be given")
        if any(pad) and self.method not in ("MAX", "AVE"):
            raise spec.error("sum_pooling_param.pad", f"is not 0; {self.method} pooling has no "
                             "padding")
        self.window = PoolWindow(kernel, stride, pad, (1, 1))
        if min(self._window(x[2:]).top_sizes(x[2:])) < 1:
            raise spec.error("sum_pooling_param.kernel_size", "leaves no output: the bottom is "
                             f"{tuple(x)}")

    def _window(self, sizes: Shape) -> PoolWindow:
        return whole_plane(sizes) if self.whole else self.window

    def forward(self, x: Tensor) -> Tensor:
        sizes = tuple(x.shape[2:])
        window = self._window(sizes)
        if self.method != "SUM":
            return pool(x, window, self.method, self.spec.phase == "TRAIN", True)
        missing = self._missing(window, sizes)
        padded = F.pad(x, (0, missing[1], 0, missing[0]))
        return F.avg_pool2d(padded, window.kernel, window.stride, divisor_override=1)

    @staticmethod
    def _missing(window: PoolWindow, sizes: Shape) -> list[int]:
        """Cells of zeros that the last windows need after the plane."""
        return [max(0, (top - 1) * stride + kernel - size) for top, stride, kernel, size in zip(
            window.top_sizes(sizes), window.stride, window.kernel, sizes, strict=True)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        window = self._window(shape[2:])
        if self.method != "SUM":
            return [pool_onnx(graph, bottoms[0], shape, window, self.method, True)]
        pads = [0, 0, 0, 0, 0, 0, *self._missing(window, shape[2:])]
        padded = graph.add("Pad", bottoms[0], graph.integers(pads), mode="constant")
        mean = graph.add("AveragePool", padded, kernel_shape=list(window.kernel),
                         strides=list(window.stride))
        cells = float(window.kernel[0] * window.kernel[1])
        return [graph.add("Mul", mean, graph.floats(cells))]


@layer
class GRIDPooling(Layer):
    """Adaptive max pooling: each plane of any size into pooled_h x pooled_w bins.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, pooled_h, pooled_w): bin i of n goes from floor(i * size / n) to
            ceil((i + 1) * size / n), 1 excluded; neighbours may share cells.
    Errors: SpecError without a size. Only sizes that divide the plane have an ONNX form.
    Source: GRIDPoolingParameter; grid_pooling_layer.cpp of JiajianZeng/caffe-face-attributes.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "grid_pooling_param", "pooled_h pooled_w")
        param = spec.proto.grid_pooling_param
        at_least(spec, "grid_pooling_param.pooled_h", (param.pooled_h,), 1)
        at_least(spec, "grid_pooling_param.pooled_w", (param.pooled_w,), 1)
        self.bins = (param.pooled_h, param.pooled_w)
        check_four_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        return F.adaptive_max_pool2d(x, self.bins)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        sizes = graph.shape(bottoms[0])[2:]
        if any(size % count for size, count in zip(sizes, self.bins, strict=True)):
            raise self.spec.error("grid_pooling_param.pooled_h", "and pooled_w do not divide the "
                                  f"bottom's {sizes[0]} x {sizes[1]}: bins of several sizes have "
                                  "no ONNX form")
        kernel = [size // count for size, count in zip(sizes, self.bins, strict=True)]
        return [graph.add("MaxPool", bottoms[0], kernel_shape=kernel, strides=kernel)]
