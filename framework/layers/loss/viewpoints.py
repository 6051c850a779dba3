"""Softmax loss and accuracy of viewpoints, whole degrees for each class, and their labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS, NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import LARGEST_LOG_LOSS, precise

BACKGROUND = 12     # the class without angles, whatever the number of classes
OF_PHOTOS = 10000   # added to the labels of photos, beside rendered images


class Angles(Layer):
    """Scores of the angles of each class, and a label for each item: class * period + angle."""

    num_bottoms = (2, 2)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 1) if index == 1 and bottoms[0] else None

    def set_up(self, field: str, period: int, scores: Shape, labels: Shape) -> None:
        """Take the number of angles of a class, and check the bottoms against it."""
        check_one_label_an_item(self.spec, scores, labels)
        num = math.prod(scores[1:])
        if period < 1 or num % period > 1 or num < period:
            raise self.spec.error(field, f"is {period}; the {num} scores of an item must be as "
                                  "many for each class, and if wanted one for the background")
        self.period, self.num_classes = period, num // period
        self.check = IndexCheck(self.spec, 1, labels, self.num_classes * period, what="angles")

    def read(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The scores of each item's class (N, period), angle, what counts and what is a photo."""
        found = labels.detach().reshape(-1)
        is_photo = found >= OF_PHOTOS
        found = (found - OF_PHOTOS * is_photo).trunc()
        kinds = (found / self.period).floor()
        counts = kinds != BACKGROUND
        inside = (found >= 0) & ((kinds < self.num_classes) | ~counts)
        whole = self.check.require(found, inside).where(counts, 0).long()
        angles = whole % self.period
        at = whole - angles
        index = at[:, None] + torch.arange(self.period, device=whole.device)
        return scores.flatten(1).gather(1, index), angles, counts, is_photo

    def distances(self, angles: Tensor) -> Tensor:
        """From each item's angle to all angles, the shorter way round: (N, period)."""
        steps = (torch.arange(self.period, device=angles.device) - angles[:, None]).abs()
        return torch.minimum(steps, self.period - steps)


@layer
class SoftmaxWithViewLoss(Angles):
    """Softmax loss of angles: those near the label's are right too, the nearer the more.

    Bottoms: scores (N, ...), `period` for each class; labels, one for each item: class * period +
             angle, and 10000 more for photos. No gradient goes to labels.
    Top:     the loss (): the sum over items and angles of -exp(-d / sigma) log p over N, with the
             softmax p of the scores of the label's class, and the distance d from the label's
             angle, the shorter way round, up to `bandwidth`. An item's loss is multiplied by
             `pos_weight`, that of photos by `neg_weight`. Class 12 is background: it costs nothing.
    -log p is at most 87.3365 (-log FLT_MIN); its gradient is not cut.
    Errors:  SpecError unless the scores are `period` for each class (and one), for a sigma that is
             not above 0, or a bandwidth that is not from 0 to below half of the period. DataError
             for a label of a class without scores.
    Source:  SoftmaxWithViewLossParameter; softmax_view_loss_layer.cpp of rszeto/caffe-r4cnn, begun
             in charlesq34/caffe-render-for-cnn; Su et al. 2015.
    """

    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "softmax_with_view_loss_param",
               "bandwidth sigma pos_weight neg_weight period")
        param = spec.proto.softmax_with_view_loss_param
        self.set_up("softmax_with_view_loss_param.period", param.period, scores, labels)
        if not 0 <= param.bandwidth < param.period / 2:
            raise spec.error("softmax_with_view_loss_param.bandwidth", f"is {param.bandwidth}; it "
                             f"must be from 0 to below {param.period / 2:g}")
        if not 0 < param.sigma < math.inf:
            raise spec.error("softmax_with_view_loss_param.sigma", f"is {param.sigma:g}; it must "
                             "be above 0")
        self.bandwidth, self.sigma = param.bandwidth, param.sigma
        self.weights = param.pos_weight, param.neg_weight

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        own, angles, counts, is_photo = self.read(precise(scores), labels)
        distance = self.distances(angles)
        share = (-distance.to(own.dtype) / self.sigma).exp().where(distance <= self.bandwidth, 0)
        rendered, photo = self.weights
        weight = torch.where(is_photo, photo, rendered).where(counts, 0).to(own.dtype)
        share = share * weight[:, None]
        costs = -own.log_softmax(1)
        costs = costs + (costs.clamp(max=LARGEST_LOG_LOSS) - costs).detach()
        return (share * costs).sum() / len(own)


