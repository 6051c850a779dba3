"""CenterObjectLoss: CenterNet's loss of faces, by a map of their centres."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import normalization
from framework.layers.params import choice, honour
from framework.ops.losses import precise

FIELD = "center_object_loss_param"
POINTS = 10             # x and y of five points of a face
LEAST_AREA = 4          # in cells; boxes up to it do not count
LESS = 0.1              # the weight of sizes and points
OVERLAP = 0.7           # that two corners within the radius keep
FAINTEST = 5e-11        # values of a Gaussian below it are 0


@layer
class CenterObjectLoss(Layer):
    """Smooth L1 or squared loss of boxes at their centres, and focal loss of a map of centres.

    Bottoms: offsets (N, 4, H, W), x and y of the centre in its cell, logarithms of width and height
             in cells, with has_lm 14 channels: five points' distances from the cell's corner over
             the box's size; scores (N, num_class, H, W), before any sigmoid; truth (1, 1, G, 8), or
             with has_lm 19 columns: item, class from 1 on, nothing, corners as fractions, nothing,
             whether the points are known, the points. Rows of item -1 do not count. No gradient.
    Top:     the loss (): (scores + centres + 0.1 * sizes) / n + 0.1 * points / m; in VALID n counts
             the rows of the truth, m those whose ten numbers are known and above 0, or the items
             where that is 0; FULL and BATCH_SIZE the items.
    Boxes of up to 4 cells do not count. Scores: -(1 - p)^2 log p where the map is 1, at the
    centres, else -p^2 (1 - t)^4 log(1 - p), t the largest Gaussian of the class's boxes there: of
    the radius within which a box of the same size keeps an overlap of 0.7, its deviation a sixth of
    the diameter. A batch without boxes has loss 0, where the original ends.
    Errors:  SpecError for other shapes, a loc_weight but 1, or boxes by class; DataError for a
             class above num_class, or an item that is not there.
    Source:  CenternetLossLayer.cpp, focal_loss_layer_centernet.cpp, center_bbox_util.cpp and
             center_util.cpp of yuqj1991/caffe_train; Zhou et al. 2019, Law and Deng 2018. For
             small boxes what was in memory before counts there.
    """

    reads = (FIELD, "loss_param")
    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (2,)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, offsets: Shape, scores: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_class share_location loc_loss_type loc_weight has_lm "
               "lm_loss_type")
        param = spec.proto.center_object_loss_param
        self.has_points = param.has_lm
        self.kinds = [choice(spec, FIELD, name, ("L2", "SMOOTH_L1"))
                      for name in ("loc_loss_type", "lm_loss_type")]
        if not param.share_location:
            raise spec.error(f"{FIELD}.share_location", "is false; it must be true")
        if param.loc_weight != 1:
            raise spec.error(f"{FIELD}.loc_weight", f"is {param.loc_weight:g}; it must be 1, since "
                             "the original's gradient alone takes it")
        channels, columns = (14, 19) if self.has_points else (4, 8)
        map_shape = (offsets[0], *offsets[2:4])
        for index, shape, wanted in (
                (0, offsets, (map_shape[0], channels, *map_shape[1:])),
                (1, scores, (map_shape[0], param.num_class, *map_shape[1:])),
                (2, truth, (1, 1, *truth[2:3], columns))):
            if len(shape) != 4 or tuple(shape) != wanted:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"it must be {wanted}")
        rows = (truth[2],)
        self.classes = IndexCheck(spec, 2, rows, param.num_class, what="classes less 1",
                                  hint="num_class is too small")
        self.items = IndexCheck(spec, 2, rows, offsets[0], what="items")
        self.mode = normalization(spec)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, offsets: Tensor, scores: Tensor, truth: Tensor) -> Tensor:
        offsets, scores = precise(offsets), precise(scores)
        rows = precise(truth.detach())[0, 0]
        known = rows[:, 0].trunc() != -1
        item = rows[:, 0].trunc().where(known, 0)
        items = self.items.require(item, (item >= 0) & (item < len(offsets))).long()
        label = (rows[:, 1].trunc() - 1).where(known, 0)
        labels = self.classes.require(label, (label >= 0) & (label < scores.shape[1])).long()
        height, width = offsets.shape[2:]
        corners = rows[:, 3:7] * rows.new_tensor([width, height] * 2)
        sizes = corners[:, 2:] - corners[:, :2]
        middles = (corners[:, :2] + corners[:, 2:]) / 2
        cells = middles.trunc()
        counts = known & (sizes.prod(1) > LEAST_AREA)
        sizes = sizes.where(counts[:, None], 1)     # others must not give the gradient a nan
        last = rows.new_tensor([width - 1, height - 1])
        column, row = cells.nan_to_num(0).clamp(min=0).minimum(last).long().unbind(1)
        found = offsets[items, :, row, column]
        centres = self._errors(found[:, :2] - (middles - cells), 0)
        spans = self._errors(found[:, 2:4] - sizes.log(), 0)
        boxes = (centres + LESS * spans).where(counts, 0).sum()
        heat = self._heat(cells, sizes, items, labels, counts, scores)
        num = known.sum()
        loss = (boxes + _focal(scores, heat)) / self._divisor(num, offsets)
        if self.has_points:
            sure = known & (rows[:, 8] > 0) & (rows[:, 9:] > 0).all(1)
            points = rows[:, 9:] * rows.new_tensor([width, height] * (POINTS // 2))
            wanted = (points - cells.repeat(1, POINTS // 2)) / sizes.repeat(1, POINTS // 2)
            each = self._errors(found[:, 4:] - wanted, 1).where(sure & counts, 0).sum()
            loss = loss + LESS * each / self._divisor(sure.sum(), offsets)
        return loss * (num > 0)

    def _errors(self, difference: Tensor, kind: int) -> Tensor:
        """The loss of each row of differences (G, K): (G,)."""
        if self.kinds[kind] == "L2":
            return 0.5 * difference.square().sum(1)
        return F.smooth_l1_loss(difference, torch.zeros_like(difference), reduction="none").sum(1)

    def _heat(self, cells: Tensor, sizes: Tensor, items: Tensor, labels: Tensor, counts: Tensor,
              like: Tensor) -> Tensor:
        """The map of the centres, in the shape of the scores."""
        height, width = like.shape[2:]
        radius = _radius(sizes).clamp(min=0).trunc()[:, None, None]
        across = torch.arange(width, device=like.device) - cells[:, 0, None, None]
        down = torch.arange(height, device=like.device)[:, None] - cells[:, 1, None, None]
        deviation = (2 * radius + 1) / 6
        values = (-(across.square() + down.square()) / (2 * deviation.square())).exp()
        near = (across.abs() <= radius) & (down.abs() <= radius) & (values >= FAINTEST)
        values = values.where(near & counts[:, None, None], 0).flatten(1)     # (G, H * W)
        place = (items * like.shape[1] + labels)[:, None].expand_as(values)
        heat = like.new_zeros(like.shape[0] * like.shape[1], height * width)
        return heat.scatter_reduce(0, place, values, "amax").reshape(like.shape)

    def _divisor(self, counted: Tensor, like: Tensor) -> Tensor | float:
        if self.mode == "NONE":
            return 1.0
        if self.mode != "VALID":
            return float(len(like))
        return torch.where(counted > 0, counted, float(len(like)))


def _focal(scores: Tensor, heat: Tensor) -> Tensor:
    """The focal loss of scores (N, C, H, W), summed."""
    p = scores.sigmoid()
    centre = -(1 - p).square() * F.logsigmoid(scores)
    other = -p.square() * (1 - heat) ** 4 * F.logsigmoid(-scores)
    return torch.where(heat == 1, centre, other).sum()


def _radius(sizes: Tensor) -> Tensor:
    """How far (G,) both corners of a box may move to keep the overlap: CornerNet's three cases, the
    first root of the first two as its first code had it."""
    around, area = sizes.sum(1), sizes.prod(1)
    first = (around + (around.square() - 4 * area * (1 - OVERLAP) / (1 + OVERLAP)).sqrt()) / 2
    second = (2 * around + (4 * around.square() - 16 * (1 - OVERLAP) * area).sqrt()) / 2
    third = (-2 * OVERLAP * around + (4 * OVERLAP**2 * around.square()
                                      + 16 * OVERLAP * (1 - OVERLAP) * area).sqrt()) / 2
    return torch.stack([first, second, third]).amin(0)
