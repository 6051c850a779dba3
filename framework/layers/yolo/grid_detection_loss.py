"""YOLO's first loss, by a grid of labels: DetectionLoss of caffe-yolo, here GridDetectionLoss."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.yolo_grids import CELL_NUMBERS
from framework.layers.index_check import IndexCheck
from framework.layers.params import check_sizes, honour, plain
from framework.layers.yolo.box_slopes import overlap
from framework.ops.by_item import by_item
from framework.ops.losses import GivenSlopes, precise

FIELDS = ("side", "num_class", "num_object", "object_scale", "noobject_scale", "class_scale",
          "coord_scale", "sqrt", "constriant")
FARTHEST = 20.0         # a box as far away is never the nearest


@layer
class GridDetectionLoss(Layer):
    """YOLO's first loss: squared errors of boxes, objectness and classes in a grid of cells.

    Bottoms: x (N, ...) with side * side * (num_class + 5 num_object) values an item: for all cells
             each class, then objectness of each box, then x, y, w, h of each; labels (N, 7 side
             side), as of BoxData: for each cell whether its box is difficult, whether there is one,
             its class, and x, y, w, h of each as fractions of the image.
    Top:     the loss (): over the cells with a box, the means of class_scale (p - one hot)^2, of
             object_scale (p - 1)^2 and of coord_scale times the squared differences of the box;
             over the other boxes the mean of noobject_scale p^2.
    Of a cell's boxes that with the largest overlap counts, or without any the nearest, as points of
    four numbers. With `constriant` x and y are those in their cell, with `sqrt` w and h are roots.
    The gradient is half of the summands', over N and not over the cells, and objectness is drawn to
    the overlap, as in the original. Without a box the loss is that of objectness; the original
    divides by 0 there.
    Errors:  SpecError for sizes that do not fit; DataError for a class that is not below num_class.
    Source:  DetectionLossParameter; detection_loss_layer.cpp of hari-sikchi/BoxYolo.
    """

    reads = ("detection_loss_param",)
    num_bottoms = (2, 2)
    fork_fields = frozenset(f"detection_loss_param.{name}" for name in FIELDS)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        field = "detection_loss_param"
        honour(spec, field, " ".join(FIELDS))
        check_sizes(spec, field, "side num_class num_object")
        self.param = param = plain(spec.proto.detection_loss_param)
        self.cells = param.side ** 2
        wanted = self.cells * (param.num_class + 5 * param.num_object)
        for bottom, shape, number in ((0, x, wanted), (1, labels, CELL_NUMBERS * self.cells)):
            if len(shape) < 2 or shape[0] != x[0] or math.prod(shape[1:]) != number:
                raise spec.error(f"bottom[{bottom}]", f"has the shape {tuple(shape)}; side: "
                                 f"{param.side}, num_class: {param.num_class} and num_object: "
                                 f"{param.num_object} need ({x[0]}, {number})")
        self.check = IndexCheck(spec, 1, (x[0], self.cells), param.num_class,
                                hint="detection_loss_param.num_class is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        wide = precise(x)
        with torch.no_grad():
            steps, value = self._squares(by_item(wide, -1), by_item(labels.to(wide.dtype), -1))
        loss: Tensor = GivenSlopes.apply(wide, steps.reshape(wide.shape) / len(x), value)
        return loss

    def _squares(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The slopes, as x (N, values), and the loss."""
        param, cells = self.param, self.cells
        there, label = labels[:, cells:2 * cells] != 0, labels[:, 2 * cells:3 * cells].trunc()
        inside = (label >= 0) & (label < param.num_class)
        label = self.check.require(label, inside | ~there).where(there, 0).long()
        truth = labels[:, 3 * cells:].reshape(-1, cells, 4)
        sizes = [n * cells for n in (param.num_class, param.num_object, 4 * param.num_object)]
        classes, scores, boxes = (part.reshape(len(x), -1, cells) for part in x.split(sizes, 1))
        boxes = boxes.reshape(len(x), param.num_object, 4, cells).movedim(2, 3)
        best, shared = self._best(boxes, truth)
        own = (F.one_hot(best, param.num_object).movedim(2, 1) > 0) & there[:, None]

        one_hot = F.one_hot(label, param.num_class).movedim(2, 1)
        wrong = (classes - one_hot.to(x.dtype)).where(there[:, None], 0)
        away = (boxes - self._as_predicted(truth)[:, None]).where(own[..., None], 0)
        found = scores.where(own, 1) - 1
        empty = scores.where(~own, 0)
        drawn = (param.object_scale * (scores - shared[:, None])).where(own, 0)
        steps = (param.class_scale * wrong, drawn + param.noobject_scale * empty,
                 param.coord_scale * away.movedim(3, 2))
        num = there.sum()
        total = (param.class_scale * wrong.square().sum() + param.object_scale *
                 found.square().sum() + param.coord_scale * away.square().sum())
        rest = param.noobject_scale * empty.square().sum()
        value = total / num.clamp(min=1) + rest / (scores.numel() - num).clamp(min=1)
        return torch.cat([step.flatten(1) for step in steps], 1), value

    def _corner(self, x: Tensor) -> Tensor:
        """(cells, 2): column and row of each cell."""
        at = torch.arange(self.cells, device=x.device)
        return torch.stack([at % self.param.side, at // self.param.side], 1).to(x.dtype)

    def _best(self, boxes: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        """(N, cells): which of the boxes (N, K, cells, 4) counts, and its overlap."""
        middle, size = boxes[..., :2], boxes[..., 2:]
        if self.param.constriant:
            middle = (middle + self._corner(boxes)) / self.param.side
        if self.param.sqrt:
            size = size.square()
        own = torch.cat([middle, size], -1)
        shared = overlap("IOU", own, truth[:, None]).nan_to_num(nan=0).clamp(min=0)
        far = (own - truth[:, None]).square().sum(-1).sqrt()
        near = far.where(far < FARTHEST, FARTHEST).nan_to_num(nan=FARTHEST)
        most = shared.amax(1)
        return torch.where(most > 0, shared.argmax(1), near.argmin(1)), most

    def _as_predicted(self, truth: Tensor) -> Tensor:
        """The boxes (N, cells, 4) as the predictions of their cells say them."""
        middle, size = truth[..., :2], truth[..., 2:]
        if self.param.constriant:
            middle = middle * self.param.side - self._corner(truth)
        return torch.cat([middle, size.sqrt() if self.param.sqrt else size], -1)
