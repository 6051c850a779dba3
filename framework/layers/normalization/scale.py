"""Affine layers: multiply by a broadcast factor (Scale), add a broadcast bias (Bias)."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, honour, is_set
from framework.proto import FillerParameter, LayerParameter


def broadcast_axes(spec: LayerSpec, prefix: str, bottoms: tuple[Shape, ...]) -> tuple[int, Shape]:
    """The axis of the bottom where the broadcast factor or summand starts, and its shape.

    prefix   scale_param or bias_param
    bottoms  shapes of one or two bottoms
    With two bottoms it is the second's; else num_axes axes of the first from `axis` on (-1: all).
    Raises SpecError for axes that the bottom does not have, or shapes that do not fit.
    Source: BVLC scale_layer.cpp LayerSetUp and Reshape, bias_layer.cpp the same.
    """
    param = getattr(spec.proto, prefix)
    x = bottoms[0]
    num_axes = param.num_axes
    given = bottoms[1] if len(bottoms) == 2 else None
    if given == ():
        return 0, ()
    if given is None and num_axes == 0:
        return 0, ()
    axis = canonical_axis(spec, f"{prefix}.axis", param.axis, x)
    if given is not None:
        if x[axis : axis + len(given)] != given:
            raise spec.error("bottom[1]", f"has the shape {given}; from axis {axis} on it must "
                             f"be that of the first bottom, {x}")
        return axis, given
    if num_axes < -1:
        raise spec.error(f"{prefix}.num_axes", f"is {num_axes}; it must be at least -1")
    if num_axes == -1:
        return axis, x[axis:]
    if axis + num_axes > len(x):
        raise spec.error(f"{prefix}.num_axes", f"is {num_axes}; from axis {axis} on the bottom "
                         f"has only {len(x) - axis}")
    return axis, x[axis : axis + num_axes]


def spread(small: Tensor, axis: int, x: Tensor) -> Tensor:
    """Reshape `small` so that it broadcasts against x from `axis` on."""
    after = x.dim() - axis - small.dim()
    return small.reshape(*small.shape, *(1,) * after) if small.dim() else small


def spread_onnx(graph: OnnxGraph, bottoms: Names, blob: Tensor | None, axis: int,
                name: str) -> str:
    """As `spread`: the blob, or without one the second bottom, so that it broadcasts."""
    num_axes = len(graph.shape(bottoms[0]))
    if blob is not None:
        return graph.floats(blob.reshape(*blob.shape, *(1,) * (num_axes - axis - blob.dim()))
                            if blob.dim() else blob, name)
    given = len(graph.shape(bottoms[1]))
    after = num_axes - axis - given
    if not given or not after:
        return bottoms[1]
    return graph.reshape(bottoms[1], [0] * given + [1] * after)


@layer
class Scale(Layer):
    """Multiply by a broadcast factor, learned or computed, and add a bias if asked to.

    Bottom: x (d0, ..., dn); then, optional, scale (d[axis], ..., d[axis + k - 1]).
    Top:    y = x * scale + bias, in the shape of x; both broadcast from `axis` on.
    Blobs:  with one bottom scale (d[axis], ..., d[axis + num_axes - 1]), filled with 1 without a
            filler; () for num_axes 0, all axes for -1. With `bias_term` bias, of the same shape.
    Errors: SpecError if the shapes do not fit.
    Source: ScaleParameter in caffe.proto; BVLC scale_layer.cpp.
    """

    pointwise = True
    keeps_shape = True
    num_bottoms = (1, 2)
    elementwise = True
    scale: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * ((len(proto.bottom) == 1) + proto.scale_param.bias_term)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "scale_param", "axis num_axes filler bias_term bias_filler")
        param = spec.proto.scale_param
        self.axis, shape = broadcast_axes(spec, "scale_param", bottoms)
        if len(bottoms) == 1:
            one = FillerParameter(type="constant", value=1)
            self.add_blob("scale", shape, param.filler if is_set(param, "filler") else one)
        if param.bias_term:
            self.add_blob("bias", shape, param.bias_filler)
        else:
            self.bias = None

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        factor = spread(self.scale if scale is None else scale, self.axis, x)
        if self.bias is None:
            return (x * factor).to(x.dtype)
        return torch.addcmul(spread(self.bias, self.axis, x), x, factor).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, num_axes = bottoms[0], len(graph.shape(bottoms[0]))
        factor = None if len(bottoms) > 1 else self.scale
        y = graph.add("Mul", x, spread_onnx(graph, bottoms, factor, self.axis, "scale"))
        if self.bias is None:
            return [y]
        dims = (*self.bias.shape, *(1,) * (num_axes - self.axis - self.bias.dim()))
        return [graph.add("Add", y, graph.floats(self.bias.reshape(dims), "bias"))]

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        if len(self.spec.bottoms) > 1 or self.axis != 1 or self.scale.dim() != 1:
            return None
        factor = self.scale.detach().double()
        if self.bias is None:
            return factor, torch.zeros_like(factor)
        return factor, self.bias.detach().double()


@layer
class Bias(Layer):
    """Add a broadcast bias, learned or computed.

    Bottom: x (d0, ..., dn); then, optional, bias (d[axis], ..., d[axis + k - 1]).
    Top:    y = x + bias, in the shape of x; the bias broadcasts from `axis` on.
    Blobs:  with one bottom bias (d[axis], ..., d[axis + num_axes - 1]); () for num_axes 0, all
            axes for -1.
    Errors: SpecError if the shapes do not fit.
    Source: BiasParameter in caffe.proto; BVLC bias_layer.cpp.
    """

    pointwise = True
    num_bottoms = (1, 2)
    elementwise = True
    bias: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (len(proto.bottom) == 1)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "bias_param", "axis num_axes filler")
        self.axis, shape = broadcast_axes(spec, "bias_param", bottoms)
        if len(bottoms) == 1:
            self.add_blob("bias", shape, spec.proto.bias_param.filler)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        return (x + spread(self.bias if bias is None else bias, self.axis, x)).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        summand = None if len(bottoms) > 1 else self.bias
        spread = spread_onnx(graph, bottoms, summand, self.axis, "bias")
        return [graph.add("Add", bottoms[0], spread)]

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        if len(self.spec.bottoms) > 1 or self.axis != 1 or self.bias.dim() != 1:
            return None
        summand = self.bias.detach().double()
        return torch.ones_like(summand), summand
