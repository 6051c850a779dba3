"""CrossCorrelation of NicoleWang/caffe: a convolution whose filters another branch computes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, convolved, read_geometry
from framework.proto import LayerParameter


@layer
class CrossCorrelation(Layer):
    """Convolution (cross-correlation) of maps with filters that are a bottom: SiamFC's similarity.

    Bottoms: x (N, C, H, W); the filters (M, C / group, kernel_h, kernel_w), of which the first
             num_output are used. Both get a gradient.
    Top:     y (N, num_output, h, w), sizes as of Convolution.
    Blobs:   weight, shaped as the filters, which files have and nothing reads; bias (num_output,)
             unless `bias_term: false`.
    Errors:  SpecError for filters of other sizes, which the original reads as if they had these;
             else as for Convolution.
    Source:  cross_correlation_layer.cpp of NicoleWang/caffe, for NicoleWang/py-R-FCN. Its gradient
             of the filters is added to that of the passes before; here it is that of one pass.
    """

    reads = ("convolution_param",)
    num_bottoms = (2, 2)
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (False, True) if proto.convolution_param.bias_term else (False,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Filters of the sizes that the text says; a batch has one for each of its items."""
        at = read_geometry(spec, bottoms[0])
        return (max(bottoms[1][0], at.num_output), at.channels // at.group, *at.kernel) \
            if index else None

    def __init__(self, spec: LayerSpec, x: Shape, filters: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.geometry = at = read_geometry(spec, x)
        wanted = (at.channels // at.group, *at.kernel)
        if at.axis != 1 or len(x) != 4:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                             "(N, C, H, W), with its channels on axis 1")
        if tuple(filters[1:]) != wanted or filters[0] < at.num_output:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(filters)}; as "
                             f"filters it must have at least {at.num_output} items of {wanted}")
        param = spec.proto.convolution_param
        self.add_blob("weight", (at.num_output, *wanted), param.weight_filler, learned=False)
        if param.bias_term:
            self.add_blob("bias", (at.num_output,), param.bias_filler)
        else:
            self.bias = None

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[1][1:])

    def forward(self, x: Tensor, filters: Tensor) -> Tensor:
        at = self.geometry
        return convolved(x, filters[:at.num_output], self.bias, at)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        at = self.geometry
        filters = bottoms[1]
        if graph.shape(filters)[0] != at.num_output:
            filters = graph.cut(filters, 0, 0, at.num_output)
        bias = [] if self.bias is None else [graph.floats(self.bias, "bias")]
        return [graph.add("Conv", bottoms[0], filters, *bias, kernel_shape=list(at.kernel),
                          strides=list(at.stride), pads=[*at.pad, *at.pad_end],
                          dilations=list(at.dilation), group=at.group)]
