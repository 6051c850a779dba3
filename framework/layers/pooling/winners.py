"""Winner takes all in each window of a plane, and channels as a finer plane."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import axis_sizes, check_four_axes, check_sizes, honour


@layer
class SpatialWta(Layer):
    """Winner takes all: keep the value of the largest magnitude in each window, 0 elsewhere.

    Bottom: x (N, C, H, W).
    Tops:   y as x; if wanted, the mask, 1 for values kept, without gradient.
    Windows have kernel_size and stride, floor((n - kernel) / stride) + 1 on an axis; with
    global_wta there is one, the plane. A value that wins in one of them is kept. The gradient goes
    to those alone; the first wins of equal magnitudes.
    Errors: SpecError for another number of axes, a kernel larger than the plane, and for a kernel
            or a stride beside global_wta.
    Source: SpatialWtaParameter; spatial_wta_layer.cpp of t2mhanh/caffe_convLSTM_WTA.
    """

    num_tops = (1, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)
        self.whole = spec.proto.spatial_wta_param.global_wta
        sizes = "kernel_size stride kernel_h kernel_w stride_h stride_w"
        honour(spec, "spatial_wta_param", "global_wta" + ("" if self.whole else f" {sizes}"))
        if self.whole:
            return
        self.kernel = axis_sizes(spec, "spatial_wta_param.kernel_size", 2, None, 1)
        self.stride = axis_sizes(spec, "spatial_wta_param.stride", 2, 1, 1)
        if any(k > n for k, n in zip(self.kernel, x[2:], strict=True)):
            raise spec.error("spatial_wta_param.kernel_size", f"is {self.kernel}; the bottom is "
                             f"{tuple(x)}")

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        kernel, stride = (x.shape[2:], (1, 1)) if self.whole else (self.kernel, self.stride)
        _, winners = F.max_pool2d(x.detach().abs(), kernel, stride, return_indices=True)
        blank = torch.zeros_like(x.detach()).flatten(2)
        mask = blank.scatter(2, winners.flatten(2), 1).view(x.shape)
        y = torch.where(mask > 0, x, 0)
        return (y, mask) if len(self.spec.tops) > 1 else y


@layer
class Rearrange(Layer):
    """Depth to space (pixel shuffle): channels become rows and columns, `depth` channels remain.

    Bottom: x (N, depth * s^2, H, W). Top: (N, depth, s H, s W): channel (d s + i) s + j of x at
            row h and column w is channel d at row h s + i and column w s + j.
    Errors: SpecError for another number of axes, a depth below 1, and channels that are not depth
            times a square.
    Source: RearrangeParameter; rearrange_layer.cpp of Ding-Liu/caffe-videoSR.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "rearrange_param", "depth")
        check_sizes(spec, "rearrange_param", "depth")
        check_four_axes(spec, x)
        self.depth = spec.proto.rearrange_param.depth
        self.scale = math.isqrt(x[1] // self.depth)
        if not self.scale or self.depth * self.scale ** 2 != x[1]:
            raise spec.error("rearrange_param.depth", f"is {self.depth}; the {x[1]} channels of "
                             "the bottom must be that times a square")

    def forward(self, x: Tensor) -> Tensor:
        # torch's pixel_shuffle has no gradient of an empty batch
        num, scale, (height, width) = len(x), self.scale, x.shape[2:]
        parts = x.reshape(num, self.depth, scale, scale, height, width)
        return parts.permute(0, 1, 4, 2, 5, 3).reshape(num, self.depth, height * scale,
                                                       width * scale)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("DepthToSpace", bottoms[0], blocksize=self.scale, mode="CRD")]
