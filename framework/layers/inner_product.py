"""InnerProduct and Embed."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from framework.layer import Layer, Shape, layer
from framework.layers.fields import canonical_axis
from framework.layers.param_fields import honour
from framework.spec import LayerSpec


@layer
class InnerProduct(Layer):
    """Flatten each item from `axis` on and multiply it by a weight matrix.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output), y = flat(x) @ weight.T + bias.
    Blobs:  weight (num_output, K), or (K, num_output) if `transpose`;
            bias (num_output,) unless `bias_term: false`.  K = d[axis] * ... * dn.
    Intel's `relu` with `negative_slope` is applied to the top.
    Errors: SpecError if num_output is 0.
    Source: InnerProductParameter in caffe.proto; BVLC inner_product_layer.cpp.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler axis "
               "transpose relu negative_slope")
        param = spec.proto.inner_product_param
        if param.num_output == 0:
            raise spec.error("inner_product_param.num_output", "is 0; it must be at least 1")
        self.axis = canonical_axis(spec, "inner_product_param.axis", param.axis, x)
        self.transpose = param.transpose
        self.relu, self.negative_slope = param.relu, param.negative_slope
        shape = (param.num_output, math.prod(x[self.axis :]))
        self.add_blob("weight", shape[::-1] if self.transpose else shape, param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", shape[:1], param.bias_filler)
        else:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.t() if self.transpose else self.weight
        y = F.linear(x.flatten(self.axis), weight, self.bias)
        if self.relu:
            return F.leaky_relu(y, self.negative_slope) if self.negative_slope else F.relu(y)
        return y


@layer
class Embed(Layer):
    """Look each number of the bottom up in a table.

    Bottom: x (d0, ..., dn), whole numbers 0 ... input_dim - 1 in floats; it gets no gradient.
    Top:    y (d0, ..., dn, num_output), y = weight[x] + bias.
    Blobs:  weight (input_dim, num_output); bias (num_output,) unless `bias_term: false`.
    Errors: SpecError if num_output or input_dim is 0.
    Source: EmbedParameter in caffe.proto; BVLC embed_layer.cpp.
    """

    no_gradient_bottoms = (0,)
    weight: Tensor
    bias: Tensor | None

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "embed_param", "num_output input_dim bias_term weight_filler bias_filler")
        param = spec.proto.embed_param
        for field in ("num_output", "input_dim"):
            if getattr(param, field) == 0:
                raise spec.error(f"embed_param.{field}", "is 0; it must be at least 1")
        self.add_blob("weight", (param.input_dim, param.num_output), param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", (param.num_output,), param.bias_filler)
        else:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        y = F.embedding(x.long(), self.weight)
        return y if self.bias is None else y + self.bias
