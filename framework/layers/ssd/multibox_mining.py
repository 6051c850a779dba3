"""Hard negative and hard example mining (OHEM) for SSD's loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.layers.ssd.multibox_matching import Matches, Predictions
from framework.layers.ssd.multibox_settings import MultiBoxSettings
from framework.layers.ssd.multibox_terms import location_losses
from framework.ops.boxes import decode
from framework.ops.device import blocks
from framework.ops.losses import LARGEST_LOG_LOSS
from framework.ops.matching import UNMATCHED
from framework.ops.mining import hardest, hardest_apart


def mine(settings: MultiBoxSettings, predictions: Predictions, matches: Matches,
         objectness: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mine the priors that the loss counts, by the losses of their predictions.

    MAX_NEGATIVE keeps all positives and the `neg_pos_ratio` times as many negatives of largest
    loss; HARD_EXAMPLE the `sample_size` priors of largest loss, positive or not.
    objectness  (N, P) probability of an object, by a first stage; None without one
    Returns the positives (N, 1, P) and the negatives (N, P), bool.
    Source: MineHardExamples, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    positive = matches.positive
    free = (matches.rows == UNMATCHED)[:, 0]
    loss = class_losses(settings, predictions.conf, matches.classes(settings.background))
    if settings.mining == "HARD_EXAMPLE":
        index, losses = location_losses(settings, predictions, matches, positive)
        loss = loss.flatten().index_add(0, index, losses.to(loss.dtype)).view_as(loss)
        has_boxes = matches.truth.images_with_boxes(len(loss))
        eligible = has_boxes[:, None].expand_as(free)
        count = torch.full_like(matches.rows[:, 0, 0], settings.sample_size)
    else:
        eligible = free & (matches.overlaps[:, 0] < settings.neg_overlap)
        count = (positive.sum((1, 2)).float() * settings.neg_pos_ratio).long().clamp(min=0)
    if objectness is not None:
        eligible = eligible & (objectness >= settings.objectness)
    chosen = _hardest(settings, predictions, loss, eligible, count)
    if settings.mining == "HARD_EXAMPLE":
        positive = positive & chosen[:, None]
    return positive, chosen & free


def _hardest(settings: MultiBoxSettings, predictions: Predictions, loss: Tensor, eligible: Tensor,
             count: Tensor) -> Tensor:
    """The `count` (N,) eligible priors of largest loss; after suppression, if it is asked for."""
    thinning = settings.thinning
    if thinning is None:
        return hardest(loss, eligible, count)
    boxes = predictions.priors
    if not thinning.by_prior:
        boxes = decode(predictions.loc[:, :, 0], boxes, predictions.variances, settings.code,
                       settings.variance_in_target)
    return hardest_apart(loss, eligible, count, boxes, thinning.threshold, thinning.top_k)


def class_losses(settings: MultiBoxSettings, conf: Tensor, classes: Tensor) -> Tensor:
    """Confidence loss (N, P) of every prior for its class (N, P), -1 for none.

    Source: ComputeConfLoss, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    label = classes.clamp(min=0)[:, :, None]
    own = conf.gather(2, label)
    if settings.conf_loss == "SOFTMAX":
        # log sum exp(x - x[class]): the sum has a term 1, and overflows only past the cap.
        rows = conf.flatten(0, 1)
        own = own.flatten(0, 1)
        sums = [(rows[part] - own[part]).exp_().sum(1) for part in blocks(conf, *rows.shape)]
        return torch.cat(sums).log_().clamp_(max=LARGEST_LOG_LOSS).view(classes.shape)
    own = F.softplus(torch.where(classes[:, :, None] >= 0, -own, own))
    return F.softplus(conf).scatter(2, label, own).sum(-1)
