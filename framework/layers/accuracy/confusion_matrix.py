"""ConfusionMatrix: how often each class was taken for each other one."""

from __future__ import annotations

import logging
import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import class_check
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import canonical_axis, check_sizes, honour

LOG = logging.getLogger("framework.layers")


@layer
class ConfusionMatrix(Layer):
    """Confusion matrix: counts of predictions, a row for each true class.

    Bottoms: scores (..., C, ...), C on `axis`; labels, as many as scores less that axis. No
             gradient goes to either.
    Tops:    none: after every `test_iter` forwards the counts since the last report are logged,
             with the share of right ones in each row (recall) and each column (precision). With a
             top (C, C): each row of this batch's counts over its sum; a class without labels has
             a row of zeros (the original's is NaN).
    Labels that equal `ignore_label` do not count. Of equal scores the first class counts. It
    cannot be part of a compiled or exported graph: it reports.
    Errors:  SpecError for shapes that do not fit or a test_iter below 1; DataError for a label
             that is not a class.
    Source:  ConfusionMatrixParameter; confusion_matrix_layer.cpp in BVLC/caffe's pull requests,
             commit e62daaf, whose solver reports at the end of a test, and of WilfR/caffe.
    """

    num_bottoms = (2, 2)
    num_tops = (0, 1)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS
    counts: Tensor

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        name = "confusion_matrix_param"
        honour(spec, name, "axis ignore_label test_iter")
        param = spec.proto.confusion_matrix_param
        self.axis = canonical_axis(spec, f"{name}.axis", param.axis, scores)
        self.test_iter = param.test_iter
        check_sizes(spec, name, "test_iter")
        self.num_classes = scores[self.axis]
        if math.prod(labels) * self.num_classes != math.prod(scores):
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; there "
                             f"must be one label for each {self.num_classes} scores")
        ignore = param.ignore_label if param.HasField("ignore_label") else None
        self.check = class_check(spec, labels, self.num_classes, ignore=ignore,
                                 ignore_field=f"{name}.ignore_label")
        self.num_forwards = 0
        self.register_buffer("counts", torch.zeros(self.num_classes, self.num_classes,
                                                   dtype=torch.int64), persistent=False)

    @uncompiled
    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        found = scores.detach().argmax(self.axis).flatten()
        truth, valid = self.check.counted(labels)
        counted = torch.ones_like(found) if valid is None else valid.flatten().long()
        pairs = truth.flatten() * self.num_classes + found
        counts = torch.zeros(self.num_classes ** 2, dtype=torch.int64, device=found.device)
        counts = counts.index_add(0, pairs, counted).view(self.num_classes, -1)
        if self.spec.tops:
            return (counts / counts.sum(1, keepdim=True).clamp(min=1).to(scores.dtype),)
        if not scores.is_meta:
            self._note(counts)
        return ()

    def _note(self, counts: Tensor) -> None:
        self.counts += counts
        self.num_forwards += 1
        if self.num_forwards % self.test_iter == 0:
            # a warning, since the programs show no lower level of modules without a Log
            LOG.warning("layer '%s': %s", self.spec.name, report(self.counts.tolist()))
            self.counts.zero_()


def report(counts: list[list[int]]) -> str:
    """A table of the counts with the shares of each row and column, as the original prints it."""
    rows = ["\t".join([*map(str, row), f"| {_share(row[index], sum(row))}"])
            for index, row in enumerate(counts)]
    columns = [_share(column[index], sum(column))
               for index, column in enumerate(zip(*counts, strict=True))]
    total = sum(map(sum, counts))
    return "\n".join(["confusion matrix | accuracy", *rows, "\t".join([*columns, f"| {total}"])])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "-"
