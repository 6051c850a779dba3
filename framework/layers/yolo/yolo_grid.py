"""YOLO v1: the loss of a grid of cells, and the detections of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import check_sizes, honour, plain
from framework.layers.ssd.checked_truth import checked_truth, label_check
from framework.layers.yolo.yolo_onnx import boxes_by_class_onnx
from framework.ops.boxes import iou
from framework.ops.detections import best_boxes_by_class
from framework.ops.losses import GivenSlopes, precise


class Grid(NamedTuple):
    """Cells of a row, classes without background, boxes of a cell; and whether sizes are roots."""

    side: int
    num_class: int
    num_box: int
    sqrt: bool

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Classes (N, L, C), objectness (N, L, B) and boxes (N, L, B, 4) of the L cells."""
        num_cells = self.side ** 2
        sizes = [num_cells * self.num_class, num_cells * self.num_box, num_cells * self.num_box * 4]
        classes, objects, boxes = x.flatten(1).split(sizes, 1)
        return (classes.unflatten(1, (num_cells, -1)), objects.unflatten(1, (num_cells, -1)),
                boxes.unflatten(1, (num_cells, self.num_box, 4)))


def read_grid(spec: LayerSpec, field: str, x: Shape) -> Grid:
    """The grid that a message describes; SpecError if the bottom has other numbers."""
    param = getattr(spec.proto, field)
    check_sizes(spec, field, "side num_class num_box")
    numbers = param.side ** 2 * (param.num_class + 5 * param.num_box)
    if math.prod(x[1:]) != numbers:
        raise spec.error("bottom", f"has the shape {tuple(x)}; side: {param.side}, num_class: "
                         f"{param.num_class} and num_box: {param.num_box} need {numbers} numbers "
                         "for each item")
    return Grid(param.side, param.num_class, param.num_box, param.sqrt)


