"""Angular margins of single projects: Arcface, CosinAddm, AdaCosAddmScale."""

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
from framework.ops.losses import GivenSlopes, precise

FIRST_ANGLE = math.pi / 4       # the most that AdaCos takes for the mean angle


class _Margin(Layer):
    """What the three have in common: cosines (N, C), labels (N,), and a margin in radians."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS

    def read(self, field: str, fields: str, cosines: Shape, labels: Shape,
             ignore: int | None) -> None:
        """The margin of the message `field`, and the check of the labels."""
        honour(self.spec, field, fields)
        self.margin = getattr(self.spec.proto, field).m
        if not 0 <= self.margin < math.pi:
            raise self.spec.error(f"{field}.m", f"is {self.margin:g}; it must be at least 0 and "
                                  "less than pi")
        check_one_label_an_item(self.spec, cosines, labels)
        self.check = class_check(self.spec, labels, math.prod(cosines[1:]), ignore=ignore)

    def own(self, rows: Tensor, labels: Tensor) -> Tensor:
        """Where the cosine of an item's own class is, (N, C) bool."""
        numbers, valid = self.check.counted(labels)
        own = F.one_hot(numbers.reshape(-1), rows.shape[1]).bool()
        return own if valid is None else own & valid.reshape(-1, 1)

    def moved(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """cos(angle + m) of each cosine, and its slope; beyond pi a line of slope 1.

        Where the sine is 0 the original takes the slope 1.
        """
        cosine = rows.detach().clamp(-1, 1)
        sine = (1 - cosine.square()).sqrt()
        inside = cosine > math.cos(math.pi - self.margin)
        value = torch.where(inside, cosine * math.cos(self.margin) - sine * math.sin(self.margin),
                            cosine - math.sin(math.pi - self.margin) * self.margin)
        slope = math.cos(self.margin) + math.sin(self.margin) * cosine / sine.clamp(min=1e-30)
        return value, slope.where(inside & (sine > 0), 1)


@layer
class Arcface(_Margin):
    """ArcFace: cos(angle + m) in place of the cosine of the label's class.

    Bottoms: cosines (N, ...) with C values an item; labels (N,), a negative one for an item
             without a class.
    Top:     the cosines, with the label's moved: cut to -1 ... 1, and where the angle with m goes
             beyond pi, or its sine is at most 1e-6, cos - m * sin(m). In TEST too, whatever
             `transform_test` says.
    Errors:  SpecError if labels are not N, or m is not in 0 ... pi.
    Source:  ArcfaceParameter; arcface_layer.cpp of huangyangyu/NoiseFace; Deng et al. 2019.
    """

    def __init__(self, spec: LayerSpec, cosines: Shape, labels: Shape):
        super().__init__(spec)
        self.read("arcface_param", "m", cosines, labels, -1)

    def forward(self, cosines: Tensor, labels: Tensor) -> Tensor:
        rows = precise(cosines).flatten(1)
        own = self.own(rows, labels)
        value, slope = self.moved(rows)
        cosine = rows.detach().clamp(-1, 1)
        steep = (1 - cosine.square()).sqrt() <= 1e-6
        line = cosine - math.sin(math.pi - self.margin) * self.margin
        top: Tensor = GivenSlopes.apply(
            rows, torch.where(own & ~steep, slope, 1),
            torch.where(own, torch.where(steep, line, value), rows.detach()))
        return top.reshape(cosines.shape).to(cosines.dtype)


@layer
class CosinAddm(_Margin):
    """ArcFace: cos(angle + m) in place of the cosine of the label's class.

    As Arcface, but every item has a class, and a sine of 0 alone is taken for steep: there the
    slope is 1, the value that of the formula.
    Bottoms: cosines (N, ...) with C values an item; labels (N,).
    Top:     the cosines, with the label's moved, in TEST too.
    Errors:  SpecError if labels are not N, or m is not in 0 ... pi; DataError for other labels.
    Source:  CosinAddmParameter; cosin_add_m_layer.cpp of xialuxi/arcface-caffe.
    """

    def __init__(self, spec: LayerSpec, cosines: Shape, labels: Shape):
        super().__init__(spec)
        self.read("cosin_add_m_param", "m", cosines, labels, None)

    def forward(self, cosines: Tensor, labels: Tensor) -> Tensor:
        rows = precise(cosines).flatten(1)
        own = self.own(rows, labels)
        value, slope = self.moved(rows)
        top: Tensor = GivenSlopes.apply(rows, slope.where(own, 1),
                                        value.where(own, rows.detach()))
        return top.reshape(cosines.shape).to(cosines.dtype)


@layer
class AdaCosAddmScale(_Margin):
    """AdaCos: ArcFace, times a scale that follows the angles of the batch.

    Bottoms: cosines (N, ...) with C values an item; labels (N,), a negative one for an item
             without a class.
    Top:     the cosines, with the label's moved as CosinAddm does, times s. s begins as
             sqrt(2) * log(num_classes - 1); before each batch, TEST's too, it becomes log(B) /
             cos(min(a, pi / 4)), with a the mean angle of all cosines and B the sum over the batch
             of exp(s * cosine), of the label's classes exp(0), over N. It is not in snapshots.
             The gradient takes s as given. Cosines beyond 1, for which the original's mean
             is NaN, count as 1.
    Errors:  SpecError if labels are not N, m is not in 0 ... pi, or num_classes is not above 2.
    Source:  AdaCosAddmScaleParameter; adacos_add_m_scale_layer.cpp of xialuxi/arcface-caffe; Zhang
             et al. 2019.
    """

    factor: Tensor

    def __init__(self, spec: LayerSpec, cosines: Shape, labels: Shape):
        super().__init__(spec)
        self.read("adacos_add_m_scale_param", "m num_classes", cosines, labels, -1)
        classes = spec.proto.adacos_add_m_scale_param.num_classes
        if not classes > 2:
            raise spec.error("adacos_add_m_scale_param.num_classes", f"is {classes:g}; it must be "
                             "more than 2")
        first = torch.tensor(math.sqrt(2) * math.log(classes - 1))
        self.register_buffer("factor", first, persistent=False)

    def forward(self, cosines: Tensor, labels: Tensor) -> Tensor:
        rows = precise(cosines).flatten(1)
        own = self.own(rows, labels)
        value, slope = self.moved(rows)
        factor = self._next_factor(rows.detach(), own)
        top: Tensor = GivenSlopes.apply(rows, slope.where(own, 1) * factor,
                                        value.where(own, rows.detach()) * factor)
        return top.reshape(cosines.shape).to(cosines.dtype)

    @torch.no_grad()
    def _next_factor(self, rows: Tensor, own: Tensor) -> Tensor:
        angle = rows.clamp(-1, 1).acos().mean().clamp(max=FIRST_ANGLE)
        total = (self.factor.to(rows.dtype) * rows.masked_fill(own, 0)).exp().sum() / len(rows)
        factor = total.log() / angle.cos()
        if not self.factor.is_meta:
            self.factor.copy_(factor)
        return factor
