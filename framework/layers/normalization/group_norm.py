"""Normalization within an item: layer, group and instance normalization."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, check_positive, honour, is_set
from framework.ops.losses import precise
from framework.proto import FillerParameter, LayerParameter

ONE = FillerParameter(type="constant", value=1)


def unit_onnx(graph: OnnxGraph, x: str, axes: list[int], eps: float) -> str:
    """(x - mean) / sqrt(variance + eps) over `axes`."""
    far = graph.add("Sub", x, graph.reduce("ReduceMean", x, axes, True))
    variance = graph.reduce("ReduceMean", graph.add("Mul", far, far), axes, True)
    return graph.add("Div", far, graph.add("Sqrt", graph.add("Add", variance, graph.floats(eps))))


def affine_onnx(graph: OnnxGraph, x: str, scale: Tensor, bias: Tensor) -> str:
    """x * scale + bias."""
    product = graph.add("Mul", x, graph.floats(scale.detach(), "scale"))
    return graph.add("Add", product, graph.floats(bias.detach(), "bias"))


def _add_affine(layer: LayerNorm | InstanceNorm, shape: Shape, is_wanted: bool) -> None:
    """The blobs scale, ones at first, and bias, zeros, of that shape; None if not wanted."""
    layer.scale = None
    layer.bias = None
    if is_wanted:
        del layer.scale, layer.bias
        layer.add_blob("scale", shape, ONE)
        layer.add_blob("bias", shape)


def _affine(layer: LayerNorm | GroupNorm | InstanceNorm, dtype: torch.dtype
            ) -> tuple[Tensor | None, Tensor | None]:
    """scale and bias in the type that is computed in; None where the layer has none."""
    if layer.scale is None or layer.bias is None:
        return None, None
    return layer.scale.to(dtype), layer.bias.to(dtype)


@layer
class LayerNorm(Layer):
    """Layer normalization: each item's axes from `axis` on to mean 0 and variance 1 together.

    Bottom: x (d0, ..., dn).
    Top:    (x - mean) / sqrt(variance + eps) in the shape of x, times scale plus bias.
    Blobs:  scale and bias (d[axis], ..., dn), ones and zeros at first, unless
            `elementwise_affine: false`.
    Errors: SpecError for an axis that is not there, or an eps that is not above 0.
    Source: layer_norm_layer.cpp of Intel's OpenVINO fork, which has axis 1 alone; Ba et al. 2016.
    """

    keeps_shape = True
    elementwise = True
    scale: Tensor | None
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True, True) if proto.layer_norm_param.elementwise_affine else ()

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "layer_norm_param", "eps elementwise_affine axis")
        param = spec.proto.layer_norm_param
        check_positive(spec, "layer_norm_param", "eps")
        self.eps = param.eps
        self.axis = canonical_axis(spec, "layer_norm_param.axis", param.axis, x)
        self.shape = tuple(x[self.axis:])
        _add_affine(self, self.shape, param.elementwise_affine)

    def forward(self, x: Tensor) -> Tensor:
        wide = precise(x)
        return F.layer_norm(wide, x.shape[self.axis:], *_affine(self, wide.dtype), self.eps
                            ).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        axes = list(range(self.axis, len(graph.shape(bottoms[0]))))
        y = unit_onnx(graph, bottoms[0], axes, self.eps)
        if self.scale is None or self.bias is None:
            return [y]
        return [affine_onnx(graph, y, self.scale, self.bias)]


@layer
class GroupNorm(Layer):
    """Group normalization: channels of each group over all positions to mean 0, variance 1.

    Bottom: x (N, C, ...).
    Top:    (x - mean) / sqrt(variance + eps) in the shape of x, times scale plus bias.
    Blobs:  scale (1, C, 1, 1), ones without `scale_filler`, and bias (1, C, 1, 1); none, and no
            scale and bias, where `group_num` gives the groups.
    Errors: SpecError if the groups do not divide the channels, or eps is not above 0.
    Source: group_norm_layer.cpp of hujie-frank's Caffe; with `group_num` that of
            dongyf43/Spatio-Temporal-3D-CNN-for-lock-in-INDT; Wu and He 2018.
    """

    keeps_shape = True
    elementwise = True
    fork_fields = frozenset({"group_norm_param.group_num"})
    scale: Tensor | None
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return () if proto.group_norm_param.HasField("group_num") else (True, True)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.group_norm_param
        is_plain = param.HasField("group_num")
        honour(spec, "group_norm_param",
               "group_num eps" if is_plain else "group eps scale_filler bias_filler")
        check_positive(spec, "group_norm_param", "eps")
        self.eps = param.eps
        field = "group_num" if is_plain else "group"
        self.group = getattr(param, field)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; GroupNorm takes (N, C, ...)")
        if self.group < 1 or x[1] % self.group:
            raise spec.error(f"group_norm_param.{field}", f"is {self.group}; it must divide the "
                             f"{x[1]} channels of the bottom")
        if is_plain:
            self.scale = None
            self.bias = None
            return
        self.add_blob("scale", (1, x[1], 1, 1),
                      param.scale_filler if is_set(param, "scale_filler") else ONE)
        self.add_blob("bias", (1, x[1], 1, 1), param.bias_filler)

    def forward(self, x: Tensor) -> Tensor:
        wide = precise(x)
        scale, bias = _affine(self, wide.dtype)
        if scale is not None and bias is not None:
            scale, bias = scale.reshape(-1), bias.reshape(-1)
        return F.group_norm(wide, self.group, scale, bias, self.eps).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        rows = graph.reshape(bottoms[0], [0, self.group, -1])
        y = graph.reshape(unit_onnx(graph, rows, [2], self.eps), [0, *shape[1:]])
        if self.scale is None or self.bias is None:
            return [y]
        channels = (-1, *(1,) * (len(shape) - 2))
        return [affine_onnx(graph, y, self.scale.reshape(channels), self.bias.reshape(channels))]


@layer
class InstanceNorm(Layer):
    """Instance normalization: each channel of each item to mean 0 and variance 1.

    Bottom: x (N, C, n1, ...).
    Top:    (x - mean) / sqrt(variance + eps) in the shape of x, times scale plus bias with
            `affine: true`.
    Blobs:  with `affine`: scale (C,), ones at first, and bias (C,).
    Errors: SpecError for fewer than 3 axes, or an eps that is not above 0.
    Source: instance_norm_layer.cpp of a fork without fields, whose eps is 1e-4; Ulyanov et al.
            2016.
    """

    keeps_shape = True
    elementwise = True
    scale: Tensor | None
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True, True) if proto.instance_norm_param.affine else ()

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "instance_norm_param", "eps affine")
        param = spec.proto.instance_norm_param
        check_positive(spec, "instance_norm_param", "eps")
        self.eps = param.eps
        if len(x) < 3 or math.prod(x[2:]) < 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; InstanceNorm takes (N, C, n1, "
                             "...)")
        _add_affine(self, (x[1],), param.affine)

    def forward(self, x: Tensor) -> Tensor:
        wide = precise(x)
        # a group of each channel is an instance; instance_norm itself refuses planes of one cell
        return F.group_norm(wide, x.shape[1], *_affine(self, wide.dtype), self.eps).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num_axes = len(graph.shape(bottoms[0]))
        y = unit_onnx(graph, bottoms[0], list(range(2, num_axes)), self.eps)
        if self.scale is None or self.bias is None:
            return [y]
        channels = (-1, *(1,) * (num_axes - 2))
        return [affine_onnx(graph, y, self.scale.reshape(channels), self.bias.reshape(channels))]
