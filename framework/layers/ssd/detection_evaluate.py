"""Match detections with ground truth: true and false positives for average precision."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_positive
from framework.layers.ssd.multibox_settings import signed
from framework.layers.ssd.result_settings import read_resizing, read_sizes
from framework.ops.boxes import iou
from framework.ops.image_boxes import in_image, pixel_iou
from framework.ops.instance_masks import mask_iou, paste_masks
from framework.ops.pixel_boxes import overlap as overlap_in_pixels

MAX_CLASSES = 1_000_000         # each has a row of the top
YOLO_NUMBERS = 30 * 5           # of an image's boxes in YOLO's rows


@layer
class DetectionEvaluate(Layer):
    """True and false positives of detections, for average precision over many batches.

    Bottoms: detections (1, 1, D, 7) as from DetectionOutput, ground truth (1, 1, G, 8).
    Top:     (1, 1, rows, 5). First one row for each class but the background: -1, class, number of
             boxes, -1, -1. Then for each detection: image, label, score, true, false; by image,
             then label, then falling score where the image has boxes of the label.
    A detection takes the box of its label that it overlaps most (ties: the earlier): from
    `overlap_threshold` on it is true if it is the first with that box, else false. With
    `evaluate_difficult_gt: false` difficult boxes are not counted and a detection on one is
    neither. Ground truth ends at the first row of item -1; detections with label -1 are left out.
    With a size file boxes are compared in pixels; its n-th line is the n-th image that has
    detections, batch after batch, and again from the first when all have been seen.
    cascade-rcnn's form has a third bottom, height and width of the net's input for each image
    (N, 2, 1, 1); detections (D, 7, 1, 1) and truth (G, 8, 1, 1) are then in its pixels, in the
    order image, x1, y1, x2, y2, label, score or ignored and difficult; the top is (rows, 5, 1, 1)
    and the size file is required.
    Instead of boxes masks are compared if there are three more bottoms (Mask R-CNN): the masks of
    the detections (D, M, N), in the frames of their boxes, pasted into the image and cut at 0.5;
    the masks of the boxes (G, H, W); image sizes (N, 3), of which the boxes are parts.
    With `has_lm` (yuqj1991/caffe_train) detections have 17 columns and ground truth 19, of which
    those beyond 7 and 8, the points of faces, are not read.
    Ground truth in YOLO's rows, (1, T * 5) of label, middle and size, ends at the first width of 0;
    labels then count from 0, without a background (Felix-Li-Git/caffe-yolov2).
    Scores are copied. No gradient. The number of rows depends on the detections: the layer does not
    compile into a whole graph.
    Errors: SpecError for fields; DataError for the background label in either bottom.
    Source: DetectionEvaluateParameter; detection_evaluate_layer.cpp of weiliu89/caffe branch ssd
            and of zhaoweicai/cascade-rcnn and Felix-Li-Git/caffe-yolov2; overlaps of masks as in
            COCO's API.
    """

    num_bottoms = (2, 5)
    fork_fields = frozenset(["detection_evaluate_param.has_lm"])
    no_gradient_bottoms = (0, 1, 2, 3, 4)
    no_onnx_form = COMPARES_WITH_LABELS

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        """Of labels in rows those of YOLO's 30 boxes."""
        is_row = index == 1 and len(bottoms[1]) == 2
        return (bottoms[1][0], YOLO_NUMBERS) if is_row else None

    def __init__(self, spec: LayerSpec, detections: Shape, truth: Shape, *inputs: Shape):
        super().__init__(spec)
        param = spec.proto.detection_evaluate_param
        field = "detection_evaluate_param"
        self.of_cascade = len(inputs) == 1
        self.of_masks = len(inputs) == 3
        self.of_yolo = not inputs and len(truth) == 2 and truth[0] == 1 and truth[1] % 5 == 0
        if self.of_yolo:
            truth = (1, 1, truth[1] // 5, 8)
        if len(inputs) == 2:
            raise spec.error("bottom", "is given 4 times; it must be detections and boxes, then "
                             "nothing, the input sizes, or masks of both and image sizes")
        if self.of_masks:
            _check_masks(spec, detections, truth, *inputs)
        self.widths = (17, 19) if param.has_lm else (7, 8)
        for shape, width, what in ((detections, self.widths[0], "detections"),
                                   (truth, self.widths[1], "ground truth")):
            wanted = (width, 1, 1) if self.of_cascade else (1, 1, width)
            own = tuple(shape[1:]) if self.of_cascade else (*shape[:2], *shape[3:])
            if len(shape) != 4 or own != wanted:
                form = f"rows, {width}, 1, 1" if self.of_cascade else f"1, 1, rows, {width}"
                raise spec.error("bottom", f"has the {what} shape {shape}; it must be ({form})")
        if self.of_cascade and not param.HasField("name_size_file"):
            raise spec.error(f"{field}.name_size_file", "is missing; with three bottoms it is "
                             "required")
        if not 1 <= param.num_classes <= MAX_CLASSES:
            raise spec.error(f"{field}.num_classes", f"is {param.num_classes}; it must be given, "
                             f"from 1 to {MAX_CLASSES}")
        check_positive(spec, field, "overlap_threshold")
        self.background = -1 if self.of_yolo else signed(param.background_label_id)
        self.classes = [label for label in range(param.num_classes) if label != self.background]
        self.threshold = param.overlap_threshold
        self.use_difficult = param.evaluate_difficult_gt
        self.resizing = None
        if param.HasField("resize_param"):
            self.resizing = read_resizing(spec, f"{field}.resize_param", param.resize_param)
        sizes: list[tuple[str, int, int]] = []
        if param.HasField("name_size_file"):
            sizes = read_sizes(spec, f"{field}.name_size_file", param.name_size_file)
        self.names = [size[0] for size in sizes]
        self.sizes = torch.tensor([size[1:] for size in sizes]).view(-1, 2)
        self.images_seen = 0
        rows = math.prod(truth) // self.widths[1]
        self.check = IndexCheck(spec, 1, (rows,), param.num_classes, unit="row",
                                hint="detection_evaluate_param.num_classes is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The largest shape: as if every detection had a label."""
        if self.of_cascade:
            return [(len(self.classes) + bottoms[0][0], 5, 1, 1)]
        return [(1, 1, len(self.classes) + bottoms[0][2], 5)]

    def forward(self, detections: Tensor, truth: Tensor, *others: Tensor) -> Tensor:
        found, boxes = self.columns(detections, truth)
        inputs = others[0] if self.of_cascade else None
        self._check_labels(found[:, 1].long(), "detections")
        self._check_labels(boxes[:, 1].long(), "ground truth")
        inside = (boxes[:, 1] > -1) & (boxes[:, 1] < self.check.num)
        self.check.require(boxes[:, 1], inside, items=boxes[:, 0])
        images = found[:, 0].long().unique()
        real = found[:, 1] != -1
        order = _order(found[real], boxes)
        rows = found[real][order]
        overlaps = None
        if self.of_masks:
            masks, truths, info = (other.detach() for other in others)
            masks = masks[_of_images(detections.detach().reshape(-1, 7))][real][order]
            overlaps = _mask_overlaps(rows, masks, boxes, truths[:len(boxes)], info)
        top = torch.cat([self._counts(boxes), self._judge(rows, boxes, images, inputs, overlaps)])
        if len(self.sizes):
            self.images_seen = (self.images_seen + len(images)) % len(self.sizes)
        return top.view(-1, 5, 1, 1) if self.of_cascade else top.view(1, 1, -1, 5)

    def columns(self, detections: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of the bottoms that hold something, their columns in SSD's order."""
        found = detections.detach().reshape(-1, self.widths[0])[:, :7]
        boxes = _of_yolo_rows(truth.detach()) if self.of_yolo \
            else truth.detach().reshape(-1, self.widths[1])[:, :8]
        if self.of_cascade:
            # cascade-rcnn's order of columns to that of SSD: label and third number before corners
            found = found[:, [0, 5, 6, 1, 2, 3, 4]]
            boxes = boxes[boxes[:, 0].long() != -1][:, [0, 5, 6, 1, 2, 3, 4, 7]]
        else:
            boxes = boxes[_until_end(boxes)]
        return found[_of_images(found)], boxes

    def _check_labels(self, labels: Tensor, what: str) -> None:
        if bool((labels == self.background).any()) and self.background != -1:
            raise DataError(f"layer '{self.spec.name}' (DetectionEvaluate): the background label "
                            f"{self.background} is in the {what}")

    def _counts(self, boxes: Tensor) -> Tensor:
        """The first rows of the top: the number of boxes of each class."""
        counted = boxes if self.use_difficult else boxes[boxes[:, 7] == 0]
        classes = torch.tensor(self.classes, device=boxes.device)
        num = (counted[:, 1].long()[:, None] == classes).sum(0)
        unused = torch.full_like(num, -1)
        return torch.stack([unused, classes, num, unused, unused], 1).to(boxes.dtype)

    def _judge(self, rows: Tensor, boxes: Tensor, images: Tensor, inputs: Tensor | None,
               overlaps: Tensor | None) -> Tensor:
        """The other rows of the top: true and false positives, detections in their final order.

        overlaps  (D, G), of masks; None: those of the boxes
        """
        true = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
        neither = true
        if len(boxes) and len(rows):
            own = (rows[:, None, :2].long() == boxes[:, :2].long()).all(2)
            if overlaps is None:
                overlaps = self._overlaps(rows, boxes, images, inputs)
            overlap = torch.where(own, overlaps, -1)
            best, box = overlap.max(1)
            hit = best >= self.threshold
            if not self.use_difficult:
                difficult = boxes[box, 7] != 0
                neither = hit & difficult
                hit = hit & ~difficult
            index = torch.arange(len(rows), device=rows.device)
            # the first detection that hits each box is the true one
            first = index.new_full((len(boxes),), len(rows)).scatter_reduce(
                0, box, torch.where(hit, index, len(rows)), "amin")
            true = hit & (first[box] == index)
        verdict = torch.stack([true, ~(true | neither)], 1)
        return torch.cat([rows[:, :3], verdict.to(rows.dtype)], 1)

    def _overlaps(self, rows: Tensor, boxes: Tensor, images: Tensor, inputs: Tensor | None
                  ) -> Tensor:
        """IoU (D, G), in pixels if there are sizes; for boxes of other images it has no meaning."""
        if not len(self.sizes):
            return iou(rows[:, None, 3:], boxes[:, 3:7])
        sizes = self.sizes.to(rows.device)
        number = torch.arange(len(images), device=rows.device) + self.images_seen
        sizes = sizes[number % len(sizes)]

        def number_of(item: Tensor) -> Tensor:
            return torch.searchsorted(images, item.long()).clamp(max=len(images) - 1)

        if inputs is not None:
            whole = inputs.detach().flatten(1)

            def in_file(part: Tensor) -> Tensor:
                """Corners in pixels of the input, as pixels of the image of the size file."""
                item = part[:, 0].long().clamp(max=len(whole) - 1)
                high, wide = (sizes[number_of(item)] / whole[item]).unbind(1)
                return part[:, 3:7] * torch.stack([wide, high, wide, high], 1)

            return overlap_in_pixels(in_file(rows)[:, None], in_file(boxes))

        def pixels(corners: Tensor, item: Tensor) -> tuple[Tensor, Tensor]:
            return in_image(corners, sizes[number_of(item)], self.resizing)

        found, found_area = pixels(rows[:, 3:], rows[:, 0])
        real, real_area = pixels(boxes[:, 3:7], boxes[:, 0])
        return pixel_iou(found, real, found_area, real_area)


def _check_masks(spec: LayerSpec, detections: Shape, truth: Shape, masks: Shape, truths: Shape,
                 info: Shape) -> None:
    """SpecError unless there is a mask of each detection and of each box."""
    fits = len(masks) == len(truths) == 3 and masks[0] == detections[2] \
        and truths[0] == truth[2] and len(info) == 2 and info[1] >= 2
    if not fits:
        raise spec.error("bottom", f"has masks of the shapes {tuple(masks)} and {tuple(truths)}, "
                         f"and image sizes of {tuple(info)}; they must be ({detections[2]}, M, N), "
                         f"({truth[2]}, height, width) and (N, 3)")
    if spec.proto.detection_evaluate_param.HasField("name_size_file"):
        raise spec.error("detection_evaluate_param.name_size_file", "is for boxes; masks are "
                         "compared in pixels of the net's input")


def _of_images(found: Tensor) -> Tensor:
    """(D,) whether a row of detections is of an image."""
    return found[:, 0].long() != -1


def _mask_overlaps(rows: Tensor, masks: Tensor, boxes: Tensor, truths: Tensor, info: Tensor
                   ) -> Tensor:
    """IoU (D, G) of the masks of detections, pasted, with those of the boxes.

    truths  (G, H, W), padded on the right and below to the size of the largest image
    """
    height, width = truths.shape[1:]
    item = rows[:, 0].long().clamp(0, len(info) - 1)
    corners = rows[:, 3:7] * info[item][:, [1, 0, 1, 0]].to(rows)
    pasted = paste_masks(masks.to(rows.dtype), corners, height, width) >= 0.5
    return mask_iou(pasted, truths >= 0.5).to(rows.dtype)


def _of_yolo_rows(truth: Tensor) -> Tensor:
    """YOLO's rows of one image, label and middle and size, as rows (T, 8) of this layer."""
    label, middle, size = truth.reshape(-1, 5).split([1, 2, 2], 1)
    ended = (size[:, :1] == 0).cumsum(0) > 0
    item = torch.where(ended, -1, 0).to(label.dtype)
    blank = torch.zeros_like(label)
    return torch.cat([item, label, blank, middle - size / 2, middle + size / 2, blank], 1)


def _until_end(boxes: Tensor) -> Tensor:
    """(G,) whether a ground truth row comes before the first one of item -1."""
    return (boxes[:, 0].long() == -1).cumsum(0) == 0


def _order(rows: Tensor, boxes: Tensor) -> Tensor:
    """Sort order: by image, label, and falling score if the image has boxes of the label.

    Three stable sorts, the least important key first.
    """
    item = rows[:, 0].long()
    label = rows[:, 1].long()
    has_boxes = (rows[:, None, :2].long() == boxes[:, :2].long()).all(2).any(1)
    order = torch.where(has_boxes, rows[:, 2], 0).argsort(dim=0, descending=True, stable=True)
    order = order[label[order].argsort(stable=True)]
    return order[item[order].argsort(stable=True)]
