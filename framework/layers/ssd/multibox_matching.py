"""Match the priors of an SSD batch with ground truth: rows, overlaps and classes for the loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from framework.layers.ssd.multibox_settings import MultiBoxSettings
from framework.ops.boxes import decode
from framework.ops.ground_truth import GroundTruth
from framework.ops.matching import UNMATCHED, match


@dataclass(frozen=True)
class Predictions:
    """The predictions for a batch, and the priors that they belong to.

    loc        (N, P, L, 4) codes of boxes; L is 1, or num_classes without `share_location`
    conf       (N, P, num_classes) scores before softmax or sigmoid
    priors     (P, 4), or (N, P, 4) if a first stage has moved them; corners as fractions
    variances  (P, 4)
    """

    loc: Tensor
    conf: Tensor
    priors: Tensor
    variances: Tensor

    def detached(self) -> Predictions:
        """The same without gradients, for mining."""
        return Predictions(self.loc.detach(), self.conf.detach(), self.priors, self.variances)


@dataclass(frozen=True)
class Matches:
    """The ground truth of a batch and the priors that are matched with it.

    rows      (N, K, P) int64: the row of `truth`, UNMATCHED, or IGNORED; K is 1, or num_classes if
              each class has its own boxes and these are matched
    overlaps  (N, K, P) the largest overlap of a prior with any row
    labels    (N, K, P) int64: the class of the matched row; UNMATCHED without one
    """

    truth: GroundTruth
    rows: Tensor
    overlaps: Tensor
    labels: Tensor

    @property
    def positive(self) -> Tensor:
        """(N, K, P) which priors are matched."""
        return self.rows > UNMATCHED

    def classes(self, background: int) -> Tensor:
        """(N, P) the target class of each prior: of several matches the highest, or background."""
        highest = self.labels.amax(1)
        return torch.where(highest == UNMATCHED, background, highest)


def match_predictions(settings: MultiBoxSettings, predictions: Predictions, fixed: Tensor,
                      truth: GroundTruth) -> Matches:
    """Match priors, or predicted boxes, with the ground truth, as `settings` say.

    fixed  (P, 4) the priors before a first stage moved them, from which predicted boxes start
    Source: MultiBoxLossParameter; FindMatches, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    num_images = len(predictions.loc)
    group = truth.image
    num_sets = 1
    boxes = predictions.priors
    if not settings.use_prior_for_matching:
        # every image, and without share_location every class of it, has boxes of its own
        codes = predictions.loc.detach().transpose(1, 2)
        boxes = decode(codes, fixed, predictions.variances, settings.code,
                       settings.variance_in_target).flatten(0, 1)
        if not settings.share_location:
            num_sets = settings.num_classes
            group = torch.where(group >= 0, group * num_sets + truth.label, -1)
    rows, overlaps = match(boxes, truth.corners, group, num_images * num_sets,
                           settings.match_threshold, settings.ignore_crossing)
    shape = (num_images, num_sets, -1)
    rows = rows.view(shape)
    return Matches(truth, rows, overlaps.view(shape), _labels(settings, truth, rows))


def _labels(settings: MultiBoxSettings, truth: GroundTruth, rows: Tensor) -> Tensor:
    if settings.agnostic:
        label = torch.full_like(rows, settings.background + 1)
    else:
        label = truth.label[rows.clamp(min=0)]
    return torch.where(rows > UNMATCHED, label, UNMATCHED)
