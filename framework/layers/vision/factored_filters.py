"""Convolution whose filters are products of three factors (ConvolutionSparse)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, Filters, convolutions_onnx, read_geometry
from framework.proto import LayerParameter


@layer
class ConvolutionSparse(Filters):
    """Convolution of combined channels whose windows are combined too, by sparse filters.

    Bottom, top: as in Convolution.
    Blobs:  channels (1, 1, C, C / group), which combine those of a group; cells (1, C, K, K), which
            combine the K cells of a window, for each channel; weight (num_output, C / group,
            kernel...), all by weight_filler; bias (1, 1, 1, num_output) unless `bias_term: false`.
    The original begins with a Convolution's weight and the other two as identities, and with
    `is_pca_channel` turns these to principal axes: weights of a Convolution are not taken here.
    Errors: SpecError as in Convolution, and for another number of axes than four.
    Source: conv_sparse_layer.cu of liu2bao3yuan1/caffe-batchnorm, which has no CPU form; Liu et
            al. 2015.
    """

    reads = ("convolution_param",)
    channels: Tensor
    cells: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (3 + proto.convolution_param.bias_term)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.geometry = at = read_geometry(spec, *bottoms)
        if len(at.kernel) != 2 or at.axis != 1:
            raise spec.error("bottom", f"has the shape {tuple(bottoms[0])}; it must be (N, C, H, "
                             "W)")
        param = spec.proto.convolution_param
        each, size = at.channels // at.group, at.kernel[0] * at.kernel[1]
        self.add_blob("channels", (1, 1, at.channels, each), param.weight_filler)
        self.add_blob("cells", (1, at.channels, size, size), param.weight_filler)
        self.add_weights((at.num_output, each, *at.kernel), (1, 1, 1, at.num_output))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        size, each = self.cells.shape[-1], self.channels.shape[-1]
        return super().multiply_adds(bottoms, tops) + self.weight.numel() * (size + each)

    def filters(self) -> tuple[Tensor, Tensor | None]:
        groups, each = self.geometry.group, self.channels.shape[-1]
        size = self.cells.shape[-1]
        weight = self.weight.reshape(groups, -1, each, size)
        cells = self.cells.reshape(groups, each, size, size)
        channels = self.channels.reshape(groups, each, each)
        windows = torch.einsum("goak,gakl->goal", weight, cells)
        whole = torch.einsum("goal,gab->gobl", windows, channels)
        return whole.reshape(self.weight.shape), None if self.bias is None else self.bias.flatten()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        weight, bias = self.filters()
        blobs = {"weight": weight.detach()} | ({} if bias is None else {"bias": bias.detach()})
        return convolutions_onnx(graph, "Conv", self.with_blobs(**blobs), self.geometry, bottoms)
