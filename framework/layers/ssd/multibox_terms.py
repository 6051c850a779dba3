"""The localization and confidence losses of SSD, over the priors that matching and mining chose."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.layers.ssd.multibox_matching import Matches, Predictions
from framework.layers.ssd.multibox_settings import MultiBoxSettings
from framework.ops.boxes import decode, encode
from framework.ops.device import sizes_may_vary
from framework.ops.losses import log_loss, softmax_focal_loss
from framework.ops.matching import UNMATCHED


def location_losses(settings: MultiBoxSettings, predictions: Predictions, matches: Matches,
                    positive: Tensor) -> tuple[Tensor, Tensor]:
    """Localization loss (smooth L1 or L2) of each positive prior.

    positive  (N, K, P) bool: the matches that count
    Returns the flat indices (M,) of the priors in `positive`, and their losses (M,).
    Source: EncodeLocPrediction, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    num_priors = predictions.loc.shape[1]
    priors = predictions.priors
    index, counts = _chosen(positive)
    image = index // positive[0].numel()
    prior = index % num_priors
    cell = image * num_priors + prior
    row = matches.rows.flatten()[index].clamp(min=0)
    own = priors[prior] if priors.dim() == 2 else priors.flatten(0, 1)[cell]
    if not settings.share_location:
        cell = cell * settings.num_classes + matches.truth.label[row]
    predicted = predictions.loc.flatten(0, 2).index_select(0, cell)
    variances = predictions.variances[prior]
    how = (own, variances, settings.code, settings.variance_in_target)
    difference = predicted - encode(matches.truth.corners[row], *how)
    if settings.bp_inside:
        box = own if settings.use_prior_for_matching else decode(predicted.detach(), *how)
        difference = torch.where((box < 0) | (box > 1), 0, difference)
    if settings.variance_in_target:
        difference = DivideValue.apply(difference, variances)
    if counts is not None:
        difference = torch.where(counts[:, None], difference, 0)
    if settings.loc_loss == "L2":
        return index, 0.5 * difference.square().sum(1)
    zero = torch.zeros_like(difference)
    return index, F.smooth_l1_loss(difference, zero, reduction="none").sum(1)


def class_loss(settings: MultiBoxSettings, conf: Tensor, matches: Matches, positive: Tensor,
               negative: Tensor | None) -> Tensor:
    """Summed confidence loss (softmax or sigmoid cross-entropy) of the mined priors.

    conf      (N, P, C) scores
    positive  (N, 1, P) bool
    negative  (N, P) bool; None without mining: all priors count
    Source: EncodeConfPrediction, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    background = settings.background
    softmax = settings.conf_loss == "SOFTMAX"
    classes = matches.classes(background)
    if negative is None:
        if softmax:
            return _class_losses(settings, conf, classes, 2).sum()
        target = _targets_without_mining(conf, matches.labels, background)
        return F.binary_cross_entropy_with_logits(conf, target, reduction="sum")
    index, counts = _chosen(positive[:, 0] | negative)
    conf = conf.flatten(0, 1)
    classes = classes.flatten()
    if counts is None:
        conf = conf.index_select(0, index)
        classes = classes[index]
    else:
        conf = torch.where(counts[:, None], conf, 0)
    if softmax:
        losses = _class_losses(settings, conf, classes, 1)
    else:
        own = classes[:, None] == torch.arange(conf.shape[1], device=conf.device)
        target = torch.where(own, 1.0, float(background)).to(conf.dtype)
        losses = F.binary_cross_entropy_with_logits(conf, target, reduction="none").sum(1)
    return losses.sum() if counts is None else torch.where(counts, losses, 0).sum()


def _class_losses(settings: MultiBoxSettings, conf: Tensor, classes: Tensor, axis: int) -> Tensor:
    """Softmax cross-entropy of each prior's class, or MultiBoxFocalLoss's focal loss."""
    if settings.focus is None:
        return log_loss(conf, classes, axis)
    return softmax_focal_loss(conf, classes, axis, settings.focus.gamma, settings.focus.alpha)


class DivideValue(torch.autograd.Function):
    """x / divisor, with the gradient of x alone, as the original divides copies.

    Source: EncodeLocPrediction, bbox_util.cpp in weiliu89/caffe branch ssd.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, divisor: Tensor) -> Tensor:  # Any: torch has no type for it
        return x / divisor

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def _chosen(mask: Tensor) -> tuple[Tensor, Tensor | None]:
    """The flat indices to compute at, and which of them count (None: all).

    On a CPU the indices are those marked; elsewhere all, so that no size depends on values.
    """
    flat = mask.flatten()
    if sizes_may_vary(flat):
        return flat.nonzero().flatten(), None
    return torch.arange(flat.numel(), device=flat.device), flat


def _targets_without_mining(conf: Tensor, labels: Tensor, background: int) -> Tensor:
    """LOGISTIC targets (N, P, C) of all priors, filled with the number of the background label.

    The cells of the matches' labels (N, K, P) are set to 1, but counted as n * P + p * C + label
    for prior p of image n, as EncodeConfPrediction does: only those of the first image are in
    their own rows.
    """
    num_images, num_priors, num_classes = conf.shape
    # labels of unmatched priors mark one cell more, which is cut off
    target = conf.new_full((conf.numel() + 1,), float(background))
    start = torch.arange(num_images, device=conf.device)[:, None, None] * num_priors
    row = torch.arange(num_priors, device=conf.device) * num_classes
    cell = torch.where(labels == UNMATCHED, conf.numel(), start + row + labels)
    return target.index_fill(0, cell.flatten(), 1.0)[:-1].view_as(conf)
