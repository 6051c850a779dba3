"""Multiple instances (R*CNN): the best region of context of each region."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour


@layer
class MIL(Layer):
    """The highest score of each region's regions of context.

    Bottom: scores (R * context_per_roi, C, ...). Top: (R, C, 1, 1). All that are highest get the
            gradient. Further axes are not read, as in the original: they must be of 1.
    Errors: SpecError for rows that context_per_roi does not divide, or more values than channels.
    Source: MILParameter; mil_layer.cpp of gkioxari/caffe-fast-rcnn; Gkioxari et al. 2015.
    """

    no_onnx_form = "no form of it is written"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "mil_param", "context_per_roi")
        self.num = spec.proto.mil_param.context_per_roi
        if not 0 < self.num <= x[0] or x[0] % self.num:
            raise spec.error("mil_param.context_per_roi", f"is {self.num}; it must divide the "
                             f"{x[0]} rows of the bottom")
        if len(x) < 2 or set(x[2:]) - {1}:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (R, C)")

    @classmethod
    def assumed_rows(cls, spec: LayerSpec) -> int:
        return spec.proto.mil_param.context_per_roi

    def forward(self, x: Tensor) -> Tensor:
        groups = x.reshape(-1, self.num, x.shape[1])
        top = groups.detach().amax(1)
        best = groups * (groups == top[:, None])
        total = best.sum(1)
        return (total - total.detach() + top)[..., None, None]
