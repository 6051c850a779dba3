"""Smooth pooling: a maximum over the plane that is smoothed by the norm of its weights."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, check_positive, honour
from framework.ops.losses import precise
from framework.proto import LayerParameter

LEAST = 0.01    # of the smoothness


@layer
class SmoothPooling(Layer):
    """Smoothed maximum: the largest of <w, x> - m / 2 |w|^2 over weights w of the sum z.

    Bottoms: x (N, C, H, W); without has_smooth_blobs the smoothness (N, 1, 1, 1), or (N, C, 1, 1)
             unless unique_smooth.
    Tops:    that value of each plane (N, C, 1, 1); if wanted, the weights, as x, without gradient.
    Blobs:   with has_smooth_blobs the smoothness (1, 1, 1, 1), or (1, C, 1, 1).
    w is the projection of x / m to the simplex, m the smoothness, 0.01 at least. `max_value`, if
    it is above 0 and above all of the plane, is one more value of it. With fix_smooth the term of m
    is left out, and m has no gradient. x's gradient is w and that of m is -|w|^2 / 2, also below
    0.01: the derivative but for that, and for fix_smooth, as in the original.
    Errors:  SpecError for another number of axes, shape of the smoothness or of bottoms, and
             unless z is above 0.
    Source:  smooth_pooling_layer.cpp of wanglijun1989/caffe-cvpr17; Wang et al. 2017.
    """

    num_bottoms = (1, 2)
    num_tops = (1, 2)
    no_onnx_form = UNWRITTEN
    smooth: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * proto.smooth_pooling_param.has_smooth_blobs

    def __init__(self, spec: LayerSpec, x: Shape, *smooth: Shape):
        super().__init__(spec)
        honour(spec, "smooth_pooling_param", "has_smooth_blobs smooth_filler z unique_smooth "
               "max_value fix_smooth")
        self.param = param = spec.proto.smooth_pooling_param
        check_positive(spec, "smooth_pooling_param", "z")
        check_four_axes(spec, x)
        channels = 1 if param.unique_smooth else x[1]
        if bool(smooth) == param.has_smooth_blobs:
            raise spec.error("bottom", f"is given {1 + len(smooth)} times; it must be once with "
                             "has_smooth_blobs, else twice")
        if param.has_smooth_blobs:
            self.add_blob("smooth", (1, channels, 1, 1), param.smooth_filler)
        elif tuple(smooth[0]) != (x[0], channels, 1, 1):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(smooth[0])}; the "
                             f"smoothness must be {(x[0], channels, 1, 1)}")

    def forward(self, x: Tensor, *smooth: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        given = smooth[0] if smooth else self.smooth
        planes, m = precise(x).flatten(2), precise(given).flatten(2)
        m = m + (m.detach().clamp(min=LEAST) - m.detach())
        more = self.param.max_value
        with torch.no_grad():
            weights, one_more = _on_simplex(planes / m, more / m, self.param.z)
        value = (planes * weights).sum(2, keepdim=True) + more * one_more
        if not self.param.fix_smooth:
            norm = weights.square().sum(2, keepdim=True) + one_more.square()
            value = value - m * norm / 2
        top = value[..., None].to(x.dtype)
        return (top, weights.view(x.shape).to(x.dtype)) if len(self.spec.tops) > 1 else top


def _on_simplex(rows: Tensor, more: Tensor, total: float) -> tuple[Tensor, Tensor]:
    """The nearest weights (N, C, K) >= 0 of sum `total`, and that of one more value (N, C, 1).

    The one more counts only if it is above 0 and above the row. Source: Duchi et al. 2008.
    """
    counts = (more > 0) & (more > rows.amax(2, keepdim=True))
    all_of = torch.cat([torch.where(counts, more, -torch.inf), rows], 2)
    ordered = all_of.sort(2, descending=True).values.clamp(min=torch.finfo(rows.dtype).min / 4)
    number = torch.arange(1, ordered.shape[2] + 1, device=rows.device, dtype=rows.dtype)
    level = (ordered.cumsum(2) - total) / number
    last = ((ordered > level) * number).amax(2, keepdim=True).long().clamp(min=1) - 1
    weights = (all_of - level.gather(2, last)).clamp(min=0)
    return weights[..., 1:], weights[..., :1]
