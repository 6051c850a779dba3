"""Boxes and masks of one class of each image, and blobs that are 0 outside of boxes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES, UNWRITTEN
from framework.layers.params import check_four_axes, check_sizes, honour
from framework.layers.ssd.checked_truth import checked_truth, label_check
from framework.ops.ground_truth import GroundTruth, read_ground_truth

ROW = 8     # numbers of a box: image, class, instance, corners, difficult
NO_MASK = 255


@layer
class CropBBox(Layer):
    """Crop to boxes: keep the values inside of boxes, 0 elsewhere.

    Bottoms: x (N, C, H, W); boxes (1, 1, G, 8), as from AnnotatedData, without gradient.
    Top:     in TRAIN, and with is_crop_all or is_crop_cls, as x: each item keeps its own boxes,
             with is_crop_score_map those of all. Else, in TEST, (G, C, H, W): the one item once for
             each box, by class, then in their order.
    A box is from floor(x1 W) to ceil(x2 W) - 1, and so in height. Boxes of items that are not in
    the batch, and unless use_difficult_gt difficult ones, do not count.
    Errors:  SpecError for other shapes, and in TEST for more than one item.
    Source:  CropBBoxParameter; crop_bbox_layer.cpp and .cu of niuchuangnn/Caffe-TD.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, boxes: Shape):
        super().__init__(spec)
        honour(spec, "crop_bbox_param", "use_difficult_gt is_crop_score_map is_crop_all "
               "is_crop_cls")
        self.param = param = spec.proto.crop_bbox_param
        check_four_axes(spec, x)
        _check_rows(spec, boxes)
        self.of_each_box = spec.phase == "TEST" and not (
            param.is_crop_all or param.is_crop_cls or param.is_crop_score_map)
        if self.of_each_box and x[0] != 1:
            raise spec.error("bottom", f"has {x[0]} items; in TEST there must be one, or "
                             "is_crop_all or is_crop_cls")

    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        truth = read_ground_truth(boxes, len(x), self.param.use_difficult_gt)
        inside = _cells(truth, *x.shape[2:])
        if self.of_each_box:
            last = truth.label.max() + 1
            order = torch.where(truth.image >= 0, truth.label, last).argsort(stable=True)
            return torch.where(inside[order, None], x, 0)
        if self.param.is_crop_score_map:
            return torch.where(inside.any(0), x, 0)
        items = torch.arange(len(x), device=x.device)
        of_item = truth.image == items[:, None]
        kept = (of_item[:, :, None, None] & inside).any(1)
        return torch.where(kept[:, None], x, 0)


