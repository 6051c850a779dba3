"""Loss of a detector with anchors on a grid (SqueezeDetLoss, of kvmanohar22/caffe)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_sizes, honour
from framework.ops.losses import GivenSlopes, precise
from framework.proto import TransformationParameter

SIDE = 416      # of the images, without a crop_size
ROW = 5         # x1 y1 x2 y2 class
FIELDS = ("classes anchors_per_grid anchor_shapes pos_conf neg_conf lambda_bbox epsilon "
          "lambda_conf")


@layer
class SqueezeDetLoss(Layer):
    """SqueezeDet's loss: classes, scores and boxes of anchors on a grid of cells.

    Bottoms: probabilities of the classes (N, H W A, classes); scores (N, H, W, A); boxes (N, H, W,
             4 A), dx dy dh dw of each anchor; truth (N, 5 M, ...), M rows of x1 y1 x2 y2 class in
             pixels, those from the first that begins with -1 on being none.
    Top:     the loss (), a mean over the images of the sum over their objects; an object has the
             anchor whose box has the largest overlap o with it:
             - lambda_conf log(probability of its class + epsilon) / objects
             + pos_conf (score - o)^2 / objects + neg_conf / (anchors - objects) * the sum of
             the other scores' squares
             + lambda_bbox / objects * the squared distance of its box from what gives the object.
    Anchors: the widths and heights of anchor_shapes, with the centre (x, y) of cell (row r, column
             c), number k = r W + c: x = width (k / H + 1) / (W + 1), y = height (k mod H + 1) /
             (H + 1), in the original's order of columns. Images are crop_size wide and high, or
             416.
    No gradient goes through o. That of a class is -1 / probability without its factors, as in the
    original. Fields of what the original prints in TEST have no effect.
    Errors:  SpecError for bottoms that do not fit, and two numbers for each anchor.
    Source:  SqueezeDetLossParameter; squeezedet_loss_layer.cpp of kvmanohar22/caffe; Wu et al.
             2016.
    """

    loss = True
    num_bottoms = (4, 4)
    no_gradient_bottoms = (3,)
    reads = ("squeezedet_param", "transform_param")
    unread = frozenset(f"transform_param.{field.name}"
                       for field in TransformationParameter.DESCRIPTOR.fields
                       if field.name != "crop_size")
    anchors: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 20 * ROW, 1, 1) if index == 3 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, classes: Shape, scores: Shape, boxes: Shape, truth: Shape):
        super().__init__(spec)
        field = "squeezedet_param"
        honour(spec, field, FIELDS)
        self.param = param = spec.proto.squeezedet_param
        check_sizes(spec, field, "classes anchors_per_grid")
        each = param.anchors_per_grid
        if len(param.anchor_shapes) != 2 * each:
            raise spec.error(f"{field}.anchor_shapes", f"is given {len(param.anchor_shapes)} times;"
                             f" it must be {2 * each}, a width and a height for each anchor")
        if len(scores) != 4 or scores[3] != each:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(scores)}; it "
                             f"must be (N, H, W, {each})")
        num, height, width, _ = scores
        for index, shape, wanted in ((0, classes, (num, height * width * each, param.classes)),
                                     (2, boxes, (num, height, width, 4 * each))):
            if tuple(shape) != wanted:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"beside '{spec.bottoms[1]}' it must be {wanted}")
        if truth[0] != num or len(truth) < 2 or truth[1] % ROW:
            raise spec.error("bottom", f"'{spec.bottoms[3]}' has the shape {tuple(truth)}; it must "
                             f"be ({num}, 5 M, ...), rows of five numbers")
        self.side = spec.proto.transform_param.crop_size or SIDE
        self.register_buffer("anchors", self._anchors(height, width), persistent=False)

    def _anchors(self, height: int, width: int) -> Tensor:
        """Centre, height and width of each anchor (H W A, 4), in pixels."""
        cell = torch.arange(height * width, dtype=torch.float64)
        x = self.side * (cell.div(height, rounding_mode="floor") + 1) / (width + 1)
        y = self.side * (cell.remainder(height) + 1) / (height + 1)
        shapes = torch.tensor(list(self.param.anchor_shapes), dtype=torch.float64).reshape(-1, 2)
        centers = torch.stack((x, y), 1).repeat_interleave(len(shapes), 0)
        return torch.cat((centers, shapes.flip(1).repeat(height * width, 1)), 1).float()

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, classes: Tensor, scores: Tensor, boxes: Tensor, truth: Tensor) -> Tensor:
        param, classes = self.param, precise(classes)
        scores, boxes = precise(scores).flatten(1), precise(boxes).reshape(len(boxes), -1, 4)
        rows = truth.detach().to(classes.dtype).reshape(len(truth), -1, ROW)
        real = ((rows[..., 0] == -1).cumsum(1) == 0).to(classes.dtype)
        overlap = self._overlaps(boxes.detach(), rows)
        best, anchor = overlap.max(2)
        number = real.sum(1)
        share = real / number[:, None]

        picked = classes.gather(1, anchor[..., None].expand(-1, -1, classes.shape[2]))
        kind = rows[..., 4].long().clamp(0, classes.shape[2] - 1)[..., None]
        chance = picked.gather(2, kind)[..., 0]
        of_class = -(chance.detach() + param.epsilon).log() * param.lambda_conf * share
        total = GivenSlopes.apply(chance, -real / chance.detach(), of_class).sum()

        score = scores.gather(1, anchor)
        other = scores.square().sum(1, keepdim=True) - score.square()
        rest = param.neg_conf / (scores.shape[1] - number)[:, None] * real
        total = total + (param.pos_conf * share * (score - best).square() + rest * other).sum()

        given = boxes.gather(1, anchor[..., None].expand(-1, -1, 4))
        apart = (given - self._targets(rows, anchor)).square().sum(2)
        return (total + (param.lambda_bbox * share * apart).sum()) / len(truth)

    def _overlaps(self, boxes: Tensor, rows: Tensor) -> Tensor:
        """Overlap of each row with each anchor's box (N, M, H W A)."""
        anchors = self.anchors.to(boxes.dtype)
        centers = anchors[:, :2] + anchors[:, [3, 2]] * boxes[..., :2]
        half = anchors[:, [3, 2]] * boxes[..., [3, 2]].exp() / 2
        corners = torch.cat((centers - half, centers + half), 2).clamp(0, self.side - 1)
        first, last = (corners[:, None, :, index:index + 2] for index in (0, 2))
        low, high = (rows[:, :, None, index:index + 2] for index in (0, 2))
        common = (torch.minimum(last, high) - torch.maximum(first, low)).clamp(min=0).prod(3)
        union = (last - first).prod(3) + (high - low).prod(3) - common
        return common / (union + self.param.epsilon)

    def _targets(self, rows: Tensor, anchor: Tensor) -> Tensor:
        """dx dy dh dw that give the rows by these anchors (N, M, 4)."""
        at = self.anchors.to(rows.dtype)[anchor]
        size = rows[..., 2:4] - rows[..., :2] + 1
        center = rows[..., :2] + size / 2
        moved = (center - at[..., :2]) / at[..., [3, 2]]
        # an empty row has no size; its number does not count
        scaled = (size.clamp(min=0)[..., [1, 0]] / at[..., 2:] + self.param.epsilon).log()
        return torch.cat((moved, scaled), 2)
