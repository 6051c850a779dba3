"""Factors and summands of single projects: EltwiseAffine, ChannelScale."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set, plain
from framework.proto import FillerParameter


@layer
class EltwiseAffine(Layer):
    """Channel-wise affine map with learned numbers: y = slope * x + bias.

    Bottom: x (N, C, ...).
    Top:    y in the shape of x.
    Blobs:  slope and bias (C,), or () with `channel_shared`; constants 1.0001 and 0.0001 without
            fillers.
    Errors: SpecError with one axis.
    Source: eltwise_affine_layer.cpp of happynear/caffe-windows (2016), and
            ducha-aiki/caffenet-benchmark.
    """

    pointwise = True
    keeps_shape = True
    blobs_learn = (True, True)
    slope: Tensor
    bias: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "eltwise_affine_param", "slope_filler bias_filler channel_shared")
        param = spec.proto.eltwise_affine_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; EltwiseAffine takes (N, C, ...)")
        shape = () if param.channel_shared else (x[1],)
        for name, filler, value in (("slope", "slope_filler", 1.0001),
                                    ("bias", "bias_filler", 0.0001)):
            usual = FillerParameter(type="constant", value=value)
            self.add_blob(name, shape, getattr(param, filler) if is_set(param, filler) else usual)

    def forward(self, x: Tensor) -> Tensor:
        channels = (-1, *(1,) * (x.dim() - 2))
        slope, bias = (blob.reshape(channels) for blob in (self.slope, self.bias))
        return torch.addcmul(bias.to(x.dtype), x, slope.to(x.dtype))

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        if self.slope.dim() == 0:
            return None
        return self.slope.detach().double(), self.bias.detach().double()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        channels = (-1, *(1,) * (len(graph.shape(bottoms[0])) - 2))
        slope = graph.floats(self.slope.detach().reshape(channels), "slope")
        bias = graph.floats(self.bias.detach().reshape(channels), "bias")
        return [graph.add("Add", graph.add("Mul", bottoms[0], slope), bias)]


class _Scaled(torch.autograd.Function):
    """A top whose gradient is dy * by for x, and the sum over channels of dy * x for the scale.

    None for `by` passes the gradient of x on as it is; `learns` says whether the scale has one.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, top: Tensor, through: bool, learns: bool
                ) -> Tensor:  # Any: torch has no type for it
        ctx.save_for_backward(x, scale)
        ctx.through = through
        ctx.learns = learns
        return top.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        own = gradient * scale if ctx.through else gradient
        theirs = (gradient * x).sum(1, keepdim=True) if ctx.learns else torch.zeros_like(scale)
        return own, theirs, None, None, None


@layer
class ChannelScale(Layer):
    """Spatial scaling: multiply all channels of each position by a number of the second bottom.

    Bottoms: x (N, C, ...); scale, a number for each item and position: (N, 1, ...) or (N, ...).
    Tops:    y in the shape of x; with `global_scale`, if wanted, the one factor (1,).
    Blobs:   with `global_scale` the factor (1,), not learned: in TRAIN the mean of |scale| at
             first, then 0.99 of itself plus 0.01 of that mean, cut to min_global_scale ...
             max_global_scale. It is -1, not set, before the first training step.
    `do_forward: false` copies x. `do_backward_feature: false` passes the gradient of x on as it
    is, `do_backward_scale: false` stops that of the scale. With `global_scale` the gradients are
    still those of the second bottom's numbers, as in the original, whose GPU code this is: its
    CPU code never sets the factor.
    Errors:  SpecError if the sizes do not fit.
    Source:  channel_scale_layer.cpp and .cu of happynear/caffe-windows.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_onnx_form = "it belongs to the training of embeddings; no form of it is written"
    elementwise = True
    factor: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, scale: Shape):
        super().__init__(spec)
        honour(spec, "channel_scale_param", "do_forward do_backward_feature do_backward_scale "
               "global_scale max_global_scale min_global_scale")
        self.param = param = plain(spec.proto.channel_scale_param)
        positions = x[0] * math.prod(x[2:])
        if len(x) < 2 or scale[0] != x[0] or math.prod(scale) != positions:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(scale)}; the second "
                             f"must hold {positions} numbers, one for each item and position "
                             "of the first")
        if len(spec.tops) == 2 and not param.global_scale:
            raise spec.error("top", "has two blobs; only global_scale: true has a second")
        if param.global_scale:
            start = FillerParameter(type="constant", value=-1)
            self.add_blob("factor", (1,), start, learned=False)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor | tuple[Tensor, ...]:
        param = self.param
        cells = scale.reshape(x.shape[0], 1, *x.shape[2:]).to(x.dtype)
        top = x
        if param.do_forward:
            top = x * (self._global(cells) if param.global_scale else cells)
        y = _Scaled.apply(x, cells, top.detach(), param.do_backward_feature,
                          param.do_backward_scale)
        return (y, self.factor.clone()) if len(self.spec.tops) == 2 else y

    def _global(self, scale: Tensor) -> Tensor:
        if self.spec.phase == "TRAIN" and torch.is_grad_enabled() and not scale.is_meta:
            with torch.no_grad():
                mean = scale.abs().mean().to(self.factor.dtype)
                moved = torch.where(self.factor < 0, mean, self.factor * 0.99 + mean * 0.01)
                limits = (self.param.min_global_scale, self.param.max_global_scale)
                self.factor.copy_(moved.clamp(*limits))
        return self.factor.to(scale.dtype)
