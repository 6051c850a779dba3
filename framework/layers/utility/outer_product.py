"""Outer product of two vectors of each item, for adversarial training by class."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour


@layer
class OuterProduct(Layer):
    """Outer product of each item's two vectors.

    Bottoms: a (N, A), without gradient as in the original, which multiplies it by 0; b (N, B).
    Top:     (N, A, B, 1), a_i b_j.
    outer_product_param.loss_weight has no effect, as in the original.
    Errors:  SpecError for other shapes.
    Source:  OuterProductParameter; outerproduct_layer.cu of thuml/MADA; Pei et al. 2018.
    """

    no_onnx_form = UNWRITTEN
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, a: Shape, b: Shape):
        super().__init__(spec)
        honour(spec, "outer_product_param", "")
        if min(len(a), len(b)) < 2 or a[0] != b[0] or math.prod((*a[2:], *b[2:])) != 1:
            raise spec.error("bottom", f"has the shapes {tuple(a)} and {tuple(b)}; they must be "
                             "(N, A) and (N, B)")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (a.detach().flatten(1)[:, :, None] * b.flatten(1)[:, None])[..., None]
