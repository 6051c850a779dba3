"""Layers of learned compression: codes rounded to bits, and masks of the bits that are kept."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_sizes, honour
from framework.proto import enum_name

NEARLY = 0.00001    # added to a number of groups before it is cut to a whole one


class _Rounded(torch.autograd.Function):
    """Rounded values; the gradient passes where x is from `low` to 1, below only if it is
    negative and above only if it is positive, and then `push` is added to all of it."""

    @staticmethod
    def forward(x: Tensor, y: Tensor, low: float, push: Tensor) -> Tensor:
        return y.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        x, _, ctx.low, push = inputs
        ctx.save_for_backward(x, push)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        x, push = ctx.saved_tensors
        passes = ((x >= ctx.low) & (x <= 1)) | ((x < ctx.low) & (grad < 0)) \
            | ((x > 1) & (grad > 0))
        return torch.where(passes, grad, 0) + push, None, None, None


class _WithShare(Layer):
    """What both layers share: a blob with the share of ones, which is not learned."""

    needs_float32 = True
    no_onnx_form = UNWRITTEN
    blobs_learn = (False,)

    def __init__(self, spec: LayerSpec):
        super().__init__(spec)
        self.add_blob("share", (1, 1, 1, 1), learned=False)


@layer
class Round(_WithShare):
    """Rounding of codes to 0 and 1, -1 and 1, or `groups` levels, with a gradient that passes.

    Bottom: x (...).
    Top:    as x: 1 where x > 0.5, else 0 (ZERO_ONE); 1 where x > 0, else -1 (ONE_MINUS_ONE);
            (floor(groups * x) + 1) / groups, up to 1, of x clipped to [0, 1] (MULTI).
    Blob:   the share of ones (1, 1, 1, 1), which the original writes for people to read: kept.
    The gradient passes where x is from 0 (ZERO_ONE) or -1 to 1; below it passes if it is negative,
    above if it is positive. With has_constrain `scale` is added to all of it where the mean |y| is
    above `ratio`, whatever the loss weight.
    Errors: SpecError for no groups.
    Source: RoundParameter; round_layer.cpp of satchelwu/my_caffe, whose round_layer.cu has the
            constraint without has_constrain too, and stops at 0 for all methods.
    """

    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "round_param", "scale method groups has_constrain ratio")
        param = spec.proto.round_param
        self.method = enum_name(param, "method")
        self.groups = param.groups
        check_sizes(spec, "round_param", "groups")
        self.scale = param.scale if param.has_constrain else 0.0
        self.ratio = param.ratio

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y = self._levels(x)
            push = self.scale * (y.abs().mean() > self.ratio).to(y.dtype)
        return _Rounded.apply(x, y, 0.0 if self.method == "ZERO_ONE" else -1.0, push)

    def _levels(self, x: Tensor) -> Tensor:
        if self.method == "ZERO_ONE":
            return (x > 0.5).to(x.dtype)
        if self.method == "ONE_MINUS_ONE":
            return (x > 0).to(x.dtype) * 2 - 1
        return (((x.clamp(0, 1) * self.groups).floor() + 1) / self.groups).clamp(max=1)


class _Mask(torch.autograd.Function):
    """Channels below `kept` as 1. The gradient of x is the sum of those of channels `reach` about
    `kept` times `factor`, or with no reach of all channels, and `push`."""

    @staticmethod
    def forward(x: Tensor, kept: Tensor, channels: Tensor, reach: int, factor: int,
                push: Tensor) -> Tensor:
        return (channels < kept).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        _, kept, channels, ctx.reach, ctx.factor, push = inputs
        ctx.save_for_backward(kept, channels, push)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        kept, channels, push = ctx.saved_tensors
        if ctx.reach:
            near = (channels >= kept - ctx.reach) & (channels < kept + ctx.reach)
            grad = torch.where(near, grad, 0)
        return grad.sum(1, keepdim=True) * ctx.factor + push, None, None, None, None, None


@layer
class ImpMap(_WithShare):
    """Importance map: how many channels of a code each position keeps, as a mask of ones.

    Bottom: x (N, 1, H, W), from 0 to 1; values beyond count as 0 and 1.
    Top:    (N, channel_out, H, W): 1 in the first k channels, else 0. With g = floor(groups * x),
            k is g * channel_out / groups, or without lquantize (g + 1) * channel_out / groups up
            to channel_out.
    Blob:   the share of ones (1, 1, 1, 1), which the original writes for people to read: kept.
    The gradient of x is the sum over channels (GLOBAL), or groups times that over channel_out /
    groups channels on both sides of k (LOCAL). Where the share of ones is above cmp_ratio, `weight`
    is added to all of it, whatever the loss weight.
    Errors: SpecError for more channels than one, and groups that do not divide channel_out.
    Source: ImpMapParameter; imp_map_layer.cu of satchelwu/my_caffe, where `ratio` and max_channel
            have no effect and imp_map_layer.cpp has LOCAL alone; Li et al. 2018.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "imp_map_param", "method groups cmp_ratio weight channel_out lquantize")
        param = spec.proto.imp_map_param
        if len(x) != 4 or x[1] != 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; ImpMap takes (N, 1, H, W)")
        if param.groups == 0 or param.channel_out == 0 or param.channel_out % param.groups:
            raise spec.error("imp_map_param.groups", f"is {param.groups}; it must divide "
                             f"channel_out, {param.channel_out}")
        self.channels, self.groups = param.channel_out, param.groups
        self.more = 0 if param.lquantize else 1
        self.is_local = enum_name(param, "method") == "LOCAL"
        self.weight, self.ratio = param.weight, param.cmp_ratio

    def forward(self, x: Tensor) -> Tensor:
        each = self.channels // self.groups
        with torch.no_grad():
            group = (x * self.groups + NEARLY).floor().clamp(0, self.groups)
            kept = ((group + self.more) * each).clamp(max=self.channels)
            channels = torch.arange(self.channels, device=x.device)[:, None, None]
            share = kept.mean() / self.channels
            push = self.weight * (share > self.ratio).to(x.dtype)
        reach, factor = (each, self.groups) if self.is_local else (0, 1)
        return _Mask.apply(x, kept, channels, reach, factor, push)
