"""Pyramid pooling of ICNet in one layer: ICNetSubgraph."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.pooling.pooling_onnx import ave_pool_onnx
from framework.layers.resampling.resize_onnx import resize_onnx
from framework.ops.pooling import PoolWindow, ave_pool

KERNELS = ((33, 65), (17, 33), (13, 25), (8, 15))
STRIDES = ((33, 65), (16, 32), (10, 20), (5, 10))


@layer
class ICNetSubgraph(Layer):
    """Pyramid pooling: the bottom and four means of its windows, each resized to it, summed.

    Bottom: x (N, C, H, W), in ICNet of 1025 x 2049 pixels 33 x 65.
    Top:    y in the shape of x: x, plus for windows of 33 x 65, 17 x 33, 13 x 25 and 8 x 15, in
            steps of 33 x 65, 16 x 32, 10 x 20 and 5 x 10, their means by AVE pooling, interpolated
            bilinearly with aligned corners.
    Blobs:  none.
    Errors: SpecError for a plane below 33 x 65, in which the largest window does not fit.
    Source: icnet_subgraph_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe, the
            layers conv5_3 to conv5_3_sum of hszhao/ICNet.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) != 4 or x[2] < KERNELS[0][0] or x[3] < KERNELS[0][1]:
            raise spec.error("bottom", f"has the shape {x}; ICNetSubgraph takes (N, C, H, W) of at "
                             "least 33 x 65")
        self.windows = [PoolWindow(kernel, stride, (0, 0), (1, 1))
                        for kernel, stride in zip(KERNELS, STRIDES, strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for window in self.windows:
            y = y + F.interpolate(ave_pool(x, window), x.shape[2:], mode="bilinear",
                                  align_corners=True)
        return y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        y = x
        for window in self.windows:
            pooled = ave_pool_onnx(graph, x, shape, window)
            y = graph.add("Add", y, resize_onnx(graph, pooled, x, list(shape[2:])))
        return [y]