@layer
class SelectBinary(Layer):
    """One class of each image, drawn: its boxes, its mask of 0 and 1, and it as a vector.

    Bottoms: boxes (1, 1, G, 8), as from AnnotatedData; classes of pixels (N, 1, H, W).
    Tops:    the boxes of the class drawn (1, 1, K, 8), instances counted anew; the mask (N, 1, H,
             W), 1 for its pixels, ignore_label where the pixels are so, 255 for all of an image
             without boxes; 1 for the class, from 1 on, (N, num_class). No gradient.
    Errors:  SpecError for other shapes, without random_select, and for random_instance and a
             num_class below 2. DataError for a class outside of 1 to num_class.
    Source:  SelectBinaryParameter; select_binary_layer.cpp and bbox_util.cpp of
             niuchuangnn/Caffe-TD.
    """

    num_bottoms = (2, 2)
    num_tops = (3, 3)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, boxes: Shape, classes: Shape):
        super().__init__(spec)
        honour(spec, "select_binary_param", "random_select num_class "
               "use_difficult_gt ignore_label random_instance")
        self.param = param = spec.proto.select_binary_param
        if not param.random_select:
            raise spec.error("select_binary_param.random_select", "is false; the original's vector "
                             "of classes has no size then")
        if param.random_instance:
            raise spec.error("select_binary_param.random_instance", "is not supported")
        if param.num_class < 2:
            raise spec.error("select_binary_param.num_class", f"is {param.num_class}; it must be "
                             "given, and at least 2")
        _check_rows(spec, boxes)
        if len(classes) != 4 or classes[1] != 1:
            raise spec.error("bottom", f"has the shape {tuple(classes)}; classes of pixels must be "
                             "(N, 1, H, W)")
        self.check = label_check(spec, 0, boxes, param.num_class + 1, "select_binary_param",
                                 "num_class")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        boxes, classes = bottoms
        return [(1, 1, math.prod(boxes) // ROW, ROW), classes, (classes[0], self.param.num_class)]

    def forward(self, boxes: Tensor, classes: Tensor) -> tuple[Tensor, ...]:
        truth = checked_truth(self.check, boxes, len(classes), self.param.use_difficult_gt)
        vector, drawn = _drawn(truth, len(classes), self.param.num_class, boxes.dtype)
        chosen = (truth.image >= 0) & (truth.label == drawn[truth.image])
        rows = boxes.detach().reshape(-1, ROW)[chosen[:boxes.numel() // ROW]].clone()
        order = rows[:, 0].argsort(stable=True)
        rows = rows[order]
        same = (rows[:, :1] == rows[:, 0]).tril(-1)
        rows[:, 2] = same.sum(1)
        pixels = classes.detach().trunc()
        wanted = drawn[:, None, None, None]
        mask = (pixels == wanted).to(pixels.dtype)
        mask = mask.where((pixels != self.param.ignore_label) | (mask > 0),
                          self.param.ignore_label)
        return rows[None, None], mask.where(wanted > 0, NO_MASK), vector


@layer
class GenerateClsVector(Layer):
    """The class of each image's boxes as a vector, 1 for it, from 1 on; drawn if they have several.

    Bottom: boxes (1, 1, G, 8), as from AnnotatedData.
    Top:    (batch_size, num_class), 0 for images without a box. No gradient.
    The original ends at boxes of several classes in an image.
    Errors: SpecError for other shapes, a num_class below 2 and a batch_size below 1. DataError for
            a class outside of 1 to num_class.
    Source: GenerateClsVectorParameter; generate_cls_vector_layer.cpp of niuchuangnn/Caffe-TD.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, boxes: Shape):
        super().__init__(spec)
        honour(spec, "generate_cls_vector_param", "num_class batch_size")
        self.param = param = spec.proto.generate_cls_vector_param
        check_sizes(spec, "generate_cls_vector_param", "batch_size num_class")
        _check_rows(spec, boxes)
        self.check: IndexCheck = label_check(spec, 0, boxes, param.num_class + 1,
                                             "generate_cls_vector_param", "num_class")

    def forward(self, boxes: Tensor) -> Tensor:
        truth = checked_truth(self.check, boxes, self.param.batch_size, use_difficult=True)
        return _drawn(truth, self.param.batch_size, self.param.num_class, boxes.dtype)[0]


def _check_rows(spec: LayerSpec, boxes: Shape) -> None:
    if math.prod(boxes) % ROW:
        raise spec.error("bottom", f"has the shape {tuple(boxes)}; boxes must be (1, 1, G, {ROW})")


def _cells(truth: GroundTruth, height: int, width: int) -> Tensor:
    """Which cells (G, H, W) of a plane are in each box; none for boxes that do not count."""
    x1, y1, x2, y2 = truth.corners.unbind(1)
    across, down = (
        (torch.arange(size, device=first.device) >= (first * size).floor()[:, None])
        & (torch.arange(size, device=first.device) < (last * size).ceil()[:, None])
        for size, first, last in ((width, x1, x2), (height, y1, y2)))
    return down[:, :, None] & across[:, None] & (truth.image >= 0)[:, None, None]


def _drawn(truth: GroundTruth, num_images: int, num_classes: int, dtype: torch.dtype
           ) -> tuple[Tensor, Tensor]:
    """One class of each image's boxes: as a vector (N, num_classes), and as numbers, 0 for none."""
    kinds = torch.arange(1, num_classes + 1, device=truth.label.device)
    items = torch.arange(num_images, device=truth.label.device)
    has = ((truth.image == items[:, None])[:, :, None]
           & (truth.label[:, None] == kinds)).any(1)
    best = torch.rand(has.shape, device=has.device).masked_fill(~has, -1).argmax(1)
    drawn = torch.where(has.any(1), best + 1, 0)
    return (drawn[:, None] == kinds).to(dtype), drawn
