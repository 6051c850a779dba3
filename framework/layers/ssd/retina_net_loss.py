"""RetinaNet's loss: sigmoid focal loss over all anchors, and the L1 distance of matched boxes."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour, plain
from framework.layers.ssd.checked_truth import checked_truth, label_check
from framework.layers.ssd.multibox_settings import check_predictions
from framework.ops.boxes import CENTER_SIZE, encode
from framework.ops.by_item import by_item
from framework.ops.ground_truth import GroundTruth
from framework.ops.losses import precise, sigmoid_focal_loss, smooth_l1
from framework.ops.matching import IGNORED, UNMATCHED, match_anchors

FIELD = "retina_net_loss_param"


@layer
class RetinaNetLoss(Layer):
    """RetinaNet loss: sigmoid focal loss of all anchors, L1 or smooth L1 of the matched boxes.

    Bottoms: loc (N, P * 4), CENTER_SIZE codes; conf (N, P * num_classes), before the sigmoid;
             prior (1, 2, P * 4), corners and variances; label (1, 1, rows, 8), as from
             AnnotatedData, or of any shape whose numbers are such rows.
    Top:     () the mean over the images of (focal losses + loc_weight * box losses) / (matched
             anchors of the image, at least 1).
    An anchor takes the box that it overlaps most, if by `foreground_overlap` or if no anchor
    overlaps some box more; below `background_overlap` all its targets are 0; between it counts
    for nothing. Class 0 is the background, whose scores have the target 0 everywhere.
    Errors:  SpecError for fields that contradict and bottoms that do not fit; DataError for
             labels outside of 1 to num_classes - 1.
    Source:  Lin et al. 2017; torchvision.models.detection.retinanet (normalization, L1, matching).
    """

    num_bottoms = (4, 4)
    loss = True
    no_gradient_bottoms = (2, 3)

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape, label: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_classes alpha gamma foreground_overlap background_overlap "
               "smooth_l1_beta loc_weight use_difficult_gt")
        self.param = param = plain(spec.proto.retina_net_loss_param)
        self.check = label_check(spec, 3, label, param.num_classes, FIELD)
        check_predictions(spec, loc, conf, prior, 1, param.num_classes)
        check_focal(spec, FIELD, param.alpha, param.gamma)
        if not 0 <= param.background_overlap <= param.foreground_overlap <= 1:
            raise spec.error(f"{FIELD}.background_overlap", f"is {param.background_overlap:g} and "
                             f"foreground_overlap {param.foreground_overlap:g}; they must be from "
                             "0 to 1, and the first not above the second")
        if param.smooth_l1_beta < 0:
            raise spec.error(f"{FIELD}.smooth_l1_beta", f"is {param.smooth_l1_beta:g}; it must be "
                             "at least 0")

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor, label: Tensor) -> Tensor:
        param = self.param
        loc, conf = precise(loc), precise(conf)
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_images = len(loc)
        loc = by_item(loc, -1, 4)
        conf = by_item(conf, -1, param.num_classes)
        truth = checked_truth(self.check, label.to(loc.dtype), num_images, param.use_difficult_gt)
        rows = match_anchors(priors, truth.corners, truth.image, num_images,
                             param.foreground_overlap, param.background_overlap)
        positive = rows > UNMATCHED
        each = sigmoid_focal_loss(conf, one_of_class(truth, rows, param.num_classes), param.gamma,
                                  param.alpha)
        classes = torch.where((rows != IGNORED)[:, :, None], each, 0).sum((1, 2))
        target = encode(truth.corners[rows.clamp(min=0)], priors, variances, CENTER_SIZE)
        boxes = self._distances(torch.where(positive[:, :, None], loc - target, 0)).sum((1, 2))
        count = positive.sum(1).clamp(min=1)
        return ((classes + param.loc_weight * boxes) / count).sum() / max(num_images, 1)

    def _distances(self, difference: Tensor) -> Tensor:
        beta = self.param.smooth_l1_beta
        if beta == 0:
            return difference.abs()
        return smooth_l1(difference, sigma=beta ** -0.5)


def check_focal(spec: LayerSpec, field: str, alpha: float, gamma: float) -> None:
    """SpecError for settings of a focal loss that mean nothing."""
    if not 0 <= alpha <= 1:
        raise spec.error(f"{field}.alpha", f"is {alpha:g}; it must be from 0 to 1")
    if not gamma >= 0:
        raise spec.error(f"{field}.gamma", f"is {gamma:g}; it must be at least 0")


def one_of_class(truth: GroundTruth, rows: Tensor, num_classes: int) -> Tensor:
    """(N, P, num_classes) bool: the class of the row (N, P) that is matched; none where it is
    negative."""
    label = torch.where(rows >= 0, truth.label[rows.clamp(min=0)], -1)
    return label[:, :, None] == torch.arange(num_classes, device=rows.device)
