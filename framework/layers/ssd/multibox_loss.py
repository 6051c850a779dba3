"""SSD's loss (MultiBoxLoss): match, mine, then localization and confidence loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.ssd.multibox_matching import Predictions, match_predictions
from framework.layers.ssd.multibox_mining import mine
from framework.layers.ssd.multibox_settings import check_predictions, read_settings
from framework.layers.ssd.multibox_terms import class_loss, location_losses
from framework.ops.boxes import decode
from framework.ops.ground_truth import GroundTruth, read_ground_truth
from framework.ops.losses import precise


@layer
@layer("MultiBoxFocalLoss")
class MultiBoxLoss(Layer):
    """SSD loss: match priors with ground truth, mine negatives, sum box and class losses.

    Bottoms: loc (N, P * 4), or (N, P * num_classes * 4) if `share_location: false`;
             conf (N, P * num_classes), before softmax or sigmoid;
             prior (1, 2, P * 4), corners and variances; label (1, 1, rows, 8),
             or of any shape whose numbers are such rows;
             RefineDet in addition: the first stage's conf (N, P * 2) after softmax, by which priors
             below `objectness_score` are not negatives, and its loc (N, P * 4), which moves the
             priors before anything else.
    Top:     () the loss: (loc_weight * locations + classes) / normalizer. A part whose bottom has
             `propagate_down: false` is left out. The normalizer is at least 1.
    With `encode_variance_in_target` the gradient lacks the factor 1 / variance of the loss, and
    LOGISTIC without mining counts the cells of its targets from image * P: both as the original,
    whose training people reproduce. Labels outside of the classes, where the original aborts or
    reads memory of others, are a DataError. Boxes without area match nothing. NaN predictions
    count as the hardest examples, so that the loss shows them.
    MultiBoxFocalLoss (canteen-man/MobileNet-SSD-Focal-loss) is this loss with
    alpha (1 - p)^gamma (-log p) for the classes, by focal_loss_param, where conf_loss_type is
    SOFTMAX; alpha is 0.25 and gamma 2 by default.
    `eta` of nms_param is not used in mining, as in the original.
    Errors: SpecError for fields that contradict, and bottoms that do not fit each other.
    Source: MultiBoxLossParameter; multibox_loss_layer.cpp and bbox_util.cpp of weiliu89/caffe
            branch ssd; sfzhang15/RefineDet for the two more bottoms; Liu et al. 2016.
    """

    reads = ("multibox_loss_param", "loss_param", "focal_loss_param")
    num_bottoms = (4, 6)
    loss = True
    no_gradient_bottoms = (2, 3, 4, 5)
    refuses_gradient = True

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape, label: Shape,
                 *first_stage: Shape):
        super().__init__(spec)
        self.settings = read_settings(spec, focal=spec.type == "MultiBoxFocalLoss")
        check_predictions(spec, loc, conf, prior, self.settings.loc_classes,
                          self.settings.num_classes)
        if math.prod(label) % 8:
            raise spec.error("bottom", f"has the label shape {label}, {math.prod(label)} numbers; "
                             "there must be 8 for each row")
        self.check = IndexCheck(
            spec, 3, (math.prod(label) // 8,), self.settings.num_classes, unit="row",
            what=f"classes, and not {self.settings.background}, that of the background",
            hint="multibox_loss_param.num_classes is too small")

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor, label: Tensor,
                *first_stage: Tensor) -> Tensor:
        settings = self.settings
        predictions = self._read_predictions(loc, conf, prior)
        num_images, num_priors = predictions.loc.shape[:2]
        truth = self._read_truth(label.to(predictions.loc.dtype), num_images)
        fixed = predictions.priors
        if len(first_stage) > 1:
            moves = first_stage[1].detach().to(fixed.dtype).reshape(num_images, num_priors, 4)
            moved = decode(moves, fixed, predictions.variances, settings.code,
                           settings.variance_in_target)
            predictions = Predictions(predictions.loc, predictions.conf, moved,
                                      predictions.variances)
        matches = match_predictions(settings, predictions, fixed, truth)
        positive = matches.positive
        negative = None
        if settings.mining != "NONE":
            objectness = None
            if first_stage:
                scores = first_stage[0].detach().reshape(num_images, num_priors, 2)
                objectness = scores[:, :, 1]
            with torch.no_grad():
                positive, negative = mine(settings, predictions.detached(), matches, objectness)
        total = predictions.loc.new_zeros(())
        if self.spec.propagate_down[0]:
            _, losses = location_losses(settings, predictions, matches, positive)
            total = total + settings.loc_weight * losses.sum()
        if self.spec.propagate_down[1]:
            total = total + class_loss(settings, predictions.conf, matches, positive, negative)
        return total / self._normalizer(predictions.loc, positive)

    def _read_predictions(self, loc: Tensor, conf: Tensor, prior: Tensor) -> Predictions:
        """The bottoms by image, prior and class, at least in float32."""
        loc = precise(loc)
        conf = precise(conf)
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_images = len(loc)
        num_priors = len(priors)
        loc = loc.reshape(num_images, num_priors, self.settings.loc_classes, 4)
        conf = conf.reshape(num_images, num_priors, self.settings.num_classes)
        return Predictions(loc, conf, priors, variances)

    def _read_truth(self, label: Tensor, num_images: int) -> GroundTruth:
        """The ground truth, its labels checked; those of RefineDet's first stage become 1."""
        settings = self.settings
        truth = read_ground_truth(label, num_images, settings.use_difficult)
        if settings.binary:
            truth = GroundTruth(truth.image, truth.label.clamp(max=1), truth.corners)
        wrong = (truth.label < 0) | (truth.label == settings.background)
        if not (settings.agnostic and settings.share_location):
            wrong |= truth.label >= settings.num_classes
        wrong &= truth.image >= 0
        rows = label.detach().reshape(-1, 8)
        if len(rows):           # `truth` has a row even without any
            self.check.require(rows[:, 1], ~wrong, items=rows[:, 0])
        return GroundTruth(truth.image, truth.label.where(~wrong, 0), truth.corners)

    def _normalizer(self, loc: Tensor, positive: Tensor) -> Tensor | int:
        """The divisor of the summed loss, at least 1."""
        match self.settings.normalization:
            case "VALID":
                return positive.sum().clamp(min=1)
            case "FULL":
                return loc.shape[0] * loc.shape[1]
            case "BATCH_SIZE":
                return loc.shape[0]
            case _:
                return 1
