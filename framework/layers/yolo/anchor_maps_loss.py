"""YOLO losses over several maps of anchors, each part of the loss a top (DeepZ-Caffe-Yolo)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import honour
from framework.ops.by_item import by_item
from framework.ops.losses import precise

OF_MAP = "loss_param"       # in YoloDetectionLossParameter, the message of one map
NUMBERS = 5     # of a label: class, centre x and y, width, height
BEFORE_CLASSES = 5      # of a prediction: confidence, x, y, w, h


class Anchors(NamedTuple):
    """The anchors of one map (A, 2): widths and heights in parts of the image; its classes."""

    sizes: tuple[tuple[float, float], ...]
    num_classes: int


def read_anchors(spec: LayerSpec, field: str, params: list[Any], maps: tuple[Shape, ...],
                 labels: Shape) -> list[Anchors]:
    """The anchors of each map, by YoloDetectionParameter messages (Any). SpecError where they do
    not fit the bottoms."""
    if len(params) != len(maps):
        raise spec.error(field, f"is given {len(params)} times; there are {len(maps)} maps")
    found = [Anchors(tuple((one.width, one.height) for one in param.anchors), param.classes)
             for param in params]
    for shape, anchors in zip(maps, found, strict=True):
        channels = len(anchors.sizes) * (BEFORE_CLASSES + anchors.num_classes)
        if len(shape) != 4 or shape[0] != maps[0][0] or shape[1] != channels:
            raise spec.error("bottom", f"has the shape {tuple(shape)}; it must be ({maps[0][0]}, "
                             f"{channels}, H, W)")
        if any(not 0 < side < math.inf for size in anchors.sizes for side in size):
            raise spec.error(field, "has an anchor whose sides are not above 0")
    if labels[0] != maps[0][0] or math.prod(labels[1:]) % NUMBERS:
        raise spec.error("bottom", f"has labels of the shape {tuple(labels)}; they must be "
                         f"({maps[0][0]}, {NUMBERS} * T)")
    return found


def predictions(x: Tensor, anchors: Anchors) -> tuple[Tensor, Tensor]:
    """The raw values (N, A, H, W, 5 + C) and the boxes (N, A, H, W, 4), centre and size."""
    raw = x.unflatten(1, (len(anchors.sizes), -1)).permute(0, 1, 3, 4, 2)
    rows, columns = (torch.arange(size, device=x.device, dtype=x.dtype) for size in x.shape[2:])
    cx = (columns + raw[..., 1].sigmoid()) / x.shape[3]
    cy = (rows[:, None] + raw[..., 2].sigmoid()) / x.shape[2]
    sizes = raw[..., 3:5].exp() * x.new_tensor(anchors.sizes)[:, None, None]
    return raw, torch.cat([torch.stack([cx, cy], -1), sizes], -1)


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4), centre and size; 0 where both are empty."""
    low = torch.maximum(first[..., :2] - first[..., 2:] / 2, second[..., :2] - second[..., 2:] / 2)
    high = torch.minimum(first[..., :2] + first[..., 2:] / 2, second[..., :2] + second[..., 2:] / 2)
    common = (high - low).clamp(min=0).prod(-1)
    union = first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - common
    return torch.where(union > 0, common / union, 0.0)


