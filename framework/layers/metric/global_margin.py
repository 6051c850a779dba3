"""GlobalLSEMargin: a margin of the label's cosine that follows the batch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import precise
from framework.proto import FillerParameter, LayerParameter

FIRST_SCALE = 30.0
NEAR = 0.1          # which items' margins a shift of the mean looks at
SETTLED = 0.001     # a shift that ends the search
FIRST_SHIFTS = 20
KEPT = 0.9          # of the margin, from forward to forward


@layer
class GlobalLSEMargin(Layer):
    """Adaptive margin: cosines times a scale, the label's less a margin that follows the batch.

    Bottoms: cosines (N, ...) with C values in each row; labels (N,); if wanted, the norm of each
             item (N,), used instead of the scale.
    Tops:    scale * cosines, the label's less the margin if that is above 0; if wanted, (5,): the
             scale or the mean norm, and the means over items of the label's cosine, of the
             log-sum-exp of the others and of their maximum (at least -1), and the margin.
    Blobs:   scale (1,), 30 without `filler`, cut to min_value and max_value of scale_param; learned
             unless there are norms. margin (1,), not learned.
    An item's margin is its label's cosine less log(sum(exp(s * other))) / s. The first margin is
    the mode of the batch's (mean shift, at most 20 steps, over those within 0.1), the next ones
    move a tenth of the way to its next step; in TRAIN and TEST, as in the original.
    Errors:  SpecError if labels or norms are not N.
    Source:  global_lse_margin_layer.cu of happynear/caffe-windows. Where no margin is within 0.1
             of the mean, the original searches for ever; here the mean stays.
    """

    reads = ("scale_param",)
    num_bottoms = (2, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    fork_fields = frozenset({"scale_param.min_value", "scale_param.max_value"})
    scale: Tensor
    margin: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (len(proto.bottom) < 3, False)

    def __init__(self, spec: LayerSpec, cosines: Shape, labels: Shape, *norms: Shape):
        super().__init__(spec)
        honour(spec, "scale_param", "filler min_value max_value")
        param = spec.proto.scale_param
        check_one_label_an_item(spec, cosines, labels)
        for shape in norms:
            if math.prod(shape) != cosines[0]:
                raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(shape)}; it "
                                 f"must hold one norm for each of the {cosines[0]} items")
        self.check = class_check(spec, labels, math.prod(cosines[1:]))
        self.least = param.min_value if param.HasField("min_value") else 0.0
        self.most = param.max_value if param.HasField("max_value") else math.inf
        filler = param.filler if param.HasField("filler") \
            else FillerParameter(type="constant", value=FIRST_SCALE)
        self.add_blob("scale", (1,), filler, learned=not norms)
        self.add_blob("margin", (1,), learned=False)

    def forward(self, cosines: Tensor, labels: Tensor, *norms: Tensor) -> tuple[Tensor, ...]:
        rows = precise(cosines).flatten(1)
        own = F.one_hot(self.check(labels).reshape(-1), rows.shape[1]).bool()
        self._cut_scale()
        scale = self.scale.to(rows.dtype)
        if norms:
            scale = precise(norms[0]).to(rows.dtype).reshape(-1, 1)
        with torch.no_grad():
            means, margin = self._measured(rows, own, scale)
        changed = torch.where(own, rows - margin.clamp(min=0), rows)
        top = (scale * changed).reshape(cosines.shape).to(cosines.dtype)
        return (top, torch.cat([scale.detach().mean().reshape(1), means, margin]
                               ))[:len(self.spec.tops)]

    def _cut_scale(self) -> None:
        if not self.scale.is_meta:
            with torch.no_grad():
                self.scale.clamp_(self.least, self.most)

    def _measured(self, rows: Tensor, own: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """The means (3,) of the second top, and the new margin (1,), which is kept."""
        label = (rows * own).sum(1)
        largest = rows.masked_fill(own, -1).amax(1).clamp(min=-1)
        others = (scale * (rows - largest[:, None])).exp().masked_fill(own, 0).sum(1)
        together = others.log() / scale.reshape(-1) + largest
        margins = label - together
        found = self._next_margin(margins)
        if not self.margin.is_meta:
            self.margin.copy_(found)
        return torch.stack([label.mean(), together.mean(), largest.mean()]), found

    def _next_margin(self, margins: Tensor) -> Tensor:
        kept = self.margin.to(margins.dtype)
        first = _shifted(margins, margins.mean(), FIRST_SHIFTS)
        step = _shifted(margins, kept, 1)
        found = torch.where(kept == 0, first, KEPT * kept + (1 - KEPT) * step)
        return torch.where(found.isnan(), kept, found).reshape(1)


def _shifted(margins: Tensor, mean: Tensor, steps: int) -> Tensor:
    """The mean of the margins near a mean, again and again until it settles."""
    settled = torch.zeros_like(mean, dtype=torch.bool)
    for _ in range(steps):
        near = (margins - mean).abs() < NEAR
        mean = torch.where(near.any(), mean, margins.mean())
        near = (margins - mean).abs() < NEAR
        moved = torch.where(near.any(), (margins * near).sum() / near.sum(), mean)
        following = torch.where(settled, mean, moved)
        settled = settled | ((following - mean).abs() < SETTLED)
        mean = following
    return mean
