"""ColumnConvolution: filters on what Im2col makes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import POINTWISE, CoordinateMap
from framework.layers.params import honour
from framework.layers.vision.convolution import FIELDS, Convolution, read_geometry, top_sizes
from framework.ops.convolution import convolve
from framework.proto import LayerParameter


@layer
class ColumnConvolution(Layer):
    """Convolution of windows that are written as channels: what a Convolution with
    `bottom_is_im2col` is read as.

    Bottom: x (N, C * kernel_h * kernel_w, H, W), as Im2col makes it and other layers change it.
    Top:    y (N, num_output, H, W).
    Blobs:  weight (num_output, C / group, kernel_h, kernel_w); bias (num_output,) unless
            `bias_term: false`.
    Errors: SpecError as of Convolution, for channels that are not windows, and where a convolution
            of that kernel, stride and pad would not keep the sizes.
    Source: convolution_param.bottom_is_im2col; base_conv_layer.cpp of aharley/segaware.
    """

    fork_fields = frozenset(["convolution_param.bottom_is_im2col"])
    no_onnx_form = "no form of it is written"
    weight: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return Convolution.learned_blobs(proto)

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return POINTWISE

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", f"{FIELDS} bottom_is_im2col")
        param = spec.proto.convolution_param
        at = read_geometry(spec, x)
        cells = math.prod(at.kernel)
        sizes = top_sizes("Conv", x[at.axis + 1:], at)
        if at.axis != 1 or at.channels // at.group % cells or tuple(sizes) != tuple(x[2:]):
            raise spec.error("bottom", f"has the shape {tuple(x)}; with bottom_is_im2col it must "
                             f"have the sizes of the top, {tuple(sizes)}, and {cells} channels "
                             "for each of a filter")
        self.group = at.group
        self.add_blob("weight", (at.num_output, at.channels // at.group // cells, *at.kernel),
                      param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", (at.num_output,), param.bias_filler)
        else:
            self.bias = None

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight[0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        num_axes = x.dim() - 2
        one = (1,) * num_axes
        rows = self.weight.flatten(1).reshape(len(self.weight), -1, *one)
        return convolve(x, rows, self.bias, one, (0,) * num_axes, one, self.group)
