"""Loss of edge maps, and the mean intersection over union that a test reports."""

from __future__ import annotations

import logging
import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.losses import LARGEST_LOG_LOSS, precise

LOG = logging.getLogger("framework.layers")
NO_EDGE = 255       # a level that does not count


@layer
class EdgeLoss(Layer):
    """Squared distance of maps from drawings of edges with levels from 0 to 255.

    Bottoms: maps x (N, ...); drawings, as many values, without a gradient here.
    Top:     the loss (): the sum of (x - drawing / 256)^2 over 2 N; levels of 255 do not count.
    Errors:  SpecError for other numbers of values.
    Source:  edge_loss_layer.cpp of maunzzz/caffe-crfgd.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, drawing: Shape):
        super().__init__(spec)
        check_same_count(spec, x, drawing)

    def forward(self, x: Tensor, drawing: Tensor) -> Tensor:
        values = precise(x)
        levels = drawing.detach().to(values.dtype).reshape(values.shape)
        far = (values - levels / 256).where(levels != NO_EDGE, 0)
        return far.square().sum() / (2 * x.shape[0])


@layer
class IOUAccuracy(Layer):
    """Mean intersection over union of all classes, reported after a test.

    Bottoms: scores (N, C, ...); labels, as many as scores less the classes. No gradient goes to
             either.
    Tops:    none: after every `test_iterations` forwards the mean over classes of the shares
             since the last report is logged, in percent. With a top its softmax loss (), over the
             labels that count, or without `normalize` over N; a second one is the softmax.
    Labels that equal `ignore_label` do not count; in the loss only if the text gives it. The
    original counts the first image of a batch alone. It cannot be part of a compiled or exported
    graph: it reports.
    Errors:  SpecError for shapes that do not fit, and test_iterations of 0; DataError for a label
             that is not a class.
    Source:  IOUAccuracyParameter; iou_accuracy_layer.cpp of maunzzz/caffe-crfgd.
    """

    reads = ("iou_accuracy_param",)
    num_bottoms = (2, 2)
    num_tops = (0, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS
    counts: Tensor

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "iou_accuracy_param", "ignore_label normalize test_iterations")
        self.param = param = spec.proto.iou_accuracy_param
        if param.test_iterations == 0:
            raise spec.error("iou_accuracy_param.test_iterations", "is missing or 0; it must be at "
                             "least 1")
        if len(scores) < 2 or math.prod(labels) * scores[1] != math.prod(scores):
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; there "
                             "must be one label for each position of (N, C, ...)")
        self.check = class_check(spec, labels, scores[1], ignore=param.ignore_label,
                                 ignore_field="iou_accuracy_param.ignore_label")
        self.num_forwards = 0
        # true positives, predictions and labels of each class
        self.register_buffer("counts", torch.zeros(3, scores[1], dtype=torch.int64),
                             persistent=False)

    @uncompiled
    @torch.no_grad()
    def forward(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, ...] | Tensor:
        rows = scores.movedim(1, -1).flatten(0, -2)
        truth, valid = self.check.counted(labels)
        truth = truth.flatten()
        counted = torch.ones_like(truth) if valid is None else valid.flatten().long()
        if not scores.is_meta:
            self._note(rows.argmax(1), truth, counted)
        if not self.spec.tops:
            return ()
        logs = precise(scores).log_softmax(1)
        costs = -logs.movedim(1, -1).flatten(0, -2).gather(1, truth[:, None])[:, 0]
        costs = costs.clamp(max=LARGEST_LOG_LOSS) * counted
        loss = costs.sum() / (counted.sum() if self.param.normalize else scores.shape[0])
        return loss if len(self.spec.tops) == 1 else (loss, logs.exp())

    def _note(self, found: Tensor, truth: Tensor, counted: Tensor) -> None:
        for row, (index, weight) in enumerate((
                (found, counted * (found == truth)), (found, counted), (truth, counted))):
            self.counts[row].index_add_(0, index, weight)
        self.num_forwards += 1
        if self.num_forwards % self.param.test_iterations == 0:
            both, taken, true = self.counts.double()
            share = 100 * (both / (taken + true - both + 1e-10)).mean().item()
            # a warning, since the programs show no lower level of modules without a Log
            LOG.warning("layer '%s': IOU Accuracy %.6g", self.spec.name, share)
            self.counts.zero_()