def ground_truth(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Classes (N, T), boxes (N, T, 4), and which are there: all before the first class below 0."""
    rows = by_item(labels, -1, NUMBERS)
    there = (rows[..., 0] < 0).cumsum(1) == 0
    return rows[..., 0].trunc(), rows[..., 1:], there


@layer
class YoloDetectionLoss(Layer):
    """YOLO loss of several maps of anchors: confidence, position and class, a top each.

    Bottoms: maps (N, A * (5 + C), H, W): for each anchor confidence, x, y, w, h and classes, before
             their sigmoid, w and h before exp; labels (N, 5 * T, ...): class, centre x and y, width
             and height in parts of the image, up to the first class below 0.
    Tops:    the losses of confidence, position and class (), over N, each with a loss_weight of 1
             where none is stated. The gradient is not over N, as in the original.
    A box belongs to the cell of its centre, and to the anchor of the nearest shape over all maps;
    of two for one anchor the later one counts, but all their classes do. Half squared distances of
    sigmoids count: of confidence object_scale times that to 1 for a box, noobject_scale that to 0
    where the prediction overlaps every box by less than ignore_threshold; of x, y in the cell and
    the logs of w, h over the anchor's, times coord_scale (2 - w h); of classes times class_scale.
    Errors:  SpecError for shapes, maps without their loss_param, numbers of classes that differ,
             and SoftmaxLoss, which nothing computes; DataError for a class that is not there.
    Source:  YoloDetectionLossParameter; yolo_detection_loss_layer.cpp of
             ivancanull/DeepZ-Caffe-Yolo. A centre on the right or lower edge belongs to the last
             cell; there it is written beyond the map.
    """

    num_bottoms = (2, None)
    num_tops = (3, 3)
    loss = True
    loss_tops = 3

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        field = f"yolo_detection_loss_param.{OF_MAP}"
        honour(spec, "yolo_detection_loss_param", OF_MAP)
        params = list(spec.proto.yolo_detection_loss_param.loss_param)
        *maps, labels = bottoms
        self.no_gradient_bottoms = (len(maps),)
        self.anchors = read_anchors(spec, field, [param.detection_param for param in params],
                                    tuple(maps), labels)
        if len({anchors.num_classes for anchors in self.anchors}) > 1:
            raise spec.error(field, "has different numbers of classes; they must be equal")
        if any(param.confidence_loss_type or param.position_loss_type or param.class_loss_type
               for param in params):
            raise spec.error(field, "asks for SoftmaxLoss, which nothing computes; it must be "
                             "L2Loss")
        self.scales = [(param.ignore_threshold, param.object_scale, param.noobject_scale,
                        param.coord_scale, param.class_scale) for param in params]
        num_classes = self.anchors[0].num_classes
        rows = (labels[0], math.prod(labels[1:]) // NUMBERS)
        self.classes = IndexCheck(spec, len(maps), rows, max(1, num_classes), unit="item",
                                  hint="detection_param.classes is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()] * 3

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return -torch.ones(tuple(shapes[index])) if index == len(shapes) - 1 else None

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        *maps, labels = bottoms
        maps = [precise(x) for x in maps]
        label, boxes, there = ground_truth(labels.detach().to(maps[0].dtype))
        num_classes = self.anchors[0].num_classes
        if num_classes:
            label = self.classes.require(label, ~there | ((label >= 0) & (label < num_classes)))
        best = self._best_anchor(boxes)
        sums = [torch.zeros((), device=maps[0].device, dtype=maps[0].dtype)] * 3
        first = 0
        for index, (x, anchors) in enumerate(zip(maps, self.anchors, strict=True)):
            mine = there & (best >= first) & (best < first + len(anchors.sizes))
            parts = self._parts(index, x, label, boxes, there, mine, best - first)
            sums = [total + part for total, part in zip(sums, parts, strict=True)]
            first += len(anchors.sizes)
        return tuple(total - total.detach() + total.detach() / len(labels) for total in sums)

    def _best_anchor(self, boxes: Tensor) -> Tensor:
        """The index of the anchor of the nearest shape, counted over all maps (N, T)."""
        sizes = boxes.new_tensor([size for anchors in self.anchors for size in anchors.sizes])
        zero = torch.zeros_like(sizes)
        shapes = torch.cat([torch.zeros_like(boxes[..., :2]), boxes[..., 2:]], -1)
        return overlaps(shapes[:, :, None], torch.cat([zero, sizes], 1)).argmax(2)

    def _parts(self, index: int, x: Tensor, label: Tensor, boxes: Tensor, there: Tensor,
               mine: Tensor, anchor: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The sums of confidence, position and class of one map. `mine`: its boxes (N, T), of
        `anchor`."""
        threshold, of_object, of_none, of_place, of_class = self.scales[index]
        raw, predicted = predictions(x, self.anchors[index])
        num, num_anchors, height, width = raw.shape[:4]
        shown = predicted.detach()[..., None, :]
        overlap = overlaps(shown, boxes[:, None, None, None]).where(
            there[:, None, None, None], 0.0).amax(-1)
        column, row = (boxes[..., axis] * size for axis, size in ((0, width), (1, height)))
        cell = [at.trunc().nan_to_num(0.0).clamp(0, size - 1)
                for at, size in ((column, width), (row, height))]
        item = torch.arange(num, device=x.device)[:, None]
        key = ((item * num_anchors + anchor.where(mine, 0)) * height + cell[1].long()) * width \
            + cell[0].long()
        key = key.where(mine, 0).flatten()
        later = (key[:, None] == key) & mine.flatten()
        kept = mine.flatten() & ~later.triu(1).any(1)
        chosen = x.new_tensor(self.anchors[index].sizes)[anchor.where(mine, 0)]
        place = torch.stack([column - cell[0], row - cell[1]], -1)
        sizes = (boxes[..., 2:] / chosen).where(mine[..., None], 1.0).log()
        weight = of_place * (2 - boxes[..., 2:].prod(-1, keepdim=True))
        rows = torch.cat([torch.ones_like(weight), place, sizes, weight], -1).flatten(0, 1)
        spread = rows.new_zeros(num * num_anchors * height * width, rows.shape[1]).index_add(
            0, key, rows.where(kept[:, None], 0.0)).view(num, num_anchors, height, width, -1)
        owned = spread[..., 0]
        free = of_none * (overlap < threshold)
        confidence = torch.where(owned > 0, of_object, free) * (raw[..., 0].sigmoid()
                                                                - owned).square()
        found = torch.cat([raw[..., 1:3].sigmoid(), raw[..., 3:5]], -1)
        position = spread[..., 5:] * (found - spread[..., 1:5]).square()
        classes = self._class_part(raw, owned, key, label, mine)
        return confidence.sum() / 2, position.sum() / 2, of_class * classes / 2

    def _class_part(self, raw: Tensor, owned: Tensor, key: Tensor, label: Tensor, mine: Tensor
                    ) -> Tensor:
        num_classes = raw.shape[-1] - BEFORE_CLASSES
        hot = torch.arange(num_classes, device=raw.device) == label.reshape(-1, 1)
        hot = (hot & mine.reshape(-1, 1)).to(raw.dtype)
        targets = raw.new_zeros(owned.numel(), num_classes).index_add(0, key, hot).clamp(max=1)
        away = raw[..., BEFORE_CLASSES:].sigmoid() - targets.view(*owned.shape, num_classes)
        return (away.square() * owned[..., None]).sum()


@layer
class YoloAccuracy(Layer):
    """Overlap of the most confident prediction of all maps with an item's one box.

    Bottoms: maps and labels as of YoloDetectionLoss, with one box an item. No gradient.
    Top:     (), the mean intersection over union, the prediction cut to the image.
    Errors:  SpecError as of YoloDetectionLoss; DataError for another number of boxes.
    Source:  YoloAccuracyParameter; yolo_accuracy_layer.cpp of ivancanull/DeepZ-Caffe-Yolo.
    """

    num_bottoms = (2, None)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "yolo_accuracy_param", "detection_param")
        params = list(spec.proto.yolo_accuracy_param.detection_param)
        *maps, labels = bottoms
        self.no_gradient_bottoms = tuple(range(len(bottoms)))
        self.anchors = read_anchors(spec, "yolo_accuracy_param.detection_param", params,
                                    tuple(maps), labels)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != len(shapes) - 1:
            return None
        labels = torch.full(tuple(shapes[index]), -1.0).flatten(1)
        labels[:, :NUMBERS] = torch.tensor([0, 0.5, 0.4, 0.3, 0.6])
        return labels.reshape(tuple(shapes[index]))

    @uncompiled
    def forward(self, *bottoms: Tensor) -> Tensor:
        *maps, labels = (bottom.detach() for bottom in bottoms)
        maps = [precise(x) for x in maps]
        _, boxes, there = ground_truth(labels.to(maps[0].dtype))
        numbers = there.sum(1)
        if not labels.is_meta and bool((numbers != 1).any()):
            item = int((numbers != 1).nonzero()[0])
            raise DataError(f"{self.spec.place()}: item {item} of '{self.spec.bottoms[-1]}' has "
                            f"{int(numbers[item])} boxes; it must have one")
        both = [predictions(x, anchors) for x, anchors in zip(maps, self.anchors, strict=True)]
        scores = torch.cat([raw[..., 0].flatten(1) for raw, _ in both], 1)
        found = torch.cat([one.flatten(1, 3) for _, one in both], 1)
        best = found[torch.arange(len(found), device=found.device), scores.argmax(1)]
        low, high = ((best[:, :2] + side * best[:, 2:] / 2).clamp(0, 1) for side in (-1, 1))
        return overlaps(torch.cat([(low + high) / 2, high - low], 1), boxes[:, 0]).mean()
