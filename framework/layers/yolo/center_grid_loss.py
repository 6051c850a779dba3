"""CenterGridLoss: faces of one range of sizes in a map of distances to their sides."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import normalization
from framework.layers.params import honour
from framework.ops.losses import precise
from framework.proto import enum_name

FIELD = "center_object_loss_param"
POINTS, OF_POINTS = 10, 0.1
FACE, IGNORED = 1, -1


@layer
class CenterGridLoss(Layer):
    """Smooth L1 loss of the distances of cells to the sides of their box, and focal loss of scores.

    Bottoms: x (N, C, H, W) as CenterGridOutput has them: SIGMOID 5, SOFTMAX 6 or with has_lm 16
             channels; truth (N, 1, G, 8), or with has_lm 19 columns, as FaceBoxData with
             yoloformat; item -1 for no box. No gradient goes to the truth.
    Top:     the loss (): (distances + scores) / n + 0.1 * points / m; n counts the cells of a box
             in VALID, m those with points, the items without any or in FULL and BATCH_SIZE.
    A box belongs to the map if its longer side, in whole pixels, is from low_bbox_scale on and
    below up_bbox_scale. Its cells are those from the cell of its first corner to before that of
    its last, if no earlier box has them; targets are (cell's middle - side) * s / bias_scale with s
    = net_height / H, twice that for SIGMOID. Points are learned where all ten are above 0.
    Scores: cells of no box at all are background, a box's own are faces; those of boxes of other
    sizes, and where a later box covers an earlier one, do not count. SIGMOID: 2 (1 - p)^4 (-log
    p), over images with a box; SOFTMAX: 0.25 (1 - p)^2 (-log p). A batch without a box has loss 0.
    The original cuts logarithms at FLT_MIN, and multiplies the weight of the loss into the gradient
    of points twice; here once. `loc_weight` and `ignore_thresh` have no effect, as there.
    Errors:  SpecError for other shapes or numbers of classes, or several anchors.
    Source:  CenterGridLossLayer.cpp, center_bbox_util.cpp and center_util.cpp of
             yuqj1991/caffe_train.
    """

    reads = (FIELD, "loss_param")
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    needs_float32 = True
    unread = frozenset(f"{FIELD}.{name}" for name in (
        "loc_loss_type lm_loss_type loc_weight ignore_thresh net_width").split())

    def __init__(self, spec: LayerSpec, x: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_class share_location bias_scale bias_num net_height "
               "low_bbox_scale up_bbox_scale class_type has_lm loc_loss_type lm_loss_type "
               "loc_weight ignore_thresh net_width")
        param = spec.proto.center_object_loss_param
        self.by_sigmoid = enum_name(param, "class_type") == "SIGMOID"
        self.has_points = param.has_lm
        classes = 1 if self.by_sigmoid else 2
        if len(param.bias_scale) != 1 or int(param.bias_scale[0]) < 1 or param.bias_num != 1:
            raise spec.error(f"{FIELD}.bias_scale", f"is {list(param.bias_scale)}; it must be one "
                             "anchor of at least 1, with bias_num: 1")
        if not param.share_location:
            raise spec.error(f"{FIELD}.share_location", "is false; it must be true")
        if param.num_class != classes or (self.has_points and self.by_sigmoid):
            raise spec.error(f"{FIELD}.num_class", f"is {param.num_class}; it must be 1 for "
                             "SIGMOID, which has no points, and 2 for SOFTMAX")
        if param.net_height < 1:
            raise spec.error(f"{FIELD}.net_height", "is missing or below 1")
        channels = 4 + POINTS * self.has_points + classes
        columns = 19 if self.has_points else 8
        for index, shape, wanted in ((0, x, (x[0], channels, *x[2:4])),
                                     (1, truth, (x[0], 1, *truth[2:3], columns))):
            if len(shape) != 4 or tuple(shape) != wanted:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"it must be {wanted}")
        self.anchor = int(param.bias_scale[0]) / (2 if self.by_sigmoid else 1)
        self.net_height = param.net_height
        self.least, self.most = param.low_bbox_scale, param.up_bbox_scale
        self.mode = normalization(spec)

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        x, truth = precise(x), precise(truth.detach()).flatten(0, 1)
        known = truth[:, :, 0].trunc() != -1
        owner, label = self._cells(x, truth, known)
        positive = owner >= 0
        own = truth[:, :, 3:].gather(1, owner.clamp(min=0).flatten(1)[:, :, None].expand(
            -1, -1, truth.shape[2] - 3))
        own = own.transpose(1, 2).unflatten(2, tuple(x.shape[2:]))
        each = F.smooth_l1_loss(x[:, :4], self._targets(own[:, :4]), reduction="none")
        sides = each.sum(1).where(positive, 0).sum()
        scores = self._scores(x[:, 4 + POINTS * self.has_points:], label, known)
        loss = (sides + scores) / self._divisor(positive)
        if self.has_points:
            sure = positive & (own[:, 5] > 0) & (own[:, 6:16] > 0).all(1)
            each = F.smooth_l1_loss(x[:, 4:14], self._targets(own[:, 6:16]), reduction="none")
            points = each.sum(1).where(sure, 0).sum()
            loss = loss + OF_POINTS * points / self._divisor(sure)
        return loss * known.any()

    def _cells(self, x: Tensor, truth: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """The number of each cell's box, -1 for none, and what its score is to be (N, H, W)."""
        height, width = x.shape[2:]
        step = self.net_height / height
        size = truth.new_tensor([width, height] * 2)
        corners = truth[:, :, 3:7] * size
        sides = ((corners[..., 2:] - corners[..., :2]) * step).trunc().amax(2)
        fits = (sides >= self.least) & (sides < self.most)
        left, upper, right, lower = corners.trunc()[..., None, None].unbind(2)
        row = torch.arange(height, device=x.device)[:, None]
        column = torch.arange(width, device=x.device)
        down = (row >= upper) & (row < lower) & known[..., None, None]
        inside = down & (column >= left) & (column < right)             # (N, G, H, W)
        is_own, first = (inside & fits[..., None, None]).to(torch.uint8).max(1)
        owner = first.where(is_own > 0, -1)
        is_covered, back = inside.flip(1).to(torch.uint8).max(1)
        last = inside.shape[1] - 1 - back
        label = torch.where(last == owner, FACE, IGNORED).where(is_covered > 0, 0)
        return owner, label

    def _targets(self, points: Tensor) -> Tensor:
        """Distances of the cells to points (N, 2 K, H, W), x and y as fractions of the image."""
        height, width = points.shape[2:]
        across = (torch.arange(width, device=points.device) + 0.5).expand(height, width)
        down = (torch.arange(height, device=points.device) + 0.5)[:, None].expand(height, width)
        pairs = points.shape[1] // 2
        middles = torch.stack([across, down] * pairs).to(points.dtype)
        size = points.new_tensor([width, height] * pairs)[:, None, None]
        return (middles - points * size) * (self.net_height / height / self.anchor)

    def _scores(self, scores: Tensor, label: Tensor, known: Tensor) -> Tensor:
        if self.by_sigmoid:
            signed = torch.where(label == FACE, scores[:, 0], -scores[:, 0])
            each = -2 * signed.neg().sigmoid() ** 4 * F.logsigmoid(signed)
            counts = (label != IGNORED) & known.any(1)[:, None, None]
        else:
            logs = scores.log_softmax(1).gather(1, label.clamp(min=0)[:, None])[:, 0]
            each = -0.25 * (1 - logs.exp()) ** 2 * logs
            counts = label != IGNORED
        return each.where(counts, 0).sum()

    def _divisor(self, counted: Tensor) -> Tensor | float:
        items = float(len(counted))
        if self.mode == "NONE":
            return 1.0
        if self.mode != "VALID":
            return items
        num = counted.sum()
        return torch.where(num > 0, num, items)
