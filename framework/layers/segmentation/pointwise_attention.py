"""PointwiseSpatialAttention: each position gets all others, weighed by a mask of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour, is_set
from framework.ops.losses import precise
from framework.proto import enum_name

FIELD = "pointwise_spatial_attention_param"


@layer
class PointwiseSpatialAttention(Layer):
    """Point-wise spatial attention (PSA): y[c, q] = sum over p of x[c, p] * a[p, q] / factor.

    Bottoms: x (N, C, H, W); masks (N, Mh * Mw, H, W): at each position the weights of the offsets
             up to (Mh - 1) / 2 and (Mw - 1) / 2 from it, rows first.
    Top:     as x. COLLECT: a[p, q] is the weight of p - q in the mask at q; DISTRIBUTE: that of
             q - p in the mask at p; 0 for offsets that the masks do not have. With is_softmax a
             becomes its softmax over p, these zeros with it.
    Without attention_mask_height and attention_mask_width the masks have all offsets, 2 H - 1 by
    2 W - 1. The factor is normalization_factor, else Mh * Mw.
    Errors:  SpecError for masks of other sizes, for one of the two sizes alone, or an even one.
    Source:  pointwise_spatial_attention_layer.cpp of hszhao/PSANet; Zhao et al. 2018.
    """

    num_bottoms = (2, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, masks: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "attention_mask_height attention_mask_width normalization_factor "
                            "is_softmax psa_type")
        param = spec.proto.pointwise_spatial_attention_param
        check_four_axes(spec, x)
        sides = "attention_mask_height", "attention_mask_width"
        given = [name for name in sides if is_set(param, name)]
        if len(given) == 1:
            raise spec.error(f"{FIELD}.{given[0]}", "is given alone; give both sides, or neither")
        size = tuple(getattr(param, name) for name in sides)
        for name, side in zip(given, size, strict=False):
            if side < 3 or side % 2 == 0:
                raise spec.error(f"{FIELD}.{name}", f"is {side}; it must be odd and at least 3")
        self.size = size if given else (2 * x[2] - 1, 2 * x[3] - 1)
        offsets = self.size[0] * self.size[1]
        if tuple(masks) != (x[0], offsets, *x[2:]):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(masks)}; for the "
                             f"shape {tuple(x)} it must be {(x[0], offsets, *x[2:])}")
        self.factor = param.normalization_factor if is_set(param, "normalization_factor") \
            else float(offsets)
        self.softmax = param.is_softmax
        self.collects = enum_name(param, "psa_type") == "COLLECT"

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        num, channels, height, width = bottoms[0]
        return num * channels * (height * width) ** 2

    def forward(self, x: Tensor, masks: Tensor) -> Tensor:
        weights = self._weights(precise(masks), *x.shape[2:])
        if not self.collects:
            weights = weights.transpose(1, 2)
        if self.softmax:
            weights = weights.softmax(1)
        y = precise(x).flatten(2) @ weights / self.factor
        return y.reshape(x.shape).to(x.dtype)

    def _weights(self, masks: Tensor, height: int, width: int) -> Tensor:
        """The weight of p in the mask at q, (N, p, q); 0 for an offset that it does not have."""
        index = torch.arange(height * width, device=masks.device)
        row, column = index // width, index % width
        down = row[:, None] - row + self.size[0] // 2
        across = column[:, None] - column + self.size[1] // 2
        inside = (down >= 0) & (down < self.size[0]) & (across >= 0) & (across < self.size[1])
        offset = torch.where(inside, down * self.size[1] + across, 0)
        found = masks.flatten(2).gather(1, offset.expand(len(masks), -1, -1))
        return found.where(inside, 0)
