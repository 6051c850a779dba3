"""KnowledgeDistillation: a student's scores are to be like a teacher's."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_same_count, ignore_label, normalization
from framework.layers.params import canonical_axis, check_positive, honour
from framework.ops.losses import GivenSlopes, normalizer, precise

SMALLEST = torch.finfo(torch.float32).tiny      # FLT_MIN: what a smaller probability counts as


@layer
class KnowledgeDistillation(Layer):
    """Knowledge distillation: the KL divergence of a student's softmax from a teacher's.

    Bottoms: scores of the student and of the teacher, both of one shape with the classes on
             `softmax_param.axis`; labels, one for each position, if and only if there is an
             ignore_label: only which ones it is counts.
    Top:     the loss (): sum of q (log q - log p), over the normalizer, where p and q are the
             softmax of the student's and the teacher's scores, each divided by `temperature` T.
    The gradient is T^2 times the derivative, so that it does not shrink as T grows; it goes to the
    student alone. Normalizer: as in SoftmaxWithLoss.
    Errors:  SpecError for shapes that differ, labels without an ignore_label or the reverse, or a
             temperature that is not above 0.
    Source:  knowledge_distillation_layer.cpp of wentianli/knowledge_distillation_caffe; Hinton et
             al. 2015.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, student: Shape, teacher: Shape, *labels: Shape):
        super().__init__(spec)
        honour(spec, "softmax_param", "axis")
        honour(spec, "knowledge_distillation_param", "temperature")
        self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis,
                                   student)
        self.temperature = spec.proto.knowledge_distillation_param.temperature
        check_positive(spec, "knowledge_distillation_param", "temperature")
        check_same_count(spec, student, teacher)
        self.mode = normalization(spec)
        self.fixed = spec.proto.loss_param.pre_fixed_normalizer
        ignored = ignore_label(spec)
        if bool(labels) != (ignored is not None):
            raise spec.error("loss_param.ignore_label", "and labels as a third bottom must be "
                             "given together")
        wanted = math.prod(student) // student[self.axis]
        if labels and math.prod(labels[0]) != wanted:
            raise spec.error("bottom[2]", f"has the shape {tuple(labels[0])}; there must be "
                             f"{wanted} labels")
        self.check = IndexCheck(spec, 2, labels[0], student[self.axis], ignore=ignored,
                                ignore_field="loss_param.ignore_label") if labels else None

    def forward(self, student: Tensor, teacher: Tensor, *labels: Tensor) -> Tensor:
        scores = precise(student)
        wanted = precise(teacher.detach()).reshape(scores.shape) / self.temperature
        p = (scores.detach() / self.temperature).softmax(self.axis)
        q = wanted.softmax(self.axis)
        each = q * (q.clamp(min=SMALLEST).log() - p.clamp(min=SMALLEST).log())
        slopes = self.temperature * (p - q)
        valid = None
        if self.check is not None:
            _, valid = self.check.counted(labels[0])
            assert valid is not None
            shape = [*scores.shape[:self.axis], *scores.shape[self.axis + 1:]]
            valid = valid.reshape(shape).unsqueeze(self.axis)
            each = each.where(valid, 0)
            slopes = slopes.where(valid, 0)
        divisor = normalizer(self.mode, scores, self.axis, valid, self.fixed)
        loss: Tensor = GivenSlopes.apply(scores, slopes / divisor, each.sum() / divisor)
        return loss
