"""Layers whose weights or activations are whole multiples of a power of two that they find."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import SHORT_NUMBERS
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, Filters, read_geometry
from framework.layers.vision.inner_product import Product
from framework.layers.weighted import Weighted
from framework.ops.losses import StraightThrough
from framework.ops.number_formats import found_levels, on_levels
from framework.proto import LayerParameter

USUAL_LEVELS = 256


class Levelled(Layer):
    """What these layers share: a last blob (4,) of the number of levels, step, lowest, highest."""

    levels: Tensor
    no_onnx_form = SHORT_NUMBERS

    def __init__(self, spec: LayerSpec):
        super().__init__(spec)
        self.finds = spec.phase == "TRAIN"

    def materialise(self, generator: torch.Generator) -> None:
        fresh = self.levels.is_meta
        super().materialise(generator)
        if fresh:
            self.levels[0] = USUAL_LEVELS

    def freeze(self) -> None:
        """Take the stored step, and keep it."""
        self.finds = False

    def quantized(self, x: Tensor) -> Tensor:
        """x on its levels; the gradient is that of x (straight-through)."""
        values = x.detach()
        number, kept_step, kept_low, kept_high = self.levels.to(values.dtype).unbind()
        step, low, high = found_levels(values, number)
        if self.finds:
            with torch.no_grad():
                found = torch.stack([number, torch.maximum(kept_step, step), low, high])
                self.levels.copy_(found)
        else:
            kept = (kept_step != 0) & (kept_low.trunc() != kept_high.trunc())
            step, low, high = (torch.where(kept, one, other) for one, other in
                               ((kept_step, step), (kept_low.trunc(), low),
                                (kept_high.trunc(), high)))
        quantized: Tensor = StraightThrough.apply(x, on_levels(values, step, low, high))
        return quantized


@layer
class FQActive(Levelled):
    """Activations on levels: whole multiples of a step that is a power of two.

    Bottom: x, any shape.
    Top:    y, the same shape: x / step rounded, halves away from 0, cut to the levels, times step.
    Blobs:  levels (4,): how many levels (256), the largest step so far, the lowest and the highest
            level.
    In TRAIN the step is the smallest power of two with which x stays within the levels: 0 to n - 1
    if nothing in x is negative, else -n/2 to (n - 1)/2, both cut to whole numbers; it and the
    levels are kept in the blob. In TEST the kept ones count; without any, and where a x of zeros
    would divide by 0 in the original, they are found anew in each forward and not kept.
    The gradient goes on unchanged. Fewer than 2 levels count as 2.
    Source: fq_active_layer.cu and quant_functions.cu of EunhyeokPark/caffe-FQ (branch FixedQuant).
    """

    keeps_shape = True
    blobs_learn = (False,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.add_blob("levels", (4,), learned=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.quantized(x)


class LevelledWeight(Levelled, Weighted):
    """A weight on levels, a bias that is exact, and the blob of the levels."""

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (*super().learned_blobs(proto), False)

    def add_weights(self, weight: Shape, bias: Shape) -> None:
        super().add_weights(weight, bias)
        self.add_blob("levels", (4,), learned=False)


@layer
class FQConvolution(LevelledWeight, Filters):
    """Convolution whose weights are on levels, as FQActive's activations are.

    Bottom: any number of x, equal in shape, as in Convolution.
    Top:    one for each bottom, as in Convolution.
    Blobs:  as in Convolution: the weights that learn are exact; then levels (4,), as in FQActive.
    The gradient of the weight on levels is that of the weight (straight-through).
    Errors: SpecError as in Convolution.
    Source: fq_conv_layer.cu of EunhyeokPark/caffe-FQ (branch FixedQuant).
    """

    reads = ("convolution_param",)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.geometry = read_geometry(spec, *bottoms)
        self.add_filters()

    def filters(self) -> tuple[Tensor, Tensor | None]:
        return self.quantized(self.weight), self.bias


@layer
class FQInnerProduct(LevelledWeight, Product):
    """Fully connected layer whose weights are on levels, as FQActive's activations are.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  as in InnerProduct: the weights that learn are exact; then levels (4,), as in FQActive.
    The gradient of the weight on levels is that of the weight (straight-through).
    Errors: SpecError if num_output is 0.
    Source: fq_inner_product_layer.cu of EunhyeokPark/caffe-FQ (branch FixedQuant).
    """

    reads = ("inner_product_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.add_product(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.product(x, self.quantized(self.weight), self.bias)
