"""The loss of SSD: boxes and classes of all priors against the ground truth."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.ssd.multibox_settings import check_predictions, read_settings
from framework.ops.boxes import decode, encode
from framework.ops.device import blocks, sizes_may_vary
from framework.ops.ground_truth import GroundTruth, read_ground_truth
from framework.ops.losses import LARGEST_LOG_LOSS, log_loss, precise
from framework.ops.matching import UNMATCHED, match
from framework.ops.mining import hardest, hardest_apart


@layer
class MultiBoxLoss(Layer):
    """Match priors with ground truth; location loss of the matched, class loss of a choice.

    Bottoms: loc (N, P * 4), or (N, P * num_classes * 4) if `share_location: false`;
             conf (N, P * num_classes), before softmax or sigmoid;
             prior (1, 2, P * 4), corners and variances; label (1, 1, rows, 8);
             RefineDet besides: the first stage's conf (N, P * 2) after softmax, by which priors
             below `objectness_score` are no negatives, and its loc (N, P * 4), which moves the
             priors before anything else.
    Top:     () the loss: (loc_weight * locations + classes) / normalizer. A part whose bottom has
             `propagate_down: false` is left out. The normalizer is at least 1.
    With `encode_variance_in_target` the gradient lacks the factor 1 / variance of the loss, and
    LOGISTIC without mining counts the places of its targets from image * P: both as the original,
    whose training people reproduce. Labels outside of the classes, where the original aborts or
    reads foreign memory, are a DataError. Boxes without area
    match nothing. NaN predictions count as the hardest examples, so that the loss shows them.
    `eta` of nms_param is not used in mining, as in the original.
    Errors: SpecError for fields that contradict, and bottoms that do not fit each other.
    Source: MultiBoxLossParameter; multibox_loss_layer.cpp and bbox_util.cpp of weiliu89/caffe
    branch ssd; sfzhang15/RefineDet for the two more bottoms.
    """

    num_bottoms = (4, 6)
    loss = True
    no_gradient_bottoms = (2, 3, 4, 5)

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape, label: Shape,
                 *first_stage: Shape):
        super().__init__(spec)
        self.settings = read_settings(spec)
        check_predictions(spec, loc, conf, prior, self.settings.loc_classes,
                          self.settings.num_classes)
        if label[-1] != 8:
            raise spec.error("bottom", f"has the label shape {label}; a row must have 8 numbers")
        self.check = IndexCheck(
            spec, 3, (math.prod(label[:-1]),), self.settings.num_classes, unit="row",
            what=f"classes, and not {self.settings.background}, that of the background",
            hint="multibox_loss_param.num_classes is too small")

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor, label: Tensor,
                *first_stage: Tensor) -> Tensor:
        settings = self.settings
        loc, conf = precise(loc), precise(conf)
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_priors = len(priors)
        loc = loc.reshape(len(loc), num_priors, settings.loc_classes, 4)
        conf = conf.reshape(len(conf), num_priors, settings.num_classes)
        truth = self._read_truth(label.to(loc.dtype), len(loc))
        fixed = priors
        if len(first_stage) > 1:
            moves = first_stage[1].detach().to(loc.dtype).reshape(len(loc), num_priors, 4)
            priors = decode(moves, priors, variances, settings.code, settings.variance_in_target)
        matched, best = self._match(loc.detach(), priors, fixed, variances, truth)
        positive = matched > UNMATCHED
        labels = self._labels(truth, matched)
        negative = None
        if settings.mining != "NONE":
            with torch.no_grad():
                positive, negative = self._mine(loc.detach(), conf.detach(), priors, variances,
                                                truth, matched, best, labels, first_stage)
        total = loc.new_zeros(())
        if self.spec.propagate_down[0]:
            _, losses = self._location_losses(loc, priors, variances, truth, matched, positive)
            total = total + settings.loc_weight * losses.sum()
        if self.spec.propagate_down[1]:
            total = total + self._class_loss(conf, labels, positive, negative)
        return total / self._normalizer(loc, positive)

    def _read_truth(self, label: Tensor, num_images: int) -> GroundTruth:
        settings = self.settings
        truth = read_ground_truth(label, num_images, settings.use_difficult)
        if settings.binary:
            truth = GroundTruth(truth.image, truth.label.clamp(max=1), truth.corners)
        wrong = (truth.label < 0) | (truth.label == settings.background)
        if not (settings.agnostic and settings.share_location):
            wrong |= truth.label >= settings.num_classes
        wrong &= truth.image >= 0
        rows = label.detach().reshape(-1, 8)
        if len(rows):           # `truth` has a row even then
            self.check.require(rows[:, 1], ~wrong, items=rows[:, 0])
        return GroundTruth(truth.image, truth.label.where(~wrong, 0), truth.corners)

    def _match(self, loc: Tensor, priors: Tensor, fixed: Tensor, variances: Tensor,
               truth: GroundTruth) -> tuple[Tensor, Tensor]:
        """Rows and best overlaps (N, K, P); K is 1, or num_classes if each class has its own boxes
        and these are matched."""
        settings, num_images = self.settings, len(loc)
        group, num_sets = truth.image, 1
        if not settings.use_prior_for_matching:
            loc = loc.transpose(1, 2)
            priors = decode(loc, fixed, variances, settings.code, settings.variance_in_target)
            priors = priors.flatten(0, 1)
            if not settings.share_location:
                num_sets = settings.num_classes
                group = torch.where(group >= 0, group * num_sets + truth.label, -1)
        matched, best = match(priors, truth.corners, group, num_images * num_sets,
                              settings.match_threshold, settings.ignore_crossing)
        shape = (num_images, num_sets, -1)
        return matched.view(shape), best.view(shape)

    def _mine(self, loc: Tensor, conf: Tensor, priors: Tensor, variances: Tensor,
              truth: GroundTruth, matched: Tensor, best: Tensor, labels: Tensor,
              first_stage: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Which priors count as positive (N, 1, P) and as negative (N, P)."""
        settings = self.settings
        positive, free = matched > UNMATCHED, (matched == UNMATCHED)[:, 0]
        loss = self._mining_loss(conf, self._classes(labels))
        if settings.mining == "HARD_EXAMPLE":
            index, losses = self._location_losses(loc, priors, variances, truth, matched, positive)
            loss = loss.flatten().index_add(0, index, losses.to(loss.dtype)).view_as(loss)
            eligible = truth.images_with_boxes(len(loc))[:, None].expand_as(free)
            count = torch.full_like(matched[:, 0, 0], settings.sample_size)
        else:
            eligible = free & (best[:, 0] < settings.neg_overlap)
            count = (positive.sum((1, 2)).float() * settings.neg_pos_ratio).long().clamp(min=0)
        if first_stage:
            score = first_stage[0].detach().reshape(len(loc), -1, 2)[:, :, 1]
            eligible = eligible & (score >= settings.objectness)
        thinning = settings.thinning
        if thinning is None:
            chosen = hardest(loss, eligible, count)
        else:
            boxes = priors if thinning.by_prior else decode(
                loc[:, :, 0], priors, variances, settings.code, settings.variance_in_target)
            chosen = hardest_apart(loss, eligible, count, boxes, thinning.threshold, thinning.top_k)
        if settings.mining == "HARD_EXAMPLE":
            positive = positive & chosen[:, None]
        return positive, chosen & free

    def _mining_loss(self, conf: Tensor, classes: Tensor) -> Tensor:
        """(N, P) class loss of every prior for its class, -1 for none."""
        place = classes.clamp(min=0)[:, :, None]
        if self.settings.conf_loss == "SOFTMAX":
            # log sum exp(x - x[class]): the sum has a term 1, and overflows only past the cap.
            rows, own = conf.flatten(0, 1), conf.gather(2, place).flatten(0, 1)
            sums = [(rows[part] - own[part]).exp_().sum(1) for part in blocks(conf, *rows.shape)]
            return torch.cat(sums).log_().clamp_(max=LARGEST_LOG_LOSS).view(classes.shape)
        own = conf.gather(2, place)
        own = F.softplus(torch.where(classes[:, :, None] >= 0, -own, own))
        return F.softplus(conf).scatter(2, place, own).sum(-1)

    def _labels(self, truth: GroundTruth, matched: Tensor) -> Tensor:
        """(N, K, P) the class of each match; UNMATCHED where there is none."""
        if self.settings.agnostic:
            label = torch.full_like(matched, self.settings.background + 1)
        else:
            label = truth.label[matched.clamp(min=0)]
        return torch.where(matched > UNMATCHED, label, UNMATCHED)

    def _classes(self, labels: Tensor) -> Tensor:
        """(N, P) the class each prior is to have: of several matches the highest, or background."""
        highest = labels.amax(1)
        return torch.where(highest == UNMATCHED, self.settings.background, highest)

    def _location_losses(self, loc: Tensor, priors: Tensor, variances: Tensor, truth: GroundTruth,
                         matched: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
        """The location losses (K,) of the positives and their places (K,) in `positive`, flat."""
        settings, num_priors = self.settings, loc.shape[1]
        index, counts = _chosen(positive)
        image, prior = index // positive[0].numel(), index % num_priors
        place = image * num_priors + prior
        row = matched.flatten()[index].clamp(min=0)
        own = priors[prior] if priors.dim() == 2 else priors.flatten(0, 1)[place]
        if not settings.share_location:
            place = place * settings.num_classes + truth.label[row]
        predicted = loc.flatten(0, 2).index_select(0, place)
        how = (own, variances[prior], settings.code, settings.variance_in_target)
        difference = predicted - encode(truth.corners[row], *how)
        if settings.bp_inside:
            box = own if settings.use_prior_for_matching else decode(predicted.detach(), *how)
            difference = torch.where((box < 0) | (box > 1), 0, difference)
        if settings.variance_in_target:
            difference = DivideValue.apply(difference, variances[prior])
        if counts is not None:
            difference = torch.where(counts[:, None], difference, 0)
        if settings.loc_loss == "L2":
            return index, 0.5 * difference.square().sum(1)
        zero = torch.zeros_like(difference)
        return index, F.smooth_l1_loss(difference, zero, reduction="none").sum(1)

    def _class_loss(self, conf: Tensor, labels: Tensor, positive: Tensor,
                    negative: Tensor | None) -> Tensor:
        """The summed class loss of the mined priors, or of all if `negative` is None."""
        softmax = self.settings.conf_loss == "SOFTMAX"
        background, classes = self.settings.background, self._classes(labels)
        if negative is None:
            if softmax:
                return log_loss(conf, classes, 2).sum()
            target = _targets_without_mining(conf, labels, background)
            return F.binary_cross_entropy_with_logits(conf, target, reduction="sum")
        index, counts = _chosen(positive[:, 0] | negative)
        conf, classes = conf.flatten(0, 1), classes.flatten()
        if counts is None:
            conf, classes = conf.index_select(0, index), classes[index]
        else:
            conf = torch.where(counts[:, None], conf, 0)
        if softmax:
            losses = log_loss(conf, classes, 1)
        else:
            own = classes[:, None] == torch.arange(conf.shape[1], device=conf.device)
            target = torch.where(own, 1.0, float(background)).to(conf.dtype)
            losses = F.binary_cross_entropy_with_logits(conf, target, reduction="none").sum(1)
        return losses.sum() if counts is None else torch.where(counts, losses, 0).sum()

    def _normalizer(self, loc: Tensor, positive: Tensor) -> Tensor | int:
        match self.settings.normalization:
            case "VALID":
                return positive.sum().clamp(min=1)
            case "FULL":
                return loc.shape[0] * loc.shape[1]
            case "BATCH_SIZE":
                return loc.shape[0]
            case _:
                return 1


class DivideValue(torch.autograd.Function):
    """x / divisor, whose gradient is that of x alone (EncodeLocPrediction divides copies)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, divisor: Tensor) -> Tensor:  # Any: torch has no type for it
        return x / divisor

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def _chosen(mask: Tensor) -> tuple[Tensor, Tensor | None]:
    """The flat places to compute at, and which of them count: on a CPU those marked, elsewhere
    all, so that no size depends on values."""
    flat = mask.flatten()
    if sizes_may_vary(flat):
        return flat.nonzero().flatten(), None
    return torch.arange(flat.numel(), device=flat.device), flat


def _targets_without_mining(conf: Tensor, labels: Tensor, background: int) -> Tensor:
    """LOGISTIC targets (N, P, C) of all priors: filled with the number of the background label.

    The places of the matches' labels (N, K, P) are set to 1, but counted as n * P + p * C + label
    for prior p of image n, as EncodeConfPrediction does: only those of the first image stand in
    their own rows.
    """
    num_images, num_priors, num_classes = conf.shape
    target = conf.new_full((conf.numel() + 1,), float(background))
    start = torch.arange(num_images, device=conf.device)[:, None, None] * num_priors
    row = torch.arange(num_priors, device=conf.device) * num_classes
    place = torch.where(labels == UNMATCHED, conf.numel(), start + row + labels)
    return target.index_fill(0, place.flatten(), 1.0)[:-1].view_as(conf)
