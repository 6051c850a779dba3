"""Normalize."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from framework.layer import Layer, Shape, layer
from framework.layers.param_fields import honour, is_set
from framework.proto import FillerParameter
from framework.spec import LayerSpec


class ScaledUnit(torch.autograd.Function):
    """y = scale * x / norm, norm = sqrt(sum(x^2) + eps) over `axes`; scale broadcasts against x.

    Not the derivative where scales differ: the backward of x applies the scale last,
    scale * (g - x * sum(x * g) / norm^2) / norm, as normalize_layer.cpp Backward_cpu does and
    published training did. That of scale, sum(g * x / norm), is the derivative.
    """

    @staticmethod
    def forward(x: Tensor, scale: Tensor, axes: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor]:
        norm = ((x * x).sum(axes, keepdim=True) + eps).sqrt()
        return x * (scale / norm), norm

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        # Any: the context and the tuple of arguments are autograd's
        x, scale, ctx.axes, _ = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(x, scale, output[1])

    @staticmethod
    def backward(  # type: ignore[override]  # one output has a gradient
        ctx: Any, grad: Tensor, _: Tensor | None
    ) -> tuple[Tensor, Tensor, None, None]:
        x, scale, norm = ctx.saved_tensors
        product = x * grad
        grad_x = (grad - x * (product.sum(ctx.axes, keepdim=True) / norm**2)) * (scale / norm)
        grad_scale = (product / norm).sum_to_size(scale.shape)
        return grad_x, grad_scale, None, None


@layer
class Normalize(Layer):
    """Bring each item, or each of its positions, to length 1, then scale it (ParseNet, SSD).

    Bottom: x (N, C, n1, ...).
    Top:    y = scale * x / sqrt(sum(x^2) + eps), in the shape of x, the sum over C and, with
            `across_spatial`, over all positions.
    Blobs:  scale: () with `channel_shared`, else (C,); scale_filler, 1 without it.
    The backward of x is not the derivative where scales differ, see ScaledUnit.
    happynear's layer of this name (`normalize_param`) has no blob: see that field's part below.
    Errors: SpecError with one axis.
    Source: NormalizeParameter in caffe.proto; weiliu89/caffe branch ssd, normalize_layer.cpp.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "norm_param", "across_spatial scale_filler channel_shared eps")
        param = spec.proto.norm_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; Normalize needs at least 2 axes (N, C)")
        self.across_spatial, self.eps = param.across_spatial, param.eps
        one = FillerParameter(type="constant", value=1)
        self.add_blob("scale", () if param.channel_shared else (x[1],),
                      param.scale_filler if is_set(param, "scale_filler") else one)

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(1, x.dim())) if self.across_spatial else (1,)
        scale = self.scale.reshape(-1, *(1,) * (x.dim() - 2))
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        return ScaledUnit.apply(wide, scale, axes, self.eps)[0].to(x.dtype)
