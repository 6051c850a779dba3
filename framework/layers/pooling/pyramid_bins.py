"""SPATIAL_PYRAMID_POOLING of V1: pyramid levels of stated bins."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.pooling.pooling import pool
from framework.layers.pooling.pooling_onnx import pool_onnx
from framework.ops.pooling import PoolWindow
from framework.proto import enum_name


@layer
class SpatialPyramidPooling(Layer):
    """Spatial pyramid pooling by windows of stated bins, before BVLC's SPP.

    Bottom: x (N, C, H, W).
    Top:    y (N, K): for each spatial_bin b pooling by windows and strides of H / b x W / b cells,
            rounded down, as Pooling does it, flattened, one after the other: where b does not
            divide a size there are more than b windows. With one level y (N, C, 1, 1), whatever
            its bins. The method is the pool of pooling_param; scale has no effect.
    Blobs:  none.
    Errors: SpecError without spatial_bin, for bins without a cell, and for a pool of its own
            message that is not pooling_param's, which the original passes over.
    Source: SpatialPyramidPoolingParameter; spatial_pyramid_pooling_layer.cpp of BVLC/caffe's pull
            requests 560 and 601; He et al. 2014.
    """

    reads = ("pooling_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "spatial_pyramid_pooling_param"
        honour(spec, field, "pool spatial_bin")
        honour(spec, "pooling_param", "pool")
        param = spec.proto.spatial_pyramid_pooling_param
        if len(x) != 4:
            raise spec.error("bottom", f"has the shape {x}; SpatialPyramidPooling takes 4 axes "
                             "(N, C, H, W)")
        self.levels = tuple(param.spatial_bin)
        if not self.levels:
            raise spec.error(f"{field}.spatial_bin", "is missing; it must be given at least once")
        self.method = enum_name(spec.proto.pooling_param, "pool")
        if enum_name(param, "pool") != self.method:
            raise spec.error(f"{field}.pool", f"is {enum_name(param, 'pool')}; the original reads "
                             f"pooling_param.pool instead, which is {self.method}")
        most = min(x[2:])
        if len(self.levels) > 1 and not all(1 <= number <= most for number in self.levels):
            raise spec.error(f"{field}.spatial_bin", f"is {list(self.levels)}; for {x[2]} x {x[3]} "
                             f"cells each must be from 1 to {most}")

    def windows(self, sizes: torch.Size | Shape) -> list[PoolWindow]:
        """The windows of each level on a plane of `sizes`."""
        numbers = self.levels if len(self.levels) > 1 else (1,)
        found = []
        for number in numbers:
            kernel = tuple(size // number for size in sizes)
            found.append(PoolWindow(kernel, kernel, (0, 0), (1, 1)))
        return found

    def forward(self, x: Tensor) -> Tensor:
        tops = [pool(x, window, self.method, self.spec.phase == "TRAIN", True)
                for window in self.windows(x.shape[2:])]
        return torch.cat([top.flatten(1) for top in tops], 1) if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        tops = [pool_onnx(graph, bottoms[0], shape, window, self.method, True)
                for window in self.windows(shape[2:])]
        if len(tops) == 1:
            return tops
        flat = [graph.add("Flatten", top, axis=1) for top in tops]
        return [graph.add("Concat", *flat, axis=1)]
