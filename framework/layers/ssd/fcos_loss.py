"""FCOS' loss: boxes from points, without anchors; focal loss, GIoU and centerness."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour, plain
from framework.layers.ssd.checked_truth import checked_truth, label_check
from framework.layers.ssd.multibox_settings import check_predictions
from framework.layers.ssd.retina_net_loss import check_focal, one_of_class
from framework.ops.by_item import by_item
from framework.ops.losses import precise, sigmoid_focal_loss
from framework.ops.matching import match_points

FIELD = "fcos_loss_param"
TINY = 1e-7         # torchvision's generalized_box_iou_loss adds it to the areas it divides by


@layer
class FcosLoss(Layer):
    """FCOS loss: sigmoid focal loss of all points, GIoU and centerness of those in a box.

    Bottoms: loc (N, P * 4), CORNER_SIZE codes; conf (N, P * num_classes) and centerness (N, P),
             before the sigmoid; prior (1, 2, P * 4), for each point the square of a cell's size
             around it, and variances; label (1, 1, rows, 8), as from AnnotatedData, or of any
             shape whose numbers are such rows.
    Top:     () (focal losses + loc_weight * (1 - GIoU) + center_weight * cross-entropies) / (points
             of the batch that are in a box, at least 1).
    A point takes the smallest box that it is inside of, whose centre is near (center_radius) and
    whose farthest side is as far as fits the map (least_distance, most_distance), all in cells.
    Its centerness is sqrt(min(l, r) / max(l, r) * min(t, b) / max(t, b)) of its distances to
    the sides. Class 0 is the background, whose scores have the target 0 everywhere.
    Errors:  SpecError for fields that contradict and bottoms that do not fit; DataError for
             labels outside of 1 to num_classes - 1.
    Source:  Tian et al. 2019; torchvision.models.detection.fcos.
    """

    num_bottoms = (5, 5)
    loss = True
    no_gradient_bottoms = (3, 4)

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, centerness: Shape, prior: Shape,
                 label: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_classes alpha gamma center_radius least_distance most_distance "
               "loc_weight center_weight use_difficult_gt")
        self.param = param = plain(spec.proto.fcos_loss_param)
        self.check = label_check(spec, 4, label, param.num_classes, FIELD)
        check_predictions(spec, loc, conf, prior, 1, param.num_classes)
        check_focal(spec, FIELD, param.alpha, param.gamma)
        if centerness != (loc[0], loc[1] // 4):
            raise spec.error("bottom[2]", f"has the shape {centerness}; it must be {loc[0]} x "
                             f"{loc[1] // 4}, one number for each point")
        if not param.center_radius > 0:
            raise spec.error(f"{FIELD}.center_radius", f"is {param.center_radius:g}; it must be "
                             "above 0")
        if not 0 <= param.least_distance < param.most_distance:
            raise spec.error(f"{FIELD}.least_distance", f"is {param.least_distance:g}; it must be "
                             f"at least 0 and below most_distance, {param.most_distance:g}")

    def forward(self, loc: Tensor, conf: Tensor, centerness: Tensor, prior: Tensor, label: Tensor
                ) -> Tensor:
        param = self.param
        loc, conf, centerness = precise(loc), precise(conf), precise(centerness)
        squares, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_images = len(loc)
        truth = checked_truth(self.check, label.to(loc.dtype), num_images, param.use_difficult_gt)
        rows = match_points(squares, truth.corners, truth.image, num_images, param.center_radius,
                            param.least_distance, param.most_distance)
        positive = rows >= 0
        each = sigmoid_focal_loss(by_item(conf, -1, param.num_classes),
                                  one_of_class(truth, rows, param.num_classes), param.gamma,
                                  param.alpha)
        size = squares[:, 2:] - squares[:, :2]
        middle = (squares[:, 2:] + squares[:, :2]) / 2
        # in cells around the point; a box that nothing asks for is the cell itself
        cell = size.new_tensor([-0.5, -0.5, 0.5, 0.5])
        real = (truth.corners[rows.clamp(min=0)] - middle.repeat(1, 2)) / size.repeat(1, 2)
        real = torch.where(positive[:, :, None], real, cell)
        found = by_item(loc, -1, 4) * variances + cell
        boxes = torch.where(positive, 1 - generalized_iou(found, real), 0)
        near = F.binary_cross_entropy_with_logits(centerness, center_target(real),
                                                  reduction="none")
        total = (each.sum() + param.loc_weight * boxes.sum()
                 + param.center_weight * torch.where(positive, near, 0).sum())
        return total / positive.sum().clamp(min=1)


def center_target(sides: Tensor) -> Tensor:
    """Centerness (...) of a point in the origin of corners (..., 4) around it."""
    left, top, right, bottom = (sides * sides.new_tensor([-1, -1, 1, 1])).unbind(-1)
    across = torch.minimum(left, right) / torch.maximum(left, right)
    along = torch.minimum(top, bottom) / torch.maximum(top, bottom)
    return (across * along).sqrt()


def generalized_iou(first: Tensor, second: Tensor) -> Tensor:
    """GIoU (...) of corners (..., 4). Source: Rezatofighi et al. 2019; torchvision.ops."""
    areas = [(box[..., 2:] - box[..., :2]).prod(-1) for box in (first, second)]
    common = torch.minimum(first[..., 2:], second[..., 2:]) - torch.maximum(first[..., :2],
                                                                            second[..., :2])
    shared = torch.where((common > 0).all(-1), common.prod(-1), 0)
    union = areas[0] + areas[1] - shared
    hull = torch.maximum(first[..., 2:], second[..., 2:]) - torch.minimum(first[..., :2],
                                                                          second[..., :2])
    around = hull.prod(-1)
    return shared / (union + TINY) - (around - union) / (around + TINY)