@layer
class YoloGridLoss(Layer):
    """YOLO v1 loss: squared errors of classes, objectness and boxes over a grid of cells.

    Bottoms: x (N, side * side * (num_class + 5 * num_box)) or of any shape with as many numbers:
             the classes of all cells, the objectness of all boxes, x, y, w, h of all boxes, each by
             cell, rows first: Darknet's order; labels (1, 1, rows, 8) as from AnnotatedData.
    Top:     the loss (): the squared slopes, summed, over N. The gradient is the slopes over N.
    The first box in a cell belongs to that of the cell's predictions that overlaps it most, or
    is nearest (root of the squared differences) if none overlaps it. Slopes: noobject_scale * p
    for objectness without a box, object_scale * (p - overlap) with one (p - 1 without rescore),
    class_scale * (p - target) for the classes of a cell with a box, and coord_scale * (p - target)
    for x and y in the cell from 0 to 1, and w and h of the image, or with `sqrt` their roots.
    Errors:  SpecError for a bottom of another size; DataError for labels outside of the classes.
    Source:  detection_layer.c of pjreddie/darknet; Redmon et al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, label: Shape):
        super().__init__(spec)
        honour(spec, "yolo_grid_loss_param", "side num_class num_box sqrt rescore object_scale "
               "noobject_scale class_scale coord_scale")
        self.param = plain(spec.proto.yolo_grid_loss_param)
        self.grid = read_grid(spec, "yolo_grid_loss_param", x)
        self.check = label_check(spec, 1, label, self.grid.num_class + 1, "yolo_grid_loss_param",
                                 "num_class")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        wide = precise(x)
        slopes = self._slopes(wide.detach(), label.to(wide.dtype)).reshape(x.shape)
        num_items = max(len(x), 1)
        return GivenSlopes.apply(wide, slopes / num_items, slopes.square().sum() / num_items)

    def _slopes(self, x: Tensor, label: Tensor) -> Tensor:
        param, side = self.param, self.grid.side
        classes, objects, boxes = self.grid.parts(x)
        truth = checked_truth(self.check, label, len(x), True)
        low, high = truth.corners[:, :2], truth.corners[:, 2:]
        column, row = ((low + high) / 2 * side).long().clamp(0, side - 1).unbind(1)
        cell = row * side + column
        item = truth.image.clamp(min=0)
        offset = torch.stack([column, row], 1)
        middle, size = (low + high) / 2 * side - offset, high - low
        best, share = self._responsible(boxes[item, cell], middle, size)
        # rows that do not count write to an item more, which is cut off
        target = torch.cat([middle, size.sqrt() if self.grid.sqrt else size], 1)
        counted = torch.where(_first_of_its_cell(truth.image, cell), truth.image, len(x))
        wanted = share if param.rescore else torch.ones_like(share)
        one = truth.label[:, None] - 1 == torch.arange(self.grid.num_class, device=x.device)
        slopes = [
            _put(torch.zeros_like(classes), (counted, cell),
                 param.class_scale * (classes[item, cell] - one.to(x.dtype))),
            _put(param.noobject_scale * objects, (counted, cell, best),
                 param.object_scale * (objects[item, cell, best] - wanted)),
            _put(torch.zeros_like(boxes), (counted, cell, best),
                 param.coord_scale * (boxes[item, cell, best] - target))]
        return torch.cat([part.flatten(1) for part in slopes], 1)

    def _responsible(self, own: Tensor, middle: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
        """Which prediction (G,) of a cell has its box, and their overlap (G,)."""
        found_size = own[..., 2:].square() if self.grid.sqrt else own[..., 2:]
        found = torch.cat([own[..., :2] / self.grid.side, found_size], -1)
        real = torch.cat([middle / self.grid.side, size], 1)[:, None]
        share = iou(_corners(found), _corners(real))
        away = (found - real).square().sum(2)
        best = torch.where(share.amax(1) > 0, share.argmax(1), away.argmin(1))
        return best, share.gather(1, best[:, None])[:, 0]


def _put(values: Tensor, at: tuple[Tensor, ...], numbers: Tensor) -> Tensor:
    """`values` with `numbers` at these indices; those of an item after the last are left out."""
    wide = torch.cat([values, torch.zeros_like(values[:1])])
    return wide.index_put(at, numbers)[:-1]


def _first_of_its_cell(image: Tensor, cell: Tensor) -> Tensor:
    """Which rows (G,) are of an image, and the first in their cell of it."""
    order = torch.arange(len(cell), device=cell.device)
    same = (image[:, None] == image) & (cell[:, None] == cell)
    return (image >= 0) & ~(same & (order < order[:, None])).any(1)


def _corners(box: Tensor) -> Tensor:
    return torch.cat([box[..., :2] - box[..., 2:] / 2, box[..., :2] + box[..., 2:] / 2], -1)


@layer
class YoloGridOutput(Layer):
    """YOLO v1 detections: every class of each box of a grid, after suppression in its class.

    Bottom: x, as YoloGridLoss has it.
    Top:    (1, 1, rows, 7): image, label from 1 on, score, x1, y1, x2, y2 as fractions of the
            image; by image and falling score; (image, -1, ...) for each if no image has a box.
    The score is objectness times class, and must be above `confidence_threshold`; of boxes of one
    class that overlap by more than `nms_threshold` the better stays. No gradient.
    Errors: SpecError for a bottom of another size.
    Source: get_detection_detections in detection_layer.c of pjreddie/darknet.
    """

    no_gradient_bottoms = (0,)
    gives_detections = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "yolo_grid_output_param", "side num_class num_box sqrt confidence_threshold "
               "nms_threshold")
        param = spec.proto.yolo_grid_output_param
        self.grid = read_grid(spec, "yolo_grid_output_param", x)
        self.least_score, self.threshold = param.confidence_threshold, param.nms_threshold

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """One row: the number of rows is not known before a forward."""
        return [(1, 1, 1, 7)]

    def _places(self) -> Tensor:
        """Column and row (L, 1, 2) of the cells."""
        cell = torch.arange(self.grid.side ** 2)
        return torch.stack([cell % self.grid.side, cell // self.grid.side], 1)[:, None]

    def forward(self, x: Tensor) -> Tensor:
        classes, objects, boxes = self.grid.parts(precise(x.detach()))
        middle = (boxes[..., :2] + self._places().to(x.device)) / self.grid.side
        size = boxes[..., 2:].square() if self.grid.sqrt else boxes[..., 2:]
        corners = _corners(torch.cat([middle, size], -1)).flatten(1, 2)
        scores = (objects[..., None] * classes[:, :, None]).flatten(1, 2)
        return best_boxes_by_class(corners, scores, self.least_score, self.threshold
                                   ).view(1, 1, -1, 7)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        side, num_class, num_box, sqrt = self.grid
        num_cells = side ** 2
        x = graph.reshape(bottoms[0], [-1, num_cells * (num_class + 5 * num_box)])
        first, second = num_cells * num_class, num_cells * (num_class + num_box)
        classes = graph.reshape(graph.cut(x, 1, 0, first), [-1, num_cells, 1, num_class])
        classes = graph.add("Concat", *[classes] * num_box, axis=2)
        classes = graph.reshape(classes, [-1, num_cells * num_box, num_class])
        objects = graph.reshape(graph.cut(x, 1, first, second), [-1, num_cells * num_box, 1])
        boxes = graph.reshape(graph.cut(x, 1, second, END), [-1, num_cells, num_box, 4])
        middle = graph.add("Add", graph.cut(boxes, 3, 0, 2), graph.floats(self._places().float()))
        middle = graph.add("Div", middle, graph.floats(float(side)))
        size = graph.cut(boxes, 3, 2, 4)
        half = graph.add("Mul", graph.add("Mul", size, size) if sqrt else size, graph.floats(0.5))
        corners = graph.add("Concat", graph.add("Sub", middle, half),
                            graph.add("Add", middle, half), axis=3)
        corners = graph.reshape(corners, [-1, num_cells * num_box, 4])
        return [boxes_by_class_onnx(graph, corners, objects, classes, self.least_score,
                                    self.threshold, (num_cells * num_box, num_class))]
