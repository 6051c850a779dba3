"""Convolution and fully connected layers whose weights are binary or ternary in the forward."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.filters import (
    FIELDS,
    Filters,
    convolutions_onnx,
    read_geometry,
)
from framework.layers.vision.inner_product import rows_by
from framework.layers.weighted import Weighted
from framework.ops.losses import StraightThrough
from framework.ops.quantized import LEVELS, exact_rows


class Quantizer:
    """What the forward takes for a weight: its levels, but for rows that are drawn as exact."""

    def __init__(self, spec: LayerSpec, param_name: str, num_rows: int):
        param = getattr(spec.proto, param_name)
        if not 0 <= param.ratio <= 100:
            raise spec.error(f"{param_name}.ratio",
                             f"is {param.ratio:g}; it must be from 0 to 100")
        self.spec = spec
        self.levels = LEVELS[spec.type.removesuffix("Convolution").removesuffix("InnerProduct")]
        self.num_exact = int((1 - param.ratio / 100) * num_rows) if param.sq else 0

    def __call__(self, weight: Tensor) -> Tensor:
        """The weight of the forward; its gradient is that of the weight (straight-through)."""
        rows = weight.detach().flatten(1)
        values = self.levels(rows)
        if self.num_exact:
            values = torch.where(exact_rows(rows, values, self.num_exact), rows, values)
        return StraightThrough.apply(weight, values.reshape(weight.shape))

    def exported(self, weight: Tensor) -> Tensor:
        """The weight of each forward. SpecError where it is another each time."""
        if self.num_exact:
            raise self.spec.error("sq", "is true with a ratio below 100: the filters that stay "
                                  "exact are drawn in each forward, which has no ONNX form")
        return self(weight).detach()


@layer("BinaryConvolution")
@layer("TernaryConvolution")
class QuantizedConvolution(Filters):
    """Convolution with quantized weights: -a, a, or with Ternary -a, 0, a, a factor a filter.

    Bottom: any number of x, equal in shape, as in Convolution.
    Top:    one for each bottom, as in Convolution.
    Blobs:  as in Convolution: the weights that learn are exact.
    The gradient of the quantized weight is that of the weight (straight-through). With `sq`,
    100 - ratio percent of the filters, rounded down, are exact in each forward: drawn anew, by
    their errors.
    Errors: SpecError as in Convolution, and for a ratio beyond 0 to 100.
    Source: conv_layer_binary.cu, conv_layer_ternary.cu of dongyp13/Stochastic-Quantization; Dong
            et al. 2017.
    """

    reads = ("convolution_param",)
    fork_fields = frozenset(["convolution_param.sq", "convolution_param.ratio"])

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", f"{FIELDS} sq ratio")
        self.geometry = at = read_geometry(spec, *bottoms)
        self.quantize = Quantizer(spec, "convolution_param", at.num_output)
        self.add_filters()

    def filters(self) -> tuple[Tensor, Tensor | None]:
        return self.quantize(self.weight), self.bias

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        quantized = self.with_blobs(weight=self.quantize.exported(self.weight))
        return convolutions_onnx(graph, "Conv", quantized, self.geometry, bottoms)


@layer("BinaryInnerProduct")
@layer("TernaryInnerProduct")
class QuantizedInnerProduct(Weighted):
    """Fully connected layer whose rows have quantized weights: -a, a, or with Ternary -a, 0, a.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  weight (num_output, K), which is exact; bias (num_output,) unless `bias_term: false`.
    Gradient, `sq` and `ratio` as in the convolutions.
    Errors: SpecError if num_output is 0, for `transpose`, or a ratio beyond 0 to 100.
    Source: inner_product_layer_binary.cu, inner_product_layer_ternary.cu of
            dongyp13/Stochastic-Quantization; Dong et al. 2017.
    """

    reads = ("inner_product_param",)
    fork_fields = frozenset(["inner_product_param.sq", "inner_product_param.ratio"])
    weights_in = "inner_product_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler axis "
               "sq ratio")
        self.axis, shape = rows_by(spec, x)
        self.quantize = Quantizer(spec, "inner_product_param", shape[0])
        self.add_weights(shape, shape[:1])

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.flatten(self.axis), self.quantize(self.weight), self.bias)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        flat = graph.reshape(bottoms[0], [0] * self.axis + [math.prod(shape[self.axis:])])
        rows = self.quantize.exported(self.weight)
        y = graph.add("MatMul", flat, graph.floats(rows.t().contiguous(), "weight"))
        return [y if self.bias is None else graph.add("Add", y, graph.floats(self.bias, "bias"))]
