"""Fully connected layers whose matrix has one number for each diagonal (Wenri/caffe)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import honour
from framework.layers.vision.inner_product import rows_by
from framework.ops.losses import precise


def read_rows(spec: LayerSpec, x: Shape, name: str) -> tuple[int, tuple[int, int]]:
    """The axis of an item, the outputs and K. SpecError if they do not fit."""
    honour(spec, name, "num_output bias_term weight_filler bias_filler axis")
    axis, (num_output, size) = rows_by(spec, x, name)
    if num_output > size:
        raise spec.error(f"{name}.num_output", f"is {num_output}; it must be at most the {size} "
                         f"numbers of an item of '{spec.bottoms[0]}'")
    return axis, (num_output, size)


class _Circulant(Layer):
    """What both share: blobs, and the product by a transform of Fourier."""

    message: ClassVar[str]
    sign: ClassVar[int]         # of the numbers that come round the end of a row
    no_onnx_form = "its transforms of Fourier have no form here"
    blobs_learn = (True, True, False)
    weight: Tensor
    bias: Tensor
    flip: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.message
        param = getattr(spec.proto, name)
        self.axis, (self.num_output, self.size) = read_rows(spec, x, name)
        if not param.bias_term:
            raise spec.error(f"{name}.bias_term", "is false; the original fails without a bias: "
                             "give it a bias_filler of 0 and lr_mult: 0")
        self.add_blob("weight", (self.size,), param.weight_filler)
        self.add_blob("bias", (self.num_output,), param.bias_filler)
        self.add_blob("flip", (self.size,), learned=False)

    def materialise(self, generator: torch.Generator) -> None:
        fresh = self.flip.is_meta
        super().materialise(generator)
        if fresh:
            drawn = torch.rand(self.size, generator=generator) < 0.5
            self.flip.copy_(torch.where(drawn, 1.0, -1.0))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0            # transforms of Fourier, which torch's counter leaves out too

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*bottoms[0][:self.axis], self.num_output)]

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(self.axis)
        turned = precise(torch.where(self.flip > 0.5, flat, -flat))
        double = 2 * self.size
        weight = torch.fft.rfft(self.weight.to(turned.dtype), double)
        full = torch.fft.irfft(torch.fft.rfft(turned, double) * weight, double)
        y = full[..., :self.size] + self.sign * full[..., self.size:]
        return y[..., :self.num_output].to(x.dtype) + self.bias


@layer
class CirculantProjection(_Circulant):
    """Fully connected layer with a circulant matrix of one row's numbers, after a change of signs.

    Bottom: x (d0, ..., dn), flattened from `axis` on to K numbers.
    Top:    y (d0, ..., d[axis-1], num_output): y[i] = bias[i] + the sum over j of
            weight[(i - j) mod K] * s[j] * x[j], s[j] 1 where flip[j] is above 0.5, else -1.
    Blobs:  weight (K,); bias (num_output,); flip (K,), drawn from 1 and -1, not learned.
    Errors: SpecError if num_output is 0 or above K, and for `bias_term: false`.
    Source: CirculantProjectionParameter; circulant_projection_layer.cpp of Wenri/caffe; Cheng et
            al. 2015.
    """

    message = "circulant_projection_param"
    sign = 1


@layer
class SkewcirculantProjection(_Circulant):
    """Fully connected layer with a skew-circulant matrix, after a change of signs.

    As CirculantProjection, but numbers of the weight with i < j have the other sign.
    Source: SkewcirculantProjectionParameter, here CirculantProjectionParameter;
            skewcirculant_projection_layer.cpp of Wenri/caffe.
    """

    message = "skewcirculant_projection_param"
    sign = -1


@layer
class LayerOp(Layer):
    """Fully connected layer whose matrix another library makes of one row: known by shape only.

    Bottom: x (d0, ..., dn), flattened from `axis` on to K numbers.
    Top:    (d0, ..., d[axis-1], num_output).
    Blobs:  weight (K,); bias (num_output,).
    Errors: SpecError if num_output is 0 or above K, and at every forward.
    Source: LayerOpParameter, here CirculantProjectionParameter; layerop.cpp of Wenri/caffe, which
            calls a library that is not in it.
    """

    reads = ("layer_op_param",)
    blobs_learn = (True, True)
    no_onnx_form = "it is known by its shapes only"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.axis, (self.num_output, size) = read_rows(spec, x, "layer_op_param")
        param = spec.proto.layer_op_param
        self.add_blob("weight", (size,), param.weight_filler)
        self.add_blob("bias", (self.num_output,), param.bias_filler)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*bottoms[0][:self.axis], self.num_output)]

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        raise self.spec.error("type", "'LayerOp' is known by its shapes only: its matrix is made "
                              "by a library that is not public with it")