@layer
class AccuracyView(Angles):
    """Share of the items whose best angle is within `tol_angle` of the label's.

    Bottoms: scores (N, ...) and labels as in SoftmaxWithViewLoss. No gradient goes to either.
    Top:     the share (): of the items that are not background, those where the best scored angle
             of the label's class is at most `tol_angle` away, the shorter way round; of equal
             scores the first one counts, and without a score above 0 the angle 0. NaN without
             such items.
    Errors:  SpecError unless the scores are `period` for each class (and one). DataError for a
             label of a class without scores.
    Source:  AccuracyViewParameter; accuracy_view_layer.cpp of rszeto/caffe-r4cnn, begun in
             charlesq34/caffe-render-for-cnn; Su et al. 2015.
    """

    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "accuracy_view_param", "tol_angle period")
        param = spec.proto.accuracy_view_param
        self.set_up("accuracy_view_param.period", param.period, scores, labels)
        self.tolerance = param.tol_angle

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        own, angles, counts, _ = self.read(scores.detach(), labels)
        best = own.clamp(min=0).argmax(1)
        away = self.distances(angles).gather(1, best[:, None])[:, 0]
        right = (away <= self.tolerance) & counts
        return right.sum().to(own.dtype) / counts.sum()


OF_VOC = (1, 2, 4, 5, 6, 7, 9, 11, 14, 18, 19, 20, 0)
"""The number in VOC of the twelve classes of PASCAL 3D+, then of background."""
ALL_ANGLES = 360 ** 3


class _Split(Layer):
    """One label for each item, taken apart."""

    no_gradient_bottoms = (0,)
    no_onnx_form = NEEDS_LABELS

    def __init__(self, spec: LayerSpec, labels: Shape):
        super().__init__(spec)
        if not labels or math.prod(labels[1:]) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(labels)}; it "
                             "must hold one label an item")
        self.check = IndexCheck(spec, 0, labels, 13 * ALL_ANGLES, what="viewpoints")

    @staticmethod
    def tops(*found: Tensor) -> tuple[Tensor, ...]:
        return tuple(values.reshape(-1, 1, 1, 1) for values in found)


@layer
class DetViewSplit(_Split):
    """Labels of viewpoints as labels of VOC's classes, and as those that SoftmaxWithViewLoss takes.

    Bottom: labels (N, ...): 0 background, 1 + class * 360 + angle of rendered images, and 10000 +
            class * 360 + angle of photos.
    Tops:   VOC's class (N, 1, 1, 1), 10000 more for photos; viewpoints (N, 1, 1, 1): class * 360 +
            angle, 10000 more for photos, and 14320 for background.
    Errors: SpecError for several labels an item. DataError for a label beyond the twelve classes
            and background.
    Source: det_view_split_layer.cpp of trainsn/caffe-render-for-cnn-view_prediction, begun in
            charlesq34/caffe-render-for-cnn; Su et al. 2015.
    """

    num_tops = (2, 2)

    def forward(self, labels: Tensor) -> tuple[Tensor, ...]:
        found = labels.detach().flatten()
        is_photo = found >= OF_PHOTOS
        view = torch.where(is_photo, found - OF_PHOTOS, found - 1)
        kind = (view.trunc() / 360).trunc()
        found = self.check.require(found, (found >= 0) & (kind < len(OF_VOC)))
        is_object = found != 0
        of_voc = found.new_tensor(OF_VOC)[kind.long().clamp(0, len(OF_VOC) - 1)]
        of_voc = of_voc.where(is_object, 0) + OF_PHOTOS * is_photo
        view = (view + OF_PHOTOS * is_photo).where(is_object, OF_PHOTOS + BACKGROUND * 360)
        return self.tops(of_voc, view)


@layer
class TripleViewSplit(_Split):
    """Labels of three angles as the class and a label of each angle.

    Bottom: labels (N, ...): ((class * 360 + azimuth) * 360 + elevation) * 360 + tilt.
    Tops:   the class, and class * 360 + angle for azimuth, elevation and tilt, all (N, 1, 1, 1).
            Class 12 counts as 11.
    Errors: SpecError for several labels an item. DataError for a label beyond class 12.
    Source: triple_view_split_layer.cpp of trainsn/caffe-render-for-cnn-view_prediction, begun in
            charlesq34/caffe-render-for-cnn; Su et al. 2015.
    """

    num_tops = (4, 4)

    def forward(self, labels: Tensor) -> tuple[Tensor, ...]:
        whole = self.check(labels).flatten()
        kind = (whole // ALL_ANGLES).clamp(max=BACKGROUND - 1)
        angles = (whole // 360 ** place % 360 for place in (2, 1, 0))
        return self.tops(*(values.to(labels.dtype) for values in (
            kind, *(kind * 360 + angle for angle in angles))))
